"""FreeRADIUS and `eapol_test`, as in a company's Wi-Fi: EAP-TLS with identities as `trustrig export` writes them.

The server has what it believes in a folder with hashed names: the CAs, and the lists that `trustrig crl` writes.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.export.pkcs12 import P12Encryption
from tests import clock
from tests.handshake.programs import PASSWORD
from tests.openssl import OPENSSL
from tests.people import EARLY, EXPIRED, GOOD, REVOKED, SERVER, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running
from tests.shell import spawn

FREERADIUS = pytest.mark.peer("/usr/sbin/freeradius", "apt-get install freeradius")
EAPOL_TEST = pytest.mark.peer("eapol_test", "apt-get install eapoltest")
pytestmark = [FREERADIUS, EAPOL_TEST, OPENSSL]

SECRET = "loopback-only"
PEM = "pem"

# mods-available/eap and sites-available/default of FreeRADIUS 3.2, less all that is not EAP-TLS.
_RADIUSD = """
name = eap-tls
prefix = /usr
libdir = /usr/lib/freeradius
logdir = {place}
run_dir = {place}
modules {{
  eap {{
    default_eap_type = tls
    tls-config ours {{
      certificate_file = {files}/fullchain.pem
      private_key_file = {files}/key.pem
      ca_path = {place}/trusted
      check_crl = yes
      tls_min_version = "1.2"
      tls_max_version = "1.3"
    }}
    tls {{
      tls = ours
    }}
  }}
}}
client loopback {{
  ipaddr = {host}
  secret = {secret}
}}
server eap-tls {{
  listen {{
    type = auth
    ipaddr = {host}
    port = {port}
  }}
  authorize {{
    eap
  }}
  authenticate {{
    eap
  }}
}}
"""
# wpa_supplicant.conf(5). wpa_supplicant leaves TLS 1.3 out of EAP-TLS unless it is told otherwise.
_EAPOL = """
network={{
  key_mgmt=WPA-EAP
  eap=TLS
  identity="{who}"
  ca_cert="{root}"
  phase1="tls_disable_tlsv1_3={without_13}"
  {shown}
}}
"""


@pytest.fixture(scope="module")
def radius(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("radius"), free_port(socket.SOCK_DGRAM)
    trusted = place / "trusted"
    trusted.mkdir()
    shutil.copy(people.root, trusted / "root.pem")
    shutil.copy(people.files(SERVER) / "chain.pem", trusted / "issuing.pem")
    for name, options in (("issuing", ()), ("root", ("--root",))):
        ran = spawn("crl", "-o", trusted / f"{name}.crl.pem", *options, "--ca", people.ours, cwd=place)
        assert ran.code == 0, ran.err
    subprocess.run(["openssl", "rehash", trusted], check=True, timeout=clock.PATIENCE)
    (place / "radiusd.conf").write_text(
        _RADIUSD.format(place=place, files=people.files(SERVER), host=LOOPBACK, port=port, secret=SECRET)
    )
    command = ("/usr/sbin/freeradius", "-X", "-d", place)  # in the foreground, and all it does in the log
    with running(
        *command,
        port=port,
        log=place / "log",
        ready=lambda program: "Ready to process requests" in program.words,
    ) as program:
        yield program


@pytest.fixture(scope="module")
def exported(people: People, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `trustrig export` makes of each: a folder of PEM files, and a .p12 of either encryption."""
    place = tmp_path_factory.mktemp("exported")
    (place / "password").write_text(PASSWORD)
    for who in (GOOD, EXPIRED, EARLY, REVOKED, STRANGER):
        ca = ("--ca", people.theirs if who == STRANGER else people.ours)
        ran = spawn("export", "pem", who, "-o", f"{place / who}/", *ca, cwd=place)
        assert ran.code == 0, ran.err
        for kind in P12Encryption:
            file = place / f"{who}-{kind}.p12"
            how = ("--p12-encryption", kind, "--password-file", place / "password")
            ran = spawn("export", "p12", who, "-o", file, *how, *ca, cwd=place)
            assert ran.code == 0, ran.err
    return place


def joins(
    radius: Program, people: People, exported: Path, who: str, kind: str, version: str, place: Path
) -> bool:
    """Whether WHO gets in, showing an identity of KIND."""
    if kind == PEM:
        shown = f'client_cert="{exported / who}/fullchain.pem"\n  private_key="{exported / who}/key.pem"'
    else:
        shown = f'private_key="{exported / who}-{kind}.p12"\n  private_key_passwd="{PASSWORD}"'
    without_13 = int(version != "1.3")
    configuration = place / "eapol.conf"
    configuration.write_text(_EAPOL.format(who=who, root=people.root, shown=shown, without_13=without_13))
    command = [
        "eapol_test",
        "-c",
        configuration,
        "-a",
        LOOPBACK,
        "-p",
        str(radius.port),
        "-s",
        SECRET,
        "-t",
        "300",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=clock.PATIENCE, check=False)
    last = done.stdout.split()[-1]
    assert (last, done.returncode == 0) in (("SUCCESS", True), ("FAILURE", False)), done.stdout
    return last == "SUCCESS"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("kind", [PEM, *P12Encryption])
def test_an_exported_identity_joins(
    kind: str, version: str, radius: Program, people: People, exported: Path, tmp_path: Path
) -> None:
    before = len(radius.words)
    assert joins(radius, people, exported, GOOD, kind, version, tmp_path)
    radius.says(
        f'TLS-Session-Version = "TLS {version}"', 'TLS-Client-Cert-Common-Name := "alice"', after=before
    )


# X509_V_ERR_* (OpenSSL, x509_vfy.h): 9 not yet valid, 10 expired, 20 no issuer, 19 a root nobody knows, where the client
# sent it (a .p12 has it), 23 revoked.
@pytest.mark.parametrize("kind", [PEM, P12Encryption.APPLE_ANY])
@pytest.mark.parametrize(
    ("who", "logged"),
    [
        pytest.param(STRANGER, "error (19|20) ", id="another CA's"),
        pytest.param(EXPIRED, "error 10 ", id="expired"),
        pytest.param(EARLY, "error 9 ", id="not yet valid"),
        pytest.param(REVOKED, "error 23 ", id="revoked, by a list of ours"),
    ],
)
def test_who_does_not_join(
    who: str, logged: str, kind: str, radius: Program, people: People, exported: Path, tmp_path: Path
) -> None:
    before = len(radius.words)
    assert not joins(radius, people, exported, who, kind, "1.2", tmp_path)
    assert re.search(f"OpenSSL says {logged}", radius.words[before:])
