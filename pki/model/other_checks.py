"""The rows of Apple's list of policy checks that no rule here asks, and who could meet them.

Source: Security-61901, OSX/sec/Security/SecPolicyChecks.list (name, result, kind of failure, OSStatus), SecPolicy.c
(which policies ask each) and base/SecBase.h (the numbers). Who meets which is read from there, not run on a device.
"""

from __future__ import annotations

from dataclasses import dataclass

from pki.model.codes import AppleCheck, ErrorGroup, Severity

_RECOVERABLE = Severity.ERROR


@dataclass(frozen=True, slots=True)
class OtherCheck:
    """One row: the check, None for a switch that reports nothing; and who could meet it."""

    name: str
    who: str
    check: AppleCheck | None = None


def _row(
    name: str,
    who: str,
    group: ErrorGroup,
    status: int,
    symbol: str,
    severity: Severity = _RECOVERABLE,
) -> OtherCheck:
    return OtherCheck(name, who, AppleCheck(name, group, status, symbol, severity))


_APPLES_OWN = (
    "Asked only by policies for Apple's own services, accessories and signatures; an app meets it when its traffic "
    "to an Apple host goes through a proxy that shows certificates of its own."
)
_PINNED_HOST = (
    "Asked for Apple's own pinned hosts. Met with a debugging proxy in the way: take the proxy's certificate out of "
    "these hosts' connections (Apple's services cannot be inspected), whatever root is installed."
)
_SMIME = "Asked by SecPolicyCreateSMIME: mail, never a TLS server."
_EAP = (
    "Asked by SecPolicyCreateEAP: 802.1X on Wi-Fi and Ethernet, and VPN profiles. No policy here judges EAP; the "
    "profile's TLSTrustedServerNames and PayloadCertificateAnchorUUID decide."
)
_PINNING, _TRUST, _USAGE = ErrorGroup.PINNING, ErrorGroup.TRUST, ErrorGroup.USAGE
_NAME, _BLOCKED, _COMPLIANCE = ErrorGroup.NAME, ErrorGroup.BLOCKED, ErrorGroup.COMPLIANCE
_SUBJECT = (-67655, "errSecInvalidSubjectName")
_MARKER = (-67880, "errSecMissingRequiredExtension")
_ROOT = (-67612, "errSecInvalidRoot")
_PURPOSE = (-67609, "errSecInvalidExtendedKeyUsage")
_NOT_TRUSTED = (-67843, "errSecNotTrusted")
_HOST = (-67602, "errSecHostNameMismatch")
_EXPIRED = (-67818, "errSecCertificateExpired")
_GRAY = (
    "Apple's list of certificates and keys that need a person's consent; it comes over the air and is not published. "
    "A chain from a public CA can meet it; nothing here can tell."
)
_VALID = (
    "A constraint that Apple's Valid database puts on a public CA; the database is not published. Ask the CA for a "
    "chain without that issuer."
)
_CT_OTHER = "Asked by Apple's own non-TLS policies; TLS servers meet SystemTrustedCTRequired instead."

