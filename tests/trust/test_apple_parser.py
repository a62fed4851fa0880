"""Certificates at the edges of Apple's parser: what it refuses, what it reads, and what the book says of the latter.

Read from Security-61901, SecCertificate.c, SecCertificateParse and what it calls.
"""

from __future__ import annotations

import pytest
from cryptography import x509

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.der import encode as tlv
from pki.model.keys import KeyAlgorithm
from pki.model.second_opinion import SecondOpinion
from pki.model.verdict import Verdict
from pki.trust import Anchor, evaluate
from pki.trust.differences import compare
from tests.chains import AT, HOST, Made, headline, intermediate, judge, leaf, make, root
from tests.loose import (
    ALGORITHM,
    EC_SHA256,
    EXTENSIONS,
    ISSUER,
    KEY,
    SERIAL,
    SUBJECT,
    VALIDITY,
    VERSION,
    Change,
    extension,
    parts,
    plus,
    signed,
    with_extensions,
    with_field,
)

BEFORE, AFTER = tlv(0x17, b"260101000000Z"), tlv(0x17, b"270101000000Z")
CRITICAL = b"\1\1\xff"
SAN, BC, KU, SKI, EKU, POLICIES, AIA, CRLDP, QC, NC = (
    "551d11",
    "551d13",
    "551d0f",
    "551d0e",
    "551d25",
    "551d20",
    "2b06010505070101",
    "551d1f",
    "2b06010505070103",
    "551d1e",
)
HOST_NAME = tlv(0x82, HOST.encode())
MS_APPLICATION_POLICIES = "2b060104018237150a"
RSA = {"kind": "rsa2048"}
RSA_SHA256 = bytes.fromhex("06092a864886f70d01010b")
ODD_PARAMETERS = tlv(0x30, tlv(0x30, b"\2\1\1"))


def behind(number: int, more: bytes) -> Change:
    """MORE inside the field, behind what it holds."""

    def change(fields: list[bytes]) -> list[bytes]:
        return with_field(number, tlv(fields[number][0], *parts(fields[number]), more))(fields)

    return change


def inserted(*more: bytes, before: int) -> Change:
    return lambda fields: [*fields[:before], *more, *fields[before:]]


def validity(start: bytes, end: bytes = AFTER) -> Change:
    return with_field(VALIDITY, tlv(0x30, start, end))


def key(algorithm: bytes, content: bytes, *more: bytes) -> Change:
    return with_field(KEY, tlv(0x30, tlv(0x30, algorithm), tlv(3, content), *more))


def algorithm(*content: bytes) -> Change:
    return with_field(ALGORITHM, tlv(0x30, *content))


P256 = bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")
POINT = b"\0\4" + bytes(64)

