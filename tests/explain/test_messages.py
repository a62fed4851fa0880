"""What programs print, read as a whole: who decided, what, and for which host."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pki
from pki.errors import InvalidRequest, PkiError
from pki.explain.reading import read_text
from pki.model.explanation import ExplanationKind
from pki.model.text_explanation import DecidedBy, TextExplanation
from pki.report.explanation import explanation_json, explanation_markdown, explanation_text
from tests.explain.messages import MESSAGES, Message

SHARED = Path(__file__).parents[3] / "shared" / "conformance" / "error-texts.json"


def told(text: str) -> TextExplanation:
    found = read_text(text)
    assert found is not None, text
    return found


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.text[:70])
def test_a_message_is_read(message: Message) -> None:
    found = told(message.text)
    assert (found.fault, str(found.decided_by), found.host) == (message.fault, message.decided, message.host)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.text[:70])
def test_an_answer_fits_a_terminal(message: Message) -> None:
    explanation = pki.explain_text(message.text)
    lines = explanation_text(explanation).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 30
    assert all(line.isprintable() for line in lines)
    assert explanation_markdown(explanation).startswith("**")
    json.dumps(explanation_json(explanation))


@pytest.mark.parametrize(
    ("log", "fault", "decided"),
    [
        pytest.param("curl: (35) sslv3 alert bad certificate", "untrusted", "server-refused-client", id="read by a client"),
        pytest.param("sslv3 alert bad certificate", "untrusted", "unclear", id="read, and nobody says by whom"),
        pytest.param("SSL_accept: sslv3 alert bad certificate", "untrusted", "client-refused-server", id="read by a server"),
        pytest.param("write alert, level: fatal, description: bad certificate", "untrusted", "client-refused-server", id="written by a client"),
        pytest.param("SSL_accept: TLS alert (write): fatal: bad certificate", "untrusted", "server-refused-client", id="written by a server"),
        pytest.param("Alert (Level: Fatal, Description: Bad Certificate)", "untrusted", "unclear", id="neither said"),
    ],
)  # fmt: skip
def test_direction_decides_the_side(log: str, fault: str, decided: str) -> None:
    """One alert, and five meanings: who sent it, and whose log it is."""
    found = told(log)
    assert (found.fault, found.decided_by) == (fault, decided)


def test_where_neither_is_said_both_are_told() -> None:
    found = told("LOG4[2]: CERT: Pre-verification error: self-signed certificate")
    assert found.decided_by is DecidedBy.UNCLEAR
    assert "In a client's text" in found.meaning
    assert "In a server's text" in found.meaning
    assert found.unsettled == "which end refused"


def test_the_words_decide_and_the_code_above_them_does_not() -> None:
    assert (
        told("curl: (60) SSL certificate problem: unable to get issuer certificate").fault == "issuer-unknown"
    )
    assert told("curl: (60) something else").fault == "untrusted"
    assert (
        told("curl: (35) OpenSSL SSL_connect: Connection reset by peer in connection to api.test:443").fault
        == "reset"
    )


def test_several_reasons_are_in_order_and_none_is_lost() -> None:
    found = told(
        "Trust evaluate failure: [leaf ServerAuthEKU SSLHostname TemporalValidity] [root AnchorTrusted]"
    )
    assert found.fault == "validity"
    assert found.also == (
        "its certificate is for another purpose",
        "its certificate is for other names",
        "the root of its chain is not trusted here",
    )


def test_what_says_no_more_is_not_told_twice() -> None:
    found = told(
        "depth=0 CN = api.test\nverify error:num=20:unable to get local issuer certificate\n"
        "verify error:num=21:unable to verify the first certificate\nVerify return code: 21 (...)"
    )
    assert (found.fault, found.also) == ("missing-intermediate", ())


@pytest.mark.parametrize(
    "log",
    [
        pytest.param("- Status: The certificate is NOT trusted. The certificate issuer is unknown. The name in the certificate does not match the expected.", id="GnuTLS"),
        pytest.param("verify error:num=20:unable to get local issuer certificate\nverify error:num=62:hostname mismatch", id="OpenSSL"),
    ],
)  # fmt: skip
def test_a_path_that_fails_beside_the_name_is_told(log: str) -> None:
    """Both name every reason that they found: who mends the name alone would be refused again."""
    assert (told(log).fault, told(log).also) == ("name", ("no path to a trusted root",))


def test_words_in_the_path_of_a_url_are_no_error() -> None:
    assert read_text("GET https://example.test/blog/certificate-has-expired-how-to-fix 200") is None
    found = told("GET https://example.test/a: certificate has expired")
    assert (found.fault, found.host) == ("expired", "example.test")


NOISE = """\
App[1:2] CredStore - performQuery - Error copying matching creds.  Error=-25300, query={
App[1:2] [] nw_proxy_resolver_create_parsed_array [C2 proxy pac] Evaluation error: NSURLErrorDomain: -1003
App[1:2] nw_socket_set_connection_idle setsockopt SO_CONNECTION_IDLE failed [42: Protocol not available]
App[1:2] Task <A>.<1> finished with error [-999] Error Domain=NSURLErrorDomain Code=-999 "cancelled"
App[1:2] Connection 7: default TLS Trust evaluation failed(-9813)
"""


def test_noise_is_named_as_noise() -> None:
    found = told(NOISE)
    assert found.fault == "no-root"
    assert found.noise == ("-25300 (no stored password)", "-1003 (of a proxy script)", "Protocol not available (an option of a socket)")  # fmt: skip
    assert "-999" in explanation_text(pki.explain_text(NOISE))


def test_noise_alone_is_no_answer() -> None:
    with pytest.raises(PkiError, match="nothing in this text is known"):
        pki.explain_text("\n".join(NOISE.splitlines()[:3]))


NSERROR = """\
Task <A>.<2> finished with error [-1202] Error Domain=NSURLErrorDomain Code=-1202 "..." UserInfo={
NSErrorPeerCertificateChainKey=(
    "<cert(0x10b0ed000) s: {subject} i: {issuer}>"
), NSErrorClientCertificateStateKey={state}, NSErrorFailingURLKey=https://192.0.2.44:8443/x, _kCFStreamErrorCodeKey={stream}}
"""


def nserror(
    stream: int, *, subject: str = "api.test", issuer: str = "Test CA", state: int = 0
) -> TextExplanation:
    filled = NSERROR.replace("{subject}", subject).replace("{issuer}", issuer)
    return told(filled.replace("{stream}", str(stream)).replace("{state}", str(state)))


def test_the_chain_in_an_nserror_is_evidence() -> None:
    alone = nserror(-9807)
    assert (alone.fault, alone.url) == ("untrusted", "https://192.0.2.44:8443")
    assert alone.clues == (
        "The server showed one certificate, issued by Test CA: an intermediate may be missing.",
    )
    signed_itself = nserror(-9813, subject="localhost", issuer="localhost")
    assert "self-signed" in signed_itself.clues[0]
    assert signed_itself.clues[1].startswith("It is named localhost, and the host is 192.0.2.44")


def test_the_state_of_the_client_certificate_is_evidence() -> None:
    assert any("was sent (state 2)" in clue for clue in nserror(-9858, state=2).clues)
    assert not any("state" in clue for clue in nserror(-9858).clues)


def test_trust_that_fails_without_ats_too_is_no_matter_of_ats() -> None:
    found = told("ATS failed system trust\nfailed(-9802)\n...\ndefault TLS Trust evaluation failed(-9807)")
    assert any("ATS is not the cause" in clue for clue in found.clues)


def test_the_next_command_has_the_host_filled_in() -> None:
    found = told(
        "requests.exceptions.SSLError: HTTPSConnectionPool(host='api.test', port=8443): certificate has expired"
    )
    assert found.next[0].startswith("openssl s_client -connect api.test:8443 -servername api.test")
    assert found.next[1].startswith("trustrig evaluate https://api.test:8443")
    assert told("certificate has expired").next[1].startswith("trustrig evaluate https://HOST ")


@pytest.mark.parametrize(
    ("url", "address", "evaluated"),
    [
        pytest.param("https://a.test/x", "a.test:443", "https://a.test", id="HTTPS"),
        pytest.param("wss://a.test:8443", "a.test:8443", "https://a.test:8443", id="a WebSocket"),
        pytest.param("grpcs://a.test:50051", "a.test:50051", "https://a.test:50051", id="gRPC is HTTP/2"),
        pytest.param("ldaps://a.test", "a.test:PORT", "ldaps://a.test", id="not every port is 443"),
        pytest.param("imaps://a.test:994", "a.test:994", "imaps://a.test:994", id="unless the URL says it"),
        pytest.param("mqtts://a.test:443", "a.test:443", "mqtts://a.test:443", id="443 is said where it is not the usual one"),
    ],
)  # fmt: skip
def test_a_command_has_the_port_of_the_scheme(url: str, address: str, evaluated: str) -> None:
    found = told(f"connect to {url}: certificate has expired")
    assert found.url == evaluated
    assert found.next[0].startswith(f"openssl s_client -connect {address} -servername a.test")


def test_the_brackets_of_an_address_are_quoted_for_the_shell() -> None:
    """Zsh takes them for a pattern: "no matches found"."""
    found = told("Code=-1200 _kCFStreamErrorCodeKey=-9802 NSErrorFailingURLStringKey=https://[fd00::1]:8443/")
    assert found.next
    assert all(words[2] == "https://[fd00::1]:8443" for words in map(shlex.split, found.next))
    assert all("'https://[fd00::1]:8443'" in command for command in found.next)


def test_a_page_that_a_message_points_to_is_no_host() -> None:
    assert (
        told(
            "curl: (60) SSL certificate problem: certificate has expired\nMore details: https://curl.se/docs/sslcerts.html"
        ).host
        is None
    )


@pytest.mark.parametrize("text", ["", "   \n", "\x00"])
def test_nothing_is_said_of_nothing(text: str) -> None:
    with pytest.raises(PkiError):
        pki.explain_text(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the certificate of participation was handed to all", id="prose"),
        pytest.param("2026-01-01 00:00:00 -0700 all is well", id="a time zone is no code"),
        pytest.param("id 8a6e0804-2bd0-4672-9802-d97027f9071a", id="nor is a part of a UUID"),
        pytest.param("offset=-9802.5 x", id="nor is a fraction"),
        pytest.param("the frame moved to x=-1202 and y=-1001 on screen", id="nor is a place on the screen"),
        pytest.param(
            "ALERT: internal error in billing, UIAlertController: access denied",
            id="nor is a monitor's alert one of TLS",
        ),
        pytest.param(
            "GET /x: the http request was an unexpected message, unexpected EOF while parsing",
            id="nor are words that anybody says",
        ),
        pytest.param(
            "    check_cert_cn = x\n    domain_suffix_match=example.test\n    verify { }",
            id="nor is a configuration",
        ),
        pytest.param("Invalid Certificate of origin for this shipment", id="nor a sentence like an error"),
    ],
)
def test_nothing_is_guessed_from_a_sentence(text: str) -> None:
    assert read_text(text) is None
    with pytest.raises(PkiError, match="nothing"):
        pki.explain_text(text)


def test_a_word_that_nothing_is_called_offers_what_comes_near() -> None:
    with pytest.raises(InvalidRequest, match="tls-validity-825"):
        pki.explain_text("tls-validity-852")


def test_a_single_code_is_answered_as_before() -> None:
    found = pki.explain_text("-9802")
    assert found.kind is ExplanationKind.CODE
    assert found.app_errors
    assert found.text_explanation is not None
    assert "Next: trustrig evaluate" in explanation_text(found)
    assert pki.explain_text("-67901").text_explanation is None  # its rules have fixes of their own
    assert pki.explain_text("-67901").rules


def test_every_code_alone_fits_a_terminal() -> None:
    from pki.report.stream_codes import PEER_ALERTS, STREAM_TEXTS

    for number in (*STREAM_TEXTS, *PEER_ALERTS):
        found = pki.explain_text(str(number))
        lines = explanation_text(found).splitlines()
        assert found.kind is ExplanationKind.CODE
        assert max(map(len, lines)) <= 80, number


@pytest.mark.parametrize(
    ("asked", "worlds"),
    [
        ("60", ("TLS alert", "curl's exit code")),
        ("20", ("TLS alert", "OpenSSL's verify error")),
        ("10", ("TLS alert", "OpenSSL's verify error")),
        ("18", ("OpenSSL's verify error",)),
        ("51", ("TLS alert", "curl's exit code")),
    ],
)
def test_a_small_number_lists_its_worlds(asked: str, worlds: tuple[str, ...]) -> None:
    said = explanation_text(pki.explain_text(asked))
    assert all(world in " ".join(said.split()) for world in worlds)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([m.text for m in MESSAGES] + ["\n", "\u202e", "\x1b[31m", "\ud800", "'" * 50]), max_size=4), st.text())  # fmt: skip
def test_any_text_is_read_or_refused(parts: list[str], more: str) -> None:
    try:
        found = pki.explain_text(more.join(parts))
    except PkiError:
        return
    assert all(line.isprintable() for line in explanation_text(found).splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "certificate " * 80_000,
        "x509: certificate is valid for " + "a.test, " * 120_000,
        "alert " * 150_000,
        "-9802 " * 160_000,
        "https://" * 120_000,
        "error:" * 160_000,
        "a" * 1_000_000,
        "hostname '" + "a." * 400_000,
        "<cert(0x1) s: " * 70_000,
    ],
    ids=lambda text: text[:24],
)
def test_a_hostile_text_is_read_in_bounded_time(text: str) -> None:
    """A megabyte that repeats itself; an expression that goes back over it would take minutes."""
    import time

    before = time.process_time()
    read_text(text)
    assert time.process_time() - before < 10


def test_a_log_of_five_megabytes_is_read() -> None:
    line = "2026-01-01 09:00:00 App[1:2] [connection] nw_connection_report_state [C1] reporting state ready\n"
    found = told(line * 50_000 + "Connection 7: default TLS Trust evaluation failed(-9807)\n" + line * 50)
    assert (found.fault, found.tokens[0].line) == ("untrusted", 50_001)


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus of pasted texts is not here")
def test_the_corpus_of_pasted_texts() -> None:
    from tests.conformance import texts
    from tests.conformance.tally import Tally

    tally = Tally()
    missed = [
        said for case in texts.cases(json.loads(SHARED.read_text())) if (said := texts.judge(case, tally))
    ]
    assert tally.agreed >= 0.97 * tally.cases, missed
    assert tally.false_accepts <= 0.01 * tally.cases, missed


def test_the_markers_of_host_sentences_are_in_normal_form() -> None:
    """A marker in any other form would keep its expression from ever being tried."""
    from pki.explain.hosts import _SENTENCES, _WEAK_SENTENCES
    from pki.explain.scanning import normal

    for marker, expression in (*_SENTENCES, *_WEAK_SENTENCES):
        assert normal(marker) == marker
        re.compile(expression)
