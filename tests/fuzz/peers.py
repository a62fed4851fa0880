"""Targets that read what the other end of a connection sends: servers' and clients' bytes."""

from __future__ import annotations

import contextlib
import json
import plistlib
import socket
from datetime import timedelta
from functools import cache

from pki.ats import OsVersion, policy_for, read_info_plist
from pki.errors import PkiError
from pki.handshake import AllowList, ByName, BySpki, ChainsTo, ClientCertificates, ServerSettings
from pki.handshake.acceptance.client_policies import ClientTrust
from pki.handshake.acceptance.stapling import staple_seen
from pki.handshake.deadline import Deadline
from pki.handshake.dtls.ends import ServerParts
from pki.handshake.dtls.received import ReceivedDatagrams
from pki.handshake.dtls.records import datagrams, message_of
from pki.handshake.ends.contexts import ServerContext
from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.ends.site import NAMELESS
from pki.handshake.serving.dns_answer import MAX_QUESTION, dns_answer
from pki.handshake.serving.http_end import HttpEnd, Reply
from pki.handshake.serving.http_messages import HttpRequest
from pki.handshake.serving.https_end import HttpsEnd
from pki.handshake.serving.ocsp_end import OcspEnd
from pki.handshake.serving.plain_http import PlainHttpEnd
from pki.handshake.serving.site_answer import site_answer
from pki.handshake.serving.sni_server import SniServerEnd
from pki.install.portal import DeviceCheck
from pki.install.portal.secret_paths import NOWHERE
from pki.issue import Authority
from pki.issue.ocsp import GOOD, Responder, respond
from pki.issue.requests import read_request
from pki.issue.seeded import SeededRandomness
from pki.live.bounded_reads import Wire
from pki.live.conversations import conversation_for
from pki.live.offers import OfferStep, offers_for
from pki.live.probe import ProbeResult
from pki.live.protocols import PROTOCOLS, UPGRADES, clear_text_hint
from pki.live.proxies import Proxy, tunnel
from pki.live.route import Route
from pki.live.starttls import upgrade
from pki.live.survey import transport_of
from pki.live.target import Target, parse_target
from pki.model import der
from pki.model.hosts import parse_host
from pki.model.http3 import read_alt_svc
from pki.model.identity import Identity
from pki.model.transcript import Party
from pki.report.connection import connection_json, connection_rows
from pki.trust import Anchor
from pki.trust.ca_issuers import certificates_in_answer
from pki.trust.own_identity import identity_faults
from pki.trust.second_opinions import read_what_reads, second_opinions
from tests.fuzz.harmless import harmless
from tests.fuzz.signing import AT, HOST, authority, signed

HOUR = timedelta(hours=1)
_MAX_PARTS = 6
_PIECE = 700  # bytes: what is fed to an end at once, so that it meets borders


def acceptable_cas(data: bytes) -> None:
    """The names in a CertificateRequest, as OpenSSL hands them on: DER, or nearly."""
    names = tuple(_parts(data, most=100))
    record = EndRecord(
        party=Party.CLIENT, believed_done=True, ended=Ended.IN_ORDER, asked=True, acceptable_cas=names
    )
    route = Route(parse_target(f"https://{HOST}"))
    transport = transport_of(ProbeResult(_step(), record, "192.0.2.1", None, None, received=0), (), route)
    harmless(*(f"{label} {words}" for label, words in connection_rows(transport)))
    json.dumps(connection_json(transport)).encode()
    for fault in identity_faults(_alice(), at=AT, acceptable=names):
        harmless(fault.text, fault.repair)


def client_certificates(data: bytes) -> None:
    """A client's certificates, one behind the other, as a server of ours judges them and tells of them."""
    sent = tuple(_parts(data, most=_MAX_PARTS))
    if not sent:
        return
    ours = people()
    policies: tuple[ClientTrust, ...] = (
        ChainsTo((ours.root,)),
        AllowList.of([ours.root]),
        BySpki.of([ours.root]),
        ByName(("alice",), (ours.root,)),
    )
    for policy in policies:
        policy.judge(sent[0])
    record = EndRecord(
        party=Party.SERVER,
        believed_done=True,
        ended=Ended.IN_ORDER,
        version="TLSv1.3",
        suite="TLS_AES_128_GCM_SHA256",
        peer_chain=sent,
        path=sent,
        status=200,
    )
    site_answer(HttpRequest("GET", "/"), record)
    seen = _device_check().conclude(record)
    if seen is not None:
        harmless(seen.headline, seen.advice, *(f"{label} {words}" for label, words in seen.facts))


def opinions(data: bytes) -> None:
    """Signed parts of certificates, signed here, before the other validators."""
    chain = [signed(part) for part in _parts(data, most=3)]
    if not chain:
        return
    anchors = []
    with contextlib.suppress(PkiError):
        anchors.append(Anchor.parse(chain[-1], "app"))
    for opinion in second_opinions(chain, host=HOST, at=AT, anchors=anchors):
        harmless(opinion.name, opinion.text)
    read_what_reads(chain, anchors)


def ocsp_request(data: bytes) -> None:
    """A question to our OCSP responder."""
    respond(data, [_responder()], lambda issuer, serial: GOOD, at=AT, lifetime=HOUR)


