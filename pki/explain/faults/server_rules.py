"""Faults of what a server's certificate must be: purpose, key, digest, lifetime, transparency."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, EVALUATE, Fault, FaultText, of_chain
from pki.model.text_explanation import Where

_RULES = Where.SERVER_RULES
_CLIENT_DATES = "openssl x509 -noout -dates -in CLIENT.pem"
_CLIENT_PURPOSE = "openssl x509 -noout -ext extendedKeyUsage -in CLIENT.pem"

SERVER_RULE_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "purpose",
        88,
        _RULES,
        FaultText(
            "its certificate is for another purpose",
            "The extended key usage (EKU) or key usage of the server's certificate, or of a CA above it, "
            "does not allow "
            "TLS server authentication.",
            (
                ("A client's or a signing certificate is used for a server.", "server-purpose"),
                ("The EKU lacks serverAuth; Apple asks for it by name.", "server-purpose"),
                (
                    "A CA above it is limited to other purposes, or is no CA (OpenSSL says it so): basicConstraints.",
                    "server-purpose",
                ),
            ),
            next=(EVALUATE,),
            rules=("tls-eku-server-auth", "tls-eku-compatible", "tls-eku-subca"),
        ),
        FaultText(
            "the client's certificate is not for clients",
            "The extended key usage (EKU) or key usage of the client's certificate, or of its CA, does not "
            "allow client "
            "authentication (clientAuth).",
            (
                ("A server's certificate is used as a client's.", "client-certificate-purpose"),
                (
                    "A public CA issued it: those leave clientAuth out since 2025.",
                    "client-certificate-purpose",
                ),
            ),
            next=(_CLIENT_PURPOSE, CLIENT_FILE),
            rules=("mtls-client-eku", "public-client-auth-eku"),
        ),
    ),
    of_chain(
        "weak-key",
        88,
        _RULES,
        FaultText(
            "a key in its chain is too small",
            "A key of the chain is too small or weak: Apple asks for RSA of 2048 bits and EC of 256, other clients for "
            "what their security level says.",
            (("An RSA key of 1024 bits, or an old curve.", "server-weak-key"),),
            "which certificate's key it is",
            "evaluating the chain",
            (EVALUATE,),
            ("tls-rsa-2048", "tls-ec-256", "key-not-broken"),
        ),
        FaultText(
            "a key in the client's chain is too small",
            "A key of the client's chain is too small or weak for the server's security level.",
            (("An RSA key below 2048 bits.", "client-certificate-weak-key"),),
            next=("openssl x509 -noout -text -in CLIENT.pem",),
            rules=("mtls-identity",),
        ),
    ),
    of_chain(
        "weak-digest",
        88,
        _RULES,
        FaultText(
            "a signature in its chain uses too weak a digest",
            "A certificate of the chain is signed with SHA-1 or MD5. Sign it again with SHA-256 or longer (SHA-2).",
            (("An old CA, or `openssl` with an old -sha1 setting, signed it.", "server-weak-signature"),),
            "whether it is SHA-1 or MD5, and which certificate",
            "evaluating the chain",
            (EVALUATE,),
            ("tls-sha2-signature", "signature-not-broken"),
        ),
        FaultText(
            "a signature in the client's chain uses too weak a digest",
            "A certificate of the client's chain is signed with SHA-1 or MD5. Sign it again with SHA-256 (SHA-2).",
            (("An old CA signed it.", "client-certificate-weak-signature"),),
            next=("openssl x509 -noout -text -in CLIENT.pem",),
            rules=("mtls-identity",),
        ),
    ),
    of_chain(
        "weak-algorithm",
        87,
        _RULES,
        FaultText(
            "a key or a signature in its chain is too weak",
            "The chain uses an algorithm that the client calls insecure: a key that is too small (RSA "
            "below 2048 bits, EC "
            "below 256) or a signature with SHA-1 or MD5 as digest (then sign it again).",
            (
                ("A certificate of the chain is signed with SHA-1.", "server-weak-signature"),
                ("A key of the chain is too small.", "server-weak-key"),
            ),
            "whether the key size or the digest of the signature is the matter",
            "evaluating the chain",
            (EVALUATE,),
            ("tls-sha2-signature", "tls-rsa-2048", "tls-ec-256", "signature-not-broken"),
        ),
        FaultText(
            "a key or a signature in the client's chain is too weak",
            "The client's chain uses a key that is too small, or a signature with SHA-1 or MD5.",
            (
                (
                    "A certificate of the client's chain is signed with SHA-1.",
                    "client-certificate-weak-signature",
                ),
                ("A key of the client's chain is too small.", "client-certificate-weak-key"),
            ),
            "key or digest",
            "the certificate itself",
            ("openssl x509 -noout -text -in CLIENT.pem",),
            ("mtls-identity",),
        ),
    ),
    of_chain(
        "too-long",
        88,
        _RULES,
        FaultText(
            "its certificate is valid for too long",
            "The validity period is over the limit: 825 days from any CA (a root of your own included), 398 days from "
            "a public CA.",
            (("A test certificate made for years.", "server-certificate-refused"),),
            next=("trustrig issue server {host}   # within the limit", EVALUATE),
            rules=("tls-validity-825", "tls-validity-398"),
        ),
        FaultText(
            "the client's certificate is valid for too long",
            "The validity period of the client's certificate is over the server's limit (Apple: 825 or 398 days).",
            (("A certificate made for years.", "client-certificate-refused"),),
            next=(_CLIENT_DATES,),
        ),
    ),
    of_chain(
        "transparency",
        86,
        Where.TRANSPARENCY,
        FaultText(
            "Certificate Transparency is not satisfied",
            "The certificate comes from a public CA and lacks enough SCTs (signed certificate timestamps) "
            "from logs that "
            "this system knows.",
            (
                ("The certificate has no SCTs, or from too few logs.", "server-certificate-refused"),
                (
                    "The system's list of logs is stale: an old or offline machine.",
                    "server-certificate-refused",
                ),
            ),
            "whether the certificate or the list of logs is the matter",
            "the SCTs in the certificate: openssl x509 -text",
            (EVALUATE,),
            ("tls-ct-required", "tls-ct-sct-count"),
        ),
        FaultText(
            "Certificate Transparency is asked of the client's certificate",
            "The server asks for SCTs (Certificate Transparency) in the client's certificate.",
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "compliance",
        72,
        _RULES,
        FaultText(
            "its chain breaks a rule of Apple's 'standards compliant' group",
            "The sentence stands for a group of rules and does not say which: validity over 825 or 398 "
            "days, Certificate "
            "Transparency, basicConstraints, key identifiers, extensions, name constraints.",
            (
                (
                    "The certificate is valid for too long (825 days; 398 from a public CA).",
                    "server-certificate-refused",
                ),
                (
                    "Certificate Transparency (SCTs); on a Mac a stale list of logs: restart it.",
                    "server-certificate-refused",
                ),
                (
                    "A CA without basicConstraints, or an extension Apple cannot read.",
                    "server-certificate-refused",
                ),
            ),
            "which rule it is",
            "the code (-67901, -67825, -67604...), the line `Trust evaluate failure`, or evaluating the chain",
            (EVALUATE,),
            (
                "tls-validity-825",
                "tls-validity-398",
                "tls-ct-required",
                "ca-basic-constraints",
                "aki-ski-linkage",
            ),
        ),
        FaultText(
            "the client's chain breaks a rule of Apple's 'standards compliant' group",
            "The sentence stands for a group of rules: validity, basicConstraints, key identifiers, extensions.",
            next=(CLIENT_FILE,),
            rules=("ca-basic-constraints", "aki-ski-linkage"),
        ),
    ),
)
