"""Signed certificate timestamps: read, verified against logs the user names, and counted the way Apple counts.

Source: RFC 6962, 3.2 and 3.3; Security-61901, trust/trustd/CertificateTransparency.m; Apple support article 103214.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.keys import KeyAlgorithm
from pki.model.oids import SCT_LIST
from pki.model.signature_check import verify_with

if TYPE_CHECKING:
    from pki.trust.ct_logs import CtLog, LogList

MAX_SCTS = 64  # ours: real certificates carry two to five

NEW_COUNTS_FROM = datetime(2021, 4, 21, tzinfo=UTC)  # Apple support article 103214
_OLD_COUNTS = ((14, 2), (27, 3), (39, 4))  # (whole months at most, SCTs), else 5
_NEW_COUNTS = ((timedelta(days=180), 2), (timedelta(days=825), 3))  # else 4


# oidForSigAlg: numbers of RFC 5246, 7.4.1.4.1; SHA-224 and SHA-512 are not among them.
DIGESTS = {2: "SHA-1", 4: "SHA-256", 5: "SHA-384"}
ALGORITHMS = {1: KeyAlgorithm.RSA, 3: KeyAlgorithm.EC}


class Sct(NamedTuple):
    """One signed certificate timestamp, version 1. `embedded` ones cover the precertificate."""

    log_id: bytes
    milliseconds: int  # since 1970
    extensions: bytes
    digest: int
    signature_algorithm: int
    signature: bytes
    embedded: bool

    @property
    def second(self) -> int:
        """When it was made, in whole seconds since 1970: Apple compares the dates of logs with no more than that."""
        return self.milliseconds // 1000

    def is_later_than(self, at: datetime) -> bool:
        """Whether it is of the future. AT counts in whole seconds."""
        return self.milliseconds > int(at.timestamp()) * 1000


class ValidScts(NamedTuple):
    """The logs that vouch for a certificate: by how their SCTs came, and whether the log is still current.

    Each log counts once. `embedded_any` holds the retired ones, too, that were current when the certificate was issued.
    """

    embedded_current: frozenset[bytes]
    embedded_any: frozenset[bytes]
    delivered_current: frozenset[bytes]


def read_list(data: bytes, *, embedded: bool) -> tuple[Sct, ...]:
    """The SCTs of a SignedCertificateTimestampList (RFC 6962, 3.3) that read; none of a list whose lengths are wrong.

    Source: Security-61901, SecSCTUtils.c.
    """
    if len(data) < 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
        return ()
    found: list[Sct] = []
    pos = 2
    while pos < len(data):
        size = int.from_bytes(data[pos : pos + 2], "big")
        if pos + 2 + size > len(data):
            return ()
        sct = _read(data[pos + 2 : pos + 2 + size], embedded) if len(found) < MAX_SCTS else None
        if sct is not None:
            found.append(sct)
        pos += 2 + size
    return tuple(found)


def _read(raw: bytes, embedded: bool) -> Sct | None:
    if len(raw) < 47 or raw[0] != 0:
        return None
    size = int.from_bytes(raw[41:43], "big")
    rest = raw[43 + size :]
    if len(rest) < 4 or int.from_bytes(rest[2:4], "big") != len(rest) - 4:
        return None
    milliseconds = int.from_bytes(raw[33:41], "big")
    return Sct(raw[1:33], milliseconds, raw[43 : 43 + size], rest[0], rest[1], rest[4:], embedded)


def embedded_scts(cert: CertFacts) -> tuple[Sct, ...]:
    """The SCTs inside a certificate."""
    extension = cert.extension(SCT_LIST)
    if extension is None:
        return ()
    try:
        start, stop = der.only(extension.value, der.OCTET_STRING)
    except der.DerError:
        return ()
    return read_list(extension.value[start:stop], embedded=True)


def all_scts(cert: CertFacts, delivered: Sequence[bytes], at: datetime) -> tuple[Sct, ...]:
    """What came with CERT, inside it or DELIVERED beside it, and could count with the right log: not of the future."""
    found = [*embedded_scts(cert), *(sct for data in delivered for sct in read_list(data, embedded=False))]
    return tuple(
        sct
        for sct in found[:MAX_SCTS]
        if not sct.is_later_than(at) and sct.digest in DIGESTS and sct.signature_algorithm in ALGORITHMS
    )


def without_times(data: bytes) -> bytes:
    """The SignedCertificateTimestampList DATA, its timestamps set to 1970: none is of the future at any moment."""
    changed, pos = bytearray(data), 2
    while pos + 43 <= len(data):
        changed[pos + 35 : pos + 43] = bytes(8)  # behind two octets of length, the version and the log's id
        pos += 2 + int.from_bytes(data[pos : pos + 2], "big")
    return bytes(changed)


def at_best(scts: Sequence[Sct]) -> ValidScts:
    """What SCTS could come to without any list at hand: every log known and current, every signature right."""
    embedded = frozenset(sct.log_id for sct in scts if sct.embedded)
    return ValidScts(embedded, embedded, frozenset(sct.log_id for sct in scts if not sct.embedded))


def valid_scts(scts: Sequence[Sct], cert: CertFacts, issuer: CertFacts | None, logs: LogList) -> ValidScts:
    """Which logs vouch for CERT: their SCTs verify and were the log's to give.

    A retired log vouches for what was issued before it retired. The date of issue is the earliest SCT of a current log:
    the retired one's own date could be set back by whoever holds its key (verify_tls_ct_policy).
    """
    current: dict[bytes, int] = {}  # log, and its earliest SCT by whole seconds
    retired: dict[bytes, int] = {}
    embedded: set[bytes] = set()
    delivered: set[bytes] = set()
    for sct in scts:
        log = logs.by_id.get(sct.log_id)
        if log is None or not _in_its_time(log, sct, cert):
            continue
        entry = _precertificate(cert, issuer) if sct.embedded else _certificate(cert)
        if entry is None or not _verifies(log, sct, entry):
            continue
        dated = current if log.retired_at is None else retired
        dated[log.log_id] = min(sct.second, dated.get(log.log_id, sct.second))
        (embedded if sct.embedded else delivered).add(log.log_id)
    issued = min(current.values(), default=None)
    once = {
        log_id
        for log_id, second in retired.items()
        if issued is not None and _retired_after(logs.by_id[log_id], max(second, issued))
    }
    still = frozenset(embedded & current.keys())
    return ValidScts(still, still | once, frozenset(delivered & current.keys()))


def _retired_after(log: CtLog, second: int) -> bool:
    return log.retired_at is not None and second < log.retired_at.timestamp()


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
    months = whole_months(cert.not_before, cert.not_after)
    return next((count for limit, count in _OLD_COUNTS if months <= limit), 5)


def whole_months(start: datetime, end: datetime) -> int:
    """The months that fit between two moments, as CFCalendar counts them: a month after 31 January is 28 February."""
    months = (end.year - start.year) * 12 + end.month - start.month
    last_day = monthrange(end.year, end.month)[1]
    whole = (min(start.day, last_day), start.time()) <= (end.day, end.time())
    return months if whole else months - 1


def _in_its_time(log: CtLog, sct: Sct, cert: CertFacts) -> bool:
    """Whether the log's shard, its freeze and its retirement leave room for the SCT; a retired log's come embedded."""
    if log.window_start is not None and cert.not_after < log.window_start:
        return False
    if log.window_end is not None and cert.not_after >= log.window_end:
        return False
    if log.read_only_from is not None and sct.second > log.read_only_from.timestamp():
        return False
    return log.retired_at is None or sct.embedded


def _verifies(log: CtLog, sct: Sct, entry: bytes) -> bool:
    stamp = sct.milliseconds.to_bytes(8, "big")
    signed = b"\0\0" + stamp + entry + len(sct.extensions).to_bytes(2, "big") + sct.extensions
    fits = log.algorithm is ALGORITHMS[sct.signature_algorithm]
    return fits and verify_with(log.key, DIGESTS[sct.digest], sct.signature, signed)


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
