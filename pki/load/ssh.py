"""SSH keys, described: OpenSSH's PROTOCOL.key and public lines (RFC 4253, 6.6), RFC 4716, PuTTY's .ppk."""

from __future__ import annotations

import base64
import hashlib
import re

_MAX_TEXT = 65_536  # octets of a text that are looked at
_CERTIFICATE = "-cert-v01@openssh.com"  # PROTOCOL.certkeys
_OPENSSH = b"openssh-key-v1\x00"
_LINE = re.compile(
    rb"((?:sk-)?(?:ssh|ecdsa-sha2)-[A-Za-z0-9@.-]{2,60})[ \t]+([A-Za-z0-9+/]{16,}={0,2})[ \t]*([^\r\n]{0,200})"
)
_PPK_BLOB = re.compile(rb"^Public-Lines: \d{1,4}\r?\n((?:[A-Za-z0-9+/=]+\r?\n)+)", re.MULTILINE)
_PPK_FIELD = r"^{}: ([^\r\n]{{0,200}})"
_SSH_COM = b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
_RFC4716 = b"---- BEGIN SSH2 PUBLIC KEY ----"
_NAMES = {
    "ssh-rsa": "RSA",
    "ssh-dss": "DSA",
    "ssh-ed25519": "Ed25519",
    "ssh-ed448": "Ed448",
    "ecdsa-sha2-nistp256": "EC P-256",
    "ecdsa-sha2-nistp384": "EC P-384",
    "ecdsa-sha2-nistp521": "EC P-521",
    "sk-ssh-ed25519@openssh.com": "Ed25519 on a security key",
    "sk-ecdsa-sha2-nistp256@openssh.com": "EC P-256 on a security key",
}


def ssh_details(data: bytes) -> tuple[tuple[str, str], ...]:
    """Labels and values of an SSH key; no private part is looked at.

    Raises:
        ValueError: it does not parse.
    """
    if data.startswith(_OPENSSH):
        cipher, rest = _string(data, len(_OPENSSH))
        _, rest = _string(data, rest)
        _, rest = _string(data, rest)
        blob, _ = _string(data, rest + 4)  # behind the number of keys, which is 1
        return (*_public(blob), ("encryption", "none" if cipher == b"none" else _ascii(cipher)))
    if data.lstrip().startswith(b"PuTTY-User-Key-File"):
        found = _PPK_BLOB.search(data)
        blob = base64.b64decode(b"".join(found[1].split()), validate=True) if found else b""
        return (
            *_public(blob),
            ("encryption", _field(data, "Encryption")),
            ("comment", _field(data, "Comment")),
        )
    if _SSH_COM in data[:_MAX_TEXT]:
        return (("type", "not told: the whole key is in a form of ssh.com's own"),)
    if _RFC4716 in data[:_MAX_TEXT]:
        return _public(base64.b64decode(_rfc4716(data[:_MAX_TEXT]), validate=True))
    lines = _LINE.findall(data[:_MAX_TEXT])
    if not lines:
        raise ValueError("no key in it")
    details: list[tuple[str, str]] = []
    for _, text, comment in lines[:20]:
        details += _public(base64.b64decode(text, validate=True))
        if comment.strip():
            details.append(("comment", comment.strip().decode("utf-8", "replace")))
    return tuple(details)


def _rfc4716(text: bytes) -> bytes:
    """The base64 of a public key file: RFC 4716, 3.3; a header goes on where its line ends in a backslash."""
    body: list[bytes] = []
    header = False
    for line in text.partition(_RFC4716)[2].splitlines()[1:]:
        if line.startswith(b"----"):
            break
        if header or b":" in line:
            header = line.endswith(b"\\")
        else:
            body.append(line.strip())
    return b"".join(body)


def _public(blob: bytes) -> tuple[tuple[str, str], ...]:
    """RFC 4253, 6.6: the type, then its numbers; a certificate (PROTOCOL.certkeys) is one more type."""
    kind, rest = _string(blob, 0)
    name = _ascii(kind)
    plain = name.removesuffix(_CERTIFICATE)
    words = _NAMES.get(plain, plain) + (" certificate" if name != plain else "")
    if name == "ssh-rsa":
        _, rest = _string(blob, rest)
        modulus, _ = _string(blob, rest)
        words = f"RSA {int.from_bytes(modulus, 'big').bit_length()}"
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")
    return (("type", words), ("fingerprint", f"SHA256:{digest}"))  # as `ssh-keygen -l` writes it


def _string(data: bytes, pos: int) -> tuple[bytes, int]:
    """RFC 4251, 5: four octets of length, then as many."""
    stop = pos + 4 + int.from_bytes(data[pos : pos + 4], "big")
    if pos + 4 > len(data) or stop > len(data):
        raise ValueError("it is cut short")
    return data[pos + 4 : stop], stop


def _field(data: bytes, label: str) -> str:
    found = re.search(_PPK_FIELD.format(label).encode(), data[:4096], re.MULTILINE)
    return found[1].decode("utf-8", "replace").strip() if found else "not said"


def _ascii(text: bytes) -> str:
    return text[:64].decode("ascii", "replace")
