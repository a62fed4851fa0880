"""Object identifiers that decisions depend on, and the names people know them by."""

from __future__ import annotations

import re

# RFC 5280, 4.2: extensions.
SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16"
SUBJECT_ALT_NAME = "2.5.29.17"
ISSUER_ALT_NAME = "2.5.29.18"
BASIC_CONSTRAINTS = "2.5.29.19"
NAME_CONSTRAINTS = "2.5.29.30"
CRL_DISTRIBUTION_POINTS = "2.5.29.31"
CERTIFICATE_POLICIES = "2.5.29.32"
POLICY_MAPPINGS = "2.5.29.33"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
POLICY_CONSTRAINTS = "2.5.29.36"
EXTENDED_KEY_USAGE = "2.5.29.37"
INHIBIT_ANY_POLICY = "2.5.29.54"
AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1"
SUBJECT_INFO_ACCESS = "1.3.6.1.5.5.7.1.11"
QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"  # RFC 3739, 3.2.6
QC_TYPE = "0.4.0.1862.1.6"  # ETSI EN 319 412-5, 4.2.3: the statement that carries a list of OIDs
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"  # RFC 6960, 4.2.2.2.1
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"  # RFC 6962, 3.3
NETSCAPE_CERT_TYPE = "2.16.840.1.113730.1.1"
ENTRUST_VERSION_INFO = "1.2.840.113533.7.65.0"

OCSP = "1.3.6.1.5.5.7.48.1"  # RFC 5280, 4.2.2.1
CA_ISSUERS = "1.3.6.1.5.5.7.48.2"
ANY_POLICY = "2.5.29.32.0"

# RFC 5280, 4.2.1.12, and the two Server-Gated Cryptography purposes Apple's SSL policy still accepts.
ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
MICROSOFT_SGC = "1.3.6.1.4.1.311.10.3.3"
NETSCAPE_SGC = "2.16.840.1.113730.4.1"

# What else certificates are issued for.
IPSEC_END_SYSTEM = "1.3.6.1.5.5.7.3.5"  # RFC 4945, 5.1.3.12: deprecated, with the two below
IPSEC_TUNNEL = "1.3.6.1.5.5.7.3.6"
IPSEC_USER = "1.3.6.1.5.5.7.3.7"
IPSEC_IKE = "1.3.6.1.5.5.7.3.17"  # RFC 4945, 5.1.3.12
IKE_INTERMEDIATE = "1.3.6.1.5.5.8.2.2"  # an IPsec draft's; old Apple clients and Windows know it
EAP_OVER_PPP = "1.3.6.1.5.5.7.3.13"  # RFC 4334, 2
EAP_OVER_LAN = "1.3.6.1.5.5.7.3.14"  # RFC 4334, 2
SMARTCARD_LOGON = "1.3.6.1.4.1.311.20.2.2"  # [MS-PKCA], 3.1.5.2.1.1
PKINIT_CLIENT = "1.3.6.1.5.2.3.4"  # RFC 4556, 3.2.2
PKINIT_KDC = "1.3.6.1.5.2.3.5"  # RFC 4556, 3.2.4
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"  # RFC 9336
MICROSOFT_DOCUMENT_SIGNING = "1.3.6.1.4.1.311.10.3.12"
MICROSOFT_EFS = "1.3.6.1.4.1.311.10.3.4"

# otherName types (RFC 5280, 4.2.1.6).
USER_PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3"  # Microsoft's UPN, a UTF8String
SRV_NAME = "1.3.6.1.5.5.7.8.7"  # RFC 4985, 2: an IA5String

# Ours: what was signed by a key that comes from a seed carries it. Seven arcs of a random GUID below the branch that
# Microsoft lets everybody use (oidgen.vbs, "Obtaining an Object Identifier from Microsoft"): an OID made of a whole
# UUID (2.25) has an arc of 128 bits, which Go's crypto/x509 does not read.
PUBLIC_KEY_MARK = "1.2.840.113556.1.8000.2554.41291.26087.5448.19516.42292.14884019.2664339"

COMMON_NAME = "2.5.4.3"
ORGANIZATION = "2.5.4.10"
EMAIL_ADDRESS = "1.2.840.113549.1.9.1"

