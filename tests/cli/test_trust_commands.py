"""`ats`, `override`, and what `evaluate` is told besides the chain."""

from __future__ import annotations

import base64
import json
import plistlib
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki.handshake.issuer_fetch import Fetcher
from pki.model.certificate import CertFacts
from pki.trust import POLICIES
from tests import clock
from tests.chains import DAY, HOST, Made, intermediate, leaf, root
from tests.shell import Trustrig

CENTURY: Any = {"start": datetime(2020, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC)}
TOP, OWN = root(**CENTURY), root("The app's own", **CENTURY)
MIDDLE = intermediate(TOP, **CENTURY)


def server(issuer: Made, **more: Any) -> Made:
    """One that is valid for the commands, which go by the clock: from yesterday for two months."""
    return leaf(issuer, start=clock.now() - DAY, end=clock.now() + 60 * DAY, **more)


@pytest.fixture
def trustrig(trustrig: Trustrig) -> Trustrig:
    save("root.pem", TOP)
    save("own.pem", OWN)
    save("chain.pem", server(MIDDLE), MIDDLE)
    save("private.pem", server(OWN))
    return trustrig


def save(name: str, *made: Made) -> Path:
    path = Path(name)
    path.write_bytes(b"".join(one.cert.public_bytes(Encoding.PEM) for one in made))
    return path


def info_plist(ats: dict) -> Path:
    path = Path("Info.plist")
    path.write_bytes(plistlib.dumps({"NSAppTransportSecurity": ats}))
    return path


GOOD = ("evaluate", "chain.pem", "--host", HOST, "--anchor", "root.pem")


