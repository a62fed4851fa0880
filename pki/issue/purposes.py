"""What a certificate may be issued for (extended key usage), and what Apple's policy for it asks of the certificate.

Apple's words are read off Security-61901, SecPolicy.c, from the function named in each row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cryptography import x509

from pki.errors import InvalidRequest
from pki.issue.extension_value import extension_value
from pki.issue.profiles import Usage
from pki.model import oids
from pki.model.names import NameKind
from pki.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.issue.profiles import CertificateProfile
    from pki.model.names import SubjectName

_SIGNS: Final = (Usage.DIGITAL_SIGNATURE,)
_ENCIPHERS: Final = (Usage.KEY_ENCIPHERMENT,)
_AGREES: Final = (Usage.KEY_AGREEMENT,)
_NOTHING_KNOWN: Final = "no policy in Apple's SecPolicy.c asks for this purpose"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One row: a purpose, the key usages that go with it, and what Apple asks."""

    oid: str
    also: tuple[str, ...] = ()
    """Other words for it, beside the name of `pki.model.oids` and the OID."""
    usages: tuple[Usage, ...] = _SIGNS  # RFC 5280, 4.2.1.12: the two have to be consistent
    rsa_usages: tuple[Usage, ...] = ()
    ec_usages: tuple[Usage, ...] = ()
    apple: str = _NOTHING_KNOWN
    asked_by: str = ""
    """The function of SecPolicy.c; empty where there is none."""

    @property
    def name(self) -> str:
        """`codeSigning`, or the OID."""
        return oids.purpose_name(self.oid)


_IPSEC = (
    "asks for no purpose at all, and for the server's host name among the names when the client is told one",
    "SecPolicyCreateIPSec",
)
_EAP = (
    "asks for serverAuth of the server and clientAuth of the client, or for no extended key usage; this purpose alone "
    "is refused",
    "SecPolicyCreateEAP",
)

KNOWN: Final = (
    Purpose(
        oids.SERVER_AUTH,
        ("server", "tls-server", "tls-web-server"),
        rsa_usages=_ENCIPHERS,
        # SecPolicyServer.c, SecPolicyCheckServerAuthEKU: the stricter check leaves out roots that a user installed.
        apple="asks for it where there is an extended key usage, and in any case where the app or the system anchors "
        "the chain",
        asked_by="SecPolicyCreateSSL",
    ),
    Purpose(
        oids.CLIENT_AUTH,
        ("client", "tls-client", "tls-web-client"),
        apple="asks for it where there is an extended key usage",
        asked_by="SecPolicyCreateSSL",
    ),
    Purpose(
        oids.CODE_SIGNING,
        apple="asks for it (on iOS anyExtendedKeyUsage does, too), with the key usage digitalSignature or "
        "nonRepudiation",
        asked_by="SecPolicyCreateCodeSigning",
    ),
    Purpose(
        oids.EMAIL_PROTECTION,
        ("smime", "email", "mail"),
        rsa_usages=_ENCIPHERS,  # RFC 8550, 4.4.2
        ec_usages=_AGREES,
        apple="asks for it where there is an extended key usage; for the sender's address among the names; for "
        "digitalSignature to sign, keyEncipherment (RSA) or keyAgreement (EC) to encrypt",
        asked_by="SecPolicyCreateSMIME",
    ),
    Purpose(
        oids.TIME_STAMPING,
        ("timestamp", "tsa"),
        apple="asks for it; RFC 3161, 2.3 wants it alone and critical, as it is written here",
        asked_by="SecPolicyCreateAppleTimeStamping",
    ),
    Purpose(
        oids.OCSP_SIGNING,
        ("ocsp",),
        apple="asks for it, for digitalSignature, and that its bearer be no CA",
        asked_by="SecPolicyCreateOCSPSigner",
    ),
    Purpose(oids.IPSEC_IKE, ("ike", "ikev2", "ipsec", "vpn"), apple=_IPSEC[0], asked_by=_IPSEC[1]),
    Purpose(oids.IKE_INTERMEDIATE, (), apple=_IPSEC[0], asked_by=_IPSEC[1]),
    Purpose(oids.IPSEC_END_SYSTEM, (), apple=_IPSEC[0], asked_by=_IPSEC[1]),
    Purpose(oids.IPSEC_TUNNEL, (), apple=_IPSEC[0], asked_by=_IPSEC[1]),
    Purpose(oids.IPSEC_USER, (), apple=_IPSEC[0], asked_by=_IPSEC[1]),
    Purpose(oids.EAP_OVER_LAN, ("eap", "eap-tls", "802.1x"), apple=_EAP[0], asked_by=_EAP[1]),
    Purpose(oids.EAP_OVER_PPP, (), apple=_EAP[0], asked_by=_EAP[1]),
    Purpose(oids.SMARTCARD_LOGON, ("smartcard", "smartcard-logon", "smartcard-login")),
    Purpose(oids.PKINIT_CLIENT, ("pkinit",)),
    Purpose(oids.PKINIT_KDC, ("kdc",)),
    Purpose(oids.DOCUMENT_SIGNING),
    Purpose(oids.MICROSOFT_DOCUMENT_SIGNING),
    Purpose(oids.MICROSOFT_EFS, ("efs",), usages=(), rsa_usages=_ENCIPHERS, ec_usages=_AGREES),
    Purpose(
        oids.ANY_EXTENDED_KEY_USAGE,
        ("any",),
        apple="takes it for any purpose of TLS and EAP",
        asked_by="set_ssl_ekus",
    ),
)