CRITICAL_KNOWN_TO_APPLE = frozenset(
    {
        SUBJECT_KEY_IDENTIFIER,
        KEY_USAGE,
        PRIVATE_KEY_USAGE_PERIOD,
        SUBJECT_ALT_NAME,
        ISSUER_ALT_NAME,
        BASIC_CONSTRAINTS,
        NAME_CONSTRAINTS,
        CRL_DISTRIBUTION_POINTS,
        CERTIFICATE_POLICIES,
        POLICY_MAPPINGS,
        AUTHORITY_KEY_IDENTIFIER,
        POLICY_CONSTRAINTS,
        EXTENDED_KEY_USAGE,
        INHIBIT_ANY_POLICY,
        AUTHORITY_INFO_ACCESS,
        SUBJECT_INFO_ACCESS,
        QC_STATEMENTS,
        OCSP_NO_CHECK,
        NETSCAPE_CERT_TYPE,
        ENTRUST_VERSION_INFO,
    }
)
"""Extensions whose critical flag Apple accepts because it reads them (Security-61901, SecCertificate.c)."""

MICROSOFT_APPLICATION_POLICIES = (
    "1.3.6.1.4.1.311.21.10"  # AD CS writes it, critical where its template says so
)
PASSED_BY_APPLE = frozenset(
    {
        MICROSOFT_APPLICATION_POLICIES,
        "2.23.148.1.1",
        "2.23.148.1.2",
    }  # the latter two: Wireless Power Consortium
)
"""... and those whose critical flag it accepts without reading them (isOtherKnownExtensionOID); see also its arcs."""

ARCS_PASSED_BY_APPLE = (
    *(
        f"1.2.840.113635.100.{arc}." for arc in (6, 11, 12, 13, 15)
    ),  # Apple's: extensions, marker OIDs and policies
    "1.3.6.1.4.1.41577.5.",  # Car Connectivity Consortium
    "2.23.146.2.1.",  # GSMA, Rich Communication Services
)

PURPOSE_NAMES = {
    ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
    SERVER_AUTH: "serverAuth",
    CLIENT_AUTH: "clientAuth",
    CODE_SIGNING: "codeSigning",
    EMAIL_PROTECTION: "emailProtection",
    TIME_STAMPING: "timeStamping",
    OCSP_SIGNING: "OCSPSigning",
    MICROSOFT_SGC: "msSGC",
    NETSCAPE_SGC: "nsSGC",
    IPSEC_END_SYSTEM: "ipsecEndSystem",
    IPSEC_TUNNEL: "ipsecTunnel",
    IPSEC_USER: "ipsecUser",
    IPSEC_IKE: "ipsecIKE",
    IKE_INTERMEDIATE: "iKEIntermediate",
    EAP_OVER_PPP: "eapOverPPP",
    EAP_OVER_LAN: "eapOverLAN",
    SMARTCARD_LOGON: "msSmartcardLogin",
    PKINIT_CLIENT: "pkInitClientAuth",
    PKINIT_KDC: "pkInitKDC",
    DOCUMENT_SIGNING: "documentSigning",
    MICROSOFT_DOCUMENT_SIGNING: "msDocumentSigning",
    MICROSOFT_EFS: "msEFS",
}
"""As RFC 5280 and OpenSSL (crypto/objects/objects.txt) call them; documentSigning is RFC 9336's."""

EXTENSION_NAMES = {
    SUBJECT_KEY_IDENTIFIER: "subjectKeyIdentifier",
    KEY_USAGE: "keyUsage",
    SUBJECT_ALT_NAME: "subjectAltName",
    ISSUER_ALT_NAME: "issuerAltName",
    BASIC_CONSTRAINTS: "basicConstraints",
    NAME_CONSTRAINTS: "nameConstraints",
    CRL_DISTRIBUTION_POINTS: "cRLDistributionPoints",
    CERTIFICATE_POLICIES: "certificatePolicies",
    POLICY_MAPPINGS: "policyMappings",
    AUTHORITY_KEY_IDENTIFIER: "authorityKeyIdentifier",
    POLICY_CONSTRAINTS: "policyConstraints",
    EXTENDED_KEY_USAGE: "extendedKeyUsage",
    INHIBIT_ANY_POLICY: "inhibitAnyPolicy",
    AUTHORITY_INFO_ACCESS: "authorityInfoAccess",
    MICROSOFT_APPLICATION_POLICIES: "Microsoft's application policies",
    SCT_LIST: "signedCertificateTimestampList",
    "1.3.6.1.4.1.11129.2.4.3": "CT poison (a precertificate)",
    "1.3.6.1.5.5.7.1.24": "tlsFeature (must-staple)",
    "1.3.6.1.4.1.311.20.2": "Microsoft's certificate template name",
    "1.3.6.1.4.1.311.21.7": "Microsoft's certificate template",
    "2.16.840.1.113730.1.13": "Netscape's comment",
    PUBLIC_KEY_MARK: "trustrig's mark of public test keys",
}

