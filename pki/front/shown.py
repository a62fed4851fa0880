"""What a front presents: one server's settings under the name of a scenario, and OpenSSL's context made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.errors import InvalidRequest
from pki.handshake.acceptance.client_policies import ChainsTo
from pki.handshake.ends.contexts import ServerContext
from pki.handshake.ends.settings import ClientCertificates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cryptography.x509 import Certificate

    from pki.handshake.ends.settings import ServerSettings
    from pki.issue.revoked import RevocationLedger


@dataclass(frozen=True, slots=True)
class Shown:
    """One way to present a front: `label` is the scenario's id, `host` the name that clients call it by."""

    label: str
    settings: ServerSettings
    host: str


def context_for(
    shown: Shown,
    *,
    at: datetime,
    client_roots: Sequence[Certificate],
    revoked: RevocationLedger | None = None,
    offers: Callable[[], tuple[bytes, ...]],
) -> ServerContext:
    """SHOWN in OpenSSL's hands. OFFERS says at each handshake which protocols the server behind speaks.

    With CLIENT_ROOTS whoever comes needs a certificate that chains to one of them and is not REVOKED.

    Raises:
        InvalidRequest: OpenSSL will not serve it, or it asks for client certificates itself beside CLIENT_ROOTS.
        NotOffered: this OpenSSL cannot offer what it asks for.
    """
    settings = shown.settings
    if client_roots:
        if settings.asks:
            raise InvalidRequest(
                f"{shown.label} asks for client certificates by its own CA, and the front is to ask by another",
                hint="Show it without a client CA, or show a scenario that does not ask.",
            )
        settings = replace(
            settings,
            policy=ChainsTo(tuple(client_roots)),
            client_certificates=ClientCertificates.REQUIRED,
            revoked=revoked,
        )
    settings = replace(settings, site=replace(settings.site, name=shown.label))
    context = ServerContext.prepare(settings, at=at)
    if not settings.offer.alpn:  # a scenario about ALPN keeps its own
        context.tls.set_alpn_select_callback(lambda _, offered: _chosen(offers(), offered))
    return context


def _chosen(ours: tuple[bytes, ...], offered: list[bytes]) -> bytes:
    """The first of OURS that is OFFERED.

    Raises:
        SSL.Error: none is; OpenSSL then sends no_application_protocol (RFC 7301, 3.2).
    """
    found = next((protocol for protocol in ours if protocol in offered), None)
    if found is None:
        raise SSL.Error([("SSL routines", "", "no application protocol")])
    return found
