"""slapd, mosquitto, stunnel and Redis, which want a client certificate: four protocols, and three ways to refuse."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Iterator

import pytest

from tests.live.asking import Asking, Told
from tests.openssl import OPENSSL
from tests.people import EARLY, EXPIRED, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running

SLAPD = pytest.mark.peer("/usr/sbin/slapd", "apt-get install slapd")
MOSQUITTO = pytest.mark.peer("/usr/sbin/mosquitto", "apt-get install mosquitto")
STUNNEL = pytest.mark.peer("stunnel", "apt-get install stunnel4")
REDIS = pytest.mark.peer("redis-server", "apt-get install redis-server")

# What OpenSSL says to a client in TLS 1.3 (`ssl_x509err2alert` in ssl/statem/statem_lib.c), whoever the server is.
FROM_OPENSSL = {
    None: "alert 116 certificate_required",
    STRANGER: "alert 48 unknown_ca",
    EXPIRED: "alert 45 certificate_expired",
    EARLY: "alert 42 bad_certificate",
    REVOKED: "alert 44 certificate_revoked",
}
EVERYBODY = [
    pytest.param(GOOD, id="good"),
    pytest.param(None, id="none"),
    pytest.param(STRANGER, id="another CA's"),
    pytest.param(EXPIRED, id="expired"),
    pytest.param(EARLY, id="not yet valid"),
    pytest.param(REVOKED, id="revoked"),
]


# slapd.conf(5). TLSCRLFile is for GnuTLS, TLSCRLCheck for OpenSSL, which finds CRLs beside the CAs.
_SLAPD = """
pidfile {place}/pid
argsfile {place}/args
TLSCertificateFile {files}/fullchain.pem
TLSCertificateKeyFile {files}/key.pem
TLSCACertificateFile {place}/ca.pem
TLSVerifyClient demand
{crls}
database config
"""


@pytest.fixture(scope="module")
def slapd_is_gnutls() -> bool:
    """Whether slapd stands on GnuTLS, as Debian 12's, or on OpenSSL, as Debian 13's."""
    linked = subprocess.run(["ldd", "/usr/sbin/slapd"], capture_output=True, text=True, check=True).stdout
    return "libgnutls" in linked


@pytest.fixture(scope="module")
def slapd(
    slapd_is_gnutls: bool, people: People, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Program, int]]:
    """One for LDAP in TLS, and the port where it begins in the clear."""
    place, port, clear = tmp_path_factory.mktemp("slapd"), free_port(), free_port()
    crls = f"TLSCRLFile {people.crls}" if slapd_is_gnutls else "TLSCRLCheck all"
    (place / "ca.pem").write_bytes(
        people.root.read_bytes() + (b"" if slapd_is_gnutls else people.crls.read_bytes())
    )
    (place / "slapd.conf").write_text(_SLAPD.format(place=place, files=people.files(SERVER), crls=crls))
    urls = f"ldap://{LOOPBACK}:{clear}/ ldaps://{LOOPBACK}:{port}/"
    # -d keeps it in the foreground; 256 logs connections and results.
    command = ("/usr/sbin/slapd", "-f", place / "slapd.conf", "-h", urls, "-d", "256")
    with running(*command, port=port, log=place / "log") as program:
        yield program, clear


BIND = bytes.fromhex("300c020101600702010304008000")  # anonymously (RFC 4511, 4.2)
BOUND = bytes.fromhex("300c02010161070a010004000400")  # resultCode 0


@SLAPD
@OPENSSL
@pytest.mark.parametrize("how", ["ldaps", "STARTTLS"])
@pytest.mark.parametrize("who", EVERYBODY)
def test_slapd(
    who: str | None, how: str, slapd: tuple[Program, int], slapd_is_gnutls: bool, asking: Asking
) -> None:
    """With GnuTLS it closes without an alert and without a byte, which tells nothing to whoever it refuses."""
    server, clear = slapd
    target = (
        (f"ldaps://localhost:{server.port}",)
        if how == "ldaps"
        else (f"localhost:{clear}", "--starttls", "ldap")
    )
    before = len(server.words)
    told = asking.evaluate(*target, who=who)
    if who == GOOD:
        assert (told.answer, told.code) == ("accepted", 0)
        server.says("TLS established", after=before)
    else:
        assert told.answer == ("unknown" if slapd_is_gnutls else "refused")
        assert ("closed" if slapd_is_gnutls else FROM_OPENSSL[who]) in told.evidence
        assert told.code == (1 if who else 0)
        server.says("closed (TLS negotiation failure)", after=before)
    assert asking.lets_in(server, who, say=BIND, answer=BOUND) is (who == GOOD)


# mosquitto.conf(5). As root it would become another user, who could not read the keys of a test.
_MOSQUITTO = """
user {user}
listener {port} {host}
cafile {root}
certfile {files}/fullchain.pem
keyfile {files}/key.pem
crlfile {crls}
require_certificate true
allow_anonymous true
persistence false
log_dest stderr
log_type all
"""


@pytest.fixture(scope="module")
def mosquitto(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("mosquitto"), free_port()
    (place / "mosquitto.conf").write_text(
        _MOSQUITTO.format(
            user=getpass.getuser(),
            port=port,
            host=LOOPBACK,
            root=people.root,
            files=people.files(SERVER),
            crls=people.crls,
        )
    )
    command = ("/usr/sbin/mosquitto", "-c", place / "mosquitto.conf")
    with running(*command, port=port, log=place / "log") as program:
        yield program


CONNECT = bytes.fromhex("100d00044d51545404020000000178")  # MQTT 3.1.1, client "x"
CONNACK = bytes.fromhex("20020000")


@MOSQUITTO
@OPENSSL
@pytest.mark.parametrize("who", EVERYBODY)
def test_mosquitto(who: str | None, mosquitto: Program, asking: Asking) -> None:
    before = len(mosquitto.words)
    told = asking.evaluate(f"mqtts://localhost:{mosquitto.port}", who=who)
    openssl_judged(told, who)
    if who == GOOD:
        mosquitto.says("Sending CONNACK", after=before)
    else:
        mosquitto.says(
            "certificate verify failed" if who else "peer did not return a certificate", after=before
        )
    assert asking.lets_in(mosquitto, who, say=CONNECT, answer=CONNACK) is (who == GOOD)


# stunnel(8): `verifyChain`, `CRLfile`, and `exec` instead of a server behind it.
_STUNNEL = """
foreground = yes
syslog = no
debug = 6
pid =
[greeting]
accept = {host}:{port}
exec = /bin/echo
execArgs = echo let in
cert = {files}/fullchain.pem
key = {files}/key.pem
CAfile = {root}
CRLfile = {crls}
verifyChain = yes
"""


@pytest.fixture(scope="module")
def stunnel(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("stunnel"), free_port()
    (place / "stunnel.conf").write_text(
        _STUNNEL.format(
            host=LOOPBACK, port=port, files=people.files(SERVER), root=people.root, crls=people.crls
        )
    )
    with running("stunnel", place / "stunnel.conf", port=port, log=place / "log") as program:
        yield program


@STUNNEL
@OPENSSL
@pytest.mark.parametrize(
    ("who", "logged"),
    [
        pytest.param(GOOD, "Certificate accepted at depth=0: CN=alice", id="good"),
        pytest.param(None, "peer did not return a certificate", id="none"),
        pytest.param(STRANGER, "unable to get local issuer certificate", id="another CA's"),
        pytest.param(EXPIRED, "certificate has expired", id="expired"),
        pytest.param(EARLY, "certificate is not yet valid", id="not yet valid"),
        pytest.param(REVOKED, "certificate revoked", id="revoked"),
    ],
)
def test_stunnel_before_a_server_that_speaks_first(
    who: str | None, logged: str, stunnel: Program, asking: Asking
) -> None:
    before = len(stunnel.words)
    told = asking.evaluate(f"tls://localhost:{stunnel.port}", who=who)
    openssl_judged(told, who)
    stunnel.says(logged, after=before)
    assert asking.lets_in(stunnel, who, say=b"", answer=b"let in") is (who == GOOD)


# redis.conf: `tls-auth-clients` is yes by default; there are no CRLs.
_REDIS = """
bind {host}
port 0
tls-port {port}
tls-cert-file {files}/fullchain.pem
tls-key-file {files}/key.pem
tls-ca-cert-file {root}
save ""
dir {place}
"""


@pytest.fixture(scope="module")
def redis(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("redis"), free_port()
    (place / "redis.conf").write_text(
        _REDIS.format(host=LOOPBACK, port=port, place=place, files=people.files(SERVER), root=people.root)
    )
    with running("redis-server", place / "redis.conf", port=port, log=place / "log") as program:
        yield program


@REDIS
@OPENSSL
@pytest.mark.parametrize("who", [GOOD, None, STRANGER, EXPIRED])
def test_redis_waits_to_be_asked(who: str | None, redis: Program, asking: Asking) -> None:
    """Whose protocol nothing tells us. It says nothing to whom it lets in, and silence is no acceptance."""
    told = asking.evaluate(f"tls://localhost:{redis.port}", "--timeout", "15", who=who)
    if who == GOOD:
        assert (told.answer, told.code) == ("unknown", 1)
        assert told.evidence
    else:
        openssl_judged(told, who)
    assert asking.lets_in(redis, who, say=b"PING\r\n", answer=b"+PONG") is (who == GOOD)


def openssl_judged(told: Told, who: str | None) -> None:
    """A server on OpenSSL accepts GOOD, and says of everybody else what OpenSSL says."""
    assert told.answer == ("accepted" if who == GOOD else "refused")
    assert who == GOOD or FROM_OPENSSL[who] in told.evidence
    assert told.code == (1 if who not in (None, GOOD) else 0)
