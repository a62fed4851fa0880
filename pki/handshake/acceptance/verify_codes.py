"""OpenSSL's verification errors in words. Numbers: include/openssl/x509_vfy.h, X509_V_ERR_*, OpenSSL 4.0."""

from __future__ import annotations

from pki.model.alerts import CERTIFICATE_REVOKED

NOT_YET_VALID = 9
HAS_EXPIRED = 10
INVALID_PURPOSE = 26
SUBTREE_MINMAX = 49
HOSTNAME_MISMATCH = 62

UNSPECIFIED = 1
REVOKED = 23
OF_ALERT = {CERTIFICATE_REVOKED: REVOKED}
"""Which error makes OpenSSL send an alert (ssl/statem/statem_lib.c, x509table), where we choose it."""

NO_LIST = frozenset({3, 5, 8, 11, 12, 15, 16, 33, 35, 36, 44, 54})
"""The errors that mean "CRLs are looked into, and none can be used for this issuer"."""

NO_PATH = frozenset({2, 18, 19, 20, 21})
"""The errors that mean "no path to an anchor"; the table below tells them apart."""

_TEXTS = {
    3: "no CRL of its issuer is at hand",
    5: "its issuer's CRL has a signature that does not decrypt",
    8: "its issuer's CRL is not signed with the issuer's key",
    11: "its issuer's CRL is not valid yet",
    12: "its issuer's CRL is out of date",
    15: "its issuer's CRL has no time in lastUpdate",
    16: "its issuer's CRL has no time in nextUpdate",
    33: "the issuer of the CRL is missing",
    35: "its issuer's keyUsage lacks cRLSign",
    36: "its issuer's CRL has a critical extension that is unknown",
    44: "the CRL at hand is for other certificates",
    54: "the path of the CRL's issuer does not verify",
    2: "the issuer of an intermediate certificate is missing",
    7: "a signature does not verify with the issuer's key",
    NOT_YET_VALID: "the certificate is not yet valid",
    HAS_EXPIRED: "the certificate has expired",
    13: "notBefore is not a time",
    14: "notAfter is not a time",
    18: "the certificate is self-signed and not trusted",
    19: "the chain ends in a self-signed certificate that is not trusted",
    20: "the issuer was not sent and is not trusted",
    21: "the only certificate there is cannot be verified",
    22: "the chain is too long",
    REVOKED: "the certificate is revoked",
    24: "an issuer certificate has no public key",
    25: "a CA's path length is exceeded",
    INVALID_PURPOSE: "the certificate is not for this purpose",
    27: "the root is not trusted for this purpose",
    28: "the root is marked to reject this purpose",
    32: "an issuer's keyUsage lacks keyCertSign",
    34: "a critical extension is unknown",
    47: "a name is outside the permitted subtrees",
    48: "a name is inside an excluded subtree",
    SUBTREE_MINMAX: "a name constraint has a minimum or a maximum (RFC 5280, 4.2.1.10)",
    HOSTNAME_MISMATCH: "the certificate is not for this host",
    66: "the leaf's key is too small",
    67: "a CA's key is too small",
    68: "a CA signed with a digest that is too weak",
    79: "an issuer is not a CA by its basicConstraints",
}


KINDS = {
    HAS_EXPIRED: "expired",
    NOT_YET_VALID: "not-yet-valid",
    INVALID_PURPOSE: "purpose",
    REVOKED: "revoked",
    **dict.fromkeys(NO_LIST, "revocation-unknown"),
    66: "weak-key",
    67: "weak-key",
    68: "weak-signature",
}
"""What a code in `pki.model.causes` calls it, behind `server-` or `client-certificate-`."""


def verify_text(errno: int) -> str:
    """What an X509_V_ERR number means; an unlisted one is named by its number."""
    return _TEXTS.get(errno, f"OpenSSL's verification error {errno}")
