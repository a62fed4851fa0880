"""Weak servers, each met by a client that lets weakness through and by the ones that do not: right answer, right reason.

A client with an Offer that OpenSSL itself would refuse proves nothing about Apple's rules, so most rows lower OpenSSL's
guard at both ends (`weak`) and leave the refusing to our own judgement.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from pki.handshake import (
    AllowList,
    ChainsTo,
    ClientCertificates,
    ClientSettings,
    LoopbackServer,
    NotOffered,
    Offer,
    ServerSettings,
    TlsVersion,
    call_server,
    shake_hands,
    shake_hands_over_sockets,
)
from pki.issue.defects import sign_again, signed_with
from pki.model.identity import Identity
from pki.model.transcript import Ending, Party, StageName, Transcript
from pki.report.app_error import expected_app_error
from tests import clock
from tests.chains import SERVER, Made, make
from tests.handshake.cast import Cast
from tests.live.stage import scripted

HOST = "api.example.test"  # not local: ATS binds it
TLS10, TLS11, TLS12, TLS13 = TlsVersion
WEAK = Offer(lowest=TLS10, weak=True)
WEAK12 = Offer(highest=TLS12, weak=True)
PARAMETERS, PATH, NAME, ATS = StageName.PARAMETERS, StageName.PATH, StageName.NAME, StageName.ATS
SHAKES = [
    pytest.param(shake_hands, id="in memory"),
    pytest.param(shake_hands_over_sockets, id="over sockets"),
]


@dataclass(frozen=True)
class Rig:
    """A root, and a server's certificate of any kind under it."""

    at: datetime
    root: Made

    def leaf(self, kind: str = "rsa2048", *, scheme: str | None = None, host: str = HOST) -> Identity:
        month = timedelta(days=30)
        made = make(
            host,
            self.root,
            dns=(host,),
            purposes=SERVER,
            kind=kind,
            start=self.at - month,
            end=self.at + month,
        )
        if scheme is None:
            return Identity(made.cert, made.key)
        return Identity(
            x509.load_der_x509_certificate(sign_again(made.der, signed_with(scheme), key=self.root.key)),
            made.key,
        )

    def client(self, offer: Offer, host: str = HOST, **more: object) -> ClientSettings:
        return ClientSettings(host=host, trusted_roots=(self.root.cert,), offer=offer, **more)  # type: ignore[arg-type] # a table's row

    def server(self, identity: Identity, offer: Offer, **more: object) -> ServerSettings:
        settings = {"client_certificates": ClientCertificates.NONE, **more}
        return ServerSettings(identity=identity, offer=offer, **settings)  # type: ignore[arg-type] # a table's row


@pytest.fixture(scope="module")
def rig(at: datetime) -> Rig:
    year = timedelta(days=365)
    root = make("Weak Root", ca=True, sign_certs=True, kind="rsa2048", start=at - year, end=at + year)
    return Rig(at, root)


def _suites(*names: str) -> Offer:
    return Offer(highest=TLS12, suites=names, weak=True)


def _codes(bound: str, local: str | None = None) -> tuple[str, str]:
    """The code where ATS binds the host, and where it does not."""
    return bound, local or bound


# the server's offer, its certificate (kind, signature), the codes, the stage where ATS binds
SERVERS = [
    pytest.param(Offer.only(TLS10), ("rsa2048",), _codes("ats-version", "accepted"), ATS, id="TLS 1.0 only"),
    pytest.param(Offer.only(TLS11), ("rsa2048",), _codes("ats-version", "accepted"), ATS, id="TLS 1.1 only"),
    pytest.param(
        _suites("AES128-GCM-SHA256"),
        ("rsa2048",),
        _codes("ats-forward-secrecy", "accepted"),
        ATS,
        id="static RSA, GCM",
    ),
    pytest.param(
        _suites("AES256-SHA"),
        ("rsa2048",),
        _codes("ats-forward-secrecy", "accepted"),
        ATS,
        id="static RSA, CBC",
    ),
    pytest.param(
        _suites("DHE-RSA-AES128-GCM-SHA256"), ("rsa2048",), _codes("suite-not-apples"), PARAMETERS, id="DHE"
    ),
    pytest.param(
        _suites("ECDHE-RSA-AES128-SHA256"),
        ("rsa2048",),
        _codes("suite-not-apples"),
        PARAMETERS,
        id="CBC with SHA-256",
    ),
    pytest.param(
        _suites("ECDHE-RSA-NULL-SHA"),
        ("rsa2048",),
        _codes("suite-not-apples"),
        PARAMETERS,
        id="no encryption",
    ),
    pytest.param(
        _suites("ECDHE-RSA-AES128-SHA"),
        ("rsa2048",),
        _codes("accepted"),
        None,
        id="CBC that ATS still offers",
    ),
    pytest.param(WEAK, ("rsa1024",), _codes("server-weak-key"), PATH, id="RSA-1024"),
    pytest.param(WEAK, ("p224",), _codes("no-shared-suite"), PARAMETERS, id="P-224, which no client offers"),
    pytest.param(WEAK, ("rsa2048", "sha1"), _codes("server-weak-signature"), PATH, id="signed with SHA-1"),
    pytest.param(WEAK, ("rsa2048", "md5"), _codes("server-weak-signature"), PATH, id="signed with MD5"),
    pytest.param(WEAK, ("rsa2048", "sha256"), _codes("accepted"), None, id="re-signed with SHA-256"),
    pytest.param(WEAK, ("rsa2048",), _codes("accepted"), None, id="nothing wrong"),
]


