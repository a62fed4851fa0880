"""No command reaches beyond this machine, or asks the network for a name, but those whose job it is.

Each command runs in a process of its own, in which an audit hook (PEP 578) notes every address and every name that is
asked for, and turns away what is not on this machine: the test needs no network and sends nothing into one.
A new command fails here until it has a line in QUIET; one that goes to the network by design has one in LOUD as well.
"""

from __future__ import annotations

import datetime
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki.export.profile import build_profile
from pki.export.signing import sign_profile
from pki.handshake import ChainsTo, ClientCertificates, LoopbackServer, ServerSettings
from pki.store import AuthorityFolder
from pki_cli.tree import COMMANDS, CommandTree
from tests import chains, clock
from tests.fixtures.witnessing import witness_of
from tests.shell import command, environment

HOOK = """
import errno, ipaddress, json, os, sys

RESOLVING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
REACHING = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
STARTING = ("subprocess.Popen", "os.posix_spawn", "os.system", "os.exec")  # the hook does not see into others

def stays_here(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

def watch(event, args):
    if event in RESOLVING:
        place = args[0][0] if isinstance(args[0], tuple) else args[0]
        here = place is None or stays_here(place)  # no name: the addresses of this machine
    elif event in REACHING:
        address = args[1]
        inet = isinstance(address, tuple)
        place = address[0] if inet else address  # a path: AF_UNIX; None: a datagram on a connected socket
        here = not inet or stays_here(place)
    elif event in STARTING:
        place, here = str(args[0]), False
    else:
        return
    line = json.dumps({"event": event, "place": str(place), "here": here}) + "\\n"
    log = os.open(os.environ["NETWORK_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(log, line.encode())
    os.close(log)
    if not here:
        raise OSError(errno.ENETUNREACH, "kept on this machine by a test")

sys.addaudithook(watch)
"""

