"""`revoke`, `crl` and `ocsp` as a person or a script meets them."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.store import AuthorityFolder
from tests import clock
from tests.report.test_schemas import validator
from tests.shell import Trustrig, command, environment, heeding_interrupts


@pytest.fixture
def trustrig(trustrig: Trustrig) -> Trustrig:
    """`trustrig`, in a folder with an authority and a server's identity."""
    assert trustrig("init", "--name", "Shell CA").code == 0
    assert trustrig("issue", "server", "localhost").code == 0
    return trustrig


def test_the_way_from_a_revocation_to_a_refused_handshake(trustrig: Trustrig, here: Path) -> None:
    shake = ("handshake", "--client-auth", "none", "--staple", "--json")
    before = trustrig(*shake)
    assert (before.code, json.loads(before.out)["staple"]["state"]) == (0, "good")
    revoked = trustrig("revoke", "localhost", "--reason", "key-compromise")
    assert (revoked.code, revoked.err) == (0, "")
    assert revoked.out.startswith("Revoked localhost, from ")
    assert "keyCompromise" in revoked.out
    assert "REVOKED" in trustrig("list").out
    after = trustrig(*shake)
    document = json.loads(after.out)
    assert (after.code, document["refused_by"], document["staple"]["state"]) == (1, "client", "revoked")
    assert trustrig("crl", "-o", "crl.pem").out.startswith("Wrote crl.pem: CRL number 1, 1 revoked, until ")
    verdict = trustrig(
        *("evaluate", "trustrig-ca/issued/localhost/fullchain.pem", "--host", "localhost"),
        *("--anchor", "trustrig-ca", "--crl", "crl.pem", "--policy", "rfc5280", "--json"),
    )
    assert (verdict.code, json.loads(verdict.out)["headline"]["rule"]) == (1, "cert-not-revoked")


LEAF = ("--certificate", "trustrig-ca/issued/localhost/fullchain.pem", "--anchor", "trustrig-ca")


def test_a_list_and_an_answer_are_shown_with_what_they_come_to(trustrig: Trustrig) -> None:
    assert trustrig("ocsp", "answer", "localhost", "-o", "good.der").code == 0
    assert trustrig("crl", "-o", "empty.pem").code == 0
    assert trustrig("revoke", "localhost", "--reason", "keyCompromise").code == 0
    assert trustrig("crl", "-o", "crl.pem").code == 0
    assert trustrig("ocsp", "answer", "localhost", "-o", "bad.der").code == 0
    for kind, file, code, books in (
        ("crl", "empty.pem", 0, {"rfc5280": "good"}),
        ("crl", "crl.pem", 1, {"rfc5280": "revoked"}),
        ("ocsp", "good.der", 0, {"apple": "good", "rfc6960": "good"}),
        ("ocsp", "bad.der", 1, {"apple": "revoked", "rfc6960": "revoked"}),
    ):
        ran = trustrig(kind, "show", file, *LEAF, "--json")
        document = json.loads(ran.out)
        assert (ran.code, document["schema"]) == (code, f"trustrig.{kind}-show/1")
        validator(document["schema"]).validate(document)
        assert {book: document["answer"][book]["status"] for book in books} == books
        text = trustrig(kind, "show", file, *LEAF)
        assert (text.code, "For CN=localhost" in text.out) == (code, True)
        alone = trustrig(kind, "show", file)
        assert (alone.code, "For CN=" in alone.out) == (0, False)
    assert json.loads(trustrig("crl", "show", "crl.pem", "--json").out)["lists"][0]["count"] == 1


def test_an_answer_about_a_certificate_needs_its_issuer(trustrig: Trustrig) -> None:
    assert trustrig("ocsp", "answer", "localhost", "-o", "good.der").code == 0
    lonely = trustrig("ocsp", "show", "good.der", "--certificate", "trustrig-ca/issued/localhost/cert.pem")
    assert (lonely.code, "no issuer of localhost" in lonely.err) == (2, True)
    unasked = trustrig("ocsp", "show", "good.der", "--at", "+1d")
    assert (unasked.code, "--certificate FILE" in unasked.err) == (2, True)
    late = trustrig("ocsp", "show", "good.der", *LEAF, "--at", "+8d")
    assert (late.code, "out of date since" in late.out) == (1, True)


