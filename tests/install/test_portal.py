"""What the page's server gives, to whom, and how often; and what it lives through."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from pki.errors import HandshakeError, InvalidRequest, Unreadable
from pki.export.profile import ProfileIdentity, build_profile
from pki.install.portal import Portal, PortalEnd, ProfileHandout
from tests import clock
from tests.clock import until
from tests.handshake.programs import PASSWORD
from tests.install.asking import ask, connect, read, send
from tests.install.devtools import IPHONE, MAC
from tests.install.portals import HERE, Cast, Open

PROFILE, CERTIFICATE = "test-ca.mobileconfig", "test-ca.cer"
Opened = Callable[..., Open]


def test_the_profile_comes_as_a_device_wants_it(cast: Cast, opened: Opened) -> None:
    handout = cast.with_alice
    here = opened(handout)
    got = ask(here.port, f"/{here.token}/{PROFILE}")
    assert (got.status, got.fields["Content-Type"]) == (200, "application/x-apple-aspen-config")
    assert got.body == handout.profile
    assert got.fields["Content-Length"] == str(len(handout.profile))
    assert got.fields["Cache-Control"] == "no-store"
    assert not {"Content-Disposition", "Location", "Server"} & got.fields.keys()


def test_the_bare_certificate_is_der_and_may_be_fetched_again(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    for _ in range(3):
        got = ask(here.port, f"/{here.token}/{CERTIFICATE}")
        assert (got.status, got.fields["Content-Type"]) == (200, "application/x-x509-ca-cert")
        assert got.body == cast.authority.root.public_bytes(Encoding.DER)


def test_a_profile_with_a_key_is_given_out_once(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    path = f"/{here.token}/{PROFILE}"
    assert [ask(here.port, path).status for _ in range(3)] == [200, 410, 410]
    assert b"with a private key in it, once" in ask(here.port, path).body
    assert ask(here.port, path, method="HEAD").status == 410
    assert b"was given out" in ask(here.port, f"/{here.token}/").body
    until(lambda: here.portal.given == 1)


def test_while_the_last_one_is_being_taken_the_page_offers_none(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    with connect(here.port) as peer:
        peer.sendall(f"GET /{here.token}/{PROFILE} HTTP/1.1\r\nHost: {HERE}:{here.port}\r\n\r\n".encode())
        assert read(peer).status == 200  # and the connection is still there
        assert b"was given out" in ask(here.port, f"/{here.token}/").body
        assert ask(here.port, f"/{here.token}/{PROFILE}").status == 410


def test_a_profile_without_a_key_is_given_out_as_often_as_allowed(cast: Cast, opened: Opened) -> None:
    data = cast.without_key.profile
    here = opened(ProfileHandout.of(data, downloads=3))
    assert [ask(here.port, f"/{here.token}/{PROFILE}").status for _ in range(4)] == [200, 200, 200, 410]
    assert ProfileHandout.of(data).downloads == 20


def test_head_tells_all_but_the_body_and_gives_nothing_out(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    path = f"/{here.token}/{PROFILE}"
    for _ in range(3):
        got = ask(here.port, path, method="HEAD")
        assert (got.status, got.body) == (200, b"")
        assert got.fields["Content-Type"] == "application/x-apple-aspen-config"
    full = ask(here.port, path)
    assert full.status == 200
    assert got.fields == full.fields


def _break_off(port: int, path: str, *, after: int) -> None:
    """Read some of it and reset the connection."""
    with connect(port) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: {HERE}:{port}\r\n\r\n".encode())
        while after > 0:
            after -= len(peer.recv(after))
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_what_was_broken_off_may_be_fetched_again_but_not_for_ever(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    path = f"/{here.token}/{PROFILE}"
    for number in range(1, 4):
        _break_off(here.port, path, after=100)
        until(lambda number=number: here.log == [f"{PROFILE}: broken off"] * number)
        assert ask(here.port, path, method="HEAD").status == 200
    _break_off(here.port, path, after=100)
    until(lambda: here.log[3:] == [f"{PROFILE}: broken off, not to be fetched again"])
    assert ask(here.port, path).status == 410


def test_what_did_not_fit_into_the_sockets_and_was_broken_off_is_still_there(
    cast: Cast, opened: Opened
) -> None:
    large = ProfileHandout(profile=bytes(24 << 20), root=cast.authority.root)
    here = opened(large)
    path = f"/{here.token}/{PROFILE}"
    with connect(here.port) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: {HERE}:{here.port}\r\n\r\n".encode())
        assert peer.recv(1000)
        assert ask(here.port, path).status == 503  # the one there is, is on its way
    until(lambda: any("broken off" in what for what in here.log))
    got = ask(here.port, path)
    assert (got.status, len(got.body)) == (200, 24 << 20)


@pytest.mark.parametrize(
    ("agent", "unfolded", "advice"),
    [
        pytest.param(IPHONE, "iphone", None, id="Safari on an iPhone"),
        pytest.param(IPHONE.replace("Version/18.5", "CriOS/140.0"), "iphone", "Use Safari: open this page there. Chrome may keep", id="Chrome on an iPhone"),
        pytest.param(MAC, "mac", None, id="a Mac"),
        pytest.param("curl/8.0", "iphone", "This page is for the device. Scan the code", id="no device at all"),
    ],
)  # fmt: skip
def test_the_page_speaks_to_the_device_at_hand(
    agent: str, unfolded: str, advice: str | None, cast: Cast, opened: Opened
) -> None:
    here = opened(cast.with_alice)
    page = ask(here.port, f"/{here.token}/", agent=agent).body.decode()
    assert re.findall(r'<details id="(\w+)" open', page) == [unfolded]
    said = re.search(r'<main><p class="note">([^<]+)</p>', page)
    assert (said is not None) is (advice is not None)
    assert said is None or said[1].startswith(str(advice))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/", id="nothing"),
        pytest.param("/{wrong}/", id="another token"),
        pytest.param("/{token}", id="the token without its slash"),
        pytest.param("/{token}x/", id="a token that is longer"),
        pytest.param("/{short}/", id="a token that is shorter"),
        pytest.param("//{token}/", id="a slash too many"),
        pytest.param("/x/{token}/", id="the token in another place"),
        pytest.param("/?{token}/", id="the token as a question"),
        pytest.param("http://127.0.0.1/{token}/", id="a whole address, as for a proxy"),
        pytest.param("/{token}/other.mobileconfig", id="another file"),
        pytest.param("/{token}/../{token}/", id="a way round"),
        pytest.param("/{token}/%2e%2e/etc/passwd", id="a way out"),
        pytest.param("/favicon.ico", id="what browsers ask for"),
    ],
)
def test_who_does_not_know_the_address_learns_nothing(path: str, cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    wrong = here.token[:-1] + ("A" if here.token[-1] != "A" else "B")
    asked = path.format(token=here.token, wrong=wrong, short=here.token[:-1])
    lost = ask(here.port, "/somewhere")
    assert lost.status == 404
    assert ask(here.port, asked) == lost


@pytest.mark.parametrize(
    "host",
    ["evil.test", "evil.test:{port}", "localhost:{port}", "127.0.0.1", "127.0.0.1:{other}", "[::1]:{port}"],
)
def test_another_host_name_is_nobody(host: str, cast: Cast, opened: Opened) -> None:
    """DNS rebinding: a page elsewhere whose name now leads here."""
    here = opened(cast.with_alice)
    got = ask(here.port, f"/{here.token}/{PROFILE}", host=host.format(port=here.port, other=here.port + 1))
    assert got.status == 404
    assert here.portal.given == 0


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 405, id="POST"),
        pytest.param(b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405, id="CONNECT"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no Host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, id="two of them"),
        pytest.param(b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400, id="a version that is none"),
        pytest.param(b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="a blank in the path"),
        pytest.param(b"GET /\xff\xfe/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="bytes that are no text"),
        pytest.param(b"GET\r\n\r\n", 400, id="half a line"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400, id="TLS"),
        pytest.param(b"\0" * 50, 400, id="zeros"),
        pytest.param(b"GET / HTTP/1.1\r\nA: " + b"a" * 9000, 431, id="a head without end"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 9000 + b"\r\n\r\n", 431, id="a head that is long"),
    ],
)  # fmt: skip
def test_what_is_no_question_gets_a_short_answer(
    data: bytes, status: int, cast: Cast, opened: Opened
) -> None:
    here = opened(cast.with_alice)
    got = send(here.port, data)
    assert got.status == status
    assert len(got.body) < 100


def test_the_token_is_in_no_event_and_no_repr(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice, device_check=cast.device_check())
    for path in (
        f"/{here.token}/",
        f"/{here.token}/{PROFILE}",
        f"/{here.token}/x",
        f"/{here.token[:-1]}/",
        "/x",
    ):
        ask(here.port, path, agent=f"{here.token} {PASSWORD}")
    until(lambda: len(here.events) >= 5)
    written = repr(here.events) + repr(here.portal) + repr(cast.with_alice)
    assert here.token[:-1] not in written
    assert PASSWORD not in written
    assert {event.client for event in here.events} == {HERE}


def test_a_scanner_does_not_fill_the_log(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    for number in range(40):
        assert ask(here.port, f"/{number}/").status == 404
    assert len(here.events) == 20


def test_two_portals_have_two_tokens(cast: Cast, opened: Opened) -> None:
    one, other = opened(cast.with_alice), opened(cast.with_alice)
    assert one.token != other.token
    assert len(one.token) >= 22  # 128 bits
    assert ask(other.port, f"/{one.token}/").status == 404


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /", id="half a line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n", id="all but the end"),
    ],
)
def test_a_good_visitor_is_served_while_two_hundred_hold_on(
    say: bytes, cast: Cast, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.install.portal.portal.DEADLINE", clock.AGES)
    here = opened(cast.without_key)
    with ExitStack() as crowd:
        peers = [crowd.enter_context(connect(here.port)) for _ in range(200)]
        for peer in peers:
            if say:
                peer.sendall(say)
        # Who asks gives up before any of them has to leave.
        assert ask(here.port, f"/{here.token}/{PROFILE}").status == 200


def test_who_drips_is_cut_off(cast: Cast, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pki.install.portal.portal.DEADLINE", 1.0)
    here = opened(cast.without_key)
    began = time.monotonic()
    with connect(here.port) as peer:
        peer.settimeout(0.05)
        peer.sendall(b"GET / HTTP/1.1\r\n")
        gone = False
        while not gone and time.monotonic() < began + clock.PATIENCE:
            try:
                peer.sendall(b"A")
                gone = peer.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                gone = True
    assert gone


def test_who_does_not_read_is_cut_off(cast: Cast, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pki.install.portal.portal.DEADLINE", 1.0)
    here = opened(ProfileHandout(profile=bytes(24 << 20), root=cast.authority.root))
    with connect(here.port) as peer:
        peer.sendall(f"GET /{here.token}/{PROFILE} HTTP/1.1\r\nHost: {HERE}:{here.port}\r\n\r\n".encode())
        until(lambda: any("broken off" in what for what in here.log))
    assert here.portal.given == 0


def test_one_visitor_cannot_take_all_places(cast: Cast, opened: Opened) -> None:
    """The oldest of its connections leaves for a new one; the answer under way to another is not touched."""
    here = opened(cast.without_key)
    with ExitStack() as crowd:
        first = crowd.enter_context(connect(here.port))
        for _ in range(60):
            crowd.enter_context(connect(here.port)).sendall(b"GET / HTTP/1.1\r\n")
        assert first.recv(1) == b""
        assert ask(here.port, f"/{here.token}/").status == 200


def test_two_hundred_ask_at_once_and_one_gets_it(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    answers: list[int] = []

    def fetch() -> None:
        try:
            answers.append(ask(here.port, f"/{here.token}/{PROFILE}").status)
        except OSError:  # turned out for another of its own
            answers.append(0)

    crowd = [threading.Thread(target=fetch) for _ in range(200)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert answers.count(200) == 1
    assert set(answers) <= {0, 200, 410, 503}
    until(lambda: here.portal.given == 1)


def test_it_is_over_when_the_time_is(cast: Cast, opened: Opened) -> None:
    assert opened(cast.with_alice).portal.wait(0.05) is PortalEnd.TIME


def test_it_is_over_when_all_is_given_out_and_there_is_no_test_server(cast: Cast, opened: Opened) -> None:
    here = opened(ProfileHandout.of(cast.without_key.profile, downloads=2))
    path = f"/{here.token}/{PROFILE}"
    ask(here.port, path)
    assert here.portal.wait(0.05) is PortalEnd.TIME
    threading.Timer(0.2, lambda: ask(here.port, path)).start()
    assert here.portal.wait(clock.PATIENCE) is PortalEnd.DONE


def test_with_a_test_server_it_stays_for_the_test_and_not_for_ever(
    cast: Cast, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.install.portal.portal.AFTER_THE_LAST", 0.5)
    here = opened(cast.with_alice, device_check=cast.device_check())
    ask(here.port, f"/{here.token}/{PROFILE}")
    began = time.monotonic()
    assert here.portal.wait(clock.PATIENCE) is PortalEnd.DONE
    assert time.monotonic() - began > 0.3


def test_after_it_nobody_answers(cast: Cast, at: datetime) -> None:
    with Portal(cast.with_alice, address=HERE, device_check=cast.device_check(), clock=lambda: at) as portal:
        ports = [int(str(url).split("/")[2].rpartition(":")[2]) for url in (portal.url, portal.check_url)]
        threads = threading.active_count()
    assert threading.active_count() == threads - 2
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            connect(port)


def test_a_port_in_use_is_one_clear_error(cast: Cast, opened: Opened) -> None:
    here = opened(cast.with_alice)
    with pytest.raises(HandshakeError, match=f"port {here.port} on 127.0.0.1 cannot be had: .*in use"):
        opened(cast.with_alice, port=here.port)


def test_ipv6_is_an_address_like_any_other(cast: Cast, opened: Opened, at: datetime) -> None:
    device_check = cast.device_check(identity=cast.authority.issue_server("::1", at=at))
    handout = cast.with_alice
    here = opened(handout, address="::1", device_check=device_check)
    assert here.url.startswith("http://[::1]:")
    assert str(here.portal.check_url).startswith("https://[::1]:")
    with connect(here.port, "::1") as peer:
        peer.sendall(f"GET /{here.token}/{PROFILE} HTTP/1.1\r\nHost: [::1]:{here.port}\r\n\r\n".encode())
        assert read(peer).body == handout.profile


def test_a_parcel_says_what_is_in_its_profile(cast: Cast) -> None:
    chain, alice = cast.authority.chain, cast.alice
    bare = ProfileHandout.of(build_profile(chain))
    assert (bare.identity, bare.asks_password, bare.downloads) == (None, False, 20)
    asking = ProfileHandout.of(build_profile(chain, identities=[ProfileIdentity(alice, PASSWORD)]))
    assert (asking.identity, asking.asks_password, asking.downloads) == ("alice", True, 1)
    telling = ProfileHandout.of(
        build_profile(chain, identities=[ProfileIdentity(alice, PASSWORD, embed_password=True)])
    )
    assert (telling.identity, telling.asks_password, telling.downloads) == ("alice", False, 1)
    assert bare.root == cast.authority.root


def test_a_signed_profile_is_given_out_with_its_signature(cast: Cast, opened: Opened) -> None:
    plain = cast.with_alice.profile
    signing = pkcs7.PKCS7SignatureBuilder().set_data(plain)
    signing = signing.add_signer(cast.server.certificate, cast.server.key, hashes.SHA256())
    signed = signing.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    handout = ProfileHandout.of(signed)
    assert (handout.identity, handout.root, handout.downloads) == ("alice", cast.authority.root, 1)
    here = opened(handout)
    got = ask(here.port, f"/{here.token}/{PROFILE}")
    assert (got.body, got.fields["Content-Type"]) == (signed, "application/x-apple-aspen-config")


def test_a_profile_with_nothing_to_trust_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidRequest, match="installs no root certificate"):
        ProfileHandout.of(build_profile(cast.authority.chain[:-1]))
    with pytest.raises(Unreadable):
        ProfileHandout.of(b"<?xml version='1.0'?><plist><dict/></plist>")
