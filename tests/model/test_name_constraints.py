"""The value of nameConstraints as Apple's parser keeps it."""

from __future__ import annotations

import pytest

from pki.model import der
from pki.model.der import encode as tlv
from pki.model.extension_values import GeneralName, NameConstraints, NameType
from pki.model.extensions import MAX_NAMES, name_constraints

NAME = tlv(0x82, b"a.example")
TREE = tlv(0x30, NAME)
READ = (GeneralName(NameType.DNS, b"a.example"),)


def half(number: int, *trees: bytes) -> bytes:
    return tlv(0xA0 + number, *trees)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param((), NameConstraints(None, None), id="nothing"),
        pytest.param((half(0, TREE), half(1, TREE)), NameConstraints(READ, READ), id="both halves"),
        pytest.param((half(0),), NameConstraints(None, None), id="an empty half is as good as none"),
        pytest.param((half(0, tlv(0x30, NAME, tlv(0x80, b"\0"))),), NameConstraints(READ, None), id="minimum 0"),
        pytest.param((half(0, tlv(0x30, NAME, tlv(0x80), tlv(0x81))),), NameConstraints(READ, None), id="empty limits"),
        pytest.param(
            (half(1, tlv(0x30, tlv(0x09, b"\1"))),),
            NameConstraints(None, (GeneralName(NameType.UNKNOWN, b"\1"),)),
            id="a base that is no GeneralName is kept",
        ),
        pytest.param(
            (half(1, tlv(0x30, NAME, tlv(0x80, b"\0\0"))), ),
            NameConstraints(None, None, ("excludedSubtrees holds a subtree with a minimum other than 0",)),
            id="a minimum that is not in its shortest form",
        ),
        pytest.param(
            (half(0, tlv(0x04)), half(1, TREE)),
            NameConstraints(None, READ, ("permittedSubtrees holds something that is no GeneralSubtree",)),
            id="what stands behind the first that is dropped is not looked at, the other half is",
        ),
        pytest.param(
            (half(0, tlv(0x30, NAME, tlv(0x81, b"\1")), tlv(0x30)),),
            NameConstraints(None, None, ("permittedSubtrees holds a subtree with a maximum",)),
            id="a maximum before a subtree that does not read",
        ),
        pytest.param(
            (tlv(0xA0, tlv(0x04), b"\x30\x7f"), half(1, TREE)),
            NameConstraints(None, READ, ("permittedSubtrees holds something that is no GeneralSubtree",)),
            id="bytes that are no element behind the first that is dropped",
        ),
    ],
)  # fmt: skip
def test_what_is_kept(fields: tuple[bytes, ...], expected: NameConstraints) -> None:
    assert name_constraints(tlv(0x30, *fields)) == expected
    assert name_constraints(tlv(0x30, *fields) + b"behind") == expected


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(tlv(0x31), id="a SET"),
        pytest.param(tlv(0x30, half(1, TREE), half(0, TREE)), id="the halves in the other order"),
        pytest.param(tlv(0x30, half(0, TREE), half(0, TREE)), id="a half twice"),
        pytest.param(tlv(0x30, half(2, TREE)), id="a third half"),
        pytest.param(tlv(0x30, half(0, tlv(0x30))), id="a subtree without a base"),
        pytest.param(tlv(0x30, half(0, tlv(0x30, NAME, tlv(0x82)))), id="a third limit"),
        pytest.param(
            tlv(0x30, half(0, tlv(0x30, NAME, tlv(0x81), tlv(0x80)))), id="the limits in the other order"
        ),
        pytest.param(tlv(0x30, half(0, TREE[:-1])), id="a subtree cut short"),
    ],
)
def test_what_does_not_read(value: bytes) -> None:
    with pytest.raises(der.DerError):
        name_constraints(value)


def test_what_is_behind_the_last_that_apple_reads_is_skipped() -> None:
    constraints = name_constraints(tlv(0x30, half(0, *[TREE] * MAX_NAMES, b"rubbish")))
    assert constraints.permitted == READ * MAX_NAMES
