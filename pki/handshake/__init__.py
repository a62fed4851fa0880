"""Shaking hands: mutual TLS in memory and over loopback sockets, told from both ends in one transcript.

transcript = shake_hands(
    ClientSettings(host="localhost", trusted_roots=(root,), identity=alice),
    ServerSettings(identity=server, policy=ChainsTo((root,))),
    at=now,
)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import opened_on_use

if TYPE_CHECKING:
    from pki.handshake.matrix import run_matrix
    from pki.handshake.offer import Offer, TlsVersion
    from pki.handshake.offering import NotOffered
    from pki.handshake.policy import ByName, BySpki, ChainsTo, ClientTrust, OnTheList, Refusal
    from pki.handshake.server import LoopbackServer
    from pki.handshake.settings import ClientCertificates, ClientSettings, ServerSettings
    from pki.handshake.shaking import call_server, shake_hands, shake_hands_over_sockets

__all__ = [
    "ByName",
    "BySpki",
    "ChainsTo",
    "ClientCertificates",
    "ClientSettings",
    "ClientTrust",
    "LoopbackServer",
    "NotOffered",
    "Offer",
    "OnTheList",
    "Refusal",
    "ServerSettings",
    "TlsVersion",
    "call_server",
    "run_matrix",
    "shake_hands",
    "shake_hands_over_sockets",
]

_HOMES = {
    "ByName": "policy",
    "BySpki": "policy",
    "ChainsTo": "policy",
    "ClientCertificates": "settings",
    "ClientSettings": "settings",
    "ClientTrust": "policy",
    "LoopbackServer": "server",
    "NotOffered": "offering",
    "Offer": "offer",
    "OnTheList": "policy",
    "Refusal": "policy",
    "ServerSettings": "settings",
    "TlsVersion": "offer",
    "call_server": "shaking",
    "run_matrix": "matrix",
    "shake_hands": "shaking",
    "shake_hands_over_sockets": "shaking",
}

# Offers and settings are values, and OpenSSL is not needed to write them down.
__getattr__ = opened_on_use(__name__, _HOMES)
