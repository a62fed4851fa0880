"""An offer in OpenSSL's hands: what a context is restricted to, and what this OpenSSL cannot offer at all."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.errors import HandshakeError
from pki.handshake.ends import binding
from pki.handshake.ends.tls_offer import TlsVersion

if TYPE_CHECKING:
    from pki.handshake.ends.tls_offer import Offer

_VERSIONS = {
    TlsVersion.TLS10: SSL.TLS1_VERSION,
    TlsVersion.TLS11: SSL.TLS1_1_VERSION,
    TlsVersion.TLS12: SSL.TLS1_2_VERSION,
    TlsVersion.TLS13: SSL.TLS1_3_VERSION,
}
# RFC 8446, B.4; OpenSSL leaves the last two out unless they are named.
_ALL_OF_TLS13 = (
    b"TLS_AES_128_GCM_SHA256",
    b"TLS_AES_256_GCM_SHA384",
    b"TLS_CHACHA20_POLY1305_SHA256",
    b"TLS_AES_128_CCM_SHA256",
    b"TLS_AES_128_CCM_8_SHA256",
)


class NotOffered(HandshakeError):
    """The OpenSSL at hand cannot offer what was asked for: nothing was tried, and nothing is known about the peer."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, hint="Another build of OpenSSL may; this says nothing about the other end.")


def make_offer(context: SSL.Context, offer: Offer) -> None:
    """Restrict CONTEXT to what OFFER names.

    Raises:
        NotOffered: this OpenSSL cannot offer all of it; the message names what is missing.
    """
    missing = missing_suites(offer)
    if missing:
        raise NotOffered(f"this OpenSSL was built without {', '.join(missing)}")
    context.set_min_proto_version(_VERSIONS[offer.lowest])
    context.set_max_proto_version(_VERSIONS[offer.highest])
    if offer.extended_master_secret is False:
        context.set_options(binding.OP_NO_EXTENDED_MASTER_SECRET)
    if offer.suites is not None or offer.weak:
        level = (":@SECLEVEL=0",) if offer.weak else ()
        context.set_cipher_list(":".join((*(offer.suites or ("DEFAULT",)), *level)).encode("ascii"))
    if offer.suites13 is not None:
        context.set_tls13_ciphersuites(":".join(offer.suites13).encode("ascii"))
    for what, names, setter in (
        ("groups", offer.groups, binding.set_groups),
        ("signature algorithms", offer.signature_algorithms, binding.set_signature_algorithms),
    ):
        if names is not None and not setter(context, names):
            raise NotOffered(f"this OpenSSL cannot restrict itself to the {what} {', '.join(names)}")


def missing_suites(offer: Offer) -> tuple[str, ...]:
    """The suites of OFFER that this OpenSSL was built without: RC4, 3DES, all of SSLv3."""
    return tuple(
        name for name in (*(offer.suites or ()), *(offer.suites13 or ())) if name not in built_in_suites()
    )


@lru_cache(maxsize=1)
def built_in_suites() -> frozenset[str]:
    """Every cipher suite this OpenSSL knows, by its own names."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_tls13_ciphersuites(b":".join(_ALL_OF_TLS13))
    context.set_cipher_list(b"ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return frozenset(SSL.Connection(context).get_cipher_list())
