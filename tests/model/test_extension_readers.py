"""What Apple's parser makes of each extension's value: read from SecCertificate.c, function by function (SecCEP...)."""

from __future__ import annotations

import pytest

from pki.model import der, oids
from pki.model.der import encode as tlv
from pki.model.extension_values import (
    BasicConstraints,
    GeneralName,
    KeyUsage,
    NameConstraints,
    NameType,
    PolicyConstraints,
)
from pki.model.extensions import READERS

URI = tlv(0x86, b"http://a.test/")
DNS = tlv(0x82, b"a.test")
SUBTREE = tlv(0x30, DNS)
POLICY = tlv(0x30, bytes.fromhex("06032a0304"))
OID = bytes.fromhex("06032a0304")
OCSP, CA_ISSUERS = (bytes.fromhex(f"06082b060105050730{last}") for last in ("01", "02"))
QC_TYPE = bytes.fromhex("060604008e460106")
REFUSED = object()


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def name(kind: NameType, value: bytes) -> GeneralName:
    return GeneralName(kind, value)


MINIMUM = "permittedSubtrees holds a subtree with a minimum other than 0"
A_TEST = name(NameType.DNS, b"a.test")

CASES: dict[str, list[tuple[str, bytes, object]]] = {
    oids.BASIC_CONSTRAINTS: [
        ("empty", sequence(), BasicConstraints(False, None)),
        ("cA and pathLen", sequence(b"\1\1\xff", b"\2\1\3"), BasicConstraints(True, 3)),
        ("cA FALSE written out", sequence(b"\1\1\0"), BasicConstraints(False, None)),
        ("pathLen without cA", sequence(b"\2\1\0"), BasicConstraints(False, 0)),
        ("empty fields count as absent", sequence(b"\1\0", b"\2\0"), BasicConstraints(False, None)),
        (
            "a count of 32 bits",
            sequence(b"\1\1\xff", b"\2\5\0\xff\xff\xff\xff"),
            BasicConstraints(True, 2**32 - 1),
        ),
        ("bytes behind the value", sequence(b"\1\1\xff") + b"\0\0", BasicConstraints(True, None)),
        ("TRUE as 01", sequence(b"\1\1\1"), REFUSED),
        ("a count of 33 bits", sequence(b"\2\5\1\0\0\0\0"), REFUSED),
        ("a padded count", sequence(b"\2\2\0\1"), REFUSED),
        ("a negative count", sequence(b"\2\1\xff"), REFUSED),
        ("fields out of order", sequence(b"\2\1\0", b"\1\1\xff"), REFUSED),
        ("a third field", sequence(b"\1\1\xff", b"\2\1\0", b"\5\0"), REFUSED),
    ],
    oids.KEY_USAGE: [
        ("one octet", b"\3\2\5\xa0", KeyUsage.DIGITAL_SIGNATURE | KeyUsage.KEY_ENCIPHERMENT),
        ("two octets", b"\3\3\7\0\x80", KeyUsage.DECIPHER_ONLY),
        ("no bit", b"\3\2\0\0", KeyUsage(0)),
        ("bits among the unused ones do not count", b"\3\2\5\x04", KeyUsage(0)),
        ("a bit without a name keeps its place", b"\3\3\0\0\1", KeyUsage(1 << 15)),
        ("no octet", b"\3\1\0", REFUSED),
        ("three octets", b"\3\4\0\x80\0\0", REFUSED),
        ("eight unused bits", b"\3\2\x08\x80", REFUSED),
        ("bytes behind the value", b"\3\2\5\xa0\0", REFUSED),
        ("an OCTET STRING", b"\4\2\5\xa0", REFUSED),
    ],
    oids.EXTENDED_KEY_USAGE: [
        ("one", sequence(OID), ("1.2.3.4",)),
        ("content that is no OID", sequence(b"\6\1\x80"), ("#80",)),
        ("bytes behind the value", sequence(OID) + b"\0", ("1.2.3.4",)),
        ("8,191", sequence(OID * 8_191), ("1.2.3.4",) * 8_191),
        ("8,192", sequence(OID * 8_192), REFUSED),
        ("none", sequence(), REFUSED),
        ("a purpose that is no OID", sequence(OID, b"\5\0"), REFUSED),
        ("a SET", tlv(0x31, OID), REFUSED),
    ],
    oids.SUBJECT_KEY_IDENTIFIER: [
        ("an identifier", b"\4\2ab", b"ab"),
        ("an empty one is none", b"\4\0", None),
        ("bytes behind the value", b"\4\2abc", b"ab"),
        ("a BIT STRING", b"\3\2ab", REFUSED),
    ],
    oids.AUTHORITY_KEY_IDENTIFIER: [
        ("an identifier", sequence(b"\x80\2ab"), b"ab"),
        ("nothing", sequence(), None),
        ("an empty identifier is none", sequence(b"\x80\0"), None),
        ("issuer and serial", sequence(tlv(0xA1, DNS), b"\x82\1\1"), None),
        ("all three", sequence(b"\x80\2ab", tlv(0xA1, DNS), b"\x82\1\1"), b"ab"),
        ("an empty issuer counts as absent", sequence(b"\x80\2ab", b"\xa1\0"), b"ab"),
        ("issuer without serial", sequence(tlv(0xA1, DNS)), REFUSED),
        ("serial without issuer", sequence(b"\x82\1\1"), REFUSED),
        ("a constructed identifier", sequence(b"\xa0\2ab"), REFUSED),
        ("a primitive issuer", sequence(tlv(0x81, DNS), b"\x82\1\1"), REFUSED),
        ("fields out of order", sequence(b"\x82\1\1", tlv(0xA1, DNS)), REFUSED),
    ],
    oids.SUBJECT_ALT_NAME: [
        ("a name", sequence(DNS), (A_TEST,)),
        ("bytes behind the value", sequence(DNS) + b"junk", (A_TEST,)),
        (
            "a constructed URI with an IA5String",
            sequence(tlv(0xA6, tlv(0x16, b"x:"))),
            (name(NameType.URI, b"x:"),),
        ),
        ("a directoryName that is none", sequence(b"\xa4\2\5\0"), (name(NameType.DIRECTORY, b"\5\0"),)),
        ("8,193 are read, those behind need not", sequence(DNS * 8_193, b"\x1f"), (A_TEST,) * 8_193),
        ("none", sequence(), REFUSED),
        ("a constructed URI with something else", sequence(tlv(0xA6, tlv(0x0C, b"x:"))), REFUSED),
        ("a constructed dNSName", sequence(tlv(0xA2, b"a.test")), REFUSED),
        ("a primitive directoryName", sequence(b"\x84\2\x30\0"), REFUSED),
        ("tag 9", sequence(DNS, b"\x89\0"), REFUSED),
        ("a tag of several bytes", sequence(b"\x9f\x1f\0"), REFUSED),
        ("a name cut short", sequence(b"\x82\5a"), REFUSED),
    ],
    oids.NAME_CONSTRAINTS: [
        (
            "both",
            sequence(tlv(0xA0, SUBTREE), tlv(0xA1, SUBTREE)),
            NameConstraints((A_TEST,), (A_TEST,)),
        ),
        ("a minimum of 0", sequence(tlv(0xA0, sequence(DNS, b"\x80\1\0"))), NameConstraints((A_TEST,), None)),
        (
            "a minimum drops the half",
            sequence(tlv(0xA0, sequence(DNS, b"\x80\1\1")), tlv(0xA1, SUBTREE)),
            NameConstraints(None, (A_TEST,), (MINIMUM,)),
        ),
        (
            "a maximum drops the half",
            sequence(tlv(0xA1, SUBTREE, sequence(DNS, b"\x81\1\0"))),
            NameConstraints(None, None, ("excludedSubtrees holds a subtree with a maximum",)),
        ),
        (
            "a padded minimum drops the half",
            sequence(tlv(0xA0, sequence(DNS, b"\x80\2\0\0"))),
            NameConstraints(None, None, (MINIMUM,)),
        ),
        (
            "a subtree that is no SEQUENCE drops the half",
            sequence(tlv(0xA0, DNS)),
            NameConstraints(None, None, ("permittedSubtrees holds something that is no GeneralSubtree",)),
        ),
        (
            "an empty maximum is none",
            sequence(tlv(0xA0, sequence(DNS, b"\x81\0"))),
            NameConstraints((A_TEST,), None),
        ),
        ("empty fields are none", sequence(b"\xa0\0", b"\xa1\0"), NameConstraints(None, None)),
        ("nothing", sequence(), NameConstraints(None, None)),
        (
            "a base that is no name",
            sequence(tlv(0xA0, sequence(b"\5\0"))),
            NameConstraints((name(NameType.UNKNOWN, b""),), None),
        ),
        ("an empty subtree", sequence(tlv(0xA0, sequence())), REFUSED),
        (
            "a third element in a subtree",
            sequence(tlv(0xA0, sequence(DNS, b"\x80\1\0", b"\x81\0", b"\5\0"))),
            REFUSED,
        ),
        ("excluded before permitted", sequence(tlv(0xA1, SUBTREE), tlv(0xA0, SUBTREE)), REFUSED),
        ("a third field", sequence(tlv(0xA0, SUBTREE), tlv(0xA1, SUBTREE), b"\xa2\0"), REFUSED),
    ],
    oids.CERTIFICATE_POLICIES: [
        ("one", sequence(POLICY), ("1.2.3.4",)),
        ("with qualifiers, whatever they are", sequence(sequence(OID, sequence(b"\5\0"))), ("1.2.3.4",)),
        ("1,023", sequence(POLICY * 1_023), ("1.2.3.4",) * 1_023),
        ("bytes behind the value", sequence(POLICY) + b"\0", ("1.2.3.4",)),
        ("1,024", sequence(POLICY * 1_024), REFUSED),
        ("none", sequence(), REFUSED),
        ("a third element", sequence(sequence(OID, sequence(), b"\5\0")), REFUSED),
        ("qualifiers that are no SEQUENCE", sequence(sequence(OID, b"\5\0")), REFUSED),
        ("an OID without its SEQUENCE", sequence(OID), REFUSED),
    ],
    oids.POLICY_MAPPINGS: [
        ("one", sequence(sequence(OID, OID)), (("1.2.3.4", "1.2.3.4"),)),
        ("1,024", sequence(sequence(OID, OID) * 1_024), REFUSED),
        ("none", sequence(), REFUSED),
        ("one policy alone", sequence(sequence(OID)), REFUSED),
        ("three", sequence(sequence(OID, OID, OID)), REFUSED),
    ],
    oids.POLICY_CONSTRAINTS: [
        ("both", sequence(b"\x80\1\0", b"\x81\1\2"), PolicyConstraints(0, 2)),
        ("nothing", sequence(), PolicyConstraints(None, None)),
        ("an empty counter is none", sequence(b"\x80\0"), PolicyConstraints(None, None)),
        ("fields out of order", sequence(b"\x81\1\2", b"\x80\1\0"), REFUSED),
        ("a padded counter", sequence(b"\x80\2\0\0"), REFUSED),
        ("a constructed counter", sequence(b"\xa0\1\0"), REFUSED),
    ],
    oids.INHIBIT_ANY_POLICY: [
        ("a count", b"\2\1\0", 0),
        ("bytes behind the value", b"\2\1\1\0", 1),
        ("an empty one", b"\2\0", REFUSED),
        ("a negative one", b"\2\1\x80", REFUSED),
        ("another tag", b"\x0a\1\0", REFUSED),
    ],
    oids.AUTHORITY_INFO_ACCESS: [
        (
            "URIs",
            sequence(sequence(OCSP, URI), sequence(CA_ISSUERS, URI)),
            tuple((oid, name(NameType.URI, b"http://a.test/")) for oid in (oids.OCSP, oids.CA_ISSUERS)),
        ),
        ("another method, whatever its location", sequence(sequence(OID, b"\5\0")), ()),
        ("OCSP at a dNSName", sequence(sequence(OCSP, DNS)), REFUSED),
        ("caIssuers at a directoryName", sequence(sequence(CA_ISSUERS, b"\xa4\2\x30\0")), REFUSED),
        ("a constructed URI", sequence(sequence(OCSP, tlv(0xA6, tlv(0x16, b"x:")))), REFUSED),
        ("a third element", sequence(sequence(OID, URI, b"\5\0")), REFUSED),
        ("no location", sequence(sequence(OCSP)), REFUSED),
        ("1,024", sequence(sequence(OID, URI) * 1_024), REFUSED),
        ("none", sequence(), REFUSED),
    ],
    oids.CRL_DISTRIBUTION_POINTS: [
        (
            "a full name",
            sequence(sequence(tlv(0xA0, tlv(0xA0, URI)))),
            (name(NameType.URI, b"http://a.test/"),),
        ),
        (
            "with reasons and a CRL issuer",
            sequence(sequence(tlv(0xA0, tlv(0xA0, DNS)), b"\x81\2\0\1", tlv(0xA2, DNS))),
            (A_TEST, A_TEST),
        ),
        ("a CRL issuer alone", sequence(sequence(tlv(0xA2, DNS))), (A_TEST,)),
        ("a relative name is not looked at", sequence(sequence(tlv(0xA0, b"\xa1\2\5\0"))), ()),
        ("an empty full name", sequence(sequence(tlv(0xA0, b"\xa0\0"))), ()),
        ("none", sequence(), REFUSED),
        ("a bare URI", sequence(URI), REFUSED),
        ("a layer forgotten", sequence(sequence(tlv(0xA0, URI))), REFUSED),
        ("reasons alone", sequence(sequence(b"\x81\2\0\1")), REFUSED),
        ("a point without anything", sequence(sequence()), REFUSED),
        ("an empty name of a point", sequence(sequence(b"\xa0\0")), REFUSED),
        ("a name of an unknown kind", sequence(sequence(tlv(0xA0, tlv(0xA0, b"\x89\0")))), REFUSED),
        ("fields out of order", sequence(sequence(tlv(0xA2, DNS), tlv(0xA0, tlv(0xA0, URI)))), REFUSED),
        ("1,024", sequence(sequence(tlv(0xA2, DNS)) * 1_024), REFUSED),
    ],
    oids.QC_STATEMENTS: [
        ("a statement", sequence(sequence(OID)), ("1.2.3.4",)),
        ("a statement with anything", sequence(sequence(OID, b"\5\0")), ("1.2.3.4",)),
        ("kinds", sequence(sequence(QC_TYPE, sequence(OID * 9))), (oids.QC_TYPE,)),
        ("ten kinds", sequence(sequence(QC_TYPE, sequence(OID * 10))), REFUSED),
        ("no kind", sequence(sequence(QC_TYPE, sequence())), REFUSED),
        ("no list of kinds", sequence(sequence(QC_TYPE)), REFUSED),
        ("kinds in a SET", sequence(sequence(QC_TYPE, tlv(0x31, OID))), REFUSED),
        ("a kind that is no OID", sequence(sequence(QC_TYPE, sequence(b"\5\0"))), REFUSED),
        ("a third element", sequence(sequence(OID, b"\5\0", b"\5\0")), REFUSED),
        ("none", sequence(), REFUSED),
        ("1,024", sequence(sequence(OID) * 1_024), REFUSED),
    ],
}


@pytest.mark.parametrize(
    ("oid", "value", "expected"),
    [
        pytest.param(oid, value, expected, id=f"{oids.extension_name(oid).split()[0]}: {story}")
        for oid, cases in CASES.items()
        for story, value, expected in cases
    ],
)
def test_an_extension_is_read_as_apple_reads_it(oid: str, value: bytes, expected: object) -> None:
    if expected is REFUSED:
        with pytest.raises(der.DerError):
            READERS[oid](value)
    else:
        assert READERS[oid](value) == expected


def test_every_reader_has_a_table() -> None:
    assert set(CASES) == set(READERS)