REFUSED: list[tuple[str, Change]] = [
    ("version 1 written out", with_field(VERSION, tlv(0xA0, b"\2\1\0"))),
    ("a version of two bytes", with_field(VERSION, tlv(0xA0, b"\2\2\0\2"))),
    ("a version that is no INTEGER", with_field(VERSION, tlv(0xA0, b"\4\1\2"))),
    ("no serial number", with_field(SERIAL, b"\2\0")),
    ("an algorithm with two parameters", algorithm(*parts(EC_SHA256), b"\5\0", b"\5\0")),
    ("an algorithm without OID", algorithm(b"\5\0")),
    ("an issuer that is a SET", with_field(ISSUER, b"\x31\0")),
    ("three moments in the validity", behind(VALIDITY, AFTER)),
    ("one moment in the validity", with_field(VALIDITY, tlv(0x30, BEFORE))),
    ("GeneralizedTime without seconds", validity(tlv(0x18, b"202601010000Z"))),
    ("UTCTime with an offset and no seconds", validity(tlv(0x17, b"2601010000+0000"))),
    ("a second leap second", validity(tlv(0x17, b"251231235961Z"))),
    ("a third element in the key", behind(KEY, b"\5\0")),
    ("parameters twice in the key", key(P256 + b"\5\0", POINT)),
    ("unused bits of the key that are not zero", key(P256, b"\1\4" + bytes(63) + b"\1")),
    ("more than seven unused bits of the key", key(P256, b"\x08\4" + bytes(64))),
    ("a key that is no BIT STRING at all", key(P256, b"")),
    ("extensions in a primitive tag", with_field(EXTENSIONS, tlv(0x83, tlv(0x30)))),
    ("an empty list of extensions", with_extensions()),
    ("extensions in a SET", with_field(EXTENSIONS, tlv(0xA3, tlv(0x31, extension(BC, tlv(0x30)))))),
    ("an issuerUniqueID in a constructed tag", inserted(tlv(0xA1, b"\3\2\0\1"), before=EXTENSIONS)),
    ("a subjectUniqueID before the issuer's", inserted(b"\x82\2\0\1", b"\x81\2\0\1", before=EXTENSIONS)),
    ("a field behind the extensions", inserted(b"\x84\0", before=EXTENSIONS + 1)),
    ("an extension of four fields", with_extensions(tlv(0x30, b"\6\1\x2a", CRITICAL, b"\4\0", b"\5\0"))),
    ("critical as 01", with_extensions(extension("2a0304", b"", critical=b"\1\1\1"))),
    ("a critical keyUsage of three octets", plus(extension(KU, b"\3\4\0\x80\0\0", critical=CRITICAL))),
    ("critical distribution points without one", plus(extension(CRLDP, tlv(0x30), critical=CRITICAL))),
]


@pytest.mark.parametrize("change", [pytest.param(change, id=story) for story, change in REFUSED])
def test_what_apple_refuses_to_create(change: Change) -> None:
    with pytest.raises(Unreadable, match="not a certificate that Apple's parser reads") as refusal:
        CertFacts.parse(signed(change))
    assert refusal.value.hint


EMPTY_RDN = tlv(0x30, tlv(0x31), tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(0x0C, b"x"))))
NAME_IN_SETS = tlv(0x30, tlv(0x31, tlv(0x31, bytes.fromhex("0603550403"), tlv(0x0C, b"x"))))

# Read, and by Apple's policy trusted; each is held against it by the book.
READ: list[tuple[str, tuple[Change, ...]]] = [
    ("version 1 with extensions", (with_field(VERSION, b""),)),
    ("version 2 with extensions", (with_field(VERSION, tlv(0xA0, b"\2\1\1")),)),
    ("an empty version field, which is version 1", (with_field(VERSION, b"\xa0\0"),)),
    ("bytes behind the version number", (with_field(VERSION, tlv(0xA0, b"\2\1\2\5\0")),)),
    ("a negative serial number", (with_field(SERIAL, b"\2\1\x80"),)),
    ("parameters of an algorithm that has none", (algorithm(*parts(EC_SHA256), b"\5\0"),)),
    ("a subject with an empty part", (with_field(SUBJECT, EMPTY_RDN),)),
    ("a subject of SETs in SETs", (with_field(SUBJECT, NAME_IN_SETS),)),
    ("a subject cut short", (with_field(SUBJECT, tlv(0x30, b"\x31\5\x30")),)),
    ("a leap second", (validity(tlv(0x17, b"251231235960Z")),)),
    ("a time without seconds", (validity(tlv(0x17, b"2601010000Z")),)),
    ("an offset of four days", (validity(tlv(0x17, b"260101000000+9959")),)),
    ("the year 0", (validity(tlv(0x18, b"00000101000000Z")),)),
    ("bytes behind the list of extensions", (behind(EXTENSIONS, b"\5\0"),)),
    ("an empty critical flag", (plus(extension("2a0304", b"", critical=b"\1\0")),)),
    ("bytes behind the names", (plus(extension(SAN, tlv(0x30, HOST_NAME) + b"\0")),)),
    ("bytes behind the basic constraints", (plus(extension(BC, tlv(0x30) + b"\0")),)),
    ("bytes behind the key identifier", (plus(extension(SKI, b"\4\1\1\0")),)),
    ("an empty key identifier", (plus(extension(SKI, b"\4\0")),)),
    ("a pathLen without content", (plus(extension(BC, tlv(0x30, b"\2\0"))),)),
    ("a constructed URI", (plus(extension(SAN, tlv(0x30, HOST_NAME, tlv(0xA6, tlv(0x16, b"x:/"))))),)),
    ("a directoryName that is none", (plus(extension(SAN, tlv(0x30, HOST_NAME, b"\xa4\2\5\0"))),)),
    ("a location that is no name", (plus(extension(AIA, tlv(0x30, tlv(0x30, b"\6\1\x2a", b"\5\0")))),)),
    ("a point named by an empty list", (plus(extension(CRLDP, tlv(0x30, tlv(0x30, tlv(0xA0, b"\xa0\0"))))),)),
    ("a policy that is no OID", (plus(extension(POLICIES, tlv(0x30, tlv(0x30, b"\6\1\x80")))),)),
    (
        "Microsoft's application policies, critical",
        (plus(extension(MS_APPLICATION_POLICIES, b"", critical=CRITICAL)),),
    ),
]


