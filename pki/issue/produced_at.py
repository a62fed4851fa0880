"""The moment an OCSP answer says it was produced at: `cryptography` writes the clock's, whatever it is about."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from pki.issue.keys import signature
from pki.model import der

if TYPE_CHECKING:
    from datetime import datetime

    from pki.issue.builder import Signer


def produced_at(response: bytes, at: datetime, signer: Signer) -> bytes:
    """The successful OCSP RESPONSE (DER) with producedAt AT, signed again by SIGNER, who signed it before.

    Apple judges the signer of a revoked answer at that moment, and takes no good answer from the future
    (Security-61901 SecRevocationServer.c): an answer made as of another time has to say so here, too.
    """
    status, wrapped = _inside(response, 0)
    (body,) = _inside(response, wrapped[1])
    kind, octets = _inside(response, body[1])
    basic = response[octets[2] : octets[3]]
    tbs, algorithm, _, *certificates = _inside(basic, 0)
    fields = [
        der.encode(der.GENERALIZED_TIME, f"{at.astimezone(UTC):%Y%m%d%H%M%S}Z".encode())
        if field[0] == der.GENERALIZED_TIME
        else _bytes(basic, field)
        for field in _inside(basic, tbs[1])
    ]
    data = der.encode(der.SEQUENCE, *fields)
    made = signature(signer.key, data, signer.digest, repeatable=bool(signer.ecdsa_deterministic))
    again = der.encode(
        der.SEQUENCE,
        data,
        _bytes(basic, algorithm),
        der.encode(der.BIT_STRING, b"\0", made),
        *(_bytes(basic, one) for one in certificates),
    )
    answer = der.encode(der.SEQUENCE, _bytes(response, kind), der.encode(der.OCTET_STRING, again))
    return der.encode(der.SEQUENCE, _bytes(response, status), der.encode(wrapped[0], answer))


def _inside(data: bytes, where: int) -> list[der.Element]:
    """The elements inside the one at WHERE."""
    _, _, start, stop = der.element(data, where, len(data))
    return list(der.children(data, start, stop))


def _bytes(data: bytes, found: der.Element) -> bytes:
    return data[found[1] : found[3]]