ATTRIBUTE_NAMES = {
    COMMON_NAME: "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    ORGANIZATION: "O",
    "2.5.4.11": "OU",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "2.5.4.5": "serialNumber",
    EMAIL_ADDRESS: "emailAddress",
    "2.5.4.4": "surname",
    "2.5.4.12": "title",
    "2.5.4.13": "description",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "givenName",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionLocality",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionState",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionCountry",
}
"""Short names of RFC 4514, section 3; of the others the names that X.520 and RFC 5280 give them."""


_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,63}\Z")
_ARCS_END = 1 << 128  # a UUID is an arc (ITU-T X.667, 8), and the same library takes no larger one
_LONGEST_OID = 63  # octets; what `cryptography` can encode (rust-asn1, object_identifier.rs, MAX_OID_LENGTH)


def is_oid(text: str) -> bool:
    """Whether TEXT is an object identifier with dots that can be encoded (X.690, 8.19).

    Below the arcs 0 and 1 there are 40 each, as the first two arcs are one number there.
    """
    if not _OID.match(text):
        return False
    first, second, *rest = map(int, text.split("."))
    arcs = (40 * first + second, *rest)
    octets = sum(max(1, -(-arc.bit_length() // 7)) for arc in arcs)
    return (first == 2 or second < 40) and octets <= _LONGEST_OID and max(arcs) < _ARCS_END


def critical_known_to_apple(oid: str) -> bool:
    """Whether Apple accepts an extension's critical flag."""
    return oid in CRITICAL_KNOWN_TO_APPLE or oid in PASSED_BY_APPLE or oid.startswith(ARCS_PASSED_BY_APPLE)


def extension_name(oid: str) -> str:
    """`basicConstraints (2.5.29.19)`, or the bare OID when nobody named it."""
    return f"{EXTENSION_NAMES[oid]} ({oid})" if oid in EXTENSION_NAMES else oid


def purpose_name(oid: str) -> str:
    """`serverAuth`, or the bare OID."""
    return PURPOSE_NAMES.get(oid, oid)


_SLH_DSA = ("128s", "128f", "192s", "192f", "256s", "256f")  # FIPS 205, table 2, with each of two hashes
ALGORITHM_NAMES = {
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.7": "RSAES-OAEP",
    "1.2.840.113549.1.3.1": "Diffie-Hellman",  # PKCS #3
    "1.2.840.10046.2.1": "Diffie-Hellman (X9.42)",  # RFC 3279, 2.3.3
    "1.2.840.10040.4.1": "DSA",
    "1.3.132.1.12": "ECDH",  # RFC 5480, 2.1.2
    "1.3.132.1.13": "ECMQV",
    "1.2.156.10197.1.301": "SM2",
    "1.2.643.2.2.19": "GOST R 34.10-2001",  # RFC 4491
    "1.2.643.7.1.1.1.1": "GOST R 34.10-2012 (256)",  # RFC 9215
    "1.2.643.7.1.1.1.2": "GOST R 34.10-2012 (512)",
    "1.3.101.110": "X25519",  # RFC 8410
    "1.3.101.111": "X448",
    "1.2.840.113549.1.9.16.3.17": "HSS/LMS",  # RFC 9802
    "1.3.6.1.5.5.7.6.34": "XMSS",
    "1.3.6.1.5.5.7.6.35": "XMSS^MT",
    # draft-ietf-lamps-pq-composite-sigs: 18 pairs of ML-DSA and an older algorithm
    **{f"1.3.6.1.5.5.7.6.{arc}": f"composite ML-DSA (1.3.6.1.5.5.7.6.{arc})" for arc in range(37, 55)},
    # RFC 9881, RFC 9935 and RFC 9909; NIST's registers sigAlgs (4.3) and kems (4.4)
    **{f"2.16.840.1.101.3.4.3.{17 + at}": f"ML-DSA-{size}" for at, size in enumerate((44, 65, 87))},
    **{f"2.16.840.1.101.3.4.3.{32 + at}": f"HashML-DSA-{size}" for at, size in enumerate((44, 65, 87))},
    **{f"2.16.840.1.101.3.4.4.{1 + at}": f"ML-KEM-{size}" for at, size in enumerate((512, 768, 1024))},
    **{f"2.16.840.1.101.3.4.3.{20 + at}": f"SLH-DSA-SHA2-{size}" for at, size in enumerate(_SLH_DSA)},
    **{f"2.16.840.1.101.3.4.3.{26 + at}": f"SLH-DSA-SHAKE-{size}" for at, size in enumerate(_SLH_DSA)},
}
"""Kinds of key that Apple's TLS does not know, by the name people know them by."""


def algorithm_name(oid: str) -> str:
    """Its name, or the OID itself."""
    return ALGORITHM_NAMES.get(oid, oid)