# One line for each command, and one for each of its ways that could lead to the network. {port} is a server of ours.
QUIET = (
    "demo",
    "dev web.test",
    "init --ca other-ca --permit test",
    "init --ca alone-ca --root-only",
    "init --ca adopted-ca --from signer/root/cert.pem --key signer/root/key.pem",
    "issue server www.test 192.0.2.20",
    "issue client carol",
    "issue intermediate 'Second CA'",
    "issue csr request.pem",
    "issue cross root --by signer",
    "list --json",
    "renew alice",
    "evaluate chain.pem --host api.test --anchor trustrig-ca",
    "evaluate chain.pem --host api.test --anchor trustrig-ca --second-opinion",
    "evaluate chain.pem --host api.test --anchor trustrig-ca --info-plist Info.plist --format html -o report.html",
    "evaluate chain.pem --host api.test --anchor trustrig-ca --fetch",
    "evaluate lonely.pem --host test.example --anchor far.pem",
    "evaluate lonely.pem --host test.example --anchor far.pem --second-opinion",
    "evaluate lonely.pem --host test.example --anchor far.pem --fetch-from ca.test",
    "audit chain.pem --anchor trustrig-ca -o audited --format html",
    "audit hosts --anchor trustrig-ca",
    "evaluate https://localhost:{port} --anchor trustrig-ca --second-opinion",
    "evaluate https://api.test --connect 127.0.0.1:{port} --anchor trustrig-ca",
    "evaluate https://localhost:{port} --anchor trustrig-ca --alt-svc",
    "diagnose https://localhost:{port} --anchor trustrig-ca",
    "explain -67901",
    "ats Info.plist --host api.test --needs-app-trust",
    "override chain.pem --host api.test --anchor trustrig-ca --info-plist Info.plist",
    "handshake --client alice",
    "handshake --client alice --sockets",
    "dtls handshake --client alice",
    "dtls serve --for 0.5s",
    "dtls diagnose 127.0.0.1:{port} --ca trustrig-ca --client alice",
    "psk handshake --psk-identity meter --psk-file key",
    "psk serve --psk-identity meter --psk-file key --for 0.5s",
    "psk connect 127.0.0.1:{port} --psk-identity meter --psk-file key",
    "revoke alice",
    "crl -o revoked.crl",
    "crl show list.crl",
    "ocsp answer alice -o alice.ocsp",
    "ocsp show told.ocsp",
    "ocsp serve --for 1s",
    "scenarios list --here",
    "scenarios show missing-intermediate-aia --json",
    "serve --port 0 --for 0.5s --anchors rig good-ec missing-intermediate-aia ip-san",
    "serve --port 0 --for 0.5s --dns --dns-port 0 good-ec",
    "serve --port 0 --for 0.5s --ca trustrig-ca good-ec missing-intermediate-aia revoked",
    "front :{port} --name api.test --port 0 --control 0 --pac --dns --dns-port 0 --for 0.5s",
    "apply pki.toml",
    "export p12 alice -o a.p12 --password-file password",
    "export profile --client alice -o a.mobileconfig",
    "export profile --client alice --wifi Corp --wifi-server radius.test --signer api.test -o s.mobileconfig",
    "export pem alice -o parts/",
    "export pem api.test --layout nginx -o served/",
    "export keystore alice -o a.ks --password-file password",
    "export pfx alice -o a.pfx --password-file password",
    "export snippets --client alice -o App",
    "export bundle -o bundle --client alice --password-file password",
    "inspect chain.pem",
    "inspect signed.mobileconfig --check",
    "scenarios compile rig good-ec mtls-revoked missing-intermediate-aia --seed 7",
    "scenarios compare witness.json",
    "install simulator --all-sets --dry-run",
    "install mac --client alice --dry-run",
    "uninstall --dry-run",
    "report chain.pem --host api.test --anchor trustrig-ca -o report.md",
    "completion zsh",
    "install device --address 127.0.0.1 --client alice --minutes 0.02",
    "install device --address 127.0.0.1 --front :{port} --front-port 0 --for 0.5s",
)
# Those that go where they are told to, and the one place each may reach or ask for.
LOUD = (
    ("evaluate lonely.pem --host test.example --anchor far.pem --fetch", "192.0.2.1"),
    ("evaluate https://192.0.2.1 --anchor trustrig-ca", "192.0.2.1"),
    ("evaluate https://server.example --anchor trustrig-ca", "server.example"),
    ("audit far-hosts --anchor trustrig-ca", "server.example"),
    ("evaluate lonely.pem --host test.example --anchor far.pem --fetch-from 192.0.2.1", "192.0.2.1"),
    ("evaluate ldaps://directory.example --anchor trustrig-ca", "directory.example"),
    ("evaluate mail.example:25 --starttls smtp --anchor trustrig-ca", "mail.example"),
    ("evaluate https://api.test --connect 192.0.2.1:8443 --anchor trustrig-ca", "192.0.2.1"),
    ("diagnose https://server.example --anchor trustrig-ca", "server.example"),
)
# Those that ask the system's resolver for a name and send nothing themselves.
ASKING = (("doctor", "trustrig-check.localhost"),)


@dataclass(frozen=True)
class Watched:
    """One process, and what the hook saw of it."""

    code: int
    err: str
    seen: tuple[dict[str, Any], ...]

    @property
    def beyond(self) -> tuple[str, ...]:
        """What it reached or asked for beyond this machine, each once."""
        return tuple(
            dict.fromkeys(f"{event['event']} {event['place']}" for event in self.seen if not event["here"])
        )


