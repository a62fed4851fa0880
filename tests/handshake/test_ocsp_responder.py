"""The OCSP responder on the wire: openssl and curl ask, and so do clients that behave badly."""

from __future__ import annotations

import base64
import http.client
import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import HandshakeError, StoreError
from pki.handshake.serving.ocsp_responder import OcspResponder
from pki.issue.ocsp import GOOD, MAX_REQUEST, Responder, respond
from pki.issue.revoked import RevocationReason
from pki.store import AuthorityFolder
from pki.store.revocation import Revocations
from tests import clock
from tests.handshake.cast import Cast
from tests.openssl import OPENSSL

CURL = pytest.mark.peer("curl", "apt-get install curl")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Successful = ocsp.OCSPResponseStatus.SUCCESSFUL


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, at: datetime) -> AuthorityFolder:
    folder = AuthorityFolder.create(tmp_path_factory.mktemp("ocsp") / "ca", name="Answering CA", at=at - HOUR)
    for name in ("good.test", "bad.test"):
        folder.issue_server(name, at=at)
    Revocations(folder).revoke("bad.test", at=at - HOUR, reason=RevocationReason.KEY_COMPROMISE)
    return folder


@pytest.fixture(scope="module")
def responder(folder: AuthorityFolder, at: datetime) -> Iterator[OcspResponder]:
    """Answers as of each question: the programs that ask hold the answers' dates against the clock."""
    book = Revocations(folder)
    responders = book.responders(at=at, until=clock.now() + DAY)
    with OcspResponder(
        lambda request: respond(request, responders, book.status, at=clock.now(), lifetime=HOUR), deadline=10
    ) as running:
        yield running


def asked(
    folder: AuthorityFolder,
    name: str,
    *,
    nonce: bytes | None = None,
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    leaf, issuer, *_ = folder.certificates(name)
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, digest or hashes.SHA1())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def posted(
    responder: OcspResponder, body: bytes, *, kind: str = "application/ocsp-request"
) -> tuple[int, bytes]:
    return _exchange(responder, "POST", "/", body, {"Content-Type": kind})


def fetched(responder: OcspResponder, path: str) -> tuple[int, bytes]:
    return _exchange(responder, "GET", path, None, {})


