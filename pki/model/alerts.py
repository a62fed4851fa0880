"""TLS alerts: the number on the wire, the name in the registry, and what a peer means by it."""

from __future__ import annotations

from typing import NamedTuple


class TlsAlert(NamedTuple):
    """One row of IANA's "TLS Alerts" registry; `source` is the section that defines it."""

    number: int
    name: str
    meaning: str
    source: str

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


_TLS13, _TLS12, _EXTENSIONS = "RFC 8446, 6.2", "RFC 5246, 7.2.2", "RFC 6066, 9"
CLOSE_NOTIFY = 0
BAD_RECORD_MAC = 20
HANDSHAKE_FAILURE = 40
NO_CERTIFICATE = 41
BAD_CERTIFICATE = 42
CERTIFICATE_REVOKED = 44
CERTIFICATE_EXPIRED = 45
CERTIFICATE_UNKNOWN = 46
ILLEGAL_PARAMETER = 47
UNKNOWN_CA = 48
ACCESS_DENIED = 49
DECODE_ERROR = 50
DECRYPT_ERROR = 51
PROTOCOL_VERSION = 70
INSUFFICIENT_SECURITY = 71
INTERNAL_ERROR = 80
UNRECOGNIZED_NAME = 112
BAD_CERTIFICATE_STATUS_RESPONSE = 113
UNKNOWN_PSK_IDENTITY = 115
CERTIFICATE_REQUIRED = 116
NO_APPLICATION_PROTOCOL = 120

ALERTS = {
    alert.number: alert
    for alert in (
        TlsAlert(CLOSE_NOTIFY, "close_notify", "the sender will send nothing more", "RFC 8446, 6.1"),
        TlsAlert(10, "unexpected_message", "a message that is not due in this state", _TLS13),
        TlsAlert(
            BAD_RECORD_MAC,
            "bad_record_mac",
            "a record did not decrypt: wrong keys, or bytes changed on the way",
            _TLS13,
        ),
        TlsAlert(21, "decryption_failed", "TLS 1.0's word for a record that did not decrypt", _TLS12),
        TlsAlert(22, "record_overflow", "a record longer than the limit", _TLS13),
        TlsAlert(30, "decompression_failure", "a record did not decompress", _TLS12),
        TlsAlert(
            HANDSHAKE_FAILURE,
            "handshake_failure",
            "no set of parameters suits both, or what was required is missing",
            _TLS13,
        ),
        TlsAlert(NO_CERTIFICATE, "no_certificate", "SSL 3.0's word for: I have no certificate", _TLS12),
        TlsAlert(
            BAD_CERTIFICATE,
            "bad_certificate",
            "the certificate is not acceptable: corrupt, wrongly signed, or for Go and GnuTLS expired as well",
            _TLS13,
        ),
        TlsAlert(
            43, "unsupported_certificate", "a certificate of a type or for a purpose not supported", _TLS13
        ),
        TlsAlert(
            CERTIFICATE_REVOKED, "certificate_revoked", "the sender found the certificate revoked", _TLS13
        ),
        TlsAlert(
            CERTIFICATE_EXPIRED,
            "certificate_expired",
            "the sender found the certificate expired or not valid yet; for OpenSSL a CRL may be, too",
            _TLS13,
        ),
        TlsAlert(
            CERTIFICATE_UNKNOWN,
            "certificate_unknown",
            "the certificate is not acceptable for a reason not said",
            _TLS13,
        ),
        TlsAlert(ILLEGAL_PARAMETER, "illegal_parameter", "a field is wrong or contradicts another", _TLS13),
        TlsAlert(
            UNKNOWN_CA,
            "unknown_ca",
            "the chain leads to no CA the sender trusts; for OpenSSL a CRL may be missing, too",
            _TLS13,
        ),
        TlsAlert(
            ACCESS_DENIED,
            "access_denied",
            "access control said no; GnuTLS says it for whatever it minds in a certificate",
            _TLS13,
        ),
        TlsAlert(DECODE_ERROR, "decode_error", "a message that cannot be read", _TLS13),
        TlsAlert(DECRYPT_ERROR, "decrypt_error", "a signature or a Finished message did not verify", _TLS13),
        TlsAlert(60, "export_restriction", "export rules of the 1990s were not kept", _TLS12),
        TlsAlert(
            PROTOCOL_VERSION, "protocol_version", "the TLS version is recognised and not supported", _TLS13
        ),
        TlsAlert(
            INSUFFICIENT_SECURITY,
            "insufficient_security",
            "the other side offers only what the sender finds too weak",
            _TLS13,
        ),
        TlsAlert(INTERNAL_ERROR, "internal_error", "the sender failed for a reason of its own", _TLS13),
        TlsAlert(86, "inappropriate_fallback", "a needless fallback to an older version", "RFC 7507, 3"),
        TlsAlert(
            90, "user_canceled", "the sender gave up for a reason outside the protocol", "RFC 8446, 6.1"
        ),
        TlsAlert(100, "no_renegotiation", "the sender does not renegotiate", _TLS12),
        TlsAlert(109, "missing_extension", "an extension that must be there is not", _TLS13),
        TlsAlert(110, "unsupported_extension", "an extension that was not offered", _TLS13),
        TlsAlert(111, "certificate_unobtainable", "the certificate's URL gave none", _EXTENSIONS),
        TlsAlert(UNRECOGNIZED_NAME, "unrecognized_name", "no server here has the name in SNI", _TLS13),
        TlsAlert(
            BAD_CERTIFICATE_STATUS_RESPONSE,
            "bad_certificate_status_response",
            "the stapled OCSP response is not acceptable",
            _TLS13,
        ),
        TlsAlert(
            114, "bad_certificate_hash_value", "the certificate's hash does not match its URL's", _EXTENSIONS
        ),
        TlsAlert(UNKNOWN_PSK_IDENTITY, "unknown_psk_identity", "no such pre-shared key", _TLS13),
        TlsAlert(
            CERTIFICATE_REQUIRED,
            "certificate_required",
            "a client certificate is required, none came",
            _TLS13,
        ),
        TlsAlert(NO_APPLICATION_PROTOCOL, "no_application_protocol", "no ALPN protocol in common", _TLS13),
    )
}

# no_certificate to certificate_unknown, unknown_ca, access_denied, bad_certificate_status_response,
# certificate_required: the alerts whose meaning is a certificate.
_ABOUT_CERTIFICATES = frozenset({41, 42, 43, 44, 45, 46, 48, 49, 113, 116})


def about_certificates(number: int) -> bool:
    """Whether the alert NUMBER says something about the certificate that its receiver sent, or did not send."""
    return number in _ABOUT_CERTIFICATES


def about_identity(number: int, *, shown: bool) -> bool:
    """Whether the alert NUMBER, sent after a request for a certificate, speaks of what came, or of what did not.

    By then the parameters are agreed on, so that handshake_failure is about it (RFC 5246, 7.4.6: the alert for a
    certificate that is required and missing). GnuTLS reads an empty certificate message of TLS 1.2 as an error of
    decoding (measured: 3.7.9).
    """
    return about_certificates(number) or number == HANDSHAKE_FAILURE or (number == DECODE_ERROR and not shown)


def tls_alert(number: int) -> TlsAlert:
    """The alert with this number (0 to 255); one that nobody registered says so."""
    return ALERTS.get(number) or TlsAlert(number, "unregistered", "no registered meaning", "IANA TLS Alerts")
