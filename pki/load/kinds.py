"""What a file can turn out to be, and what to say when it is not what was asked for."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Everything that is told apart; the value is a stable word for JSON."""

    CERTIFICATE = "certificate"  # one or several, PEM or DER
    PKCS7 = "pkcs7"
    PKCS12 = "pkcs12"
    PROFILE = "profile"  # plain or inside CMS
    PRIVATE_KEY = "private-key"
    PUBLIC_KEY = "public-key"
    REQUEST = "certificate-request"
    REVOCATION_LIST = "revocation-list"
    OCSP_RESPONSE = "ocsp-response"
    PARAMETERS = "key-parameters"
    SSH_KEY = "ssh-key"
    PGP = "openpgp"
    KEYSTORE = "java-keystore"
    PLIST = "property-list"
    SMIME = "s-mime"
    HTML = "html"
    JSON = "json"
    UTF16 = "utf-16-text"
    BASE64 = "bare-base64"
    BROKEN_PEM = "broken-pem"
    CUT_SHORT = "cut-short"
    ARCHIVE = "archive"
    PICTURE = "picture"
    PDF = "pdf"
    DATABASE = "database"
    PROGRAM = "program"
    EMPTY = "empty"
    OTHER_ASN1 = "other-asn1"
    TEXT = "text"
    BINARY = "binary"

    @property
    def described(self) -> str:
        """The kind as a sentence needs it: "a private key"."""
        return _WORDS[self][0]

    @property
    def advice(self) -> str:
        """What to do when certificates were due and this came; empty when the description says it all."""
        return _WORDS[self][1]


_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.CERTIFICATE: ("a certificate", ""),
    Kind.PKCS7: ("a PKCS #7 bundle", ""),
    Kind.PKCS12: ("a PKCS #12 container", ""),
    Kind.PROFILE: ("a configuration profile", ""),
    Kind.PRIVATE_KEY: ("a private key", "Give the certificate that belongs to it."),
    Kind.PUBLIC_KEY: ("a bare public key", "Give the certificate that holds it."),
    Kind.REQUEST: (
        "a certificate signing request (CSR)",
        "Have a CA sign it; what comes back is the certificate.",
    ),
    Kind.REVOCATION_LIST: ("a certificate revocation list (CRL)", "Give the certificates it is about."),
    Kind.OCSP_RESPONSE: ("an OCSP response", "Look at it with `trustrig ocsp show`."),
    Kind.PARAMETERS: ("a set of key parameters (EC or DH)", "Give the certificate."),
    Kind.SSH_KEY: ("an SSH key", "TLS needs an X.509 certificate."),
    Kind.PGP: ("an OpenPGP block", "TLS needs an X.509 certificate."),
    Kind.KEYSTORE: (
        "a Java keystore (JKS or JCEKS)",
        "Convert it: keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12.",
    ),
    Kind.PLIST: ("a property list that is no configuration profile", ""),
    Kind.SMIME: (
        "an S/MIME message",
        "`openssl cms` and `openssl smime` write DER with -outform DER; a profile also needs -nodetach -binary.",
    ),
    Kind.HTML: ("an HTML page", "It may be a login or error page that was saved in place of the file."),
    Kind.JSON: ("a JSON document", "Take the certificate out of it and save it as PEM."),
    Kind.UTF16: ("UTF-16 text", "Save it as ASCII or UTF-8; Windows PowerShell's > writes UTF-16."),
    Kind.BASE64: (
        "base64 text without a BEGIN line",
        "Put -----BEGIN CERTIFICATE----- above it and -----END CERTIFICATE----- below.",
    ),
    Kind.BROKEN_PEM: (
        "text with a BEGIN marker that is no PEM line",
        "BEGIN and END stand on lines of their own, with five hyphens on both sides.",
    ),
    Kind.CUT_SHORT: ("an ASN.1 structure that is cut short", "Transfer it again, whole and in binary mode."),
    Kind.ARCHIVE: ("a compressed archive", "Unpack it first."),
    Kind.PICTURE: ("a picture", ""),
    Kind.PDF: ("a PDF document", ""),
    Kind.DATABASE: (
        "a database (an NSS cert9.db, or a macOS keychain)",
        "Export the certificate from it first.",
    ),
    Kind.PROGRAM: ("a program", ""),
    Kind.EMPTY: ("an empty file", "Whatever should have written it failed; run that again."),
    Kind.OTHER_ASN1: (
        "an ASN.1 structure of another kind",
        "Look at it with `openssl asn1parse -inform DER`.",
    ),
    Kind.TEXT: ("text without a PEM block", ""),
    Kind.BINARY: ("binary data of an unknown kind", ""),
}