@pytest.mark.parametrize("shake", SHAKES)
@pytest.mark.parametrize(("offer", "leaf", "codes", "stage"), SERVERS)
def test_a_weak_server_is_judged_for_the_right_reason(
    offer: Offer,
    leaf: tuple[str, ...],
    codes: tuple[str, str],
    stage: StageName | None,
    shake: Callable[..., Transcript],
    rig: Rig,
) -> None:
    taken = replace(WEAK, suites=offer.suites)  # OpenSSL would not offer all of them by itself
    for host, code in zip((HOST, "localhost"), codes, strict=True):
        identity = rig.leaf(leaf[0], scheme=leaf[1] if leaf[1:] else None, host=host)
        seen = shake(rig.client(taken, host), rig.server(identity, offer), at=rig.at)
        assert seen.code == code, seen.reason
        assert seen.accepted is (code == "accepted")
        if host == HOST:
            assert seen.failed_stage is stage
            assert (expected_app_error(seen) is None) is seen.accepted


@pytest.mark.parametrize("shake", SHAKES)
def test_what_ats_refuses_after_the_handshake_is_never_asked_anything(
    shake: Callable[..., Transcript], rig: Rig
) -> None:
    offer = _suites("AES128-GCM-SHA256")
    seen = shake(rig.client(replace(WEAK, suites=offer.suites)), rig.server(rig.leaf(), offer), at=rig.at)
    assert (seen.ending, seen.refused_by, seen.alert, seen.status) == (
        Ending.REFUSED,
        Party.CLIENT,
        None,
        None,
    )
    assert (seen.client.believed_done, seen.server.believed_done) == (True, True)
    assert (seen.rule, seen.ats_binds) == ("ats-forward-secrecy", True)
    assert "HTTP" not in seen.headline
    assert [s.state.value for s in seen.stages] == [*["passed"] * 4, "failed", *["not reached"] * 2]


def test_openssls_own_guard_refuses_first_where_it_is_up(rig: Rig) -> None:
    """Without lowering it at the client the refusal is OpenSSL's, with the code all the same."""
    for leaf, code in (
        (rig.leaf("rsa1024"), "server-weak-key"),
        (rig.leaf(scheme="sha1"), "server-weak-signature"),
        (rig.leaf(scheme="md5"), "server-weak-signature"),
    ):
        seen = shake_hands(rig.client(Offer()), rig.server(leaf, WEAK), at=rig.at)
        assert (seen.code, seen.refused_by, seen.rule) == (code, Party.CLIENT, None), seen.reason
        assert seen.failed_stage is PATH


# client's offer, server's offer, the code
MISMATCHES = [
    pytest.param(Offer(), Offer.only(TLS11), "version-mismatch", 70, id="version: the server is too old"),
    pytest.param(
        Offer.only(TLS12), Offer.only(TLS13), "version-mismatch", 70, id="version: the server is too new"
    ),
    pytest.param(
        Offer(highest=TLS12, suites=("ECDHE-RSA-AES128-GCM-SHA256",)),
        Offer(highest=TLS12, suites=("ECDHE-RSA-AES256-GCM-SHA384",)),
        "no-shared-suite",
        40,
        id="suite, TLS 1.2",
    ),
    pytest.param(
        Offer(lowest=TLS13, suites13=("TLS_AES_128_GCM_SHA256",)),
        Offer(lowest=TLS13, suites13=("TLS_AES_256_GCM_SHA384",)),
        "no-shared-suite",
        40,
        id="suite, TLS 1.3",
    ),
    pytest.param(
        Offer(lowest=TLS13, groups=("X25519",)),
        Offer(lowest=TLS13, groups=("P-384",)),
        "no-shared-group",
        40,
        id="group, TLS 1.3",
    ),
    pytest.param(
        Offer(highest=TLS12, suites=("ECDHE-RSA-AES128-GCM-SHA256",), groups=("X25519",)),
        Offer(highest=TLS12, suites=("ECDHE-RSA-AES128-GCM-SHA256",), groups=("P-384",)),
        "no-shared-group",
        40,
        id="group, TLS 1.2, where OpenSSL speaks of the suite",
    ),
    pytest.param(
        Offer(groups=("X25519", "P-256")),
        Offer(lowest=TLS13, groups=("X25519MLKEM768",)),
        "no-shared-group",
        40,
        id="a server with ML-KEM alone, a client of before 2026",
    ),
    pytest.param(
        Offer(lowest=TLS13, signature_algorithms=("ECDSA+SHA256",)),
        Offer(lowest=TLS13),
        "no-shared-signature-algorithm",
        40,
        id="signature algorithm",
    ),
    pytest.param(Offer(alpn=("h2",)), Offer(alpn=("http/1.1",)), "no-application-protocol", 120, id="ALPN"),
]