def judged(certificate: bytes, *, policy: str = "apple", issuer: Made | None = None) -> Verdict:
    return judge(certificate, anchors=(issuer or root(),), policy=policy, ats_applies=False)


@pytest.mark.parametrize("changes", [pytest.param(changes, id=story) for story, changes in READ])
def test_what_apple_reads_and_the_book_does_not_allow(changes: tuple[Change, ...]) -> None:
    odd = signed(*changes)
    # A server's certificate that is two thousand years old is refused for its lifetime.
    assert judged(odd, policy="basic" if CertFacts.parse(odd).not_before.year == 1 else "apple").trusted
    refused = {finding.rule_id for finding in judged(odd, policy="rfc5280").findings if finding.fails}
    assert refused & {"rfc5280-encoding", "rfc5280-serial-number", "unknown-critical-extension"}


def test_an_ordinary_certificate_departs_from_nothing() -> None:
    top, middle = root(), intermediate(root())
    assert judge(leaf(middle), middle, anchors=(top,), policy="rfc5280").trusted


@pytest.mark.parametrize(
    ("oid", "expected"),
    [
        pytest.param(MS_APPLICATION_POLICIES, None, id="Microsoft's application policies"),
        pytest.param("678114" + "0101", None, id="2.23.148.1.1"),
        pytest.param("678114" + "0102", None, id="2.23.148.1.2"),
        pytest.param("678114" + "0103", "unknown-critical-extension", id="the one behind them"),
        pytest.param("2b0601040182c46905" + "01", None, id="below 1.3.6.1.4.1.41577.5"),
        pytest.param("2b0601040182c46905", "unknown-critical-extension", id="that arc itself"),
        pytest.param("2b0601040182c46906" + "01", "unknown-critical-extension", id="the arc beside it"),
        pytest.param("6781120201" + "07", None, id="below 2.23.146.2.1"),
        pytest.param("2a864886f7636406" + "01", None, id="below 1.2.840.113635.100.6"),
        pytest.param("2a864886f7636407" + "01", "unknown-critical-extension", id="another of Apple's arcs"),
        pytest.param("2a0304", "unknown-critical-extension", id="anybody's"),
        pytest.param("2b80", "unknown-critical-extension", id="what is no OID"),
    ],
)
def test_critical_extensions_that_apple_lets_pass_unread(oid: str, expected: str | None) -> None:
    odd = signed(plus(extension(oid, b"", critical=CRITICAL)))
    assert headline(judged(odd)) == expected
    assert "unknown-critical-extension" in {said.rule_id for said in judged(odd, policy="rfc5280").findings}


def test_an_empty_field_of_extensions_is_none() -> None:
    odd = signed(with_field(EXTENSIONS, b"\xa3\0"))
    assert CertFacts.parse(odd).extensions == ()
    assert judged(odd, policy="basic").trusted
    assert headline(judged(odd)) == "san-no-cn-fallback"


