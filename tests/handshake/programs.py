"""Programs we did not write, as clients: each visits a server some times in a row and tells what came of it."""

from __future__ import annotations

import functools
import json
import os
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pki.export.pem import certificates_pem, chain_pem, fullchain_pem, key_pem, leaf_pem
from pki.export.pkcs12 import P12Encryption, write_p12
from pki.handshake import TlsVersion
from pki.model.identity import Identity
from tests.clock import PATIENCE

PASSWORD = "correct-horse"
CLIENTS = Path(__file__).with_name("clients")
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

CURL = pytest.mark.peer("curl", "apt-get install curl")
OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")
NODE = pytest.mark.peer("node", "apt-get install nodejs")
JAVA = pytest.mark.peer("javac", "apt-get install default-jdk-headless")

PEM = "pem"


def export(identity: Identity, place: Path) -> None:
    """IDENTITY in PLACE as our users hand it over: PEM files, and a .p12 of either encryption."""
    place.mkdir()
    for name, data in {
        "cert.pem": leaf_pem(identity),
        "chain.pem": chain_pem(identity),
        "fullchain.pem": fullchain_pem(identity),
        "key.pem": key_pem(identity),
        "root.pem": certificates_pem([identity.issuers[-1]]),
        **{f"{kind}.p12": write_p12(identity, password=PASSWORD, encryption=kind) for kind in P12Encryption},
    }.items():
        (place / name).write_bytes(data)
        (place / name).chmod(0o600)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who goes where: SHOWING is a folder that `export` wrote, and CONTAINER which of its files to show."""

    port: int
    trusting: Path  # the root, PEM
    showing: Path | None = None
    container: str = PEM  # or a .p12's encryption
    version: TlsVersion = TlsVersion.TLS13
    times: int = 1

    @property
    def p12(self) -> Path | None:
        return self.showing / f"{self.container}.p12" if self.showing and self.container != PEM else None


@dataclass(frozen=True)
class Said:
    """What one visit came to: let in or not, and the program's own words."""

    let_in: bool
    words: str

    @property
    def plain(self) -> str:
        """The words as one spelling: OpenSSL's `unknown ca` is Java's `unknown_ca` and Node's `UNKNOWN_CA`."""
        return self.words.lower().replace(" ", "_")


Program = Callable[[Visit], list[Said]]  # one for each time


def curl(visit: Visit) -> list[Said]:
    """curl, which gets the .p12 with its password from a configuration on its standard input."""
    config = ""
    if visit.p12:
        config = f'cert-type = "P12"\ncert = "{visit.p12}:{PASSWORD}"\n'
    elif visit.showing:
        config = f'cert = "{visit.showing}/fullchain.pem"\nkey = "{visit.showing}/key.pem"\n'
    limits = [f"--tlsv{visit.version}", "--tls-max", visit.version]
    return [
        _run(
            "curl", "-q", "-sS", "-K", "-", "--noproxy", "*", "-m", str(PATIENCE), *limits,
            "--cacert", visit.trusting, f"https://localhost:{visit.port}/", send=config.encode(),
        )
        for _ in range(visit.times)
    ]  # fmt: skip


def s_client(visit: Visit) -> list[Said]:
    """`openssl s_client`; -quiet keeps it reading until the server has closed, so that a late refusal is seen."""
    shown: list[str | Path] = []
    if visit.p12:
        # -cert_chain reads PEM only; all else is in the .p12.
        shown = ["-cert", visit.p12, "-key", visit.p12, "-pass", "env:VISIT_PASSWORD"]
        shown += ["-cert_chain", visit.p12.with_name("chain.pem")]
    elif visit.showing:
        own = visit.showing
        shown = ["-cert", own / "cert.pem", "-key", own / "key.pem", "-cert_chain", own / "chain.pem"]
    return [
        _run(
            "openssl", "s_client", "-connect", f"127.0.0.1:{visit.port}", "-servername", "localhost",
            "-verify_hostname", "localhost", "-verify_return_error", "-CAfile", visit.trusting,
            f"-tls{visit.version.replace('.', '_')}", "-quiet", *shown, send=REQUEST,
        )
        for _ in range(visit.times)
    ]  # fmt: skip


