"""What real clients print of servers that are bad on purpose: the answer is the scenario's own fault."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pki.explain.reading import read_text
from tests import clock
from tests.shell import command, environment

# What each scenario is, in OpenSSL's and GnuTLS's words; where these leave more open, the faults they may be.
FAULTS = {
    "untrusted-root": {"root-unknown", "issuer-unknown"},
    "self-signed": {"self-signed", "issuer-unknown"},
    "missing-intermediate": {"issuer-unknown", "missing-intermediate"},
    "expired-leaf": {"expired"},
    "expired-intermediate": {"expired"},
    "not-yet-valid": {"not-yet-valid"},
    "not-a-ca": {"not-a-ca", "purpose"},
    "pathlen": {"path-length", "ca-constraints"},
    "name-constraint": {"name-constraints", "ca-constraints"},
    "critical-unknown": {"critical-extension"},
    "md5": {"weak-digest", "weak-algorithm"},
    "wrong-host": {"name"},
    "wildcard-deep": {"name"},
    "eku-client": {"purpose"},
    "http-cleartext": {"not-tls"},
    "mtls-required-none": {"client-certificate-missing"},
}


class Served(NamedTuple):
    host: str
    port: int
    anchors: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    folder = tmp_path_factory.mktemp("served")
    line = command(
        "serve", *FAULTS, "--port", "0", "--anchors", str(folder / "anchors"), "--for", "10m", "--json"
    )
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment()) as serving:
        assert serving.stdout is not None
        where = json.loads(serving.stdout.readline())
        yield {
            server["scenario"]: Served(server["host"], server["port"], folder / "anchors" / "anchors.pem")
            for server in where["servers"]
        }
        serving.terminate()


def said(*line: str) -> str:
    ran = subprocess.run(
        line, input=b"GET / HTTP/1.0\r\n\r\n", capture_output=True, timeout=clock.PATIENCE, check=False
    )
    return (ran.stderr + b"\n" + ran.stdout).decode(errors="replace")


def check(scenario: str, text: str) -> None:
    found = read_text(text)
    assert found is not None, text
    assert found.fault in FAULTS[scenario], text


@pytest.mark.peer("curl", "apt-get install curl")
@pytest.mark.parametrize("scenario", FAULTS)
def test_curl(scenario: str, served: dict[str, Served]) -> None:
    there = served[scenario]
    way = f"{there.host}:{there.port}:127.0.0.1"
    check(scenario, said("curl", "-sS", "--cacert", str(there.anchors), "--resolve", way, f"https://{there.host}:{there.port}/"))  # fmt: skip


@pytest.mark.peer("openssl", "apt-get install openssl")
@pytest.mark.parametrize("scenario", FAULTS)
def test_s_client(scenario: str, served: dict[str, Served]) -> None:
    there = served[scenario]
    names = ("-servername", there.host, "-verify_hostname", there.host, "-verify_return_error", "-ign_eof")
    check(scenario, said("openssl", "s_client", "-connect", f"127.0.0.1:{there.port}", "-CAfile", str(there.anchors), *names))  # fmt: skip


@pytest.mark.peer("gnutls-cli", "apt-get install gnutls-bin")
@pytest.mark.parametrize("scenario", FAULTS)
def test_gnutls(scenario: str, served: dict[str, Served]) -> None:
    there = served[scenario]
    names = ("--sni-hostname", there.host, "--verify-hostname", there.host, "-p", str(there.port))
    check(scenario, said("gnutls-cli", "--x509cafile", str(there.anchors), *names, "127.0.0.1"))


@pytest.mark.parametrize("scenario", FAULTS)
def test_this_python(scenario: str, served: dict[str, Served]) -> None:
    import socket
    import ssl
    import traceback

    there = served[scenario]
    context = ssl.create_default_context(cafile=there.anchors)
    try:
        with (
            socket.create_connection(("127.0.0.1", there.port), timeout=clock.PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=there.host) as tls,
        ):
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            tls.recv(1)
    except OSError as error:
        check(scenario, "".join(traceback.format_exception(error)))
    else:
        pytest.fail("no error")
