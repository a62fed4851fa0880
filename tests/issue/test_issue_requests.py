"""Certificate signing requests: what is taken from them, and what is refused."""

from __future__ import annotations

import contextlib
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest, PkiError, Unreadable
from pki.issue import Authority, KeyType, new_key
from pki.issue.alternative_names import names_in
from pki.issue.profiles import CertificateKind
from pki.issue.requests import left_out, read_request
from pki.model.common_names import common_name_in
from tests.openssl import OPENSSL, openssl_refusal

KEY = new_key()


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Request CA", at=at)


def request(
    *names: x509.GeneralName, common_name: str = "", key: Any = KEY, extra: x509.ExtensionType | None = None
) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if extra is not None:
        builder = builder.add_extension(extra, critical=True)
    return builder.sign(key, None if isinstance(key, ed448.Ed448PrivateKey) else hashes.SHA256())


def pem(csr: x509.CertificateSigningRequest) -> bytes:
    return csr.public_bytes(Encoding.PEM)


DNS, URI = x509.DNSName, x509.UniformResourceIdentifier


@pytest.mark.parametrize(
    ("kind", "csr", "names", "common_name", "alternatives"),
    [
        pytest.param(
            CertificateKind.SERVER,
            request(DNS("a.test"), common_name="x"),
            (),
            "a.test",
            ("a.test",),
            id="a host",
        ),
        pytest.param(
            CertificateKind.SERVER,
            request(DNS("a.test"), DNS("b.test"), common_name="b.test"),
            (),
            "b.test",
            ("a.test", "b.test"),
            id="a CommonName among the names stays",
        ),
        pytest.param(
            CertificateKind.SERVER,
            request(common_name="x"),
            ("c.test",),
            "c.test",
            ("c.test",),
            id="a name beside it",
        ),
        pytest.param(
            CertificateKind.SERVER,
            request(DNS("a.test")),
            ("c.test",),
            "c.test",
            ("c.test",),
            id="given names replace",
        ),
        pytest.param(
            CertificateKind.CLIENT, request(common_name="Alice"), (), "Alice", (), id="a client by name"
        ),
        pytest.param(
            CertificateKind.CLIENT,
            request(URI("spiffe://a/b")),
            (),
            "",
            ("spiffe://a/b",),
            id="a client by URI alone",
        ),
    ],
)
def test_what_is_taken(
    authority: Authority,
    at: datetime,
    kind: CertificateKind,
    csr: x509.CertificateSigningRequest,
    names: tuple[str, ...],
    common_name: str,
    alternatives: tuple[str, ...],
) -> None:
    for encoding in (Encoding.PEM, Encoding.DER):
        leaf, *issuers = authority.sign_csr(csr.public_bytes(encoding), kind=kind, at=at, names=names)
        assert tuple(issuers) == authority.chain
        assert leaf.public_key() == KEY.public_key()
        assert common_name_in(leaf.subject) == common_name
        assert names_in(leaf) == alternatives


def test_what_a_request_wishes_beyond_its_names_is_ignored(authority: Authority, at: datetime) -> None:
    wish = x509.BasicConstraints(ca=True, path_length=None)
    leaf = authority.sign_csr(pem(request(DNS("a.test"), extra=wish)), kind=CertificateKind.SERVER, at=at)[0]
    plain = authority.issue_server("a.test", at=at).certificate
    assert [e.oid for e in leaf.extensions] == [e.oid for e in plain.extensions]


def test_the_key_decides_the_key_usage(authority: Authority, at: datetime) -> None:
    csr = pem(request(DNS("a.test"), key=new_key(KeyType.RSA2048)))
    leaf = authority.sign_csr(csr, kind=CertificateKind.SERVER, at=at)[0]
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment


@OPENSSL
def test_a_request_made_by_openssl(tmp_path: Path, authority: Authority, at: datetime) -> None:
    made = subprocess.run(
        [
            *("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", tmp_path / "key.pem", "-subj", "/CN=a.test"),
            *("-addext", "subjectAltName=DNS:a.test,IP:192.168.1.1,email:a@a.test,URI:https://a.test/"),
        ],
        capture_output=True,
        check=True,
    )
    chain = authority.sign_csr(made.stdout, kind=CertificateKind.SERVER, at=at)
    assert names_in(chain[0]) == ("a.test", "192.168.1.1", "a@a.test", "URI:https://a.test/")
    assert openssl_refusal(tmp_path, chain) == ""


