"""An authority for a local network: what it certifies, everybody takes; and of the Internet it certifies nothing."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki import LAN_NAMES, Anchor, Authority, Identity, LoopbackServer, NotPermitted, ServerSettings, evaluate
from pki.handshake import ClientCertificates
from pki.issue.constraints import read_permitted
from tests import clock
from tests.openssl import OPENSSL, openssl_refusal

CURL = pytest.mark.peer("curl", "apt-get install curl")
GO = pytest.mark.peer("go", "apt-get install golang-go")

WITHIN = [
    *("api.test", "*.api.test", "mac.local", "localhost", "app.localhost", "nas.home.arpa", "build.internal"),
    *("10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.20", "169.254.7.7", "127.0.0.1", "127.9.9.9"),
    *("::1", "fd12:3456::1", "fe80::1"),
]
OUTSIDE = [
    *("example.com", "test.example.com", "local.com", "notlocalhost", "192.168.1.20.nip.io", "nas.lan"),
    *(
        "172.15.255.255",
        "172.32.0.1",
        "192.169.0.1",
        "100.64.0.1",
        "8.8.8.8",
        "2001:db8::1",
        "::ffff:10.0.0.1",
    ),
    *("alice@api.test", "URI:https://api.test/"),
]


@pytest.fixture(scope="module")
def lan(at: datetime) -> Authority:
    return Authority.create(name="LAN CA", at=at, permit=LAN_NAMES)


@pytest.mark.parametrize("name", WITHIN)
@OPENSSL
def test_what_it_certifies_apple_and_openssl_take(
    name: str, lan: Authority, at: datetime, tmp_path: Path
) -> None:
    served = lan.issue_server(name, at=at)
    host = name.replace("*", "www")
    chain = [one.public_bytes(Encoding.DER) for one in served.sent_chain]
    anchor = Anchor.parse(lan.root.public_bytes(Encoding.DER), "user")
    verdict = evaluate(chain, host=host, at=at, anchors=[anchor])
    assert verdict.trusted, verdict.headline
    kind = "-verify_ip" if ":" in host or host[0].isdigit() else "-verify_hostname"
    whole = (served.certificate, *served.issuers)
    assert openssl_refusal(tmp_path, whole, kind, host) == ""


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_that_somebody_on_the_internet_can_have_is_certified(
    name: str, lan: Authority, at: datetime
) -> None:
    with pytest.raises(NotPermitted, match="outside what this authority may certify"):
        lan.issue_server("api.test", name, at=at)


def test_more_names_go_beside_those_of_a_lan(at: datetime) -> None:
    authority = Authority.create(name="LAN CA", at=at, permit=(*LAN_NAMES, "staging.example"))
    authority.issue_server("api.staging.example", "192.168.1.20", at=at)
    permitted = read_permitted(authority.root)
    assert permitted is not None
    assert len((*permitted.dns, *permitted.networks)) == len(LAN_NAMES) + 1


@CURL
@pytest.mark.parametrize("host", ["192.168.1.20", "api.test", "mac.local", "localhost", "[::1]"])
def test_curl_takes_each(host: str, lan: Authority, at: datetime, tmp_path: Path) -> None:
    served = lan.issue_server(host.strip("[]"), at=at)
    root = tmp_path / "root.pem"
    root.write_bytes(lan.root.public_bytes(Encoding.PEM))
    settings = ServerSettings(identity=served, client_certificates=ClientCertificates.NONE)
    with LoopbackServer(settings, at=at, deadline=clock.PATIENCE) as server:
        ran = subprocess.run(
            [
                *("curl", "--silent", "--show-error", "--cacert", str(root), "--noproxy", "*"),
                *("--connect-to", f"::127.0.0.1:{server.port}", f"https://{host}:{server.port}/"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr


PROGRAM = """
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"time"
)

func main() {
	var asked struct {
		Root, Between string
		At            time.Time
		Leaves        map[string]string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(asked.Root))
	between.AppendCertsFromPEM([]byte(asked.Between))
	for host, text := range asked.Leaves {
		block, _ := pem.Decode([]byte(text))
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err == nil {
			options := x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between, CurrentTime: asked.At}
			_, err = leaf.Verify(options)
		}
		if err != nil {
			fmt.Println(host, err)
		}
	}
}
"""


@GO
@pytest.mark.slow
def test_go_takes_all_of_them(lan: Authority, at: datetime, tmp_path: Path) -> None:
    def pem(identity: Identity) -> str:
        return identity.certificate.public_bytes(Encoding.PEM).decode()

    asked = {
        "Root": lan.root.public_bytes(Encoding.PEM).decode(),
        "Between": lan.issuing.certificate.public_bytes(Encoding.PEM).decode(),
        "At": at.isoformat(),
        "Leaves": {name.replace("*", "www"): pem(lan.issue_server(name, at=at)) for name in WITHIN},
    }
    (tmp_path / "main.go").write_text(PROGRAM)
    ran = subprocess.run(
        ["go", "run", "main.go"],
        input=json.dumps(asked),
        cwd=tmp_path,
        env={**os.environ, "GOCACHE": str(tmp_path / "cache"), "GOFLAGS": "-mod=mod", "GO111MODULE": "off"},
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
