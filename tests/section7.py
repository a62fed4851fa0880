"""The edge servers of section 7 of the rules reference that a chain alone settles, each with its three verdicts.

A row says what is sent, what is trusted how, and what each level answers: `PFF` passes basic X.509 and fails TLS
server trust and App Transport Security. `status` is the code SecTrustEvaluateWithError, or the ATS layer above it,
reports. Source: "ATS and Apple trust rules", sections 5 and 7.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID

from pki.ats import AtsSettings, read_settings
from pki.trust import Crl, Evidence, RevocationData, read_log_list
from pki.trust.evidence import NO_EVIDENCE
from tests.chains import ANY, AT, CLIENT, DAY, HOST, SERVER, Made, intermediate, key, leaf, make, root
from tests.odd import signed_again, tlv, with_extensions

ADDRESS = "192.0.2.7"
Certificate = Made | bytes
PAST = {"start": AT - 90 * DAY, "end": AT - DAY}
FUTURE = {"start": AT + DAY, "end": AT + 90 * DAY}
UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)

TRUST, NO_PATH, EXPIRED, NAME, EKU = -67843, -25318, -67818, -67602, -67609
KEY, DIGEST, TOO_LONG, NO_CT, REVOKED, PIN = -67735, -67815, -67901, -67825, -67820, -9886


@dataclass(frozen=True)
class Asked:
    """One question: what is sent, leaf first, and what the receiver knows."""

    sent: tuple[Certificate, ...]
    anchors: tuple[Certificate, ...]
    anchor_class: str = "user"
    host: str | None = HOST
    policy: str = "apple"
    ats: AtsSettings | None = None
    evidence: Evidence = NO_EVIDENCE
    fetch: Callable[[str], bytes | None] | None = None


@dataclass(frozen=True)
class Row:
    """A scenario and its verdicts; `warning` is a rule that speaks up without refusing."""

    id: str
    build: Callable[[], Asked]
    cells: str
    status: int | None = None
    warning: str = ""


def direct(server: Certificate, **asked: Any) -> Asked:
    """SERVER alone, right below the common root unless other anchors are named."""
    return Asked((server,), asked.pop("anchors", (root(),)), **asked)


def below(middle: Made, *, anchor: Certificate | None = None, server: dict[str, Any] | None = None) -> Asked:
    """A leaf with the intermediate it comes from."""
    return Asked((leaf(middle, **(server or {})), middle), (anchor or root(),))


def _leaf(*, asked: dict[str, Any] | None = None, **changes: Any) -> Callable[[], Asked]:
    """A leaf changed in one way, and nothing else wrong."""
    return lambda: direct(leaf(root(), **changes), **(asked or {}))


def _named(*dns: str, host: str = HOST, name: str = HOST, **changes: Any) -> Callable[[], Asked]:
    return lambda: direct(leaf(root(), name, dns=dns, **changes), host=host)


def _lasting(days: int, anchor_class: str = "user") -> Callable[[], Asked]:
    start = AT - 30 * DAY
    return _leaf(start=start, end=start + days * DAY, asked={"anchor_class": anchor_class})


def _all_of(kind: str) -> Callable[[], Asked]:
    """One kind of key from the root to the leaf."""
    return lambda: below(intermediate(top := root(kind=kind), kind=kind), anchor=top, server={"kind": kind})


def _with_key(spki: bytes) -> Asked:
    """A leaf with a public key that `tests.chains` does not make."""
    swapped = signed_again(leaf(root()), root(), "sha256-ecdsa", lambda parts: [*parts[:6], spki, *parts[7:]])
    return direct(swapped)


def p521() -> Asked:
    public = ec.generate_private_key(ec.SECP521R1()).public_key()
    return _with_key(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def rsa_512() -> Asked:
    """No library makes keys this small any more, so the leaf gets a number that looks like one."""
    modulus = tlv(0x02, b"\0" + ((1 << 511) + 1).to_bytes(64, "big"))
    numbers = tlv(0x30, modulus, tlv(0x02, b"\1\0\1"))
    return _with_key(tlv(0x30, bytes.fromhex("300d06092a864886f70d0101010500"), tlv(0x03, b"\0", numbers)))


def _signed(scheme: str) -> Callable[[], Asked]:
    """The leaf, signed again by an RSA root."""

    def build() -> Asked:
        top = root(kind="rsa2048")
        return direct(signed_again(leaf(top), top, scheme), anchors=(top,))

    return build


def sha1_intermediate() -> Asked:
    top = root(kind="rsa2048")
    middle = intermediate(top)
    return Asked((leaf(middle), signed_again(middle, top, "sha1-rsa")), (top,))


def sha1_root() -> Asked:
    top = root(kind="rsa2048")
    return direct(leaf(top), anchors=(signed_again(top, top, "sha1-rsa"),))


def untrusted_root() -> Asked:
    """Everything is sent, the root too, and the device trusts another one."""
    middle = intermediate(root())
    return Asked((leaf(middle), middle, root()), (root("Another"),))


def not_switched_on() -> Asked:
    """The root is on the device and its trust is off: it completes the path, and anchors nothing."""
    middle = intermediate(root())
    return Asked((leaf(middle), middle, root()), ())


def self_signed(*, trusted: bool) -> Asked:
    own = make(HOST, dns=(HOST,), purposes=SERVER)
    return direct(own, anchors=(own,) if trusted else (), anchor_class="user-leaf")


def missing_intermediate() -> Asked:
    return direct(leaf(intermediate(root())))


def fetched_intermediate() -> Asked:
    """The leaf names the URL of its issuer, and the issuer is there."""
    url = "http://ca.example/intermediate.der"
    method = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url)
    )
    middle = intermediate(root())
    server = leaf(middle, extra=((x509.AuthorityInformationAccess([method]), False),))
    return direct(server, fetch={url: middle.der}.get)


def shuffled() -> Asked:
    upper = intermediate(root(), "Upper")
    lower = intermediate(upper, "Lower")
    return Asked((leaf(lower), upper, lower), (root(),))


def _followed_by(last: Made) -> Callable[[], Asked]:
    """The whole chain, and one certificate more."""

    def build() -> Asked:
        middle = intermediate(root())
        return Asked((leaf(middle), middle, last), (root(),))

    return build


def _dated(who: str, dates: dict[str, Any]) -> Callable[[], Asked]:
    def build() -> Asked:
        def changes(part: str) -> dict[str, Any]:
            return dates if part == who else {}

        top = root("Dated", **changes("root"))
        return below(intermediate(top, **changes("intermediate")), anchor=top, server=changes("leaf"))

    return build


def bad_signature() -> Asked:
    whole = leaf(root()).der
    return direct(whole[:-1] + bytes([whole[-1] ^ 1]))


def path_length() -> Asked:
    top = root("Short", path_length=0)
    return below(intermediate(top), anchor=top)


def two_sans() -> Asked:
    def doubled(extensions: list[bytes]) -> list[bytes]:
        return [*extensions, next(e for e in extensions if bytes.fromhex("0603551d11") in e)]

    return direct(signed_again(leaf(root()), root(), "sha256-ecdsa", with_extensions(doubled)))


def ten_years() -> Asked:
    """Issued before July 2019, when no limit bound the roots of one's own."""
    issued = datetime(2018, 6, 1, tzinfo=UTC)
    return direct(leaf(root(), start=issued, end=issued.replace(year=2028)))


