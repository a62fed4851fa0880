"""What is described more finely than by its kind, and the next step where that depends on it."""

from __future__ import annotations

from pki.load.kinds import X509, FileKind

OPENSSH_KEY, PUTTY_KEY = "an OpenSSH private key", "a PuTTY private key (.ppk)"
SSH_COM_KEY = "an SSH private key of ssh.com"
_PKCS8 = (
    "`ssh-keygen -p -m PKCS8 -f COPY` makes PKCS #8 of it, of an RSA or ECDSA key; OpenSSH 9.2 leaves an Ed25519 "
    "one, which Apple's TLS does not take, as it is."
)
_ADVICE = {
    OPENSSH_KEY: f"{X509} Of a private key `cp FILE COPY` first: {_PKCS8}",
    PUTTY_KEY: f"{X509} `puttygen FILE -O private-openssh -o COPY` first: {_PKCS8}",
    SSH_COM_KEY: f"{X509} `puttygen FILE -O private-openssh -o COPY` first: {_PKCS8}",
}
"""What to do with what a description finer than the kind's own names."""


def advice_about(kind: FileKind, detail: str) -> str:
    """What to do when certificates were due and KIND came, which DETAIL describes more finely."""
    return _ADVICE.get(detail, kind.advice)
