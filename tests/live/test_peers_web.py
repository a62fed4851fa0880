"""HAProxy and Caddy, which want a client certificate: what `trustrig` says of each identity is what they did with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handshake.programs import CURL, Visit, curl
from tests.live.asking import Asking
from tests.people import EARLY, EXPIRED, FAR, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running

HAPROXY = pytest.mark.peer("haproxy", "apt-get install haproxy")
CADDY = pytest.mark.peer("caddy", "apt-get install caddy")

# `verify`, `crl-file` and `error-log-format`: HAProxy 2.6 Configuration Manual, 5.1 and 8.2.6. -db keeps it in the foreground.
_HAPROXY = """
global
  log stdout format raw local0
defaults
  mode http
  log global
  timeout connect 600s
  timeout client 600s
  timeout server 600s
  error-log-format "%[ssl_fc_err_str]; leaf %[ssl_c_err], issuers %[ssl_c_ca_err]"
frontend web
  bind {host}:{port} ssl crt {server} ca-file {root} crl-file {crls} alpn h2,http/1.1 {verify}
  {rules}
  http-request return status 200 content-type text/plain string "let in"
"""


def haproxy(people: People, place: Path, *, verify: str, rules: str = "") -> Iterator[Program]:
    port = free_port()
    (place / "haproxy.cfg").write_text(
        _HAPROXY.format(
            host=LOOPBACK, port=port, server=people.one_file(SERVER), root=people.root, crls=people.crls,
            verify=verify, rules=rules,
        )
    )  # fmt: skip
    with running("haproxy", "-db", "-f", place / "haproxy.cfg", port=port, log=place / "log") as program:
        yield program


@pytest.fixture(scope="module")
def strict_haproxy(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One that ends the handshake."""
    yield from haproxy(people, tmp_path_factory.mktemp("haproxy"), verify="verify required")