@pytest.mark.parametrize(
    ("key", "words"),
    [
        pytest.param(rsa.generate_private_key(65537, 1024), "RSA-1024", id="RSA below 2048 bits"),
        pytest.param(ec.generate_private_key(ec.SECP224R1()), "secp224r1", id="a curve below 256 bits"),
        pytest.param(ec.generate_private_key(ec.SECP256K1()), "secp256k1", id="a curve that is not NIST's"),
        pytest.param(dsa.generate_private_key(2048), "DSA", id="DSA"),
        pytest.param(ed448.Ed448PrivateKey.generate(), "Ed448", id="Ed448"),
    ],
)
def test_keys_that_are_refused(authority: Authority, at: datetime, key: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        authority.sign_csr(pem(request(DNS("a.test"), key=key)), kind=CertificateKind.SERVER, at=at)


def openssl_request(
    folder: Path, *arguments: str, key: tuple[str, ...] = ("ec_paramgen_curve:P-256",)
) -> bytes:
    """A request by `openssl req`, its EC key made with the options KEY."""
    options = [word for option in key for word in ("-pkeyopt", option)]
    return subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-new",
                "-newkey",
                "ec",
                *options,
                "-nodes",
                "-keyout",
                str(folder / "key.pem"),
            ),
            *arguments,
        ],
        capture_output=True,
        check=True,
    ).stdout


@OPENSSL
@pytest.mark.parametrize("curve", ["P-256", "secp256k1"])
def test_a_curve_that_is_written_out_is_refused(
    tmp_path: Path, authority: Authority, at: datetime, curve: str
) -> None:
    data = openssl_request(
        tmp_path,
        *("-subj", "/CN=a.test", "-addext", "subjectAltName=DNS:a.test"),
        key=(f"ec_paramgen_curve:{curve}", "ec_param_enc:explicit"),
    )
    with pytest.raises(InvalidRequest, match=r"(?s)explicit parameters.*ec_param_enc named_curve"):
        authority.sign_csr(data, kind=CertificateKind.SERVER, at=at)


@OPENSSL
def test_what_is_not_taken_over_is_said_as_text(tmp_path: Path, authority: Authority, at: datetime) -> None:
    data = openssl_request(
        tmp_path,
        *("-subj", "/C=DE/O=Acme/CN=a.test"),
        *("-addext", "subjectAltName=DNS:a.test,otherName:msUPN;UTF8:a@corp.test,RID:1.2.3"),
        *("-addext", "extendedKeyUsage=codeSigning,1.2.3.4", "-addext", "keyUsage=keyCertSign"),
        *("-addext", "basicConstraints=CA:TRUE", "-addext", "tlsfeature=status_request"),
    )
    leaf = authority.sign_csr(data, kind=CertificateKind.SERVER, at=at)[0]
    assert names_in(leaf) == ("a.test", "upn:a@corp.test", "RID:1.2.3")
    lost = {one.what: one.instead for one in left_out(read_request(data), leaf)}
    assert lost["of the subject O=Acme,C=DE"] == '--subject "CN=a.test,O=Acme,C=DE" certifies all of it'
    assert "--eku codeSigning --eku 1.2.3.4" in lost["extendedKeyUsage codeSigning, 1.2.3.4"]
    assert "keyUsage keyCertSign" in lost
    assert "issue intermediate" in lost["basicConstraints CA:TRUE"]
    assert any(what.startswith("tlsFeature") for what in lost)
    again = authority.sign_csr(
        data,
        kind=CertificateKind.SERVER,
        at=at,
        names=["b.test"],
        subject="CN=a.test,O=Acme,C=DE",
        purposes=["codeSigning", "1.2.3.4"],
    )[0]
    rest = [one.what for one in left_out(read_request(data), again)]
    assert rest[0] == "the names a.test, upn:a@corp.test, RID:1.2.3"
    assert not any(what.startswith(("of the subject", "extendedKeyUsage")) for what in rest)


