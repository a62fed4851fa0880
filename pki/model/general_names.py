"""A GeneralName (RFC 5280, 4.2.1.6) as text for people, of every kind that somebody may meet."""

from __future__ import annotations

import ipaddress

from pki.model import der
from pki.model.distinguished import name_text
from pki.model.extensions import GeneralName, NameType

_MAX_HEX = 64
_STRINGS = (der.UTF8_STRING, der.IA5_STRING, der.PRINTABLE_STRING)
# otherName by its OID.
_OTHER = {
    "1.3.6.1.4.1.311.20.2.3": "UPN",  # Microsoft's userPrincipalName
    "1.3.6.1.4.1.311.25.1": "domain controller",  # its GUID: Microsoft's KB 291010
    "1.3.6.1.4.1.311.25.2": "SID",  # Microsoft's KB 5014754
    "1.3.6.1.5.5.7.8.3": "permanent identifier",  # RFC 4043
    "1.3.6.1.5.5.7.8.4": "hardware module",  # RFC 4108
    "1.3.6.1.5.5.7.8.5": "XMPP address",  # RFC 6120, 13.7.1.4
    "1.3.6.1.5.5.7.8.7": "SRV",  # RFC 4985
    "1.3.6.1.5.5.7.8.9": "e-mail",  # RFC 9598: with letters beyond ASCII
    "1.3.6.1.5.2.2": "Kerberos principal",  # RFC 4556, 3.2.2
}


def general_name_text(name: GeneralName) -> str:
    """NAME as people write it, its kind before it where the text does not tell; never longer than its content.

    Host names, addresses, e-mail addresses and URIs stand alone. What does not read is shown as hexadecimal, cut at 64
    digits. The text is a stranger's: show it through `pki.report.layout.harmless`.
    """
    match name.type:
        case NameType.IP if len(name.value) in (4, 16):
            return str(ipaddress.ip_address(name.value))
        case NameType.DNS | NameType.EMAIL | NameType.URI:
            return name.text
        case NameType.DIRECTORY:
            return f"directory {name_text(name.value)}"
        case NameType.REGISTERED_ID:
            try:
                return f"registered ID {der.oid(name.value, 0, len(name.value))}"
            except der.DerError:
                pass
        case NameType.OTHER:
            try:
                return _other(name.value)
            except der.DerError:
                pass
    return f"{name.type.name.lower().replace('_', ' ')} {name.value.hex()[:_MAX_HEX]}"


def _other(data: bytes) -> str:
    """OtherName: an OID and, in [0], a value of its type."""
    kind = der.expect(data, 0, len(data), der.OID)
    oid = der.oid(data, kind[2], kind[3])
    wrapper = der.expect(data, kind[3], len(data), der.context(0, constructed=True))
    tag, where, start, stop = der.element(data, wrapper[2], wrapper[3])
    label = _OTHER.get(oid, f"other name {oid}")
    content = data[start:stop]
    if tag in _STRINGS:
        return f"{label} {content.decode('utf-8', 'replace')}"
    if tag == der.BMP_STRING:
        return f"{label} {content.decode('utf-16-be', 'replace')}"
    if oid == "1.3.6.1.4.1.311.25.1" and len(content) == 16:
        import uuid  # slow to import, and hardly ever needed

        return f"{label} {uuid.UUID(bytes_le=content)}"
    if oid == "1.3.6.1.5.2.2" and (principal := _principal(data, start, stop)):
        return f"{label} {principal}"
    return f"{label} {data[where:stop].hex()[:_MAX_HEX]}"


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
