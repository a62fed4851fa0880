"""The seed corpus: one input of every shape we can make ourselves, none taken from elsewhere."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import plistlib
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs7,
    pkcs12,
)
from cryptography.x509 import ocsp
from OpenSSL import SSL

from pki.export.profile import (
    Preference,
    ProfileIdentity,
    ProfileOptions,
    RevocationChecks,
    TargetDevice,
    TransparencyExemption,
    WifiNetwork,
    build_profile,
)
from pki.export.signing import sign_profile
from pki.handshake.serving.client_hello import MAX_HELLO
from pki.live.protocols import UPGRADES
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.der import parts_of
from pki.model.extensions import READERS
from pki.model.identity import Identity
from pki.trust import POLICIES
from tests import chains
from tests.chains import DAY, HOST, Made, intermediate, leaf, root
from tests.fuzz import kept, peers, targets
from tests.fuzz.signing import AT, ECDSA_SHA256, authority, signing_key, signing_spki

Oid = x509.ObjectIdentifier
RICH = (
    (x509.CertificatePolicies([x509.PolicyInformation(Oid("1.3.6.1.4.1.99.1"), None)]), False),
    (x509.PolicyConstraints(0, 1), True),
    (x509.InhibitAnyPolicy(1), True),
    (x509.UnrecognizedExtension(Oid("2.5.29.33"), bytes.fromhex("300c300a06032a030406032a0305")), False),
    (x509.UnrecognizedExtension(Oid("1.3.6.1.5.5.7.1.3"), bytes.fromhex("300a3008060604008e460101")), False),
    (x509.AuthorityInformationAccess(
        [x509.AccessDescription(Oid("1.3.6.1.5.5.7.48.2"), x509.UniformResourceIdentifier("http://aia.test/"))]
    ), False),
    (x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.test/")], None, None, None)]
    ), False),
)  # fmt: skip
PERMIT = (x509.DNSName("example"), x509.DirectoryName(x509.Name([])))


# TLS 1.2 with Extended Master Secret and ALPN, and TLS 1.3; RFC 5246, 7.4.1.3 and RFC 8446, 4.1.3.
_RANDOM = "5a" * 32
SERVER_HELLOS = (
    f"160303003e0200003a0303{_RANDOM}00c02c00001200170000001000050003026832ff01000100",
    f"160303005a020000560303{_RANDOM}00130100002e002b0002030400330024001d0020{'11' * 32}",
)


MANIFEST = b"""
[ca.main]
permit = ["test"]
[server.api]
names = ["api.test"]
not_before = 2026-11-21
defect = "no-eku"
[client."a@b.test"]
[revoke.api]
reason = "superseded"
[[export.p12]]
leaf = "api"
to = "out/api.p12"
password_env = "A"
[[export.crl]]
to = "out/main.crl"
next_update = "30d"
"""


# What each protocol's server says until TLS begins.
BEFORE_TLS = (
    ("smtp", b"220 a\r\n250-a\r\n250 STARTTLS\r\n220 go\r\n"),
    ("imap", b"* OK a\r\na1 OK\r\n"),
    ("pop3", b"+OK\r\n+OK\r\n"),
    ("ldap", bytes.fromhex("300c02010178070a010004000400")),
    ("postgres", b"S"),
    ("mysql", b"\x48\0\0\0\x0a8.0.1\0" + bytes(13) + b"\xff\xff" + bytes(50)),
    (
        "xmpp",
        b"<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
        b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    ),
)
_SERIAL, _TIME = "1f", "2026-11-21T12:00:00+00:00"
_ROW = {
    "serial": _SERIAL,
    "name": "a.test",
    "kind": "server",
    "subject": "CN=a.test",
    "names": ["a.test"],
    "not_before": _TIME,
    "not_after": _TIME,
    "sha256": "00",
    "issuer": "CN=b",
    "path": "issued/a.test",
    "issued_at": _TIME,
}
_TAKEN = {"serial": _SERIAL, "name": "a", "issuer": "CN=b", "revoked_at": _TIME, "reason": "superseded"}
_INSTALLED = {
    "place": {
        "kind": "simulator",
        "id": "11111111-2222-3333-4444-555555555555",
        "name": "x",
        "device_set": "",
    },
    "item": {
        "kind": "root",
        "name": "x",
        "pem": "-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----",
        "sha256": hashlib.sha256(b"x").hexdigest(),
        "sha1": hashlib.sha1(b"x").hexdigest().upper(),
    },
    "state": "done",
    "at": _TIME,
    "plan": "x",
}
# In the order of `kept.FILES`.
KEPT = (
    json.dumps(_ROW).encode() + b"\n",
    json.dumps({"schema": "trustrig.revocations/1", "revoked": [_TAKEN], "crl_numbers": {"00": 1}}).encode(),
    json.dumps({"schema": "trustrig.authority/1", "name": "x"}).encode(),
    json.dumps({"schema": "trustrig.installed/1", "entries": [_INSTALLED]}).encode(),
)


_REFUSAL = b"<html><title>400 No required SSL certificate was sent</title></html>"
INSIDE_TLS = {
    "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(_REFUSAL) + _REFUSAL,
    # SETTINGS, HEADERS with :status 403 as a literal, DATA at the end of the stream (RFC 9113, 6)
    "h2": b"\0\0\0\4\0\0\0\0\0\0\0\5\1\4\0\0\0\1\x48\x03403\0\0\4\0\1\0\0\0\1cert",
    "smtp": b"220 mail.test ESMTP\r\n250-mail.test\r\n250 8BITMIME\r\n",
    "imap": b"* OK ready\r\na1 NO [ALERT] Client didn't present valid SSL certificate\r\n",
    "pop3": b"+OK ready\r\n+ \r\n-ERR aborted\r\n",
    "ftp": b"220 ready\r\n215 UNIX\r\n",
    "ldap": bytes.fromhex("300c02010261070a010004000400"),
    "postgres": b"E\0\0\0\x39SFATAL\0C28000\0Mconnection requires a valid client certificate\0\0",
    "mqtt": b"\x20\2\0\5",
    "redis": b"-NOAUTH Authentication required.\r\n",
    "xmpp": b"<?xml version='1.0'?><stream:stream><stream:features/>",
    "sieve": b'"IMPLEMENTATION" "x"\r\nOK\r\nNO "no certificate"\r\n',
    "nntp": b"200 ready\r\n101 capabilities\r\n.\r\n",
    "amqp": b"AMQP\0\0\x09\1",
}
"""What servers answer to the first question inside TLS, by protocol, HTTP/2 by its ALPN."""


def seeds() -> Iterator[bytes]:
    """Every seed, the byte that chooses its target in front."""
    top = root()
    middle = intermediate(top, permit=PERMIT, exclude=(x509.DNSName("evil.example"),), extra=RICH)
    mail = leaf(middle, ips=("192.0.2.1",), emails=("a@test.example",), uris=("https://test.example/",))
    plain = leaf(top, dns=("*.example",), purposes=chains.CLIENT, extra=((_sct_list(), False),))
    everybody = (mail, middle, top, plain, root("Old", kind="rsa2048"))
    for made in everybody:
        yield from _about(made)
    for kind, sent in enumerate(((leaf(top), top), (plain, top), (mail, middle, top), (top,))):
        for policy in range(len(POLICIES)):
            asked = kind + len(targets.CLASSES) * policy
            yield _seed(targets.chain, bytes([asked]) + b"".join(map(signed_part, sent)))
    yield from _files(everybody)
    for number, begin in enumerate(targets.SOURCE_BEGINNINGS):
        yield _seed(targets.source, bytes([number]) + begin * 2 + b"data: {tls.crt: QQ==}\nb.test,x\n")
    for document in _plists():
        yield _seed(targets.plist, plistlib.dumps(document))
        yield _seed(targets.plist, plistlib.dumps(document, fmt=plistlib.FMT_BINARY))
    for chosen, data in _about_revocation():
        yield _seed(targets.revocation, bytes([chosen]) + data)
    for hello in SERVER_HELLOS:
        yield _seed(targets.server, bytes.fromhex(hello))
    for name in (b"expired-leaf.localhost", None):
        yield _seed(targets.client, _client_hello(name))
    device = {
        "udid": "11111111-2222-3333-4444-555555555555",
        "name": "iPhone",
        "state": "Booted",
        "isAvailable": True,
    }
    runtimes = {"com.apple.CoreSimulator.SimRuntime.iOS-26-1": [device]}
    yield _seed(targets.simulators, json.dumps({"devices": runtimes}).encode())
    yield _seed(
        targets.page,
        b"GET /t/?q HTTP/1.1\r\nHost: 127.0.0.1:80\r\nUser-Agent: (iPad) Version/18 Safari/1\r\n\r\n",
    )
    yield _seed(targets.page, build_profile([top.cert]))
    yield _seed(targets.manifest, MANIFEST)
    yield from _about_peers(mail, middle, top)
    for number, content in enumerate(KEPT):
        yield _seed(kept.kept, bytes([number]) + content)
    yield _seed(kept.pre_shared_key, b"alice\n" + b"6b" * 32 + b"\n")
    for text in (
        HOST,
        "*.test.example",
        "ü.example",
        "192.0.2.1",
        "[2001:db8::1]",
        "a@b.test",
        "https://x/",
        "a.",
    ):
        yield _seed(targets.names, text.encode())


def _about_peers(mail: Made, middle: Made, top: Made) -> Iterator[bytes]:
    yield _seed(peers.acceptable_cas, b"".join(made.cert.subject.public_bytes() for made in (top, middle)))
    for sent in ((mail, middle), (top,)):
        yield _seed(peers.client_certificates, b"".join(made.der for made in sent))
        yield _seed(peers.opinions, b"".join(map(signed_part, sent)))
        yield _seed(peers.fetched, sent[0].der)
    yield _seed(peers.client_certificates, as_version_2(mail.der))
    yield _seed(peers.fetched, pkcs7.serialize_certificates([middle.cert, top.cert], Encoding.DER))
    yield _seed(peers.fetched, top.cert.public_bytes(Encoding.PEM))
    issuer = peers.people().issuing.certificate
    asked = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, hashes.SHA1())
    asked = asked.add_extension(x509.OCSPNonce(b"n" * 16), critical=False)
    question = asked.build().public_bytes(Encoding.DER)
    yield _seed(peers.ocsp_request, question)
    for said in BEFORE_TLS:
        yield _seed(peers.before_tls, bytes([UPGRADES.index(said[0])]) + said[1])
    yield _seed(peers.before_tls, bytes([len(UPGRADES)]) + b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n")
    for number, (name, alpn) in enumerate(peers.CONVERSATIONS):
        yield _seed(peers.inside_tls, bytes([number]) + INSIDE_TLS.get(alpn or name, b"hello\n"))
    wish = x509.CertificateSigningRequestBuilder().subject_name(mail.cert.subject)
    wish = wish.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    parts = parts_of(parts_of(wish.sign(mail.key, hashes.SHA256()).public_bytes(Encoding.DER))[0])
    parts[2] = signing_spki()
    yield _seed(peers.request, der.encode(0x30, b"".join(parts)))
    hello = _client_hello(b"a.localhost")
    get = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    post = (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n"
        % len(question)
    )
    for number, words in enumerate((hello, hello, post + question, get, get)):
        yield _seed(peers.connection, bytes([number]) + words)
    yield _seed(peers.datagram, _datagram_hello())
    yield _seed(peers.name_question, b"\0\7\1\0\0\1\0\0\0\0\0\0\1a\x09localhost\0\0\xff\0\1")


def as_version_2(certificate: bytes) -> bytes:
    """CERTIFICATE with the version field 1: OpenSSL shows such a one as a client, and `cryptography` refuses it."""
    return certificate.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020101"), 1)


def _datagram_hello() -> bytes:
    connection = SSL.Connection(SSL.Context(SSL.DTLS_CLIENT_METHOD))
    connection.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        connection.do_handshake()
    return connection.bio_read(MAX_HELLO)


def _client_hello(name: bytes | None) -> bytes:
    connection = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    connection.set_connect_state()
    if name is not None:
        connection.set_tlsext_host_name(name)
    with contextlib.suppress(SSL.WantReadError):
        connection.do_handshake()
    return connection.bio_read(MAX_HELLO)


def _seed(target: targets.Target, data: bytes) -> bytes:
    return bytes([targets.TARGETS.index(target)]) + data


def _about(made: Made) -> Iterator[bytes]:
    yield _seed(targets.facts, made.der)
    known = list(READERS)
    for extension in CertFacts.parse(made.der).extensions:
        if extension.oid in known:
            yield _seed(targets.extension, bytes([known.index(extension.oid)]) + extension.value)


def signed_part(made: Made) -> bytes:
    """MADE's tbsCertificate, for the key that `targets.chain` signs with."""
    parts = parts_of(parts_of(made.der)[0])
    parts[2] = ECDSA_SHA256
    parts[6] = signing_spki()
    return der.encode(0x30, b"".join(parts))


