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
    status, wrapped = der.parts_of(response)
    kind, octets = der.parts_of(*der.parts_of(wrapped))
    tbs, algorithm, _, *certificates = der.parts_of(*der.parts_of(octets))
    moment = der.encode(der.GENERALIZED_TIME, f"{at.astimezone(UTC):%Y%m%d%H%M%S}Z".encode())
    fields = (moment if field[0] == der.GENERALIZED_TIME else field for field in der.parts_of(tbs))
    data = der.encode(der.SEQUENCE, *fields)
    made = signature(signer.key, data, signer.digest, repeatable=bool(signer.ecdsa_deterministic))
    again = der.encode(der.SEQUENCE, data, algorithm, der.encode(der.BIT_STRING, b"\0", made), *certificates)
    answer = der.encode(der.SEQUENCE, kind, der.encode(der.OCTET_STRING, again))
    return der.encode(der.SEQUENCE, status, der.encode(wrapped[0], answer))
