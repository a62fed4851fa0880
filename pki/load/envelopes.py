"""Whom an encrypted CMS message is for, and how it is encrypted: what can be seen of one without a key."""

from __future__ import annotations

from collections.abc import Iterator

from pki.load import ber
from pki.model import der
from pki.model.distinguished import name_text

_MAX_RECIPIENTS = 50
_CIPHERS = {  # RFC 3370, RFC 3565, RFC 5084, RFC 8103
    "2.16.840.1.101.3.4.1.2": "AES-128-CBC",
    "2.16.840.1.101.3.4.1.22": "AES-192-CBC",
    "2.16.840.1.101.3.4.1.42": "AES-256-CBC",
    "2.16.840.1.101.3.4.1.6": "AES-128-GCM",
    "2.16.840.1.101.3.4.1.26": "AES-192-GCM",
    "2.16.840.1.101.3.4.1.46": "AES-256-GCM",
    "1.2.840.113549.1.9.16.3.18": "ChaCha20-Poly1305",
    "1.2.840.113549.3.7": "3DES",
    "1.2.840.113549.3.2": "RC2",
    "1.3.14.3.2.7": "DES",
}
BY_SHARED_KEY, BY_PASSWORD = "a key-encryption key shared before", "a password"
_OTHERS = {
    der.context(1, constructed=True): "a key agreed upon (EC or Diffie-Hellman)",
    der.context(2, constructed=True): BY_SHARED_KEY,
    der.context(3, constructed=True): BY_PASSWORD,
    der.context(4, constructed=True): "a recipient of another kind",
}


def envelope_details(data: bytes) -> tuple[tuple[str, str], ...]:
    """Labels and values of an EnvelopedData, AuthEnvelopedData or EncryptedData: RFC 5652, 6 and 8, RFC 5083.

    Raises:
        DerError: it does not parse.
    """
    data = ber.to_der(data)
    info = der.expect(data, 0, len(data), der.SEQUENCE)
    kind = der.expect(data, info[2], info[3], der.OID)
    wrapper = der.expect(data, kind[3], info[3], ber.EXPLICIT_0)
    body = der.expect(data, wrapper[2], wrapper[3], der.SEQUENCE)
    rows: list[tuple[str, str]] = []
    for tag, _, start, stop in der.elements(data, body[2], body[3], 16, "fields of a CMS message"):
        if tag == der.SET and not rows:
            rows += [("recipient", words) for words in _recipients(data, start, stop)]
        elif tag == der.SEQUENCE:
            rows.append(("encryption", _cipher(data, start, stop)))
            break
    return (*rows, ("content", "not to be seen without a key"))


def _recipients(data: bytes, start: int, stop: int) -> Iterator[str]:
    for tag, _, inner, end in der.elements(data, start, stop, _MAX_RECIPIENTS, "recipients"):
        if tag != der.SEQUENCE:
            yield _OTHERS.get(tag, "a recipient of another kind")
            continue
        version = der.expect(data, inner, end, der.INTEGER)
        who = der.element(data, version[3], end)
        if who[0] == der.context(0, constructed=False):
            yield f"key identifier {data[who[2] : who[3]].hex()[:64]}"
        elif who[0] == der.SEQUENCE:
            issuer = der.expect(data, who[2], who[3], der.SEQUENCE)
            serial = der.expect(data, issuer[3], who[3], der.INTEGER)
            number = der.integer(data, serial[2], serial[3])
            yield f"serial {number:x} of {name_text(data[issuer[1] : issuer[3]])}"


def _cipher(data: bytes, start: int, stop: int) -> str:
    """EncryptedContentInfo: a content type, then how it is encrypted."""
    content = der.expect(data, start, stop, der.OID)
    algorithm = der.expect(data, content[3], stop, der.SEQUENCE)
    name = der.expect(data, algorithm[2], algorithm[3], der.OID)
    oid = der.oid(data, name[2], name[3])
    return _CIPHERS.get(oid, oid)
