"""Stapled OCSP answers: what our server sends, and what our client makes of what comes."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from pki.errors import InvalidRequest
from pki.handshake import ClientCertificates, LoopbackServer, ServerSettings, TlsVersion, call_server
from pki.handshake.acceptance.stapling import staple_seen
from pki.handshake.run import shake_hands, shake_hands_over_sockets
from pki.issue import Authority, KeyType
from pki.issue.ocsp import GOOD, UNKNOWN, Responder, Status
from pki.issue.revoked import Revocation, RevocationReason
from pki.model.certificate import CertFacts
from pki.model.identity import Identity
from pki.model.staple import StapleState
from pki.model.transcript import Ending, Party, Transcript
from pki.report.transcript import transcript_document, transcript_text
from pki.store.pem import identity_files
from pki.trust import Book, OcspAnswer, RevocationData
from pki.trust.certificate_status import revocation_status
from tests import clock
from tests.handshake.cast import Cast
from tests.openssl import OPENSSL
from tests.servers import free_port

CURL = pytest.mark.peer("curl", "apt-get install curl")
DAY = timedelta(days=1)
BOTH = [pytest.param(v, id=f"TLS {v}") for v in (TlsVersion.TLS12, TlsVersion.TLS13)]
Staple = Callable[[Cast, datetime], bytes | None]


def revoked(identity: Identity, at: datetime) -> Status:
    serial = identity.certificate.serial_number
    return Status(known=True, revocation=Revocation(serial, at - DAY, RevocationReason.KEY_COMPROMISE))


def staple(
    authority: Authority,
    identity: Identity,
    status: Status,
    *,
    made: datetime,
    lasts: timedelta = 7 * DAY,
    delegated: bool = True,
) -> bytes:
    issuing = authority.issuing
    responder = (
        Responder.delegated(issuing, at=made, until=made + lasts)
        if delegated
        else Responder.by_issuer(issuing)
    )
    serial = identity.certificate.serial_number
    return responder.answer(serial, status, at=made, next_update=made + lasts)


def good(cast: Cast, at: datetime) -> bytes:
    return staple(cast.authority, cast.server, GOOD, made=at)


def taken(cast: Cast, at: datetime) -> bytes:
    return staple(cast.authority, cast.server, revoked(cast.server, at), made=at)


def taken_says_the_ca(cast: Cast, at: datetime) -> bytes:
    return staple(cast.authority, cast.server, revoked(cast.server, at), made=at, delegated=False)


def out_of_date(cast: Cast, at: datetime) -> bytes:
    return staple(
        cast.authority, cast.server, GOOD, made=at - timedelta(minutes=110), lasts=timedelta(minutes=9)
    )


def by_a_stranger(cast: Cast, at: datetime) -> bytes:
    """Signed by a responder of the other CA, about our issuer: what an attacker could staple."""
    strange = Responder.delegated(cast.stranger.issuing, at=at, until=at + DAY).signer
    forged = Responder(cast.authority.issuing.certificate, strange)
    return forged.answer(cast.server.certificate.serial_number, GOOD, at=at, next_update=at + DAY)


def unheard_of(cast: Cast, at: datetime) -> bytes:
    return staple(cast.authority, cast.server, UNKNOWN, made=at)


def of_alice(cast: Cast, at: datetime) -> bytes:
    return staple(cast.authority, cast.alice, GOOD, made=at)


def serving(cast: Cast, version: TlsVersion, data: bytes | None) -> ServerSettings:
    return replace(cast.serving(version, ask=ClientCertificates.NONE), staple=data)


CASES = [
    pytest.param(lambda cast, at: None, StapleState.NONE, Ending.ACCEPTED, id="none"),
    pytest.param(good, StapleState.GOOD, Ending.ACCEPTED, id="good"),
    pytest.param(taken, StapleState.REVOKED, Ending.REFUSED, id="revoked"),
    pytest.param(taken_says_the_ca, StapleState.REVOKED, Ending.REFUSED, id="revoked, signed by the CA"),
    pytest.param(out_of_date, StapleState.EXPIRED, Ending.ACCEPTED, id="out of date"),
    pytest.param(by_a_stranger, StapleState.WRONG, Ending.ACCEPTED, id="signed by a stranger"),
    pytest.param(unheard_of, StapleState.UNKNOWN, Ending.ACCEPTED, id="unknown to the responder"),
]


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
@pytest.mark.parametrize("delegated", [True, False])
@pytest.mark.parametrize("made", [timedelta(), -40 * DAY], ids=["now", "forty days ago"])
def test_our_responders_satisfy_apples_policy_for_their_signers(
    kind: str, delegated: bool, made: timedelta, at: datetime
) -> None:
    """SecPolicyCreateOCSPSigner, of the leaf and of the intermediate; a good answer is good when it was made."""
    ours = Authority.create(name="Responders", key_type=KeyType(kind), at=at - 50 * DAY)
    leaf = ours.issue_server("localhost", at=at - 49 * DAY, days=90)
    moment = at + made
    path = [facts(one) for one in (leaf.certificate, ours.issuing.certificate, ours.root)]
    assert ours.parent is not None
    for number, issuing in enumerate((ours.issuing, ours.parent.issuing)):
        responder = (
            Responder.delegated(issuing, at=moment, until=moment + DAY)
            if delegated
            else Responder.by_issuer(issuing)
        )
        for status, word in ((GOOD, "good"), (revoked(leaf, moment), "revoked")):
            data = responder.answer(path[number].serial, status, at=moment, next_update=moment + DAY)
            answer = OcspAnswer.parse(data)
            assert answer.produced_at == moment
            for book in Book:
                found = revocation_status(
                    RevocationData(ocsp=(answer,)),
                    path[number],
                    path[number + 1],
                    moment,
                    book=book,
                    above=path[number + 2 :],
                )
                assert found.status == word, found.text


@pytest.mark.parametrize(("delegated", "apple"), [(True, "good"), (False, "unknown")])
def test_apple_verifies_no_answer_signed_by_an_edwards_key(delegated: bool, apple: str, at: datetime) -> None:
    """SecKeyGetAlgorithmForSecAsn1AlgId knows RSA and ECDSA; an delegated responder has a P-256 key here."""
    ours = Authority.create(name="Edwards", key_type=KeyType.ED25519, at=at - DAY)
    leaf = ours.issue_server("localhost", at=at, days=9)
    issuing = ours.issuing
    responder = (
        Responder.delegated(issuing, at=at, until=at + DAY) if delegated else Responder.by_issuer(issuing)
    )
    data = responder.answer(leaf.certificate.serial_number, GOOD, at=at, next_update=at + DAY)
    cert, issuer = facts(leaf.certificate), facts(issuing.certificate)
    known = RevocationData(ocsp=(OcspAnswer.parse(data),))
    found = {
        book: revocation_status(known, cert, issuer, at, book=book, above=[facts(ours.root)]) for book in Book
    }
    assert {book: answer.status for book, answer in found.items()} == {Book.APPLE: apple, Book.RFC: "good"}
    assert ("verifies no such answer" in found[Book.APPLE].text) is not delegated


def facts(certificate: Certificate) -> CertFacts:
    return CertFacts.parse(certificate.public_bytes(Encoding.DER))


def check(transcript: Transcript, state: StapleState, ending: Ending) -> None:
    assert transcript.staple is not None
    assert (transcript.staple.state, transcript.ending) == (state, ending)
    if ending is Ending.REFUSED:
        assert transcript.refused_by is Party.CLIENT
        assert transcript.alert_name == "bad_certificate_status_response"
        assert "cert-not-revoked" in transcript.reason


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("made", "state", "ending"), CASES)
def test_our_client_judges_what_our_server_staples(
    cast: Cast, at: datetime, version: TlsVersion, made: Staple, state: StapleState, ending: Ending
) -> None:
    client, server = cast.client(None, version), serving(cast, version, made(cast, at))
    for shake in (shake_hands, shake_hands_over_sockets):
        check(shake(client, server, at=at), state, ending)


@pytest.mark.parametrize("version", BOTH)
def test_a_revocation_comes_before_the_client_shows_itself(
    cast: Cast, at: datetime, version: TlsVersion
) -> None:
    server = replace(cast.serving(version), staple=taken(cast, at))
    transcript = shake_hands(cast.client(cast.alice, version), server, at=at)
    assert transcript.refused_by is Party.CLIENT
    assert transcript.client.sent == ()


def test_the_transcript_tells_it_in_80_columns(cast: Cast, at: datetime) -> None:
    version = TlsVersion.TLS13
    found = {}
    for name, made in (("good", good), ("expired", out_of_date)):
        data = made(cast, at)
        transcript = shake_hands(cast.client(None, version), serving(cast, version, data), at=at)
        text = transcript_text(transcript)
        assert max(map(len, text.splitlines())) <= 80
        found[name] = next(line for line in text.splitlines() if line.startswith("Stapled OCSP"))
        document = transcript_document(transcript)["staple"]
        assert (document["state"], document["used"]) == (name, name == "good")
        assert document["octets"] == len(data)
    assert found["good"].split("  ")[-1].strip() == "good, says the OCSP answer"
    assert "expired: the OCSP answer is out of date" in found["expired"]


@pytest.mark.parametrize("made", [of_alice, lambda cast, at: b"", lambda cast, at: b"junk"])
def test_a_staple_that_openssl_would_leave_out_is_refused(cast: Cast, at: datetime, made: Staple) -> None:
    settings = serving(cast, TlsVersion.TLS13, made(cast, at))
    with pytest.raises(InvalidRequest, match="staple"):
        shake_hands(cast.client(None, TlsVersion.TLS13), settings, at=at)


@pytest.mark.parametrize(
    ("data", "state"),
    [
        pytest.param(b"junk", StapleState.UNREADABLE, id="junk"),
        pytest.param(
            bytes.fromhex("30030a0106"), StapleState.UNREADABLE, id="unauthorized (RFC 6960, 4.2.1)"
        ),
    ],
)
def test_what_is_no_answer_is_seen_as_that(cast: Cast, at: datetime, data: bytes, state: StapleState) -> None:
    from pki.handshake.ends.certificates import ders

    path = ders((cast.server.certificate, *cast.server.issuers))
    seen = staple_seen(data, path, at)
    assert (seen.state, seen.ignored, seen.octets) == (state, True, len(data))


# --- peers


@pytest.fixture
def files(cast: Cast, tmp_path: Path) -> Path:
    chain = (cast.server.certificate, *cast.server.issuers)
    for name, (data, _) in identity_files(chain, cast.server.key).items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "root.pem").write_bytes(identity_files((cast.authority.root,), None)["cert.pem"][0])
    return tmp_path


@OPENSSL
@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("made", "words"),
    [
        pytest.param(good, "Cert Status: good", id="good"),
        pytest.param(taken, "Cert Status: revoked", id="revoked"),
        pytest.param(lambda cast, at: None, "no response sent", id="none"),
    ],
)
def test_openssl_s_client_reads_our_staple(
    cast: Cast, files: Path, at: datetime, version: TlsVersion, made: Staple, words: str
) -> None:
    with LoopbackServer(serving(cast, version, made(cast, at)), at=at, deadline=clock.PATIENCE) as server:
        done = subprocess.run(
            [
                *("openssl", "s_client", "-status", "-connect", f"127.0.0.1:{server.port}"),
                *("-servername", "localhost", "-CAfile", files / "root.pem"),
            ],
            input="GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=clock.PATIENCE,
        )
    assert words in done.stdout


@CURL
@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("made", "code", "words"),
    [
        pytest.param(good, 0, "", id="good"),
        pytest.param(
            taken, 91, "revocation reason: keyCompromise", id="revoked"
        ),  # CURLE_SSL_INVALIDCERTSTATUS
        pytest.param(lambda cast, at: None, 91, "No OCSP response", id="none"),
    ],
)
def test_curl_judges_our_staple(
    cast: Cast, files: Path, at: datetime, version: TlsVersion, made: Staple, code: int, words: str
) -> None:
    with LoopbackServer(serving(cast, version, made(cast, at)), at=at, deadline=clock.PATIENCE) as server:
        done = subprocess.run(
            [
                *("curl", "-sS", "--noproxy", "*", "--cert-status", "--cacert", files / "root.pem"),
                f"https://localhost:{server.port}/",
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=clock.PATIENCE,
        )
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr


@contextlib.contextmanager
def s_server(files: Path, version: TlsVersion, *options: str | Path) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [
            *(
                "openssl",
                "s_server",
                "-accept",
                f"127.0.0.1:{port}",
                "-www",
                f"-tls{version.replace('.', '_')}",
            ),
            *("-cert", files / "cert.pem", "-key", files / "key.pem", "-cert_chain", files / "chain.pem"),
            *options,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        clock.until(lambda: clock.listens(port))
        yield port
    finally:
        process.kill()
        process.wait()


@OPENSSL
@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("made", "state", "ending"),
    [*CASES, pytest.param(of_alice, StapleState.WRONG, Ending.ACCEPTED, id="about another certificate")],
)
def test_our_client_judges_what_openssl_staples(
    cast: Cast,
    files: Path,
    at: datetime,
    version: TlsVersion,
    made: Staple,
    state: StapleState,
    ending: Ending,
) -> None:
    data = made(cast, at)
    options: tuple[str | Path, ...] = ()
    if data is not None:
        (files / "staple.der").write_bytes(data)
        options = ("-status_file", files / "staple.der")
    with s_server(files, version, *options) as port:
        check(call_server(cast.client(None, version), port, at=at), state, ending)
