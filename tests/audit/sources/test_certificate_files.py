"""Files of certificates: what is one chain, what is many, and what a damaged block costs."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs7, pkcs12

from pki.audit import AuditInput, open_sources
from pki.audit.sources import certificate_file, pem_windows
from pki.errors import Unreadable
from tests.audit.conftest import Fleet, Read, ders
from tests.chains import intermediate, leaf


def test_a_chain_in_order_is_one_row(fleet: Fleet, read: Read, tmp_path: Path) -> None:
    a = fleet.leaves[0]
    (one,) = read(fleet.pem(a, fleet.ca, fleet.root))
    assert one == AuditInput(str(tmp_path / "source"), "", None, ders(a, fleet.ca, fleet.root))


def test_leaves_of_one_bundle_are_a_row_each_with_their_issuers(
    fleet: Fleet, read: Read, remarks: list[str]
) -> None:
    """The CA stands once, at the end, and every leaf has it: else all but the last would miss their issuer."""
    a, b, c = fleet.leaves
    found = read(fleet.pem(a, b, c, fleet.ca, fleet.root))
    assert [one.chain for one in found] == [ders(each, fleet.ca, fleet.root) for each in (a, b, c)]
    assert [one.locator for one in found] == ["certificate 1", "certificate 2", "certificate 3"]
    assert "5 certificates, which are 3 chains" in remarks[0]


def test_chains_behind_each_other_are_rows(fleet: Fleet, read: Read) -> None:
    other = intermediate(fleet.root, "Other CA")
    d = leaf(other, "d.test")
    found = read(fleet.pem(fleet.leaves[0], fleet.ca, d, other))
    assert [(one.locator, one.chain) for one in found] == [
        ("certificate 1", ders(fleet.leaves[0], fleet.ca)),
        ("certificate 3", ders(d, other)),
    ]


@pytest.mark.parametrize("first", [True, False], ids=["the leaf first", "the root first"])
def test_a_file_with_one_leaf(fleet: Fleet, read: Read, first: bool) -> None:
    """What a server sends with its only leaf goes with it, even where no name leads there; a stray root is no row."""
    a = fleet.leaves[0]
    if first:
        (one,) = read(fleet.pem(a, fleet.stranger, fleet.ca))
        assert one.chain == ders(a, fleet.stranger, fleet.ca)
    else:
        (one,) = read(fleet.pem(fleet.root, fleet.ca, a))
        assert one.chain == ders(a, fleet.root, fleet.ca)


def test_roots_are_a_row_each(fleet: Fleet, read: Read) -> None:
    found = read(fleet.pem(fleet.root, fleet.stranger))
    assert [one.chain for one in found] == [ders(fleet.root), ders(fleet.stranger)]


def test_what_stands_there_twice(fleet: Fleet, read: Read) -> None:
    a, b, _ = fleet.leaves
    found = read(fleet.pem(a, fleet.ca, b, fleet.ca, a))
    assert [one.chain[0] for one in found] == [a.der, b.der, a.der]
    assert {one.chain[1:] for one in found} == {ders(fleet.ca)}


def test_names_in_a_circle_are_not_lost(fleet: Fleet, read: Read) -> None:
    one = intermediate(intermediate(fleet.root, "Two"), "One")
    two = intermediate(one, "Two")
    (found,) = read(fleet.pem(one, two))
    assert set(found.chain) == set(ders(one, two))


def test_other_forms(fleet: Fleet, read: Read) -> None:
    a = fleet.leaves[0]
    chain = [a.cert, fleet.ca.cert]
    assert read(a.der)[0].chain == ders(a)
    for encoding in (Encoding.PEM, Encoding.DER):
        (one,) = read(pkcs7.serialize_certificates(chain, encoding))
        assert one.chain == ders(a, fleet.ca)
    assert read(base64.b64encode(a.der))[0].chain == ders(a)


def test_a_pkcs12_container_needs_a_password_that_nobody_is_asked_for(fleet: Fleet, read: Read) -> None:
    a = fleet.leaves[0]
    locked = pkcs12.serialize_key_and_certificates(
        b"a", a.key, a.cert, [fleet.ca.cert], BestAvailableEncryption(b"secret")
    )
    (one,) = read(locked)
    assert "its password is missing" in one.error
    assert "openssl pkcs12" in one.error


def test_a_key_beside_the_certificate_changes_nothing(fleet: Fleet, read: Read) -> None:
    a = fleet.leaves[0]
    for text in (fleet.key(a) + fleet.pem(a, fleet.ca), fleet.pem(a, fleet.ca) + fleet.key(a)):
        (one,) = read(text)
        assert one.chain == ders(a, fleet.ca)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda pem: pem[: len(pem) // 2] + "\n", "line 11", id="half a block"),
        pytest.param(lambda pem: pem.replace("MII", "M!I", 1), "does not decode", id="no base64"),
        pytest.param(
            lambda pem: pem.replace("END CERTIFICATE", "END KEY"), "ends with END KEY", id="another END"
        ),
    ],
)
def test_a_damaged_block_costs_no_other(fleet: Fleet, read: Read, spoil, says: str) -> None:
    a, b, c = (fleet.pem(each) for each in fleet.leaves)
    before = "\n" * (10 - a.count("\n")) if a.count("\n") < 10 else ""
    text = before + a
    text = text + spoil(b) + c
    found = read(text)
    assert [bool(one.error) for one in found] == [False, True, False]
    assert found[2].chain == ders(fleet.leaves[2])
    if says != "line 11":
        assert says in found[1].error
    assert f"line {text[: len(before + a)].count(chr(10)) + 1}" in found[1].error


def test_a_cut_file_is_an_error_behind_what_reads(fleet: Fleet, read: Read) -> None:
    text = fleet.pem(*fleet.leaves[:2])
    found = read(text[:-100])
    assert [bool(one.error) for one in found] == [False, True]
    assert "cut short" in found[1].error


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "empty", id="an empty file"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\0", "is a picture", id="a picture"),
        pytest.param(b"PK\x03\x04" + bytes(100), "is an archive", id="an archive"),
        pytest.param(
            b"Dear diary, today was fine.\nMore of it.\n",
            "no list of hosts (line 1: 'Dear diary, today was fine.' is no host",
            id="prose",
        ),
        pytest.param(b'{"a": 1}', "is JSON without a certificate, and no field", id="JSON of something else"),
    ],
)
def test_a_lone_source_without_anything_is_refused(read: Read, content: bytes, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content)
    assert says in caught.value.problem
    assert caught.value.hint


def test_one_of_several_without_anything_is_a_row(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "a.pem").write_text(fleet.pem(fleet.leaves[0]))
    found = list(open_sources([str(tmp_path / name) for name in ("empty", "a.pem")]))
    assert [bool(one.error) for one in found] == [True, False]


def test_a_key_alone_is_refused_and_not_shown(fleet: Fleet, read: Read) -> None:
    with pytest.raises(Unreadable, match="is a private key") as caught:
        read(fleet.key(fleet.leaves[0]))
    assert "MI" not in str(caught.value)


def test_a_text_longer_than_what_is_recognised_at_once_is_read_in_windows(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remarks: list[str]
) -> None:
    """No chain is cut where a window ends, nothing is lost, and a damaged block is one error."""
    monkeypatch.setattr(pem_windows, "WINDOW", 7)
    monkeypatch.setattr(certificate_file, "MAX_FILE_BYTES", 100_000)
    pair, broken = fleet.pem(fleet.leaves[0], fleet.ca), fleet.pem(fleet.leaves[1])[:300] + "\n"
    times = 100_000 // len(pair)
    path = tmp_path / "long.pem"
    path.write_text(pair * times + broken + pair * (times + 10))
    found = list(open_sources([str(path)], remark=remarks.append))
    assert len(found) == 2 * times + 11
    assert {one.chain for one in found if not one.error} == {ders(fleet.leaves[0], fleet.ca)}
    (error,) = [one for one in found if one.error]
    assert f"line {pair.count(chr(10)) * times + 1}" in error.error
    assert len({one.id for one in found}) == len(found)
    assert "is long: issuers are looked for among" in remarks[0]