def test_a_half_of_name_constraints_with_a_minimum_binds_nobody_on_apple() -> None:
    """The book refuses a CA that says what nobody can mean."""
    top = root()
    trees = tlv(0x30, tlv(0xA0, tlv(0x30, tlv(0x82, b"other.test"), b"\x80\1\1")))
    middle = intermediate(top)
    odd = signed(plus(extension(NC, trees, critical=CRITICAL)), made=middle, issuer=top)
    anchors = [Anchor.parse(top.der)]
    assert evaluate([leaf(middle).der, odd], host=HOST, at=AT, anchors=anchors).trusted
    book = evaluate([leaf(middle).der, odd], host=HOST, at=AT, anchors=anchors, policy="rfc5280")
    assert "rfc5280-encoding" in {finding.rule_id for finding in book.findings if finding.fails}


@pytest.mark.parametrize("who", ["cryptography", "OpenSSL"])
def test_others_refuse_an_encoding_that_apple_reads_and_are_explained(who: str) -> None:
    sent, anchors = [signed(validity(tlv(0x17, b"251231235960Z")))], [Anchor.parse(root().der)]
    verdict = evaluate(sent, host=HOST, at=AT, anchors=anchors)
    opinion = SecondOpinion(who, "", False, "does not read certificate 0: second must be in 0..59")
    (difference,) = compare(verdict, [opinion])
    assert difference.reasons == ("it refuses encodings that Apple reads",)


# A known extension that does not read, not critical: Apple keeps the certificate and refuses the path.
UNPARSEABLE: list[tuple[str, bytes]] = [
    ("a distribution point with a layer forgotten", extension(CRLDP, tlv(0x30, tlv(0x30, tlv(0xA0, tlv(0x86, b"x:")))))),
    ("a list of distribution points without one", extension(CRLDP, tlv(0x30))),
    ("OCSP at a dNSName", extension(AIA, tlv(0x30, tlv(0x30, bytes.fromhex("06082b06010505073001"), HOST_NAME)))),
    ("no policy", extension(POLICIES, tlv(0x30))),
    ("a keyUsage of no octet", extension(KU, b"\3\1\0")),
    ("a serial number without its issuer", extension("551d23", tlv(0x30, b"\x82\1\1"))),
    ("no QC statement", extension(QC, tlv(0x30))),
    ("a name of an unknown kind", extension(SAN, tlv(0x30, HOST_NAME, b"\x89\0"))),
]  # fmt: skip


@pytest.mark.parametrize("value", [pytest.param(value, id=story) for story, value in UNPARSEABLE])
def test_what_does_not_read_and_is_not_critical(value: bytes) -> None:
    verdict = judged(signed(plus(value)))
    refused = {finding.rule_id for finding in verdict.findings if finding.fails}
    assert "unparseable-extension" in refused


def test_a_location_that_the_book_allows_is_refused_by_apple_alone() -> None:
    directory = tlv(0xA4, tlv(0x30))
    location = tlv(0x30, tlv(0x30, bytes.fromhex("06082b06010505073002"), directory))
    odd = signed(plus(extension(AIA, location)))
    assert headline(judged(odd)) == "unparseable-extension"
    assert judged(odd, policy="rfc5280").trusted


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        pytest.param(b"\5\0", b"", None, id="NULL inside and nothing outside"),
        pytest.param(ODD_PARAMETERS, ODD_PARAMETERS, None, id="parameters that RSA does not have"),
        pytest.param(b"\5\0", b"\5\0", None, id="NULL in both"),
    ],
)
def test_parameters_of_rsa_signatures_are_not_looked_at(
    inner: bytes, outer: bytes, expected: str | None
) -> None:
    top = root(**RSA)
    odd = signed(algorithm(RSA_SHA256, inner), made=leaf(top), issuer=top, outer=tlv(0x30, RSA_SHA256, outer))
    assert headline(judged(odd, issuer=top)) == expected
    by_rfc5280 = {finding.rule_id for finding in judged(odd, issuer=top, policy="rfc5280").findings}
    assert ("rfc5280-encoding" in by_rfc5280) is (not inner == outer == b"\5\0")


