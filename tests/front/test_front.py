"""Front as somebody's tests use it: what it says, who may come, and one sentence for what cannot be."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pki.errors import HandshakeError, InvalidRequest
from pki.export.pem import certificates_pem, key_pem
from pki.front import NoSuchScenario
from pki.issue import Authority
from pki.issue.revoked import RevocationReason
from pki.model.identity import Identity
from pki.store import AuthorityFolder
from pki.store.revocation import Revocations
from pki_fixtures import SCENARIOS, Front
from tests import clock
from tests.front.fronts import HERE, HOST, pages
from tests.report.test_schemas import validator

NOBODY = f"http://{HERE}:1"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def behind() -> Iterator[str]:
    with pages() as port:
        yield f"http://{HERE}:{port}"


def visit(front: Front, shown: tuple[Path, Path] | None = None) -> str:
    """The first line that a client of the standard library gets which trusts the front's root."""
    context = ssl.create_default_context(cadata=front.root_pem.decode())
    if shown is not None:
        context.load_cert_chain(*shown)
    bare = socket.create_connection((HERE, front.port), timeout=clock.PATIENCE)
    with context.wrap_socket(bare, server_hostname=front.host) as client:
        client.sendall(f"GET / HTTP/1.1\r\nHost: {front.host}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while data := client.recv(65536):
            answer += data
        return answer.decode().partition("\r")[0]


def test_without_an_authority_it_has_one_root_for_all_that_it_shows(behind: str, at: datetime) -> None:
    with Front(behind, HOST, at=at) as front, Front(behind, HOST, at=at) as other:
        assert front.root != other.root
        assert front.url == f"https://{HOST}:{front.port}/"
        for id in ("good-ec", "good-rsa", "chain-shuffled"):
            front.switch(id)
            assert (front.shown, visit(front)) == (id, "HTTP/1.1 200 OK")
        front.switch("expired-leaf")
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            visit(front)
        assert [one["scenario"] for one in front.connections][:3] == ["good-ec", "good-rsa", "chain-shuffled"]
        assert front.wait_for_connection(timeout=clock.PATIENCE)["alert"] == {
            "number": 45,
            "name": "certificate_expired",
        }
        assert (front.connection_count, front.connections_since_switch, other.connection_count) == (4, 1, 0)


def test_a_port_of_this_machine_is_a_server_behind(behind: str, at: datetime) -> None:
    with Front(int(behind.rpartition(":")[2]), HOST, at=at) as front:
        assert visit(front) == "HTTP/1.1 200 OK"


def test_nobody_came(behind: str, at: datetime) -> None:
    with (
        Front(behind, HOST, at=at) as front,
        pytest.raises(HandshakeError, match="saw no connection to good-ec") as caught,
    ):
        front.wait_for_connection(timeout=0.01)
    assert f"https://{HOST}:" in caught.value.hint


def asked(front: Front, method: str, path: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{front.control_url}{path}", method=method)
    try:
        with _DIRECT.open(request, timeout=clock.PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_its_control_port_switches_and_tells(behind: str, at: datetime) -> None:
    with Front(behind, HOST, at=at, control=0, proxy=True) as front:
        assert visit(front) == "HTTP/1.1 200 OK"
        assert asked(front, "PUT", "expired-leaf") == (204, "")
        with pytest.raises(ssl.SSLCertVerificationError):
            visit(front)
        front.wait_for_connection(timeout=clock.PATIENCE)
        status, body = asked(front, "GET", "")
        document: dict[str, Any] = json.loads(body)
        validator("trustrig.front/1").validate(document)
        assert status == 200
        assert (document["shown"], document["host"], document["behind"]) == ("expired-leaf", HOST, behind)
        assert (document["connections"], document["connections_since_switch"]) == (2, 1)
        assert [one["outcome"] for one in document["last"]] == ["accepted", "refused"]
        assert document["behind_reached"] is True
        assert document["proxy"] == front.proxy_url
        assert {*document["scenarios"], *(one["scenario"] for one in document["not_served"])} == set(
            SCENARIOS
        )
        assert asked(front, "PUT", "expird-leaf") == (
            404,
            "'expird-leaf' is no scenario. Did you mean expired-leaf?\n",
        )
        status, text = asked(front, "PUT", "wildcard-ok")
        assert (status, "a front of that name has it" in text) == (404, True)
        assert front.shown == "expired-leaf"


@pytest.mark.parametrize(
    ("host", "has", "has_not"),
    [
        pytest.param("www.api.test", {"wildcard-ok", "wildcard-partial", "wrong-host"}, {"wildcard-deep", "ip-san"}, id="a name below"),
        pytest.param("a.b.api.test", {"wildcard-deep"}, {"wildcard-ok"}, id="a name two labels below"),
        pytest.param("scenario.test", {"wildcard-tld"}, {"wildcard-ok"}, id="right below a reserved domain"),
        pytest.param("127.0.0.1", {"ip-san", "expired-leaf", "rsa1024"}, {"wrong-host", "wildcard-ok", "sha224"}, id="an address"),
        pytest.param("www.example.com", {"expired-leaf", "wrong-host"}, {"wildcard-ok", "wildcard-tld"}, id="a name that is somebody's"),
    ],
)  # fmt: skip
def test_a_name_decides_what_there_is(host: str, has: set[str], has_not: set[str], at: datetime) -> None:
    front = Front(NOBODY, host, at=at)
    for id in has:
        assert front.presented(id).host.removesuffix(".") == host
    for id in has_not:
        with pytest.raises(NoSuchScenario, match=f"{id} cannot be shown for {host}: "):
            front.presented(id)


@pytest.mark.parametrize(
    ("id", "words"),
    [
        pytest.param("expird-leaf", r"'expird-leaf' is no scenario\. Did you mean expired-leaf", id="a slip of the pen"),
        pytest.param("zzz", r"'zzz' is no scenario\. `trustrig scenarios list`", id="nothing near"),
        pytest.param("wrong-host", r"takes a name below the host, and 127\.0\.0\.1 is an address: a name has it\. These come near", id="no name to be wrong"),
        pytest.param("expired-root", "its root is the matter, and the one that is trusted, 'Front CA', is as it is", id="the root's own date"),
        pytest.param("http-cleartext", "it speaks plain HTTP, as the server behind does", id="no TLS"),
        pytest.param("mtls-not-on-list", "decided over HTTP, and there the server behind answers", id="a decision of the application"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_one_sentence_with_what_comes_near(id: str, words: str, at: datetime) -> None:
    with pytest.raises(NoSuchScenario, match=words):
        Front(NOBODY, "127.0.0.1", at=at, show=id)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda at: Front("https://localhost:3000", HOST, at=at), "speaks TLS itself", id="TLS behind"),
        pytest.param(lambda at: Front(NOBODY, "https://api.test", at=at), "is not a host", id="a URL as name"),
        pytest.param(lambda at: Front(NOBODY, "*.api.test", at=at), "is not a host", id="a wildcard as name"),
        pytest.param(lambda at: Front(NOBODY, HOST, at=at.replace(tzinfo=None)), "no time zone", id="no time zone"),
        pytest.param(lambda at: Front(NOBODY, "phone.local", at=at, proxy=True), r"below \.local", id="a name that no proxy is asked for"),
        pytest.param(lambda at: Front(NOBODY, HOST, at=at, addresses=["0.0.0.0"]), "every address at once", id="everywhere"),  # refused
        pytest.param(lambda at: Front(NOBODY, HOST, at=at, client_ca=[]), "no CA for clients was given", id="nobody's clients"),
        pytest.param(
            lambda at: Front(NOBODY, HOST, at=at, authority=Authority.create(name="Own", at=at, permit=["other.test"])),
            r"api\.test is outside what this authority may certify. Permitted: other\.test\.",
            id="another name's authority",
        ),
        pytest.param(
            lambda at: Front(NOBODY, HOST, at=at, authority=Authority.create(name="Own", at=at - timedelta(days=4000))),
            "'Own' ended on",
            id="an authority that ended",
        ),
        pytest.param(
            lambda at: Front(NOBODY, HOST, at=at, show="mtls-good", client_ca=[Authority.create(name="C", at=at).root]),
            "asks for client certificates by its own CA",
            id="two CAs for clients",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(make: Callable[[datetime], Front], words: str, at: datetime) -> None:
    with pytest.raises((InvalidRequest, NoSuchScenario), match=words):
        make(at)


def files(folder: Path, identity: Identity) -> tuple[Path, Path]:
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificates_pem(identity.sent_chain))
    key.write_bytes(key_pem(identity))
    return chain, key


@pytest.mark.parametrize("by", ["client_ca", "a scenario"])
def test_clients_of_ones_own_authority_are_let_in_until_they_are_revoked(
    by: str, behind: str, at: datetime, tmp_path: Path
) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Our CA", at=at)
    folder.issue_client("alice", at=at)
    alice = files(tmp_path, folder.identity("alice"))
    options: dict[str, Any] = {"client_ca": folder} if by == "client_ca" else {"show": "mtls-good"}
    with Front(behind, HOST, at=at, authority=folder, **options) as front:
        assert visit(front, alice) == "HTTP/1.1 200 OK"
        shown = front.wait_for_connection(timeout=clock.PATIENCE)["client_certificate"]
        assert shown is not None
        assert shown["subject"] == "CN=alice"
        with pytest.raises(OSError, match=r"(?i)certificate required|closed|reset"):
            visit(front)
    Revocations(folder).revoke("alice", at=at, reason=RevocationReason.KEY_COMPROMISE)
    with Front(behind, HOST, at=at, authority=folder, **options) as front:
        with pytest.raises(OSError, match=r"(?i)revoked|closed|reset"):
            visit(front, alice)
        assert front.wait_for_connection(timeout=clock.PATIENCE)["outcome"] == "refused"


def test_nothing_listens_beyond_loopback(behind: str, at: datetime) -> None:
    with Front(behind, HOST, at=at, control=0) as front:
        assert set(front.relay.addresses) <= {"127.0.0.1", "::1"}
        assert front.control_url is not None
        assert front.control_url.startswith("http://127.0.0.1:")


def opened(front: Front) -> ssl.SSLSocket:
    """A connection that no certificate is wrong for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    bare = socket.create_connection((HERE, front.port), timeout=clock.PATIENCE)
    return context.wrap_socket(bare, server_hostname=front.host, suppress_ragged_eofs=False)


def rest(client: ssl.SSLSocket) -> bytes:
    """All that is still to come."""
    found = b""
    while data := client.recv(65536):
        found += data
    return found


def leaf(front: Front) -> x509.Certificate:
    with opened(front) as client:
        data = client.getpeercert(binary_form=True)
    assert data is not None
    return x509.load_der_x509_certificate(data)


def test_made_anew_it_goes_on_with_the_same_root_and_closes_nobody(behind: str, at: datetime) -> None:
    later = at + timedelta(days=2)
    with Front(behind, HOST, at=at, show="not-yet-valid") as front:
        root, first = front.root, leaf(front)
        front.switch("good-ec")
        with opened(front) as kept:
            front.renew(later)
            kept.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert kept.recv(12) == b"HTTP/1.1 200"
            assert (front.shown, front.root) == ("good-ec", root)
            front.switch("not-yet-valid")
            with pytest.raises(ssl.SSLEOFError):  # it had the older good-ec
                rest(kept)
        second = leaf(front)
    assert at < first.not_valid_before_utc <= later < second.not_valid_before_utc


def test_what_can_no_longer_be_had_stays_as_it_was(behind: str, at: datetime) -> None:
    authority = Authority.create(name="Short CA", at=at)
    with Front(behind, HOST, at=at, authority=authority) as front:
        first = leaf(front)
        with pytest.raises(InvalidRequest, match="Short CA"):
            front.renew(authority.root.not_valid_after_utc + timedelta(days=1))
        front.switch("good-ec")
        assert leaf(front) == first