def _unlogged(anchor_class: str) -> Callable[[], Asked]:
    """A log list is at hand, and no log ever saw the certificate."""

    def build() -> Asked:
        public = key("p256", "log").public_key()
        spki = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        log = {"description": "Log", "key": spki.decode(), "state": {"usable": {}}}
        listed = json.dumps({"operators": [{"name": "Ours", "logs": [log]}]}).encode()
        evidence = Evidence(ct_logs=read_log_list(listed, name="list"))
        return direct(leaf(root()), anchor_class=anchor_class, evidence=evidence)

    return build


def revoked(**asked: Any) -> Asked:
    """The issuer's CRL lists the leaf."""
    others = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
    )
    usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    signs = x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True)
    top = root("Revoker", sign_certs=None, extra=((signs, True),))
    taken_back = leaf(top, purposes=(*SERVER, *CLIENT))
    entry = x509.RevokedCertificateBuilder().serial_number(taken_back.cert.serial_number)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(top.cert.subject)
        .last_update(AT - DAY)
        .next_update(AT + DAY)
        .add_revoked_certificate(entry.revocation_date(AT - 2 * DAY).build())
        .add_extension(x509.CRLNumber(1), critical=False)
        .sign(top.key, hashes.SHA256())
    )
    data = RevocationData(crls=(Crl.parse(crl.public_bytes(Encoding.DER)),))
    return direct(taken_back, anchors=(top,), evidence=Evidence(revocation=data), **asked)


def _pinned(kind: str) -> Callable[[], Asked]:
    """Info.plist pins a key that is not in this chain."""
    entry = {kind: [{"SPKI-SHA256-BASE64": base64.b64encode(bytes(32)).decode()}]}
    return _leaf(asked={"ats": read_settings({"NSPinnedDomains": {HOST: entry}})})


def excepted(domain: str) -> Callable[[], Asked]:
    """The app brings its own root, and excepts the server under the key DOMAIN."""
    entry = {"NSExceptionAllowsInsecureHTTPLoads": True}
    settings = read_settings({"NSExceptionDomains": {domain: entry}})
    return _leaf(asked={"anchor_class": "app", "ats": settings})


