"""Signed certificate timestamps: read, verified against logs the user names, and counted the way Apple counts.

Source: RFC 6962, 3.2 and 3.3; Security-61901, trust/trustd/CertificateTransparency.m; Apple support article 103214.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.verifying import verify_with
from pki.trust.ct_logs import CtLog, LogList

SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"  # RFC 6962, 3.3
MAX_SCTS = 64  # ours: real certificates carry two to five

NEW_COUNTS_FROM = datetime(2021, 4, 21, tzinfo=UTC)  # Apple support article 103214
_OLD_COUNTS = ((15, 2), (27, 3), (39, 4))  # (months, SCTs): under 15, up to 27, up to 39, else 5
_NEW_COUNTS = ((timedelta(days=180), 2), (timedelta(days=825), 3))  # else 4


@dataclass(frozen=True, slots=True)
class Sct:
    """One signed certificate timestamp, version 1. `embedded` ones cover the precertificate."""

    log_id: bytes
    timestamp: datetime
    raw_timestamp: bytes
    extensions: bytes
    digest: int
    signature_algorithm: int
    signature: bytes
    embedded: bool


@dataclass(frozen=True, slots=True)
class ValidScts:
    """The logs whose SCTs verify: by how they came, and whether the log is still current. Each log counts once."""

    embedded_current: frozenset[bytes]
    embedded_any: frozenset[bytes]
    delivered_current: frozenset[bytes]


def read_list(data: bytes, *, embedded: bool) -> Iterator[Sct]:
    """The SCTs of a SignedCertificateTimestampList (RFC 6962, 3.3); what does not read is passed over."""
    if len(data) < 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
        return
    pos = 2
    for _ in range(MAX_SCTS):
        size = int.from_bytes(data[pos : pos + 2], "big")
        raw = data[pos + 2 : pos + 2 + size]
        if len(data) < pos + 2 or len(raw) != size:
            return
        pos += 2 + size
        sct = _read(raw, embedded)
        if sct is not None:
            yield sct


def _read(raw: bytes, embedded: bool) -> Sct | None:
    if len(raw) < 47 or raw[0] != 0:
        return None
    size = int.from_bytes(raw[41:43], "big")
    rest = raw[43 + size :]
    if len(rest) < 4 or int.from_bytes(rest[2:4], "big") != len(rest) - 4:
        return None
    milliseconds = int.from_bytes(raw[33:41], "big")
    try:
        timestamp = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return Sct(raw[1:33], timestamp, raw[33:41], raw[43 : 43 + size], rest[0], rest[1], rest[4:], embedded)


def embedded_scts(cert: CertFacts) -> tuple[Sct, ...]:
    """The SCTs inside a certificate."""
    extension = cert.extension(SCT_LIST)
    if extension is None:
        return ()
    try:
        start, stop = der.only(extension.value, der.OCTET_STRING)
    except der.DerError:
        return ()
    return tuple(read_list(extension.value[start:stop], embedded=True))


def valid_scts(
    cert: CertFacts, issuer: CertFacts | None, *, delivered: Sequence[bytes], logs: LogList, at: datetime
) -> ValidScts:
    """Which logs vouch for CERT: their SCTs verify, are not of the future, and were the log's to give."""
    embedded_current, embedded_any, delivered_current = set(), set(), set()
    found = [*embedded_scts(cert), *(sct for data in delivered for sct in read_list(data, embedded=False))]
    for sct in found[:MAX_SCTS]:
        log = logs.by_id.get(sct.log_id)
        if log is None or sct.timestamp > at or not _in_its_time(log, sct, cert):
            continue
        entry = _precertificate(cert, issuer) if sct.embedded else _certificate(cert)
        if entry is None or not _verifies(log, sct, entry):
            continue
        current = log.retired_at is None
        if sct.embedded:
            embedded_any.add(log.log_id)
            if current:
                embedded_current.add(log.log_id)
        elif current:
            delivered_current.add(log.log_id)
    return ValidScts(frozenset(embedded_current), frozenset(embedded_any), frozenset(delivered_current))


def enough(scts: ValidScts, cert: CertFacts) -> bool:
    """Apple's two ways to satisfy the requirement (CertificateTransparency.m); logs are counted, not operators."""
    if scts.delivered_current and len(scts.delivered_current | scts.embedded_current) >= 2:
        return True
    return bool(scts.embedded_current) and len(scts.embedded_any) >= needed(cert)


def needed(cert: CertFacts) -> int:
    """How many embedded SCTs a certificate of this lifetime needs."""
    if cert.not_before >= NEW_COUNTS_FROM:
        lifetime = cert.not_after - cert.not_before
        return next((count for limit, count in _NEW_COUNTS if lifetime <= limit), 4)
    months = (cert.not_after.year - cert.not_before.year) * 12 + cert.not_after.month - cert.not_before.month
    partial = cert.not_after.day > cert.not_before.day
    (first, fewest), *longer = _OLD_COUNTS
    if months < first:
        return fewest
    return next((count for limit, count in longer if months + partial <= limit), 5)


def _in_its_time(log: CtLog, sct: Sct, cert: CertFacts) -> bool:
    """A shard takes certificates that end in its window; read-only and retired logs vouch for the past alone."""
    if log.window_start is not None and cert.not_after < log.window_start:
        return False
    if log.window_end is not None and cert.not_after >= log.window_end:
        return False
    if log.read_only_from is not None and sct.timestamp > log.read_only_from:
        return False
    return log.retired_at is None or (sct.embedded and sct.timestamp < log.retired_at)


def _verifies(log: CtLog, sct: Sct, entry: bytes) -> bool:
    signed = b"\0\0" + sct.raw_timestamp + entry + len(sct.extensions).to_bytes(2, "big") + sct.extensions
    return sct.digest == 4 and verify_with(
        log.key, "SHA-256", sct.signature, signed
    )  # 4: sha256, RFC 5246 7.4.1.4.1


def _certificate(cert: CertFacts) -> bytes:
    return b"\0\0" + len(cert.der).to_bytes(3, "big") + cert.der


def _precertificate(cert: CertFacts, issuer: CertFacts | None) -> bytes | None:
    """PreCert of RFC 6962, 3.2: the issuer's key hash, and the signed part without its list of SCTs."""
    tbs = without_sct_list(cert.tbs)
    if issuer is None or tbs is None:
        return None
    return b"\0\1" + hashlib.sha256(issuer.spki).digest() + len(tbs).to_bytes(3, "big") + tbs


def without_sct_list(tbs: bytes) -> bytes | None:
    """A TBSCertificate with the SCT extension taken out; None when its shape is unexpected."""
    try:
        fields = list(der.children(tbs, *der.only(tbs, der.SEQUENCE)))
        if not fields or fields[-1][0] != der.context(3, constructed=True):
            return None
        wrapped = der.expect(tbs, fields[-1][2], fields[-1][3], der.SEQUENCE)
        kept = [
            tbs[e[1] : e[3]] for e in der.children(tbs, wrapped[2], wrapped[3]) if not _is_sct_list(tbs, e)
        ]
    except der.DerError:
        return None
    extensions = der.encode(0xA3, der.encode(der.SEQUENCE, b"".join(kept)))
    return der.encode(der.SEQUENCE, tbs[fields[0][1] : fields[-1][1]] + extensions)


def _is_sct_list(tbs: bytes, extension: der.Element) -> bool:
    name = der.expect(tbs, extension[2], extension[3], der.OID)
    return der.oid(tbs, name[2], name[3]) == SCT_LIST
