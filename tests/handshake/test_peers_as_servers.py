"""nginx, a server we did not write, with files we exported: our client and curl are let in, refused, and refuse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pki.handshake import TlsVersion, call_server
from pki.model.transcript import Party
from tests.handshake.cast import Cast
from tests.handshake.programs import CURL, Visit, curl
from tests.servers import free_port, running

TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
NGINX = pytest.mark.peer("nginx", "apt-get install nginx")
VERSIONS = [pytest.param(version, id=f"TLS {version}") for version in (TLS12, TLS13)]

_CONFIGURATION = """
daemon off;
master_process off;
pid {place}/nginx.pid;
error_log stderr info;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
  uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
  server {{
    listen 127.0.0.1:{port} ssl;
    server_name localhost;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {files}/server/fullchain.pem;
    ssl_certificate_key {files}/server/key.pem;
    ssl_client_certificate {files}/server/root.pem;
    ssl_verify_client on;
    ssl_verify_depth 2;
    location / {{ return 200 "verify=$ssl_client_verify dn=$ssl_client_s_dn proto=$ssl_protocol\\n"; }}
  }}
}}
"""


@pytest.fixture(scope="session")
def nginx(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx that wants client certificates of our authority."""
    place = tmp_path_factory.mktemp("nginx")
    port = free_port()
    (place / "nginx.conf").write_text(_CONFIGURATION.format(place=place, files=files, port=port))
    command = ("nginx", "-e", "stderr", "-p", place, "-c", place / "nginx.conf")
    with running(*command, port=port, log=place / "log"):
        yield port


@NGINX
@pytest.mark.parametrize("version", VERSIONS)
def test_our_client_is_let_in_by_nginx(version: TlsVersion, nginx: int, cast: Cast, at: datetime) -> None:
    seen = call_server(cast.client(cast.alice, version), nginx, at=at)
    assert (seen.accepted, seen.status, seen.version) == (True, 200, f"TLSv{version}")
    assert seen.acceptable_cas == ("CN=Our CA",)
    assert [cert.label for cert in seen.server.sent] == ["localhost", "Our CA Intermediate"]


@NGINX
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("who", "words"),
    [
        pytest.param(None, "requires a client certificate, and the client sent none", id="none"),
        pytest.param("mallory", "none of its issuers is among the acceptable CAs", id="wrong CA"),
        pytest.param(
            "expired", 'SSL certificate error"; by what we hold, "ex-alice" has expired', id="expired"
        ),
    ],
)
def test_what_nginx_refuses_with_http_400_in_a_good_handshake_is_a_refusal(
    who: str | None, words: str, version: TlsVersion, nginx: int, cast: Cast, at: datetime
) -> None:
    identity = getattr(cast, who) if who else None
    seen = call_server(cast.client(identity, version), nginx, at=at)
    assert (seen.refused_by, seen.alert, seen.status) == (Party.SERVER, None, 400)
    assert words in seen.reason


@NGINX
@pytest.mark.parametrize("version", VERSIONS)
def test_our_client_refuses_nginx_under_a_root_it_does_not_trust(
    version: TlsVersion, nginx: int, cast: Cast, at: datetime
) -> None:
    seen = call_server(cast.client(cast.alice, version, trusted_roots=(cast.stranger.root,)), nginx, at=at)
    assert (seen.refused_by, seen.alert_name, seen.client.sent) == (Party.CLIENT, "unknown_ca", ())


@NGINX
@CURL
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("who", "answer"),
    [
        pytest.param("alice", "verify=SUCCESS dn=CN=alice", id="the right one"),
        pytest.param(None, "No required SSL certificate was sent", id="none"),
        pytest.param("mallory", "The SSL certificate error", id="wrong CA"),
        pytest.param("expired", "The SSL certificate error", id="expired"),
    ],
)
def test_curl_and_nginx_agree_about_our_identities(
    who: str | None, answer: str, version: TlsVersion, nginx: int, files: Path
) -> None:
    (said,) = curl(
        Visit(
            port=nginx,
            version=version,
            trusting=files / "server/root.pem",
            showing=files / who if who else None,
        )
    )
    assert answer in said.words