def test_signature_algorithms_that_differ_verify_nowhere() -> None:
    """Apple keeps the certificate and finds no issuer that signed it (SecCertificateIsSignedBy)."""
    odd = signed(outer=tlv(0x30, bytes.fromhex("06082a8648ce3d040303")))
    facts = CertFacts.parse(odd)
    assert not facts.signature_algorithms_agree
    verdict = judged(odd)
    assert verdict.headline is not None
    assert verdict.headline.rule.apple_check == "MissingIntermediate"


def test_a_certificate_whose_issuer_is_no_name_has_no_issuer() -> None:
    verdict = judged(signed(with_field(ISSUER, EMPTY_RDN)))
    assert headline(verdict) == "issuer-is-a-name"


def test_a_name_that_is_none_equals_none_itself_included() -> None:
    odd = CertFacts.parse(signed(with_field(ISSUER, EMPTY_RDN), with_field(SUBJECT, EMPTY_RDN)))
    assert odd.issuer.raw == odd.subject.raw
    assert not odd.self_issued
    assert odd.subject.problem == "an empty relative distinguished name at offset 2"
    assert odd.subject.attributes == ()
    assert str(odd.subject).startswith("#30")


@pytest.mark.parametrize(
    ("spki", "why"),
    [
        pytest.param(
            tlv(0x30, tlv(0x30, bytes.fromhex("06092a864886f70d010101"), b"\5\0"), b"\3\2\0\5"),
            "not an RSAPublicKey",
            id="no RSA key inside",
        ),
        pytest.param(
            tlv(
                0x30,
                tlv(0x30, bytes.fromhex("06092a864886f70d010101"), b"\5\0"),
                tlv(3, b"\0", tlv(0x30, tlv(2, b"\x80" + bytes(255)), b"\2\3\1\0\1")),
            ),
            "not a positive number",
            id="a negative modulus",
        ),
        pytest.param(
            tlv(0x30, tlv(0x30, bytes.fromhex("06072a8648ce3d0201")), tlv(3, POINT)),
            "names no curve",
            id="an EC key without a curve",
        ),
    ],
)
def test_a_key_that_does_not_read_is_held_against_the_certificate(spki: bytes, why: str) -> None:
    odd = signed(with_field(KEY, spki))
    facts = CertFacts.parse(odd)
    assert facts.key.algorithm is KeyAlgorithm.UNREADABLE
    assert why in str(facts.key)
    verdict = judged(odd)
    assert verdict.headline is not None
    assert verdict.headline.rule.apple_check == "WeakKeySize"


def test_unused_bits_of_a_key_that_are_zero_are_der() -> None:
    assert CertFacts.parse(signed(key(P256, b"\1\4" + bytes(64)))).key.bits == 256


def test_a_tag_of_several_bytes_is_read_where_anything_may_stand() -> None:
    assert CertFacts.parse(signed(algorithm(*parts(EC_SHA256), b"\x1f\x81\1\0"))).signature_algorithms_agree


def test_before_version_3_a_ca_is_what_signed_itself() -> None:
    """A leaf of version 1 with cA TRUE and no subject: a CA by its extension alone, which Apple does not ask."""
    no_subject = (with_field(VERSION, b""), with_field(SUBJECT, tlv(0x30)))
    names = extension(SAN, tlv(0x30, HOST_NAME), critical=CRITICAL)
    odd = signed(*no_subject, plus(extension(BC, tlv(0x30, b"\1\1\xff")), names))
    assert headline(judged(odd)) is None
    assert headline(judged(signed(no_subject[1], plus(extension(BC, tlv(0x30, b"\1\1\xff")), names)))) == (
        "subject-non-empty"
    )


