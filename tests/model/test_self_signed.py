"""One notion of a certificate that issued itself, whatever way its two names are written."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from pki.load.inspection import inspect_bytes
from pki.model.certificate import CertFacts
from pki.model.identity import is_self_signed
from pki.model.signatures import self_signed
from tests.chains import AT, DAY, key

UTF8, PRINTABLE = _ASN1Type.UTF8String, _ASN1Type.PrintableString


def name(text: str, kind: _ASN1Type) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _type=kind)])


def issued(subject: x509.Name, issuer: x509.Name, own: str, *, ca: bool) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).serial_number(5)
    builder = (
        builder.not_valid_before(AT - DAY).not_valid_after(AT + DAY).public_key(key("p256", own).public_key())
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    return builder.sign(key("p256", "odd root"), hashes.SHA256())


ROOTS = [
    pytest.param(name("Odd Root", UTF8), name("Odd Root", PRINTABLE), False, id="one name in two types of string"),
    pytest.param(name("Odd Root", PRINTABLE), name("odd  root", PRINTABLE), True, id="case and spaces, as Apple compares"),
    pytest.param(name("Odd Root", UTF8), name("odd  root", UTF8), False, id="case and spaces, as RFC 5280 alone compares"),
    pytest.param(name("Odd Root", UTF8), name("Odd Root", UTF8), True, id="one name written once"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "issuer", "to_apple"), ROOTS)
def test_a_root_is_told_by_the_facts_of_it(subject: x509.Name, issuer: x509.Name, to_apple: bool) -> None:
    root = issued(subject, issuer, "odd root", ca=True)
    facts = CertFacts.parse(root.public_bytes(Encoding.DER))

    assert self_signed(facts, by_rfc5280=True)
    assert self_signed(facts) is is_self_signed(root) is to_apple


@pytest.mark.parametrize(("subject", "issuer", "to_apple"), ROOTS)
def test_a_root_in_a_container_is_not_said_to_be_missing(
    subject: x509.Name, issuer: x509.Name, to_apple: bool
) -> None:
    root = issued(subject, issuer, "odd root", ca=True)
    leaf = issued(name("leaf", UTF8), issuer, "odd leaf", ca=False)
    data = pkcs12.serialize_key_and_certificates(
        b"leaf", key("p256", "odd leaf"), leaf, [root], NoEncryption()
    )

    container = inspect_bytes(data, name="x.p12").container

    assert container is not None
    (identity,) = container.packed
    assert (identity.chain, identity.missing) == ((0, 1), None)
