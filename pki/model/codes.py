"""Apple's numbers: what each check of SecTrust reports, and what an app sees above it.

Source of the table: Security-61901, OSX/sec/Security/SecPolicyChecks.list with SecTrustInternal.h (the order of the
groups) and base/SecBase.h (the OSStatus values).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple


class ErrorGroup(IntEnum):
    """SecTrustErrorSubType: of several failures, SecTrustEvaluateWithError reports the lowest of these."""

    BLOCKED = 0
    REVOKED = 1
    KEY_SIZE = 2
    WEAK_HASH = 3
    DENIED = 4
    COMPLIANCE = 5
    PINNING = 6
    TRUST = 7
    USAGE = 8
    NAME = 9
    EXPIRED = 10


class Severity(StrEnum):
    """How a finding counts. Only the first three make a chain untrusted."""

    FATAL = "fatal"  # kSecTrustResultFatalTrustFailure: no exception lifts it
    DENY = "deny"  # kSecTrustResultDeny
    ERROR = "error"  # kSecTrustResultRecoverableTrustFailure
    WARNING = "warning"
    INFO = "info"

    @property
    def fails(self) -> bool:
        """Whether a finding of this severity makes the chain untrusted."""
        return self in (Severity.FATAL, Severity.DENY, Severity.ERROR)


class AppleCheck(NamedTuple):
    """One row of Apple's list of policy checks."""

    name: str
    group: ErrorGroup
    status: int
    symbol: str
    severity: Severity = Severity.ERROR


_C, _T = ErrorGroup.COMPLIANCE, ErrorGroup.TRUST
APPLE_CHECKS = {
    check.name: check
    for check in (
        AppleCheck("AnchorTrusted", _T, -67843, "errSecNotTrusted"),
        AppleCheck("MissingIntermediate", _T, -25318, "errSecCreateChainFailed"),
        AppleCheck("TemporalValidity", ErrorGroup.EXPIRED, -67818, "errSecCertificateExpired"),
        AppleCheck("SSLHostname", ErrorGroup.NAME, -67602, "errSecHostNameMismatch"),
        AppleCheck("WeakKeySize", ErrorGroup.KEY_SIZE, -67735, "errSecUnsupportedKeySize", Severity.FATAL),
        AppleCheck("KeySize", ErrorGroup.KEY_SIZE, -67735, "errSecUnsupportedKeySize"),
        AppleCheck(
            "WeakSignature", ErrorGroup.WEAK_HASH, -67815, "errSecInvalidDigestAlgorithm", Severity.FATAL
        ),
        AppleCheck("SignatureHashAlgorithms", ErrorGroup.WEAK_HASH, -67815, "errSecInvalidDigestAlgorithm"),
        AppleCheck("BasicConstraints", _C, -67604, "errSecNoBasicConstraints"),
        AppleCheck("BasicConstraintsCA", _C, -67605, "errSecNoBasicConstraintsCA"),
        AppleCheck("BasicConstraintsPathLen", _C, -67611, "errSecPathLengthConstraintExceeded"),
        AppleCheck("IdLinkage", _C, -67610, "errSecInvalidIDLinkage"),
        AppleCheck("NonEmptySubject", _C, -67655, "errSecInvalidSubjectName"),
        AppleCheck("CriticalExtensions", _C, -67603, "errSecUnknownCriticalExtensionFlag"),
        AppleCheck("UnparseableExtension", _C, -67618, "errSecUnknownCertExtension"),
        AppleCheck("DuplicateExtension", _C, -67903, "errSecCertificateDuplicateExtension"),
        AppleCheck("NameConstraints", _C, -67689, "errSecInvalidName"),
        AppleCheck("PolicyConstraints", _C, -67835, "errSecInvalidPolicyIdentifiers"),
        AppleCheck("SystemTrustValidityPeriod", _C, -67901, "errSecCertificateValidityPeriodTooLong"),
        AppleCheck("OtherTrustValidityPeriod", _C, -67901, "errSecCertificateValidityPeriodTooLong"),
        AppleCheck("SystemTrustedCTRequired", _C, -67825, "errSecVerifyActionFailed"),
        AppleCheck("KeyUsage", ErrorGroup.USAGE, -67608, "errSecInvalidKeyUsageForPolicy"),
        AppleCheck("ExtendedKeyUsage", ErrorGroup.USAGE, -67609, "errSecInvalidExtendedKeyUsage"),
        AppleCheck("ServerAuthEKU", ErrorGroup.USAGE, -67609, "errSecInvalidExtendedKeyUsage"),
        AppleCheck("LeafSPKISHA256", ErrorGroup.PINNING, -9886, "errSSLATSCertificateTrustViolation"),
        AppleCheck("CAspkiSHA256", ErrorGroup.PINNING, -9886, "errSSLATSCertificateTrustViolation"),
        AppleCheck("BlackListedLeaf", ErrorGroup.BLOCKED, -67820, "errSecCertificateRevoked", Severity.FATAL),
        AppleCheck("BlackListedKey", ErrorGroup.BLOCKED, -67820, "errSecCertificateRevoked", Severity.FATAL),
        AppleCheck("UsageConstraints", ErrorGroup.DENIED, -67654, "errSecTrustSettingDeny", Severity.DENY),
        AppleCheck("Revocation", ErrorGroup.REVOKED, -67820, "errSecCertificateRevoked", Severity.FATAL),
    )
}