def _files(everybody: tuple[Made, ...]) -> Iterator[bytes]:
    first, *others = everybody
    certificates = [made.cert for made in everybody]
    containers = pkcs12.serialize_key_and_certificates(
        None, first.key, first.cert, [o.cert for o in others[:2]], BestAvailableEncryption(b"pw")
    )
    payloads = [
        {"PayloadType": "com.apple.security.root", "PayloadContent": first.der},
        {"PayloadType": "com.apple.security.pem", "PayloadContent": first.cert.public_bytes(Encoding.PEM)},
    ]
    profile = {"PayloadType": "Configuration", "PayloadIdentifier": "test", "PayloadContent": payloads}
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(first.cert.subject)
        .sign(first.key, hashes.SHA256())
    )
    for file in (
        b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates),
        b"".join(made.der for made in everybody),
        pkcs7.serialize_certificates(certificates[:2], Encoding.DER),
        pkcs7.serialize_certificates(certificates[:2], Encoding.PEM),
        containers,
        request.public_bytes(Encoding.PEM),
        plistlib.dumps(profile),
        plistlib.dumps(profile, fmt=plistlib.FMT_BINARY),
        *_profiles(everybody[2]),
        b"<!doctype html><title>404</title>",
    ):
        yield _seed(targets.load, file)


