"""What the authority took back, and chains of another CA, in `handshake`, its grid and `dtls handshake`."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.store import AuthorityFolder
from pki.store.revocation import RevocationReason, Revocations
from tests import clock
from tests.people import People
from tests.report.test_schemas import validator
from tests.shell import Trustrig

WAYS = [
    pytest.param(("handshake",), id="handshake"),
    pytest.param(("handshake", "--sockets", "--tls", "1.2"), id="handshake over sockets"),
    pytest.param(("dtls", "handshake"), id="dtls handshake"),
]
REVOKED = "client-certificate-revoked"
UNKNOWN = "client-certificate-revocation-unknown"


def squeezed(text: str) -> str:
    """TEXT without what a terminal or Markdown adds: a long path is broken where the line ends."""
    return "".join(text.replace("\\", "").split())


@pytest.fixture(scope="module")
def places(people: People, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the rows name: both authorities, their lists, and a third authority that takes its own server back."""
    now = clock.now()
    folder = tmp_path_factory.mktemp("places")
    theirs = Revocations(AuthorityFolder.open(people.theirs))
    (folder / "theirs.pem").write_bytes(
        theirs.crl(None, at=now, next_update=now + timedelta(days=7)).public_bytes(Encoding.PEM)
    )
    third = AuthorityFolder.create(folder / "third", name="Third CA", at=now)
    third.issue_server("localhost", at=now)
    third.issue_client("carol", at=now)
    (folder / "third-root.pem").write_bytes(third.root.public_bytes(Encoding.PEM))
    carols = Revocations(AuthorityFolder.open(third.path))
    # Carol is on the list alone, and not in the ledger: a copy of the folder was revoked in.
    other = folder / "copy"
    shutil.copytree(third.path, other)
    in_copy = Revocations(AuthorityFolder.open(other))
    in_copy.revoke("carol", at=now)
    (folder / "carol.pem").write_bytes(
        in_copy.crl(None, at=now, next_update=now + timedelta(days=7)).public_bytes(Encoding.PEM)
    )
    carols.revoke("localhost", at=now, reason=RevocationReason.SUPERSEDED)
    return {
        "ours": str(people.ours),
        "theirs": str(people.theirs),
        "eve": str(people.theirs / "issued" / "eve"),
        "our_crl": str(people.crls),
        "their_crl": str(folder / "theirs.pem"),
        "third": str(third.path),
        "carol_crl": str(folder / "carol.pem"),
    }


ROWS = [
    pytest.param("--client alice", None, "accepted", None, id="good"),
    pytest.param("--client mallory", 44, REVOKED, "(keyCompromise), as", id="the ledger, without any option"),
    pytest.param("--client mallory --no-revocation", None, "accepted", None, id="--no-revocation"),
    pytest.param("--client mallory --admit list:mallory", 44, REVOKED, "was revoked", id="on the list, and revoked"),
    pytest.param("--client alice --crl {our_crl}", None, "accepted", None, id="good by a list"),
    pytest.param("--client alice --crl {our_crl} --at +30d", 45, UNKNOWN, "is out of date", id="a list out of date"),
    pytest.param("--client alice --crl {their_crl}", 48, UNKNOWN, "no CRL of its issuer", id="a list of others"),
    pytest.param("--client {eve}", 48, "client-certificate-wrong-ca", "unknown to the server", id="of another CA"),
    pytest.param("--client {eve} --anchor {ours} --anchor {theirs}", None, "accepted", None, id="both CAs trusted"),
    pytest.param("--client {eve} --anchor {ours} --anchor {theirs} --crl {our_crl}", 48, UNKNOWN,
                 'Give the server a CRL of "Their CA Intermediate"', id="both trusted, one with a list"),
    pytest.param("--ca {theirs} --client {eve} --server {ours}/issued/localhost --anchor {ours}", 48,
                 "client-certificate-wrong-ca", "unknown to the server", id="identities from files"),
    pytest.param("--ca {third} --client carol --crl {carol_crl}", 44, REVOKED, "by a CRL of its issuer", id="a list alone"),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("options", "alert", "code", "words"), ROWS)
