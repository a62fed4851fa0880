"""What the fuzzer calls: bytes go in, and only a value or a PkiError may come out.

The first byte of an input chooses the target, the rest is what the target reads. What peers send is in `peers`, what
lies in our own folders in `kept`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import time
from collections.abc import Callable
from functools import cache

from pki.ats import pins_for, policy_for, read_info_plist
from pki.ats.lints import lint
from pki.audit import AuditInput, open_sources
from pki.audit.sources.byte_reader import STDIN
from pki.errors import PkiError
from pki.handshake.serving.client_hello import asked_name
from pki.handshake.serving.http_messages import HttpRequest
from pki.handshake.serving.request_reader import RequestReader
from pki.install import read_simulators
from pki.install.portal import ProfileHandout
from pki.install.portal.user_agent import user_agent_in
from pki.live.bounded_reads import shown
from pki.live.protocols import clear_text_hint
from pki.live.server_hello import begins_as_tls, first_hello
from pki.live.target import parse_target
from pki.load import load_certificates, recognise
from pki.load.inspection import inspect_bytes
from pki.manifest import read_manifest
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.encoding import encoding_faults
from pki.model.extensions import READERS
from pki.model.hosts import parse_host
from pki.model.names import parse_subject_name
from pki.model.second_opinion import SecondOpinion
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
from pki.trust.certificate_status import revocation_status
from pki.trust.differences import compare
from tests.fuzz import kept, peers
from tests.fuzz.harmless import harmless
from tests.fuzz.signing import AT, HOST, authority, signed, signing_spki

SOURCE_BEGINNINGS = (
    b"",
    b"host,chain\n",
    b'{"host": "',
    b"apiVersion: v1\nkind: Secret\n",
    b"a.test\n",
    b'[{"kind": "Secret"',
)
MAX_SECONDS = 1.0  # of processor time for one input
MAX_SENT = 6  # certificates in one chain: each costs a signature
CLASSES = ("user", "app", "system", "user-leaf")
_HOSTS = (HOST, "a.test.example", "192.0.2.1", "printer.local")


def source(data: bytes) -> None:
    """A source of an audit, whatever it is; the first byte chooses how it begins."""
    begin = SOURCE_BEGINNINGS[data[0] % len(SOURCE_BEGINNINGS)]
    found = list(open_sources([STDIN], stdin=io.BytesIO(begin + data[1:])))
    harmless(*(one.error for one in found))
    for one in found:
        assert AuditInput.decode(one.encode(), name="it") == one


def facts(data: bytes) -> None:
    """One certificate."""
    found = CertFacts.parse(data)
    harmless(str(found.subject), found.subject.label, str(found.issuer), str(found.signature_algorithm))
    json.dumps(certificate_json(found)).encode()
    harmless(*encoding_faults(found))


def extension(data: bytes) -> None:
    """One extension's value; the first byte chooses the reader."""
    readers = list(READERS.values())
    with contextlib.suppress(der.DerError):
        readers[data[0] % len(readers)](data[1:])


def load(data: bytes) -> None:
    """A file of any kind."""
    recognise(data)
    harmless(inspection_text(inspect_bytes(data, name="x", password="pw")))
    for certificate in load_certificates(data, name="x", password="pw"):
        with contextlib.suppress(PkiError):
            CertFacts.parse(certificate)


def plist(data: bytes) -> None:
    """An Info.plist, and what it means for a few hosts."""
    settings = read_info_plist(data, name="x")
    for host in map(parse_host, _HOSTS):
        policy_for(host, settings)
        pins_for(host, settings)
    harmless(lints_text(lint(settings.raw)))


def names(data: bytes) -> None:
    """What a person typed."""
    text = data.decode("utf-8", "replace")
    for parse in (parse_host, parse_subject_name):
        with contextlib.suppress(PkiError):
            harmless(str(parse(text)))


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
    harmless(verdict_text(verdict, name="x"))
    json.dumps(verdict_json(verdict, name="x")).encode()
    judged = [Judged("x", verdict)]
    harmless(verdicts_markdown(judged), verdicts_html(judged))
    compare(verdict, [SecondOpinion("OpenSSL", "", not verdict.trusted, "")])


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
        harmless(revocation_status(known, CertFacts.parse(leaf), CertFacts.parse(issuer), AT, book=book).text)


def server(data: bytes) -> None:
    """What a server says first, and what a person types to get there."""
    first_hello(data)
    harmless("" if begins_as_tls(data) else shown(data) + clear_text_hint(data))
    with contextlib.suppress(PkiError):
        harmless(str(parse_target(f"https://{data.decode('utf-8', 'replace')}")))


def client(data: bytes) -> None:
    """What a client sends first."""
    harmless(asked_name(data) or "")


def simulators(data: bytes) -> None:
    """What simctl says of its simulators."""
    for found in read_simulators(data):
        harmless(str(found.place))


def page(data: bytes) -> None:
    """What is asked of the page that hands over, and a profile that it should hand over."""
    asked = RequestReader().receive(data) if data else None
    if isinstance(asked, HttpRequest):
        harmless(str(user_agent_in(asked.header(b"user-agent"))))
    harmless(str(ProfileHandout.of(data).identity))


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
    peers.acceptable_cas,
    peers.client_certificates,
    peers.opinions,
    peers.ocsp_request,
    peers.request,
    peers.fetched,
    peers.before_tls,
    peers.inside_tls,
    peers.datagram,
    peers.connection,
    peers.name_question,
    kept.kept,
    kept.pre_shared_key,
    source,
)
HEADS: dict[Target, int] = {
    extension: 2,
    chain: 2,
    revocation: 2,
    peers.before_tls: 2,
    peers.inside_tls: 2,
    peers.connection: 2,
    source: 2,
    kept.kept: 2,
}
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


@cache
def _evidence() -> Evidence:
    """A list of one log, whose key is ours as well."""
    log = {"description": "Log", "key": base64.b64encode(signing_spki()).decode(), "state": {"usable": {}}}
    listed = {"operators": [{"name": "Ours", "logs": [log]}]}
    return Evidence(ct_logs=read_log_list(json.dumps(listed).encode(), name="x"))