@pytest.mark.parametrize(
    ("critical", "policy", "expected"),
    [
        pytest.param(b"", "apple", None, id="not critical: Apple takes it for no keyUsage"),
        pytest.param(CRITICAL, "apple", "ca-key-cert-sign", id="critical"),
        pytest.param(b"", "rfc5280", "ca-key-cert-sign", id="by the book"),
    ],
)
def test_a_ca_whose_key_usage_has_no_bit(critical: bytes, policy: str, expected: str | None) -> None:
    top = root()
    middle = intermediate(top)
    odd = signed(plus(extension(KU, b"\3\2\0\0", critical=critical)), made=middle, issuer=top)
    verdict = evaluate(
        [leaf(middle).der, odd], host=HOST, at=AT, anchors=[Anchor.parse(top.der)], policy=policy
    )
    assert headline(verdict) == expected


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        pytest.param((tlv(0x82, b"b\xfccher.test"),), HOST, "san-none-discarded", id="a Latin-1 umlaut beside the name"),
        pytest.param((tlv(0x82, "b\u00fccher.test".encode()),), HOST, None, id="the same in UTF-8 is overlooked alone"),
        pytest.param((tlv(0x82, b"b\xfccher.test"),), "other.test", "san-dns-match", id="no name would match anyway"),
        pytest.param((tlv(0x87, b"\1\2\3"),), HOST, None, id="an odd address does not concern names"),
    ],
)  # fmt: skip
def test_one_name_can_discard_the_others(names: tuple[bytes, ...], host: str, expected: str | None) -> None:
    odd = signed(plus(extension(SAN, tlv(0x30, HOST_NAME, *names))))
    assert headline(evaluate([odd], host=host, at=AT, anchors=[Anchor.parse(root().der)])) == expected


BLOCKED = 0x047ECBE9FCA55F7BD09EAE36E10CAE1E
UTN = (
    (x509.oid.NameOID.COUNTRY_NAME, "US"),
    (x509.oid.NameOID.STATE_OR_PROVINCE_NAME, "UT"),
    (x509.oid.NameOID.LOCALITY_NAME, "Salt Lake City"),
    (x509.oid.NameOID.ORGANIZATION_NAME, "The USERTRUST Network"),
    (x509.oid.NameOID.ORGANIZATIONAL_UNIT_NAME, "http://www.usertrust.com"),
    (x509.oid.NameOID.COMMON_NAME, "UTN-USERFirst-Hardware"),
)


def _printable(attributes: tuple[tuple[x509.ObjectIdentifier, str], ...]) -> bytes:
    kind = x509.name._ASN1Type.PrintableString
    return x509.Name([x509.NameAttribute(oid, text, _type=kind) for oid, text in attributes]).public_bytes()


@pytest.mark.parametrize(
    ("attributes", "serial", "blocked"),
    [
        pytest.param(UTN, BLOCKED, True, id="the name and the serial number"),
        pytest.param(UTN, BLOCKED + (1 << 128), False, id="a longer number that ends alike"),
        pytest.param(UTN[-1:], BLOCKED, False, id="the CommonName alone"),
        pytest.param(UTN, 0xF5C86AF36162F13A64F54F6DC9587C06 - (1 << 128), True, id="the sign bit set"),
    ],
)
def test_a_blocked_leaf_is_known_by_its_whole_issuer(
    attributes: tuple[tuple[x509.ObjectIdentifier, str], ...], serial: int, blocked: bool
) -> None:
    content = (
        serial.to_bytes(17, "big", signed=True) if serial > 0 else serial.to_bytes(16, "big", signed=True)
    )
    odd = signed(with_field(ISSUER, _printable(attributes)), with_field(SERIAL, tlv(2, content)))
    said = [finding.rule_id for finding in judged(odd).findings]
    assert ("leaf-not-blocked" in said) is blocked


def test_a_ca_whose_subject_is_no_name_is_nobodys_issuer() -> None:
    top = root()
    odd = signed(with_field(SUBJECT, EMPTY_RDN), made=make("Mid", top, ca=True, sign_certs=True), issuer=top)
    verdict = evaluate(
        [signed(with_field(ISSUER, EMPTY_RDN)), odd], host=HOST, at=AT, anchors=[Anchor.parse(top.der)]
    )
    assert headline(verdict) == "issuer-is-a-name"
