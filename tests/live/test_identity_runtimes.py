"""Servers that people write themselves: Node's https and http2, and Go's crypto/tls.

Source: Node 20, lib/_tls_wrap.js (onServerSocketSecure: a client whose certificate does not verify is destroyed without
an alert; where none came, OpenSSL's own alert is sent: SSL_VERIFY_FAIL_IF_NO_PEER_CERT in src/crypto/crypto_tls.cc);
Go, crypto/tls, processCertsFromClient (bad_certificate for everything up to 1.20).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests import clock
from tests.live.asking import Asking
from tests.people import EXPIRED, FAR, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running

NODE = pytest.mark.peer("node", "apt-get install nodejs")
GO = pytest.mark.peer("go", "apt-get install golang-go")

_NODE = """
const fs = require('fs');
const [kind, version, host, port, files, root, crls] = process.argv.slice(2);
const options = {
  key: fs.readFileSync(files + '/key.pem'), cert: fs.readFileSync(files + '/fullchain.pem'),
  ca: fs.readFileSync(root), crl: fs.readFileSync(crls, 'utf8').split(/(?<=-----END X509 CRL-----\\n)/).filter(Boolean),
  requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version, allowHTTP1: false,
};
const answer = (request, response) => {
  response.writeHead(request.url === '/401' ? 401 : 200, {'content-type': 'text/plain'});
  response.end('let in');
};
const server = kind === 'http2' ? require('http2').createSecureServer(options, answer)
  : require('https').createServer(options, answer);
server.on('tlsClientError', error => console.log('refused: ' + error.message));
server.listen(Number(port), host);
"""
_GO = """
package main

import (
\t"crypto/tls"
\t"crypto/x509"
\t"log"
\t"net/http"
\t"os"
)

func main() {
\taddress, files, root := os.Args[1], os.Args[2], os.Args[3]
\tpem, err := os.ReadFile(root)
\tif err != nil {
\t\tlog.Fatal(err)
\t}
\tpool := x509.NewCertPool()
\tpool.AppendCertsFromPEM(pem)
\tserver := &http.Server{
\t\tAddr:      address,
\t\tTLSConfig: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool},
\t\tHandler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
\t\t\tif r.URL.Path == "/401" {
\t\t\t\tw.WriteHeader(401)
\t\t\t}
\t\t\tw.Write([]byte("let in"))
\t\t}),
\t}
\tlog.Fatal(server.ListenAndServeTLS(files+"/fullchain.pem", files+"/key.pem"))
}
"""


@pytest.fixture(scope="module")
def node(
    people: People, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Program]:
    """The parameter: the module and the TLS version."""
    place, port = tmp_path_factory.mktemp("node"), free_port()
    (place / "server.js").write_text(_NODE)
    arguments = (*request.param, LOOPBACK, str(port), people.files(SERVER), people.root, people.crls)
    with running("node", place / "server.js", *arguments, port=port, log=place / "log") as program:
        yield program


@pytest.fixture(scope="module")
def go(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("go"), free_port()
    (place / "main.go").write_text(_GO)
    here = {"GOCACHE": str(place / "cache"), "GOPATH": str(place / "path"), "GO111MODULE": "off"}
    subprocess.run(
        ["go", "build", "-o", place / "server", place / "main.go"],
        cwd=place, env={**os.environ, **here}, timeout=clock.PATIENCE, check=True,
    )  # fmt: skip
    arguments = (f"{LOOPBACK}:{port}", people.files(SERVER), people.root)
    with running(place / "server", *arguments, port=port, log=place / "log") as program:
        yield program


KINDS = [("https", "TLSv1.2"), ("https", "TLSv1.3"), ("http2", "TLSv1.2"), ("http2", "TLSv1.3")]


@NODE
@pytest.mark.parametrize("node", KINDS, indirect=True, ids=[" ".join(kind) for kind in KINDS])
@pytest.mark.parametrize("who", [GOOD, None, STRANGER, EXPIRED, REVOKED])
def test_node_closes_without_an_alert(who: str | None, node: Program, asking: Asking) -> None:
    """A good identity is accepted over HTTP/2 alone, too; of bad ones nothing is said on the wire."""
    url = f"https://localhost:{node.port}"
    told = asking.evaluate(url, who=who)
    assert told.answer == {GOOD: "accepted", None: "refused"}.get(who, "unknown")
    assert told.code == (0 if who in (GOOD, None) else 1)
    if who == GOOD:
        assert told.evidence == "HTTP 200 OK"
        return
    if who is None:
        assert any(f"alert {number} " in told.evidence for number in (40, 116))
        return
    assert "without an answer" in told.evidence
    fault = {EXPIRED: "has expired", REVOKED: "was revoked", STRANGER: "acceptable CAs"}[who]
    assert fault in asking.read(url, who=who).out


@NODE
@pytest.mark.parametrize("node", [("http2", "TLSv1.3")], indirect=True)
def test_of_a_server_that_speaks_http_2_alone(node: Program, asking: Asking) -> None:
    url, way = f"https://{FAR}:{node.port}", ("--connect", f"{LOOPBACK}:{node.port}")
    told = asking.evaluate(f"{url}/401", *way, who=GOOD)
    assert told.document["connection"]["alpn"] == "h2"
    assert (told.answer, told.code) == ("unknown", 1)
    assert told.evidence.startswith("HTTP 401 Unauthorized: the server wants a login besides, or in place of")
    ran = asking.read(url, *way, who=GOOD, command="diagnose")
    assert (ran.code, "No exception is needed." in ran.out) == (0, True)


@GO
@pytest.mark.parametrize(
    ("who", "answer", "alerts", "fault"),
    [
        pytest.param(GOOD, "accepted", (), "", id="good"),
        pytest.param(None, "refused", (42, 116), "", id="none"),
        pytest.param(STRANGER, "refused", (42, 48), "acceptable CAs", id="another CA's"),
        pytest.param(EXPIRED, "refused", (42, 45), '"late" has expired', id="expired"),
        pytest.param(REVOKED, "accepted", (), '"mallory" was revoked', id="revoked, of which Go does not learn"),
    ],
)  # fmt: skip
def test_go(
    who: str | None, answer: str, alerts: tuple[int, ...], fault: str, go: Program, asking: Asking
) -> None:
    url = f"https://localhost:{go.port}"
    told = asking.evaluate(url, who=who)
    assert told.answer == answer
    assert any(f"alert {number} " in told.evidence for number in alerts) is bool(alerts)
    assert told.code == (1 if who and answer != "accepted" else 0)
    assert fault in asking.read(url, who=who).out


@GO
def test_an_application_of_gos_that_wants_a_login(go: Program, asking: Asking) -> None:
    told = asking.evaluate(f"https://localhost:{go.port}/401", who=GOOD)
    assert told.document["connection"]["alpn"] == "h2"
    assert (told.answer, told.code) == ("unknown", 1)
    assert told.evidence.startswith("HTTP 401")
