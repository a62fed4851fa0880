"""Faults of the path: issuers, roots, signatures, what a CA may do (level 1, RFC 5280, 6)."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, CLIENT_VISIT, EVALUATE, SHOW, Fault, Telling, of_chain
from pki.model.explained import Where

_PATH = Where.PATH
_NOT_SENT = ("The server sends its own certificate without the intermediate.", "missing-intermediate")
_PRIVATE = (
    "The root is a private one (a test CA, a company's proxy) that this client was not told to trust.",
    "unknown-root",
)
_PRIVATE_CLIENT = (
    "It comes from another CA than those in the server's list of client CAs.",
    "client-certificate-wrong-ca",
)
_NOT_SENT_CLIENT = (
    "The client sends it without its intermediate.",
    "client-certificate-missing-intermediate",
)
_INSTALL = (
    "On an iPhone a root of your own must be installed and then switched on under Settings > General > About > "
    "Certificate Trust Settings"
)

PATH_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "issuer-unknown",
        80,
        _PATH,
        Telling(
            "no path to a trusted root",
            "The client could not build a path from the server's certificate to a root that it trusts.",
            (_NOT_SENT, _PRIVATE),
            "whether an intermediate is missing or the root is unknown; both give these very words",
            "how many certificates the server sends (second command)",
            (EVALUATE, SHOW),
            ("chain-complete", "chain-anchor-trusted"),
        ),
        Telling(
            "the client's certificate leads to no CA that the server accepts",
            "The server could not build a path from the client's certificate to one of its client CAs.",
            (_PRIVATE_CLIENT, _NOT_SENT_CLIENT),
            "whether the CA is unknown to the server or an intermediate was not sent",
            "the server's list of client CAs, held against the issuer of the client's certificate",
            (CLIENT_FILE,),
            ("mtls-acceptable-cas", "mtls-identity"),
        ),
    ),
    of_chain(
        "missing-intermediate",
        81,
        _PATH,
        Telling(
            "the path breaks off, most likely for want of an intermediate",
            "The issuer of the last certificate that was sent is neither sent nor known to the client.",
            (_NOT_SENT, _PRIVATE),
            "an intermediate that was not sent and a private root look the same here",
            "the certificates that the server sends (second command)",
            (EVALUATE, SHOW),
            ("chain-complete", "chain-anchor-trusted"),
        ),
        Telling(
            "the path of the client's certificate breaks off",
            "The issuer of the client's certificate was not sent and is none of the server's client CAs.",
            (_NOT_SENT_CLIENT, _PRIVATE_CLIENT),
            "whether an intermediate was not sent or the CA is unknown to the server",
            "the chain in the client's file, held against the server's list of client CAs",
            (CLIENT_FILE,),
            ("mtls-identity", "mtls-acceptable-cas"),
        ),
    ),
    of_chain(
        "root-unknown",
        82,
        _PATH,
        Telling(
            "the root of its chain is not trusted here",
            "The chain ends in a root (or a self-signed certificate) that this client does not trust.",
            (
                _PRIVATE,
                (f"The root is installed, but not trusted. {_INSTALL}.", "unknown-root"),
                ("A proxy or a virus scanner on the way shows certificates of its own.", "unknown-root"),
            ),
            next=(EVALUATE,),
            rules=("chain-anchor-trusted", "ats-default-trust"),
        ),
        Telling(
            "the root of the client's chain is none that the server accepts",
            "The client's chain is complete and ends in a root that the server does not have among its client CAs.",
            (
                _PRIVATE_CLIENT,
                ("The client sends an identity of another environment.", "client-certificate-wrong-ca"),
            ),
            "whether the CA is wrong or the server's list lacks it (or an intermediate of it)",
            "the server's list of client CAs",
            (CLIENT_FILE,),
            ("mtls-acceptable-cas", "mtls-identity"),
        ),
    ),
    of_chain(
        "self-signed",
        84,
        _PATH,
        Telling(
            "its certificate is self-signed and not trusted",
            "The server shows one certificate that signed itself, and it is not among the trusted ones.",
            (
                ("A server's default or development certificate.", "unknown-root"),
                ("The wrong virtual host, or a device that answers in the server's place.", "unknown-root"),
            ),
            "",
            "",
            (EVALUATE, "trustrig issue server {host}   # a certificate from a test CA instead"),
            ("leaf-self-signed", "chain-anchor-trusted"),
        ),
        Telling(
            "the client's certificate is self-signed, and its CA is none that the server accepts",
            "The client shows a certificate that signed itself; the server takes only what its client CAs issued, or "
            "that certificate itself in the list.",
            (
                (
                    "It was never signed by the server's CA; no intermediate helps.",
                    "client-certificate-wrong-ca",
                ),
            ),
            next=(CLIENT_FILE,),
            rules=("mtls-acceptable-cas", "mtls-identity"),
        ),
    ),
    of_chain(
        "no-root",
        80,
        _PATH,
        Telling(
            "no trusted root at the end of its chain",
            "The client trusts no root above the server's certificate. The code is current: seen on iOS 18 (May 2025).",
            (
                ("The certificate is self-signed.", "unknown-root"),
                (f"A private root is not installed, or not trusted. {_INSTALL}.", "unknown-root"),
                _NOT_SENT,
            ),
            "which of the three it is",
            "the chain that the server sends",
            (EVALUATE,),
            ("chain-anchor-trusted", "chain-complete", "leaf-self-signed"),
        ),
        Telling(
            "no accepted CA at the end of the client's chain",
            "The server knows no CA above the client's certificate.",
            (_PRIVATE_CLIENT, _NOT_SENT_CLIENT),
            next=(CLIENT_FILE,),
            rules=("mtls-acceptable-cas", "mtls-identity"),
        ),
    ),
    of_chain(
        "not-a-ca",
        86,
        _PATH,
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
            "a CA's path length is exceeded",
            "A CA's pathLenConstraint (basicConstraints) allows fewer CAs below it than the chain has.",
            (("An intermediate with pathlen:0 issued another CA.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("ca-path-length",),
        ),
        Telling(
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
        Telling(
            "a name is outside a CA's name constraints",
            "A name in the chain is outside what a CA's nameConstraints permit, or inside what they exclude.",
            (
                (
                    "The CA may issue for other domains only (mkcert-like CAs, company CAs).",
                    "server-certificate-refused",
                ),
            ),
            next=(EVALUATE,),
            rules=("name-constraints",),
        ),
        Telling(
            "a name of the client's certificate is outside a CA's name constraints",
            "A name in the client's chain is outside what a CA's nameConstraints permit.",
            (("The CA may issue for other names only.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("name-constraints",),
        ),
    ),
    of_chain(
        "policy",
        84,
        _PATH,
        Telling(
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
        Telling(
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
        Telling(
            "a critical extension is unknown",
            "A certificate of the chain carries a critical extension that the client does not know (or not like that).",
            (("An extension of the CA's own, marked critical.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("unknown-critical-extension",),
        ),
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
            "a certificate has an empty subject name",
            "A subject name is missing or empty. That is allowed for a leaf only, with a critical subjectAltName.",
            (("A CA without a name, or a leaf whose SAN is not critical.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("subject-non-empty",),
        ),
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
            "a certificate of its chain is malformed",
            "A certificate cannot be read, or breaks the encoding rules of X.509.",
            (("A tool wrote an extension, a time or a number wrongly.", "server-certificate-refused"),),
            next=("trustrig inspect SERVER.pem", EVALUATE),
            rules=("unparseable-extension", "duplicate-extension"),
        ),
        Telling(
            "a certificate of the client's chain is malformed",
            "A certificate of the client cannot be read, or breaks the encoding rules of X.509.",
            (("A tool wrote an extension, a time or a number wrongly.", "client-certificate-refused"),),
            next=("trustrig inspect CLIENT.pem",),
            rules=("unparseable-extension",),
        ),
    ),
    of_chain(
        "denied",
        87,
        _PATH,
        Telling(
            "a trust setting says never",
            "The user or an administrator set a certificate of this chain to 'Never Trust' (a trust setting that denies).",
            (
                (
                    "Keychain Access > the certificate > Trust, or a profile or a script that set it.",
                    "unknown-root",
                ),
            ),
            next=("security dump-trust-settings; security dump-trust-settings -d",),
            rules=("trust-setting-deny",),
        ),
        Telling(
            "a trust setting says never to the client's chain",
            "A certificate of the client's chain is distrusted by a trust setting of the server's machine.",
            (("Trust settings or a reject list on the server.", "client-certificate-refused"),),
            next=(CLIENT_FILE,),
            rules=("trust-setting-deny",),
        ),
    ),
    of_chain(
        "listed-untrusted",
        83,
        _PATH,
        Telling(
            "Apple's own list calls a certificate or key untrusted",
            "The certificate or its key is listed as untrusted in data that Apple sends to devices. To install and trust "
            "the root does not help.",
            (("A CA whose trust Apple withdrew.", "unknown-root"),),
            next=(EVALUATE,),
            rules=("anchor-not-listed", "chain-anchor-trusted"),
        ),
        Telling(
            "the client's certificate or key is listed as untrusted",
            "Data of the server's system lists a certificate or key of the client's chain as untrusted.",
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "blocked",
        87,
        Where.REVOCATION,
        Telling(
            "a certificate or key of its chain is blocked",
            "Apple's data blocks this certificate or key for everybody; no exception and no trust setting lifts it.",
            (("A certificate that was misissued or stolen, or a key everybody has.", "server-revoked"),),
            next=(EVALUATE,),
            rules=("leaf-not-blocked", "ca-not-blocked"),
        ),
        Telling(
            "a certificate or key of the client's chain is blocked",
            "Data of the server's system blocks a certificate or key of the client's chain.",
            (("A certificate that was misissued or stolen.", "client-certificate-revoked"),),
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "untrusted",
        45,
        _PATH,
        Telling(
            "trust evaluation failed, for a reason not said",
            "The client did not trust the server. The words do not say why: it may be the chain (root, issuer), the name, "
            "the dates, a key, or the usage.",
            (
                (
                    "The root (CA) is not among the trusted ones, or an intermediate is missing.",
                    "unknown-root",
                ),
                ("The certificate is for other names than the one asked for.", "wrong-host"),
                ("A certificate is expired or not valid yet, or the clock is wrong.", "server-expired"),
                ("Key, digest, usage or lifetime break a rule for servers.", "server-certificate-refused"),
            ),
            "which of these it is",
            "evaluating the chain (the command), or the words that the client logged just before",
            (EVALUATE,),
            ("chain-anchor-trusted", "chain-complete", "san-dns-match", "cert-not-expired"),
        ),
        Telling(
            "the client's certificate was refused, for a reason not said",
            "The server did not accept the certificate that the client showed (or, for servers in Go, that none came).",
            (
                ("It comes from a CA that the server does not accept.", "client-certificate-wrong-ca"),
                ("Its intermediate was not sent.", "client-certificate-missing-intermediate"),
                (
                    "It is out of date, revoked, not for clients, or not on the server's list.",
                    "client-certificate-refused",
                ),
            ),
            "which of these it is",
            "the server's own log",
            (CLIENT_FILE, CLIENT_VISIT),
            ("mtls-identity", "mtls-acceptable-cas", "mtls-client-eku"),
        ),
    ),
)