_APP, _SYSTEM = {"anchor_class": "app"}, {"anchor_class": "system"}
_ARTICLE = "tls-eku-server-auth-doc"

ROWS: tuple[Row, ...] = (
    Row("good-ec", lambda: below(intermediate(root())), "PPP"),
    Row("good-rsa", _all_of("rsa2048"), "PPP"),
    Row("good-rsa4096", _leaf(kind="rsa4096"), "PPP"),
    Row("good-p384", _all_of("p384"), "PPP"),
    Row("good-p521", p521, "PPP"),
    Row("untrusted-root", untrusted_root, "FFF", TRUST),
    Row("profile-not-enabled", not_switched_on, "FFF", TRUST),
    Row("app-anchor", _leaf(asked=_APP), "PPF", PIN),
    Row("self-signed", lambda: self_signed(trusted=False), "FFF", TRUST),
    Row("self-signed-trusted", lambda: self_signed(trusted=True), "PPP", warning="leaf-self-signed"),
    Row("missing-intermediate", missing_intermediate, "FFF", NO_PATH),
    Row("missing-intermediate-aia", fetched_intermediate, "PPP", warning="chain-complete-by-fetching"),
    Row("chain-shuffled", shuffled, "PPP", warning="chain-order"),
    Row("chain-extra", _followed_by(root("Unrelated")), "PPP", warning="chain-order"),
    Row("chain-with-root", _followed_by(root()), "PPP"),
    Row("expired-leaf", _dated("leaf", PAST), "FFF", EXPIRED),
    Row("expired-intermediate", _dated("intermediate", PAST), "FFF", EXPIRED),
    Row("expired-root", _dated("root", PAST), "FFF", EXPIRED),
    Row("not-yet-valid", _dated("leaf", FUTURE), "FFF", EXPIRED),
    Row("bad-signature", bad_signature, "FFF", NO_PATH),
    Row("not-a-ca", lambda: below(intermediate(root(), ca=False)), "FFF", -67605),
    Row("no-basic-constraints", lambda: below(intermediate(root(), ca=None)), "FFF", -67604),
    Row("no-keycertsign", lambda: below(intermediate(root(), sign_certs=False)), "FFF", -67608),
    Row("pathlen", path_length, "FFF", -67611),
    Row(
        "name-constraint",
        lambda: below(intermediate(root(), permit=(x509.DNSName("other.example"),))),
        "FFF",
        -67689,
    ),
    Row("critical-unknown", _leaf(extra=(UNKNOWN,)), "FFF", -67603),
    Row("duplicate-ext", two_sans, "FFF", -67903),
    Row("aki-mismatch", _leaf(aki=bytes(20)), "FFF", -67610),
    Row("empty-subject", _named(HOST, name=""), "FFF", -67655),
    Row("empty-subject-critical", _named(HOST, name="", critical_san=True), "PPP"),
    Row("rsa512", rsa_512, "FFF", KEY),
    Row("rsa1024", _leaf(kind="rsa1024"), "PFF", KEY),
    Row("rsa1024-ca", lambda: below(intermediate(root(), kind="rsa1024")), "PFF", KEY),
    Row("p224", _leaf(kind="p224"), "PFF", KEY),
    Row("ed25519", _leaf(kind="ed25519"), "PFF", KEY),
    Row("md5", _signed("md5-rsa"), "FFF", DIGEST),
    Row("sha1-leaf", _signed("sha1-rsa"), "PFF", DIGEST),
    Row("sha1-intermediate", sha1_intermediate, "PFF", DIGEST),
    Row("sha1-root", sha1_root, "PPP"),
    Row("sha224", _leaf(digest=hashes.SHA224()), "PPF", -9884),
    Row("wrong-host", _named("other.example"), "PFF", NAME),
    Row("cn-only", _named(), "PFF", NAME),
    Row("wildcard-ok", _named("*.test.example", host="www.test.example"), "PPP"),
    Row("wildcard-deep", _named("*.test.example", host="a.b.test.example"), "PFF", NAME),
    Row("wildcard-apex", _named("*.test.example"), "PFF", NAME),
    Row("wildcard-partial", _named("w*.test.example", host="www.test.example"), "PFF", NAME),
    Row("wildcard-tld", _named("*.example"), "PFF", NAME),
    Row("wildcard-tld", _named("*.co.uk", host="test.co.uk"), "PFF", NAME),
    Row("san-uppercase", _named("TEST.EXAMPLE"), "PPP"),
    Row("host-trailing-dot", _named(HOST, host="test.example."), "PPP", warning="ats-host-trailing-dot"),
    Row("ip-san", _named(host=ADDRESS, ips=(ADDRESS,)), "PPP"),
    Row("ip-in-dns-san", _named(ADDRESS, host=ADDRESS), "PFF", NAME),
    Row("ip-in-cn", _named(host=ADDRESS, name=ADDRESS), "PFF", NAME),
    Row("eku-missing", _leaf(purposes=()), "PPP", warning=_ARTICLE),
    Row("eku-missing", _leaf(purposes=(), asked=_APP), "PFF", EKU),
    Row("eku-missing", _leaf(purposes=(), asked=_SYSTEM), "PFF", EKU),
    Row("eku-any", _leaf(purposes=ANY), "PPP", warning=_ARTICLE),
    Row("eku-any", _leaf(purposes=ANY, asked=_APP), "PFF", EKU),
    Row("eku-any", _leaf(purposes=ANY, asked=_SYSTEM), "PFF", EKU),
    Row("eku-client", _leaf(purposes=CLIENT), "PFF", EKU),
    Row("eku-subca-client", lambda: below(intermediate(root(), purposes=CLIENT)), "PFF", EKU),
    Row("validity-825", _lasting(825), "PPP"),
    Row("validity-826", _lasting(826), "PFF", TOO_LONG),
    Row("validity-399-user", _lasting(399), "PPP"),
    Row("validity-399-system", _lasting(399, "system"), "PFF", TOO_LONG),
    Row("validity-201-system", _lasting(201, "system"), "PPP", warning="tls-validity-200"),
    Row("validity-10y-2018", ten_years, "PPP"),
    Row("no-sct-system", _unlogged("system"), "PFF", NO_CT),
    Row("no-sct-user", _unlogged("user"), "PPP"),
    Row("revoked", revoked, "FFF", REVOKED),
    Row("leaf-is-ca", _leaf(ca=True), "PPP", warning="leaf-is-ca"),
    Row("pin-ca-mismatch", _pinned("NSPinnedCAIdentities"), "PFF", PIN),
    Row("pin-leaf-mismatch", _pinned("NSPinnedLeafIdentities"), "PFF", PIN),
    Row("ats-exc-port", excepted("test.example:8443"), "PPF", PIN),
    Row("ats-exc-case", excepted("TEST.EXAMPLE"), "PPF", PIN),
    Row("ats-exc-wildcard", excepted("*.test.example"), "PPF", PIN),
)