@dataclass(frozen=True)
class Post:
    """Where commands are watched: files to work on, and a server."""

    files: Path
    hook: Path
    port: int

    def watch(self, *line: str, scratch: Path) -> Watched:
        """Run LINE among a copy of the files."""
        here, log = scratch / "here", scratch / "log"
        shutil.copytree(self.files, here)
        env = environment(NETWORK_LOG=str(log))
        env = {name: value for name, value in env.items() if not name.lower().endswith("_proxy")}
        env["PYTHONPATH"] = os.pathsep.join((str(self.hook), env["PYTHONPATH"]))
        done = subprocess.run(
            line, cwd=here, env=env, capture_output=True, text=True, timeout=clock.PATIENCE, check=False
        )
        seen = log.read_text().splitlines() if log.exists() else []
        return Watched(done.returncode, done.stderr, tuple(map(json.loads, seen)))

    def trustrig(self, line: str, scratch: Path) -> Watched:
        """Run `trustrig LINE`."""
        return self.watch(*command(*shlex.split(line.format(port=self.port))), scratch=scratch)


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory, at: datetime.datetime) -> Iterator[Post]:
    files, hook = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("hook")
    (hook / "sitecustomize.py").write_text(HOOK)
    folder = AuthorityFolder.create(files / "trustrig-ca", name="Silent CA", at=at)
    folder.issue_server("api.test", "localhost", "127.0.0.1", at=at)
    folder.issue_client("alice", at=at)
    AuthorityFolder.create(files / "signer", name="Signing CA", at=at)
    for made in ("crl -o list.crl", "ocsp answer alice -o told.ocsp"):
        subprocess.run(command(*made.split()), cwd=files, env=environment(), check=True, capture_output=True)
    server = folder.identity("api.test")
    (files / "chain.pem").write_bytes(b"".join(map(_pem, server.sent_chain)))
    (files / "request.pem").write_bytes(_request())
    (files / "signed.mobileconfig").write_bytes(sign_profile(build_profile([folder.root]), server))
    (files / "password").write_text("correct-horse-battery\n")
    (files / "pki.toml").write_text(
        '[ca.own]\nocsp = ["http://192.0.2.1/"]\n[server.api]\nnames = ["api.example"]\n'
        '[[export.ocsp]]\nleaf = "api"\nto = "api.ocsp"\n'
    )
    small = "scenarios compile small good-ec --seed 7 --at 2026-11-30T12:00:00Z"
    subprocess.run(command(*small.split()), cwd=files, env=environment(), check=True, capture_output=True)
    manifest = json.loads((files / "small/manifest.json").read_text())
    (files / "witness.json").write_text(json.dumps(witness_of(manifest)))
    (files / "key").write_text("5a" * 32)
    (files / "far-hosts").write_text("server.example\n")
    (files / "key").chmod(0o600)
    (files / "Info.plist").write_text(
        '<plist version="1.0"><dict><key>NSAppTransportSecurity</key><dict/></dict></plist>'
    )
    top = chains.root()
    issuers = x509.AccessDescription(
        x509.oid.AuthorityInformationAccessOID.CA_ISSUERS,
        x509.UniformResourceIdentifier("http://192.0.2.1/middle.cer"),
    )
    told = x509.AuthorityInformationAccess([issuers])
    # Judged by the clock: Apple fetches nothing for a certificate that has expired.
    lonely = chains.leaf(
        chains.intermediate(top), extra=((told, False),), start=at - chains.DAY, end=at + 60 * chains.DAY
    )
    (files / "lonely.pem").write_bytes(_pem(lonely.cert))
    (files / "far.pem").write_bytes(_pem(top.cert))
    settings = ServerSettings(
        identity=server, policy=ChainsTo((folder.root,)), client_certificates=ClientCertificates.NONE
    )
    with LoopbackServer(settings, at=at) as serving:
        (files / "hosts").write_text(f"localhost:{serving.port}\n")
        yield Post(files, hook, serving.port)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _request() -> bytes:
    names = x509.SubjectAlternativeName([x509.DNSName("requested.test")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.add_extension(names, critical=False)
    return request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM)


def every_command() -> Iterator[str]:
    """The words of each command in the table, subcommands included."""

    def below(node: Any, words: str) -> Iterator[str]:
        children = getattr(node, "commands", None)
        if children is None:
            yield words
            return
        for name, child in children.items():
            yield from below(child, f"{words} {name}")

    tree = CommandTree(name="trustrig")
    for name in COMMANDS:
        yield from below(tree.get_command(None, name), name)


def test_every_command_has_a_line() -> None:
    lines = (*QUIET, *(line for line, _ in ASKING))
    missing = [
        words for words in every_command() if not any(f"{line} ".startswith(f"{words} ") for line in lines)
    ]
    assert not missing, f"add a line to QUIET for: {', '.join(missing)}"


@pytest.mark.slow
@pytest.mark.parametrize("line", QUIET)
def test_stays_on_this_machine(post: Post, line: str, tmp_path: Path) -> None:
    ran = post.trustrig(line, tmp_path)
    assert ran.code in (0, 1), ran.err  # an answer: a command that gave up was silent for the wrong reason
    assert ran.beyond == ()
    ours = (
        "{port}",
        " hosts ",
        "--sockets",
        " serve --",
        "--address 127.0.0.1",
    )  # what opens a socket on this machine
    assert bool(ran.seen) == any(sign in f" {line}" for sign in ours)


@pytest.mark.slow
@pytest.mark.parametrize(("line", "place"), LOUD)
def test_reaches_the_place_it_was_told_and_no_other(
    post: Post, line: str, place: str, tmp_path: Path
) -> None:
    ran = post.trustrig(line, tmp_path)
    assert ran.code in (1, 3), ran.err  # the hook turned it away
    assert {event.split()[1] for event in ran.beyond} == {place}
    assert "Traceback" not in ran.err


@pytest.mark.slow
@pytest.mark.parametrize(("line", "name"), ASKING)
def test_asks_for_one_name_and_reaches_nobody(post: Post, line: str, name: str, tmp_path: Path) -> None:
    ran = post.trustrig(line, tmp_path)
    assert ran.code in (0, 1), ran.err
    assert ran.beyond == (f"socket.getaddrinfo {name}",)
    assert len(ran.seen) == 1


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        pytest.param("s.connect_ex(('192.0.2.1', 9))", "socket.connect 192.0.2.1", id="a connection"),
        pytest.param("s.connect(('127.0.0.1', 9))", None, id="a connection to this machine"),
        pytest.param("s.bind(('', 0))", "socket.bind ", id="listening to the network"),
        pytest.param("s.bind(('127.0.0.1', 0))", None, id="listening to this machine"),
        pytest.param("u.sendto(b'?', ('192.0.2.1', 53))", "socket.sendto 192.0.2.1", id="a datagram"),
        pytest.param("u.sendmsg([b'?'], [], 0, ('192.0.2.1', 53))", "socket.sendmsg 192.0.2.1", id="a message"),
        pytest.param("socket.getaddrinfo('a.example', 443)", "socket.getaddrinfo a.example", id="a name"),
        pytest.param("socket.getaddrinfo('localhost', 443)", None, id="the name of this machine"),
        pytest.param("socket.gethostbyname('a.example')", "socket.gethostbyname a.example", id="a name, the old way"),
        pytest.param("socket.getnameinfo(('192.0.2.1', 53), 0)", "socket.getnameinfo 192.0.2.1", id="an address's name"),
        pytest.param("__import__('os').system('true')", "os.system b'true'", id="another program"),
    ],
)  # fmt: skip
def test_the_hook_sees(post: Post, code: str, seen: str | None, tmp_path: Path) -> None:
    """What a command could do, done: this test is why the others can fail."""
    start = "import socket; s = socket.socket(); u = socket.socket(type=socket.SOCK_DGRAM); s.setblocking(False); "
    ran = post.watch(sys.executable, "-c", start + code, scratch=tmp_path)
    assert ran.beyond == ((seen,) if seen is not None else ())
    assert ran.seen


def test_a_command_without_a_line_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "phone-home", COMMANDS["explain"])
    monkeypatch.setattr(CommandTree, "get_command", lambda *_: None)
    with pytest.raises(AssertionError, match="phone-home"):
        test_every_command_has_a_line()
