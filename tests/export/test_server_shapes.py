"""`export pem --layout SERVER`: the printed lines go into that server's configuration as they are; it tests them and serves.

Each server is then asked by OpenSSL, which has the root alone: so the intermediate has to have come from the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pki.errors import InvalidRequest
from pki.export.servers import SHAPES, shape_named, written
from pki.store import AuthorityFolder
from tests import clock
from tests.live.places import shared_folder
from tests.openssl import OPENSSL
from tests.servers import LOOPBACK, free_port, running
from tests.shell import Trustrig, call, spawn

_POSTGRES = (sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path("/usr/lib/postgresql/15/bin")])[-1]
_ROOT = os.geteuid() == 0


@dataclass(frozen=True)
class Trial:
    """How a server is tried: what stands around the printed lines, its own test, and how it is started."""

    peer: tuple[str | Path, str]
    around: str
    """The configuration, with {lines} where they go, {port} and {place}."""
    file: str
    check: tuple[str | Path, ...]
    run: tuple[str | Path, ...]
    port: str = ""
    """The port in the printed lines, which a test cannot have."""
    starttls: str = ""


_APACHE_MODULES = "\n".join(
    f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
    for name in ("mpm_event", "authz_core", "ssl")
)
TRIALS = {
    "nginx": Trial(
        ("nginx", "apt-get install nginx-light"),
        "daemon off; master_process off; pid {place}/pid; error_log stderr; events {{ }}\n"
        "http {{ access_log off; client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;\n"
        "uwsgi_temp_path {place}/d; scgi_temp_path {place}/e; server {{ listen 127.0.0.1:{port} ssl;\n{lines}\n}} }}\n",
        "nginx.conf",
        ("nginx", "-t", "-c", "{file}"),
        ("nginx", "-c", "{file}"),
    ),
    "apache": Trial(
        ("apache2", "apt-get install apache2-bin"),
        "ServerRoot {place}\nServerName localhost\nPidFile {place}/pid\nDefaultRuntimeDir {place}\nErrorLog /dev/stderr\n"
        + _APACHE_MODULES
        + "\nListen 127.0.0.1:{port}\nSSLSessionCache none\n<VirtualHost *:{port}>\n{lines}\n</VirtualHost>\n",
        "apache.conf",
        ("apache2", "-t", "-f", "{file}"),
        ("apache2", "-DFOREGROUND", "-f", "{file}"),
    ),
    "haproxy": Trial(
        ("haproxy", "apt-get install haproxy"),
        "defaults\n  mode http\n  timeout client 10s\n  timeout server 10s\n  timeout connect 5s\n"
        "frontend f\n  {lines}\n  http-request return status 200\n",
        "haproxy.cfg",
        ("haproxy", "-c", "-f", "{file}"),
        ("haproxy", "-db", "-f", "{file}"),
        port="8443",
    ),
    "caddy": Trial(
        ("caddy", "apt-get install caddy"),
        "{{\n  admin off\n  auto_https off\n}}\nhttps://localhost:{port} {{\n{lines}\nrespond ok\n}}\n",
        "Caddyfile",
        ("caddy", "validate", "--config", "{file}", "--adapter", "caddyfile"),
        ("caddy", "run", "--config", "{file}", "--adapter", "caddyfile"),
    ),
    "node": Trial(
        ("node", "apt-get install nodejs"),
        "const https = require('https'), fs = require('fs'), app = (q, a) => a.end('ok');\n{lines}\n"
        "server.listen({port}, '127.0.0.1');\n",
        "server.js",
        ("node", "--check", "{file}"),
        ("node", "{file}"),
    ),
    "python": Trial(
        (sys.executable, "no Python"),
        "import http.server, ssl\n{lines}\n"
        "server = http.server.HTTPServer(('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler)\n"
        "server.socket = context.wrap_socket(server.socket, server_side=True)\nserver.serve_forever()\n",
        "server.py",
        (sys.executable, "-m", "py_compile", "{file}"),
        (sys.executable, "{file}"),
    ),
    "postgres": Trial(
        (_POSTGRES / "postgres", "apt-get install postgresql"),
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n"
        "logging_collector = off\n{lines}\n",
        "postgresql.conf",
        (_POSTGRES / "postgres", "-D", "{place}/data", "-c", "config_file={file}", "-C", "ssl_cert_file"),
        (_POSTGRES / "postgres", "-D", "{place}/data", "-c", "config_file={file}"),
        starttls="postgres",
    ),
    "redis": Trial(
        ("redis-server", "apt-get install redis-server"),
        'port 0\nbind 127.0.0.1\nsave ""\ndaemonize no\n{lines}\n',
        "redis.conf",
        (),  # it has no test of its own: it ends at once when a file does not load
        ("redis-server", "{file}"),
        port="6380",
    ),
    "mosquitto": Trial(
        ("/usr/sbin/mosquitto", "apt-get install mosquitto"),
        ("user root\n" if _ROOT else "") + "{lines}\nallow_anonymous true\n",
        "mosquitto.conf",
        (),  # the same
        ("/usr/sbin/mosquitto", "-c", "{file}"),
        port="8883",
    ),
    "stunnel": Trial(
        ("stunnel", "apt-get install stunnel4"),
        "foreground = yes\npid =\nsyslog = no\n[s]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:1\n{lines}\n",
        "stunnel.conf",
        (),  # the same
        ("stunnel", "{file}"),
    ),
}


def test_every_server_is_tried() -> None:
    assert set(TRIALS) == set(SHAPES)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority with a server's and a client's identity, each below the intermediate."""
    ca = tmp_path_factory.mktemp("shapes") / "ca"
    folder = AuthorityFolder.create(ca, name="Shape CA", at=clock.now())
    folder.issue_server("localhost", LOOPBACK, at=clock.now())
    folder.issue_client("alice", at=clock.now())
    return ca


