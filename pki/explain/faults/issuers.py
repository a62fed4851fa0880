"""Faults of the path to a root: issuers that are missing or unknown (level 1, RFC 5280, 6)."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, CLIENT_VISIT, EVALUATE, SHOW, Fault, FaultText, of_chain
from pki.model.text_explanation import Where

_PATH = Where.PATH
_NOT_SENT = ("The server sends its own certificate without the intermediate.", "missing-intermediate")
_PRIVATE = (
    "The root is a private one (a test CA, a company's proxy) that this client was not told to trust.",
    "unknown-root",
)
_SIGNED_ITSELF = (
    "The certificate is self-signed and not trusted: Go, Java and GnuTLS have no other words for it.",
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

ISSUER_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "issuer-unknown",
        80,
        _PATH,
        FaultText(
            "no path to a trusted root",
            "The client could not build a path from the server's certificate to a root that it trusts.",
            (_NOT_SENT, _PRIVATE, _SIGNED_ITSELF),
            "whether an intermediate is missing or the root is unknown; both give these very words",
            "how many certificates the server sends (second command)",
            (EVALUATE, SHOW),
            ("chain-complete", "chain-anchor-trusted"),
        ),
        FaultText(
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
        "not-trusted",  # errSecNotTrusted: of its own code, unlike the words around, the source says what it is for
        81,
        _PATH,
        FaultText(
            "no path to a trusted root, most likely for want of a trusted root",
            "The path from the server's certificate does not end in a root that the client trusts.",
            (_PRIVATE, (f"The root is installed, but not trusted. {_INSTALL}.", "unknown-root"), _NOT_SENT),
            "whether the root is unknown or an intermediate is missing: by the source of macOS 26.0 the latter is "
            "-25318; older systems are not known to tell them apart",
            "how many certificates the server sends (second command)",
            (EVALUATE, SHOW),
            ("chain-anchor-trusted", "chain-complete"),
        ),
        FaultText(
            "the client's certificate leads to no CA that the server accepts",
            "The path from the client's certificate does not end in a CA that the server trusts.",
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
        FaultText(
            "the path breaks off, most likely for want of an intermediate",
            "The issuer of the last certificate that was sent is neither sent nor known to the client.",
            (_NOT_SENT, _PRIVATE),
            "an intermediate that was not sent and a private root look the same here",
            "the certificates that the server sends (second command)",
            (EVALUATE, SHOW),
            ("chain-complete", "chain-anchor-trusted"),
        ),
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
            "no accepted CA at the end of the client's chain",
            "The server knows no CA above the client's certificate.",
            (_PRIVATE_CLIENT, _NOT_SENT_CLIENT),
            next=(CLIENT_FILE,),
            rules=("mtls-acceptable-cas", "mtls-identity"),
        ),
    ),
    of_chain(
        "untrusted",
        45,
        _PATH,
        FaultText(
            "trust evaluation failed, for a reason not said",
            "Trust evaluation of the server's chain failed. The words do not say why: it may be the chain (root, "
            "issuer), the name, "
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
        FaultText(
            "the client's certificate was refused, for a reason not said",
            "The server did not accept the certificate that the client showed (or, for servers in Go, that none came).",
            (
                ("It comes from a CA that the server does not accept.", "client-certificate-wrong-ca"),
                ("Its intermediate was not sent.", "client-certificate-missing-intermediate"),
                (
                    "It is expired, revoked, not for clients, or not on the server's list.",
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
