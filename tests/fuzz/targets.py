"""What the fuzzer calls: bytes go in, and only a value or a PkiError may come out.

The first byte of an input chooses the target, the rest is what the target reads.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.ats import pins_for, policy_for, read_info_plist
from pki.ats.lints import lint
from pki.errors import PkiError
from pki.handshake.client_hello import asked_name
from pki.install import parse_simulators
from pki.install.portal import Parcel
from pki.install.portal.messages import Request, read_request
from pki.install.portal.visitors import visitor_called
from pki.live.hello import begins_as_tls, first_hello
from pki.live.lines import shown
from pki.live.protocols import clear_words
from pki.live.target import parse_target
from pki.load import load_certificates, sniff
from pki.load.inspection import inspect_bytes
from pki.manifest import read_manifest
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.encoding import encoding_faults
from pki.model.extensions import READERS
from pki.model.hosts import parse_host
from pki.model.names import parse_subject_name
from pki.model.opinion import Opinion
from pki.report.ats import lints_text
from pki.report.html import verdicts_html
from pki.report.inspection import inspection_text
from pki.report.markdown import verdicts_markdown
from pki.report.summary import Judged
from pki.report.verdict import certificate_json, verdict_json, verdict_text
from pki.trust import (
    POLICIES,
    Anchor,
    Book,
    Crl,
    Evidence,
    OcspAnswer,
    RevocationData,
    evaluate,
    read_log_list,
)
from pki.trust.differences import compare

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOST = "test.example"
MAX_SECONDS = 1.0  # of processor time for one input
MAX_SENT = 6  # certificates in one chain: each costs a signature
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
CLASSES = ("user", "app", "system", "user-leaf")
_HOSTS = (HOST, "a.test.example", "192.0.2.1", "printer.local")


def facts(data: bytes) -> None:
    """One certificate."""
    found = CertFacts.parse(data)
    _shown(str(found.subject), found.subject.label, str(found.issuer), str(found.signature_algorithm))
    json.dumps(certificate_json(found)).encode()
    _shown(*encoding_faults(found))


def extension(data: bytes) -> None:
    """One extension's value; the first byte chooses the reader."""
    readers = list(READERS.values())
    with contextlib.suppress(der.DerError):
        readers[data[0] % len(readers)](data[1:])


def load(data: bytes) -> None:
    """A file of any kind."""
    sniff(data)
    _shown(inspection_text(inspect_bytes(data, name="x", password="pw")))
    for certificate in load_certificates(data, name="x", password="pw"):
        with contextlib.suppress(PkiError):
            CertFacts.parse(certificate)


def plist(data: bytes) -> None:
    """An Info.plist, and what it means for a few hosts."""
    settings = read_info_plist(data, name="x")
    for host in map(parse_host, _HOSTS):
        policy_for(host, settings)
        pins_for(host, settings)
    _shown(lints_text(lint(settings.raw)))


def names(data: bytes) -> None:
    """What a person typed."""
    text = data.decode("utf-8", "replace")
    for parse in (parse_host, parse_subject_name):
        with contextlib.suppress(PkiError):
            _shown(str(parse(text)))


def chain(data: bytes) -> None:
    """Signed parts, one behind the other: signed here, so that rules see what parsers let through.

    The first is the leaf, the last the anchor. The first byte chooses anchor class, policy and host.
    """
    rest, kind = divmod(data[0], len(CLASSES))
    rest, policy = divmod(rest, len(POLICIES))
    certificates = [signed(tbs) for tbs in _split(data[1:])]
    if not certificates:
        return
    verdict = evaluate(
        certificates,
        host=_HOSTS[rest % len(_HOSTS)],
        at=AT,
        anchors=[Anchor.parse(certificates[-1], CLASSES[kind])],
        policy=list(POLICIES)[policy],
        evidence=_evidence(),
    )
    _shown(verdict_text(verdict, name="x"))
    json.dumps(verdict_json(verdict, name="x")).encode()
    judged = [Judged("x", verdict)]
    _shown(verdicts_markdown(judged), verdicts_html(judged))
    compare(verdict, [Opinion("OpenSSL", "", not verdict.trusted, "")])


