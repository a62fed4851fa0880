"""Authorities as other programs make them, by these programs: what `trustrig init --from` is given.

Every one is made in a folder of the test, and none is installed anywhere.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import clock

MKCERT = pytest.mark.peer("mkcert", "apt-get install mkcert")
CADDY = pytest.mark.peer("caddy", "apt-get install caddy")
CERTTOOL = pytest.mark.peer("certtool", "apt-get install gnutls-bin")
OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")

PASSPHRASE = "correct horse"


@dataclass(frozen=True)
class Files:
    """What a person has: certificates (the authority's own first), the file of its key, and what opens that."""

    certificates: tuple[Path, ...]
    key: Path
    root: Path  # to trust
    passphrase: str | None = None

    def options(self, folder: Path) -> list[str]:
        """The options of `init` that adopt it; a passphrase goes into a file in FOLDER."""
        words = [word for one in self.certificates for word in ("--from", str(one))]
        words += ["--key", str(self.key)]
        if self.passphrase is not None:
            (folder / "passphrase").write_text(f"{self.passphrase}\n")
            words += ["--ca-passphrase-file", str(folder / "passphrase")]
        return words


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a program that has to succeed, and return what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def mkcert(folder: Path) -> Files:
    """mkcert's own: RSA-3072, path length 0, keyCertSign alone."""
    caroot = folder / "caroot"
    caroot.mkdir()
    run("mkcert", "-cert-file", "x.pem", "-key-file", "x-key.pem", "x.test", cwd=folder, CAROOT=str(caroot))
    root = caroot / "rootCA.pem"
    return Files((root,), caroot / "rootCA-key.pem", root)


_OPENSSL = """
[ca]
default_ca = here
[here]
dir = .
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
default_days = 900
policy = any
x509_extensions = lower
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = dn
prompt = no
[dn]
O = Acme GmbH
CN = Acme Root
[upper]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[lower]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def openssl_root(folder: Path) -> Files:
    """A company's root by `openssl req -x509`: no path length, its key encrypted."""
    (folder / "ca.cnf").write_text(_OPENSSL)
    (folder / "index.txt").touch()
    pass_out = ("-aes256", "-pass", f"pass:{PASSPHRASE}")
    run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", *pass_out, "-out",
        "acme.key", cwd=folder)  # fmt: skip
    run("openssl", "req", "-x509", "-new", "-key", "acme.key", "-passin", f"pass:{PASSPHRASE}", "-days", "1000",
        "-config", "ca.cnf", "-extensions", "upper", "-out", "acme.pem", cwd=folder)  # fmt: skip
    return Files((folder / "acme.pem",), folder / "acme.key", folder / "acme.pem", PASSPHRASE)


def openssl_ca(folder: Path) -> Files:
    """An intermediate by `openssl ca` below that root: path length 0; certificate, root and key in a .p12."""
    openssl_root(folder)
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "issuing.key",
        "-subj", "/O=Acme GmbH/CN=Acme Issuing", "-config", "ca.cnf", "-out", "issuing.csr", cwd=folder)  # fmt: skip
    run("openssl", "ca", "-batch", "-config", "ca.cnf", "-cert", "acme.pem", "-keyfile", "acme.key", "-passin",
        f"pass:{PASSPHRASE}", "-in", "issuing.csr", "-out", "issuing.pem", "-notext", cwd=folder)  # fmt: skip
    run("openssl", "pkcs12", "-export", "-in", "issuing.pem", "-inkey", "issuing.key", "-certfile", "acme.pem",
        "-passout", f"pass:{PASSPHRASE}", "-out", "issuing.p12", cwd=folder)  # fmt: skip
    return Files((folder / "issuing.p12",), folder / "issuing.p12", folder / "acme.pem", PASSPHRASE)


def caddy(folder: Path) -> Files:
    """Caddy's internal intermediate, which smallstep's library makes: its root allows one level and no more."""
    (folder / "caddy.json").write_text(
        '{"admin": {"disabled": true}, "apps": {"pki": {"certificate_authorities": '
        '{"local": {"name": "Acme Caddy", "install_trust": false}}}}}'
    )
    place = folder / "data" / "caddy" / "pki" / "authorities" / "local"
    names = ("root.crt", "root.key", "intermediate.crt", "intermediate.key")
    homes = {name: str(folder / "data") for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME")}
    with subprocess.Popen(
        ["caddy", "run", "--config", "caddy.json"],
        cwd=folder,
        env={**os.environ, **homes},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            deadline = time.monotonic() + clock.PATIENCE
            while not all((place / name).is_file() and (place / name).stat().st_size for name in names):
                assert server.poll() is None, "caddy ended"
                assert time.monotonic() < deadline, "caddy made no authority"
                time.sleep(0.05)
        finally:
            server.terminate()
    return Files(
        (place / "intermediate.crt", place / "root.crt"), place / "intermediate.key", place / "root.crt"
    )


def gnutls(folder: Path) -> Files:
    """A root by GnuTLS's certtool, with name constraints: hosts below one name, and nothing said of addresses."""
    (folder / "root.tmpl").write_text(
        'cn = "Acme GnuTLS"\nca\ncert_signing_key\ncrl_signing_key\nexpiration_days = 900\n'
        'nc_permit_dns = "acme.test"\nnc_permit_dns = "localhost"\n'
    )
    run("certtool", "--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1", "--outfile", "root.key",
        cwd=folder)  # fmt: skip
    run("certtool", "--generate-self-signed", "--load-privkey", "root.key", "--template", "root.tmpl", "--outfile",
        "root.pem", cwd=folder)  # fmt: skip
    return Files((folder / "root.pem",), folder / "root.key", folder / "root.pem")


def ours(folder: Path) -> Files:
    """The root of an authority of this project, whose path length leaves room below."""
    from pki.store import AuthorityFolder

    made = folder / "made-here"
    AuthorityFolder.create(made, name="Acme Trustrig", at=clock.now())
    root = made / "root" / "cert.pem"
    return Files((root,), made / "root" / "key.pem", root)


Maker = Callable[[Path], Files]
MAKERS = [
    pytest.param(mkcert, id="mkcert's", marks=MKCERT),
    pytest.param(openssl_root, id="a root by openssl with an encrypted key", marks=OPENSSL),
    pytest.param(openssl_ca, id="an intermediate by openssl ca in a .p12", marks=OPENSSL),
    pytest.param(caddy, id="an intermediate by smallstep's library in Caddy", marks=CADDY),
    pytest.param(gnutls, id="a constrained root by GnuTLS", marks=CERTTOOL),
    pytest.param(ours, id="a root of this project"),
]
