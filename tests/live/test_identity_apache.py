"""Apache: server-wide it refuses in the handshake; for a location it asks once it has read the request.

Source: Apache 2.4, mod_ssl, SSLVerifyClient: "In per-directory context it forces a SSL renegotiation with the
reconfigured client verification level after the HTTP request was read but before the HTTP response is sent"; in TLS 1.3
that is post-handshake authentication (modules/ssl/ssl_engine_kernel.c, ssl_hook_Access_modern).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.asking import Asking
from tests.live.places import shared_folder
from tests.people import EXPIRED, FAR, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running

APACHE = pytest.mark.peer("apache2", "apt-get install apache2-bin")
_CONFIGURATION = """
ServerRoot {place}
ServerName localhost
PidFile {place}/pid
DefaultRuntimeDir {place}
ErrorLog /dev/stderr
LogLevel info
{modules}
Listen {host}:{port}
SSLSessionCache none
<VirtualHost *:{port}>
  DocumentRoot {place}/site
  Protocols {protocols}
  SSLEngine on
  SSLProtocol {version}
  SSLCertificateFile {files}/fullchain.pem
  SSLCertificateKeyFile {files}/key.pem
  SSLCACertificateFile {root}
  SSLCARevocationFile {crls}
  SSLCARevocationCheck chain
  SSLVerifyDepth 3
  {verify}
</VirtualHost>
"""
_MODULES = ("mpm_event", "authz_core", "ssl", "http2")
_WHOLE = "SSLVerifyClient require"
_PLACE = "<Location /members>\n    SSLVerifyClient require\n  </Location>"


@pytest.fixture(scope="module")
def apache(people: People, request: pytest.FixtureRequest) -> Iterator[Program]:
    """The parameter: TLS version, ALPN, and where it asks."""
    with shared_folder() as place:  # its children run as somebody else where root starts it
        yield from _serving(people, place, *request.param)


def _serving(people: People, place: Path, version: str, protocols: str, verify: str) -> Iterator[Program]:
    port = free_port()
    (place / "site").mkdir()
    (place / "site" / "index.html").write_text("let in")
    (place / "site" / "members").write_text("let in")
    modules = "\n".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _MODULES
    )
    (place / "apache.conf").write_text(
        _CONFIGURATION.format(
            place=place, host=LOOPBACK, port=port, modules=modules, protocols=protocols, version=version,
            files=people.files(SERVER), root=people.root, crls=people.crls, verify=verify,
        )
    )  # fmt: skip
    command = ("apache2", "-DFOREGROUND", "-f", place / "apache.conf")
    with running(*command, port=port, log=place / "log") as program:
        yield program


def servers(*rows: tuple[str, str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("apache", rows, indirect=True, ids=[" ".join(row[:2]) for row in rows])


@APACHE
@servers(("TLSv1.2", "http/1.1", _WHOLE), ("TLSv1.3", "h2 http/1.1", _WHOLE))
@pytest.mark.parametrize(
    ("who", "alerts", "fault"),
    [
        pytest.param(GOOD, (), "", id="good"),
        pytest.param(None, (40, 116), "", id="none"),
        pytest.param(STRANGER, (48,), "has no issuer among the acceptable CAs", id="another CA's"),
        pytest.param(EXPIRED, (45,), '"late" has expired', id="expired"),
        pytest.param(REVOKED, (44,), '"mallory" was revoked', id="revoked"),
    ],
)
def test_server_wide(
    who: str | None, alerts: tuple[int, ...], fault: str, apache: Program, asking: Asking
) -> None:
    url = f"https://localhost:{apache.port}"
    told = asking.evaluate(url, who=who)
    assert told.answer == ("refused" if alerts else "accepted")
    assert told.identity["asked"] == "handshake"
    assert any(f"alert {number} " in told.evidence for number in alerts) is bool(alerts)
    assert told.code == (0 if who in (GOOD, None) else 1)
    error = told.document["expected_app_error"]
    assert (error and error["url_error"]) == ((-1205 if who else -1206) if alerts else None)
    read = asking.read(url, who=who)
    assert fault in read.out
    assert (f"The app should see {-1205 if who else -1206}" in read.out) is bool(alerts)


@APACHE
@servers(
    ("TLSv1.2", "http/1.1", _PLACE), ("TLSv1.3", "http/1.1", _PLACE),
    ("TLSv1.2", "h2 http/1.1", _PLACE), ("TLSv1.3", "h2 http/1.1", _PLACE),
)  # fmt: skip
@pytest.mark.parametrize(
    ("who", "alerts"),
    [
        pytest.param(GOOD, (), id="good"),
        pytest.param(None, (40, 116), id="none"),
        pytest.param(STRANGER, (48,), id="another CA's"),
        pytest.param(EXPIRED, (45,), id="expired"),
        pytest.param(REVOKED, (44,), id="revoked"),
    ],
)
def test_for_a_location(who: str | None, alerts: tuple[int, ...], apache: Program, asking: Asking) -> None:
    """Over HTTP/2 neither way is allowed (RFC 9113, 9.2.1; RFC 8740): Apache asks for HTTP/1.1, and gets it."""
    url = f"https://localhost:{apache.port}/members"
    told = asking.evaluate(url, who=who)
    assert told.answer == ("refused" if alerts else "accepted")
    version = told.document["connection"]["version"]
    assert told.identity["asked"] == ("renegotiation" if version == "1.2" else "post-handshake")
    assert told.document["connection"]["acceptable_cas"] == ["Our CA"]
    assert any(f"alert {number} " in told.evidence for number in alerts) is bool(alerts)
    assert told.code == (0 if who in (GOOD, None) else 1)
    read = asking.read(url, who=who)
    assert "not in the first handshake but after the request" in read.out
    later = (
        version == "1.3"
    )  # nobody knows an Apple client that offers to be asked so late: no error is promised
    assert ("[mtls-post-handshake]" in read.out) is later
    assert (told.document["expected_app_error"] is None) is (later or not alerts)
    assert ("so an app may never be asked" in read.out) is later


@APACHE
@servers(("TLSv1.2", "http/1.1", _PLACE), ("TLSv1.3", "http/1.1", _PLACE))
def test_of_another_path_it_does_not_ask(apache: Program, asking: Asking) -> None:
    told = asking.evaluate(f"https://localhost:{apache.port}/", who=GOOD)
    assert (told.answer, told.identity["shown"], told.code) == ("not-asked", None, 1)
    read = asking.read(f"https://localhost:{apache.port}/", who=GOOD)
    assert "no client certificate was asked for" in read.out
    assert "A server may ask by path" in read.out
    nobody = asking.evaluate(f"https://localhost:{apache.port}/", who=None)
    assert (nobody.document["connection"]["identity"], nobody.code) == (None, 0)


@APACHE
@servers(("TLSv1.3", "http/1.1", _PLACE))
def test_diagnose_sends_the_path(apache: Program, asking: Asking) -> None:
    url, way = f"https://{FAR}:{apache.port}", ("--connect", f"{LOOPBACK}:{apache.port}")
    assert asking.read(url, *way, who=None, command="diagnose").code == 0
    refused = asking.read(f"{url}/members", *way, who=STRANGER, command="diagnose")
    assert (refused.code, "That is not a matter of ATS." in refused.out) == (1, True)
    assert asking.read(f"{url}/members", *way, who=GOOD, command="diagnose").code == 0