def revocation(data: bytes) -> None:
    """A CRL's signed part, signed here; an OCSP response; a list of CT logs. The first byte chooses."""
    issuer, leaf = authority()
    match data[0] % 3:
        case 0:
            known = RevocationData(crls=(Crl.parse(signed(data[1:])),))
        case 1:
            known = RevocationData(ocsp=(OcspAnswer.parse(data[1:]),))
        case _:
            read_log_list(data[1:], name="x")
            return
    for book in Book:
        _shown(known.status(CertFacts.parse(leaf), CertFacts.parse(issuer), AT, book=book).words)


def server(data: bytes) -> None:
    """What a server says first, and what a person types to get there."""
    first_hello(data)
    _shown("" if begins_as_tls(data) else shown(data) + clear_words(data))
    with contextlib.suppress(PkiError):
        _shown(str(parse_target(f"https://{data.decode('utf-8', 'replace')}")))


def client(data: bytes) -> None:
    """What a client sends first."""
    _shown(asked_name(data) or "")


def simulators(data: bytes) -> None:
    """What simctl says of its simulators."""
    for found in parse_simulators(data):
        _shown(str(found.place))


def page(data: bytes) -> None:
    """What is asked of the page that hands over, and a profile that it should hand over."""
    asked = read_request(data)
    if isinstance(asked, Request):
        _shown(str(visitor_called(asked.user_agent)))
    _shown(str(Parcel.of(data).identity))


def manifest(data: bytes) -> None:
    """A manifest of a whole PKI."""
    read_manifest(data, name="x")


Target = Callable[[bytes], None]
TARGETS: tuple[Target, ...] = (
    facts,
    extension,
    load,
    plist,
    names,
    chain,
    revocation,
    server,
    simulators,
    client,
    page,
    manifest,
)
HEADS: dict[Target, int] = {extension: 2, chain: 2, revocation: 2}
"""How many bytes choose, where it is more than the one that chooses the target."""


def target_of(data: bytes) -> Target:
    """Which target an input is for."""
    return TARGETS[data[0] % len(TARGETS)]


def run(data: bytes) -> None:
    """Hand an input to its target; raises what the target should not have raised, or TimeoutError."""
    if len(data) < 2:
        return
    started = time.process_time()
    with contextlib.suppress(PkiError):
        target_of(data)(data[1:])
    spent = time.process_time() - started
    if spent > MAX_SECONDS:
        raise TimeoutError(f"{len(data):,} bytes took {spent:.1f} s")


def _split(data: bytes) -> list[bytes]:
    parts = []
    with contextlib.suppress(der.DerError):
        for _, where, _, stop in der.children(data, 0, len(data)):
            parts.append(data[where:stop])
            if len(parts) == MAX_SENT:
                break
    return parts


def signed(tbs: bytes) -> bytes:
    """TBS with its signature; the same every time, so that one input has one outcome."""
    scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return der.encode(0x30, tbs + ECDSA_SHA256 + der.encode(0x03, b"\0" + signing_key().sign(tbs, scheme)))


@cache
def signing_key() -> ec.EllipticCurvePrivateKey:
    """The key of everything signed here: the same in every run, or a kept corpus would be worth nothing."""
    return ec.derive_private_key(0x7472757374726967, ec.SECP256R1())


@cache
def signing_spki() -> bytes:
    """Its SubjectPublicKeyInfo."""
    return signing_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def authority() -> tuple[bytes, bytes]:
    """A CA with that key, and a leaf of serial number 7: what `revocation` asks about."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root")])
    builder = (
        x509.CertificateBuilder(name, name, signing_key().public_key())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
    )
    certificates = (builder.serial_number(serial).sign(signing_key(), hashes.SHA256()) for serial in (1, 7))
    ca, leaf = (certificate.public_bytes(Encoding.DER) for certificate in certificates)
    return ca, leaf


@cache
def _evidence() -> Evidence:
    """A list of one log, whose key is ours as well."""
    log = {"description": "Log", "key": base64.b64encode(signing_spki()).decode(), "state": {"usable": {}}}
    listed = {"operators": [{"name": "Ours", "logs": [log]}]}
    return Evidence(ct_logs=read_log_list(json.dumps(listed).encode(), name="x"))


def _shown(*texts: str) -> None:
    """What strangers wrote must not steer a terminal, and must fit a UTF-8 stream."""
    for text in texts:
        odd = next((c for c in text if not c.isprintable() and c != "\n"), None)
        if odd is not None:
            raise AssertionError(f"{odd!r} in {text[:200]!r}")
        text.encode()