ATS_STATUS = {  # base/SecBase.h: what the ATS layer above SecTrust reports
    "general": (-9880, "errSSLATSViolation"),
    "minimum-version": (-9881, "errSSLATSMinimumVersionViolation"),
    "ciphersuite": (-9882, "errSSLATSCiphersuiteViolation"),
    "key-size": (-9883, "errSSLATSMinimumKeySizeViolation"),
    "leaf-hash": (-9884, "errSSLATSLeafCertificateHashAlgorithmViolation"),
    "chain-hash": (-9885, "errSSLATSCertificateHashAlgorithmViolation"),
    "trust": (-9886, "errSSLATSCertificateTrustViolation"),
}

# Numbers without a rule of ours, still worth an explanation. NSURLError.h, SecBase.h, SecureTransport.h.
OTHER_CODES: dict[int, tuple[str, str]] = {
    -1001: (
        "NSURLErrorTimedOut",
        "Nothing came in time: no trust decision. The server is down or stuck, or a filter drops what is sent to it.",
    ),
    -1003: ("NSURLErrorCannotFindHost", "The name does not resolve: no trust decision."),
    -1004: (
        "NSURLErrorCannotConnectToHost",
        "No TCP connection came about: nobody listens, or a firewall rejects. No trust decision.",
    ),
    -1005: (
        "NSURLErrorNetworkConnectionLost",
        "The connection was cut off: no trust decision. Look for a filter, a proxy, or a server that goes down.",
    ),
    -1022: (
        "NSURLErrorAppTransportSecurityRequiresSecureConnection",
        "ATS blocked a cleartext http:// load. Use https.",
    ),
    -1200: (
        "NSURLErrorSecureConnectionFailed",
        "TLS did not come about. The stream code in _kCFStreamErrorCodeKey decides: -9802 is a trust failure under "
        "ATS, of which every one looks like this; -9824 and -9836 are handshakes that the server declined; -9816 "
        "and -9806 are connections that were cut, and no trust decision. Evaluate the chain to learn the rule.",
    ),
    -1201: (
        "NSURLErrorServerCertificateHasBadDate",
        "Defined for expired certificates; recent systems report -1200 or -1202.",
    ),
    -1202: (
        "NSURLErrorServerCertificateUntrusted",
        "Trust evaluation failed where ATS is off or the domain is excepted. The stream code names the "
        "first reason: -9807 for any, -9812 and -9813 for no trusted root, -9814 and -9815 for dates, -9843 for the "
        "name; macOS 26.4 reports -9808 for all of them.",
    ),
    -1203: (
        "NSURLErrorServerCertificateHasUnknownRoot",
        "Defined for unknown roots; recent systems report -1200 or -1202.",
    ),
    -1204: (
        "NSURLErrorServerCertificateNotYetValid",
        "Defined for future certificates; recent systems report -1200 or -1202.",
    ),
    -1205: (
        "NSURLErrorClientCertificateRejected",
        "The server refused the client identity: see the server's policy. Seen as -1200, too.",
    ),
    -1206: (
        "NSURLErrorClientCertificateRequired",
        "The server asked for a client identity and got none; a 403 after mutual TLS has surfaced as this, too.",
    ),
    -999: ("NSURLErrorCancelled", "The delegate refused the challenge, or the task was cancelled."),
    -9802: (
        "errSSLFatalAlert",
        "A fatal alert, sent or received. Beside -1200 it is what streams report for any trust failure under ATS, "
        "a pin of NSPinnedDomains included; a refused client certificate has been seen as this, too.",
    ),
    -9807: (
        "errSSLXCertChainInvalid",
        "What streams report for a trust failure of a chain without ATS, for whatever reason, the name included.",
    ),
    -9813: (
        "errSSLNoRootCert",
        "No trusted root at the end, without ATS: the certificate signed itself, a private root is not "
        "installed or not trusted, or an intermediate is missing. Current: logged in 2022 and on iOS 18 (May 2025).",
    ),
    -9843: (
        "errSSLHostNameMismatch",
        "The certificate is for another name; logged by iOS 13, and not seen since.",
    ),
    -67819: (
        "errSecCertificateNotValidYet",
        "Defined, but the date check reports -67818 for future certificates as well.",
    ),
}

STREAM_ALERTS: dict[int, tuple[str, int]] = {
    -9824: ("errSSLPeerHandshakeFail", 40),
    -9825: ("errSSLPeerBadCert", 42),
    -9826: ("errSSLPeerUnsupportedCert", 43),
    -9827: ("errSSLPeerCertRevoked", 44),
    -9828: ("errSSLPeerCertExpired", 45),
    -9829: ("errSSLPeerCertUnknown", 46),
    -9830: ("errSSLIllegalParam", 47),
    -9831: ("errSSLPeerUnknownCA", 48),
    -9832: ("errSSLPeerAccessDenied", 49),
    -9833: ("errSSLPeerDecodeError", 50),
    -9834: ("errSSLPeerDecryptError", 51),
    -9836: ("errSSLPeerProtocolVersion", 70),
    -9837: ("errSSLPeerInsufficientSecurity", 71),
    -9838: ("errSSLPeerInternalError", 80),
    -9839: ("errSSLPeerUserCancelled", 90),
    -9861: ("errSSLMissingExtension", 109),
    -9862: ("errSSLBadCertificateStatusResponse", 113),
    -9863: ("errSSLCertificateRequired", 116),
    -9864: ("errSSLUnknownPSKIdentity", 115),
    -9865: ("errSSLUnrecognizedName", 112),
}
"""Stream codes that stand for a peer's TLS alert (SecureTransport.h); paired with the alert's number by name."""
