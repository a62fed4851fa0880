"""nginx: its http module refuses in an HTTP answer, its stream module closes without a byte.

Source: nginx 1.22, src/http/ngx_http_request.c (ngx_http_process_request: 400 with the body of NGX_HTTPS_CERT_ERROR and
NGX_HTTPS_NO_CERT in ngx_http_special_response.c) and src/stream/ngx_stream_ssl_module.c (ngx_stream_ssl_handler:
NGX_ERROR, which ends TLS in order).
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.asking import Asking
from tests.people import EXPIRED, FAR, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running

NGINX = pytest.mark.peer("nginx", "apt-get install nginx-light")
_STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
STREAM = pytest.mark.peer(_STREAM_MODULE, "apt-get install libnginx-mod-stream")
_NONE = '"400 No required SSL certificate was sent"'
_ERROR = '"400 The SSL certificate error"'

_COMMON = """
daemon off; master_process off; pid {place}/pid; error_log stderr info;
events {{ }}
"""
_IDENTITIES = """
  ssl_certificate {files}/fullchain.pem; ssl_certificate_key {files}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
  ssl_client_certificate {root}; ssl_crl {crls}; ssl_verify_depth 3;
"""
_HTTP = (
    _COMMON
    + """
http {{
  access_log off; client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
  uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
"""
    + _IDENTITIES
    + """
  server {{
    listen {host}:{port} ssl {http2}; ssl_verify_client {verify};
    location / {{ return 200 "let in"; }}
    location /members {{ if ($ssl_client_verify != SUCCESS) {{ return 403; }} return 200 "let in"; }}
    location /broken {{ return 502; }}
    location /496 {{ return 496; }}
  }}
}}
"""
)
_POLITE = _HTTP.replace(
    "ssl_verify_client", "keepalive_requests 1; error_page 495 496 =302 /sorry; ssl_verify_client"
)
"""Refusals lead to a page, and a connection that is full is said goodbye to before its last answer."""
_STREAM = (
    "load_module {module};"
    + _COMMON
    + "stream {{"
    + _IDENTITIES
    + """
  server {{ listen {host}:{port} ssl; ssl_verify_client on; return "hello\\n"; }}
}}
"""
)


def nginx(people: People, place: Path, configuration: str, **more: object) -> Iterator[Program]:
    port = free_port()
    (place / "nginx.conf").write_text(
        configuration.format(
            place=place, port=port, host=LOOPBACK, files=people.files(SERVER), root=people.root, crls=people.crls,
            **more,
        )
    )  # fmt: skip
    command = ("nginx", "-e", "stderr", "-p", place, "-c", place / "nginx.conf")
    with running(*command, port=port, log=place / "log") as program:
        yield program


@pytest.fixture(scope="module", params=["", "http2"], ids=["HTTP/1.1", "HTTP/2"])
def strict(
    people: People, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Program]:
    yield from nginx(people, tmp_path_factory.mktemp("nginx"), _HTTP, http2=request.param, verify="on")


@pytest.fixture(scope="module")
def optional(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from nginx(people, tmp_path_factory.mktemp("nginx"), _HTTP, http2="", verify="optional")


@pytest.fixture(scope="module")
def stream(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from nginx(people, tmp_path_factory.mktemp("nginx"), _STREAM, module=_STREAM_MODULE)


EVERYBODY = [
    pytest.param(GOOD, "accepted", "HTTP 200 OK", "was accepted", id="good"),
    pytest.param(None, "refused", _NONE, "the server insists on a client certificate", id="none"),
    pytest.param(STRANGER, "refused", _ERROR, "has no issuer among the acceptable CAs", id="another CA's"),
    pytest.param(EXPIRED, "refused", _ERROR, '"late" has expired', id="expired"),
    pytest.param(REVOKED, "refused", _ERROR, '"mallory" was revoked', id="revoked"),
]  # fmt: skip


@NGINX
@pytest.mark.parametrize(("who", "answer", "evidence", "words"), EVERYBODY)
def test_it_refuses_in_http(
    who: str | None, answer: str, evidence: str, words: str, strict: Program, asking: Asking
) -> None:
    url = f"https://localhost:{strict.port}"
    told = asking.evaluate(url, who=who)
    assert (told.answer, told.identity["accepted"]) == (answer, answer == "accepted")
    assert evidence in told.evidence
    assert told.code == (0 if who in (GOOD, None) else 1)
    assert told.document["trusted"]  # the server is
    assert told.document["expected_app_error"] is None  # to URLSession an HTTP answer is none
    read = asking.read(url, who=who)
    assert words in read.out
    assert ("The app sees no error but HTTP 400" in read.out) is (answer == "refused")
    assert read.code == told.code


@NGINX
@pytest.mark.parametrize("who", [GOOD, None, STRANGER])
def test_diagnose_says_that_it_is_not_a_matter_of_ats(
    who: str | None, strict: Program, asking: Asking
) -> None:
    url, way = f"https://{FAR}:{strict.port}", ("--connect", f"{LOOPBACK}:{strict.port}")
    ran = asking.read(url, *way, who=who, command="diagnose")
    assert ran.code == (0 if who == GOOD else 1)
    assert ran.out.count(" PASS ") >= 17  # ATS lets the server through, whoever comes
    assert ("No exception is needed." in ran.out) is (who == GOOD)
    assert ("That is not a matter of ATS." in ran.out) is (who != GOOD)
    assert "the server has to change" not in ran.out


@NGINX
@pytest.mark.parametrize(
    ("path", "who", "answer", "words"),
    [
        pytest.param("/", None, "accepted", "HTTP 200 OK", id="optional, and none shown"),
        pytest.param("/", GOOD, "accepted", "HTTP 200 OK", id="optional, and a good one"),
        pytest.param("/", STRANGER, "refused", _ERROR, id="optional, and a bad one"),
        pytest.param("/members", GOOD, "accepted", "HTTP 200 OK", id="the application lets it in"),
        pytest.param(
            "/members", None, "unknown", "HTTP 403 Forbidden: the identity may not", id="an own 403"
        ),
        pytest.param("/broken", GOOD, "unknown", "HTTP 502 Bad Gateway: the server failed", id="a 502"),
        pytest.param("/496", GOOD, "refused", "400 Bad Request", id="its 496, which it sends as 400"),
        pytest.param("/nothing?x=1", GOOD, "accepted", "HTTP 200 OK", id="a path with a query"),
    ],
)
def test_what_an_answer_says_of_the_identity(
    path: str, who: str | None, answer: str, words: str, optional: Program, asking: Asking
) -> None:
    told = asking.evaluate(f"https://localhost:{optional.port}{path}", who=who)
    assert told.answer == answer
    assert words in told.evidence
    assert told.code == (0 if who is None or answer == "accepted" else 1)


@NGINX
@pytest.mark.parametrize("version", ["", "http2"], ids=["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize(
    ("who", "answer", "words"),
    [
        pytest.param(GOOD, "accepted", "HTTP 200 OK", id="good"),
        pytest.param(None, "unknown", "HTTP 302 Found: it leads on", id="none"),
        pytest.param(STRANGER, "unknown", "HTTP 302 Found: it leads on", id="another CA's"),
    ],
)
def test_a_redirection_is_no_acceptance_and_a_goodbye_no_refusal(
    who: str | None, answer: str, words: str, version: str, people: People, asking: Asking, tmp_path: Path
) -> None:
    """`error_page` answers in place of the 400; HTTP/2's GOAWAY without an error comes before the last answer."""
    with contextlib.contextmanager(nginx)(people, tmp_path, _POLITE, http2=version, verify="on") as server:
        told = asking.evaluate(f"https://localhost:{server.port}", who=who)
    assert told.answer == answer
    assert words in told.evidence
    assert told.code == (0 if who in (GOOD, None) else 1)


