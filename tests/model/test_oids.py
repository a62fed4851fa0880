"""What is read as an object identifier is what can be written as one."""

from __future__ import annotations

import pytest
from cryptography import x509

from pki.model.oids import is_oid

_LONG = ".999999999999999999"  # 60 bits: nine octets of an encoding


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        pytest.param("0.39", True, id="the last below 0"),
        pytest.param("0.40", False, id="one too many below 0"),
        pytest.param("1.39.1", True, id="the last below 1"),
        pytest.param("1.40.1", False, id="one too many below 1"),
        pytest.param("2.999", True, id="below 2 there is no end"),
        pytest.param("3.1", False, id="no such first arc"),
        pytest.param("1", False, id="one arc"),
        pytest.param("1.2.", False, id="an arc is missing"),
        pytest.param(f"2{_LONG * 7}", True, id="63 octets"),
        pytest.param(f"2.25.{2**128 - 1}", True, id="the last UUID"),
        pytest.param(f"2.25.{2**128}", False, id="more than a UUID"),
        pytest.param(f"2{_LONG * 7}.0", False, id="64 octets"),
        pytest.param(f"2.0{'.0' * 62}", True, id="63 octets of many arcs"),
        pytest.param(f"2.0{'.0' * 63}", False, id="64 octets of many arcs"),
    ],
)
def test_an_object_identifier_is_one_that_can_be_encoded(text: str, holds: bool) -> None:
    assert is_oid(text) is holds
    if holds:
        assert x509.ObjectIdentifier(text).dotted_string == text
    else:
        with pytest.raises(ValueError, match="asn1"):
            x509.ObjectIdentifier(text)
