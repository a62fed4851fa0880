"""The table of readers is what OpenSSL, Java, NSS and GnuTLS do: each opens, or not, every kind of container there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from OpenSSL import SSL

from pki.load.inspection import inspect_bytes
from pki.load.p12.container import Container
from pki.load.p12.reader_table import READERS
from pki.load.p12.readers import ReaderAnswer
from pki.report.inspection import inspection_json, inspection_text
from tests.p12 import ANY, KINDS, NONE, OPENSSL, PASSWORD, kept_in, password
from tests.report.test_schemas import validator

PUBLISHED = validator("trustrig.inspection/1")
every_kind = pytest.mark.parametrize("kind", KINDS)


# Of iOS and of macOS 15.2 and later, where one of the two is not known.
UNSETTLED = {
    "an empty password": (ReaderAnswer.UNKNOWN, ReaderAnswer.NO),
    "EC P-224": (ReaderAnswer.YES, ReaderAnswer.UNKNOWN),
}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A container of each kind; OpenSSL makes most of them."""
    return kept_in(tmp_path_factory.mktemp("kinds"))


def judged(path: Path, kind: str) -> Container:
    found = inspect_bytes(path.read_bytes(), name=kind, password=password(kind) or None).container
    assert found is not None
    return found


@pytest.mark.peer(*OPENSSL)
@every_kind
def test_the_apple_column_follows_from_the_published_rules(kind: str, files: Callable[[str], Path]) -> None:
    container = judged(files(kind), kind)
    assert container.apple.oldest == KINDS[kind][1]
    by_id = {opening.reader.id: opening.answer for opening in container.openings}
    ios, mac = UNSETTLED.get(kind, (ReaderAnswer.NO if KINDS[kind][1] is NONE else ReaderAnswer.YES,) * 2)
    assert (by_id["apple"], by_id["macos"]) == (ios, mac)
    if kind not in UNSETTLED:
        old = ReaderAnswer.YES if KINDS[kind][1] is ANY else ReaderAnswer.NO
        assert by_id["apple-old"] is by_id["security-import"] is old


@pytest.mark.peer(*OPENSSL)
@every_kind
def test_the_openssl_that_cryptography_carries(kind: str, files: Callable[[str], Path]) -> None:
    """It has the legacy provider loaded, so that of the row only a yes can be held against it."""
    if SSL.OPENSSL_VERSION_NUMBER < 0x30400000:
        pytest.skip("needs OpenSSL 3.4")
    path = files(kind)
    loaded = pkcs12.load_pkcs12(path.read_bytes(), password(kind).encode())
    assert loaded.key is not None
    assert loaded.cert is not None
    assert len(loaded.additional_certs) == 2
    (opening,) = [one for one in judged(path, kind).openings if one.reader.id == "openssl-3.4"]
    legacy = any("legacy provider" in reason for reason in opening.reasons)
    assert (opening.answer is ReaderAnswer.YES) is not legacy


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize("opened", [True, False], ids=["with its password", "without its password"])
@every_kind
def test_text_and_json_of_every_kind(kind: str, opened: bool, files: Callable[[str], Path]) -> None:
    secret = (password(kind) or None) if opened else None
    inspection = inspect_bytes(files(kind).read_bytes(), name="given.p12", password=secret)
    PUBLISHED.validate(inspection_json(inspection))
    text = inspection_text(inspection)
    assert max(map(len, text.splitlines())) <= 80
    assert "security import without -f" in text
    assert PASSWORD not in text


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.id)
def test_no_reader_takes_what_it_refuses(reader: Any) -> None:
    for aspect, values in reader.refuses.items():
        assert not values & reader.takes.get(aspect, frozenset())
    assert reader.evidence
    assert len(reader.title) <= 33  # and the mark, in the column of the report


def test_what_nobody_has_tried_is_unknown_and_what_apple_does_not_know_is_refused(
    files: Callable[[str], Path],
) -> None:
    """Windows with Ed25519 has no published answer; for Apple the whole source was read."""
    kind = "Ed25519"
    answers = {one.reader.id: one for one in judged(files(kind), kind).openings}
    assert answers["windows"].answer is ReaderAnswer.UNKNOWN
    assert [trait.short for trait in answers["windows"].because] == ["key Ed25519"]
    assert answers["apple"].answer is ReaderAnswer.NO
    assert answers["apple"].reasons == (
        "its key is Ed25519: Apple imports RSA up to 8,192 bits and EC P-192, P-224, P-256, P-384 and P-521",
    )
