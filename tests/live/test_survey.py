"""Live servers of every kind, judged: what each agrees on, and what ATS and an Apple client make of it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pki.ats import OsVersion
from pki.handshake import ClientCertificates, Offer, TlsVersion
from pki.issue import KeyType
from pki.live import (
    NoOfferAccepted,
    NotTls,
    Route,
    Unreachable,
    evaluate_live,
    evaluate_live_moments,
    parse_target,
    present_client_certificate,
)
from pki.model.transport import IdentityAnswer, Offered
from pki.model.verdict import Verdict
from tests import clock
from tests.live.stage import Stage, scripted
from tests.live.weak import sha1_server

TLS12 = Offer.only(TlsVersion.TLS12)


def judged(stage: Stage, route: Route, **asked: object) -> Verdict:
    verdict, _ = evaluate_live(route, at=stage.at, anchors=stage.anchors(), **asked)  # type: ignore[arg-type]
    return verdict


def failures(verdict: Verdict) -> list[str]:
    return [finding.rule_id for finding in verdict.findings if finding.fails]


# what the server has: its offer, whether its key is RSA, what is negotiated, whose offer it took, what fails
ATS, APPLE, ALL = Offered.ATS, Offered.APPLE, Offered.ALL
SERVERS = {
    "the default": (Offer(), False, ("1.3", "TLS_AES_128_GCM_SHA256"), ATS, []),
    "TLS 1.2": (TLS12, False, ("1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"), ATS, []),
    "TLS 1.1": (
        Offer.only(TlsVersion.TLS11),
        False,
        ("1.1", "ECDHE-ECDSA-AES256-SHA"),
        APPLE,
        ["ats-tls12"],
    ),
    "TLS 1.0": (
        Offer.only(TlsVersion.TLS10),
        False,
        ("1.0", "ECDHE-ECDSA-AES256-SHA"),
        APPLE,
        ["ats-tls12"],
    ),
    "static RSA": (
        replace(TLS12, suites=("AES128-GCM-SHA256",)),
        True,
        ("1.2", "AES128-GCM-SHA256"),
        APPLE,
        ["ats-forward-secrecy"],
    ),
    "CBC with SHA-1": (
        replace(TLS12, suites=("ECDHE-RSA-AES128-SHA",)),
        True,
        ("1.2", "ECDHE-RSA-AES128-SHA"),
        ATS,
        [],
    ),
    "CBC with SHA-256": (
        replace(TLS12, suites=("ECDHE-RSA-AES128-SHA256",)),
        True,
        ("1.2", "ECDHE-RSA-AES128-SHA256"),
        ALL,
        ["tls-suite-offered", "ats-cipher-suite"],
    ),
    "finite-field DHE": (
        replace(TLS12, suites=("DHE-RSA-AES128-GCM-SHA256",)),
        True,
        ("1.2", "DHE-RSA-AES128-GCM-SHA256"),
        ALL,
        ["tls-suite-offered", "ats-cipher-suite"],
    ),
    "Camellia, which our table does not hold": (
        replace(TLS12, suites=("ECDHE-RSA-CAMELLIA128-SHA256",)),
        True,
        ("1.2", "ECDHE-RSA-CAMELLIA128-SHA256"),
        ALL,
        ["tls-suite-offered", "ats-cipher-suite"],
    ),
    "X448 alone": (
        Offer(groups=("X448",)),
        False,
        ("1.3", "TLS_AES_256_GCM_SHA384"),
        ALL,
        ["tls-handshake-offered"],
    ),
    "finite-field group alone": (
        Offer(lowest=TlsVersion.TLS13, groups=("ffdhe2048",)),
        False,
        ("1.3", "TLS_AES_256_GCM_SHA384"),
        ALL,
        ["tls-handshake-offered"],
    ),
    "X25519MLKEM768 alone": (
        Offer(groups=("X25519MLKEM768",)),
        False,
        ("1.3", "TLS_AES_128_GCM_SHA256"),
        ATS,
        [],
    ),
    "pure ML-KEM": (
        Offer(groups=("MLKEM768",)),
        False,
        ("1.3", "TLS_AES_256_GCM_SHA384"),
        ALL,
        ["tls-handshake-offered"],
    ),
    "P-521 by a second hello": (Offer(groups=("P-521",)), False, ("1.3", "TLS_AES_128_GCM_SHA256"), ATS, []),
}


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_server_agrees_on_and_what_that_is_worth(name: str, stage: Stage) -> None:
    offer, rsa, negotiated, taken, expected = SERVERS[name]
    with stage.serving(replace(offer, weak=True), identity=stage.rsa if rsa else stage.server) as route:
        verdict = judged(stage, route)
    transport = verdict.transport
    assert transport is not None
    assert (transport.version, transport.suite, transport.taken) == (*negotiated, taken)
    assert failures(verdict) == expected
    assert len(transport.declined) == [ATS, APPLE, ALL].index(taken)


def test_before_os_26_a_server_with_the_hybrid_group_alone_is_refused(stage: Stage) -> None:
    with stage.serving(Offer(groups=("X25519MLKEM768",))) as route:
        assert failures(judged(stage, route, os=OsVersion(18))) == ["tls-handshake-offered"]


@pytest.mark.parametrize("key", [KeyType.P521, KeyType.ED25519])
def test_a_key_whose_signatures_no_apple_client_offers(key: KeyType, stage: Stage) -> None:
    odd = stage.authority.issue_server("api.example.test", at=stage.at, key_type=key)
    with stage.serving(identity=odd) as route:
        verdict = judged(stage, route)
    assert "tls-handshake-offered" in failures(verdict)
    assert not verdict.trusted


def test_a_chain_signed_with_sha1_arrives_and_is_refused_by_the_right_rule(stage: Stage) -> None:
    with stage.serving(Offer(weak=True), identity=sha1_server(stage)) as route:
        assert failures(judged(stage, route)) == ["tls-sha2-signature", "ats-hash-sha256"]


def test_the_chain_is_judged_as_sent(stage: Stage) -> None:
    with stage.serving(chain=(stage.server.certificate,)) as route:
        assert failures(judged(stage, route)) == ["chain-complete"]


def test_another_name_is_refused_by_its_own_rule(stage: Stage) -> None:
    with stage.serving(url="https://www.example.test") as route:
        assert failures(judged(stage, route)) == ["san-dns-match"]


def test_outside_urlsession_static_rsa_is_enough(stage: Stage) -> None:
    with stage.serving(replace(TLS12, suites=("AES128-SHA",)), identity=stage.rsa) as route:
        verdict = judged(stage, route, ats_applies=False)
    assert verdict.trusted
    assert verdict.transport is not None
    assert verdict.transport.taken is APPLE


def test_the_protocols_of_the_web_are_offered(stage: Stage) -> None:
    with stage.serving(Offer(alpn=("h2",))) as route:
        verdict = judged(stage, route)
    assert verdict.transport is not None
    assert verdict.transport.alpn == "h2"


MUTUAL = [
    (version, ask, who)
    for version in (TlsVersion.TLS12, TlsVersion.TLS13)
    for ask in (ClientCertificates.REQUIRED, ClientCertificates.OPTIONAL)
    for who in ("nobody", "alice", "mallory")
]


@pytest.mark.parametrize(("version", "ask", "who"), MUTUAL)
def test_an_identity_is_shown_when_asked_and_its_fate_told(
    version: TlsVersion, ask: ClientCertificates, who: str, stage: Stage
) -> None:
    identity = {"nobody": None, "alice": stage.alice, "mallory": stage.mallory}[who]
    with stage.serving(Offer.only(version), ask=ask) as route:
        verdict = judged(stage, route, identity=identity)
    transport = verdict.transport
    assert transport is not None
    assert transport.acceptable_cas == ("Our CA",)
    answer = transport.identified
    assert answer is not None
    assert answer.identity == (None if who == "nobody" else who)
    goes_on = who == "alice" or (who == "nobody" and ask is ClientCertificates.OPTIONAL)
    assert answer.accepted == goes_on
    assert answer.status == (200 if goes_on else None)
    if who == "mallory":
        assert answer.evidence == "alert 48 unknown_ca"
        assert answer.listed is False
    if who == "nobody" and not goes_on:
        assert (
            answer.evidence
            == {
                TlsVersion.TLS12: "alert 40 handshake_failure",
                TlsVersion.TLS13: "alert 116 certificate_required",
            }[version]
        )
        assert transport.client_certificate == "required"
    assert verdict.trusted  # the server is; what it thinks of the client is another matter


def test_a_server_that_is_not_trusted_never_sees_the_identity(stage: Stage) -> None:
    with stage.serving(ask=ClientCertificates.REQUIRED, url="https://www.example.test") as route:
        verdict = judged(stage, route, identity=stage.alice)
    assert not verdict.trusted
    assert verdict.transport is not None
    assert verdict.transport.identified is not None
    assert verdict.transport.identified.identity is None


def reset(guest: socket.socket) -> None:
    guest.recv(4096)
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def alert_then_close(guest: socket.socket) -> None:
    guest.recv(4096)
    guest.sendall(bytes.fromhex("15030300020250"))  # fatal, internal_error


@pytest.mark.parametrize(
    ("play", "error", "told"),
    [
        (lambda g: g.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), NotTls, "That is plain HTTP"),
        (lambda g: g.sendall(b"220 mail.test ESMTP\r\n"), NotTls, "--starttls smtp"),
        (lambda g: g.sendall(b"* OK IMAP4rev1\r\n"), NotTls, "--starttls imap"),
        (lambda g: g.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), NotTls, "That is plain SSH"),
        (lambda g: g.sendall(b"\x00\x00\x00\x00"), NotTls, "does not speak TLS"),
        (reset, NoOfferAccepted, "reset the connection without sending a byte"),
        (lambda g: g.recv(4096), NoOfferAccepted, "closed the connection without sending a byte"),
        (alert_then_close, NoOfferAccepted, "alert 80 internal_error"),
        (lambda g: g.recv(4096) and g.recv(4096), NoOfferAccepted, "not one byte came in the 0.5 s"),
        (lambda g: g.sendall(b"\x16\x03\x03\xff\xff" + b"\x02" * 70_000), NoOfferAccepted, "took no offer"),
    ],
)
def test_what_is_no_tls_server(
    play: Callable[[socket.socket], object], error: type[Exception], told: str, stage: Stage
) -> None:
    patience = 0.5 if "not one byte" in told else clock.PATIENCE
    with scripted(play) as port:
        route = Route(parse_target("https://api.example.test"), via=("127.0.0.1", port), timeout=patience)
        with pytest.raises(error) as failed:
            judged(stage, route)
    assert told in str(failed.value)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    route = Route(parse_target("https://api.example.test"), via=("127.0.0.1", port))
    with pytest.raises(Unreachable, match="Connection refused"), route.open():
        pass


def test_a_second_connection_that_does_not_come_about_leaves_the_first(stage: Stage) -> None:
    with stage.serving(ask=ClientCertificates.OPTIONAL) as route:
        _, found = evaluate_live(route, at=stage.at, anchors=stage.anchors())
    told = present_client_certificate(route, found, stage.alice, at=stage.at).transport.identified
    assert told is not None
    assert (told.identity, told.answer) == ("alice", IdentityAnswer.UNKNOWN)
    assert told.evidence.startswith("the second connection did not get so far: ")


def test_an_alert_that_is_not_about_certificates_is_no_refusal_of_one(stage: Stage) -> None:
    """A server that speaks one protocol, asked over another: 120 says nothing of the identity."""
    with stage.serving(Offer(alpn=("h2",)), ask=ClientCertificates.REQUIRED) as route:
        _, found = evaluate_live(route, at=stage.at, anchors=stage.anchors())
        another = replace(found, transport=replace(found.transport, alpn="http/1.1"))
        told = present_client_certificate(route, another, stage.alice, at=stage.at).transport.identified
    assert told is not None
    assert told.answer is IdentityAnswer.UNKNOWN
    assert "alert 120 no_application_protocol" in told.evidence


def test_watching_tells_what_became_of_the_identity(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    from pki_cli.options.live import keep_watching

    with stage.serving(ask=ClientCertificates.REQUIRED) as route:
        before = judged(stage, route, identity=stage.alice)
    assert before.transport is not None
    assert before.transport.identified is not None
    answer = replace(before.transport.identified, answer=IdentityAnswer.REFUSED)
    after = iter([replace(before, transport=replace(before.transport, identified=answer))])

    def look() -> Verdict:
        for verdict in after:
            return verdict
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep_watching("https://api.test", look, before, 0)
    assert "alice was refused" in capsys.readouterr().out


def test_several_moments_are_asked_by_a_function_of_their_own(stage: Stage) -> None:
    moments = (stage.at, stage.at + timedelta(days=4_000))
    with stage.serving() as route:
        verdicts, found = evaluate_live_moments(route, moments, anchors=stage.anchors())
        with pytest.deprecated_call(match="call evaluate_live_moments"):
            before, _ = evaluate_live(route, at=moments, anchors=stage.anchors())
    assert [verdict.trusted for verdict in verdicts] == [True, False]
    assert before == verdicts
    assert {cert.der for cert in verdicts[0].chain} >= set(found.chain)
