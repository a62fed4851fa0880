"""What is a root, whose name is whose, which keys and signatures count: where Apple's code departs from the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.issue.defects import Draft, changing_extensions, sign_again, signed_with, without_extension
from pki.model import der, oids
from pki.model.apple_crypto import apple_key, padded
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.keys import KeyAlgorithm, key_facts
from pki.model.signatures import Verified, self_signed, verified
from pki.model.verdict import Outcome, Verdict
from tests.chains import (
    AT,
    CLIENT,
    DAY,
    HOST,
    Made,
    headline,
    intermediate,
    judge,
    key,
    leaf,
    make,
    outcome,
    root,
)
from tests.trust.test_search_limits import PATH_ALONE

RSA = {"kind": "rsa2048"}
MISSING = ("MissingIntermediate", -25318)


# Self-issued is not self-signed.


@pytest.mark.parametrize(
    ("digest", "rule"), [("md5", "signature-not-broken"), ("sha1", "tls-sha2-signature")]
)
def test_a_leaf_named_like_its_ca_is_not_self_signed(digest: str, rule: str) -> None:
    top = root(HOST, **RSA)
    server = sign_again(leaf(top, HOST, kind="rsa2048", key_tag="own").der, signed_with(digest), key=top.key)
    verdict = judge(server, anchors=(top,))
    assert headline(verdict) == rule
    assert outcome(verdict, rule, 1) is Outcome.NOT_APPLICABLE
    assert judge(leaf(top, HOST, kind="rsa2048", key_tag="own"), anchors=(top,)).trusted


def _key_identifier(identifier: bytes | None) -> Callable[[Draft], Draft]:
    value = der.encode(der.SEQUENCE, b"" if identifier is None else der.encode(0x80, identifier))
    aki = der.encode(
        der.SEQUENCE, der.encode(der.OID, bytes.fromhex("551d23")), der.encode(der.OCTET_STRING, value)
    )
    return changing_extensions(lambda extensions: [*extensions, aki])


@pytest.mark.parametrize(
    ("departures", "is_root"),
    [
        pytest.param((), True, id="no authorityKeyIdentifier"),
        pytest.param((_key_identifier(None),), True, id="one without a key identifier"),
        pytest.param((_key_identifier(b""),), True, id="an empty key identifier is none"),
        pytest.param((_key_identifier(b"another"),), False, id="that of another key"),
        pytest.param(
            (without_extension(oids.SUBJECT_KEY_IDENTIFIER), _key_identifier(b"any")),
            False,
            id="one, and no subjectKeyIdentifier",
        ),
    ],
)
def test_a_root_names_no_other_key(departures: tuple[Any, ...], is_root: bool) -> None:
    """Only what is self-signed to Apple is an anchor that a person can switch on; an app may set what it likes."""
    top = root()
    odd = sign_again(top.der, *departures, key=top.key)
    assert self_signed(CertFacts.parse(odd)) is is_root
    server = sign_again(leaf(top).der, without_extension(oids.AUTHORITY_KEY_IDENTIFIER), key=top.key)
    verdict = judge(server, anchors=(odd,))
    assert verdict.trusted is is_root
    if not is_root:
        assert headline(verdict) == "user-anchor-self-signed"
        assert "authorityKeyIdentifier" in verdict.findings[0].evidence
        assert verdict.headline is not None
        assert (verdict.headline.rule.apple_check, verdict.headline.position) == (MISSING[0], 1)
    assert judge(server, anchors=(odd,), anchor_class="app", ats_applies=False).trusted
    assert judge(server, odd, anchors=(root("Other"),), anchor_class="app").chain[-1].der == odd


def test_an_end_that_names_itself_and_is_no_root_is_a_missing_issuer() -> None:
    top = root()
    odd = sign_again(top.der, _key_identifier(b"another"), key=top.key)
    verdict = judge(leaf(top), odd, anchors=(root("Other"),))
    assert headline(verdict) == "chain-complete"
    assert headline(judge(leaf(top), top, anchors=(root("Other"),))) == "chain-anchor-trusted"


def test_an_intermediate_is_no_users_anchor_and_is_one_for_an_app_and_for_the_book() -> None:
    top = root()
    middle = intermediate(top)
    verdict = judge(leaf(middle), anchors=(middle,))
    assert headline(verdict) == "user-anchor-self-signed"
    assert "--anchor-class app" in verdict.findings[0].fix
    assert judge(leaf(middle), anchors=(middle,), anchor_class="app", ats_applies=False).trusted
    assert judge(leaf(middle), anchors=(middle,), policy="rfc5280").trusted


def test_a_users_intermediate_below_a_root_that_is_sent_is_remarked_upon() -> None:
    top = root()
    middle = intermediate(top)
    verdict = judge(leaf(middle), top, anchors=(middle,))
    assert headline(verdict) == "chain-anchor-trusted"
    assert any("was given as an anchor" in line for line in verdict.near_misses)


# Names.


def _name(*values: tuple[int, str]) -> bytes:
    """CommonNames, of a string type each."""
    pairs = (
        der.encode(der.SEQUENCE, bytes.fromhex("0603550403"), der.encode(tag, text.encode()))
        for tag, text in values
    )
    return der.encode(der.SEQUENCE, *(der.encode(der.SET, pair) for pair in pairs))


PRINTABLE, UTF8 = der.PRINTABLE_STRING, der.UTF8_STRING


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param((PRINTABLE, "Test CA"), (PRINTABLE, "TEST ca"), True, id="case in PrintableString"),
        pytest.param(
            (PRINTABLE, "  Test \t CA "), (PRINTABLE, "Test CA"), True, id="blanks in PrintableString"
        ),
        pytest.param((PRINTABLE, "Test CA"), (UTF8, "Test CA"), False, id="another string type"),
        pytest.param((UTF8, "Test CA"), (UTF8, "TEST CA"), False, id="case in UTF8String"),
        pytest.param((UTF8, "Test CA"), (UTF8, "Test  CA"), False, id="blanks in UTF8String"),
        pytest.param((UTF8, "Test CA"), (UTF8, "Test CA"), True, id="the same bytes"),
        pytest.param((PRINTABLE, "Test CA  "), (PRINTABLE, "Test CA"), True, id="blanks at the end"),
        pytest.param((PRINTABLE, "Test C A"), (PRINTABLE, "Test C\t  a"), True, id="blanks before the end"),
        pytest.param((PRINTABLE, "ca"), (PRINTABLE, "CA"), True, id="shorter than what is compared first"),
        pytest.param((PRINTABLE, "ca "), (PRINTABLE, "CA"), True, id="shorter, and a blank"),
        pytest.param(
            (PRINTABLE, " " * 200 + "a"), (PRINTABLE, "A"), True, id="a length of two bytes becomes one"
        ),
    ],
)
def test_names_as_apple_compares_them(one: tuple[int, str], other: tuple[int, str], same: bool) -> None:
    """RFC 5280, 7.1 calls every one of these pairs equal."""
    mine, theirs = DistinguishedName(_name(one, (UTF8, "x"))), DistinguishedName(_name(other, (UTF8, "x")))
    assert (mine.normalized == theirs.normalized) is same
    assert mine.is_one_with(theirs) is same
    assert DistinguishedName(_name(one)).is_one_with(DistinguishedName(_name(other))) is same
    assert mine.key == theirs.key


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(der.encode(der.SEQUENCE, der.encode(der.SET)), id="an empty RDN"),
        pytest.param(der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, b"\5\0")), id="an RDN that is no SET"),
        pytest.param(
            der.encode(der.SEQUENCE, der.encode(der.SET, der.encode(der.SET, b"\5\0"))), id="no pair inside"
        ),
    ],
)
def test_a_name_that_cannot_be_taken_apart_is_equal_to_nothing(raw: bytes) -> None:
    name = DistinguishedName(raw)
    assert name.normalized is None
    assert not name.is_one_with(name)


def test_a_ca_whose_name_was_encoded_anew_is_another_one_to_apple_and_told_so() -> None:
    """The name as the old tool wrote it stands in the leaf, as the new one writes it in the CA's certificate."""
    top = root("Test CA")
    old = sign_again(
        leaf(top).der, lambda draft: replace(draft, issuer=_name((PRINTABLE, "Test CA"))), key=top.key
    )
    verdict = judge(old, anchors=(top,))
    assert headline(verdict) == "name-encoding"
    assert verdict.headline is not None
    assert verdict.headline.rule.status == (-25318, "errSecCreateChainFailed")
    assert "as PrintableString, where the CA's own name has UTF8String" in verdict.headline.evidence
    assert not any("not sent" in finding.evidence for finding in verdict.findings)
    assert judge(old, anchors=(top,), policy=PATH_ALONE).trusted
    foreign = root("Test CA", key_tag="foreign")
    assert headline(judge(old, anchors=(foreign,))) == "chain-complete"


