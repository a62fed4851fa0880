"""Exim and Dovecot, which want a client certificate, by implicit TLS and by STARTTLS.

Exim ends the handshake. Dovecot greets everybody, and refuses when a login begins.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.asking import Asking
from tests.openssl import OPENSSL
from tests.people import EARLY, EXPIRED, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running

EXIM = pytest.mark.peer("/usr/sbin/exim4", "apt-get install exim4-daemon-light")
DOVECOT = pytest.mark.peer("/usr/sbin/dovecot", "apt-get install dovecot-imapd")

# Exim's specification, chapter 43. Debian's links GnuTLS. The default of `tls_alpn` takes "smtp" and no protocol at all,
# and nothing else. As root it would become another user, who could not read the keys of a test.
_EXIM = """
exim_user = {user}
exim_group = {group}
primary_hostname = localhost
spool_directory = {place}/spool
log_file_path = {place}/exim.%s
log_selector = +smtp_connection
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
local_interfaces = {host}
daemon_smtp_ports = {clear} : {port}
tls_on_connect_ports = {port}
tls_advertise_hosts = *
tls_certificate = {files}/fullchain.pem
tls_privatekey = {files}/key.pem
tls_verify_certificates = {root}
tls_crl = {crls}
{more}
"""


@contextlib.contextmanager
def running_exim(people: People, place: Path, more: str) -> Iterator[tuple[Program, int]]:
    port, clear = free_port(), free_port()
    (place / "exim.conf").write_text(
        _EXIM.format(
            place=place, host=LOOPBACK, port=port, clear=clear, user=os.getuid(), group=os.getgid(),
            files=people.files(SERVER), root=people.root, crls=people.crls, more=more,
        )
    )  # fmt: skip
    # -bdf: a daemon in the foreground; -oP: its pid file, which would be the machine's.
    command = ("/usr/sbin/exim4", "-C", place / "exim.conf", "-bdf", "-oP", place / "pid")
    with running(*command, port=port, log=place / "log"):
        yield Program(port, place / "exim.main"), clear


@pytest.fixture(scope="module")
def exim(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, int]]:
    """One for SMTP in TLS, and the port where it begins in the clear."""
    with running_exim(people, tmp_path_factory.mktemp("exim"), "tls_verify_hosts = *") as found:
        yield found


# What Exim says of one whom it refuses: `verify_certificate` in src/tls-gnu.c. GnuTLS itself says what it thinks of none:
# alert 116 in TLS 1.3.
@EXIM
@OPENSSL
@pytest.mark.parametrize("how", ["smtps", "STARTTLS"])
@pytest.mark.parametrize(
    ("who", "answer", "evidence"),
    [
        pytest.param(GOOD, "accepted", "250", id="good"),
        pytest.param(None, "refused", "alert 116 certificate_required", id="none"),
        pytest.param(STRANGER, "refused", "alert 42 bad_certificate", id="another CA's"),
        pytest.param(EXPIRED, "refused", "alert 42 bad_certificate", id="expired"),
        pytest.param(EARLY, "refused", "alert 42 bad_certificate", id="not yet valid"),
        pytest.param(REVOKED, "refused", "alert 42 bad_certificate", id="revoked"),
    ],
)
def test_exim_ends_the_handshake(
    who: str | None, answer: str, evidence: str, how: str, exim: tuple[Program, int], asking: Asking
) -> None:
    server, clear = exim
    target = (
        (f"smtps://localhost:{server.port}",)
        if how == "smtps"
        else (f"localhost:{clear}", "--starttls", "smtp")
    )
    told = asking.evaluate(*target, who=who)
    assert told.answer == answer
    assert evidence in told.evidence
    assert told.code == (1 if who and answer != "accepted" else 0)
    assert told.document["connection"]["alpn"] is None
    assert asking.lets_in(server, who, say=b"NOOP\r\n", answer=b"250 OK") is (answer == "accepted")


@EXIM
@pytest.mark.parametrize(
    ("who", "why"),
    [(None, "Certificate is required"), (EXPIRED, "certificate invalid"), (REVOKED, "certificate revoked")],
)
def test_exim_logs_why(who: str | None, why: str, exim: tuple[Program, int], asking: Asking) -> None:
    server, _ = exim
    before = len(server.words)
    asking.evaluate(f"smtps://localhost:{server.port}", who=who)
    server.says(why, after=before)


_IN_WORDS = """
tls_try_verify_hosts = *
acl_smtp_helo = hello
begin acl
hello:
  accept
    condition = ${if eq{$tls_in_certificate_verified}{1}}
  deny
    message = a verified client certificate is required
