"""The name a client connects to, and the syntax Apple's code asks of names in certificates.

Source: Security-61901, SecPolicyLeafCallbacks.c (SecPolicyCheckCertSSLHostname, SecDNSMatch) and
SecCertificate.c (SecFrameworkIsDNSName, SecFrameworkIsIPAddress).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from pki.errors import InvalidRequest
from pki.model.name_input import host_suggestion

# Letters, digits, hyphen, underscore; no hyphen at either end; `*` may stand in a certificate's name.
_LABEL = r"(?!-)[A-Za-z0-9_*-]{1,63}(?<!-)"
_LABELS = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_LETTER = re.compile("[A-Za-z*]")  # SecFrameworkIsDNSName takes `*` for a letter
_DIGITS_AND_DOTS = re.compile(r"[0-9.]{7,15}\Z")
_HEX_FIELDS = re.compile(r"[0-9A-Fa-f:]{2,}\Z")
_DOTTED_QUAD = re.compile(r"\d{1,3}(\.\d{1,3}){3}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Host:
    """What the client asked for. `address` is the packed IP address (4 or 16 bytes), None for a DNS name."""

    text: str
    address: bytes | None = None
    name: str = field(init=False, compare=False, repr=False)
    """The DNS name in lower case; exactly one trailing dot is dropped, as Apple drops it."""
    nameable: bool = field(init=False, compare=False, repr=False)
    """Whether Apple would use a certificate's dNSName of these letters: see `is_dns_name`."""

    def __post_init__(self) -> None:
        """Work out once what is asked of it for every certificate."""
        name = self.text.removesuffix(".").lower()
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "nameable", is_dns_name(name))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of `name`."""
        return tuple(self.name.split("."))

    @property
    def is_address(self) -> bool:
        """Whether it is an IP literal."""
        return self.address is not None

    def __str__(self) -> str:
        return self.text


def example_host(name: str) -> str:
    """A host that the NAME of a server is for; of a wildcard, one that it covers."""
    return name.replace("*", "www", 1)


def parse_host(text: str) -> Host:
    """The host part of a URL as a Host; IDNs become A-labels, brackets around IPv6 are dropped.

    Raises:
        InvalidRequest: TEXT is a whole URL, has a port, or is neither a DNS name nor an IP address.
    """
    # What ends in a letter and has no colon is no address of either family.
    packed = packed_address(text) or trust_address(text) if ":" in text or not text[-1:].isalpha() else None
    if packed is not None:
        return Host(text.strip("[]"), packed)
    if "://" in text or "/" in text or ":" in text or "," in text:
        raise InvalidRequest(
            f"{text!r} is not a host alone",
            hint=f"{host_suggestion(text)}Give the name or address without scheme, port and path.",
        )
    name = text if text.isascii() else _a_labels(text)
    if not name or name.startswith(".") or not is_dns_name(name.removesuffix("."), last_label_numeric=True):
        raise InvalidRequest(
            f"{text!r} is not a host name", hint="Give a DNS name such as api.test, or an IP address."
        )
    return Host(name)


def _a_labels(text: str) -> str:
    import idna

    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise InvalidRequest(f"{text!r} is not a host name", hint=f"IDNA 2008 refuses it: {error}.") from None


def is_dns_name(text: str, *, last_label_numeric: bool = False) -> bool:
    """Whether Apple would use a certificate's dNSName at all; what fails is ignored in silence.

    At most 255 characters, labels of 1 to 63, no trailing dot, a letter in the last label (so no IPv4 text).
    """
    if len(text) > 255 or _LABELS.match(text) is None:
        return False
    return last_label_numeric or _LETTER.search(text, text.rfind(".") + 1) is not None


def trust_address(text: str) -> bytes | None:
    """TEXT as the packed IP address that SecTrust looks for among iPAddress names, None where it takes TEXT for a name.

    IPv4 inside IPv6 in dots is none, nor is `::` for a single field; an empty octet is 0, and zeros may lead.
    Source: Security-61901 SecCertificate.c, convertIPv4Address and convertIPv6Address.
    """
    if _DIGITS_AND_DOTS.match(text):
        octets = [int(octet or "0") for octet in text.split(".")]
        return bytes(octets) if len(octets) == 4 and max(octets) <= 255 else None
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    fields = bare.split(":")
    if len(text) > 41 or not _HEX_FIELDS.match(bare) or not 3 <= len(fields) <= 8:
        return None
    packed = b""
    for position, part in enumerate(fields):
        if not part:
            packed += bytes(2 if position in (0, len(fields) - 1) else 2 * (9 - len(fields)))
        elif len(part) <= 4:
            packed += int(part, 16).to_bytes(2, "big")
    return packed if len(packed) == 16 else None


def packed_address(text: str) -> bytes | None:
    """TEXT as a packed IP address, None when it is none.

    Apple tolerates leading zeros in a dotted quad, and brackets around IPv6; zones and ports are no part of it.
    """
    if _DOTTED_QUAD.match(text):
        octets = [int(octet) for octet in text.split(".")]
        return bytes(octets) if max(octets) <= 255 else None
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" not in bare or "%" in bare:
        return None
    try:
        return ipaddress.IPv6Address(bare).packed
    except ValueError:
        return None


def in_url(host: str, port: int | None = None) -> str:
    """HOST, and PORT if there is one, as a URL has them: an IPv6 address in brackets (RFC 3986, 3.2.2)."""
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
