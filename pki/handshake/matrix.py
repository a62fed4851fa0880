"""Many handshakes at once: every identity against every policy in every version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pki.handshake.ends.tls_offer import Offer
from pki.handshake.run import shake_hands, shake_hands_over_sockets
from pki.model.matrix import Cell, Matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pki.handshake.ends.settings import ClientSettings, ServerSettings
    from pki.handshake.ends.tls_offer import TlsVersion


def run_matrix(
    clients: Mapping[str, ClientSettings],
    servers: Mapping[str, ServerSettings],
    versions: Sequence[TlsVersion],
    *,
    at: datetime,
    sockets: bool = False,
) -> Matrix:
    """Let each of CLIENTS meet each of SERVERS in each of VERSIONS; the keys are what the cells call them.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not use an identity.
        HandshakeError: no port can be had, or two ends would never finish.
    """
    run = shake_hands_over_sockets if sockets else shake_hands
    cells = []
    for policy, server in servers.items():
        for name, client in clients.items():
            for version in versions:
                offer = Offer.only(version)
                both = (replace(end, offer=replace(offer, alpn=end.offer.alpn)) for end in (client, server))
                cells.append(Cell(name, policy, version.value, run(*both, at=at)))  # type: ignore[arg-type]  # one of each
    return Matrix(at, tuple(cells))
