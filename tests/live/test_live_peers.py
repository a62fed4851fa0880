"""Servers and clients that others wrote: OpenSSL's, and nginx for the web and for mail."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.handshake import TlsVersion
from pki.live import NoOfferAccepted, Route, diagnose, evaluate_live, parse_target
from pki.model.identity import Identity
from pki.model.unanswered import Unanswered
from pki.model.verdict import Verdict
from pki.report.app_error import error_of_code, expected_error
from pki.store.pem import identity_files
from tests import clock
from tests.live.stage import URL, Stage, scripted
from tests.live.test_starttls import SCRIPTS
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
    verdict, _ = evaluate_live(route, at=stage.at, anchors=stage.anchors(), identity=identity)
    return verdict


@OPENSSL
@pytest.mark.parametrize(
    ("options", "failing"),
    [
        ((), []),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), []),
        (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), ["ats-tls12"]),
        (("-tls1_3", "-groups", "X448"), ["tls-handshake-offered"]),
        (("-alpn", "mqtt"), ["tls-alpn-offered"]),
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
@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_nginx_as_a_mail_server(protocol: str, stage: Stage, files: Path, tmp_path: Path) -> None:
    with nginx(_MAIL, tmp_path, files, protocol=protocol, module=_MAIL_MODULE) as port:
        verdict = judged(stage, port, starttls=protocol)
    assert verdict.trusted
    assert not verdict.ats_applies


_DOORS = """
daemon off; master_process off; pid {place}/pid; error_log stderr info;
events {{ }}
http {{
  access_log off; client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
  uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
  ssl_certificate {files}/fullchain.pem; ssl_certificate_key {files}/key.pem;
  server {{ listen 127.0.0.1:{port} {options}; return 204; }}
}}
"""


@NGINX
@pytest.mark.parametrize(
    ("options", "url", "cause", "told"),
    [
        # ngx_http_core_module, proxy_protocol: a connection that begins otherwise is broken off.
        ("ssl proxy_protocol", URL, ("closed", "reset"), "--haproxy-protocol"),
        ("", URL, ("not-tls",), "That is plain HTTP"),
        ("ssl; ssl_reject_handshake on", URL, ("name-not-served",), "nothing under api.example.test"),
        (
            "ssl; ssl_reject_handshake on",
            "https://127.0.0.1",
            ("name-not-served",),
            "no name was sent in SNI",
        ),
    ],
    ids=["PROXY protocol", "plain HTTP", "another name", "an address"],
)
def test_nginx_that_shows_no_certificate(
    options: str, url: str, cause: tuple[str, ...], told: str, stage: Stage, files: Path, tmp_path: Path
) -> None:
    with nginx(_DOORS, tmp_path, files, options=options) as port:
        route = Route(parse_target(url), via=("127.0.0.1", port), timeout=clock.PATIENCE)
        for ask in (evaluate_live, diagnose):
            with pytest.raises(Unanswered) as failed:
                ask(route, at=stage.at, anchors=stage.anchors())  # type: ignore[operator]  # the two ask alike
            assert failed.value.cause in cause
            assert told in str(failed.value)
            assert "3DES" not in str(failed.value)
            assert "DES-CBC3" not in str(failed.value)


@OPENSSL
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_server_with_pre_shared_keys_alone(version: str, stage: Stage, tmp_path: Path) -> None:
    port = free_port()
    suites = ("-cipher", "PSK") if version == "-tls1_2" else ()
    with (
        running(
            *(
                "openssl",
                "s_server",
                "-nocert",
                "-psk",
                "5a" * 32,
                "-accept",
                f"127.0.0.1:{port}",
                "-quiet",
                version,
            ),
            *suites,
            port=port,
            log=tmp_path / "log",
        ),
        pytest.raises(NoOfferAccepted) as failed,
    ):
        judged(stage, port)
    assert (failed.value.cause, failed.value.alert) == ("no-shared-parameters", 40)
    assert f"trustrig psk connect 127.0.0.1:{port}" in str(failed.value)
    assert "no certificate for the name" in str(failed.value)  # the other that looks so from here
    assert failed.value.expected is not None
    assert failed.value.expected.short == "-1200 (stream -9824)"


@OPENSSL
@pytest.mark.parametrize("suite", ["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"])
def test_a_suite_of_tls_13_that_no_apple_client_offers(suite: str, stage: Stage, files: Path) -> None:
    with s_server(files, "-tls1_3", "-ciphersuites", suite, "-cipher", "ALL:@SECLEVEL=0") as port:
        verdict = judged(stage, port)
    assert verdict.transport is not None
    assert verdict.transport.suite == suite
    assert [f.rule_id for f in verdict.failures] == ["tls-suite-offered"]


@OPENSSL
def test_an_alpn_of_its_own_is_no_hindrance_where_nothing_is_offered(stage: Stage, files: Path) -> None:
    """An SMTP server that checks ALPN (Exim) refuses h2, and takes a client that names nothing."""
    with s_server(files, "-alpn", "smtp") as port:
        web = judged(stage, port)
        target = parse_target("smtps://api.example.test")
        route = Route(target, via=("127.0.0.1", port), timeout=clock.PATIENCE)
        mail, _ = evaluate_live(route, at=stage.at, anchors=stage.anchors())
    assert [finding.rule_id for finding in web.failures] == ["tls-alpn-offered"]
    assert expected_error(web) == error_of_code("no-application-protocol", 120)
    assert mail.trusted
    assert not mail.ats_applies
    assert expected_error(mail) is None  # no URLSession speaks it


@OPENSSL
@pytest.mark.parametrize("protocol", ["ldap", "postgres", "mysql", "pop3", "ftp", "sieve"])
def test_our_script_of_a_protocol_is_one_that_openssl_follows(protocol: str) -> None:
    """What stands in for a server elsewhere in these tests says what a real client expects; others chat otherwise."""
    hellos: list[bytes] = []

    def serve(guest: socket.socket) -> None:
        SCRIPTS[protocol](guest)
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