@pytest.mark.parametrize("shake", SHAKES)
@pytest.mark.parametrize(("client", "server", "code", "alert"), MISMATCHES)
def test_what_is_not_shared_is_told_apart_where_both_ends_are_ours(
    client: Offer, server: Offer, code: str, alert: int, shake: Callable[..., Transcript], rig: Rig
) -> None:
    seen = shake(rig.client(client), rig.server(rig.leaf(), server), at=rig.at)
    assert (seen.code, seen.failed_stage, seen.alert_number) == (code, PARAMETERS, alert), seen.reason
    assert seen.refused_by is Party.SERVER
    assert "the client has" in seen.reason


@pytest.mark.parametrize(("client", "server", "code", "alert"), MISMATCHES)
def test_of_a_strangers_alert_only_what_it_says_is_claimed(
    client: Offer, server: Offer, code: str, alert: int, rig: Rig
) -> None:
    with LoopbackServer(rig.server(rig.leaf(), server), at=rig.at) as serving:
        seen = call_server(rig.client(client), serving.port, at=rig.at)
        serving.wait_for(1)
    assert (seen.code, seen.alert_number) == ("no-shared-parameters" if alert == 40 else code, alert)
    assert serving.transcripts[0].code in (
        code,
        "no-shared-suite",
    )  # without the client's groups TLS 1.2 cannot tell
    assert seen.failed_stage is serving.transcripts[0].failed_stage is PARAMETERS


@pytest.mark.parametrize("shake", SHAKES)
def test_a_server_with_ml_kem_alone_takes_a_client_of_os_26(
    shake: Callable[..., Transcript], rig: Rig
) -> None:
    server = rig.server(rig.leaf(), Offer(lowest=TLS13, groups=("X25519MLKEM768",)))
    seen = shake(rig.client(Offer(groups=("X25519MLKEM768", "X25519"))), server, at=rig.at)
    assert (seen.code, seen.group, seen.notes) == ("accepted", "X25519MLKEM768", ())


def test_a_group_that_no_apple_client_offers_is_noted(rig: Rig) -> None:
    offer = Offer(lowest=TLS13, groups=("SecP384r1MLKEM1024",))
    seen = shake_hands(rig.client(offer), rig.server(rig.leaf(), offer), at=rig.at)
    assert (seen.accepted, [note.code for note in seen.notes]) == (True, ["group-not-apples"])


@pytest.mark.parametrize(
    "suite", ["RC4-SHA", "DES-CBC3-SHA", "ECDHE-RSA-DES-CBC3-SHA", "EXP-RC4-MD5"], ids=str
)
def test_what_this_openssl_lacks_is_not_offered_and_no_pass(suite: str, rig: Rig) -> None:
    with pytest.raises(NotOffered, match=suite):
        shake_hands(rig.client(WEAK12), rig.server(rig.leaf(), _suites(suite)), at=rig.at)
    with pytest.raises(NotOffered, match=suite):
        shake_hands(rig.client(_suites(suite)), rig.server(rig.leaf(), WEAK12), at=rig.at)


def test_sslv3_cannot_even_be_named() -> None:
    with pytest.raises(ValueError, match=r"3\.0"):
        TlsVersion("3.0")


def _reset(guest: socket.socket) -> None:
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST


def _alert_then_reset(number: int) -> Callable[[socket.socket], None]:
    def play(guest: socket.socket) -> None:
        guest.recv(65536)
        guest.sendall(bytes([0x15, 3, 3, 0, 2, 2, number]))
        guest.recv(1)  # until the client has read it and left
        _reset(guest)

    return play


def _reset_at_once(guest: socket.socket) -> None:
    guest.recv(65536)
    _reset(guest)


