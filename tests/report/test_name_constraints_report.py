"""What an inspection says of name constraints."""

from __future__ import annotations

import pytest

from pki.model.der import encode as tlv
from pki.model.extension_values import GeneralName, NameConstraints, NameType
from pki.report.name_constraints import MAX_LISTED, constraint_document, constraint_rows, subtree_text

COMPANY = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, bytes((0x55, 4, 10))), tlv(0x0C, b"Company"))))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        pytest.param("DNS", b"a.test", "a.test and below", id="a host name"),
        pytest.param("DNS", b".a.test", "names below a.test, without a.test itself", id="a leading dot"),
        pytest.param(
            "DNS", b"", "the empty host name (to most validators all; undefined on Apple)", id="an empty one"
        ),
        pytest.param("EMAIL", b"ann@a.test", "ann@a.test", id="a mailbox"),
        pytest.param("EMAIL", b"a.test", "mailboxes at a.test", id="the mailboxes of a host"),
        pytest.param("EMAIL", b".a.test", "mailboxes at hosts below a.test", id="those below a domain"),
        pytest.param("URI", b".a.test", "URIs at hosts below a.test", id="URIs"),
        pytest.param("IP", bytes((10, 1, 2, 3, 255, 0, 0, 0)), "10.0.0.0/8", id="a network"),
        pytest.param(
            "IP", bytes((10, 0, 0, 0, 255, 0, 255, 0)), "10.0.0.0 mask 255.0.255.0", id="an odd mask"
        ),
        pytest.param("IP", b"\1", "01", id="no network at all"),
        pytest.param("DIRECTORY", COMPANY, "subjects below O=Company", id="a subject"),
        pytest.param("DIRECTORY", b"\x30\x05", "subjects below #3005", id="one that does not read"),
        pytest.param("OTHER", b"x", "other 78", id="a kind with no form of its own"),
    ],
)
def test_a_subtree_in_words(kind: str, value: bytes, text: str) -> None:
    assert subtree_text(GeneralName(NameType[kind], value)) == text


def test_what_a_stranger_wrote_reaches_no_terminal() -> None:
    assert "\x1b" not in subtree_text(GeneralName(NameType.DNS, b"\x1b[2J"))


def test_rows_and_document_say_the_same_and_what_apple_drops() -> None:
    names = tuple(GeneralName(NameType.DNS, f"n{number}.test".encode()) for number in range(MAX_LISTED + 1))
    constraints = NameConstraints(names, None, ("excludedSubtrees holds a subtree with a maximum",))
    rows = dict(constraint_rows(constraints))
    assert list(rows) == ["permits", "ignored"]
    assert rows["permits"].endswith("n19.test and below and 1 more")
    assert "Apple drops that half" in rows["ignored"]
    document = constraint_document(constraints)
    assert document is not None
    assert len(document["permitted"]) == MAX_LISTED + 1
    assert document["excluded"] is None
    assert document["dropped_by_apple"] == list(constraints.dropped)
    assert constraint_document(None) is None
