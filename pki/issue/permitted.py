"""What an authority may certify, as names are held to it before anything is signed (RFC 5280, 4.2.1.10)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509

from pki.errors import InvalidRequest
from pki.model.names import NameKind, SubjectName

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# RFC 6761, 6.4: nothing is ever under `invalid`. Permitting it alone constrains a type of name to nothing, in
# every verifier that reads permitted subtrees (but Apple's lets a URI pass whose host begins with it, and no TLS
# client asks for a URI: Security-61901 nameconstraints.c, SecURIMatch). How to *exclude* all e-mail hosts or all
# URIs is not said in RFC 5280, 4.2.1.10, and OpenSSL's empty e-mail constraint matches none.
NOTHING: Final = "invalid"
# What OpenSSL takes for a host name in a CommonName when the certificate has no DNS name: two labels or more
# (crypto/x509/v3_ncons.c, cn2dnsid). "192.168.1.20" and "alice.smith" are; "Alice Smith" and "alice" are not.
_HOST_LIKE: Final = re.compile(r"(?!-)\w[\w-]*(?<!-)(?:\.(?!-)[\w-]+(?<!-))+", re.ASCII)

_FREE: Final = {
    NameKind.DNS: "any host",
    NameKind.IP: "any address",
    NameKind.EMAIL: "any mailbox",
    NameKind.URI: "any URI",
}
# No host is in them, and no constraint written here reaches them: verifiers compare a name with subtrees of its own
# type alone (RFC 5280, 4.2.1.10).
_BEYOND: Final = (NameKind.REGISTERED_ID, NameKind.DIRECTORY, NameKind.OTHER)


class NotPermitted(InvalidRequest):
    """Names are outside what an authority may certify; `permitted` says in words what that is, `names` which they are.

    `names` is empty where it is the CommonName.
    """

    def __init__(
        self, problem: str, *, permitted: Permitted, more: str, names: tuple[SubjectName, ...] = ()
    ) -> None:
        super().__init__(problem, hint=f"Permitted: {permitted}. {more}")
        self.permitted = str(permitted)
        self.names = names


@dataclass(frozen=True, slots=True)
class Permitted:
    """Everything an authority may certify; a type of name without an entry here is forbidden, unless it is `free`.

    A user principal name and a service go by the domain in them, which we hold to, as no verifier's constraint would.

    RFC 5280, 4.2.1.10 leaves a type without constraints free, so that an authority for `example.test` could
    still certify any IP address. What is made here constrains every type: a leaked key is good for these names only.
    """

    dns: tuple[str, ...] = ()  # each with its subdomains
    networks: tuple[Network, ...] = ()
    emails: tuple[str, ...] = ()  # a mailbox, or a host whose every mailbox is meant
    uri_hosts: tuple[str, ...] = ()  # exactly these hosts, or with a leading dot the hosts below
    free: frozenset[NameKind] = frozenset()  # types that an authority made elsewhere says nothing about

    def __str__(self) -> str:
        free = (words for kind, words in _FREE.items() if kind in self.free)
        return ", ".join((*self.listed, *free)) or "nothing"

    @property
    def listed(self) -> tuple[str, ...]:
        """Each entry as `parse_permitted` reads it."""
        mail = (each if "@" in each else f"@{each}" for each in self.emails)
        return (*self.dns, *map(str, self.networks), *mail, *(f"uri://{host}" for host in self.uri_hosts))

    def allows(self, name: SubjectName) -> bool:
        """Whether NAME lies within what is permitted, as RFC 5280, 4.2.1.10 reads each type."""
        if self.free and name.kind in self.free:
            return True
        match name.kind:
            case NameKind.DNS:
                return _dns_within(name.value, self.dns)
            case NameKind.IP:
                return any(ipaddress.ip_address(name.value) in network for network in self.networks)
            case NameKind.EMAIL:
                return name.value in self.emails or _host_within(name.value.rpartition("@")[2], self.emails)
            case NameKind.URI:
                return _host_within(uri_host(name.value), self.uri_hosts)
            case NameKind.UPN:
                domain = name.value.rpartition("@")[2].lower()
                return _host_within(domain, self.emails) or self._allows_host(domain)
            case NameKind.SRV:  # RFC 4985, 4: the domain is what counts
                return self._allows_host(name.value.partition(".")[2])
            case NameKind.REGISTERED_ID | NameKind.DIRECTORY | NameKind.OTHER:
                return True  # see _BEYOND

    def _allows_host(self, host: str) -> bool:
        return self.allows(SubjectName(NameKind.DNS, host))

    def allows_common_name(self, text: str) -> bool:
        """Whether OpenSSL, which reads a host-like CommonName as a host name, would let TEXT pass.

        It looks only when the certificate has no DNS name of its own (x509_vfy.c, check_name_constraints).
        """
        return not _HOST_LIKE.fullmatch(text) or self.allows(SubjectName(NameKind.DNS, text.lower()))

    def check(self, names: tuple[SubjectName, ...], common_name: str) -> None:
        """Refuse a certificate that verifiers would refuse for these constraints.

        Raises:
            NotPermitted: one of NAMES lies outside, or the CommonName does where it is read as a host name.
            InvalidRequest: a URI names a user.
        """
        has_host, outside = False, []
        for name in names:
            if name.kind is NameKind.DNS:
                has_host = True
            elif name.kind is NameKind.URI and "@" in urlsplit(name.value).netloc:
                raise InvalidRequest(
                    f"{name} names a user, and under name constraints Apple takes that for the host",
                    hint="Leave the user out, or issue it from an authority without constraints.",
                )
            if not self.allows(name):
                outside.append(name)
        if outside:
            raise NotPermitted(
                f"{', '.join(map(str, outside))} {'is' if len(outside) == 1 else 'are'} outside what this authority "
                "may certify",
                permitted=self,
                more="Another authority can permit more.",
                names=tuple(outside),
            )
        if not has_host and not self.allows_common_name(common_name):
            raise NotPermitted(
                f"OpenSSL reads the name {common_name!r} as a host name, which is not permitted here",
                permitted=self,
                more="A name with a space or without a dot is no host name.",
            )

    def covers(self, narrower: Permitted) -> bool:
        """Whether nothing in NARROWER reaches beyond this one."""
        return (
            all(self.allows(SubjectName(NameKind.DNS, base)) for base in narrower.dns)
            and (
                NameKind.IP in self.free
                or all(any(_is_subnet(net, mine) for mine in self.networks) for net in narrower.networks)
            )
            and (
                NameKind.EMAIL in self.free
                or all(
                    e in self.emails or _host_within(e.rpartition("@")[2], self.emails)
                    for e in narrower.emails
                )
            )
            and (
                NameKind.URI in self.free
                or all(_host_within(host, self.uri_hosts) for host in narrower.uri_hosts)
            )
        )

    def subtrees(self) -> list[x509.GeneralName]:
        """Return what is listed here, as an extension lists it."""
        listed: list[x509.GeneralName] = [x509.DNSName(base) for base in self.dns]
        listed += [x509.RFC822Name(base) for base in self.emails]
        listed += [x509.UniformResourceIdentifier(base) for base in self.uri_hosts]
        return [*listed, *(x509.IPAddress(network) for network in self.networks)]

    def closed(self) -> Permitted:
        """Return the same with every type listed: where nothing is permitted, what nobody has."""
        nothing = (NOTHING,)
        return Permitted(
            self.dns or nothing, self.networks, self.emails or nothing, self.uri_hosts or nothing
        )


@dataclass(frozen=True, slots=True)
class Excluded:
    """What an authority may not certify, whatever is permitted; it comes first (RFC 5280, 4.2.1.10)."""

    within: Permitted

    def check(self, names: tuple[SubjectName, ...], common_name: str) -> None:
        """Refuse a certificate that verifiers would refuse for these constraints; see `Permitted.check`.

        Raises:
            InvalidRequest: one of NAMES is excluded, or the CommonName is where it is read as a host name.
        """
        if not any(name.kind is NameKind.DNS for name in names) and _HOST_LIKE.fullmatch(common_name):
            names = (*names, SubjectName(NameKind.DNS, common_name.lower()))
        for name in names:
            if name.kind not in _BEYOND and self.within.allows(name):
                raise InvalidRequest(
                    f"{name} is excluded from what this authority may certify",
                    hint=f"Excluded: {self.within}. Another authority can certify it.",
                )


def _dns_within(name: str, bases: tuple[str, ...]) -> bool:
    """As Apple and OpenSSL have it: a base with a leading dot, as other tools write it, asks for a label more."""
    return any(name == base or name.endswith(base if base[:1] == "." else f".{base}") for base in bases)


def _host_within(host: str, bases: tuple[str, ...]) -> bool:
    return any(host == base or (base.startswith(".") and host.endswith(base)) for base in bases)


def _is_subnet(inner: Network, outer: Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)


def uri_host(uri: str) -> str:
    """Return the host of URI, which is what a constraint compares.

    Raises:
        InvalidRequest: it has none.
    """
    try:
        host = urlsplit(uri).hostname
    except ValueError:
        host = None
    if not host:
        raise InvalidRequest(f"{uri!r} has no host", hint="Name constraints compare a URI's host.")
    return host