@contextlib.contextmanager
def _place(server: str, tmp_path: Path) -> Iterator[tuple[Path, str | None]]:
    """A folder, and the account it belongs to: PostgreSQL does not run as root."""
    if server == "postgres" and _ROOT:
        with shared_folder(owner="postgres") as place:
            yield place, "postgres"
    else:
        yield tmp_path, None


@OPENSSL
@pytest.mark.parametrize("mutual", [False, True], ids=["alone", "asking clients"])
@pytest.mark.parametrize(
    "server", [pytest.param(name, marks=pytest.mark.peer(*trial.peer)) for name, trial in TRIALS.items()]
)
def test_a_server_takes_what_was_written_for_it(
    tmp_path: Path,
    authority: Path,
    server: str,
    mutual: bool,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial, port = TRIALS[server], free_port()
    with _place(server, tmp_path) as (place, owner):
        files = place / "tls files"  # a path with a space, as people have
        ran = call(
            *(
                capfd,
                monkeypatch,
                "export",
                "pem",
                "localhost",
                "--for",
                server,
                "-o",
                files,
                "--ca",
                authority,
                "--json",
            )
        )
        assert ran.code == 0, ran.err
        document = json.loads(ran.out)
        lines = "\n".join(document["mutual" if mutual else "lines"])
        file = place / trial.file
        text = lines.replace(trial.port, str(port)) if trial.port else lines
        file.write_text(trial.around.format(lines=text, port=port, place=place))
        as_user: list[str] = []
        if server == "postgres":
            as_user = _cluster(place, owner)
        for path in (files, *files.iterdir(), file) if owner else ():
            shutil.chown(path, owner, owner)
        where = {"file": file, "place": place}
        if trial.check:
            checked = subprocess.run(
                [*as_user, *(str(part).format(**where) for part in trial.check)],
                capture_output=True,
                text=True,
                timeout=clock.PATIENCE,
                env={**os.environ, "HOME": str(place)},
                check=False,
            )
            assert checked.returncode == 0, checked.stdout + checked.stderr
        start = [*as_user, *(str(part).format(**where) for part in trial.run)]
        with running(*start, port=port, log=place / "log", env={"HOME": str(place)}):
            assert "Verify return code: 0 (ok)" in _asked(port, authority, trial, client=mutual)


def _cluster(place: Path, owner: str | None) -> list[str]:
    as_user = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"] if owner else []
    made = subprocess.run(
        [*as_user, _POSTGRES / "initdb", "-D", place / "data", "-A", "trust", "--no-sync"],
        cwd=place, capture_output=True, text=True, timeout=clock.PATIENCE, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return as_user


def _asked(port: int, authority: Path, trial: Trial, *, client: bool) -> str:
    """What `openssl s_client` says, which trusts the root and has no intermediate of its own."""
    alice = authority / "issued" / "alice"
    shown = ("-cert", alice / "fullchain.pem", "-cert_chain", alice / "chain.pem", "-key", alice / "key.pem")
    command = [
        *("openssl", "s_client", "-connect", f"{LOOPBACK}:{port}", "-servername", "localhost", "-no-CApath"),
        *(
            "-CAfile",
            authority / "root" / "cert.pem",
            "-verify_return_error",
            "-verify_hostname",
            "localhost",
        ),
        *(("-starttls", trial.starttls) if trial.starttls else ()),
        *(shown if client else ()),
    ]
    done = subprocess.run(
        list(map(str, command)), input="", capture_output=True, text=True, timeout=clock.PATIENCE, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.peer("nginx", "apt-get install nginx-light")
def test_the_test_would_see_a_key_that_is_anothers(
    tmp_path: Path, authority: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call(
        capfd,
        monkeypatch,
        "export",
        "pem",
        "localhost",
        "--for",
        "nginx",
        "-o",
        tmp_path / "f",
        "--ca",
        authority,
    )
    shutil.copy(authority / "issued" / "alice" / "key.pem", tmp_path / "f" / "key.pem")
    lines = "\n".join(written(SHAPES["nginx"].lines, SHAPES["nginx"], tmp_path / "f"))
    file = tmp_path / "nginx.conf"
    file.write_text(TRIALS["nginx"].around.format(lines=lines, port=1, place=tmp_path))
    done = subprocess.run(["nginx", "-t", "-c", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_keys_are_their_owners_alone_and_a_combined_file_is_a_key(
    tmp_path: Path, authority: Path, trustrig: Trustrig
) -> None:
    for server, shape in SHAPES.items():
        folder = tmp_path / server
        ran = trustrig("export", "pem", "localhost", "--layout", server, "-o", folder, "--ca", authority)
        assert ran.code == 0
        assert shape.check.partition("«")[0] in ran.out
        for part in shape.files:
            assert (folder / part.file).stat().st_mode & 0o777 == (0o600 if part.secret else 0o644)
            assert str(folder / part.file) in ran.out
            assert (b"PRIVATE KEY" in (folder / part.file).read_bytes()) is part.secret


@pytest.mark.parametrize("server", SHAPES)
def test_what_is_printed_for_a_shell_can_be_pasted_with_a_space_in_the_path(
    server: str,
    tmp_path: Path,
    authority: Path,
    trustrig: Trustrig,
) -> None:
    folder = tmp_path / "my server"
    ran = trustrig("export", "pem", "localhost", "--layout", server, "-o", folder, "--ca", authority)
    note = ran.out.partition("\nNote: ")[2].strip().rstrip(".")
    if str(folder) in note:
        words = shlex.split(note.replace("server's", ""))
        assert any(Path(word.rpartition("=")[2]).is_file() for word in words)
    if server == "python":
        line = ran.out.partition("\nThen: ")[2].partition("\n")[0].replace("python", sys.executable, 1)
        assert subprocess.run(["sh", "-c", line], check=False).returncode == 0
        (folder / "key.pem").write_bytes((authority / "issued" / "alice" / "key.pem").read_bytes())
        assert subprocess.run(["sh", "-c", line], check=False, capture_output=True).returncode != 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--for", "tomcat"), "export keystore", id="Java"),
        pytest.param(("--for", "IIS"), "export pfx", id="Windows"),
        pytest.param(("--for", "ngnix"), "Did you mean nginx?", id="a slip"),
        pytest.param(("--for", "nginx", "--password-file", "pw"), "unattended", id="an encrypted key"),
    ],
)
def test_what_is_refused_says_what_helps(
    tmp_path: Path, authority: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "pw").write_text("secret")
    ran = spawn("export", "pem", "localhost", "-o", "f", "--ca", authority, *arguments, cwd=tmp_path)
    assert ran.code == 2
    assert words in ran.err
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("folder", ["/a$b", '/a"b', "/a'b", "/a\\b", "/a{b", "/a\nb"])
def test_a_path_that_means_something_else_is_refused(folder: str) -> None:
    with pytest.raises(InvalidRequest, match="means something else"):
        written(("«key.pem»",), SHAPES["nginx"], Path(folder))


def test_other_words_for_a_server() -> None:
    assert shape_named("Apache2") is SHAPES["apache"]
    assert shape_named("postgresql") is SHAPES["postgres"]


def test_a_clients_identity_in_a_servers_place_is_warned_of(
    tmp_path: Path, authority: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = call(
        capfd,
        monkeypatch,
        "export",
        "pem",
        "alice",
        "--for",
        "nginx",
        "-o",
        tmp_path / "f",
        "--ca",
        authority,
    )
    assert "not issued for servers" in ran.err