def _profiles(made: Made) -> Iterator[bytes]:
    """A profile with every payload that is checked, plain and signed."""
    identity = Identity(made.cert, made.key)
    plain = build_profile(
        [made.cert],
        identities=[ProfileIdentity(identity, "pw")],
        settings=[
            WifiNetwork("Corp", made.cert, tls_minimum="1.3", outer_identity="x"),
            TransparencyExemption((".test.example",), (CertFacts.parse(made.der),)),
            RevocationChecks((CertFacts.parse(made.der),)),
            Preference("test.example", made.cert),
        ],
        options=ProfileOptions(target=TargetDevice.ANY, consent=(("de", "x"),), remove_after=DAY),
    )
    yield plain
    yield sign_profile(plain, identity)


def _about_revocation() -> Iterator[tuple[int, bytes]]:
    """By the byte that `targets.revocation` chooses by."""
    ca, server = (x509.load_der_x509_certificate(data) for data in authority())
    entry = x509.RevokedCertificateBuilder().serial_number(7).revocation_date(AT - DAY)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.subject)
        .last_update(AT - DAY)
        .next_update(AT + DAY)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_revoked_certificate(
            entry.add_extension(x509.CRLReason(x509.ReasonFlags.superseded), False).build()
        )
        .sign(signing_key(), hashes.SHA256())
    )
    yield 0, crl.tbs_certlist_bytes
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            server, ca, hashes.SHA1(), ocsp.OCSPCertStatus.REVOKED,
            AT - DAY, AT + DAY, AT - DAY, x509.ReasonFlags.key_compromise,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, ca)
        .certificates([ca])
        .sign(signing_key(), hashes.SHA256())
    )  # fmt: skip
    yield 1, answer.public_bytes(Encoding.DER)
    window = {"start_inclusive": "2026-01-01T00:00:00Z", "end_exclusive": "2027-01-01T00:00:00Z"}
    key = base64.b64encode(signing_spki()).decode()
    log = {"description": "Log", "key": key, "state": {"usable": {}}, "temporal_interval": window}
    yield 2, json.dumps({"operators": [{"name": "Ours", "logs": [log]}]}).encode()