def test_revoking_twice_changes_nothing_and_says_so(trustrig: Trustrig) -> None:
    first = json.loads(trustrig("revoke", "localhost", "--reason", "superseded", "--json").out)
    again = trustrig("revoke", first["serial"].upper(), "--reason", "keyCompromise", "--json")
    assert (first["schema"], first["new"]) == ("trustrig.revoke/1", True)
    assert json.loads(again.out) == {**first, "new": False}
    assert again.code == 0
    assert "nothing changed" in trustrig("revoke", "localhost").out


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(("revoke", "locahost"), 3, "Did you mean localhost (server)?", id="an unknown name"),
        pytest.param(("revoke", "localhost", "--reason", "bored"), 2, "keyCompromise", id="no reason"),
        pytest.param(("revoke", "localhost", "--at", "soon"), 2, "not a time", id="no time"),
        pytest.param(
            ("crl", "-o", "c", "--next-update", "-1d"), 2, "next update", id="a list that has ended"
        ),
        pytest.param(("crl",), 2, "trustrig crl -o crl.pem", id="a list without a file"),
        pytest.param(("crl", "show", "junk"), 3, "junk is not a certificate revocation list", id="no list"),
        pytest.param(("ocsp", "show", "junk"), 3, "junk is not a successful OCSP response", id="no answer"),
        pytest.param(("ocsp", "show", "late"), 3, "it says tryLater", id="an answer that answers nothing"),
        pytest.param(("crl", "show", "late"), 3, "late is an OCSP response, not", id="an answer for a list"),
        pytest.param(("ocsp", "show", "late.pem"), 3, "base64 -d", id="an answer as PEM"),
        pytest.param(("crl", "show", "empty"), 3, "empty is an empty file", id="an empty list"),
        pytest.param(("crl", "show", "page"), 3, "login or error page", id="a page that was saved as a list"),
        pytest.param(
            ("ocsp", "show", "good.der", "--certificate", "trustrig-ca/root/cert.pem"),
            2,
            "self-signed",
            id="an answer about a root",
        ),
        pytest.param(("ocsp", "show", "gone"), 3, "gone", id="an answer that is not there"),
        pytest.param(("crl", "-o", "c", "--root", "--issuer", "x"), 2, "choose", id="two issuers"),
        pytest.param(("crl", "-o", "c", "--issuer", "localhost"), 2, "no authority", id="a leaf's list"),
        pytest.param(("crl", "-o", "no/such/c"), 3, "no/such", id="a folder that is not there"),
        pytest.param(("ocsp", "answer", "nobody", "-o", "a"), 3, "nobody", id="an answer about nobody"),
        pytest.param(("ocsp", "answer", "junk", "-o", "a"), 3, "junk", id="an answer about no certificate"),
        pytest.param(("ocsp", "serve", "--next-update", "-1h"), 2, "lifetime", id="answers that have ended"),
        pytest.param(
            ("ocsp", "serve", "--next-update", "9999-12-31"), 2, "lifetime", id="answers without end"
        ),
        pytest.param(
            ("ocsp", "answer", "localhost", "-o", "a", "--at", "+50y"), 2, "ends on", id="after the authority"
        ),
        pytest.param(("ocsp", "serve", "--ca", "gone"), 3, "gone", id="no authority"),
        pytest.param(
            ("issue", "server", "a.test", "--ocsp-url", "https://a/"), 2, "http", id="an https address"
        ),
    ],
)
def test_bad_input_is_one_clear_error(
    trustrig: Trustrig, here: Path, args: tuple[str, ...], code: int, words: str
) -> None:
    (here / "junk").write_bytes(b"junk")
    (here / "empty").touch()
    (here / "page").write_text("<html><body>Sign in</body></html>")
    (here / "late").write_bytes(b"\x30\x03\x0a\x01\x03")
    (here / "late.pem").write_text("-----BEGIN OCSP RESPONSE-----\nMAMKAQM=\n-----END OCSP RESPONSE-----\n")
    if "good.der" in args:
        trustrig("ocsp", "answer", "localhost", "-o", "good.der")
    ran = trustrig(*args)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert ran.err.rstrip("\n").count("\n") == ran.err.count("\n  trustrig ")
    assert not {"a", "c"} & {file.name for file in here.iterdir()}