OTHER_CHECKS = {
    row.name: row
    for row in (
        _row("Email", _SMIME, _NAME, -67623, "errSecSMIMEEmailAddressesNotFound"),
        _row("EmailProtectionEKU", _SMIME, _USAGE, *_PURPOSE),
        _row("EAPTrustedServerNames", f"None of the names a profile trusts. {_EAP}", _NAME, *_HOST),
        _row(
            "SystemTrustedWeakHash",
            f"SHA-1 or older under a preinstalled root. {_EAP}",
            ErrorGroup.WEAK_HASH,
            -67815,
            "errSecInvalidDigestAlgorithm",
        ),
        _row(
            "SystemTrustedWeakKey",
            f"A small key under a preinstalled root. {_EAP}",
            ErrorGroup.KEY_SIZE,
            -67735,
            "errSecUnsupportedKeySize",
        ),
        _row("URI", "Asked by the policy for RCS messages, for a URI in subjectAltName.", _NAME, *_HOST),
        _row(
            "RevocationResponseRequired",
            "An app whose policies hold SecPolicyCreateRevocation with kSecRevocationRequirePositiveResponse, when no "
            "usable answer came. Staple an OCSP response, or let the app go without the flag. No policy here asks it: "
            "revocation-known says when the data at hand does not answer.",
            _PINNING,
            -67635,
            "errSecIncompleteCertRevocationCheck",
        ),
        _row("GrayListedLeaf", _GRAY, _TRUST, *_NOT_TRUSTED),
        _row("GrayListedKey", _GRAY, _TRUST, *_NOT_TRUSTED),
        _row(
            "IssuerPolicyConstraints",
            _VALID,
            _BLOCKED,
            -67899,
            "errSecCertificatePolicyNotAllowed",
            Severity.FATAL,
        ),
        _row(
            "IssuerNameConstraints",
            _VALID,
            _BLOCKED,
            -67900,
            "errSecCertificateNameNotAllowed",
            Severity.FATAL,
        ),
        _row(
            "PinningRequired",
            "A program whose Info.plist has SecTrustPinningRequired (Apple's own do), on an Apple host whose pins were "
            f"not found. {_PINNED_HOST}",
            _PINNING,
            *_ROOT,
        ),
        _row("IntermediateSPKISHA256", _PINNED_HOST, _PINNING, -67811, "errSecPublicKeyInconsistent"),
        _row("AnchorApple", _PINNED_HOST, _PINNING, *_ROOT),
        _row("AnchorSHA256", _PINNED_HOST, _PINNING, *_ROOT),
        _row("IntermediateMarkerOid", _PINNED_HOST, _PINNING, *_MARKER),
        _row("LeafMarkerOid", _PINNED_HOST, _PINNING, *_MARKER),
        _row("LeafMarkersProdAndQA", _PINNED_HOST, _PINNING, *_MARKER),
        _row("LeafMarkerOidWithoutValueCheck", _APPLES_OWN, _PINNING, *_MARKER),
        _row("IntermediateMarkerOidWithoutValueCheck", _APPLES_OWN, _PINNING, *_MARKER),
        _row("RootMarkerOid", _APPLES_OWN, _PINNING, *_MARKER),
        _row("IntermediateOrganization", _PINNED_HOST, _PINNING, *_SUBJECT),
        _row("IntermediateCountry", _PINNED_HOST, _PINNING, *_SUBJECT),
        _row("IntermediateEKU", _APPLES_OWN, _PINNING, *_PURPOSE),
        _row("SubjectCommonName", _APPLES_OWN, _PINNING, *_SUBJECT),
        _row("SubjectCommonNamePrefix", _APPLES_OWN, _PINNING, *_SUBJECT),
        _row("SubjectCommonNameTEST", _APPLES_OWN, _PINNING, *_SUBJECT),
        _row("SubjectOrganization", _APPLES_OWN, _PINNING, *_SUBJECT),
        _row("SubjectOrganizationalUnit", _APPLES_OWN, _PINNING, *_SUBJECT),
        _row("IssuerCommonName", _APPLES_OWN, _PINNING, *_SUBJECT),
        _row("IssuerCommonNamePrefix", _APPLES_OWN, _PINNING, *_SUBJECT),
        _row(
            "ChainLength",
            f"{_APPLES_OWN} Its number is also that of a path that is longer than a CA allows.",
            _PINNING,
            -67611,
            "errSecPathLengthConstraintExceeded",
        ),
        _row("CertificatePolicy", _APPLES_OWN, _PINNING, -67835, "errSecInvalidPolicyIdentifiers"),
        _row("MarkRepresentation", _APPLES_OWN, _PINNING, -67673, "errSecInvalidData"),
        _row("SinglePurposeChainEKU", _APPLES_OWN, _USAGE, *_PURPOSE),
        _row("NotValidBefore", _APPLES_OWN, _PINNING, -67819, "errSecCertificateNotValidYet"),
        _row("ValidLeaf", f"Dates of the leaf alone. {_APPLES_OWN}", ErrorGroup.EXPIRED, *_EXPIRED),
        _row(
            "ValidRoot",
            "Asked by no policy; exceptions of old (SecTrustCopyExceptions) name it for an expired root.",
            ErrorGroup.EXPIRED,
            *_EXPIRED,
        ),
        _row(
            "NotCA",
            "Asked of a delegated OCSP responder, whose certificate must be no CA (SecPolicyCreateOCSPSigner): its "
            "answer is then dropped, and the chain does not report it. Otherwise Apple's own policies.",
            _COMPLIANCE,
            -67902,
            "errSecCertificateIsCA",
        ),
        _row("CTRequired", _CT_OTHER, _TRUST, *_NOT_TRUSTED),
        _row("NonTlsCTRequired", _CT_OTHER, _TRUST, -67825, "errSecVerifyActionFailed"),
        _row(
            "QWAC",
            "Asked by SecPolicyCreateQWAC alone (qualified website certificates, eIDAS): no part of a TLS verdict.",
            _USAGE,
            -67904,
            "errSecMissingQualifiedCertStatement",
        ),
        _row(
            "BasicCertificateProcessing",
            "The umbrella over name constraints, policies and path lengths; those report under their own names.",
            _COMPLIANCE,
            -67690,
            "errSecInvalidCertificateRef",
        ),
        _row(
            "ValidityPeriodMaximums",
            "The umbrella over the lifetime limits; SystemTrustValidityPeriod and OtherTrustValidityPeriod report.",
            _COMPLIANCE,
            -67901,
            "errSecCertificateValidityPeriodTooLong",
        ),
        OtherCheck(
            "NoNetworkAccess", "A switch, no failure: caIssuers and OCSP URLs are not followed (basic, EAP)."
        ),
        OtherCheck("ExtendedValidation", "A switch, no failure: whether EV is looked for."),
        OtherCheck("RevocationOnline", "A switch, no failure: ask the OCSP responder, not only the cache."),
        OtherCheck(
            "RevocationIfTrusted", "A switch, no failure: ask only where the chain is trusted otherwise."
        ),
        OtherCheck("RevocationDbIgnored", "A switch, no failure: the Valid database is not asked."),
    )
}
"""By name, like `APPLE_CHECKS`; the two together are Apple's whole list."""
