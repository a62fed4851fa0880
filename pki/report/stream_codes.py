"""Error codes in words: every number of Secure Transport, and what else logs show without a rule of ours behind it.

Source: SecureTransport.h and base/SecBase.h (Security-61901). The numbers are still what CFNetwork logs and
`_kCFStreamErrorCodeKey` carry; which of them today's stack can produce is not documented.
"""

from __future__ import annotations

from pki.model.codes import OTHER_CODES, STREAM_ALERTS

PEER_ALERTS: dict[int, tuple[str, int]] = {
    -9819: ("errSSLPeerUnexpectedMsg", 10),
    -9820: ("errSSLPeerBadRecordMac", 20),
    -9821: ("errSSLPeerDecryptionFail", 21),
    -9822: ("errSSLPeerRecordOverflow", 22),
    -9823: ("errSSLPeerDecompressFail", 30),
    **STREAM_ALERTS,
    -9835: ("errSSLPeerExportRestriction", 60),
    -9840: ("errSSLPeerNoRenegotiation", 100),
}
"""Codes that stand for a peer's TLS alert; paired with the alert's number by name."""

STREAM_TEXTS: dict[int, tuple[str, str]] = {
    -9800: ("errSSLProtocol", "The peer did not speak TLS as it should: often plain HTTP on a TLS port."),
    -9801: (
        "errSSLNegotiation",
        "No cipher suite in common: none that the client offers is on the server's list.",
    ),
    -9803: ("errSSLWouldBlock", "Waiting for the network; not an error."),
    -9804: ("errSSLSessionNotFound", "An old session was to be resumed, and is not known."),
    -9805: ("errSSLClosedGraceful", "The peer closed the connection in good order."),
    -9806: (
        "errSSLClosedAbort",
        "The connection was cut in the middle of TLS, without an alert: no trust decision. After a request for a "
        "client identity the usual reading is that the server did not like it; else look for a proxy, a filter or a "
        "server that is down.",
    ),
    -9808: (
        "errSSLBadCert",
        "By its name a bad certificate. macOS 26.4 reports it under -1202 for every server trust failure, so it says "
        "nothing about the file: evaluate the chain.",
    ),
    -9809: ("errSSLCrypto", "A cryptographic operation failed on this side."),
    -9810: ("errSSLInternal", "An internal error on this side."),
    -9811: ("errSSLModuleAttach", "A cryptographic module could not be attached; from older systems."),
    -9812: ("errSSLUnknownRootCert", "The chain is complete, and its root is not trusted."),
    -9814: ("errSSLCertExpired", "A certificate of the chain has expired."),
    -9815: ("errSSLCertNotYetValid", "A certificate of the chain is not valid yet."),
    -9816: (
        "errSSLClosedNoNotify",
        "The peer closed the connection without the close_notify alert: no trust decision. Look for a proxy, a filter, "
        "a server that is down, or one that wants a client certificate.",
    ),
    -9817: ("errSSLBufferOverflow", "A buffer of this side was too small."),
    -9818: ("errSSLBadCipherSuite", "The server chose a cipher suite that was not offered."),
    -9841: (
        "errSSLPeerAuthCompleted",
        "The handshake pauses so that the app can judge the peer; not an error.",
    ),
    -9842: ("errSSLClientCertRequested", "The server asks for a client identity; not an error."),
    -9844: ("errSSLConnectionRefused", "The peer dropped the connection before it answered."),
    -9845: ("errSSLDecryptionFail", "What the peer sent did not decrypt."),
    -9846: ("errSSLBadRecordMac", "A record's authentication code is wrong: bytes changed on the way."),
    -9847: ("errSSLRecordOverflow", "The peer sent a record longer than TLS allows."),
    -9848: ("errSSLBadConfiguration", "The TLS settings of this side contradict each other."),
    -9849: ("errSSLUnexpectedRecord", "DTLS: a record came out of turn and was skipped."),
    -9850: (
        "errSSLWeakPeerEphemeralDHKey",
        "The server's Diffie-Hellman parameters are too short. Offer ECDHE suites instead of DHE.",
    ),
    -9851: (
        "errSSLClientHelloReceived",
        "A server's side: the client's first message is here; not an error.",
    ),
    -9852: ("errSSLTransportReset", "TCP was reset or closed under TLS."),
    -9853: ("errSSLNetworkTimeout", "The network did not answer in time."),
    -9854: ("errSSLConfigurationFailed", "The TLS settings could not be applied."),
    -9855: ("errSSLUnsupportedExtension", "The peer sent a TLS extension that is not supported here."),
    -9856: ("errSSLUnexpectedMessage", "The peer sent a message that is not due in this state."),
    -9857: ("errSSLDecompressFail", "What the peer sent did not decompress."),
    -9858: (
        "errSSLHandshakeFail",
        "The handshake failed on this side, for a reason that the code does not tell: a trust failure, a refused "
        "client certificate, or no parameters in common.",
    ),
    -9859: ("errSSLDecodeError", "What the peer sent could not be read."),
    -9860: ("errSSLInappropriateFallback", "A needless fallback to an older TLS version was refused."),
    -9880: ("errSSLATSViolation", "App Transport Security refused the connection; no finer code fits."),
    -9881: (
        "errSSLATSMinimumVersionViolation",
        "The TLS version is below what ATS asks: TLS 1.2, or what NSExceptionMinimumTLSVersion says.",
    ),
    -9882: ("errSSLATSCiphersuiteViolation", "The cipher suite is not one that ATS allows."),
    -9883: ("errSSLATSMinimumKeySizeViolation", "A key is smaller than ATS asks: RSA 2048, EC 256."),
    -9884: (
        "errSSLATSLeafCertificateHashAlgorithmViolation",
        "The server's own certificate is signed with less than SHA-256.",
    ),
    -9885: (
        "errSSLATSCertificateHashAlgorithmViolation",
        "A CA's certificate is signed with less than SHA-256.",
    ),
    -9886: (
        "errSSLATSCertificateTrustViolation",
        "ATS asks for an anchor of the system or the user; or the key is not the one that is pinned.",
    ),
    -9890: ("errSSLEarlyDataRejected", "The server did not take early data; it is sent again."),
    -67612: (
        "errSecInvalidRoot",
        "PinningRequired: the app sets SecTrustPinningRequired, and nothing Apple ships pins this host.",
    ),
    -67635: (
        "errSecIncompleteCertRevocationCheck",
        "A revocation answer was demanded, and none came. "
        'Apple\'s sentence for it is "certificates do not meet pinning requirements".',
    ),
    -67899: ("errSecCertificatePolicyNotAllowed", "Apple's data limits this CA to other policies. Fatal."),
    -67900: ("errSecCertificateNameNotAllowed", "Apple's data limits this CA to other names. Fatal."),
    **OTHER_CODES,
}
"""Symbol and meaning of each code; rules that report it are found beside."""