# The circle.


@pytest.mark.parametrize(
    "names",
    [
        pytest.param((HOST, "Intermediate", HOST), id="the leaf has the root's name"),
        pytest.param(("Root", "Upper", "Lower", "Upper"), id="the leaf has an upper intermediate's name"),
        pytest.param(("CA", "CA", "CA", HOST), id="three generations of a CA"),
    ],
)
def test_a_name_that_comes_back_ends_the_chain(names: tuple[str, ...]) -> None:
    issuer = top = root(names[0], key_tag="0")
    sent: list[Made] = []
    for number, name in enumerate(names[1:-1]):
        issuer = make(name, issuer, ca=True, sign_certs=True, key_tag=f"ca {number}", end=AT + 900 * DAY)
        sent.insert(0, issuer)
    server = leaf(issuer, names[-1], key_tag="leaf")
    verdict = judge(server, *sent, anchors=(top,))
    assert headline(verdict) == "chain-name-circle"
    assert verdict.headline is not None
    assert (verdict.headline.rule.apple_check, verdict.headline.rule.status[0]) == MISSING
    assert judge(server, *sent, anchors=(top,), policy=PATH_ALONE).trusted


def test_a_leaf_right_below_a_ca_of_its_own_name_is_no_circle() -> None:
    top = root(HOST, key_tag="ca")
    assert judge(leaf(top, HOST, key_tag="own"), anchors=(top,)).trusted