def _word(text: str) -> str:
    return re.sub(r"[-_. ]", "", text.lower())


_BY_OID: Final = {purpose.oid: purpose for purpose in KNOWN}
_BY_WORD: Final = {
    _word(word): purpose for purpose in KNOWN for word in (oids.purpose_name(purpose.oid), *purpose.also)
}


def parse_purposes(texts: Iterable[str]) -> tuple[str, ...]:
    """Read TEXTS, each a name (`codeSigning`, `code-signing`, `smime`) or an OID, as dotted OIDs: each once, in order.

    Raises:
        InvalidRequest: one is neither, or timeStamping has company (RFC 3161, 2.3).
    """
    found = tuple(dict.fromkeys(map(_oid, texts)))
    if oids.TIME_STAMPING in found and len(found) > 1:
        others = ", ".join(oids.purpose_name(oid) for oid in found if oid != oids.TIME_STAMPING)
        raise InvalidRequest(
            f"timeStamping has to be the only purpose of a certificate (RFC 3161, 2.3), and there is {others} as well",
            hint="Issue two certificates.",
        )
    return found


def _oid(text: str) -> str:
    known = _BY_WORD.get(_word(text))
    if known is not None:
        return known.oid
    if oids.is_oid(text):
        return text
    close = did_you_mean(_word(text), _BY_WORD, shown=lambda word: _BY_WORD[word].name)
    raise InvalidRequest(
        f"no purpose is called {text!r}",
        hint=f"{close}There is {', '.join(purpose.name for purpose in KNOWN)}; any other is written as its OID.",
    )


def purpose_of(oid: str) -> Purpose:
    """Return the row of OID; of one that nobody named here, too."""
    return _BY_OID.get(oid) or Purpose(oid)


def with_purposes(profile: CertificateProfile, purposes: tuple[str, ...]) -> CertificateProfile:
    """Return PROFILE for PURPOSES, dotted OIDs, with the key usages they need, not its own; for none as it is."""
    if not purposes or purposes == profile.purposes:
        return profile
    rows = [purpose_of(oid) for oid in purposes]
    return replace(
        profile,
        purposes=purposes,
        purposes_critical=purposes == (oids.TIME_STAMPING,),
        usages=tuple(dict.fromkeys(usage for row in rows for usage in row.usages)),
        rsa_usages=tuple(dict.fromkeys(usage for row in rows for usage in row.rsa_usages)),
        ec_usages=tuple(dict.fromkeys(usage for row in rows for usage in row.ec_usages)),
    )


def purposes_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return CERTIFICATE's purposes as dotted OIDs; none where it names none."""
    found = extension_value(certificate.extensions, x509.ExtendedKeyUsage)
    return tuple(oid.dotted_string for oid in found or ())


def is_for_tls(purposes: tuple[str, ...], *, server: bool) -> bool:
    """Whether a server, or a client, of TLS may show a certificate with PURPOSES (SecPolicy.c, set_ssl_ekus)."""
    wanted = oids.SERVER_AUTH if server else oids.CLIENT_AUTH
    return not purposes or not {wanted, oids.ANY_EXTENDED_KEY_USAGE}.isdisjoint(purposes)


def remarks(purposes: tuple[str, ...], names: tuple[SubjectName, ...], *, server: bool) -> tuple[str, ...]:
    """Say what a certificate with PURPOSES and NAMES lacks to serve them, one sentence each."""
    asked, kinds = set(purposes), {name.kind for name in names}
    found = []
    if asked & {oids.EAP_OVER_LAN, oids.EAP_OVER_PPP} and not is_for_tls(purposes, server=server):
        word = "serverAuth" if server else "clientAuth"
        found.append(
            f"Apple's policy for EAP refuses it (SecPolicyCreateEAP, set_ssl_ekus): add --eku {word}; eapOverLAN and "
            "eapOverPPP count for nothing there."
        )
    if server and oids.SERVER_AUTH in asked and not any(name.is_host for name in names):
        found.append(
            "no host name and no IP address is among its names: whoever connects to one refuses it (Apple: -67602), "
            "and only peers that compare other names take it."
        )
    if oids.EMAIL_PROTECTION in asked and NameKind.EMAIL not in kinds:
        found.append(
            "no e-mail address is among its names, by which Apple's Mail finds it: add one, as user@host."
        )
    if oids.SMARTCARD_LOGON in asked and NameKind.UPN not in kinds:
        found.append(
            "Windows logs nobody on without a user principal name (Certificate Requirements for Smart Card Logon): add "
            "one, as upn:user@domain."
        )
    if server and asked & {oids.IPSEC_IKE, oids.IKE_INTERMEDIATE} and oids.SERVER_AUTH not in asked:
        found.append(
            "Windows wants serverAuth of an IKEv2 gateway (strongSwan, Windows Certificate Requirements): add --eku "
            "serverAuth for it."
        )
    return tuple(found)