def test_an_attribute_is_named(authority: Authority, at: datetime) -> None:
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName([DNS("a.test")]), critical=False)
        .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, b"secret")
        .sign(KEY, hashes.SHA256())
    )
    leaf = authority.sign_csr(pem(csr), kind=CertificateKind.SERVER, at=at)[0]
    assert [one.what for one in left_out(read_request(pem(csr)), leaf)] == ["the attribute challengePassword"]


@pytest.mark.parametrize(
    ("csr", "options", "words"),
    [
        pytest.param(request(common_name="a.test"), {}, "--name a.test", id="a CommonName alone"),
        pytest.param(request(), {}, "--name HOST", id="nothing at all"),
        pytest.param(request(DNS("https://a.test")), {}, "Did you mean a.test?", id="a URL"),
        pytest.param(request(DNS("a b")), {}, "--name NAME", id="a name that is none"),
        pytest.param(request(x509.RFC822Name("a@b.test")), {}, "--kind client", id="a person"),
        pytest.param(
            request(DNS("a.test"), key=dsa.generate_private_key(2048)), {}, "openssl req", id="its key"
        ),
        pytest.param(request(DNS("evil.test")), {"permit": ["good.test"]}, "--name NAME", id="constraints"),
    ],
)
def test_a_refusal_names_the_way_on(
    at: datetime, csr: x509.CertificateSigningRequest, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Authority.create(name="Request CA", at=at, **options).sign_csr(
            pem(csr), kind=CertificateKind.SERVER, at=at
        )
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [b"\x30\x00", b"\x1e\x04\x00a\x00b", b"\x0c\x05a\x1b[3m"],
    ids=["no string", "BMP", "ESC"],
)
def test_what_nobody_could_read_is_not_certified(authority: Authority, at: datetime, value: bytes) -> None:
    csr = request(x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), value), DNS("a.test"))
    with pytest.raises(InvalidRequest, match=r"no text.*--name NAME"):
        authority.sign_csr(pem(csr), kind=CertificateKind.SERVER, at=at)
    leaf = authority.sign_csr(pem(csr), kind=CertificateKind.SERVER, at=at, names=["a.test"])[0]
    assert [one.what for one in left_out(read_request(pem(csr)), leaf)] == [
        f"the names otherName:1.3.6.1.4.1.311.20.2.3;#{value.hex()}"
    ]


def test_a_clients_common_name_is_no_url(authority: Authority, at: datetime) -> None:
    csr = pem(request(common_name="https://api.test/"))
    with pytest.raises(InvalidRequest, match=r"Did you mean api\.test\?.*--subject CN=NAME"):
        authority.sign_csr(csr, kind=CertificateKind.CLIENT, at=at)
    leaf = authority.sign_csr(csr, kind=CertificateKind.CLIENT, at=at, subject="CN=api")[0]
    assert common_name_in(leaf.subject) == "api"


def test_names_that_are_given_stand_in_for_those_that_cannot_be_certified(
    authority: Authority, at: datetime
) -> None:
    leaf = authority.sign_csr(pem(request(DNS("a b"))), kind=CertificateKind.SERVER, at=at, names=["a.test"])[
        0
    ]
    assert names_in(leaf) == ("a.test",)


def forged() -> bytes:
    data = bytearray(request(DNS("a.test")).public_bytes(Encoding.DER))
    data[-1] ^= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "error", "problem"),
    [
        pytest.param(b"", Unreadable, "an empty file", id="nothing"),
        pytest.param(b"<html>", Unreadable, "this is no certificate signing request", id="HTML"),
        pytest.param(
            KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            Unreadable,
            "a private key is no",
            id="a key",
        ),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n", Unreadable, "a certificate is no", id="a certificate"),
        pytest.param(
            pem(request(DNS("a.test")))[:-40], Unreadable, "no certificate sign", id="half a request"
        ),
        pytest.param(forged(), Unreadable, "signature does not match", id="a forged signature"),
        pytest.param(pem(request()), InvalidRequest, "no subject alternative name", id="no name"),
        pytest.param(
            pem(request(common_name="a.test")), InvalidRequest, "reads no CommonName", id="a CN alone"
        ),
        pytest.param(
            pem(request(DNS("https://a.test:8443/"))),
            InvalidRequest,
            "is a URL, and a name alone is due",
            id="a URL in place of a host",
        ),
        pytest.param(
            pem(request(DNS("192.168.1.1"))), InvalidRequest, "reads as ip", id="an address dressed as a host"
        ),
        pytest.param(pem(request(DNS("a b"))), InvalidRequest, "is not a name", id="a name that is none"),
    ],
)
def test_requests_that_are_refused(
    authority: Authority, at: datetime, data: bytes, error: type[PkiError], problem: str
) -> None:
    with pytest.raises(error, match=problem):
        authority.sign_csr(data, kind=CertificateKind.SERVER, at=at)


