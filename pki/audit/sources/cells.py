"""Certificates in a cell or a field, told by what stands there and not by what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.errors import PkiError
from pki.load.certificates import leaf_first, load_certificates
from pki.load.recognition import recognise

# DER of more than 255 octets, as every certificate is (X.690, 8.1.3.5): a SEQUENCE whose length has two octets.
_BASE64 = re.compile(r"MII[A-Za-z0-9+/]{60}")
# The same in hexadecimal, as databases write octets: PostgreSQL's bytea, SQL Server and MySQL.
_HEX = re.compile(r"(?:\\x|0x)?(3082(?:[0-9a-fA-F]{2}){60,})\Z")
_PEM = "-----BEGIN "
_NULL = frozenset({"null", r"\n", "none", "nan", "<null>"})
"""What databases, pandas and others write where there is nothing; compared in lower case."""


def is_certificate(value: object) -> bool:
    """Whether a text is one or several certificates, as PEM, base64 or hexadecimal of DER; looked at, not read."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    return bool(text.startswith(_PEM) or _BASE64.match(text) or _HEX.match(text))


def octets_of(text: str) -> str | bytes:
    """TEXT, or the octets that it is the hexadecimal of."""
    found = _HEX.match(text.strip())
    return text if found is None else bytes.fromhex(found[1])


def is_nothing(text: str) -> bool:
    """Whether a TEXT stands for nothing."""
    return not text.strip() or text.strip().lower() in _NULL


def certificates_within(value: object) -> tuple[bytes, ...]:
    """The certificates that stand in VALUE, an object or list of JSON, as DER: the leaf first, and each once.

    zgrab2 has them at `data.tls.result.handshake_log.server_certificates`, tlsx at `certificate` and in `chain`.
    """
    found = [der for text in _texts(value) if is_certificate(text) for der in _ders(text)]
    return leaf_first(tuple(dict.fromkeys(found)))


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += reversed(one.values())
        elif isinstance(one, list):
            waiting += reversed(one)


def _ders(text: str) -> tuple[bytes, ...]:
    data = octets_of(text)
    try:
        return load_certificates(
            recognise(data.encode("utf-8", "replace") if isinstance(data, str) else data), name=""
        )
    except PkiError:  # a key, a signature
        return ()