def _sct_list() -> x509.UnrecognizedExtension:
    """One embedded timestamp of the log that `targets.chain` knows, with a signature that does not verify."""
    sct = b"\0" + hashlib.sha256(signing_spki()).digest() + bytes(10) + b"\4\3\0\1\0"
    body = len(sct).to_bytes(2, "big") + sct
    listed = der.encode(0x04, len(body).to_bytes(2, "big") + body)
    return x509.UnrecognizedExtension(Oid("1.3.6.1.4.1.11129.2.4.2"), listed)


def _plists() -> Iterator[dict[str, object]]:
    entry = {
        "NSIncludesSubdomains": True,
        "NSExceptionAllowsInsecureHTTPLoads": True,
        "NSExceptionMinimumTLSVersion": "TLSv1.2",
        "NSExceptionRequiresForwardSecrecy": False,
    }
    pin = {"SPKI-SHA256-BASE64": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    yield {"NSAppTransportSecurity": {"NSAllowsArbitraryLoads": True, "NSAllowsLocalNetworking": False}}
    yield {"NSAppTransportSecurity": {"NSExceptionDomains": {HOST: entry, "192.0.2.0/24": entry, "10/8": {}}}}
    pinned = {"NSPinnedLeafIdentities": [pin], "NSPinnedCAIdentities": [pin], "NSIncludesSubdomains": True}
    yield {"NSAppTransportSecurity": {"NSPinnedDomains": {HOST: pinned}}}
