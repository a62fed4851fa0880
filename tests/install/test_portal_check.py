"""The test server beside the page: every kind of visitor is told what it was taken for."""

from __future__ import annotations

import html
import plistlib
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pki.install.portal import PortalEnd
from tests import clock
from tests.clock import PATIENCE, until
from tests.handshake.programs import CURL, PASSWORD
from tests.install.asking import ask, connect
from tests.install.portals import HERE, Cast, Open

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
PROFILE = "test-ca.mobileconfig"
Opened = Callable[..., Open]


def visit(
    url: str,
    files: Path,
    *,
    showing: Path | None = None,
    version: ssl.TLSVersion = TLS13,
    path: str | None = None,
) -> str:
    """Go to URL trusting our root, showing a file with a chain whose key lies beside it; the page's text."""
    context = ssl.create_default_context(cafile=str(files / "alice/root.pem"))
    context.minimum_version = context.maximum_version = version
    if showing is not None:
        context.load_cert_chain(showing, showing.with_name("key.pem"))
    scheme, _, host, own_path = url.split("/", 3)
    assert scheme == "https:"
    port = int(host.rpartition(":")[2])
    with (
        socket.create_connection((HERE, port), timeout=PATIENCE) as bare,
        context.wrap_socket(bare, server_hostname=HERE) as secured,
    ):
        asked = path if path is not None else f"/{own_path}"
        secured.sendall(f"GET {asked} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: secured.recv(65536), b"")).decode()
    body = answer.partition("<body>")[2] or answer
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


@pytest.fixture
def here(cast: Cast, opened: Opened) -> Open:
    return opened(cast.with_alice, device_check=cast.device_check())


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize(
    ("showing", "words", "works"),
    [
        pytest.param("alice/fullchain.pem", "✓ It works: hello alice.", True, id="the right one"),
        pytest.param(None, "✗ No certificate: the device trusts the test CA, but showed no identity.", False, id="none"),
        pytest.param("mallory/fullchain.pem", "✗ The wrong one: mallory is another CA's identity.", False, id="another CA's"),
        pytest.param("mallory/cert.pem", "✗ The wrong one: mallory is another CA's identity.", False, id="another CA's, alone"),
        pytest.param("bob/fullchain.pem", "✗ bob is this CA's, but not the identity of this profile.", False, id="the same CA's, another"),
        pytest.param("expired/fullchain.pem", "✗ alice is this CA's, but servers refuse it: the certificate has expired.", False, id="out of date"),
        pytest.param("alice/cert.pem", "✓ It works: hello alice. The device trusts the test CA, and showed the right identity. It sent no intermediate", True, id="the right one without its intermediate"),
    ],
)  # fmt: skip
def test_it_says_what_it_saw(
    showing: str | None, words: str, works: bool, version: ssl.TLSVersion, here: Open, files: Path
) -> None:
    url = here.portal.check_url
    assert url is not None
    page = visit(url, files, showing=files / showing if showing else None, version=version)
    assert words in " ".join(page.split())
    until(lambda: here.log)
    assert here.log == [f"test server: {words[2:].partition(' The device trusts')[0]}"]
    assert here.portal.works is works
    said = ask(here.port, f"/{here.token}/seen").body.decode()  # and the page it came from says the same
    assert said.startswith(words[2:].partition(" The device trusts")[0])
    assert said.split(".")[0] in ask(here.port, f"/{here.token}/").body.decode()


def test_without_an_identity_in_the_profile_trust_is_all_there_is_to_show(
    cast: Cast, opened: Opened, files: Path
) -> None:
    here = opened(cast.without_key, device_check=cast.device_check(client=None, expected=None))
    url = here.portal.check_url
    assert url is not None
    assert "✓ It works: the device trusts the test CA." in visit(url, files)
    until(lambda: here.portal.works)


def test_any_identity_of_the_authority_is_right_when_the_certificate_is_not_known(
    cast: Cast, opened: Opened, files: Path
) -> None:
    here = opened(cast.with_alice, device_check=cast.device_check(expected=None))
    url = here.portal.check_url
    assert url is not None
    assert "✓ It works: hello bob." in visit(url, files, showing=files / "bob/fullchain.pem")
    assert "✗ No certificate" in visit(url, files)


@CURL
def test_a_root_that_is_not_trusted_is_told_apart(here: Open) -> None:
    url = here.portal.check_url
    assert url is not None
    ran = subprocess.run(
        ["curl", "-q", "-sS", "--noproxy", "*", url], capture_output=True, text=True, timeout=PATIENCE
    )
    assert ran.returncode == 60
    until(lambda: here.log)
    assert here.log == ["test server: Not trusted yet: the device refused the test server's certificate."]
    said = ask(here.port, f"/{here.token}/seen").body.decode()
    assert "Certificate Trust Settings" in said
    assert not here.portal.works


def test_who_leaves_during_the_handshake_is_told_why_that_may_be(here: Open) -> None:
    url = here.portal.check_url
    assert url is not None
    context = ssl.create_default_context()
    hello, nothing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(nothing, hello, server_hostname=HERE).do_handshake()
    with connect(int(url.split("/")[2].rpartition(":")[2])) as peer:
        peer.sendall(hello.read())
        assert peer.recv(1)
    until(lambda: b"left before" in ask(here.port, f"/{here.token}/seen").body)
    assert here.log[-1].startswith("The device came to the test server and left")


def test_who_was_never_there_is_told_to_look_at_the_network(here: Open) -> None:
    assert b"saw no connection from this device" in ask(here.port, f"/{here.token}/seen").body


def test_the_question_before_the_question_shows_nothing(here: Open, files: Path) -> None:
    """The page's script asks for this first; it must not count as having shown no certificate."""
    url = here.portal.check_url
    assert url is not None
    visit(f"{url}probe", files)
    visit(url, files, path="/favicon.ico")
    visit(url, files, path="/wrong/")
    assert b"saw no connection" in ask(here.port, f"/{here.token}/seen").body
    assert here.log == []


def test_who_does_not_know_the_address_of_the_test_server_learns_nothing(here: Open, files: Path) -> None:
    url = here.portal.check_url
    assert url is not None
    for path in ("/", "/wrong/", f"/{here.token}/", f"/{here.token}/{PROFILE}"):
        answer = visit(url, files, path=path)
        assert answer.startswith("HTTP/1.1 404")
        assert answer.endswith("\r\n\r\nNot Found\n")


def test_it_is_over_once_the_right_identity_has_been_shown(here: Open, files: Path) -> None:
    url = here.portal.check_url
    assert url is not None
    ask(here.port, f"/{here.token}/{PROFILE}")
    threading.Timer(0.2, lambda: visit(url, files, showing=files / "alice/fullchain.pem")).start()
    assert here.portal.wait(clock.PATIENCE) is PortalEnd.DONE
    assert here.portal.works


@CURL
def test_it_works_with_what_the_profile_carries(here: Open, cast: Cast, files: Path, tmp_path: Path) -> None:
    """The profile as it was served, its identity taken out of it by openssl, shown to the test server by curl."""
    url = here.portal.check_url
    assert url is not None
    payloads = plistlib.loads(ask(here.port, f"/{here.token}/{PROFILE}").body)["PayloadContent"]
    (identity,) = (p for p in payloads if p["PayloadType"] == "com.apple.security.pkcs12")
    (root,) = (p for p in payloads if p["PayloadType"] == "com.apple.security.root")
    (tmp_path / "a.p12").write_bytes(identity["PayloadContent"])
    (tmp_path / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(root["PayloadContent"]))
    config = f'cert-type = "P12"\ncert = "{tmp_path}/a.p12:{PASSWORD}"\n'
    ran = subprocess.run(
        ["curl", "-q", "-sS", "--noproxy", "*", "-K", "-", "--cacert", str(tmp_path / "root.pem"), url],
        input=config, capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert "It works: hello alice." in ran.stdout


def test_two_hundred_that_hold_on_do_not_keep_a_visitor_from_its_test(here: Open, files: Path) -> None:
    url = here.portal.check_url
    assert url is not None
    port = int(url.split("/")[2].rpartition(":")[2])
    crowd = [connect(port) for _ in range(200)]
    try:
        for number, peer in enumerate(crowd[150:]):
            peer.sendall((b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", b"\0")[number % 3])
        assert "It works" in visit(url, files, showing=files / "alice/fullchain.pem")
    finally:
        for peer in crowd:
            peer.close()


def test_silence_after_the_handshake_is_told_as_that_and_outweighs_nothing(here: Open, files: Path) -> None:
    url = here.portal.check_url
    assert url is not None
    context = ssl.create_default_context(cafile=str(files / "alice/root.pem"))
    context.load_cert_chain(files / "alice/fullchain.pem", files / "alice/key.pem")

    def leave() -> None:
        port = int(url.split("/")[2].rpartition(":")[2])
        with (
            socket.create_connection((HERE, port), timeout=PATIENCE) as bare,
            context.wrap_socket(bare, server_hostname=HERE) as secured,
        ):
            secured.shutdown(socket.SHUT_WR)
            while secured.recv(65536):
                pass

    def seen() -> str:
        return ask(here.port, f"/{here.token}/seen").body.decode()

    leave()
    until(lambda: "finished the handshake with the test server, and asked nothing" in seen())
    assert "Browsers do so" in seen()
    assert not here.portal.works
    visit(url, files, showing=files / "alice/fullchain.pem")
    until(lambda: here.portal.works)
    leave()
    assert "It works: hello alice." in seen()
