"""Does a certificate speak for the host asked for? Apple's answer, and the reason when it does not.

Source: Security-61901, SecPolicyLeafCallbacks.c (SecPolicyCheckCertSSLHostname, SecDNSMatch). Only the subject
alternative names count; the CommonName is looked at for the explanation alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pki.model.address_text import address_text
from pki.model.certificate import CertFacts
from pki.model.extension_values import NameType
from pki.model.extensions import MAX_NAMES
from pki.model.hosts import Host, is_dns_name, trust_address
from pki.model.public_suffixes import is_top_level

MAX_SHOWN = 8


class NameProblem(Enum):
    """Why no name matched: the one cause worth reporting."""

    OTHER_NAMES = "other names"
    NO_SAN = "no subject alternative name"
    NOT_AN_ADDRESS = "no such iPAddress"
    WILDCARD_SPAN = "a wildcard spans exactly one label"
    WILDCARD_PARTIAL = "a wildcard is a whole label"
    WILDCARD_TLD = "a wildcard under a top-level domain"
    DISCARDED = "one unusable name discards all of its kind"


@dataclass(frozen=True, slots=True)
class NameMismatch:
    """A problem and the evidence for it."""

    problem: NameProblem
    evidence: str


def dns_match(pattern: str, host: Host) -> bool:
    """Whether a certificate's dNSName covers the host.

    Case and one trailing dot of the host do not count; `*` stands for the whole left-most label only, in names of
    three labels or more, and never directly under a public suffix.
    """
    ours, theirs = pattern.lower(), host.name
    if ours == theirs and "*" not in ours:
        return host.nameable
    first, _, parent = ours.partition(".")
    _, _, domain = theirs.partition(".")
    if first != "*" or parent != domain or "." not in parent or "*" in parent:
        return False
    return is_dns_name(pattern) and not is_top_level(parent)


def mismatch(cert: CertFacts, host: Host) -> NameMismatch | None:
    """None when CERT covers HOST, else the reason it does not."""
    listed = [name.value for name in cert.subject_alt_names if name.type is NameType.DNS]
    if host.address is None:
        for value in listed:
            if dns_match(value.decode("ascii", "replace"), host):
                return _undecodable(listed)
    patterns = [value.decode("ascii", "replace") for value in listed]
    return (_dns_mismatch if host.address is None else _address_problem)(cert, host, patterns)


def _undecodable(listed: list[bytes]) -> NameMismatch | None:
    """One dNSName that is not UTF-8 discards all of them (SecCertificateCopyDNSNamesFromSAN)."""
    for value in listed:
        if value.isascii():
            continue
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            shown = _clean(value.decode("latin-1"))
            return NameMismatch(
                NameProblem.DISCARDED, f"the dNSName {shown} is not UTF-8, so no dNSName counts"
            )
    return None


def _address_problem(cert: CertFacts, host: Host, patterns: Sequence[str]) -> NameMismatch | None:
    wanted = trust_address(host.text)
    addresses = tuple(name.value for name in cert.names(NameType.IP))
    if wanted is None and host.address in addresses:
        return NameMismatch(
            NameProblem.NOT_AN_ADDRESS,
            f"{host} is no address to SecTrust, which reads no IPv4 in dots inside IPv6; "
            f"{address_text(host.address or b'')} would be one",
        )
    if wanted is None or wanted not in addresses:
        return _address_mismatch(cert, host, patterns)
    # One iPAddress of a wrong length discards all of them (SecCertificateCopyIPAddressDatas).
    odd = next((address for address in addresses if len(address) not in (4, 16)), None)
    if odd is None:
        return None
    return NameMismatch(NameProblem.DISCARDED, f"{_address(odd)} is among them, so no iPAddress counts")


def _address_mismatch(cert: CertFacts, host: Host, patterns: Sequence[str]) -> NameMismatch:
    if host.text in patterns:
        return NameMismatch(
            NameProblem.NOT_AN_ADDRESS, f"{host} stands there as a dNSName, and an address needs an iPAddress"
        )
    if not cert.subject_alt_names and host.text in cert.subject.common_names:
        return NameMismatch(
            NameProblem.NO_SAN, f"{host} stands in the CommonName only, which is not looked at"
        )
    return NameMismatch(
        NameProblem.NOT_AN_ADDRESS, f"no iPAddress {host}; the certificate has {names_text(cert)}"
    )


def _dns_mismatch(cert: CertFacts, host: Host, patterns: Sequence[str]) -> NameMismatch:
    name = host.name
    if not cert.subject_alt_names:
        if any(cn.lower() == name for cn in cert.subject.common_names):
            return NameMismatch(
                NameProblem.NO_SAN, f"{host} stands in the CommonName only, which is not looked at"
            )
        return NameMismatch(
            NameProblem.NO_SAN, f"the certificate has no subject alternative name to hold {host}"
        )
    for pattern in patterns:
        problem = _wildcard_problem(pattern.lower(), host)
        if problem is not None:
            return NameMismatch(problem, f"{pattern} does not cover {host}: {problem.value}")
    read = f" (Apple reads the first {MAX_NAMES:,} names)" if len(cert.subject_alt_names) == MAX_NAMES else ""
    return NameMismatch(
        NameProblem.OTHER_NAMES, f"asked for {host}; the certificate has {names_text(cert)}{read}"
    )


def _wildcard_problem(pattern: str, host: Host) -> NameProblem | None:
    """What a reader who expected PATTERN to match has overlooked; None when the names are simply others."""
    if "*" not in pattern:
        return None
    first, _, rest = pattern.partition(".")
    name = host.name
    if first == "*" and len(host.labels) == pattern.count(".") + 1 and name.endswith("." + rest):
        return NameProblem.WILDCARD_TLD
    if first == "*" and (name == rest or name.endswith("." + rest)):
        return NameProblem.WILDCARD_SPAN
    if first != "*" and rest and name.endswith("." + rest):
        return NameProblem.WILDCARD_PARTIAL
    return None


def names_text(cert: CertFacts) -> str:
    """The DNS names and addresses a certificate does have, for a sentence."""
    shown = [_clean(name.text) for name in cert.names(NameType.DNS)]
    shown += [_address(name.value) for name in cert.names(NameType.IP)]
    if not shown:
        return "no DNS name and no address"
    more = f" and {len(shown) - MAX_SHOWN:,} more" if len(shown) > MAX_SHOWN else ""
    return ", ".join(shown[:MAX_SHOWN]) + more


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:120])


def _address(value: bytes) -> str:
    return address_text(value) if len(value) in (4, 16) else f"an iPAddress of {len(value)} bytes"
