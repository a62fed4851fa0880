"""Faults of the handshake's parameters: what the two ends do not share."""

from __future__ import annotations

from pki.explain.fault import CLIENT_VISIT, DIAGNOSE, SHOW, Fault, FaultText, plain
from pki.model.text_explanation import DecidedBy, Where

_PARAMETERS = Where.PARAMETERS
_NONE_IN_COMMON = DecidedBy.NO_COMMON_PARAMETERS

PARAMETER_FAULTS: tuple[Fault, ...] = (
    plain(
        "handshake-failure",
        52,
        _PARAMETERS,
        DecidedBy.SERVER_ENDED,
        FaultText(
            "handshake_failure (alert 40)",
            "The server gave up the handshake and did not say why. Alert 40 stands for parameters that do "
            "not suit and, up "
            "to TLS 1.2, for a client certificate that was required and did not come.",
            (
                (
                    "No version, cipher suite, group or signature algorithm suits both; ATS asks for TLS "
                    "1.2 and forward "
                    "secrecy.",
                    "no-shared-parameters",
                ),
                (
                    "A client certificate is required (TLS 1.2 has no alert of its own for it).",
                    "client-certificate-missing",
                ),
                ("The server has nothing under the name in SNI.", "name-not-served"),
            ),
            "whether parameters or a client certificate are the matter",
            "the server's log; or the command with and without an identity",
            (DIAGNOSE, CLIENT_VISIT),
            ("ats-tls12", "ats-forward-secrecy", "tls-handshake-offered", "mtls-request"),
        ),
    ),
    plain(
        "handshake-failure-by-client",
        52,
        _PARAMETERS,
        DecidedBy.CLIENT_ENDED,
        FaultText(
            "handshake_failure (alert 40)",
            "The client gave up the handshake and did not say why: no parameters (version, cipher suite, "
            "group, signature "
            "algorithm) that suit it, or a check of its own.",
            (("No parameters in common.", "no-shared-parameters"),),
            next=(DIAGNOSE,),
            rules=("ats-tls12", "ats-forward-secrecy", "tls-handshake-offered"),
        ),
    ),
    plain(
        "version",
        66,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "no TLS version suits both, or what answers is no TLS",
            "One end allows only old TLS versions, or only new ones: no protocol version in common. A server that "
            "speaks no TLS at all can look the same.",
            (
                (
                    "The server speaks TLS 1.0 or 1.1 only; Apple's clients ask for 1.2 under ATS.",
                    "version-mismatch",
                ),
                (
                    "One end insists on TLS 1.3 (or the stack of the client is too old for it).",
                    "version-mismatch",
                ),
                ("What answers is not TLS at all.", "not-tls"),
            ),
            "which end it is that does not go along",
            "what the server takes (the command)",
            (DIAGNOSE,),
            ("ats-tls12", "tls-legacy-version"),
        ),
    ),
    plain(
        "suite",
        65,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "no cipher suite suits both",
            "None of the cipher suites that the client offers is on the server's list.",
            (
                ("The server allows only suites without forward secrecy, or old ones.", "no-shared-suite"),
                (
                    "The server has no certificate of the kind (RSA, ECDSA) the suites need.",
                    "no-shared-suite",
                ),
                ("No TLS version in common can read like this, too.", "version-mismatch"),
            ),
            next=(DIAGNOSE, "trustrig explain SUITE   # does an Apple client offer it?"),
            rules=("ats-forward-secrecy", "ats-cipher-suite", "tls-suite-offered"),
        ),
    ),
    plain(
        "version-or-suite",
        64,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "no TLS version or no cipher suite suits both",
            "The two ends share no protocol version or no cipher suite; the text does not say which.",
            (
                ("The server speaks old TLS versions only.", "version-mismatch"),
                ("The server allows only cipher suites that the client does not offer.", "no-shared-suite"),
            ),
            "version or suite",
            "what the server takes (the command)",
            (DIAGNOSE,),
            ("ats-tls12", "ats-forward-secrecy", "tls-legacy-version"),
        ),
    ),
    plain(
        "group",
        65,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "no key-agreement group suits both",
            "The two ends share no group (elliptic curve) for the key agreement.",
            (("The server allows other curves than X25519, P-256, P-384, P-521.", "no-shared-group"),),
            next=(DIAGNOSE,),
            rules=("tls-handshake-offered", "ats-handshake-offered"),
        ),
    ),
    plain(
        "signature-algorithm",
        65,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "no signature algorithm suits both",
            "The two ends share no signature algorithm for the certificate that is to be used.",
            (
                (
                    "The certificate's key (kind, curve, size) fits none of what the other end offers.",
                    "no-shared-signature-algorithm",
                ),
                (
                    "SHA-1 or RSA PKCS #1 v1.5 alone are offered to an end that wants more.",
                    "no-shared-signature-algorithm",
                ),
                (
                    "The server speaks TLS 1.0 or 1.1 alone, whose SHA-1 signatures are refused: no version in common.",
                    "version-mismatch",
                ),
            ),
            next=(DIAGNOSE,),
            rules=("tls-handshake-offered", "tls-key-type"),
        ),
    ),
    plain(
        "alpn",
        66,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "no application protocol (ALPN) in common",
            "The two ends share no application protocol (ALPN): one offers h2 only, say, and the other HTTP/1.1.",
            (("The server or the client insists on one protocol.", "no-application-protocol"),),
            next=("openssl s_client -connect {address} -servername {host} -alpn h2,http/1.1 </dev/null",),
            rules=("tls-alpn-offered",),
        ),
    ),
    plain(
        "sni",
        68,
        Where.NAME,
        DecidedBy.SERVER_REFUSED_CLIENT,
        FaultText(
            "the server serves nothing under the name in SNI",
            "The server (or a proxy in front) has no site for the name that the client sent in SNI. No certificate was "
            "judged.",
            (
                (
                    "The host name in the URL is not one that this server is configured for.",
                    "name-not-served",
                ),
                ("An address was used where the proxy goes by name.", "name-not-served"),
            ),
            next=("openssl s_client -connect {address} -servername {host} </dev/null",),
            rules=("san-dns-match",),
        ),
    ),
    plain(
        "weak-dh",
        66,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "the server's Diffie-Hellman parameters are too short",
            "The Diffie-Hellman (DH) group of the server is smaller than the client takes.",
            (
                (
                    "An old dhparam file of 512, 768 or 1024 bits; offer ECDHE suites instead.",
                    "no-shared-group",
                ),
            ),
            next=(DIAGNOSE,),
            rules=("tls-suite-offered", "ats-cipher-suite"),
        ),
    ),
    plain(
        "fallback",
        66,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "a fallback to an older TLS version was refused",
            "The client tried an older version after its first handshake had failed, and the server, which knows newer "
            "ones, refused that (inappropriate fallback, alert 86, RFC 7507).",
            (
                (
                    "Something cut the first, newer handshake: a network, a filter, a server that was down.",
                    "version-mismatch",
                ),
            ),
            next=(DIAGNOSE,),
            rules=("ats-tls12", "tls-legacy-version"),
        ),
    ),
    plain(
        "renegotiation",
        60,
        _PARAMETERS,
        _NONE_IN_COMMON,
        FaultText(
            "renegotiation is refused",
            "One end wants to renegotiate and the other does not (or only by RFC 5746): often a server that asks for a "
            "client certificate for one path only, or an old server without secure renegotiation.",
            (("A server that lacks RFC 5746, or asks for the certificate late.", "no-shared-parameters"),),
            next=(SHOW,),
            rules=("mtls-post-handshake",),
        ),
    ),
)
