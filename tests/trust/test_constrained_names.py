"""How a name that constraints are about is called in a finding."""

from __future__ import annotations

import pytest

from pki.model.extension_values import GeneralName, NameType
from pki.trust.constrained_names import shown

UPN = bytes.fromhex("060a2b060104018237140203") + b"\xa0\x0f\x0c\x0dann@corp.test"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(GeneralName(NameType.OTHER, UPN), "name upn:ann@corp.test", id="a UPN"),
        pytest.param(
            GeneralName(NameType.OTHER, UPN.replace(b"ann@", b"a\x1b[@")),
            "name otherName:1.3.6.1.4.1.311.20.2.3;#0c0d611b5b40636f72702e74657374 (UPN)",
            id="one with a terminal's command in it",
        ),
        pytest.param(GeneralName(NameType.REGISTERED_ID, b"\x2a\x03"), "name RID:1.2.3", id="an OID"),
        pytest.param(GeneralName(NameType.DNS, b"a.test"), "DNS name 'a.test'", id="a host"),
    ],
)
def test_a_name_is_called_as_it_is_typed(name: GeneralName, words: str) -> None:
    assert shown(name) == words
