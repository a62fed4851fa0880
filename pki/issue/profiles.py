"""What each kind of certificate carries, as data; every row with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from pki.model.oids import CLIENT_AUTH, SERVER_AUTH


class CertificateKind(StrEnum):
    """What a certificate is for."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"
    CROSS = "cross"  # an authority elsewhere, certified a second time; its key is there
    SERVER = "server"
    CLIENT = "client"


class Usage(StrEnum):
    """The keyUsage bits that this authority sets, by their names in RFC 5280, 4.2.1.3."""

    DIGITAL_SIGNATURE = "digital_signature"
    KEY_ENCIPHERMENT = "key_encipherment"
    KEY_AGREEMENT = "key_agreement"
    KEY_CERT_SIGN = "key_cert_sign"
    CRL_SIGN = "crl_sign"


# A device whose clock runs a little slow must not see a fresh certificate as not yet valid. An hour also is
# the slip Apple's own validity rule allows (SecPolicy.c, set_ssl_validity_periods).
BACKDATE: Final = timedelta(hours=1)

# CA/Browser Forum Baseline Requirements 7.1: at least 64 random bits; RFC 5280, 4.1.2.2: positive and at most
# 20 octets. 159 bits is the most that keeps the sign bit clear, so no serial ever repeats by chance.
SERIAL_BITS: Final = 159

# RFC 5280, appendix A.1, ub-common-name: a longer CommonName is malformed.
LONGEST_COMMON_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """One row: the extensions and dates of one kind of certificate.

    `dataclasses.replace` makes a deliberate defect of it, e.g. a server certificate without a purpose.
    Not in the rows because they hold for every certificate: the subject key identifier, and below the root
    the authority key identifier that matches it (RFC 5280, 4.2.1.1 and 4.2.1.2; Apple compares the two,
    SecPolicyServer.c IdLinkage, -67610). The path length is not here either: it follows from the chain.
    """

    kind: CertificateKind
    is_ca: bool
    lifetime: timedelta
    usages: tuple[Usage, ...]
    rsa_usages: tuple[Usage, ...] = ()  # set beside `usages` when the key is an RSA key
    ec_usages: tuple[Usage, ...] = ()  # the same for an EC key
    purposes: tuple[str, ...] = ()  # extended key usage, dotted OIDs; none leaves the extension out
    purposes_critical: bool = False


# Root and intermediate:
# - The subject needs a CommonName: iOS lists a root under Certificate Trust Settings only when it has one and
#   is a CA (mkcert #47 and #233; Apple forum thread 89568).
# - basicConstraints is critical in a CA (RFC 5280, 4.2.1.9); Apple fails an issuer without it (-67604) or
#   with cA FALSE (-67605).
# - keyUsage is critical, keyCertSign and cRLSign (RFC 5280, 4.2.1.3); without keyCertSign Apple says -67608.
# - No extended key usage: Apple lets a sub-CA's purposes limit its leaves (SecPolicy.c, ExtendedKeyUsage),
#   and one test authority issues for servers and clients.
# - Apple limits no CA's lifetime. Ten and five years outlast a product's tests; the leaves are short.
_CA_USAGES = (Usage.KEY_CERT_SIGN, Usage.CRL_SIGN)
ROOT: Final = CertificateProfile(
    kind=CertificateKind.ROOT, is_ca=True, lifetime=timedelta(days=3650), usages=_CA_USAGES
)
INTERMEDIATE: Final = CertificateProfile(
    kind=CertificateKind.INTERMEDIATE, is_ca=True, lifetime=timedelta(days=1825), usages=_CA_USAGES
)

# Leaves:
# - subjectAltName carries every name, critical only when the subject is empty (RFC 5280, 4.2.1.6; an empty
#   subject without it is -67655 to Apple). Apple reads no CommonName (support.apple.com/103769).
# - keyUsage is critical: digitalSignature for ECDHE and TLS 1.3. A server's RSA key also gets keyEncipherment
#   for static RSA suites (RFC 5246, 7.4.2); a client only ever signs (RFC 5246, 7.4.8).
# - One purpose alone, serverAuth or clientAuth: public CAs stop issuing both in one (Chrome Root Program 1.8),
#   and a leaked server key should not pass as a client.
# - No basicConstraints: RFC 5280, 4.2.1.9 leaves it optional in end entities, where absence means "not a CA";
#   Apple does not ask a leaf for it (SecPolicyServer.c), and the FALSE in it is a classic encoding error.
# - 397 days: Apple's advice under its 398-day limit for public roots (support.apple.com/102028). Under a root
#   that is installed by hand 825 are allowed (103769), but habits are best formed on the shorter one.
_LEAF_LIFETIME = timedelta(days=397)
SERVER: Final = CertificateProfile(
    kind=CertificateKind.SERVER,
    is_ca=False,
    lifetime=_LEAF_LIFETIME,
    usages=(Usage.DIGITAL_SIGNATURE,),
    rsa_usages=(Usage.KEY_ENCIPHERMENT,),
    purposes=(SERVER_AUTH,),
)
CLIENT: Final = CertificateProfile(
    kind=CertificateKind.CLIENT,
    is_ca=False,
    lifetime=_LEAF_LIFETIME,
    usages=(Usage.DIGITAL_SIGNATURE,),
    purposes=(CLIENT_AUTH,),
)

PROFILES: Final = {profile.kind: profile for profile in (ROOT, INTERMEDIATE, SERVER, CLIENT)}
