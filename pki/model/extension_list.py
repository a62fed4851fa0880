"""A certificate's list of extensions: each as encoded, its value where a reader knows it, and what is wrong.

Most certificates of a CA share most of their extensions to the byte (usages, purposes, the issuer's key identifier),
so what a short extension says is remembered by its bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pki.model import der, oids
from pki.model.caching import Table
from pki.model.extensions import READERS

MAX_EXTENSIONS = 9_999  # SecCertificate.c refuses 10,000 and more
_SHORT = 126  # bytes of an extension's content; lists of names and of timestamps are longer, and differ
_SHARED = 4096  # ours: so many short ones are remembered
_A_LEAFS_OWN = frozenset({oids.SUBJECT_KEY_IDENTIFIER, oids.SUBJECT_ALT_NAME})  # differs in each


class Extension(NamedTuple):
    """One extension as encoded; `value` is the content of extnValue."""

    oid: str
    critical: bool
    value: bytes


class Extensions(NamedTuple):
    """All of them. `values` are the parsed ones by OID; the last two are OIDs: what does not read, what is repeated."""

    encoded: tuple[Extension, ...]
    values: dict[str, Any]
    unparseable: tuple[str, ...]
    duplicates: tuple[str, ...]


NO_EXTENSIONS = Extensions((), {}, (), ())


_Read = tuple[str, Extension, object, str | None]
"""OID, the extension, its value, and why the value is not there; None: it is, or nobody asked for it."""


def read_extensions(data: bytes, start: int, stop: int) -> Extensions:
    """Read the extensions that fill [START, STOP).

    Raises:
        DerError: the list is empty, too long or malformed; or one that is critical and known does not read.
    """
    if start == stop:
        raise der.DerError("an empty extension list")
    # A shorter list cannot have too many, as an element has two bytes or more; a longer one is counted first.
    if stop - start > 2 * MAX_EXTENSIONS:
        der.elements(data, start, stop, MAX_EXTENSIONS, "extensions")
    encoded: list[Extension] = []
    seen: list[str] = []
    values: dict[str, Any] = {}
    unparseable: list[str] = []
    where, refusal = start, ""
    try:
        while where < stop:
            # Nearly all are this short, and shared with others; of the rest `element` reads the length, or refuses.
            length = data[where + 1] if where + 2 <= stop else stop
            behind = where + 2 + length
            if length <= _SHORT and behind <= stop and data[where] == der.SEQUENCE:
                oid, extension, value, problem = _shared[data[where:behind]]
            else:
                behind = der.element(data, where, stop)[3]
                oid, extension, value, problem = _read(data[where:behind])
            encoded.append(extension)
            seen.append(oid)
            if problem is None:
                if oid in READERS:
                    values[oid] = value
            elif extension.critical:
                refusal = f"critical {oids.extension_name(oid)} does not read: {problem}"
                break
            else:
                unparseable.append(oid)
            where = behind
    except der.DerError as error:
        refusal = f"the extension at offset {where}: {error}"
    if refusal:
        der.elements(data, start, stop, MAX_EXTENSIONS, "extensions")  # what is no list is refused as none
        raise der.DerError(refusal)
    return Extensions(
        tuple(encoded),
        values,
        tuple(dict.fromkeys(unparseable)) if unparseable else (),
        _repeated(seen) if len(set(seen)) < len(seen) else (),
    )


def _repeated(oids_in_order: list[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    again: dict[str, None] = {}
    for oid in oids_in_order:
        if oid in seen:
            again[oid] = None
        seen.add(oid)
    return tuple(again)


_CRITICAL = b"\x01\x01\xff"
# The OIDs of most extensions, as elements: RFC 5280's own (id-ce), and the others that certificates carry.
_OIDS = {
    bytes((der.OID, 3, 0x55, 0x1D, int(oid.rpartition(".")[2]))): oid
    for oid in READERS
    if oid.startswith("2.5.29.")
} | {
    bytes.fromhex("06082b06010505070101"): oids.AUTHORITY_INFO_ACCESS,
    bytes.fromhex("060a2b06010401d679020402"): oids.SCT_LIST,
}
_EXTENSION = (der.Field(der.OID), der.Field(der.BOOLEAN, optional=True), der.Field(der.OCTET_STRING))


def _read(raw: bytes) -> _Read:
    """One extension and its value (RFC 5280, 4.1): OID, critical, OCTET STRING; an empty critical is the default."""
    extension = _usual(raw) or _taken_apart(raw)
    read = READERS.get(extension.oid)
    if read is None:
        return extension.oid, extension, None, None
    try:
        return extension.oid, extension, read(extension.value), None
    except der.DerError as error:
        return extension.oid, extension, None, str(error)


def _usual(raw: bytes) -> Extension | None:
    """An extension of a usual OID, by its first bytes; None for what has to be looked at field by field.

    RAW is one element, so that its length is right; the OCTET STRING has to end where it ends.
    """
    size = len(raw)
    if raw[0] != der.SEQUENCE:
        return None
    if 9 <= size < 0x82 and raw[7] == der.OCTET_STRING and raw[8] == size - 9:  # short, id-ce, not critical
        known = _OIDS.get(raw[2:7])
        if known is not None:
            return Extension(known, False, raw[9:])
    name = 2 if raw[1] < 0x80 else 2 + (raw[1] & 0x7F)
    at = name + 2 + raw[name + 1] if size > name + 1 else 0
    oid = _OIDS.get(raw[name:at])
    if oid is None:
        return None
    critical = raw[at : at + 3] == _CRITICAL
    if critical:
        at += 3
    head = _octets_of(size - at)
    return Extension(oid, critical, raw[at + len(head) :]) if head and raw.startswith(head, at) else None


def _octets_of(size: int) -> bytes:
    """Tag and length of the OCTET STRING that has SIZE bytes in all; empty where there is no such one below 64 KiB."""
    if 2 <= size < 0x82:
        return bytes((der.OCTET_STRING, size - 2))
    if 0x83 <= size < 0x103:
        return bytes((der.OCTET_STRING, 0x81, size - 3))
    return bytes((der.OCTET_STRING, 0x82)) + (size - 4).to_bytes(2, "big") if 0x104 <= size < 0x10004 else b""


def _taken_apart(raw: bytes) -> Extension:
    start, stop = der.only(raw, der.SEQUENCE)
    try:
        name, flag, octets = der.fields(raw, start, stop, _EXTENSION)
    except der.DerError as error:
        raise der.DerError(f"it is not OID, critical and OCTET STRING ({error})") from None
    critical = flag[2] != flag[3] and der.boolean(raw, flag[2], flag[3])
    return Extension(der.oid_text(raw, name[2], name[3]), critical, raw[octets[2] : octets[3]])


# What every leaf has for itself is not kept: it would only drive out what is shared.
_shared = Table(_read, most=_SHARED, worth=lambda read: read[0] not in _A_LEAFS_OWN)