def request(data: bytes) -> None:
    """A CertificationRequestInfo, signed here."""
    asked = read_request(signed(data))
    harmless(*map(str, asked.names()))


def fetched(data: bytes) -> None:
    """What lies behind a caIssuers URL, and a staple."""
    certificates_in_answer(data)
    ca, leaf = authority()
    harmless(staple_seen(data, (leaf, ca), AT).text)


def before_tls(data: bytes) -> None:
    """What a server or a proxy says before TLS; the first byte chooses the protocol."""
    protocols = list(UPGRADES)
    chosen = data[0] % (len(protocols) + 1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            theirs.send(data[1:])
        theirs.shutdown(socket.SHUT_WR)
        wire = Wire(ours, Deadline.after(60), "the server")
        if chosen == len(protocols):
            tunnel(wire, Proxy("proxy.test", 80), "a.test:443")
        else:
            upgrade(wire, parse_target("a.test:1", starttls=protocols[chosen]))


CONVERSATIONS: tuple[tuple[str, str | None], ...] = (*((name, None) for name in PROTOCOLS), ("http", "h2"))
"""What is spoken inside TLS, and by which ALPN."""


def inside_tls(data: bytes) -> None:
    """What a server answers to the first question of its protocol, in pieces; the first byte chooses the protocol."""
    name, alpn = CONVERSATIONS[data[0] % len(CONVERSATIONS)]
    for starttls in (False, True):
        target = Target(parse_host(HOST), 1, PROTOCOLS[name], starttls=starttls)
        conversation = conversation_for(target, alpn=alpn, who="alice")
        conversation.start()
        for start in range(1, len(data), _PIECE):
            if not conversation.over:
                conversation.receive(data[start : start + _PIECE])
        conversation.end()
        if conversation.answer is not None:
            harmless(conversation.answer.evidence)
            harmless(read_alt_svc([conversation.answer.head.decode("latin-1")]).text)
    harmless(clear_text_hint(data[1:]))


def datagram(data: bytes) -> None:
    """A datagram to our DTLS server, and the records in it."""
    harmless(message_of(data))
    datagrams(data, 1200)
    came = ReceivedDatagrams()
    for start in range(
        0, min(len(data), 4096), 97
    ):  # the same bytes as many datagrams, none of them a beginning
        came.take(data[start:])
    _ = (came.whole, came.missing, came.complete, came.answer)
    end = _datagram_parts().end_for(b"192.0.2.1 4")
    if end.listen(data):
        end.receive(data)
    end.to_send()
    end.close(Ended.BY_DEADLINE)
    end.record()


def name_question(data: bytes) -> None:
    """A datagram to our name server."""
    answer = dns_answer(data, domain="localhost", addresses=("127.0.0.1", "::1"))
    assert answer is None or len(answer) <= MAX_QUESTION


def connection(data: bytes) -> None:
    """What a client sends to one of our servers, in pieces; the first byte chooses the server."""
    context = _server_context()
    ends = (
        lambda: HttpsEnd(context),
        lambda: SniServerEnd(lambda name: context),
        lambda: OcspEnd(lambda asked: asked, sent=lambda: None),
        lambda: PlainHttpEnd(NAMELESS),
        lambda: HttpEnd(lambda asked: Reply(NOWHERE)),
    )
    end = ends[data[0] % len(ends)]()
    for start in range(1, len(data), _PIECE):
        end.receive(data[start : start + _PIECE])
        while end.outgoing():
            pass
    end.close(Ended.BY_EOF)
    if isinstance(end, HttpsEnd | SniServerEnd | PlainHttpEnd):
        end.record()


def _parts(data: bytes, *, most: int) -> list[bytes]:
    """The elements of DATA; where it stops being DER, the rest is one."""
    parts: list[bytes] = []
    at = 0
    while at < len(data) and len(parts) < most:
        try:
            stop = der.element(data, at, len(data))[3]
        except der.DerError:
            stop = len(data)
        parts.append(data[at:stop])
        at = stop
    return parts


@cache
def _step() -> OfferStep:
    settings = read_info_plist(plistlib.dumps({}), name="x")
    return offers_for(policy_for(parse_host(HOST), settings), OsVersion(26))[0]


@cache
def _alice() -> Identity:
    return people().issue_client("alice", at=AT)


@cache
def people() -> Authority:
    """Whom these servers and clients belong to: the same in every run, as `signing_key`."""
    return Authority.create(name="Ours", at=AT, source=SeededRandomness(1))


@cache
def _device_check() -> DeviceCheck:
    ours = people()
    return DeviceCheck(
        identity=ours.issue_server("127.0.0.1", at=AT),
        authorities=ours.chain,
        client="alice",
        expected=ours.root,
    )


@cache
def _responder() -> Responder:
    return Responder.by_issuer(people().issuing)


@cache
def _serving() -> ServerSettings:
    ours = people()
    policy = ChainsTo((ours.root,))
    return ServerSettings(
        identity=ours.issue_server("localhost", at=AT),
        policy=policy,
        client_certificates=ClientCertificates.OPTIONAL,
    )


@cache
def _server_context() -> ServerContext:
    return ServerContext.prepare(_serving(), at=AT)


@cache
def _datagram_parts() -> ServerParts:
    return ServerParts(_serving(), at=AT)