def test_who_is_refused_by_what(
    options: str,
    alert: int | None,
    code: str,
    words: str | None,
    way: tuple[str, ...],
    trustrig: Trustrig,
    places: dict[str, str],
) -> None:
    given = options.format(**places).split()
    ca = () if "--ca" in given else ("--ca", places["ours"])
    ran = trustrig(*way, *ca, *given, "--json")
    document = json.loads(ran.out)
    validator(document["schema"]).validate(document)
    seen = document.get("transcript", document)
    assert (ran.code, seen["code"]) == (0 if code == "accepted" else 1, code), seen["reason"]
    assert (seen["alert"]["number"] if seen["alert"] else None) == alert
    assert seen["refused_by"] == (None if code == "accepted" else "server")
    assert words is None or words in f"{seen['reason']} {seen['repair']}"


def test_the_grid_refuses_by_the_same_ledger(trustrig: Trustrig, places: dict[str, str]) -> None:
    who = ("--client", "alice", "--client", "mallory", "--tls", "1.2", "--tls", "1.3")
    document = json.loads(trustrig("handshake", "--ca", places["ours"], *who, "--json").out)
    codes = [(cell["client"], cell["code"], cell["alert_number"]) for cell in document["cells"]]
    assert codes == [("alice", "accepted", None)] * 2 + [("mallory", REVOKED, 44)] * 2
    text = trustrig("handshake", "--ca", places["ours"], *who).out
    markdown = trustrig("handshake", "--ca", places["ours"], *who, "--format", "markdown").out
    for line in document["not_checked"]:
        assert squeezed(line) in squeezed(text)
        assert squeezed(line) in squeezed(markdown)


def test_a_revocation_is_of_its_day(trustrig: Trustrig, places: dict[str, str]) -> None:
    """A certificate that is taken back today was good yesterday; alice's and mallory's begin an hour before now."""
    ran = trustrig("handshake", "--ca", places["ours"], "--client", "mallory", "--at", "-30m", "--json")
    assert json.loads(ran.out)["code"] == "accepted"


def test_a_revoked_server_is_seen_by_no_client_without_a_staple(
    trustrig: Trustrig, places: dict[str, str]
) -> None:
    """Apple's code evaluates no CRL (Security-61901, SecRevocationServer.c): honest words, and no invented refusal."""
    without = trustrig("handshake", "--ca", places["third"], "--client", "carol", "--json")
    document = json.loads(without.out)
    assert (without.code, document["code"]) == (0, "accepted")
    (note,) = document["notes"]
    assert (note["code"], note["party"]) == ("revoked-unseen", "server")
    assert "(superseded), as" in note["words"]
    assert "a stapled OCSP answer alone" in note["words"]
    assert document["not_checked"][0].startswith(
        "revocation of the server's chain: no usable OCSP answer was stapled"
    )
    stapled = trustrig("handshake", "--ca", places["third"], "--client", "carol", "--staple", "--json")
    document = json.loads(stapled.out)
    assert (stapled.code, document["code"], document["notes"]) == (1, "server-revoked", [])
    assert document["not_checked"][0].startswith("revocation above the server's own certificate")


@pytest.mark.parametrize("way", WAYS)
def test_text_json_and_markdown_tell_the_same_list(
    way: tuple[str, ...], trustrig: Trustrig, places: dict[str, str]
) -> None:
    asked = (*way, "--ca", places["ours"], "--client", "mallory")
    document = json.loads(trustrig(*asked, "--json").out)
    unchecked = document.get("transcript", document)["not_checked"]
    text = trustrig(*asked).out
    assert unchecked
    assert all(squeezed(line) in squeezed(text) for line in unchecked)
    assert text.count("Not checked") == 1
    if way[0] == "handshake":
        markdown = trustrig(*asked, "--format", "markdown").out
        assert [squeezed(line) in squeezed(markdown) for line in unchecked] == [True] * len(unchecked)


@pytest.mark.parametrize("way", WAYS)
def test_contradicting_options_are_a_usage_error(
    way: tuple[str, ...], trustrig: Trustrig, places: dict[str, str]
) -> None:
    ran = trustrig(*way, "--ca", places["ours"], "--crl", places["our_crl"], "--no-revocation")
    assert (ran.code, ran.out) == (2, "")
    assert "--crl and --no-revocation contradict each other" in ran.err


def test_what_is_no_crl_is_said(trustrig: Trustrig, places: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing")
    ran = trustrig("handshake", "--ca", places["ours"], "--crl", tmp_path / "no.pem")
    assert ran.code == 3
    assert "no.pem" in ran.err
