"""Everything a file can turn out to be: one row a kind, from which every command takes its words and its exit code."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class FileKind(StrEnum):
    """Everything that is told apart; the value is a stable word for JSON."""

    CERTIFICATE = "certificate"  # one or several, PEM or DER
    PKCS7 = "pkcs7"
    PKCS12 = "pkcs12"
    PROFILE = "profile"  # plain or inside CMS
    PROVISIONING = "provisioning-profile"
    AUTHENTICODE = "authenticode"
    PRIVATE_KEY = "private-key"
    PUBLIC_KEY = "public-key"
    REQUEST = "certificate-request"
    REVOCATION_LIST = "revocation-list"
    PARAMETERS = "key-parameters"
    SSH_KEY = "ssh-key"
    ENCRYPTED_CMS = "encrypted-cms"
    OTHER_CMS = "other-cms"
    OCSP_RESPONSE = "ocsp-response"
    OCSP_REQUEST = "ocsp-request"
    TIMESTAMP = "timestamp"
    ATTRIBUTE_CERTIFICATE = "attribute-certificate"
    SCT_LIST = "sct-list"
    SPKAC = "spkac"
    PGP = "openpgp"
    KEYSTORE = "java-keystore"
    BOUNCY_KEYSTORE = "bouncycastle-keystore"
    MICROSOFT_KEY = "microsoft-private-key"
    MICROSOFT_BLOB = "microsoft-key-blob"
    MICROSOFT_STORE = "microsoft-certificate-store"
    NEBULA = "nebula"
    SIGSTORE_KEY = "sigstore-key"
    TPM_KEY = "tpm-key"
    AGE = "age"
    SIGNIFY = "signify"
    WIREGUARD = "wireguard"
    JWK = "json-web-key"
    PLIST = "property-list"
    SMIME = "s-mime"
    HTML = "html"
    JSON = "json"
    UTF16 = "utf-16-text"
    BASE64 = "bare-base64"
    HEX = "hex-dump"
    OTHER_PEM = "other-pem"
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
        return KINDS[self].described

    @property
    def advice(self) -> str:
        """What to do when certificates were due and this came; empty when the description says it all."""
        return KINDS[self].advice

    @property
    def shown(self) -> bool:
        """Whether `inspect` shows what is in it (exit code 0); else it names the kind and refuses (3)."""
        return KINDS[self].shown


class KindRow(NamedTuple):
    """What is known of one kind. `told_by` says what in the bytes tells it, and where that is written."""

    described: str
    advice: str
    told_by: str
    shown: bool = False
    certificates: bool = False  # whether certificates are found in it


X509 = "TLS needs an X.509 certificate."
KINDS: dict[FileKind, KindRow] = {
    FileKind.CERTIFICATE: KindRow(
        "a certificate", "", "RFC 5280, 4.1; PEM's CERTIFICATE", shown=True, certificates=True
    ),
    FileKind.PKCS7: KindRow(
        "a PKCS #7 bundle",
        "",
        "SignedData: RFC 5652, 5.1; PEM's PKCS7 and CMS",
        shown=True,
        certificates=True,
    ),
    FileKind.PKCS12: KindRow(
        "a PKCS #12 container", "", "PFX: RFC 7292, 4; GnuTLS's PEM PKCS12", shown=True, certificates=True
    ),
    FileKind.PROFILE: KindRow(
        "a configuration profile",
        "",
        "a property list with PayloadContent, plain or signed: Apple's Configuration Profile Reference",
        shown=True,
        certificates=True,
    ),
    FileKind.PROVISIONING: KindRow(
        "a provisioning profile of Apple's",
        "",
        "a property list with DeveloperCertificates and Entitlements, plain or signed: Apple's TN3125",
        shown=True,
        certificates=True,
    ),
    FileKind.AUTHENTICODE: KindRow(
        "an Authenticode signature",
        "",
        "SignedData over SPC_INDIRECT_DATA, 1.3.6.1.4.1.311.2.1.4: Windows Authenticode PE Signature Format",
        shown=True,
        certificates=True,
    ),
    FileKind.PRIVATE_KEY: KindRow(
        "a private key",
        "Give the certificate that belongs to it.",
        "PKCS #8, PKCS #1 and SEC 1: RFC 5958, RFC 8017, RFC 5915",
        shown=True,
    ),
    FileKind.PUBLIC_KEY: KindRow(
        "a bare public key",
        "Give the certificate that holds it.",
        "SubjectPublicKeyInfo or RSAPublicKey: RFC 5280, RFC 8017",
        shown=True,
    ),
    FileKind.REQUEST: KindRow(
        "a certificate signing request (CSR)",
        "Have a CA sign it; what comes back is the certificate.",
        "PKCS #10: RFC 2986, 4",
        shown=True,
    ),
    FileKind.REVOCATION_LIST: KindRow(
        "a certificate revocation list (CRL)",
        "Give the certificates it is about.",
        "RFC 5280, 5.1",
        shown=True,
    ),
    FileKind.PARAMETERS: KindRow(
        "a set of key parameters (EC, DH or DSA)",
        "Give the certificate.",
        "RFC 3279, 2.3; RFC 5480, 2.1.1; PKCS #3; PEM's EC, DH, X9.42 DH and DSA PARAMETERS",
        shown=True,
    ),
    FileKind.SSH_KEY: KindRow(
        "an SSH key", X509, "OpenSSH's PROTOCOL.key and public lines, RFC 4716, PuTTY's .ppk", shown=True
    ),
    FileKind.ENCRYPTED_CMS: KindRow(
        "an encrypted CMS message",
        "Nothing in it can be seen without the recipient's key: `openssl cms -decrypt -inform DER -in FILE -recip "
        "CERT.pem -inkey KEY.pem` (-inform PEM or SMIME where it is that).",
        "EnvelopedData, EncryptedData, AuthEnvelopedData: RFC 5652, 6 and 8, RFC 5083",
        shown=True,
    ),
    FileKind.OTHER_CMS: KindRow(
        "a CMS message without a signature",
        "Look at it with `openssl cms -cmsout -print -inform DER -in FILE`.",
        "Data, DigestedData, AuthenticatedData, CompressedData: RFC 5652, RFC 3274",
    ),
    FileKind.OCSP_RESPONSE: KindRow(
        "an OCSP response", "Look at it with `trustrig ocsp show`.", "RFC 6960, 4.2.1"
    ),
    FileKind.OCSP_REQUEST: KindRow(
        "an OCSP request", "Look at it with `openssl ocsp -reqin FILE -req_text`.", "RFC 6960, 4.1.1"
    ),
    FileKind.TIMESTAMP: KindRow(
        "a timestamp (RFC 3161)",
        "Look at it with `openssl ts -reply -in FILE -text` (-token_in for a bare token, -query for a request).",
        "TimeStampReq, TimeStampResp and TSTInfo: RFC 3161, 2.4",
    ),
    FileKind.ATTRIBUTE_CERTIFICATE: KindRow(
        "an attribute certificate, which has no key",
        "TLS needs a public-key certificate: give its holder's.",
        "RFC 5755, 4.1",
    ),
    FileKind.SCT_LIST: KindRow(
        "a list of signed certificate timestamps", "Give the certificate they are about.", "RFC 6962, 3.3"
    ),
    FileKind.SPKAC: KindRow(
        "a signed public key (SPKAC), a kind of request",
        "Have a CA sign it: `openssl ca -spkac FILE`; what comes back is the certificate.",
        "SignedPublicKeyAndChallenge: Netscape's <keygen>, OpenSSL's x509.h",
    ),
    FileKind.PGP: KindRow(
        "an OpenPGP key or message", f"{X509} `gpg --show-keys FILE` shows a key.", "RFC 9580, 4.2 and 6.2"
    ),
    FileKind.KEYSTORE: KindRow(
        "a Java keystore (JKS or JCEKS)",
        "Convert it: `keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12`.",
        "its first octets, FEEDFEED or CECECECE: OpenJDK's JavaKeyStore and JceKeyStore",
    ),
    FileKind.BOUNCY_KEYSTORE: KindRow(
        "a BouncyCastle keystore",
        "Convert it: keytool -importkeystore -srckeystore OLD -srcstoretype TYPE -destkeystore NEW.p12 -deststoretype "
        "PKCS12 -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar, with BKS, "
        "UBER or BCFKS for TYPE.",
        "version and salt: BouncyCastle's BcKeyStoreSpi; BCFKS: its ObjectStore",
    ),
    FileKind.MICROSOFT_KEY: KindRow(
        "a private key in Microsoft's PVK form",
        "Convert it: `openssl rsa -inform PVK -in FILE -out key.pem`; then give the certificate that belongs to it.",
        "its first octets, 1EF1B5B0: OpenSSL's pvkfmt.c",
    ),
    FileKind.MICROSOFT_BLOB: KindRow(
        "an RSA key as Microsoft's key blob",
        "Convert it: `openssl rsa -inform MSBLOB -in FILE -out key.pem` (with -pubin for a public one); then give the "
        "certificate that belongs to it.",
        "PUBLICKEYSTRUC: [MS-MQQB], 2.2; OpenSSL's pvkfmt.c",
    ),
    FileKind.MICROSOFT_STORE: KindRow(
        "a serialized certificate store of Windows (.sst)",
        "Take the certificates out on Windows: certutil -split -dump FILE.",
        "its first octets, 00000000 and CERT: CertSaveStore",
    ),
    FileKind.NEBULA: KindRow(
        "a certificate or key of Nebula, which is no X.509",
        f"{X509} `nebula-cert print -path FILE` shows this one.",
        "PEM's NEBULA labels: slackhq/nebula, cert/pem.go",
    ),
    FileKind.SIGSTORE_KEY: KindRow(
        "an encrypted key of cosign (Sigstore)",
        f"{X509} `cosign public-key --key FILE` shows its public half.",
        "PEM's ENCRYPTED SIGSTORE and ENCRYPTED COSIGN PRIVATE KEY: sigstore/cosign, pkg/cosign/keys.go",
    ),
    FileKind.TPM_KEY: KindRow(
        "a private key that only one TPM can open",
        "Use it through the TPM (openssl with -provider tpm2), and give the certificate that belongs to it.",
        "PEM's TSS2 PRIVATE KEY, 2.23.133.10.1.3: ASN.1 Specification for TPM 2.0 Key Files",
    ),
    FileKind.AGE: KindRow("an age key or a file encrypted with age", X509, "age-encryption.org/v1"),
    FileKind.SIGNIFY: KindRow(
        "a key or signature of minisign or signify", X509, "its first line, untrusted comment"
    ),
    FileKind.WIREGUARD: KindRow("a WireGuard configuration", X509, "[Interface] with PrivateKey: wg(8)"),
    FileKind.JWK: KindRow(
        "a JSON Web Key",
        "TLS needs an X.509 certificate; where the key has one, it stands under x5c.",
        "a JSON object with kty and no x5c: RFC 7517, 4",
    ),
    FileKind.PLIST: KindRow("a property list that is no configuration profile", "", "plist(5)"),
    FileKind.SMIME: KindRow(
        "an S/MIME message",
        "`openssl cms` and `openssl smime` write DER with -outform DER; a profile also needs -nodetach -binary.",
        "its header lines: RFC 8551, 3",
    ),
    FileKind.HTML: KindRow(
        "an HTML page",
        "It may be a login or error page that was saved in place of the file.",
        "its first tag",
    ),
    FileKind.JSON: KindRow(
        "a JSON document without a certificate or key that is known here",
        "Take the certificate out of it and save it as PEM.",
        "RFC 8259",
    ),
    FileKind.UTF16: KindRow(
        "UTF-16 text",
        "Save it as ASCII or UTF-8; Windows PowerShell's > writes UTF-16.",
        "a byte order mark or NUL in every other octet",
    ),
    FileKind.BASE64: KindRow(
        "base64 of nothing that is known here",
        "Decode it and look: `base64 -d FILE | openssl asn1parse -inform DER`.",
        "RFC 4648 throughout",
    ),
    FileKind.HEX: KindRow(
        "a hex dump",
        "Give the file itself; xxd -r FILE > NEW turns what xxd wrote back into octets.",
        "xxd(1), hexdump -C, od -t x1",
    ),
    FileKind.OTHER_PEM: KindRow(
        "a PEM block with a label that is not known here",
        "Other programs look for CERTIFICATE, PRIVATE KEY, CERTIFICATE REQUEST and the like; see what wrote it.",
        "RFC 7468, 3, with none of the labels above",
    ),
    FileKind.BROKEN_PEM: KindRow(
        "text with a BEGIN or END marker that makes no PEM block",
        "BEGIN and END stand on lines of their own, with five hyphens on both sides and base64 between them.",
        "RFC 7468, 3",
    ),
    FileKind.CUT_SHORT: KindRow(
        "an ASN.1 structure that is cut short",
        "Transfer it again, whole and in binary mode.",
        "a length that reaches behind the end: X.690, 8.1.3",
    ),
    FileKind.ARCHIVE: KindRow(
        "an archive or a compressed file",
        "Unpack it first: gunzip, tar -xf or unzip.",
        "the first octets of gzip, zip, bzip2, xz, 7-Zip, zstd; tar's ustar",
    ),
    FileKind.PICTURE: KindRow("a picture", "", "the first octets of PNG, JPEG, GIF"),
    FileKind.PDF: KindRow("a PDF document", "", "%PDF-"),
    FileKind.DATABASE: KindRow(
        "a database (an NSS cert9.db, or a macOS keychain)",
        "Export the certificate from it: certutil -L -d FOLDER -n NAME -a, or security find-certificate -a -p FILE.",
        "SQLite format 3, or kych",
    ),
    FileKind.PROGRAM: KindRow(
        "a program",
        "A signed one keeps its certificates inside: codesign -d --extract-certificates FILE on a Mac, osslsigncode "
        "extract-signature -in FILE -out NEW.p7b for Windows.",
        "the first octets of ELF, Mach-O, PE and Java classes",
    ),
    FileKind.EMPTY: KindRow(
        "an empty file", "Whatever should have written it failed; run that again.", "nothing but white space"
    ),
    FileKind.OTHER_ASN1: KindRow(
        "an ASN.1 structure of another kind",
        "Look at it with `openssl asn1parse -inform DER`.",
        "a SEQUENCE of no shape above",
    ),
    FileKind.TEXT: KindRow("text without a PEM block", "", "UTF-8 throughout"),
    FileKind.BINARY: KindRow("binary data of an unknown kind", "", "everything else"),
}