"""


@pytest.fixture(scope="module")
def wordy_exim(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, int]]:
    """One that lets every handshake pass and answers EHLO by what came of it."""
    with running_exim(people, tmp_path_factory.mktemp("exim"), _IN_WORDS) as found:
        yield found


@EXIM
@pytest.mark.parametrize("who", [GOOD, None, STRANGER, EXPIRED, REVOKED])
def test_exim_refuses_in_words(who: str | None, wordy_exim: tuple[Program, int], asking: Asking) -> None:
    server, _ = wordy_exim
    told = asking.evaluate(f"smtps://localhost:{server.port}", who=who)
    assert told.answer == ("accepted" if who == GOOD else "refused")
    assert ("550 a verified client certificate is required" in told.evidence) is (who != GOOD)
    assert told.code == (0 if who in (GOOD, None) else 1)
    heard = asking.hears(server, who, say=b"EHLO x\r\nQUIT\r\n", until=b"\r\n221 ")
    assert (b"250 HELP" in heard) is (who == GOOD)


# GnuTLS answers an empty Certificate message of TLS 1.2 as one that does not read.
@EXIM
@pytest.mark.parametrize(
    ("who", "answer", "alert"),
    [(GOOD, "accepted", ""), (None, "refused", "alert 50 "), (STRANGER, "refused", "alert 42 ")],
)
def test_exim_in_tls_1_2(who: str | None, answer: str, alert: str, asking: Asking, tmp_path: Path) -> None:
    more = "tls_verify_hosts = *\ntls_require_ciphers = NORMAL:-VERS-TLS1.3"
    with running_exim(asking.people, tmp_path, more) as (server, _):
        told = asking.evaluate(f"smtps://localhost:{server.port}", who=who)
    assert (told.answer, told.document["connection"]["version"]) == (answer, "1.2")
    assert alert in told.evidence


@EXIM
def test_exim_takes_no_protocol_of_the_web(exim: tuple[Program, int], asking: Asking) -> None:
    """Which is what https:// offers; the answer says where the fault is, and how to ask."""
    ran = asking.read(f"https://localhost:{exim[0].port}", who=None)
    assert ran.code in (1, 3)
    assert "no_application_protocol" in ran.out + ran.err
    assert "ALPN" in ran.out + ran.err
    assert "smtps://" in ran.out + ran.err or "tls://" in ran.out + ran.err


# https://doc.dovecot.org/2.3/configuration_manual/dovecot_ssl_configuration/ and, where most settings have another name,
# https://doc.dovecot.org/2.4.1/core/config/ssl.html. The CRLs are in the same file as the CAs in both.
_DOVECOT_2_3 = """
ssl = required
ssl_cert = <{files}/fullchain.pem
ssl_key = <{files}/key.pem
ssl_ca = <{place}/ca.pem
ssl_verify_client_cert = yes
ssl_require_crl = yes
verbose_ssl = yes
passdb {{
  driver = static
  args = password=never
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}}
"""
_DOVECOT_2_4 = """
ssl = required
ssl_server_cert_file = {files}/fullchain.pem
ssl_server_key_file = {files}/key.pem
ssl_server_ca_file = {place}/ca.pem
ssl_server_request_client_cert = yes
ssl_server_require_crl = yes
log_debug = category=ssl
passdb static {{
  password = never
}}
userdb static {{
  fields {{
    uid = 65534
    gid = 65534
    home = /nonexistent
  }}
}}
"""
_DOVECOT = """
base_dir = {place}/run
state_dir = {place}/state
log_path = /dev/stderr
protocols = imap
listen = {host}
auth_ssl_require_client_cert = yes
auth_mechanisms = {mechanism}
service imap-login {{
  inet_listener imap {{
    port = {clear}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
"""