@OPENSSL
@pytest.mark.parametrize(
    "made",
    [
        pytest.param(("-newkey", "rsa:2048", "-md5"), id="RSA with MD5"),
        pytest.param(("-newkey", "rsa:2048", "-sha1"), id="RSA with SHA-1"),
        pytest.param(
            ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha1"), id="ECDSA with SHA-1"
        ),
        pytest.param(("-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss"), id="a plain key by RSA-PSS"),
    ],
)
def test_an_old_digest_proves_who_holds_the_key(
    authority: Authority, at: datetime, tmp_path: Path, made: tuple[str, ...]
) -> None:
    """The library says "not valid" of MD5 and SHA-1, which is not "does not verify"."""
    data = asked_for(tmp_path, *made)

    certificate = authority.sign_csr(data, kind=CertificateKind.SERVER, at=at)[0]

    assert names_in(certificate) == ("a.test",)
    changed = bytearray(x509.load_pem_x509_csr(data).public_bytes(Encoding.DER))
    changed[-1] ^= 1
    with pytest.raises(Unreadable, match="does not match its key"):
        read_request(bytes(changed))


@OPENSSL
@pytest.mark.parametrize(
    ("made", "kind"),
    [
        pytest.param(
            ("-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"), "RSASSA-PSS", id="RSASSA-PSS"
        ),
        pytest.param(
            ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"),
            "explicit parameters",
            id="a curve that is written out",
        ),
    ],
)
def test_a_key_is_certified_as_what_it_is_or_not_at_all(
    authority: Authority, at: datetime, tmp_path: Path, made: tuple[str, ...], kind: str
) -> None:
    """Loaded and written again either would be another type of key, and no server would take it with its own."""
    key = tmp_path / "typed.pem"
    subprocess.run(["openssl", "genpkey", *made, "-out", key], check=True, capture_output=True)

    with pytest.raises(InvalidRequest, match=kind) as refused:
        authority.sign_csr(asked_for(tmp_path, "-key", str(key)), kind=CertificateKind.SERVER, at=at)

    assert "openssl req -new" in str(refused.value)


def asked_for(folder: Path, *made: str) -> bytes:
    """A request for a.test by OpenSSL."""
    asked = ("-subj", "/CN=a.test", "-addext", "subjectAltName=DNS:a.test", "-nodes")
    keyout = () if "-key" in made else ("-keyout", folder / "made.pem")
    line = ["openssl", "req", "-new", *made, *keyout, *asked]
    return subprocess.run(line, check=True, capture_output=True).stdout


def test_a_client_request_needs_some_name(authority: Authority, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="names nobody"):
        authority.sign_csr(pem(request()), kind=CertificateKind.CLIENT, at=at)


def test_no_request_makes_an_authority(authority: Authority, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="intermediate is neither"):
        authority.sign_csr(pem(request(DNS("a.test"))), kind=CertificateKind.INTERMEDIATE, at=at)


def test_constraints_bind_requests_too(at: datetime) -> None:
    authority = Authority.create(name="Constrained", at=at, permit=["good.test"])
    with pytest.raises(InvalidRequest, match="outside"):
        authority.sign_csr(pem(request(DNS("evil.test"))), kind=CertificateKind.SERVER, at=at)


WHOLE = request(DNS("a.test"), common_name="a").public_bytes(Encoding.DER)


@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)).map(
        lambda change: WHOLE[: change[0]] + bytes([change[1]]) + WHOLE[change[0] + 1 :]
    )
)
def test_any_bytes_are_a_request_or_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(PkiError):
        read_request(data)
