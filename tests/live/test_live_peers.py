"""Servers and clients that others wrote: OpenSSL's, and nginx for the web and for mail."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.handshake import TlsVersion
from pki.live import Route, evaluate_live, parse_target
from pki.model.identity import Identity
from pki.model.verdict import Verdict
from pki.store.pem import identity_files
from tests import clock
from tests.live.stage import URL, Stage, scripted
from tests.live.test_starttls import ldap, postgres
from tests.servers import free_port, running

OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")
NGINX = pytest.mark.peer("nginx", "apt-get install nginx")
_MAIL_MODULE = Path("/usr/lib/nginx/modules/ngx_mail_module.so")
VERSIONS = (TlsVersion.TLS12, TlsVersion.TLS13)


@pytest.fixture(scope="module")
def files(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    identity = stage.server
    for name, (data, mode) in identity_files((identity.certificate, *identity.issuers), identity.key).items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(mode)
    (folder / "root.pem").write_bytes(identity_files((stage.authority.root,), None)["cert.pem"][0])
    return folder


@contextlib.contextmanager
def s_server(files: Path, *options: str) -> Iterator[int]:
    port = free_port()
    with running(
        "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", files / "cert.pem", "-key", files / "key.pem",
        "-cert_chain", files / "chain.pem", "-www", *options, port=port, log=files / "s_server.log",
    ):  # fmt: skip
        yield port


def judged(
    stage: Stage, port: int, *, identity: Identity | None = None, starttls: str | None = None
) -> Verdict:
    target = parse_target(URL if starttls is None else "api.example.test", starttls=starttls)
    route = Route(target, via=("127.0.0.1", port), timeout=clock.PATIENCE)
    (verdict,), _ = evaluate_live(route, at=[stage.at], anchors=stage.anchors(), identity=identity)
    return verdict


@OPENSSL
@pytest.mark.parametrize(
    ("options", "failing"),
    [
        ((), []),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), []),
        (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), ["ats-tls12"]),
        (("-tls1_3", "-groups", "X448"), ["tls-handshake-offered"]),
        (("-alpn", "mqtt"), ["tls-handshake-offered"]),
    ],
    ids=["default", "TLS 1.2", "TLS 1.1", "X448", "another protocol"],
)
def test_openssl_as_the_server(
    options: tuple[str, ...], failing: list[str], stage: Stage, files: Path
) -> None:
    with s_server(files, *options) as port:
        verdict = judged(stage, port)
    assert [finding.rule_id for finding in verdict.findings if finding.fails] == failing


_HTTP = """
daemon off; master_process off; pid {place}/pid; error_log stderr info;
events {{ }}
http {{
  access_log off; client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
  uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
  server {{
    listen 127.0.0.1:{port} ssl http2; server_name api.example.test;
    ssl_certificate {files}/fullchain.pem; ssl_certificate_key {files}/key.pem;
    ssl_client_certificate {files}/root.pem; ssl_verify_client on; ssl_verify_depth 3;
    location / {{ return 204; }}
  }}
}}
"""
_MAIL = """
load_module {module};
daemon off; master_process off; pid {place}/pid; error_log stderr info;
events {{ }}
mail {{
  server_name api.example.test; auth_http 127.0.0.1:1/none; ssl_certificate {files}/fullchain.pem;
  ssl_certificate_key {files}/key.pem; starttls on;
  server {{ listen 127.0.0.1:{port}; protocol {protocol}; }}
}}
"""


@contextlib.contextmanager
def nginx(configuration: str, place: Path, files: Path, **more: object) -> Iterator[int]:
    port = free_port()
    (place / "nginx.conf").write_text(configuration.format(place=place, files=files, port=port, **more))
    command = ("nginx", "-e", "stderr", "-p", place, "-c", place / "nginx.conf")
    with running(*command, port=port, log=place / "log"):
        yield port


@NGINX
def test_nginx_asks_over_http_2_and_refuses_in_words(stage: Stage, files: Path, tmp_path: Path) -> None:
    fates = {}
    with nginx(_HTTP, tmp_path, files) as port:
        for who, identity in {"nobody": None, "alice": stage.alice, "mallory": stage.mallory}.items():
            transport = judged(stage, port, identity=identity).transport
            assert transport is not None
            assert transport.alpn == "h2"
            assert transport.acceptable_cas == ("Our CA",)
            assert transport.identified is not None
            fates[who] = transport.identified.status
    assert fates == {"nobody": 400, "alice": 204, "mallory": 400}


@NGINX
@pytest.mark.peer(_MAIL_MODULE, "apt-get install libnginx-mod-mail")
@pytest.mark.parametrize("protocol", ["smtp", "imap"])
def test_nginx_as_a_mail_server(protocol: str, stage: Stage, files: Path, tmp_path: Path) -> None:
    with nginx(_MAIL, tmp_path, files, protocol=protocol, module=_MAIL_MODULE) as port:
        verdict = judged(stage, port, starttls=protocol)
    assert verdict.trusted
    assert not verdict.ats_applies


@OPENSSL
@pytest.mark.parametrize(("protocol", "play"), [("ldap", ldap), ("postgres", postgres)])
def test_our_script_of_a_protocol_is_one_that_openssl_follows(protocol: str, play: object) -> None:
    """What stands in for a directory and a database elsewhere in these tests says what a real client expects."""
    hellos: list[bytes] = []

    def serve(guest: socket.socket) -> None:
        play(guest)  # type: ignore[operator]  # a table's row
        hellos.append(guest.recv(6))

    with scripted(serve) as port:
        subprocess.run(
            ["openssl", "s_client", "-starttls", protocol, "-connect", f"127.0.0.1:{port}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=clock.PATIENCE,
            check=False,
        )
    assert hellos[0][:1] == b"\x16"  # a handshake record
    assert hellos[0][5:6] == b"\x01"  # a ClientHello
