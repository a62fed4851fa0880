"""A GeneralName (RFC 5280, 4.2.1.6) as text for people, of every kind that somebody may meet.

The words are those of `pki.model.names`: what is shown here can be typed there.
"""

from __future__ import annotations

from pki.model import der
from pki.model.address_text import address_text
from pki.model.distinguished import name_text
from pki.model.extension_values import GeneralName, NameType
from pki.model.names import PREFIXES, NameKind, SubjectName
from pki.model.oids import SRV_NAME, USER_PRINCIPAL_NAME

_MAX_HEX = 64
_TAGS = {der.UTF8_STRING: "UTF8", der.IA5_STRING: "IA5"}
_NAMED = {(USER_PRINCIPAL_NAME, "UTF8"): NameKind.UPN, (SRV_NAME, "IA5"): NameKind.SRV}
# What an otherName is whose kind has no word to be typed, by its OID.
_OTHER = {
    USER_PRINCIPAL_NAME: "UPN",  # of another string type than Microsoft's
    SRV_NAME: "SRV",
    "1.3.6.1.4.1.311.25.1": "domain controller",  # its GUID: Microsoft's KB 291010
    "1.3.6.1.4.1.311.25.2": "SID",  # Microsoft's KB 5014754
    "1.3.6.1.5.5.7.8.3": "permanent identifier",  # RFC 4043
    "1.3.6.1.5.5.7.8.4": "hardware module",  # RFC 4108
    "1.3.6.1.5.5.7.8.5": "XMPP address",  # RFC 6120, 13.7.1.4
    "1.3.6.1.5.5.7.8.9": "e-mail",  # RFC 9598: with letters beyond ASCII
    "1.3.6.1.5.2.2": "Kerberos principal",  # RFC 4556, 3.2.2
}


def general_name_text(name: GeneralName) -> str:
    """NAME as people type it, its kind before it where the text does not tell: `a.test`, `upn:a@b.test`, `RID:1.2.3`.

    What is no text is shown as hexadecimal, cut at 64 digits; what a rare otherName is for stands behind in brackets.
    The text is a stranger's: show it through `pki.report.layout.harmless`.
    """
    match name.type:
        case NameType.IP if len(name.value) in (4, 16):
            return address_text(name.value)
        case NameType.DNS | NameType.EMAIL:
            return name.text
        case NameType.URI:
            return str(SubjectName(NameKind.URI, name.text))
        case NameType.DIRECTORY:
            return f"{PREFIXES[NameKind.DIRECTORY]}:{name_text(name.value)}"
        case NameType.REGISTERED_ID:
            try:
                return f"{PREFIXES[NameKind.REGISTERED_ID]}:{der.oid(name.value, 0, len(name.value))}"
            except der.DerError:
                pass
        case NameType.OTHER:
            try:
                return _other(name.value)
            except der.DerError:
                pass
    return f"{name.type.name.lower().replace('_', ' ')} {name.value.hex()[:_MAX_HEX]}"


def other_name(oid: str, value: bytes) -> SubjectName:
    """An otherName of the type OID as a name of ours, as it stands; VALUE is encoded."""
    for tag, kind in _TAGS.items():
        try:
            start, stop = der.only(value, tag)
            text = value[start:stop].decode("ascii" if kind == "IA5" else "utf-8")
        except (der.DerError, UnicodeDecodeError):
            continue
        if text.isprintable() and text:
            named = _NAMED.get((oid, kind))
            return SubjectName(named, text) if named else SubjectName(NameKind.OTHER, f"{oid};{kind}:{text}")
    return SubjectName(NameKind.OTHER, f"{oid};#{value.hex()}")


def _other(data: bytes) -> str:
    """OtherName: an OID and, in [0], a value of its type."""
    kind = der.expect(data, 0, len(data), der.OID)
    oid = der.oid(data, kind[2], kind[3])
    _, _, start, stop = der.expect(data, kind[3], len(data), der.context(0, constructed=True))
    value = data[start:stop]
    name = other_name(oid, value)
    if name.kind is not NameKind.OTHER:
        return str(name)
    text = str(name)
    shown, hexadecimal, digits = text.partition(";#")
    if len(digits) > _MAX_HEX:
        text = f"{shown}{hexadecimal}{digits[:_MAX_HEX]}\N{HORIZONTAL ELLIPSIS}"
    more = " ".join(filter(None, (_OTHER.get(oid, ""), _read(oid, value) if hexadecimal else "")))
    return f"{text} ({more})" if more else text


def _read(oid: str, value: bytes) -> str:
    """What a VALUE that cannot be typed as text says all the same; empty where nobody here knows."""
    tag, _, start, stop = der.element(value, 0, len(value))
    content = value[start:stop]
    if tag == der.PRINTABLE_STRING:
        return content.decode("ascii", "replace")
    if tag == der.BMP_STRING:
        return content.decode("utf-16-be", "replace")
    if oid == "1.3.6.1.4.1.311.25.1" and len(content) == 16:
        import uuid  # slow to import, and hardly ever needed

        return str(uuid.UUID(bytes_le=content))
    return _principal(value, start, stop) if oid == "1.3.6.1.5.2.2" else ""


def _principal(data: bytes, start: int, stop: int) -> str:
    """KRB5PrincipalName (RFC 4556, 3.2.2): a realm, and a PrincipalName whose strings stand one behind the other."""
    strings: list[str] = []
    waiting = [(start, stop, 0)]
    while waiting:
        at, end, depth = waiting.pop()
        inside = []
        for tag, _, inner, behind in der.elements(data, at, end, 32, "parts of a principal"):
            if tag == 0x1B:  # GeneralString
                strings.append(data[inner:behind].decode("ascii", "replace"))
            elif tag & 0x20 and depth < 6:
                inside.append((inner, behind, depth + 1))
        waiting += reversed(inside)
    return f"{'/'.join(strings[1:])}@{strings[0]}" if len(strings) > 1 else ""