def test_a_list_is_not_written_over_and_no_number_is_spent(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("crl", "-o", "crl.der", "--der").code == 0
    refused = trustrig("crl", "-o", "crl.der")
    assert (refused.code, "--force" in refused.err) == (3, True)
    document = json.loads(trustrig("crl", "-o", "crl.der", "--der", "--force", "--json").out)
    assert (document["schema"], document["number"], document["revoked"]) == ("trustrig.crl/1", 2, [])
    crl = x509.load_der_x509_crl((here / "crl.der").read_bytes())
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2


@pytest.mark.parametrize("target", ["localhost", "trustrig-ca/issued/localhost/cert.pem"])
def test_an_answer_for_a_name_or_a_file_at_any_time(trustrig: Trustrig, here: Path, target: str) -> None:
    trustrig("revoke", "localhost", "--at", "+2d")
    found = []
    for at in ("+1d", "+3d"):
        ran = trustrig("ocsp", "answer", target, "-o", "a.der", "--at", at, "--force", "--json")
        answer = ocsp.load_der_ocsp_response((here / "a.der").read_bytes())
        found.append((json.loads(ran.out)["status"], answer.certificate_status.name))
    assert found == [("good", "GOOD"), ("revoked", "REVOKED")]


@pytest.mark.parametrize("at", ["1950-01-01", "-30d", "now to the end"])
def test_an_answer_of_any_age_is_made(trustrig: Trustrig, here: Path, at: str) -> None:
    when = ("--next-update", "9999-12-31T23:59:59") if at == "now to the end" else ("--at", at)
    assert trustrig("ocsp", "answer", "localhost", "-o", "a.der", *when).code == 0
    answer = ocsp.load_der_ocsp_response((here / "a.der").read_bytes())
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert trustrig("crl", "-o", "a.crl", *when).code == 0


def test_what_is_printed_fits_80_columns(trustrig: Trustrig) -> None:
    printed = [
        trustrig(*args).out
        for args in (
            ("revoke", "localhost", "--reason", "cessationOfOperation"),
            ("revoke", "localhost"),
            ("crl", "-o", "crl.pem"),
            ("ocsp", "answer", "localhost", "-o", "a.der"),
            ("ocsp", "serve", "--for", "0"),
            *((name, "--help") for name in ("revoke", "crl", "ocsp")),
        )
    ]
    assert all(printed)
    assert max(len(line) for text in printed for line in text.splitlines()) <= 80


def request_for(folder: AuthorityFolder, name: str) -> bytes:
    leaf, issuer, *_ = folder.certificates(name)
    asked = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1()).build()
    return asked.public_bytes(Encoding.DER)


def ask(url: str, data: bytes) -> ocsp.OCSPResponse:
    asking = urllib.request.Request(url, data, {"Content-Type": "application/ocsp-request"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asking, timeout=clock.PATIENCE) as answer:
        return ocsp.load_der_ocsp_response(answer.read())


@pytest.mark.parametrize("ends", ["by its count", "by Ctrl-C"])
def test_serving_answers_until_it_ends(trustrig: Trustrig, here: Path, ends: str) -> None:
    options = ["--count", "2"] if ends == "by its count" else []
    folder = AuthorityFolder.open(here / "trustrig-ca")
    with subprocess.Popen(
        command("ocsp", "serve", "--for", "2m", *options),
        cwd=here,
        env=environment(PYTHONUNBUFFERED="1"),
        preexec_fn=heeding_interrupts,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        found = [ask(url, request_for(folder, "localhost")).certificate_status.name]
        trustrig("revoke", "localhost")
        found.append(ask(url, request_for(folder, "localhost")).certificate_status.name)
        if ends == "by Ctrl-C":
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=clock.PATIENCE)
    assert found == ["GOOD", "REVOKED"]
    assert (process.returncode, out, err) == (0, "Answered 2 requests.\n", "")


def test_addresses_go_into_the_certificate(trustrig: Trustrig, here: Path) -> None:
    urls = ("--ocsp-url", "http://127.0.0.1:8080/", "--crl-url", "http://127.0.0.1:8080/ca.crl")
    assert trustrig("issue", "client", "alice", *urls, "--password-file", str(_password(here))).code == 0
    certificate = AuthorityFolder.open(here / "trustrig-ca").certificates("alice")[0]
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    assert [one.access_location.value for one in access.value] == ["http://127.0.0.1:8080/"]
    assert [name.value for one in points.value for name in one.full_name or ()] == [
        "http://127.0.0.1:8080/ca.crl"
    ]
    assert not access.critical
    assert not points.critical


def _password(here: Path) -> Path:
    file = here / "password"
    file.write_text("correct-horse\n")
    return file
