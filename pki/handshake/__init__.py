"""Mutual TLS handshakes in memory and over loopback sockets: one transcript from both ends.

transcript = shake_hands(
    ClientSettings(host="localhost", trusted_roots=(root,), identity=alice),
    ServerSettings(identity=server, policy=ChainsTo((root,))),
    at=now,
)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import lazy_names

if TYPE_CHECKING:
    from pki.handshake.acceptance.client_policies import (
        AllowList,
        ByName,
        BySpki,
        ChainsTo,
        ClientTrust,
        Refusal,
    )
    from pki.handshake.ends.openssl_offer import NotOffered
    from pki.handshake.ends.settings import ClientCertificates, ClientSettings, ServerSettings
    from pki.handshake.ends.tls_offer import Offer, TlsVersion
    from pki.handshake.matrix import run_matrix
    from pki.handshake.run import call_server, shake_hands, shake_hands_over_sockets
    from pki.handshake.serving.loopback_server import LoopbackServer

__all__ = [
    "AllowList",
    "ByName",
    "BySpki",
    "ChainsTo",
    "ClientCertificates",
    "ClientSettings",
    "ClientTrust",
    "LoopbackServer",
    "NotOffered",
    "Offer",
    "Refusal",
    "ServerSettings",
    "TlsVersion",
    "call_server",
    "run_matrix",
    "shake_hands",
    "shake_hands_over_sockets",
]

_HOMES = {
    "ByName": "acceptance.client_policies",
    "BySpki": "acceptance.client_policies",
    "ChainsTo": "acceptance.client_policies",
    "ClientCertificates": "ends.settings",
    "ClientSettings": "ends.settings",
    "ClientTrust": "acceptance.client_policies",
    "LoopbackServer": "serving.loopback_server",
    "NotOffered": "ends.openssl_offer",
    "Offer": "ends.tls_offer",
    "AllowList": "acceptance.client_policies",
    "Refusal": "acceptance.client_policies",
    "ServerSettings": "ends.settings",
    "TlsVersion": "ends.tls_offer",
    "call_server": "run",
    "run_matrix": "matrix",
    "shake_hands": "run",
    "shake_hands_over_sockets": "run",
}

# Offers and settings are values, and OpenSSL is not needed to write them down.
__getattr__ = lazy_names(__name__, _HOMES)
