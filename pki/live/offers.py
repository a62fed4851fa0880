"""What an Apple client puts on the table, as far as the OpenSSL at hand can: the same policy, not the same bytes.

Sources: Security-61901 SecProtocolHelper.m for the suites of ATS; Safari captures of curl-impersonate
(tests/signatures/safari_*.yaml) for groups, signature algorithms and the suites without ATS; Apple Support 122756 for
X25519MLKEM768. GREASE, the order of extensions and certificate compression are out of reach here, and no server's
answer depends on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pki.handshake.ends.tls_offer import Offer, TlsVersion
from pki.live.protocols import HTTP
from pki.model.suites import SUITES, KeyExchange, SuiteGroup
from pki.model.transport import Offered

if TYPE_CHECKING:
    from pki.ats import AtsPolicy, OsVersion

POST_QUANTUM_SINCE = 26  # Apple Support 122756
_GROUPS = ("X25519", "P-256", "P-384", "P-521")
_POST_QUANTUM = "X25519MLKEM768"
# What OpenSSL 3.5 and later have besides: openssl list -tls-groups. In TLS 1.2 they are the curves of certificates,
# too; P-224 and secp256k1 OpenSSL 4.0 has left out (enable-tls-deprecated-ec).
_OTHER_GROUPS = (
    *("SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024", "X448"),
    *("brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"),
    *("ffdhe2048", "ffdhe3072", "ffdhe4096"),
)
_NAMELESS = re.compile(r"ADH|AECDH|PSK|SRP")
# 0403 0804 0401 0503 0805 0501 0806 0601 0201 of the captures: no P-521 and no Ed25519 among them.
_SIGNATURES = (
    "ECDSA+SHA256",
    "rsa_pss_rsae_sha256",
    "RSA+SHA256",
    "ECDSA+SHA384",
    "rsa_pss_rsae_sha384",
    "RSA+SHA384",
    "rsa_pss_rsae_sha512",
    "RSA+SHA512",
)
_SHA1_SIGNATURE = "RSA+SHA1"
# The order of the captures: their code points.
_IN_ORDER = (
    0xC02C,
    0xC02B,
    0xCCA9,
    0xC030,
    0xC02F,
    0xCCA8,
    0xC00A,
    0xC009,
    0xC014,
    0xC013,
    0x9D,
    0x9C,
    0x35,
    0x2F,
)


@dataclass(frozen=True, slots=True)
class OfferStep:
    """One offer and whose it is; `lacking`: what such a client offers besides, and this OpenSSL cannot."""

    offered: Offered
    offer: Offer
    lacking: tuple[str, ...] = ()


def offers_for(
    policy: AtsPolicy, os: OsVersion, *, alpn: tuple[str, ...] = HTTP.alpn
) -> tuple[OfferStep, ...]:
    """What to try, the narrowest first: this host under ATS, an Apple client without ATS, all this OpenSSL has.

    ALPN is what the protocol's clients offer.
    """
    ladder = []
    if policy.applies:
        ladder.append(_step(Offered.ATS, _apple(os, alpn, policy)))
    ladder.append(_step(Offered.APPLE, _apple(os, alpn)))
    ladder.append(_step(Offered.ALL, _everything(alpn)))
    return tuple(ladder)


def _apple(os: OsVersion, alpn: tuple[str, ...], policy: AtsPolicy | None = None) -> Offer:
    """What an Apple client offers: under the POLICY of ATS, or without."""
    bound = policy is not None and not policy.offers_sha1_signatures
    return Offer(
        lowest=TlsVersion((policy.minimum_tls if policy is not None else None) or "1.0"),
        suites=_suites((policy.suites if policy is not None else None) or SuiteGroup.SAFARI),
        suites13=_suites13(),
        groups=_groups(os),
        signature_algorithms=_SIGNATURES if bound else (*_SIGNATURES, _SHA1_SIGNATURE),
        alpn=alpn,
        weak=True,  # a weak certificate must get here to be judged: OpenSSL's own floor would hide it
    )


def _everything(alpn: tuple[str, ...]) -> Offer:
    """To learn what a server has that no Apple client takes.

    HTTP's ALPN is left out, as it is a reason to refuse, too; other protocols' servers may insist on theirs. Suites
    without certificates would show nothing to judge.
    """
    from pki.handshake.ends.openssl_offer import built_in_suites

    known = sorted(name for name in built_in_suites() if not _NAMELESS.search(name))
    suites13, suites = ([name for name in known if name.startswith("TLS_") is new] for new in (True, False))
    suites13.sort(key=lambda name: ("CCM" in name, "AES_256" not in name))  # OpenSSL's own order, CCM last
    return Offer(
        lowest=TlsVersion.TLS10,
        suites=tuple(suites),
        suites13=tuple(suites13),
        groups=(_POST_QUANTUM, *_GROUPS, *_OTHER_GROUPS),
        alpn=() if alpn == HTTP.alpn else alpn,
        weak=True,
    )


def _groups(os: OsVersion) -> tuple[str, ...]:
    return (_POST_QUANTUM, *_GROUPS) if os.major >= POST_QUANTUM_SINCE else _GROUPS


def _suites(group: SuiteGroup) -> tuple[str, ...]:
    rows = [suite for suite in SUITES if suite.offered(group) and suite.key_exchange is not KeyExchange.TLS13]
    known = [suite for suite in rows if suite.code_point in _IN_ORDER]
    ordered = sorted(known, key=lambda suite: _IN_ORDER.index(suite.code_point or 0))
    return tuple(suite.openssl for suite in [*ordered, *(suite for suite in rows if suite not in known)])


def _suites13() -> tuple[str, ...]:
    return tuple(suite.openssl for suite in SUITES if suite.key_exchange is KeyExchange.TLS13)


@lru_cache(maxsize=32)
def _step(offered: Offered, offer: Offer) -> OfferStep:
    """OFFER without what this OpenSSL lacks, 3DES as a rule, and without what the binding cannot restrict."""
    from pki.handshake.ends import binding
    from pki.handshake.ends.openssl_offer import missing_suites

    missing = missing_suites(offer)
    lacking = list(missing)
    groups, signatures = offer.groups, offer.signature_algorithms
    if not binding.offers("SSL_CTX_set1_curves_list"):
        groups = None
        lacking.append("its choice of groups")
    if not binding.offers("SSL_CTX_set1_sigalgs_list"):
        signatures = None
        lacking.append("its choice of signature algorithms")
    suites = tuple(name for name in offer.suites or () if name not in missing)
    return OfferStep(
        offered, replace(offer, suites=suites, groups=groups, signature_algorithms=signatures), tuple(lacking)
    )
