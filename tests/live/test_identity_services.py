"""PostgreSQL, which refuses in a message of its own, and gnutls-serv, which has one alert for every refusal.

Source: PostgreSQL, src/backend/libpq/auth.c, ClientAuthentication and CheckCertAuth; GnuTLS 3.7, src/serv.c: whatever
verification minds is answered with access_denied.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import clock
from tests.live.asking import Asking
from tests.live.places import shared_folder
from tests.people import EXPIRED, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running
from tests.shell import Ran, command, environment

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
_POSTGRES = (_BINARIES or [Path("/usr/lib/postgresql/15/bin")])[0]
POSTGRES = pytest.mark.peer(_POSTGRES / "postgres", "apt-get install postgresql")
GNUTLS = pytest.mark.peer("gnutls-serv", "apt-get install gnutls-bin")
IP = pytest.mark.peer("ip", "apt-get install iproute2")
UNSHARE = pytest.mark.peer("unshare", "apt-get install util-linux")
_NOBODY = "postgres"  # the package's own record: PostgreSQL does not run as root

# Who may log in, by database and user (PostgreSQL, The pg_hba.conf File). "alice" is compared with the CommonName.
_HBA = """
hostssl all alice,late,mallory,eve all trust clientcert=verify-full
hostssl all nobody all trust clientcert=verify-ca
"""


@pytest.fixture(scope="module")
def postgres(people: People) -> Iterator[Program]:
    """A cluster that wants a certificate of everybody who comes by TLS, and compares names."""
    owner = _NOBODY if os.geteuid() == 0 else None
    with shared_folder(owner=owner) as place:
        yield from _cluster(people, place, owner)


def _cluster(people: People, place: Path, owner: str | None) -> Iterator[Program]:
    data, port = place / "data", free_port()
    as_user = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"] if owner else []
    made = subprocess.run(
        [*as_user, _POSTGRES / "initdb", "-D", data, "-A", "trust", "-U", "alice", "--no-sync"],
        cwd=place, capture_output=True, text=True, timeout=clock.PATIENCE, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    for name, source in {
        "server.crt": people.files(SERVER) / "fullchain.pem",
        "server.key": people.files(SERVER) / "key.pem",
        "root.crt": people.root,
        "root.crl": people.crls,
    }.items():
        shutil.copy(source, data / name)
        (data / name).chmod(0o600)
    (data / "pg_hba.conf").write_text(_HBA)
    if owner is not None:
        for path in (data, *data.iterdir()):
            shutil.chown(path, owner)
    options = {
        "listen_addresses": LOOPBACK, "unix_socket_directories": "", "ssl": "on", "ssl_ca_file": "root.crt",
        "ssl_crl_file": "root.crl", "fsync": "off", "logging_collector": "off", "lc_messages": "C",
    }  # fmt: skip
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = (*as_user, _POSTGRES / "postgres", "-D", data, "-p", str(port), *settings)
    with running(*command, port=port, log=place / "log") as program:
        yield program


@POSTGRES
@pytest.mark.parametrize(
    ("who", "answer", "evidence", "fault"),
    [
        pytest.param(GOOD, "accepted", 'logged in as "alice" (AuthenticationOk)', "", id="good"),
        pytest.param(
            None, "refused", 'FATAL 28000 "connection requires a valid client certificate"', "", id="none"
        ),
        pytest.param(STRANGER, "refused", "alert 48 unknown_ca", "acceptable CAs", id="another CA's"),
        pytest.param(EXPIRED, "refused", "alert 45 certificate_expired", '"late" has expired', id="expired"),
        pytest.param(REVOKED, "refused", "alert 44 certificate_revoked", '"mallory" was revoked', id="revoked"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "target", [("localhost:{port}", "--starttls", "postgres"), ("postgres://localhost:{port}",)]
)
def test_postgres(
    who: str | None,
    answer: str,
    evidence: str,
    fault: str,
    target: tuple[str, ...],
    postgres: Program,
    asking: Asking,
) -> None:
    place = tuple(part.format(port=postgres.port) for part in target)
    told = asking.evaluate(*place, who=who)
    assert told.answer == answer
    assert evidence in told.evidence
    assert told.code == (0 if who in (GOOD, None) else 1)
    read = asking.read(*place, who=who)
    assert fault in read.out
    assert ("the server insists on a client certificate" in read.out) is (who is None)


# gnutls-serv listens on all addresses and has no option for one: it gets a network of its own, with a loopback alone.
_APART = 'ip link set lo up && echo $$ >"$1" && shift && exec "$@"'
_PORT = 4433
# As servers from before RFC 5746 are, which OpenSSL 3 leaves by default and Apple's BoringSSL does not.
_OLD = "TLS1.2:%DISABLE_SAFE_RENEGOTIATION"


@pytest.fixture(scope="module")
def gnutls(
    people: People, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[str, ...]]:
    """What enters the network where it runs. The parameter: the TLS version."""
    place, files = tmp_path_factory.mktemp("gnutls"), people.files(SERVER)
    apart = ("unshare", "--map-root-user", "--net", "sh", "-c", _APART, "sh", str(place / "pid"))
    if subprocess.run([*apart, "true"], capture_output=True, timeout=clock.PATIENCE, check=False).returncode:
        pytest.skip("this machine allows no network namespaces")
    server = (
        "gnutls-serv", "--http", f"--port={_PORT}", "--require-client-cert", "--verify-client-cert",
        f"--x509cafile={people.root}", f"--x509crlfile={people.crls}",
        f"--x509certfile={files / 'fullchain.pem'}", f"--x509keyfile={files / 'key.pem'}",
        f"--priority=NORMAL:-VERS-ALL:+VERS-{request.param}",
    )  # fmt: skip
    with running(
        *apart, *server, port=_PORT, log=place / "log", ready=lambda program: "isten" in program.words
    ):
        pid = (place / "pid").read_text().strip()
        yield ("nsenter", f"--target={pid}", "--user", "--net", "--preserve-credentials")


@GNUTLS
@IP
@UNSHARE
@pytest.mark.parametrize("gnutls", ["TLS1.2", "TLS1.3", _OLD], indirect=True)
@pytest.mark.parametrize(
    ("who", "answer", "alerts", "fault"),
    [
        pytest.param(GOOD, "accepted", (), "", id="good"),
        pytest.param(None, "refused", (50, 116), "", id="none"),
        pytest.param(STRANGER, "refused", (49,), "acceptable CAs", id="another CA's"),
        pytest.param(EXPIRED, "refused", (49,), '"late" has expired', id="expired"),
        pytest.param(REVOKED, "refused", (49,), '"mallory" was revoked', id="revoked"),
    ],
)
def test_gnutls(
    who: str | None,
    answer: str,
    alerts: tuple[int, ...],
    fault: str,
    gnutls: tuple[str, ...],
    people: People,
    tmp_path: Path,
) -> None:
    def trustrig(*args: str | Path) -> Ran:
        done = subprocess.run(
            [*gnutls, *command(*args)], cwd=tmp_path, env=environment(NO_PROXY="*"),
            capture_output=True, text=True, timeout=clock.PATIENCE, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    asking, url = Asking(trustrig, people), f"https://localhost:{_PORT}"
    told = asking.evaluate(url, who=who)
    assert told.answer == answer
    assert any(f"alert {number} " in told.evidence for number in alerts) is bool(alerts)
    assert told.code == (0 if who in (GOOD, None) else 1)
    read = asking.read(url, who=who)
    assert fault in read.out
    assert "the certificate is valid" not in read.out
