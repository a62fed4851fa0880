"""What each end brings to a handshake, as values; nothing here touches OpenSSL."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.ats import NEWEST, OsVersion
from pki.errors import InvalidRequest
from pki.handshake.acceptance.verify_codes import NO_PATH
from pki.handshake.ends.site import NAMELESS, Site
from pki.handshake.ends.tls_offer import DEFAULT_OFFER, Offer
from pki.model.hosts import parse_host
from pki.model.verdict import AnchorClass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.x509 import Certificate, CertificateRevocationList

    from pki.handshake.acceptance.client_policies import ClientTrust
    from pki.issue.revoked import RevocationLedger
    from pki.model.identity import Identity


_SERVER_POLICIES = ("apple", "basic")


class ClientCertificates(StrEnum):
    """Whether the server asks for a client certificate (RFC 8446, 4.3.2), and whether it goes on without one."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"  # never asks


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """One server.

    `chain` is exactly what it sends, leaf first; None means the identity's leaf and intermediates.
    `acceptable_cas` is the list of names in the CertificateRequest; None means the policy's roots, an
    empty tuple means "any" (RFC 8446, 4.2.4). `crls` are what client certificates are looked up in, by OpenSSL: with
    any, the issuer of the client's certificate must have one among them. `revoked` is what the authority itself has
    taken back: of the client's whole path, without any list.
    `staple` is the OCSP answer (DER) for a client that asks: good, revoked or out of date, but about the certificate
    that is served. `site` is what it says over HTTP, and its name among several servers.

    Raises:
        InvalidRequest: the settings contradict each other.
    """

    identity: Identity
    policy: ClientTrust | None = None
    client_certificates: ClientCertificates = ClientCertificates.REQUIRED
    chain: tuple[Certificate, ...] | None = None
    acceptable_cas: tuple[Certificate, ...] | None = None
    crls: tuple[CertificateRevocationList, ...] = ()
    revoked: RevocationLedger | None = None
    offer: Offer = DEFAULT_OFFER
    staple: bytes | None = None
    site: Site = NAMELESS

    def __post_init__(self) -> None:
        _check_chain(self.identity, self.chain)
        if self.asks and self.policy is None:
            raise InvalidRequest(
                "The server asks for a client certificate and has no policy to judge it by",
                hint="Name the CA that client certificates chain to, or a list of certificates.",
            )

    @property
    def asks(self) -> bool:
        """Whether a CertificateRequest is sent."""
        return self.client_certificates is not ClientCertificates.NONE

    @property
    def sent_chain(self) -> tuple[Certificate, ...]:
        """What goes on the wire, leaf first."""
        return self.identity.sent_chain if self.chain is None else self.chain

    def unchecked(self) -> Iterator[str]:
        """What a server with these settings does not look at when it judges a client."""
        if not self.asks or self.policy is None:
            return
        beyond = f" beyond {self.revoked.source}" if self.revoked is not None else ""
        if self.crls:
            yield f"revocation of the client's issuers{beyond}: the server's CRLs are asked of the leaf alone"
        elif beyond:
            yield f"revocation of the client's chain{beyond}: the server was given no CRL"
        else:
            yield "revocation of the client's chain: the server was given nothing to look it up in"
        if all(map(self.policy.waives, NO_PATH)):
            yield f"who issued the client's certificate: the policy, {self.policy.description}, asks for no path"
        yield (
            "the client's chain beyond OpenSSL's rules: those include name constraints, "
            "and neither OCSP nor Apple's own"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """One client.

    `host` is the name or IP address the server's certificate must carry; a name also goes into SNI.
    `trusted_roots` are anchors of the class `anchor_class`: unless said otherwise, a CA that a person installed. `os`
    is the system whose rules the client goes by. `policy` is how `pki.trust` judges the
    server: `apple`, or `basic` for code that asks SecPolicyCreateBasicX509 and so checks no name. `chain` is
    exactly what it sends when asked, leaf first; None means the identity's leaf and intermediates. `revoked` is what an
    authority has taken back: no client learns of it but by a staple, so it is told beside the answer and decides
    nothing. `keylog` is given each line of the NSS key log: secrets that open a recording of this connection.

    Raises:
        InvalidRequest: `host` is no host name, `policy` no such policy, or the settings contradict each other.
    """

    host: str
    trusted_roots: tuple[Certificate, ...]
    identity: Identity | None = None
    chain: tuple[Certificate, ...] | None = None
    policy: str = "apple"
    anchor_class: AnchorClass = AnchorClass.USER
    os: OsVersion = NEWEST
    revoked: RevocationLedger | None = None
    offer: Offer = DEFAULT_OFFER
    keylog: Callable[[bytes], None] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        parse_host(self.host)
        if self.policy not in _SERVER_POLICIES:
            raise InvalidRequest(
                f"{self.policy!r} is not a policy for servers",
                hint=f"Choose {' or '.join(_SERVER_POLICIES)}.",
            )
        _check_chain(self.identity, self.chain)

    @property
    def sent_chain(self) -> tuple[Certificate, ...]:
        """What goes on the wire when the server asks, leaf first; empty without an identity."""
        if self.chain is not None:
            return self.chain
        return self.identity.sent_chain if self.identity is not None else ()

    @property
    def server_name(self) -> str | None:
        """What SNI carries: an A-label name without a trailing dot, never an address (RFC 6066, 3)."""
        host = parse_host(self.host)
        return None if host.is_address else host.text.removesuffix(".")


def _check_chain(identity: Identity | None, chain: tuple[Certificate, ...] | None) -> None:
    if chain is None:
        return
    if identity is None or not chain or chain[0] != identity.certificate:
        raise InvalidRequest(
            "The chain to send does not start with the identity's own certificate",
            hint="TLS proves possession of the first certificate's key (RFC 8446, 4.4.2); put the leaf first.",
        )
