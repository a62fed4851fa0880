"""Everything a file can turn out to be: one row a kind, from which every command takes its words and its exit code."""

from __future__ import annotations

from enum import StrEnum

X509 = "TLS needs an X.509 certificate."


class FileKind(StrEnum):
    """Everything that is told apart; the value is a stable word for JSON."""

    described: str  # as a sentence needs it: "a private key"
    told_by: str  # what in the bytes tells it, and where that is written
    advice: str  # what to do when certificates were due and this came; empty when the description says it all

    def __new__(cls, value: str, described: str, told_by: str, advice: str = "") -> FileKind:  # noqa: D102
        kind = str.__new__(cls, value)
        kind._value_, kind.described, kind.told_by, kind.advice = value, described, told_by, advice
        return kind

    CERTIFICATE = ("certificate", "a certificate", "RFC 5280, 4.1; PEM's CERTIFICATE")
    PKCS7 = ("pkcs7", "a PKCS #7 bundle", "SignedData: RFC 5652, 5.1; PEM's PKCS7 and CMS")
    PKCS12 = ("pkcs12", "a PKCS #12 container", "PFX: RFC 7292, 4; GnuTLS's PEM PKCS12")
    PROFILE = (
        "profile",
        "a configuration profile",
        "a property list with PayloadContent, plain or signed: Apple's Configuration Profile Reference",
    )
    PROVISIONING = (
        "provisioning-profile",
        "a provisioning profile of Apple's",
        "a property list with DeveloperCertificates and Entitlements, plain or signed: Apple's TN3125",
    )
    AUTHENTICODE = (
        "authenticode",
        "an Authenticode signature",
        "SignedData over SPC_INDIRECT_DATA, 1.3.6.1.4.1.311.2.1.4: Windows Authenticode PE Signature Format",
    )
    PRIVATE_KEY = (
        "private-key",
        "a private key",
        "PKCS #8, PKCS #1 and SEC 1: RFC 5958, RFC 8017, RFC 5915",
        "Give the certificate that belongs to it.",
    )
    PUBLIC_KEY = (
        "public-key",
        "a bare public key",
        "SubjectPublicKeyInfo or RSAPublicKey: RFC 5280, RFC 8017",
        "Give the certificate that holds it.",
    )
    REQUEST = (
        "certificate-request",
        "a certificate signing request (CSR)",
        "PKCS #10: RFC 2986, 4",
        "Have a CA sign it; what comes back is the certificate.",
    )
    REVOCATION_LIST = (
        "revocation-list",
        "a certificate revocation list (CRL)",
        "RFC 5280, 5.1",
        "Give the certificates it is about.",
    )
    PARAMETERS = (
        "key-parameters",
        "a set of key parameters (EC, DH or DSA)",
        "RFC 3279, 2.3; RFC 5480, 2.1.1; PKCS #3; PEM's EC, DH, X9.42 DH and DSA PARAMETERS",
        "Give the certificate.",
    )
    SSH_KEY = (
        "ssh-key",
        "an SSH key",
        "OpenSSH's PROTOCOL.key and public lines, RFC 4716, PuTTY's .ppk",
        X509,
    )
    ENCRYPTED_CMS = (
        "encrypted-cms",
        "an encrypted CMS message",
        "EnvelopedData, EncryptedData, AuthEnvelopedData: RFC 5652, 6 and 8, RFC 5083",
        "Nothing in it can be seen without the recipient's key: `openssl cms -decrypt -inform DER -in FILE -recip "
        "CERT.pem -inkey KEY.pem` (-inform PEM or SMIME where it is that).",
    )
    OTHER_CMS = (
        "other-cms",
        "a CMS message without a signature",
        "Data, DigestedData, AuthenticatedData, CompressedData: RFC 5652, RFC 3274",
        "Look at it with `openssl cms -cmsout -print -inform DER -in FILE`.",
    )
    OCSP_RESPONSE = (
        "ocsp-response",
        "an OCSP response",
        "RFC 6960, 4.2.1",
        "Look at it with `trustrig ocsp show`.",
    )
    OCSP_REQUEST = (
        "ocsp-request",
        "an OCSP request",
        "RFC 6960, 4.1.1",
        "Look at it with `openssl ocsp -reqin FILE -req_text`.",
    )
    TIMESTAMP = (
        "timestamp",
        "a timestamp (RFC 3161)",
        "TimeStampReq, TimeStampResp and TSTInfo: RFC 3161, 2.4",
        "Look at it with `openssl ts -reply -in FILE -text` (-token_in for a bare token, -query for a request).",
    )
    ATTRIBUTE_CERTIFICATE = (
        "attribute-certificate",
        "an attribute certificate, which has no key",
        "RFC 5755, 4.1",
        "TLS needs a public-key certificate: give its holder's.",
    )
    SCT_LIST = (
        "sct-list",
        "a list of signed certificate timestamps",
        "RFC 6962, 3.3",
        "Give the certificate they are about.",
    )
    SPKAC = (
        "spkac",
        "a signed public key (SPKAC), a kind of request",
        "SignedPublicKeyAndChallenge: Netscape's <keygen>, OpenSSL's x509.h",
        "Have a CA sign it: `openssl ca -spkac FILE`; what comes back is the certificate.",
    )
    PGP = (
        "openpgp",
        "an OpenPGP key or message",
        "RFC 9580, 4.2 and 6.2",
        f"{X509} `gpg --show-keys FILE` shows a key.",
    )
    KEYSTORE = (
        "java-keystore",
        "a Java keystore (JKS or JCEKS)",
        "its first octets, FEEDFEED or CECECECE: OpenJDK's JavaKeyStore and JceKeyStore",
        "Convert it: `keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12`.",
    )
    BOUNCY_KEYSTORE = (
        "bouncycastle-keystore",
        "a BouncyCastle keystore",
        "version and salt: BouncyCastle's BcKeyStoreSpi; BCFKS: its ObjectStore",
        "Convert it: keytool -importkeystore -srckeystore OLD -srcstoretype TYPE -destkeystore NEW.p12 -deststoretype "
        "PKCS12 -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar, with BKS, "
        "UBER or BCFKS for TYPE.",
    )
    MICROSOFT_KEY = (
        "microsoft-private-key",
        "a private key in Microsoft's PVK form",
        "its first octets, 1EF1B5B0: OpenSSL's pvkfmt.c",
        "Convert it: `openssl rsa -inform PVK -in FILE -out key.pem`; then give the certificate that belongs to it.",
    )
    MICROSOFT_BLOB = (
        "microsoft-key-blob",
        "an RSA key as Microsoft's key blob",
        "PUBLICKEYSTRUC: [MS-MQQB], 2.2; OpenSSL's pvkfmt.c",
        "Convert it: `openssl rsa -inform MSBLOB -in FILE -out key.pem` (with -pubin for a public one); then give the "
        "certificate that belongs to it.",
    )
    MICROSOFT_STORE = (
        "microsoft-certificate-store",
        "a serialized certificate store of Windows (.sst)",
        "its first octets, 00000000 and CERT: CertSaveStore",
        "Take the certificates out on Windows: certutil -split -dump FILE.",
    )
    NEBULA = (
        "nebula",
        "a certificate or key of Nebula, which is no X.509",
        "PEM's NEBULA labels: slackhq/nebula, cert/pem.go",
        f"{X509} `nebula-cert print -path FILE` shows this one.",
    )
    SIGSTORE_KEY = (
        "sigstore-key",
        "an encrypted key of cosign (Sigstore)",
        "PEM's ENCRYPTED SIGSTORE and ENCRYPTED COSIGN PRIVATE KEY: sigstore/cosign, pkg/cosign/keys.go",
        f"{X509} `cosign public-key --key FILE` shows its public half.",
    )
    TPM_KEY = (
        "tpm-key",
        "a private key that only one TPM can open",
        "PEM's TSS2 PRIVATE KEY, 2.23.133.10.1.3: ASN.1 Specification for TPM 2.0 Key Files",
        "Use it through the TPM (openssl with -provider tpm2), and give the certificate that belongs to it.",
    )
    AGE = ("age", "an age key or a file encrypted with age", "age-encryption.org/v1", X509)
    SIGNIFY = (
        "signify",
        "a key or signature of minisign or signify",
        "its first line, untrusted comment",
        X509,
    )
    WIREGUARD = ("wireguard", "a WireGuard configuration", "[Interface] with PrivateKey: wg(8)", X509)
    JWK = (
        "json-web-key",
        "a JSON Web Key",
        "a JSON object with kty and no x5c: RFC 7517, 4",
        "TLS needs an X.509 certificate; where the key has one, it stands under x5c.",
    )
    PLIST = ("property-list", "a property list that is no configuration profile", "plist(5)")
    SMIME = (
        "s-mime",
        "an S/MIME message",
        "its header lines: RFC 8551, 3",
        "`openssl cms` and `openssl smime` write DER with -outform DER; a profile also needs -nodetach -binary.",
    )
    HTML = (
        "html",
        "an HTML page",
        "its first tag",
        "It may be a login or error page that was saved in place of the file.",
    )
    JSON = (
        "json",
        "a JSON document without a certificate or key that is known here",
        "RFC 8259",
        "Take the certificate out of it and save it as PEM.",
    )
    UTF16 = (
        "utf-16-text",
        "UTF-16 text",
        "a byte order mark or NUL in every other octet",
        "Save it as ASCII or UTF-8; Windows PowerShell's > writes UTF-16.",
    )
    BASE64 = (
        "bare-base64",
        "base64 of nothing that is known here",
        "RFC 4648 throughout",
        "Decode it and look: `base64 -d FILE | openssl asn1parse -inform DER`.",
    )
    HEX = (
        "hex-dump",
        "a hex dump",
        "xxd(1), hexdump -C, od -t x1",
        "Give the file itself; xxd -r FILE > NEW turns what xxd wrote back into octets.",
    )
    OTHER_PEM = (
        "other-pem",
        "a PEM block with a label that is not known here",
        "RFC 7468, 3, with none of the labels above",
        "Other programs look for CERTIFICATE, PRIVATE KEY, CERTIFICATE REQUEST and the like; see what wrote it.",
    )
    BROKEN_PEM = (
        "broken-pem",
        "text with a BEGIN or END marker that makes no PEM block",
        "RFC 7468, 3",
        "BEGIN and END stand on lines of their own, with five hyphens on both sides and base64 between them.",
    )
    CUT_SHORT = (
        "cut-short",
        "an ASN.1 structure that is cut short",
        "a length that reaches behind the end: X.690, 8.1.3",
        "Transfer it again, whole and in binary mode.",
    )
    ARCHIVE = (
        "archive",
        "an archive or a compressed file",
        "the first octets of gzip, zip, bzip2, xz, 7-Zip, zstd; tar's ustar",
        "Unpack it first: gunzip, tar -xf or unzip.",
    )
    PICTURE = ("picture", "a picture", "the first octets of PNG, JPEG, GIF")
    PDF = ("pdf", "a PDF document", "%PDF-")
    DATABASE = (
        "database",
        "a database (an NSS cert9.db, or a macOS keychain)",
        "SQLite format 3, or kych",
        "Export the certificate from it: certutil -L -d FOLDER -n NAME -a, or security find-certificate -a -p FILE.",
    )
    PROGRAM = (
        "program",
        "a program",
        "the first octets of ELF, Mach-O, PE and Java classes",
        "A signed one keeps its certificates inside: codesign -d --extract-certificates FILE on a Mac, osslsigncode "
        "extract-signature -in FILE -out NEW.p7b for Windows.",
    )
    EMPTY = (
        "empty",
        "an empty file",
        "nothing but white space",
        "Whatever should have written it failed; run that again.",
    )
    OTHER_ASN1 = (
        "other-asn1",
        "an ASN.1 structure of another kind",
        "a SEQUENCE of no shape above",
        "Look at it with `openssl asn1parse -inform DER`.",
    )
    TEXT = ("text", "text without a PEM block", "UTF-8 throughout")
    BINARY = ("binary", "binary data of an unknown kind", "everything else")

    @property
    def certificates(self) -> bool:
        """Whether certificates are found in it."""
        return self in _HOLDERS

    @property
    def shown(self) -> bool:
        """Whether `inspect` shows what is in it (exit code 0); else it names the kind and refuses (3)."""
        return self in _SHOWN


_HOLDERS = frozenset({"certificate", "pkcs7", "pkcs12", "profile", "provisioning-profile", "authenticode"})
_KEYS = {"private-key", "public-key", "key-parameters", "ssh-key"}
_SHOWN = _HOLDERS | _KEYS | {"certificate-request", "revocation-list", "encrypted-cms"}