def _plain_http(guest: socket.socket) -> None:
    guest.recv(65536)
    guest.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    guest.recv(65536)


def _silent(guest: socket.socket) -> None:
    while guest.recv(65536):
        pass


def _closes(guest: socket.socket) -> None:
    guest.recv(65536)


@pytest.mark.parametrize(
    ("play", "code", "ending"),
    [
        pytest.param(
            _alert_then_reset(40), "no-shared-parameters", Ending.REFUSED, id="alert 40, then a reset"
        ),
        pytest.param(_alert_then_reset(70), "version-mismatch", Ending.REFUSED, id="alert 70, then a reset"),
        pytest.param(_alert_then_reset(112), "name-not-served", Ending.REFUSED, id="alert 112, then a reset"),
        pytest.param(_alert_then_reset(80), "protocol-error", Ending.REFUSED, id="an alert without a reason"),
        pytest.param(_reset_at_once, "reset", Ending.BROKEN, id="a reset without an alert"),
        pytest.param(_closes, "closed", Ending.BROKEN, id="closed without an alert"),
        pytest.param(_silent, "timeout", Ending.BROKEN, id="silence"),
        pytest.param(_plain_http, "not-tls", Ending.BROKEN, id="plain HTTP on the TLS port"),
    ],
)
def test_servers_that_are_none(
    play: Callable[[socket.socket], object], code: str, ending: Ending, rig: Rig
) -> None:
    deadline = 1 if code == "timeout" else clock.PATIENCE
    with scripted(play, guests=1) as port:
        seen = call_server(rig.client(Offer()), port, at=rig.at, deadline=deadline)
    assert (seen.code, seen.failed_stage, seen.ending) == (code, PARAMETERS, ending), seen.reason


def test_an_http_client_on_the_tls_port_is_told_from_noise(rig: Rig) -> None:
    with LoopbackServer(rig.server(rig.leaf(), Offer()), at=rig.at) as serving:
        for said in (b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", b"\x00" * 400):
            with socket.create_connection(("127.0.0.1", serving.port), timeout=clock.PATIENCE) as guest:
                guest.sendall(said)
                guest.recv(100)
        serving.wait_for(2)
    assert [seen.code for seen in serving.transcripts] == ["plain-http", "not-tls"]


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=str)
@pytest.mark.parametrize("ask", [ClientCertificates.REQUIRED, ClientCertificates.OPTIONAL], ids=str)
@pytest.mark.parametrize(
    ("who", "required", "optional"),
    [
        pytest.param("alice", "accepted", "accepted", id="the right one"),
        pytest.param(None, "client-certificate-missing", "accepted", id="none"),
        pytest.param("mallory", "client-certificate-wrong-ca", "client-certificate-wrong-ca", id="wrong CA"),
        pytest.param("expired", "client-certificate-expired", "client-certificate-expired", id="expired"),
        pytest.param("misfit", "client-certificate-purpose", "client-certificate-purpose", id="purpose"),
    ],
)
def test_client_certificates_required_and_optional(
    who: str | None,
    required: str,
    optional: str,
    ask: ClientCertificates,
    version: TlsVersion,
    cast: Cast,
    at: datetime,
) -> None:
    identity = getattr(cast, who) if who else None
    seen = shake_hands(cast.client(identity, version), cast.serving(version, ask=ask), at=at)
    code = required if ask is ClientCertificates.REQUIRED else optional
    assert seen.code == code
    assert seen.failed_stage is (None if code == "accepted" else StageName.CLIENT_CERTIFICATE)


def test_a_client_off_the_list_is_not_allowed(cast: Cast, at: datetime) -> None:
    policy = AllowList.of([cast.bob.certificate], roots=(cast.authority.root,))
    seen = shake_hands(cast.client(cast.alice, TLS13), cast.serving(TLS13, policy=policy), at=at)
    assert (seen.code, seen.failed_stage) == ("client-not-allowed", StageName.CLIENT_CERTIFICATE)
    assert expected_app_error(seen) is None  # an HTTP status is no error


def test_a_weak_client_certificate_is_named_as_such(rig: Rig, cast: Cast, at: datetime) -> None:
    month = timedelta(days=30)
    made = make("weak client", rig.root, kind="rsa1024", start=at - month, end=at + month)
    server = replace(cast.serving(TLS12), policy=ChainsTo((rig.root.cert,)), offer=Offer.only(TLS12))
    client = replace(
        cast.client(Identity(made.cert, made.key), TLS12), offer=replace(Offer.only(TLS12), weak=True)
    )
    assert shake_hands(client, server, at=at).code == "client-certificate-weak-key"