def crl(*revoked: Made, issuer: Made = MIDDLE) -> bytes:
    since, until = clock.now() - DAY, clock.now() + DAY
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.cert.subject)
    builder = builder.last_update(since).next_update(until)
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    for made in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(made.cert.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(since).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_crl_at_hand(trustrig: Any) -> None:
    top = root("CRL root", sign_certs=None, **CENTURY)
    listed = server(top)
    save("crl-root.pem", top), save("server.pem", listed)
    Path("revoked.crl").write_bytes(crl(listed, issuer=top))
    asked = ("evaluate", "server.pem", "--host", HOST, "--anchor", "crl-root.pem")
    assert trustrig(*asked).code == 0
    ran = trustrig(*asked, "--crl", "revoked.crl")
    assert (ran.code, "-67820" in ran.out, "crl-not-evaluated" in ran.out) == (0, False, True)
    ran = trustrig(*asked, "--crl", "revoked.crl", "--policy", "rfc5280")
    assert (ran.code, "cert-not-revoked" in ran.out) == (1, True)
    assert trustrig(*asked, "--crl", "root.pem").code == 3
    assert trustrig(*asked, "--ocsp", "revoked.crl").code == 3


def test_a_log_list_is_for_preinstalled_roots(trustrig: Any) -> None:
    key = base64.b64encode(CertFacts.parse(TOP.der).spki).decode()
    Path("logs.json").write_text(json.dumps([{"key": key, "description": "a log"}]))
    asked = (*GOOD, "--ct-log-list", "logs.json")
    assert trustrig(*asked).code == 0
    ran = trustrig(*asked, "--anchor-class", "system")
    assert (ran.code, "tls-ct-required" in ran.out) == (1, True)
    assert trustrig(*GOOD, "--ct-log-list", "root.pem").code == 3


def test_what_breaks_on_a_day(trustrig: Any) -> None:
    ran = trustrig(*GOOD, "--at", "+1d", "--at", "+90d")
    assert ran.code == 1
    assert [": trusted" in line for line in ran.out.splitlines() if line.startswith("chain.pem")] == [
        True,
        False,
    ]
    assert trustrig(*GOOD, "--at", "+1d", "--at", "+90d", "--json").code == 2


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_every_policy_can_be_asked_for(trustrig: Any, policy: str) -> None:
    ran = trustrig(*GOOD, "--policy", policy, "--json")
    assert json.loads(ran.out)["policy"] == policy


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--max-intermediates", "1"), 0, "at most 1 intermediates"),
        (("--max-intermediates", "0"), 1, "rfc5280-max-intermediates"),
        (("--explicit-policy",), 1, "policy-constraints"),
        (("--policy-oid", "2.23.140.1.2.1"), 0, "certificate policies 2.23.140.1.2.1"),
        (("--inhibit-any-policy", "--inhibit-policy-mapping"), 0, "no policy mapping; no anyPolicy"),
        (("--key-usage", "digitalsignature", "--key-usage", "keyEncipherment"), 0, "keyEncipherment"),
        (("--purpose-named",), 0, "the purpose named"),
        (("--bare-anchor",), 0, "the anchor a name and a key"),
        (("--max-intermediates", "-1"), 2, "max-intermediates"),
        (("--policy-oid", "2.23.x"), 2, "'2.23.x' is no object identifier"),
        (("--key-usage", "signing"), 2, "digitalSignature"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_inputs_of_path_validation(trustrig: Any, options: tuple[str, ...], code: int, said: str) -> None:
    ran = trustrig(*GOOD, "--policy", "rfc5280-path", *options)
    assert ran.code == code
    assert said in " ".join((ran.out + ran.err).split())
    if code < 2:
        asked = json.loads(trustrig(*GOOD, "--policy", "rfc5280-path", *options, "--json").out)["inputs"]
        assert "; ".join(asked) in " ".join(ran.out.split())


def test_a_second_opinion_would_answer_another_question(trustrig: Any) -> None:
    ran = trustrig(*GOOD, "--policy", "rfc5280", "--explicit-policy", "--second-opinion")
    assert ran.code == 2
    assert "an explicit policy" in ran.err


def test_sec_trust_has_no_such_inputs(trustrig: Any) -> None:
    ran = trustrig(*GOOD, "--max-intermediates", "0")
    assert ran.code == 2
    assert "the policy apple takes no inputs" in ran.err
    assert "rfc5280-path" in ran.err


@pytest.mark.parametrize(
    ("system", "code", "said"),
    [("ios26", 0, "OS 26"), ("macos11", 0, "iOS 14"), ("ios12", 2, "older"), ("amiga", 2, "no OS version")],
)
def test_the_system_can_be_named(trustrig: Any, system: str, code: int, said: str) -> None:
    ran = trustrig(*GOOD, "--os", system, "--json")
    assert ran.code == code
    assert said in (json.loads(ran.out)["os"] if code == 0 else ran.err)


def test_oddities_of_an_info_plist_are_mentioned(trustrig: Any) -> None:
    plist = info_plist({"NSAllowsArbitraryLoads": "YES"})
    ran = trustrig(*GOOD, "--info-plist", plist)
    assert "trustrig ats Info.plist" in ran.err
    assert trustrig(*GOOD, "--info-plist", info_plist({})).err == ""


@pytest.fixture
def shelf() -> Iterator[str]:
    """A web server that holds the intermediate, on loopback, for as long as the test lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages = {"/middle.cer": MIDDLE.der, "/long": b"x" * (1024 * 1024 + 1)}
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "/middle.cer")
                self.end_headers()
                self.wfile.write(b"moved")
                return
            body = pages.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body if body is not None else b"nothing here")

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_missing_issuer_is_fetched_only_when_asked(trustrig: Any, shelf: str) -> None:
    url = x509.UniformResourceIdentifier(f"{shelf}/middle.cer")
    method = x509.oid.AuthorityInformationAccessOID.CA_ISSUERS
    described = x509.AuthorityInformationAccess([x509.AccessDescription(method, url)])
    save("alone.pem", server(MIDDLE, extra=((described, False),)))
    asked = ("evaluate", "alone.pem", "--host", HOST, "--anchor", "root.pem")
    assert trustrig(*asked).code == 1
    ran = trustrig(*asked, "--fetch")
    assert (ran.code, "chain-complete-by-fetching" in ran.out) == (0, True)
    ran = trustrig(*asked, "--fetch-from", "127.0.0.1")
    assert (ran.code, ran.err) == (0, "")
    ran = trustrig(*asked, "--fetch", "--fetch-from", "ca.test", "--fetch-from", "pki.test")
    assert (ran.code, "not asked, as --fetch-from does not name them: 127.0.0.1" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/middle.cer", MIDDLE.der, id="what is there"),
        pytest.param("/long", None, id="too long an answer"),
        pytest.param("/nothing", b"nothing here", id="an error page, which Apple reads like another answer"),
        pytest.param("/away", b"moved", id="a redirection, which Apple does not follow"),
    ],
)
def test_what_is_fetched(shelf: str, path: str, body: bytes | None) -> None:
    assert Fetcher(seconds=clock.PATIENCE)(shelf + path) == body


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "],
    ids=["a body", "a head"],
)
def test_what_comes_in_drops_is_given_up(beginning: bytes) -> None:
    """A byte at a time keeps every single wait short, and the answer never ends."""
    done = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.sendall(beginning)
            while not done.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        assert Fetcher(seconds=0.5)(f"http://127.0.0.1:{listening.getsockname()[1]}/") is None
        done.set()
        thread.join()


@pytest.mark.parametrize(
    "url", ["https://ca.test/", "file:///etc/hosts", "http://127.0.0.1:1/", "http://[bad/"]
)
def test_where_nothing_is_fetched_from(url: str) -> None:
    assert Fetcher(seconds=clock.PATIENCE)(url) is None


def test_override_tells_the_three_answers(trustrig: Any) -> None:
    asked = ("override", "private.pem", "--host", HOST, "--anchor", "root.pem", "--app-anchor", "own.pem")
    blocked = trustrig(*asked)
    assert blocked.code == 1
    assert "does not connect" in blocked.out
    assert "ATS asks" in blocked.out
    open_host = {"NSExceptionDomains": {HOST: {"NSExceptionAllowsInsecureHTTPLoads": True}}}
    allowed = trustrig(*asked, "--info-plist", info_plist(open_host), "--json")
    document = json.loads(allowed.out)
    assert (allowed.code, document["schema"], document["allowed"]) == (0, "trustrig.override/1", True)
    assert (document["default"]["trusted"], document["app"]["trusted"]) == (False, True)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param((), 0, id="nothing changed"),
        pytest.param(
            ("--pin", base64.b64encode(CertFacts.parse(MIDDLE.der).spki_sha256).decode()),
            0,
            id="a pin that holds",
        ),
        pytest.param(("--pin", base64.b64encode(b"x" * 32).decode()), 1, id="a pin that does not"),
        pytest.param(("--pin", "short"), 2, id="no pin"),
        pytest.param(("--accept", "TemporalValidity"), 0, id="an exception"),
        pytest.param(("--accept", "WeakKeySize"), 2, id="an exception for what is fatal"),
        pytest.param(("--app-name", "other.example"), 1, id="another name"),
        pytest.param(("--app-at", "+90d"), 1, id="another date"),
    ],
)
def test_override_by_intervention(trustrig: Any, more: tuple[str, ...], code: int) -> None:
    ran = trustrig("override", "chain.pem", "--host", HOST, "--anchor", "root.pem", *more)
    assert ran.code == code, ran.err


def test_override_says_that_pins_bind_the_apps_own_trust_too(trustrig: Any) -> None:
    digest = base64.b64encode(b"x" * 32).decode()
    ats = {
        "NSExceptionDomains": {HOST: {"NSExceptionAllowsInsecureHTTPLoads": True}},
        "NSPinnedDomains": {HOST: {"NSPinnedCAIdentities": [{"SPKI-SHA256-BASE64": digest}]}},
    }
    asked = ("chain.pem", "--host", HOST, "--anchor", "root.pem")
    ran = trustrig("override", *asked, "--app-anchor", "root.pem", "--info-plist", info_plist(ats))
    assert ran.code == 1
    assert (
        " ".join(ran.out.split()).count("not trusted: No CA of the chain has the pinned key [ats-pin-ca]")
        == 2
    )
    assert "NSPinnedDomains" in ran.out
    judged = trustrig("evaluate", *asked, "--info-plist", info_plist(ats), "--no-ats", "--json")
    assert judged.code == 1
    assert json.loads(judged.out)["headline"]["certificate"] == 1


def test_ats_tells_whom_it_binds_and_whom_it_pins(trustrig: Any) -> None:
    pins = [{"SPKI-SHA256-BASE64": "sha256/short"}]
    plist = info_plist(
        {
            "NSAllowsArbitraryLoadsInWebContent": True,
            "NSPinnedDomains": {"api.test": {"NSPinnedLeafIdentities": pins}},
        }
    )
    ran = trustrig("ats", plist, "--host", "api.test")
    for said in (
        "WKWebView     NSAllowsArbitraryLoadsInWebContent",
        "every certificate is refused",
        "Network",
    ):
        assert said in " ".join(ran.out.split("\n")), said
    document = json.loads(trustrig("ats", plist, "--host", "api.test", "--json").out)
    assert {who: policy["applies"] for who, policy in document["policies"].items()} == {
        "urlsession": True,
        "webkit": False,
        "media": True,
    }
    assert document["policy"] == document["policies"]["urlsession"]
    assert document["pins"]["ca"] is None
    assert len(document["pins"]["leaf"]) == 1
    assert "26.0" in document["code"]


def test_ats_finds_keys_beside_the_dictionary(trustrig: Any) -> None:
    misplaced = {"NSExceptionDomains": {"api.test": {"NSExceptionAllowsInsecureHTTPLoads": True}}}
    Path("Info.plist").write_bytes(plistlib.dumps(misplaced))
    ran = trustrig("ats", "Info.plist", "--host", "api.test")
    assert ran.code == 0
    assert "ats-key-misplaced" in ran.out
    assert "Info.plist > NSExceptionDomains" in ran.out
    judged = trustrig(
        "evaluate", "chain.pem", "--host", HOST, "--anchor", "root.pem", "--info-plist", "Info.plist"
    )
    assert "has 1 oddity" in judged.err


def test_ats_tells_policy_lints_and_advice(trustrig: Any) -> None:
    plist = info_plist(
        {"NSExceptionDomains": {"API.test": {}, "old.test": {"NSExceptionMinimumTLSVersion": "1.1"}}}
    )
    ran = trustrig("ats", plist, "--host", "api.test", "--needs-app-trust")
    assert ran.code == 0
    for said in (
        "ats-key-domain-format",
        "ats-key-tls-version",
        "NSExceptionAllowsInsecureHTTPLoads",
        "App Review",
    ):
        assert said in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    document = json.loads(trustrig("ats", plist, "--host", "api.test", "--needs-app-trust", "--json").out)
    assert next(iter(document)) == "schema"
    assert document["policy"]["trust_required"] is True
    assert document["advice"] is not None


@pytest.mark.parametrize(
    ("args", "code"),
    [
        pytest.param(("Info.plist",), 0, id="the file alone"),
        pytest.param(("Info.plist", "--needs-http"), 2, id="needs without a host"),
        pytest.param(("Info.plist", "--host", "a b"), 2, id="no host"),
        pytest.param(("Info.plist", "--host", "a.test", "--needs-tls", "9"), 2, id="no TLS version"),
        pytest.param(("root.pem",), 3, id="no Info.plist"),
        pytest.param(("nowhere",), 3, id="no file"),
    ],
)
def test_ats_by_input(trustrig: Any, args: tuple[str, ...], code: int) -> None:
    info_plist({})
    ran = trustrig("ats", *args)
    assert ran.code == code
    assert "Traceback" not in ran.err