@NGINX
def test_an_identity_that_could_not_be_sent_was_neither_taken_nor_refused(
    strict: Program, optional: Program, people: People, asking: Asking, tmp_path: Path
) -> None:
    """No Apple client offers to sign with Ed25519, so OpenSSL answers the request with an empty message."""
    folder = shutil.copytree(people.ours, tmp_path / "ca")
    made = asking.trustrig("issue", "client", "edwin", "--key", "ed25519", "--ca", folder)
    assert made.code == 0
    for server, words in ((strict, _NONE), (optional, "without it the server goes on: HTTP 200")):
        told = asking.evaluate(
            f"https://localhost:{server.port}", "--client", "edwin", "--ca", folder, who=None
        )
        assert (told.answer, told.identity["shown"], told.code) == ("unknown", "edwin", 1)
        assert "it was not sent" in told.evidence
        assert words in told.evidence
        assert [fault["code"] for fault in told.identity["faults"]] == ["no-shared-signature-algorithm"]


@STREAM
@pytest.mark.parametrize("scheme", ["tls", "https"])
@pytest.mark.parametrize(
    ("who", "fault"),
    [
        pytest.param(GOOD, "", id="good"),
        pytest.param(None, "", id="none"),
        pytest.param(STRANGER, "has no issuer among the acceptable CAs", id="another CA's"),
        pytest.param(EXPIRED, '"late" has expired', id="expired"),
        pytest.param(REVOKED, '"mallory" was revoked', id="revoked"),
    ],
)
def test_the_stream_module_closes_without_a_word(
    who: str | None, fault: str, scheme: str, stream: Program, asking: Asking
) -> None:
    url, before = f"{scheme}://localhost:{stream.port}", len(stream.words)
    told = asking.evaluate(url, who=who)
    if who != GOOD:
        stream.says(
            "no required SSL certificate" if who is None else "certificate verify error", after=before
        )
    assert told.answer == ("accepted" if who == GOOD else "unknown")
    assert told.code == (0 if who in (GOOD, None) else 1)
    if who == GOOD:
        assert "hello" in told.evidence
    else:
        assert told.evidence.startswith("closed without an answer, after the handshake")
        read = asking.read(url, who=who)
        assert "is not known: closed without an answer" in read.out
        assert "Look into the server's log" in read.out
        assert fault in read.out


@NGINX
@pytest.mark.parametrize("who", [GOOD, STRANGER])
def test_every_form_of_report_says_so(who: str, optional: Program, asking: Asking) -> None:
    """Headline, finding and exit code are read from one value."""
    url, refused = f"https://localhost:{optional.port}", who == STRANGER
    words = "but eve was refused" if refused else "and alice was accepted"
    for form in ("markdown", "html"):
        ran = asking.read("--format", form, url, who=who)
        assert f"trusted{'' if form == 'markdown' else '</span>'}, {words}" in ran.out
        assert ran.code == (1 if refused else 0)
    junit = asking.read("--format", "junit", url, who=who)
    assert (f'failures="{int(refused)}"' in junit.out, junit.code) == (True, int(refused))
    sarif = json.loads(asking.read("--format", "sarif", url, who=who).out)
    results = {result["ruleId"]: result["level"] for result in sarif["runs"][0]["results"]}
    assert results.get("mtls-identity-answer") == ("warning" if refused else None)
