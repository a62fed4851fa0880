"""The extension nameConstraints as `cryptography` writes and reads it, and what people write of it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cryptography import x509

from pki.errors import InvalidRequest
from pki.issue.extension_value import extension_value
from pki.issue.permitted import NOTHING, Permitted, uri_host
from pki.model.dns_names import to_dns_name
from pki.model.names import PREFIXES, NameKind, SubjectName, parse_subject_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.issue.permitted import Network

# CA/Browser Forum Baseline Requirements 7.1.2.5.2: how a CA that may certify no address says so.
_ALL_ADDRESSES: Final = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

_FORMS: Final = {
    NameKind.DNS: x509.DNSName,
    NameKind.IP: x509.IPAddress,
    NameKind.EMAIL: x509.RFC822Name,
    NameKind.URI: x509.UniformResourceIdentifier,
}
_RANGE: Final = re.compile(r"[^/]+/[0-9.]+")


def constraints_of(
    permitted: Permitted | None, excluded: Permitted | None = None
) -> x509.NameConstraints | None:
    """Return the extension that says this, or None; it has to be critical (RFC 5280, 4.2.1.10)."""
    if permitted is None:
        return x509.NameConstraints(None, excluded.subtrees()) if excluded is not None else None
    shut: list[x509.GeneralName] = []
    if not permitted.networks:
        shut += [x509.IPAddress(network) for network in _ALL_ADDRESSES]
    if excluded is not None:
        shut += excluded.subtrees()
    return x509.NameConstraints(permitted.closed().subtrees(), shut or None)


def parse_permitted(names: Iterable[SubjectName | str]) -> Permitted | None:
    """Read what an authority may certify; None when NAMES is empty, which leaves it unconstrained.

    A host name permits itself and its subdomains (with a leading dot, which other tools read as the subdomains alone,
    it is refused), an address or a CIDR range its addresses, `@host` every
    mailbox at that host, `user@host` one mailbox, and a URI every URI at its host. A SubjectName is of its kind.

    Raises:
        InvalidRequest: one of them is no such thing.
    """
    dns: list[str] = []
    networks: list[Network] = []
    emails: list[str] = []
    uri_hosts: list[str] = []
    for given in names:
        text = str(given)
        if text.startswith("."):
            raise InvalidRequest(
                f"{text!r} begins with a dot",
                hint=f"Write {text.lstrip('.') or 'a host name'}: that name and all below it. With the dot an "
                "Apple client takes names below it alone, and RFC 5280 has no such subtree.",
            )
        if text.startswith("@"):
            emails.append(to_dns_name(text[1:]))
        elif _RANGE.fullmatch(text):
            networks.append(_network(text))
        else:
            name = given if isinstance(given, SubjectName) else parse_subject_name(text)
            match name.kind:
                case NameKind.DNS:
                    dns.append(_subtree(name.value))
                case NameKind.IP:
                    networks.append(ipaddress.ip_network(name.value))
                case NameKind.EMAIL:
                    emails.append(name.value)
                case NameKind.URI:
                    uri_hosts.append(uri_host(name.value))
                case _:
                    raise InvalidRequest(
                        f"{text!r} is a {PREFIXES[name.kind]} name, which no constraint is written about here",
                        hint="Permit hosts, CIDR ranges, @host, mailboxes and URIs.",
                    )
    if not (dns or networks or emails or uri_hosts):
        return None
    return Permitted(tuple(dns), tuple(networks), tuple(emails), tuple(uri_hosts))


def read_permitted(certificate: x509.Certificate) -> Permitted | None:
    """Return what CERTIFICATE's own name constraints permit, or None when they leave everything open.

    Reads back what `constraints_of` wrote. A type of name that constraints from elsewhere do not mention is `free` (RFC
    5280, 4.2.1.10), and what else they say is read by `pki.issue.foreign_constraints`.
    """
    permitted, excluded = _subtrees(certificate)
    if not permitted:
        return None
    shut = {kind for kind, form in _FORMS.items() if any(isinstance(name, form) for name in permitted)}
    if {name.value for name in excluded if isinstance(name, x509.IPAddress)}.issuperset(_ALL_ADDRESSES):
        shut.add(NameKind.IP)
    return replace(_listed(permitted), free=frozenset(_FORMS) - shut) if shut else None


def certifies_any_name(certificate: x509.Certificate) -> bool:
    """Whether CERTIFICATE's name constraints permit every host name; what they exclude leaves all others."""
    permitted = read_permitted(certificate)
    return permitted is None or NameKind.DNS in permitted.free


def read_excluded(certificate: x509.Certificate) -> Permitted | None:
    """Return what CERTIFICATE's own name constraints exclude by name, or None; see `read_permitted`."""
    permitted, excluded = _subtrees(certificate)
    if permitted and not _listed(permitted).networks:  # then `constraints_of` shut all addresses out
        excluded = [name for name in excluded if name.value not in _ALL_ADDRESSES]
    found = _listed(excluded)
    return found if found != Permitted() else None


def _subtrees(certificate: x509.Certificate) -> tuple[list[x509.GeneralName], list[x509.GeneralName]]:
    constraints = extension_value(certificate.extensions, x509.NameConstraints)
    if constraints is None:
        return [], []
    return list(constraints.permitted_subtrees or ()), list(constraints.excluded_subtrees or ())


def _listed(subtrees: list[x509.GeneralName]) -> Permitted:
    def texts(kind: type[x509.DNSName | x509.RFC822Name | x509.UniformResourceIdentifier]) -> tuple[str, ...]:
        return tuple(name.value for name in subtrees if isinstance(name, kind) and name.value != NOTHING)

    networks = (name.value for name in subtrees if isinstance(name, x509.IPAddress))
    return Permitted(
        dns=texts(x509.DNSName),
        networks=tuple(n for n in networks if isinstance(n, (ipaddress.IPv4Network, ipaddress.IPv6Network))),
        emails=texts(x509.RFC822Name),
        uri_hosts=texts(x509.UniformResourceIdentifier),
    )


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise InvalidRequest(
            f"{text!r} is not an address range: {error}", hint="Write it as 192.168.0.0/16 or fd00::/8."
        ) from None


def _subtree(name: str) -> str:
    if name.startswith("*."):
        raise InvalidRequest(
            f"{name!r} permits nothing a constraint can express",
            hint=f"Write {name[2:]}: its subdomains are included.",
        )
    return name
