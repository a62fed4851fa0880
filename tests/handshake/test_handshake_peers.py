"""Programs we did not write, against our server and our client, with identities and files we made."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from pki.export.pkcs12 import P12Encryption, write_p12
from pki.handshake import LoopbackServer, TlsVersion, call_server
from pki.model.identity import Identity
from pki.model.transcript import Party
from pki.store.pem import identity_files
from tests.handshake.cast import Cast

TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
PASSWORD = "correct-horse"
CURL = pytest.mark.peer("curl", "apt-get install curl")
OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")
NGINX = pytest.mark.peer("nginx", "apt-get install nginx")
WHO = ["alice", "expired", "mallory"]
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="session")
def files(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each of the cast as PEM and PKCS #12, and the root a client trusts."""
    folder = tmp_path_factory.mktemp("peers")
    for who in ("server", *WHO):
        identity: Identity = getattr(cast, who)
        place = folder / who
        place.mkdir()
        for name, (data, mode) in identity_files(
            (identity.certificate, *identity.issuers), identity.key
        ).items():
            (place / name).write_bytes(data)
            (place / name).chmod(mode)
    for encryption in P12Encryption:
        (folder / f"{encryption}.p12").write_bytes(
            write_p12(cast.alice, password=PASSWORD, encryption=encryption)
        )
    (folder / "root.pem").write_bytes(identity_files((cast.authority.root,), None)["cert.pem"][0])
    return folder


@dataclass(frozen=True)
class Said:
    """What a program printed, and its exit code."""

    code: int
    out: str
    err: str


def _run(*command: str | Path, send: bytes = b"") -> Said:
    done = subprocess.run(
        [str(part) for part in command], input=send, capture_output=True, timeout=20, check=False
    )
    return Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def _curl(files: Path, port: int, *, who: str | None, version: TlsVersion) -> Said:
    shown: list[str | Path] = (
        ["--cert", files / who / "fullchain.pem", "--key", files / who / "key.pem"] if who else []
    )
    limits = [f"--tlsv{version}", "--tls-max", version.value]
    return _run(
        "curl", "-sS", "--noproxy", "*", "-m", "10", *limits, "--cacert", files / "root.pem", *shown,
        f"https://localhost:{port}/",
    )  # fmt: skip


def _s_client(files: Path, port: int, *, who: str | None, version: TlsVersion) -> Said:
    shown: list[str | Path] = (
        [
            "-cert",
            files / who / "cert.pem",
            "-key",
            files / who / "key.pem",
            "-cert_chain",
            files / who / "chain.pem",
        ]
        if who
        else []
    )
    # -quiet keeps it reading until the server has closed, so that a TLS 1.3 refusal is seen.
    return _run(
        "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-verify_hostname",
        "localhost", "-verify_return_error", "-CAfile", files / "root.pem", f"-tls{version.replace('.', '_')}",
        "-quiet", *shown, send=REQUEST,
    )  # fmt: skip


Program = Callable[..., Said]
CLIENTS = [pytest.param(_curl, id="curl", marks=CURL), pytest.param(_s_client, id="s_client", marks=OPENSSL)]
VERSIONS = [pytest.param(version, id=f"TLS {version}") for version in (TLS12, TLS13)]
# Who comes, the alert's number in TLS 1.2 and 1.3, and how OpenSSL spells it.
REFUSED = [
    pytest.param(
        None, {TLS12: 40, TLS13: 116}, {TLS12: "handshake failure", TLS13: "certificate required"}, id="none"
    ),
    pytest.param(
        "mallory", {TLS12: 48, TLS13: 48}, {TLS12: "unknown ca", TLS13: "unknown ca"}, id="wrong CA"
    ),
    pytest.param(
        "expired",
        {TLS12: 45, TLS13: 45},
        {TLS12: "certificate expired", TLS13: "certificate expired"},
        id="expired",
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", CLIENTS)
def test_our_server_lets_the_right_client_in(
    program: Program, version: TlsVersion, files: Path, cast: Cast, at: datetime
) -> None:
    with LoopbackServer(cast.serving(version), at=at) as server:
        said = program(files, server.port, who="alice", version=version)
        server.wait_for(1)
        (seen,) = server.transcripts
    assert said.code == 0, said.err
    assert "hello CN=alice" in said.out
    assert f"TLSv{version}" in said.out
    assert seen.accepted
    assert [cert.label for cert in seen.client.sent] == ["alice", "Our CA Intermediate"]


# curl 7.88 takes this alert for a complaint of its own: "SSL certificate verification failed", exit code 60.
CURLS_OWN_WORDS = (_curl, "expired", TLS12)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", CLIENTS)
@pytest.mark.parametrize(("who", "alert", "words"), REFUSED)
def test_our_server_refuses_and_the_program_can_say_why_five_times_in_a_row(
    who: str | None,
    alert: dict[TlsVersion, int],
    words: dict[TlsVersion, str],
    program: Program,
    version: TlsVersion,
    files: Path,
    cast: Cast,
    at: datetime,
) -> None:
    with LoopbackServer(cast.serving(version), at=at) as server:
        for _ in range(5):
            said = program(files, server.port, who=who, version=version)
            assert said.code != 0
            assert words[version] in said.err or (program, who, version) == CURLS_OWN_WORDS
        server.wait_for(5)
        stories = server.transcripts
    for seen in stories:
        assert (seen.refused_by, seen.alert_number) == (Party.SERVER, alert[version])
        assert seen.alert
        assert seen.alert.after_peer_done is (version is TLS13)


@CURL
@pytest.mark.parametrize("encryption", P12Encryption)
def test_curl_opens_our_p12_and_is_let_in(
    encryption: P12Encryption, files: Path, cast: Cast, at: datetime
) -> None:
    container = files / f"{encryption}.p12"
    with LoopbackServer(cast.serving(TLS13), at=at) as server:
        said = _run(
            "curl", "-sS", "--noproxy", "*", "-m", "10", "--cacert", files / "root.pem", "--cert-type", "P12",
            "--cert", f"{container}:{PASSWORD}", f"https://localhost:{server.port}/",
        )  # fmt: skip
    assert said.code == 0, said.err
    assert "hello CN=alice" in said.out


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", CLIENTS)
def test_programs_refuse_our_server_under_a_root_they_do_not_trust(
    program: Program, version: TlsVersion, files: Path, cast: Cast, at: datetime
) -> None:
    with LoopbackServer(cast.serving(version, identity=cast.impostor), at=at) as server:
        said = program(files, server.port, who="alice", version=version)
        server.wait_for(1)
        (seen,) = server.transcripts
    assert said.code != 0
    assert (seen.refused_by, seen.alert_name) == (Party.CLIENT, "unknown_ca")
    assert [cert.label for cert in seen.server.sent] == ["localhost", "Their CA Intermediate"]


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
    ssl_client_certificate {files}/root.pem;
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
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (place / "nginx.conf").write_text(_CONFIGURATION.format(place=place, files=files, port=port))
    command = ["nginx", "-e", "stderr", "-p", str(place), "-c", str(place / "nginx.conf")]
    with (place / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            else:
                pytest.fail(f"nginx did not start: {(place / 'log').read_text()}")
            yield port
        finally:
            process.terminate()


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
        pytest.param("expired", "did not accept", id="expired"),
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
    assert answer in _curl(files, nginx, who=who, version=version).out