@pytest.fixture(scope="module", params=["PLAIN", "EXTERNAL"])
def dovecot(
    people: People, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Program, int, str]]:
    """One for IMAP in TLS, the port where it begins in the clear, and how to log in.

    PLAIN is by a password beside the certificate, EXTERNAL (RFC 4422, A) by the certificate alone.
    """
    if os.getuid() != 0:
        pytest.skip("Dovecot starts as root only")
    version = subprocess.run(
        ["/usr/sbin/dovecot", "--version"], capture_output=True, text=True, check=True
    ).stdout
    place, port, clear = tmp_path_factory.mktemp("dovecot"), free_port(), free_port()
    head, tail = "", _DOVECOT_2_3
    if not version.startswith("2.3."):
        number = re.match(r"[\d.]+", version)[0]  # type: ignore[index]  # it begins with a number
        head, tail = f"dovecot_config_version = {number}\ndovecot_storage_version = {number}\n", _DOVECOT_2_4
    (place / "dovecot.conf").write_text(
        head
        + (_DOVECOT + tail).format(
            place=place, host=LOOPBACK, port=port, clear=clear, mechanism=request.param, files=people.files(SERVER)
        )
    )  # fmt: skip
    chain = (people.files(SERVER) / "chain.pem").read_bytes()
    (place / "ca.pem").write_bytes(people.root.read_bytes() + chain + people.crls.read_bytes())
    command = ("/usr/sbin/dovecot", "-F", "-c", place / "dovecot.conf")
    with running(*command, port=port, log=place / "log") as program:
        yield program, clear, request.param


NO_VALID = "Client didn't present valid SSL certificate"


@DOVECOT
@OPENSSL
@pytest.mark.parametrize("how", ["imaps", "STARTTLS"])
@pytest.mark.parametrize(
    ("who", "answer", "logged"),
    [
        pytest.param(GOOD, "accepted", "", id="good"),
        pytest.param(None, "refused", "client didn't send a cert", id="none"),
        pytest.param(STRANGER, "refused", "unable to get", id="another CA's"),
        pytest.param(EXPIRED, "refused", "certificate has expired", id="expired"),
        pytest.param(EARLY, "refused", "certificate is not yet valid", id="not yet valid"),
        pytest.param(REVOKED, "refused", "certificate revoked", id="revoked"),
    ],
)
def test_dovecot_greets_everybody_and_refuses_the_login(
    who: str | None, answer: str, logged: str, how: str, dovecot: tuple[Program, int, str], asking: Asking
) -> None:
    server, clear, mechanism = dovecot
    target = (
        (f"imaps://localhost:{server.port}",)
        if how == "imaps"
        else (f"localhost:{clear}", "--starttls", "imap")
    )
    before = len(server.words)
    told = asking.evaluate(*target, who=who)
    server.says(logged, after=before)
    assert told.answer == answer
    assert (NO_VALID in told.evidence) is (answer == "refused")
    assert told.code == (1 if who and answer != "accepted" else 0)
    if how == "imaps":  # a greeting is no acceptance for who asks in another protocol either
        wrong = asking.evaluate(f"https://localhost:{server.port}", who=who)
        declined = "an Apple client's offer of h2 and http/1.1 was declined" in str(
            wrong.document["headline"]
        )
        # Dovecot 2.4, of Debian 13, knows its own protocol in ALPN, and 2.3 knows none.
        assert (wrong.answer, wrong.code) == ("unknown", 1 if who or declined else 0)
        assert "write imaps://HOST:PORT" in wrong.evidence
    login = f"a1 NOOP\r\na2 AUTHENTICATE {mechanism}\r\n*\r\na3 LOGOUT\r\n".encode()
    heard = asking.hears(server, who, say=login, until=b"a3 OK")
    assert b"a1 OK" in heard
    assert (NO_VALID.encode() in heard) is (answer == "refused")