def python(visit: Visit) -> list[Said]:
    """The standard library's `ssl`, on the OpenSSL that Python brings and not on the one our server runs on."""
    context = ssl.create_default_context(cafile=str(visit.trusting))
    context.minimum_version = context.maximum_version = ssl.TLSVersion[
        f"TLSv{visit.version.replace('.', '_')}"
    ]
    if visit.showing:
        context.load_cert_chain(visit.showing / "fullchain.pem", visit.showing / "key.pem")

    def once() -> Said:
        try:
            with (
                socket.create_connection(("127.0.0.1", visit.port), timeout=PATIENCE) as bare,
                context.wrap_socket(bare, server_hostname="localhost") as secured,
            ):
                secured.sendall(REQUEST)
                page = b"".join(iter(lambda: secured.recv(65536), b""))
        except OSError as error:
            return Said(False, str(error))
        return Said(True, page.decode())

    return [once() for _ in range(visit.times)]


def node(visit: Visit) -> list[Said]:
    """Node's https, all visits from one process."""
    files: dict[str, Path] = {"ca": visit.trusting}
    if visit.p12:
        files |= {"pfx": visit.p12}
    elif visit.showing:
        files |= {"cert": visit.showing / "fullchain.pem", "key": visit.showing / "key.pem"}
    how = {
        "minVersion": f"TLSv{visit.version}",
        "maxVersion": f"TLSv{visit.version}",
        "passphrase": PASSWORD,
        "files": {option: str(path) for option, path in files.items()},
    }
    return _visits("node", CLIENTS / "visit.mjs", str(visit.times), str(visit.port), VISIT=json.dumps(how))


def java(visit: Visit) -> list[Said]:
    """HttpsURLConnection with keytool's trust store and our .p12 as the key store, all visits from one process."""
    settings: dict[str, str | Path] = {"trustStore": _trust_store(visit.trusting)}
    if visit.p12:
        settings |= {"keyStore": visit.p12}
    return _visits(
        "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Djdk.tls.client.protocols=TLSv{visit.version}",
        *(f"-Djavax.net.ssl.{name}={value}" for name, value in settings.items()),
        "-cp", _compiled(), "Visit", str(visit.times), f"https://localhost:{visit.port}/",
    )  # fmt: skip


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="clients-")


@functools.cache
def _compiled() -> Path:
    """The folder of Visit.class: starting from source costs more than all the visits."""
    folder = Path(_scratch().name)
    _quietly("javac", "-d", folder, CLIENTS / "Visit.java")
    return folder


@functools.cache
def _trust_store(root: Path) -> Path:
    store = Path(_scratch().name) / f"{len(list(Path(_scratch().name).iterdir()))}.p12"
    _quietly(
        "keytool", "-importcert", "-noprompt", "-alias", "root", "-file", root, "-keystore", store,
        "-storetype", "PKCS12", "-storepass:env", "VISIT_PASSWORD",
    )  # fmt: skip
    return store


def _quietly(*command: str | Path) -> None:
    done = subprocess.run(
        command, capture_output=True, timeout=PATIENCE, check=False, env=environment_of_programs()
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


def _run(*command: str | Path, send: bytes) -> Said:
    done = subprocess.run(
        command, input=send, capture_output=True, timeout=PATIENCE, check=False, env=environment_of_programs()
    )
    return Said(done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace"))


def _visits(*command: str | Path, **more: str) -> list[Said]:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment_of_programs(**more),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [Said(line.startswith("in: "), line) for line in done.stdout.splitlines()]


def environment_of_programs(**more: str) -> dict[str, str]:
    """Ours, less what makes Java and Node load other things, or say on stderr that they did; and the password."""
    unwanted = (
        *("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"),
        *("NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "OPENSSL_CONF"),
    )
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "VISIT_PASSWORD": PASSWORD, **more}