def _exchange(
    responder: OcspResponder, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", responder.port, timeout=clock.PATIENCE)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@OPENSSL
@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("good.test", "cert.pem: good", id="good"),
        pytest.param("bad.test", "cert.pem: revoked", id="revoked"),
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("-nonce",), id="nonce"),
        pytest.param(("-no_nonce",), id="no nonce"),
        pytest.param(("-sha256", "-nonce"), id="issuer by SHA-256"),
    ],
)
def test_openssl_asks(
    folder: AuthorityFolder, responder: OcspResponder, name: str, words: str, options: tuple[str, ...]
) -> None:
    digest = [option for option in options if option == "-sha256"]
    nonce = [option for option in options if option != "-sha256"]
    done = subprocess.run(
        [
            *("openssl", "ocsp", *digest, "-issuer", folder.path / "intermediate/cert.pem"),
            *("-cert", folder.path / "issued" / name / "cert.pem", "-url", responder.url, *nonce),
            *("-CAfile", folder.path / "root/cert.pem"),
            *("-verify_other", folder.path / "intermediate/cert.pem"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=clock.PATIENCE,
    )
    said = done.stdout + done.stderr
    assert (done.returncode, "Response verify OK" in said, words in said) == (0, True, True), said
    assert "WARNING" not in said  # what openssl says of a nonce that did not come back


@OPENSSL
def test_openssl_asks_about_a_serial_nobody_issued(folder: AuthorityFolder, responder: OcspResponder) -> None:
    done = subprocess.run(
        [
            *("openssl", "ocsp", "-issuer", folder.path / "intermediate/cert.pem", "-serial", "4711"),
            *("-url", responder.url, "-CAfile", folder.path / "root/cert.pem"),
            *("-verify_other", folder.path / "intermediate/cert.pem"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=clock.PATIENCE,
    )
    assert "4711: unknown" in done.stdout


@CURL
def test_curl_gets_what_it_would_post(
    folder: AuthorityFolder, responder: OcspResponder, tmp_path: Path
) -> None:
    request = asked(folder, "bad.test")
    (tmp_path / "request.der").write_bytes(request)
    post = ("--data-binary", f"@{tmp_path / 'request.der'}", "-H", "Content-Type: application/ocsp-request")
    path = quote(base64.b64encode(request).decode(), safe="")
    for url, options in ((responder.url, post), (responder.url + path, ())):
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "-w", "%{stderr}%{content_type}", *options, url],
            capture_output=True,
            check=False,
            timeout=clock.PATIENCE,
        )
        assert done.stderr == b"application/ocsp-response"
        answer = ocsp.load_der_ocsp_response(done.stdout)
        assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED


def test_base64_with_its_own_slashes_reads_too(folder: AuthorityFolder, responder: OcspResponder) -> None:
    """Some clients escape nothing; a nonce of all ones is full of slashes."""
    path = base64.b64encode(asked(folder, "good.test", nonce=b"\xff" * 32)).decode()
    assert "//" in path
    status, body = fetched(responder, f"/{path}")
    assert (status, ocsp.load_der_ocsp_response(body).response_status) == (200, Successful)


@pytest.mark.parametrize(
    ("length", "status"),
    [
        pytest.param(0, "MALFORMED_REQUEST", id="no octets"),
        pytest.param(1, "SUCCESSFUL", id="one"),
        pytest.param(32, "SUCCESSFUL", id="32, the most of RFC 8954"),
        pytest.param(33, "MALFORMED_REQUEST", id="33"),
    ],
)
def test_a_nonce_comes_back_within_its_lengths(
    folder: AuthorityFolder, responder: OcspResponder, length: int, status: str
) -> None:
    nonce = bytes(range(length))
    _, body = posted(responder, asked(folder, "good.test", nonce=nonce))
    answer = ocsp.load_der_ocsp_response(body)
    assert answer.response_status.name == status
    if status == "SUCCESSFUL":
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_an_issuer_not_ours_is_told_so(cast: Cast, responder: OcspResponder) -> None:
    theirs = ocsp.OCSPRequestBuilder().add_certificate(
        cast.server.certificate, cast.server.issuers[0], hashes.SHA1()
    )
    _, body = posted(responder, theirs.build().public_bytes(Encoding.DER))
    assert ocsp.load_der_ocsp_response(body).response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_a_revocation_shows_at_the_next_request(tmp_path: Path, at: datetime) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Live CA", at=at - HOUR)
    folder.issue_server("live.test", at=at)
    book = Revocations(folder)
    responders = book.responders(at=at, until=at + HOUR)
    found = []
    with OcspResponder(lambda data: respond(data, responders, book.status, at=at, lifetime=HOUR)) as running:
        for _ in range(2):
            answer = ocsp.load_der_ocsp_response(posted(running, asked(folder, "live.test"))[1])
            found.append(answer.certificate_status.name)
            Revocations(AuthorityFolder.open(folder.path)).revoke("live.test", at=at)
        assert running.wait_for(2, timeout=clock.PATIENCE) == 2
    assert found == ["GOOD", "REVOKED"]


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        pytest.param("GET", "/", None, "", 200, id="GET without a request: an OCSP error"),
        pytest.param("GET", "/not*base64", None, "", 400, id="GET of no base64"),
        pytest.param("POST", "/", b"x", "text/plain", 415, id="another content type"),
        pytest.param(
            "POST", "/", b"x" * (MAX_REQUEST + 1), "application/ocsp-request", 413, id="a body too large"
        ),
        pytest.param("POST", "/", b"junk", "application/ocsp-request", 200, id="junk: an OCSP error"),
        pytest.param("PUT", "/", b"x", "application/ocsp-request", 501, id="another method"),
    ],
)
def test_what_is_no_request_gets_an_answer_of_its_kind(
    responder: OcspResponder, method: str, path: str, body: bytes | None, kind: str, status: int
) -> None:
    code, answer = _exchange(responder, method, path, body, {"Content-Type": kind})
    assert code == status
    if code == 200:
        parsed = ocsp.load_der_ocsp_response(answer)
        assert parsed.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize(
    ("asking", "status"),
    [
        pytest.param(
            "POST / HTTP/1.1\r\nContent-Type: application/ocsp-request\r\nExpect: 100-continue",
            413,
            id="POST",
        ),
        pytest.param("GET / HTTP/1.1", 200, id="GET, whose body is left alone"),
        pytest.param("PUT / HTTP/1.1", 501, id="another method"),
    ],
)
def test_nobody_is_invited_to_send_what_is_too_large(
    responder: OcspResponder, asking: str, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", responder.port), timeout=clock.PATIENCE) as client:
        client.sendall(f"{asking}\r\nHost: localhost\r\nContent-Length: 90000000\r\n\r\n".encode())
        first_line = client.makefile("rb").readline()
    assert int(first_line.split()[1]) == status


def test_silent_clients_are_cut_off_and_keep_nobody_waiting(
    folder: AuthorityFolder, responder: OcspResponder
) -> None:
    silent = [socket.create_connection(("127.0.0.1", responder.port)) for _ in range(100)]
    try:
        silent[0].sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n")  # and never the rest
        assert posted(responder, asked(folder, "good.test"))[0] == 200
        for client in silent:
            client.settimeout(clock.PATIENCE)
            assert client.recv(1) == b""  # its deadline, not ours
    finally:
        for client in silent:
            client.close()


def test_a_damaged_ledger_is_an_internal_error(folder: AuthorityFolder, at: datetime) -> None:
    def damaged(issuer: x509.Certificate, serial: int) -> object:
        raise StoreError("the ledger is damaged")

    responders = Revocations(folder).responders(at=at, until=at + HOUR)
    data = respond(asked(folder, "good.test"), responders, damaged, at=at, lifetime=HOUR)  # type: ignore[arg-type] # it only raises
    assert ocsp.load_der_ocsp_response(data).response_status is ocsp.OCSPResponseStatus.INTERNAL_ERROR


def test_a_port_that_is_taken_is_named(responder: OcspResponder) -> None:
    with (
        pytest.raises(HandshakeError, match=str(responder.port)),
        OcspResponder(lambda data: data, port=responder.port),
    ):
        pass


@given(data=st.binary(max_size=300))
def test_any_bytes_get_an_ocsp_response(cast: Cast, at: datetime, data: bytes) -> None:
    answer = respond(
        data,
        [Responder.by_issuer(cast.authority.issuing)],
        lambda issuer, serial: GOOD,
        at=at,
        lifetime=HOUR,
    )
    assert ocsp.load_der_ocsp_response(answer).response_status is not None


def test_an_appointed_responder_is_what_rfc_6960_asks(cast: Cast, at: datetime) -> None:
    delegated = Responder.delegated(cast.authority.issuing, at=at, until=at + HOUR)
    certificate = delegated.signer.certificate
    certificate.verify_directly_issued_by(cast.authority.issuing.certificate)
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [x509.ObjectIdentifier("1.3.6.1.5.5.7.3.9")]
    assert certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert certificate.not_valid_after_utc >= at + HOUR