# Keys.


def _spki(algorithm: str, point: bytes) -> bytes:
    return der.encode(der.SEQUENCE, bytes.fromhex(algorithm), der.encode(der.BIT_STRING, b"\0", point))


P256 = "301306072a8648ce3d020106082a8648ce3d030107"
P384 = "301006072a8648ce3d020106052b81040022"
ED25519 = "300506032b6570"
POINT = key("p256", "point").public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
SHORT = key("p256", "point").public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _plain(public: Any) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _rsa_key(bits: int, *, exponent: bool = True) -> bytes:
    modulus = der.encode(der.INTEGER, (1 << bits - 1 | 1).to_bytes(bits // 8 + 1, "big"))
    numbers = (modulus, der.encode(der.INTEGER, b"\1\0\1")) if exponent else (modulus,)
    return _spki("300d06092a864886f70d0101010500", der.encode(der.SEQUENCE, *numbers))


@pytest.mark.parametrize(
    ("spki", "size"),
    [
        pytest.param(_spki(P256, POINT), 32, id="a point of P-256"),
        pytest.param(_spki(P256, SHORT), 32, id="a compressed one"),
        pytest.param(_spki(P256, bytes([6 + (POINT[-1] & 1)]) + POINT[1:]), 32, id="a hybrid one"),
        pytest.param(_spki(P256, POINT[:-1]), 0, id="a byte too few"),
        pytest.param(_spki(P256, b""), 0, id="no point"),
        pytest.param(_spki(P256, b"\5" + POINT[1:]), 0, id="a form that is none"),
        pytest.param(_spki(P256, POINT[:-1] + bytes([POINT[-1] ^ 1])), 0, id="off the curve"),
        pytest.param(_spki(P384, POINT), 0, id="another curve's name"),
        pytest.param(_plain(key("p192").public_key()), 24, id="P-192"),
        pytest.param(_plain(key("p224").public_key()), 28, id="P-224"),
        pytest.param(_plain(key("p521").public_key()), 66, id="P-521"),
        pytest.param(_plain(key("brainpool").public_key()), 0, id="a Brainpool curve"),
        pytest.param(_plain(key("secp256k1").public_key()), 0, id="secp256k1"),
        pytest.param(_plain(key("ed25519").public_key()), 32, id="Ed25519"),
        pytest.param(_spki(ED25519, bytes(31)), 0, id="Ed25519 of 31 bytes"),
        pytest.param(_plain(key("ed448").public_key()), 57, id="Ed448"),
        pytest.param(_rsa_key(8192), 1024, id="RSA of 8,192 bits"),
        pytest.param(_rsa_key(8200), 0, id="RSA of 8,200 bits"),
        pytest.param(_rsa_key(2048, exponent=False), 0, id="RSA without an exponent"),
    ],
)
def test_keys_that_apple_imports(spki: bytes, size: int) -> None:
    found = apple_key(spki)
    assert found.size == size
    assert bool(found.problem) is (size == 0)
    top = root()
    data = sign_again(leaf(top).der, lambda draft: replace(draft, public_key=spki), key=top.key)
    verdict = judge(data, anchors=(top,), policy="basic")
    assert headline(verdict) == (None if size else "key-not-broken")


def test_a_curve_has_one_name_in_all_messages() -> None:
    r384, r320 = bytes.fromhex("2b240303020801010b"), bytes.fromhex("2b2403030208010109")  # RFC 5639, 4.1
    spki = _plain(ec.generate_private_key(ec.BrainpoolP384R1()).public_key())
    for one, name in ((spki, "brainpoolP384r1"), (spki.replace(r384, r320), "brainpoolP320r1")):
        assert key_facts(one).curve == name
        assert f"curve {name} is none of" in apple_key(one).problem


def test_explicit_curve_parameters_are_no_key_for_apple_nor_for_the_book() -> None:
    from tests.openssl import explicit_p256

    spki = explicit_p256()
    top = root()
    data = sign_again(leaf(top).der, lambda draft: replace(draft, public_key=spki), key=top.key)
    for policy in ("apple", "basic", "rfc5280"):
        assert headline(judge(data, anchors=(top,), policy=policy)) == "key-not-broken"


def test_a_key_of_type_pss_is_none_for_apple_and_one_for_the_book() -> None:
    top, own = root(), key("rsa2048", "pss")
    plain = _plain(own.public_key())
    _, _, start, stop = der.element(plain, 0, len(plain))
    inner = list(der.children(plain, start, stop))
    pss = der.encode(der.SEQUENCE, bytes.fromhex("300b06092a864886f70d01010a"), plain[inner[1][1] : stop])
    assert CertFacts.parse(top.der).key.algorithm is KeyAlgorithm.EC
    data = sign_again(leaf(top).der, lambda draft: replace(draft, public_key=pss), key=top.key)
    assert headline(judge(data, anchors=(top,))) == "key-not-broken"
    assert judge(data, anchors=(top,), policy=PATH_ALONE).trusted
    ca = sign_again(
        root("PSS", **RSA, key_tag="pss").der, lambda draft: replace(draft, public_key=pss), key=own
    )
    server = pss_signed(leaf(root("PSS", **RSA, key_tag="pss")), own)
    verdict = judge(server, anchors=(ca,), anchor_class="app", ats_applies=False)
    assert headline(verdict) == "signature-verifiable"
    assert judge(server, anchors=(ca,), policy=PATH_ALONE).trusted


# Signatures.


def _with_algorithm(data: bytes, algorithm: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """A certificate whose signature names ALGORITHM, whatever made it."""
    _, _, start, stop = der.element(data, 0, len(data))
    tbs = next(der.children(data, start, stop))
    parts = [data[one[1] : one[3]] for one in der.children(data, tbs[2], tbs[3])]
    parts[2] = algorithm
    signed = der.encode(der.SEQUENCE, *parts)
    return der.encode(der.SEQUENCE, signed, algorithm, der.encode(der.BIT_STRING, b"\0", sign(signed)))


def pss_signed(made: Made, signer: rsa.RSAPrivateKey) -> bytes:
    algorithm = bytes.fromhex(
        "303d06092a864886f70d01010a3030a00d300b0609608648016503040201a11a301806092a864886f70d010108300b06096086480165"
        "03040201a203020120"
    )
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return _with_algorithm(made.der, algorithm, lambda tbs: signer.sign(tbs, scheme, hashes.SHA256()))


def _oid(dotted: str) -> bytes:
    from cryptography.x509 import ObjectIdentifier

    return der.encode(
        der.SEQUENCE, der.encode(der.OID, _content(ObjectIdentifier(dotted).dotted_string)), b"\5\0"
    )


def _content(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = bytes([first * 40 + second])
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return out


PKCS1 = padding.PKCS1v15()


@pytest.mark.parametrize(
    ("dotted", "digest", "apple", "book"),
    [
        pytest.param(
            "1.2.840.113549.1.1.11", hashes.SHA256, Verified.YES, Verified.YES, id="RSA with SHA-256"
        ),
        pytest.param(
            "2.16.840.1.101.3.4.2.1",
            hashes.SHA256,
            Verified.YES,
            Verified.UNKNOWN_ALGORITHM,
            id="SHA-256 alone",
        ),
        pytest.param(
            "1.3.14.3.2.29",
            hashes.SHA1,
            Verified.UNKNOWN_ALGORITHM,
            Verified.YES,
            id="the OIW's SHA-1 with RSA",
        ),
        pytest.param(
            "2.16.840.1.101.3.4.3.14", hashes.SHA3_256, Verified.UNKNOWN_ALGORITHM, Verified.YES, id="SHA-3"
        ),
        pytest.param(
            "1.2.840.113549.1.1.2",
            hashes.SHA256,
            Verified.UNKNOWN_ALGORITHM,
            Verified.UNKNOWN_ALGORITHM,
            id="MD2, which nobody verifies",
        ),
        pytest.param(
            "1.2.840.113549.1.1.11", hashes.SHA384, Verified.NO, Verified.NO, id="not the digest it names"
        ),
        pytest.param("1.2.840.10045.4.3.2", hashes.SHA256, Verified.NO, Verified.NO, id="an ECDSA signature"),
        pytest.param(
            "1.2.3.4",
            hashes.SHA256,
            Verified.UNKNOWN_ALGORITHM,
            Verified.UNKNOWN_ALGORITHM,
            id="no algorithm",
        ),
    ],
)
def test_what_becomes_of_an_rsa_signature(
    dotted: str, digest: type[hashes.HashAlgorithm], apple: Verified, book: Verified
) -> None:
    top = root(**RSA)
    data = _with_algorithm(leaf(top).der, _oid(dotted), lambda tbs: top.key.sign(tbs, PKCS1, digest()))
    child, issuer = CertFacts.parse(data), CertFacts.parse(top.der)
    assert verified(child, issuer) is apple
    assert verified(child, issuer, by_rfc5280=True) is book
    verdict = judge(data, anchors=(top,), policy="basic")
    known = {Verified.YES: None, Verified.NO: "cert-signature-valid"}
    broken = child.signature_algorithm.digest == "MD2"  # which outranks what is missing
    assert headline(verdict) == (
        "signature-not-broken" if broken else known.get(apple, "signature-verifiable")
    )
    if apple is Verified.UNKNOWN_ALGORITHM:
        said = next(f.evidence for f in verdict.findings if f.rule_id == "signature-verifiable")
        assert "Apple's Security does not know this algorithm" in said
        assert ("other tools verify it" in said) is (book is Verified.YES)


def test_rsa_pss_is_not_known_and_its_digest_neither() -> None:
    """By RFC 4055 the salt and the digest are read; Apple's rules about digests do not see them."""
    top = root(**RSA)
    data = pss_signed(leaf(top), top.key)
    verdict = judge(data, anchors=(top,))
    assert headline(verdict) == "signature-verifiable"
    assert len(verdict.chain) == 1
    assert judge(data, anchors=(top,), policy=PATH_ALONE).trusted


def test_an_issuer_whose_key_is_none_is_never_in_a_chain() -> None:
    own = dsa.generate_private_key(1024)
    top = root()
    ca = sign_again(top.der, lambda draft: replace(draft, public_key=_plain(own.public_key())), key=top.key)
    data = _with_algorithm(
        leaf(top).der, bytes.fromhex("300906072a8648ce380403"), lambda tbs: own.sign(tbs, hashes.SHA1())
    )
    verdict = judge(data, anchors=(ca,), policy="basic")
    assert [cert.der for cert in verdict.chain] == [data]
    assert headline(verdict) == "signature-verifiable"
    assert "was not signed by" not in verdict.findings[0].evidence


def _numbers(signature: bytes) -> tuple[bytes, bytes]:
    start, stop = der.only(signature, der.SEQUENCE)
    first, second = der.children(signature, start, stop)
    return signature[first[2] : first[3]], signature[second[2] : second[3]]


def test_an_ecdsa_signature_without_its_zero_bytes_is_repaired_as_apple_does() -> None:
    top = root()
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")

    def stripped(tbs: bytes) -> bytes:
        while True:
            signature = top.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
            numbers = [number.removeprefix(b"\0") for number in _numbers(signature)]
            if any(number[0] & 0x80 for number in numbers):
                return der.encode(der.SEQUENCE, *(der.encode(der.INTEGER, number) for number in numbers))

    data = _with_algorithm(leaf(top).der, algorithm, stripped)
    assert judge(data, anchors=(top,)).trusted
    assert headline(judge(data, anchors=(top,), policy=PATH_ALONE)) == "cert-signature-valid"
    assert padded(b"\x30\x03\x02\x01\x01") is None
    assert padded(b"") is None
    broken = data[:-1] + bytes([data[-1] ^ 1])
    assert headline(judge(broken, anchors=(top,))) == "cert-signature-valid"


def test_a_root_signed_with_md2_is_not_self_signed_and_its_digest_is_fatal() -> None:
    top = root(**RSA)
    algorithm = _oid("1.2.840.113549.1.1.2")
    old = _with_algorithm(top.der, algorithm, lambda tbs: top.key.sign(tbs, PKCS1, hashes.SHA256()))
    assert not self_signed(CertFacts.parse(old))
    verdict = judge(leaf(top), anchors=(old,), anchor_class="app", ats_applies=False)
    assert headline(verdict) == "signature-not-broken"


# Which of several rejected chains is reported.


@pytest.mark.parametrize(
    ("changes", "length"),
    [
        pytest.param({}, 2, id="a good intermediate is in the chain that breaks off"),
        pytest.param({"end": AT - DAY}, 1, id="an expired one is not"),
        pytest.param({"kind": "rsa1024"}, 1, id="one with a small key is not"),
        pytest.param({"purposes": CLIENT}, 2, id="what only a policy asks counts nothing"),
    ],
)
def test_of_chains_that_break_off_apple_reports_the_one_it_rates_best(
    changes: dict[str, Any], length: int
) -> None:
    middle = intermediate(root("Nowhere"), **changes)
    verdict = judge(leaf(middle), middle, anchors=(root(),))
    assert len(verdict.chain) == length
    worst = verdict.headline
    assert worst is not None
    if length == 1:
        assert (worst.rule_id, worst.position) == ("chain-complete", 0)
        assert "rates the chain without it higher; Intermediate names its issuer CN=Nowhere" in worst.evidence
        assert any(line.startswith("further up, at [1]:") for line in verdict.near_misses)


def test_a_chain_to_an_untrusted_root_outranks_its_expired_intermediate() -> None:
    top = root("Nowhere")
    middle = intermediate(top, end=AT - DAY)
    verdict = judge(leaf(middle), middle, top, anchors=(root(),))
    assert headline(verdict) == "chain-anchor-trusted"
    assert len(verdict.chain) == 3


def test_who_is_self_issued_is_asked_as_each_book_compares_names() -> None:
    """UTF8Strings that differ in case are one name by RFC 5280, 7.1, and two for Apple's normal form."""
    top = root("Rollover", path_length=0)
    middle = intermediate(top, "ROLLOVER", key_tag="next")
    chain = (leaf(middle), middle, top)
    failed = {
        policy: _failed(judge(*chain, anchors=(top,), policy=policy)) for policy in ("apple", "rfc5280-path")
    }
    assert "ca-path-length" in failed["apple"]
    assert "ca-path-length" not in failed["rfc5280-path"]
    # The same with a name that the root excludes: it is looked for in an intermediate that is not self-issued.
    limited = root("Rollover", exclude=(_dns("old.example"),))
    middle = intermediate(limited, "ROLLOVER", key_tag="next", dns=("old.example",))
    chain = (leaf(middle), middle, limited)
    failed = {
        policy: _failed(judge(*chain, anchors=(limited,), policy=policy))
        for policy in ("apple", "rfc5280-path")
    }
    assert "name-constraints" in failed["apple"]
    assert "name-constraints" not in failed["rfc5280-path"]


def _failed(verdict: Verdict) -> set[str]:
    return {finding.rule_id for finding in verdict.failures}


def _dns(name: str) -> Any:
    from cryptography import x509

    return x509.DNSName(name)


def test_what_apple_leaves_to_a_hash_table_is_told_as_a_tie() -> None:
    from pki.report.summary import headline as sentences

    top = root()
    verdict = judge(
        leaf(intermediate(top, exclude=_excluded()), aki=b"another key"),
        intermediate(top, exclude=_excluded()),
        anchors=(top,),
    )
    assert verdict.headline is not None
    both = {verdict.headline.rule.apple_check, *(tie.rule.apple_check for tie in verdict.headline_ties)}
    assert both == {"IdLinkage", "NameConstraints"}
    assert any("hash table" in sentence for sentence in sentences(verdict))
    assert judge(leaf(top), anchors=(top,)).headline_ties == ()


def _excluded() -> tuple[Any, ...]:
    return (_dns(HOST),)
