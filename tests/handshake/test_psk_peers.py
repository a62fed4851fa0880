"""Pre-shared keys before servers that others wrote: the right key, a wrong one, and an identity nobody knows.

What each answers is measured; which of two causes it means is told where the alert tells, and left open where not.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pki.handshake import TlsVersion
from pki.handshake.psk import PreSharedKey, call_with_psk
from pki.model.datagrams import PskOutcome
from tests import clock
from tests.handshake.namespaces import in_namespace
from tests.handshake.test_psk_handshakes import KEY, NOBODY, OURS, WRONG_KEY
from tests.servers import LOOPBACK, free_port, running

MOSQUITTO = pytest.mark.peer("mosquitto", "apt-get install mosquitto")
STUNNEL = pytest.mark.peer("stunnel4", "apt-get install stunnel4")
OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")
GNUTLS = pytest.mark.peer("gnutls-serv", "apt-get install gnutls-bin")
TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
Serving = Callable[[Path], contextlib.AbstractContextManager[int]]
EITHER = "different keys for the identity", "or the server has none for it and hides that"
TELL_APART = "Connect once more with an identity that the server cannot know"


def _keys(folder: Path) -> Path:
    place = folder / "keys.psk"
    place.touch(mode=0o600)
    place.write_text(f"alice:{KEY.hex()}\n")
    return place


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A broker whose listener takes pre-shared keys alone (mosquitto.conf(5), psk_file); over a key it wants MQTT."""
    port = free_port()
    lines = (
        "user root", f"listener {port} {LOOPBACK}", "psk_hint rig", f"psk_file {_keys(folder)}",
        "use_identity_as_username true", "allow_anonymous true",
    )  # fmt: skip
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    with running("mosquitto", "-c", folder / "mosquitto.conf", port=port, log=folder / "log"):
        yield port


@contextlib.contextmanager
def stunnel(folder: Path) -> Iterator[int]:
    """A tunnel with PSKsecrets (stunnel(8)) to a port where somebody listens and says nothing."""
    port = free_port()
    with socket.create_server((LOOPBACK, 0)) as behind:
        lines = (
            "foreground = yes", "pid =", "[psk]", f"accept = {LOOPBACK}:{port}",
            f"connect = {LOOPBACK}:{behind.getsockname()[1]}", "ciphers = PSK", f"PSKsecrets = {_keys(folder)}",
        )  # fmt: skip
        (folder / "stunnel.conf").write_text("\n".join(lines) + "\n")
        with running("stunnel4", folder / "stunnel.conf", port=port, log=folder / "log"):
            yield port


SERVERS = [
    pytest.param(mosquitto, id="mosquitto", marks=MOSQUITTO),
    pytest.param(stunnel, id="stunnel", marks=STUNNEL),
]
VERSIONS = [pytest.param(version, id=f"TLS {version}") for version in (TLS12, TLS13)]


@OPENSSL
def test_a_server_that_passes_the_key_over_has_accepted_nothing(tmp_path: Path) -> None:
    """Every TLS 1.3 server with a certificate may ignore the key (RFC 8446, 4.2.11): a finished handshake is no proof."""
    key, cert, port = tmp_path / "key.pem", tmp_path / "cert.pem", free_port()
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=api.test")
    subprocess.run(
        ["openssl", "req", "-x509", *made, "-keyout", key, "-out", cert], check=True, capture_output=True
    )
    command = ("openssl", "s_server", "-accept", f"{LOOPBACK}:{port}", "-cert", cert, "-key", key, "-quiet")
    with running(*command, port=port, log=tmp_path / "log"):
        outcome = call_with_psk(OURS, port, version=TLS13, at=clock.now(), deadline=clock.PATIENCE)
    assert not outcome.accepted
    assert "passed the key over and showed a certificate" in outcome.reason
    assert "does PSK on this port" in outcome.repair


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("serving", SERVERS)
def test_what_servers_on_openssl_answer(serving: Serving, version: TlsVersion, tmp_path: Path) -> None:
    def call(psk: PreSharedKey) -> PskOutcome:
        return call_with_psk(psk, port, version=version, at=clock.now(), deadline=clock.PATIENCE)

    with serving(tmp_path) as port:
        good, wrong, nobody = call(OURS), call(WRONG_KEY), call(NOBODY)
    # Mosquitto 2.0.21, of Debian 13, has no TLS 1.3 for these keys.
    if serving is mosquitto and good.alert and good.alert.number == 70:
        assert (version, good.repair) == (TLS13, "Try the other version: --tls.")
        return
    assert good.accepted, good
    assert wrong.alert
    assert wrong.alert.number == 20 if version is TLS12 else wrong.alert.number in (47, 51)
    assert all(words in wrong.reason for words in EITHER)
    assert wrong.repair.startswith(TELL_APART)
    assert nobody.alert
    if version is TLS12:
        assert nobody.alert.number == 115
        assert nobody.reason == 'the server has no key for the identity "nobody"'
    else:  # what the next step of the wrong key promises, another alert; what this one's does is the row above
        assert nobody.alert.number == 40
        assert "an identity it has no key for, and how a server without PSK answers" in nobody.reason
        assert nobody.repair.startswith("Try TLS 1.2, where OpenSSL tells")


@GNUTLS
@pytest.mark.parametrize("version", VERSIONS)
def test_gnutls_hides_whether_it_knows_the_identity(version: TlsVersion, tmp_path: Path) -> None:
    """The kind behind it: a wrong key and an unknown identity come to one alert, so that neither may be asserted."""
    said = in_namespace("tests.handshake.gnutls_psk", _keys(tmp_path), version)
    wrong, nobody = said["wrong"], said["nobody"]
    assert said["alice"]["outcome"] == "accepted"
    assert (wrong["outcome"], nobody["outcome"]) == ("refused", "refused")
    if wrong["alert"]["number"] == nobody["alert"]["number"]:
        assert all(words in one["reason"] for words in EITHER for one in (wrong, nobody))