@pytest.fixture(scope="module")
def wordy_haproxy(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One that lets every handshake pass and refuses in HTTP, as its users do who want a page that explains it."""
    yield from haproxy(
        people,
        tmp_path_factory.mktemp("haproxy"),
        verify="verify optional crt-ignore-err all ca-ignore-err all",
        rules='http-request return status 403 content-type text/plain string "A valid client certificate is required"'
        " unless { ssl_c_used 1 } { ssl_c_verify 0 }",
    )


# X509_V_ERR_* in HAProxy's log: 9 not yet valid, 10 expired, 20 no issuer, 23 revoked (OpenSSL, x509_vfy.h).
@HAPROXY
@CURL
@pytest.mark.parametrize(
    ("who", "answer", "evidence", "logged"),
    [
        pytest.param(GOOD, "accepted", "HTTP 200", "", id="good"),
        pytest.param(
            None, "refused", "alert 116 certificate_required", "did not return a certificate", id="none"
        ),
        pytest.param(STRANGER, "refused", "alert 48 unknown_ca", "leaf 0, issuers 20", id="another CA's"),
        pytest.param(EXPIRED, "refused", "alert 45 certificate_expired", "leaf 10,", id="expired"),
        pytest.param(EARLY, "refused", "alert 42 bad_certificate", "leaf 9,", id="not yet valid"),
        pytest.param(REVOKED, "refused", "alert 44 certificate_revoked", "leaf 23,", id="revoked"),
    ],
)
def test_haproxy_ends_the_handshake(
    who: str | None, answer: str, evidence: str, logged: str, strict_haproxy: Program, asking: Asking
) -> None:
    before = len(strict_haproxy.words)
    told = asking.evaluate(f"https://localhost:{strict_haproxy.port}", who=who)
    strict_haproxy.says(logged, after=before)
    assert (told.answer, told.identity["accepted"]) == (answer, answer == "accepted")
    assert evidence in told.evidence
    assert told.code == (1 if who and answer != "accepted" else 0)
    assert visited(strict_haproxy, asking.people, who) is (answer == "accepted")


@HAPROXY
@CURL
@pytest.mark.parametrize("who", [GOOD, None, STRANGER, EXPIRED, REVOKED])
def test_haproxy_refuses_in_words(who: str | None, wordy_haproxy: Program, asking: Asking) -> None:
    told = asking.evaluate(f"https://localhost:{wordy_haproxy.port}", who=who)
    assert told.answer == ("accepted" if who == GOOD else "refused")
    assert told.evidence.startswith("HTTP 200" if who == GOOD else "HTTP 403")
    assert told.code == (0 if who in (GOOD, None) else 1)
    assert visited(wordy_haproxy, asking.people, who) is (who == GOOD)


_CADDY = """
{{
  admin off
  auto_https off
  servers {{
    protocols h1 h2
  }}
}}
https://localhost:{port}, https://api.test:{port} {{
  bind {host}
  tls {files}/fullchain.pem {files}/key.pem {{
    client_auth {{
      mode require_and_verify
      trusted_ca_cert_file {root}
    }}
  }}
  respond "let in"
}}
"""


@pytest.fixture(scope="module")
def caddy(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("caddy"), free_port()
    (place / "Caddyfile").write_text(
        _CADDY.format(host=LOOPBACK, port=port, files=people.files(SERVER), root=people.root)
    )
    home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(place))
    command = ("caddy", "run", "--config", place / "Caddyfile", "--adapter", "caddyfile")
    with running(*command, port=port, log=place / "log", env=home) as program:
        yield program


# Go sends bad_certificate for everything until 1.20; from then on certificate_required, unknown_ca and
# certificate_expired (crypto/tls, processCertsFromClient). Caddy has no CRLs: whoever is revoked is let in.
@CADDY
@CURL
@pytest.mark.parametrize(
    ("who", "answer", "alerts"),
    [
        pytest.param(GOOD, "accepted", (), id="good"),
        pytest.param(None, "refused", (42, 116), id="none"),
        pytest.param(STRANGER, "refused", (42, 48), id="another CA's"),
        pytest.param(EXPIRED, "refused", (42, 45), id="expired"),
        pytest.param(REVOKED, "accepted", (), id="revoked, of which it does not learn"),
    ],
)
def test_caddy(who: str | None, answer: str, alerts: tuple[int, ...], caddy: Program, asking: Asking) -> None:
    told = asking.evaluate(f"https://localhost:{caddy.port}", who=who)
    assert told.answer == answer
    assert any(f"alert {number} " in told.evidence for number in alerts) is bool(alerts)
    assert told.code == (1 if who and answer != "accepted" else 0)
    assert visited(caddy, asking.people, who) is (answer == "accepted")


@pytest.mark.parametrize(
    "server",
    [
        pytest.param("strict_haproxy", marks=HAPROXY),
        pytest.param("wordy_haproxy", marks=HAPROXY),
        pytest.param("caddy", marks=CADDY),
    ],
)
@pytest.mark.parametrize("who", [GOOD, None, STRANGER, EXPIRED])
def test_diagnose_says_the_same(
    server: str, who: str | None, asking: Asking, request: pytest.FixtureRequest
) -> None:
    port = request.getfixturevalue(server).port
    url, way = f"https://{FAR}:{port}", ("--connect", f"{LOOPBACK}:{port}")
    ran = asking.read(url, *way, who=who, command="diagnose")
    assert ran.code == (0 if who in (GOOD, None) else 1)
    assert "PASS under ATS's defaults" in ran.out
    assert ("not a matter of ATS" in ran.out) is (who != GOOD)


@pytest.mark.parametrize(
    "server", [pytest.param("strict_haproxy", marks=HAPROXY), pytest.param("caddy", marks=CADDY)]
)
def test_the_peer_is_quoted_and_the_identity_is_judged(
    server: str, asking: Asking, request: pytest.FixtureRequest
) -> None:
    """What is wrong with an identity that we hold is said beside the alert, which may be about anything."""
    url = f"https://localhost:{request.getfixturevalue(server).port}"
    assert "expired" in asking.read(url, who=EXPIRED).out
    assert "revoked" in asking.read(url, who=REVOKED).out
    assert "acceptable" in asking.read(url, who=STRANGER).out


def visited(server: Program, people: People, who: str | None) -> bool:
    """Whether curl gets at the page."""
    (said,) = curl(Visit(port=server.port, trusting=people.root, showing=people.files(who) if who else None))
    return "let in" in said.words
