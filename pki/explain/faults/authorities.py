"""Faults of what a CA may do, and of the encoding and the signatures of a chain (level 1, RFC 5280)."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, EVALUATE, SHOW, Fault, FaultText, of_chain
from pki.model.text_explanation import Where

_PATH = Where.PATH

CA_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "not-a-ca",
        86,
        _PATH,
        FaultText(
            "a certificate of its chain that is no CA issued another",
            "A certificate signed another without being a CA: basicConstraints with CA:TRUE or keyUsage keyCertSign is "
            "missing. Apple asks for both (not a CA: -67605; no basicConstraints at all: -67604).",
            (
                ("The CA was made without basicConstraints CA:TRUE.", "server-certificate-refused"),
                ("A leaf was used to sign another leaf.", "server-certificate-refused"),
                ("An old version 1 root stands in the chain.", "server-certificate-refused"),
            ),
            next=(EVALUATE,),
            rules=("ca-basic-constraints", "ca-not-a-ca", "ca-key-cert-sign"),
        ),
        FaultText(
            "a certificate of the client's chain that is no CA issued another",
            "A certificate of the client's chain signed another without basicConstraints CA:TRUE or keyCertSign.",
            (
                (
                    "The CA of the client's certificate is no CA by its extensions.",
                    "client-certificate-refused",
                ),
            ),
            next=(CLIENT_FILE,),
            rules=("ca-basic-constraints", "ca-not-a-ca", "ca-key-cert-sign"),
        ),
    ),
    of_chain(
        "leaf-is-ca",
        85,
        _PATH,
        FaultText(
            "its certificate is a CA's, used as a leaf",
            "The server shows a CA certificate (CA:TRUE) as its own end-entity certificate.",
            (
                (
                    "A self-signed certificate made with CA:TRUE, as `openssl req -x509` makes them.",
                    "unknown-root",
                ),
                ("The CA's file was configured where the server's belongs.", "server-certificate-refused"),
            ),
            next=("trustrig issue server {host}   # a leaf from a test CA instead", EVALUATE),
            rules=("leaf-is-ca", "leaf-self-signed"),
        ),
        FaultText(
            "the client's certificate is a CA's, used as a leaf",
            "The client shows a CA certificate (CA:TRUE) as its own end-entity certificate.",
            (("The client's file holds the CA in place of the leaf.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("leaf-is-ca", "mtls-identity"),
        ),
    ),
    of_chain(
        "path-length",
        86,
        _PATH,
        FaultText(
            "a CA's path length is exceeded",
            "A CA's pathLenConstraint (basicConstraints) allows fewer CAs below it than the chain has.",
            (("An intermediate with pathlen:0 issued another CA.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("ca-path-length",),
        ),
        FaultText(
            "a CA's path length is exceeded in the client's chain",
            "A CA's pathLenConstraint (basicConstraints) allows fewer CAs below it than the client's chain has.",
            (("An intermediate with pathlen:0 issued another CA.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("ca-path-length",),
        ),
    ),
    of_chain(
        "name-constraints",
        86,
        _PATH,
        FaultText(
            "a name is outside a CA's name constraints",
            "A name in the chain is outside what a CA's nameConstraints permit, or inside what they exclude.",
            (
                (
                    "The CA may issue for other domains only, as some company CAs do.",
                    "server-certificate-refused",
                ),
            ),
            next=(EVALUATE,),
            rules=("name-constraints",),
        ),
        FaultText(
            "a name of the client's certificate is outside a CA's name constraints",
            "A name in the client's chain is outside what a CA's nameConstraints permit.",
            (("The CA may issue for other names only.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("name-constraints",),
        ),
    ),
    of_chain(
        "ca-constraints",
        85,
        _PATH,
        FaultText(
            "a CA's constraints are not kept",
            "The chain breaks a constraint of one of its CAs. GnuTLS says the same for a path length, for name "
            "constraints, and for a CA whose keyUsage does not allow it to sign.",
            (
                (
                    "A CA's pathLenConstraint (path length) allows fewer CAs below it.",
                    "server-certificate-refused",
                ),
                (
                    "A name is outside what a CA's nameConstraints (name constraint) permit.",
                    "server-certificate-refused",
                ),
                (
                    "A CA's keyUsage lacks keyCertSign (so it is no CA by its extensions).",
                    "server-certificate-refused",
                ),
            ),
            "which of the three it is",
            "evaluating the chain",
            (EVALUATE,),
            ("ca-path-length", "name-constraints", "ca-key-cert-sign"),
        ),
        FaultText(
            "a CA's constraints are not kept in the client's chain",
            "The client's chain breaks a constraint of one of its CAs: path length, name constraints, or keyUsage.",
            (("The CA of the client's certificate may not issue it.", "client-certificate-refused"),),
            "which of the three it is",
            "the extensions of the CAs",
            (CLIENT_FILE,),
            ("ca-path-length", "name-constraints", "ca-key-cert-sign"),
        ),
    ),
    of_chain(
        "policy",
        84,
        _PATH,
        FaultText(
            "certificate policies are not met",
            "The certificate policies that the client or a CA of the chain asks for are not those of the chain.",
            (
                (
                    "policyConstraints or a required policy OID; rare outside government PKIs.",
                    "server-certificate-refused",
                ),
            ),
            next=(EVALUATE,),
            rules=("policy-constraints",),
        ),
        FaultText(
            "certificate policies are not met by the client's chain",
            "The certificate policies that the server asks for are not those of the client's chain.",
            (("A required policy OID is missing.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("policy-constraints",),
        ),
    ),
    of_chain(
        "critical-extension",
        84,
        _PATH,
        FaultText(
            "a critical extension is unknown",
            "A certificate of the chain carries a critical extension that the client does not know (or not like that).",
            (("An extension of the CA's own, marked critical.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("unknown-critical-extension",),
        ),
        FaultText(
            "a critical extension of the client's chain is unknown",
            "A certificate of the client's chain carries a critical extension that the server does not know.",
            (("An extension of the CA's own, marked critical.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("unknown-critical-extension",),
        ),
    ),
    of_chain(
        "key-ids",
        84,
        _PATH,
        FaultText(
            "key identifiers do not match",
            "The authority key identifier of one certificate and the subject key identifier of its issuer differ.",
            (
                (
                    "A CA was issued again with a new key, and the old certificate is still sent.",
                    "server-certificate-refused",
                ),
            ),
            next=(EVALUATE, SHOW),
            rules=("aki-ski-linkage",),
        ),
        FaultText(
            "key identifiers of the client's chain do not match",
            "The authority key identifier of one certificate and the subject key identifier of its issuer differ.",
            (
                (
                    "A CA was issued again with a new key, and the old one is sent.",
                    "client-certificate-refused",
                ),
            ),
            next=(CLIENT_FILE,),
            rules=("aki-ski-linkage",),
        ),
    ),
    of_chain(
        "empty-subject",
        83,
        _PATH,
        FaultText(
            "a certificate has an empty subject name",
            "A subject name is missing or empty. That is allowed for a leaf only, with a critical subjectAltName.",
            (("A CA without a name, or a leaf whose SAN is not critical.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("subject-non-empty",),
        ),
        FaultText(
            "a certificate of the client's chain has an empty subject name",
            "A subject name is missing or empty in the client's chain.",
            (("A certificate without a name.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("subject-non-empty",),
        ),
    ),
    of_chain(
        "bad-signature",
        84,
        _PATH,
        FaultText(
            "a signature in its chain does not verify",
            "A certificate's signature does not verify with the key of its supposed issuer, or uses an algorithm that "
            "the client does not have.",
            (
                (
                    "Two CAs with the same name and different keys: the wrong one is sent or trusted.",
                    "server-certificate-refused",
                ),
                ("The file was changed, or the algorithm is not supported.", "server-certificate-refused"),
            ),
            next=(EVALUATE,),
            rules=("cert-signature-valid", "signature-verifiable"),
        ),
        FaultText(
            "a signature in the client's chain does not verify",
            "A signature of the client's chain does not verify with the key of the CA of that name.",
            (("Two CAs with the same name and different keys.", "client-certificate-wrong-ca"),),
            next=(CLIENT_FILE,),
            rules=("cert-signature-valid",),
        ),
    ),
    of_chain(
        "malformed",
        78,
        _PATH,
        FaultText(
            "a certificate of its chain is malformed",
            "A certificate cannot be read, or breaks the encoding rules of X.509.",
            (("A tool wrote an extension, a time or a number wrongly.", "server-certificate-refused"),),
            next=("trustrig inspect SERVER.pem", EVALUATE),
            rules=("unparseable-extension", "duplicate-extension"),
        ),
        FaultText(
            "a certificate of the client's chain is malformed",
            "A certificate of the client cannot be read, or breaks the encoding rules of X.509.",
            (("A tool wrote an extension, a time or a number wrongly.", "client-certificate-refused"),),
            next=("trustrig inspect CLIENT.pem",),
            rules=("unparseable-extension",),
        ),
    ),
)