NOT_A_CHAIN = {
    "good-tls13-only": "the chain is good-ec's; only the connection tells",
    "http-cleartext": "there is no certificate: ATS refuses the URL",
    "tls10-only": "the negotiated version",
    "tls11-only": "the negotiated version",
    "static-rsa-only": "the negotiated suite",
    "dhe-only": "the negotiated suite",
    "cbc-ecdhe-only": "the negotiated suite",
    "cbc-sha256-only": "the negotiated suite",
    "tls12-no-ems": "the extended master secret",
    "ffdhe-group-only": "the negotiated group",
    "mlkem-only": "the negotiated group",
}
"""Rows whose verdicts a handshake settles, and what of it."""


def client(server: dict[str, Any] | None = None, **asked: Any) -> Callable[[], Asked]:
    """A client identity's certificate, as a server with Apple's client policy judges it: no name is asked for."""
    changes = {"dns": (), "purposes": CLIENT, **(server or {})}
    asked = {"policy": "ssl-client", "host": None, **asked}
    return lambda: direct(leaf(root(), "Client", **changes), **asked)


def client_of_another_ca() -> Asked:
    other = root("Another")
    sent = (leaf(other, "Client", dns=(), purposes=CLIENT), other)
    return Asked(sent, (root(),), policy="ssl-client", host=None)


def client_without_intermediate() -> Asked:
    identity = leaf(intermediate(root()), "Client", dns=(), purposes=CLIENT)
    return direct(identity, policy="ssl-client", host=None)


MUTUAL: tuple[Row, ...] = (
    Row("good", client(), "PP"),
    Row("good with anyExtendedKeyUsage", client({"purposes": ANY}), "PP"),
    Row("good without extendedKeyUsage", client({"purposes": ()}), "PP"),
    Row("nothing, required", lambda: Asked((), (root(),), policy="ssl-client", host=None), ""),
    Row("wrong CA", client_of_another_ca, "FF", TRUST),
    Row("missing intermediate", client_without_intermediate, "FF", NO_PATH),
    Row("expired", client(PAST), "FF", EXPIRED),
    Row("not yet valid", client(FUTURE), "FF", EXPIRED),
    Row("serverAuth-only EKU", client({"purposes": SERVER}), "PF", EKU),
    Row("revoked", lambda: revoked(policy="ssl-client", host=None), "FF", REVOKED),
    Row("not on allow-list", client(), "PP"),
    Row("client rejects server", untrusted_root, "FFF", TRUST),
)
"""Section 5's eight rows (one of them two cases) and what a good identity gets; no cells where nothing is to judge.

An allow-list is the application's business: trust in the chain does not know it, and passes.
"""
