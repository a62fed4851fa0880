"""What is no TLS, and TLS that breaks in the protocol itself; codes that do not say why."""

from __future__ import annotations

from pki.explain.fault import DIAGNOSE, EVALUATE, SHOW, Fault, FaultText, plain
from pki.model.text_explanation import DecidedBy, Where

_PARAMETERS = Where.PARAMETERS
_PLAIN = "curl -v http://{address}/   # does plain HTTP answer there?"

PROTOCOL_FAULTS: tuple[Fault, ...] = (
    plain(
        "not-tls",
        64,
        _PARAMETERS,
        DecidedBy.NOT_TLS,
        FaultText(
            "what answered is not TLS",
            "What came back on that port does not speak TLS: usually plain HTTP, or a proxy's answer.",
            (
                ("https:// with the port of http, or a server whose TLS is not switched on.", "not-tls"),
                ("A protocol that begins in the clear (STARTTLS: SMTP, IMAP, PostgreSQL).", "not-tls"),
                ("A proxy or a captive portal that answers in the server's place.", "not-tls"),
            ),
            next=(_PLAIN, EVALUATE),
            rules=(),
        ),
    ),
    plain(
        "http-on-tls",
        64,
        _PARAMETERS,
        DecidedBy.NOT_TLS,
        FaultText(
            "a plain HTTP request came to the TLS port",
            "The client spoke plain HTTP to a port that expects TLS (HTTPS).",
            (
                ("http:// with the port of https.", "plain-http"),
                ("A load balancer or health check that ends TLS and goes on in the clear.", "plain-http"),
            ),
            next=("curl -v https://{address}/",),
            rules=(),
        ),
    ),
    plain(
        "not-tls-from-client",
        60,
        _PARAMETERS,
        DecidedBy.NOT_TLS,
        FaultText(
            "what the client sent is not the TLS that the server expects",
            "The server read something that is no TLS record of a version it knows: plain HTTP or another "
            "protocol on the "
            "TLS port, a scanner, or a client that offers only other TLS versions.",
            (
                ("A plain http:// request, or a protocol without TLS, on this port.", "plain-http"),
                ("A client whose TLS versions the server does not allow.", "version-mismatch"),
            ),
            next=("openssl s_client -connect {address} </dev/null",),
            rules=(),
        ),
    ),
    plain(
        "no-tls-offered",
        64,
        _PARAMETERS,
        DecidedBy.NOT_TLS,
        FaultText(
            "the server does not go on in TLS",
            "The server answered in its own protocol and does not offer TLS (STARTTLS, sslmode), so no "
            "handshake began.",
            (("TLS is switched off in the server's configuration, or another port has it.", "no-starttls"),),
            next=("openssl s_client -connect {address} -starttls PROTOCOL </dev/null",),
        ),
    ),
    plain(
        "protocol-error",
        42,
        _PARAMETERS,
        DecidedBy.UNCLEAR,
        FaultText(
            "TLS failed in the protocol itself",
            "The handshake broke at a message that one end could not take, below any certificate. No certificate was "
            "judged as far as this text says.",
            (
                ("What answers is not TLS: plain HTTP, a proxy, another protocol on that port.", "not-tls"),
                ("The versions or parameters that the two ends insist on differ.", "version-mismatch"),
                ("A box on the way changes or cuts the handshake.", "protocol-error"),
            ),
            "which of these it is",
            "the same connection with another tool (the command)",
            (SHOW, DIAGNOSE),
        ),
    ),
    plain(
        "bad-record",
        44,
        _PARAMETERS,
        DecidedBy.UNCLEAR,
        FaultText(
            "a record could not be decrypted",
            "Bytes changed on the way, the two ends have different keys, or an implementation is at fault. "
            "No certificate "
            "is the matter.",
            (
                (
                    "A proxy or load balancer that mixes connections, or broken hardware offload.",
                    "protocol-error",
                ),
            ),
            next=(SHOW,),
        ),
    ),
    plain(
        "internal-error",
        56,
        _PARAMETERS,
        DecidedBy.SERVER_ENDED,
        FaultText(
            "internal_error (alert 80)",
            "The server failed for a reason of its own (internal error); it judged nothing about the client.",
            (
                ("A fault in the server's configuration or code: look at its log.", "protocol-error"),
                (
                    "CDNs and proxies answer like this for a name (SNI) that they do not serve.",
                    "name-not-served",
                ),
            ),
            next=("openssl s_client -connect {address} -servername {host} </dev/null",),
        ),
    ),
    plain(
        "tls-failed",
        31,
        _PARAMETERS,
        DecidedBy.UNCLEAR,
        FaultText(
            "TLS did not come about, and the code does not say why",
            "The handshake failed. The stream code beside it (_kCFStreamErrorCodeKey) decides whether it was trust.",
            (
                (
                    "-9802: nearly always trust under ATS (app transport security); -9807, -9813: trust without ATS.",
                    "unknown-root",
                ),
                ("-9824, -9836: the server declined the parameters.", "no-shared-parameters"),
                ("-9816, -9806: the connection was cut by the server, a proxy or a filter.", "closed"),
            ),
            "which of these it is",
            "_kCFStreamErrorCodeKey in the error's userInfo, or evaluating the server",
            (EVALUATE, DIAGNOSE),
            ("chain-anchor-trusted", "ats-default-trust", "ats-tls12"),
        ),
    ),
    plain(
        "handshake-failed",
        40,
        _PARAMETERS,
        DecidedBy.UNCLEAR,
        FaultText(
            "the handshake did not finish, and the text does not say why",
            "A catch-all for a handshake that failed. It is no proof of a problem with cipher suites.",
            (
                (
                    "The certificate was refused: by the app's own check, or by the system's trust evaluation.",
                    "server-certificate-refused",
                ),
                (
                    "A client certificate was wanted and missing, or refused by the server.",
                    "client-certificate-refused",
                ),
                ("No TLS version or cipher suite suits both.", "no-shared-parameters"),
            ),
            "trust, client certificate or parameters",
            "the log of the other end, and the two commands",
            (EVALUATE, DIAGNOSE),
            ("chain-anchor-trusted", "mtls-request", "tls-handshake-offered"),
        ),
    ),
    plain(
        "peer-signature",
        70,
        Where.PARAMETERS,
        DecidedBy.UNCLEAR,
        FaultText(
            "the other end's signature over the handshake does not verify",
            "A signature or a Finished message of the other end did not verify: its certificate and private key are no "
            "pair, or a box on the way changed the handshake.",
            (
                (
                    "Certificate and private key in the other end's configuration do not belong together.",
                    "protocol-error",
                ),
            ),
            next=(SHOW,),
        ),
    ),
    plain(
        "psk",
        60,
        _PARAMETERS,
        DecidedBy.SERVER_REFUSED_CLIENT,
        FaultText(
            "the pre-shared key or its identity is not known",
            "The server works with pre-shared keys and does not know this identity (or the key differs).",
            (("Identity or key differ between the two ends.", "no-shared-parameters"),),
            next=("trustrig psk connect {address} --psk-identity NAME --psk-file FILE",),
        ),
    ),
)
