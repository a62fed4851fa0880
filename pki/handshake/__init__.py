"""Shaking hands: mutual TLS in memory and over loopback sockets, told from both ends in one transcript.

transcript = shake_hands(
    ClientSettings(host="localhost", trusted_roots=(root,), identity=alice),
    ServerSettings(identity=server, policy=ChainsTo((root,))),
    at=now,
)
"""

from pki.handshake.contexts import NotOffered
from pki.handshake.offer import Offer, TlsVersion
from pki.handshake.policy import ChainsTo, ClientTrust, OnTheList, Refusal
from pki.handshake.server import LoopbackServer
from pki.handshake.settings import ClientCertificates, ClientSettings, ServerSettings
from pki.handshake.shaking import call_server, shake_hands, shake_hands_over_sockets

__all__ = [
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
    "shake_hands",
    "shake_hands_over_sockets",
]
