"""Faults of the connection: parameters, what is no TLS, ATS, the client's identity that is missing or of no use."""

from __future__ import annotations

from pki.explain.fault import CLIENT_VISIT, DIAGNOSE, EVALUATE, SHOW, Fault, Telling, plain
from pki.model.explained import DecidedBy, Where

_PARAMETERS, _CLIENT, _ATS = Where.PARAMETERS, Where.CLIENT, Where.ATS
_NONE_IN_COMMON = DecidedBy.NO_COMMON_PARAMETERS
_PLAIN = "curl -v http://{address}/   # does plain HTTP answer there?"

CONNECTION_FAULTS: tuple[Fault, ...] = (
    plain(
        "handshake-failure",
        52,
        _PARAMETERS,
        DecidedBy.SERVER_ENDED,
        Telling(
            "handshake_failure (alert 40)",
            "The server gave up the handshake and did not say why. Alert 40 stands for parameters that do not suit and, up "
            "to TLS 1.2, for a client certificate that was required and did not come.",
            (
                (
                    "No version, cipher suite, group or signature algorithm suits both; ATS asks for TLS 1.2 and forward "
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
        Telling(
            "handshake_failure (alert 40)",
            "The client gave up the handshake and did not say why: no parameters (version, cipher suite, group, signature "
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
        Telling(
            "no TLS version suits both",
            "One end allows only old TLS versions, or only new ones: no protocol version in common.",
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
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
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
        Telling(
            "renegotiation is refused",
            "One end wants to renegotiate and the other does not (or only by RFC 5746): often a server that asks for a "
            "client certificate for one path only, or an old server without secure renegotiation.",
            (("A server that lacks RFC 5746, or asks for the certificate late.", "no-shared-parameters"),),
            next=(SHOW,),
            rules=("mtls-post-handshake",),
        ),
    ),
    plain(
        "not-tls",
        64,
        _PARAMETERS,
        DecidedBy.NOT_TLS,
        Telling(
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
        Telling(
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
        Telling(
            "what the client sent is not the TLS that the server expects",
            "The server read something that is no TLS record of a version it knows: plain HTTP or another protocol on the "
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
        Telling(
            "the server does not go on in TLS",
            "The server answered in its own protocol and does not offer TLS (STARTTLS, sslmode), so no handshake began.",
            (("TLS is switched off in the server's configuration, or another port has it.", "no-starttls"),),
            next=("openssl s_client -connect {address} -starttls PROTOCOL </dev/null",),
        ),
    ),
    plain(
        "protocol-error",
        42,
        _PARAMETERS,
        DecidedBy.UNCLEAR,
        Telling(
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
        Telling(
            "a record could not be decrypted",
            "Bytes changed on the way, the two ends have different keys, or an implementation is at fault. No certificate "
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
        Telling(
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
        Telling(
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
        Telling(
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
        "ats-trust",
        50,
        _ATS,
        DecidedBy.CLIENT_REFUSED_SERVER,
        Telling(
            "TLS was broken off with a fatal alert, under ATS nearly always for trust",
            "-9802 is a fatal alert, sent or received. Under App Transport Security (ATS) every failed trust evaluation "
            "looks like this.",
            (
                (
                    "The chain is not trusted by the system: private root, missing intermediate, an anchor that only the "
                    "app sets.",
                    "unknown-root",
                ),
                (
                    "The name, the dates, a key, a digest or the lifetime break a rule.",
                    "server-certificate-refused",
                ),
                ("A pin of NSPinnedDomains; then TLS version or cipher suite.", "ats-pin"),
                (
                    "An alert from the other side about the client's identity (state 2 or 3 in "
                    "NSErrorClientCertificateStateKey).",
                    "client-certificate-refused",
                ),
            ),
            "which rule it was",
            "`ATS failed system trust` in the log says trust; evaluating names the rule",
            ("trustrig evaluate {url} --anchor ROOT.pem --info-plist Info.plist", DIAGNOSE),
            ("ats-default-trust", "chain-anchor-trusted", "chain-complete", "san-dns-match"),
        ),
    ),
    plain(
        "ats-rule",
        62,
        _ATS,
        DecidedBy.CLIENT_REFUSED_SERVER,
        Telling(
            "App Transport Security (ATS) refused the connection",
            "A requirement of ATS beyond trust is not met: TLS version, cipher suite, key size, or digest.",
            (
                ("TLS below 1.2, or a cipher suite without forward secrecy.", "ats-version"),
                ("A key below RSA 2048 or EC 256, or a signature below SHA-256.", "ats-certificate"),
            ),
            "which requirement it is, unless the code names it",
            "Apple's configurations, one after another (the command)",
            (DIAGNOSE,),
            ("ats-tls12", "ats-forward-secrecy", "ats-key-size", "ats-hash-sha256"),
        ),
    ),
    plain(
        "ats-cleartext",
        70,
        _ATS,
        DecidedBy.NOT_A_TRUST_DECISION,
        Telling(
            "App Transport Security (ATS) blocked a plain http:// load",
            "ATS stopped a cleartext http:// request before anything was sent. No certificate was looked at.",
            (("The URL begins with http://; use https://, or an exception for this domain.", ""),),
            next=("trustrig ats Info.plist --host {host}",),
            rules=("ats-arbitrary-ignored", "ats-host-unlisted"),
        ),
    ),
    plain(
        "client-certificate-missing",
        86,
        _CLIENT,
        DecidedBy.SERVER_REFUSED_CLIENT,
        Telling(
            "it requires a client certificate, and none was sent",
            "The server requires a client certificate (mutual TLS), and the client sent none.",
            (
                (
                    "The app does not answer NSURLAuthenticationMethodClientCertificate, or finds no identity.",
                    "client-certificate-missing",
                ),
                (
                    "The identity is not from a CA that the server names, so the client keeps it.",
                    "client-certificate-missing",
                ),
            ),
            next=(CLIENT_VISIT,),
            rules=("mtls-request", "mtls-identity-answer", "mtls-acceptable-cas"),
        ),
    ),
    plain(
        "client-certificate-or-missing",
        84,
        _CLIENT,
        DecidedBy.SERVER_REFUSED_CLIENT,
        Telling(
            "the client certificate is missing or was refused",
            "The server wants a client certificate; none was sent, or the one that was sent is not accepted.",
            (
                ("No identity was chosen or found.", "client-certificate-missing"),
                (
                    "It comes from another CA, is out of date, or is not for clients.",
                    "client-certificate-refused",
                ),
            ),
            "missing or refused",
            "the server's log",
            (CLIENT_VISIT,),
            ("mtls-request", "mtls-identity", "mtls-acceptable-cas"),
        ),
    ),
    plain(
        "client-certificate-requested",
        46,
        _CLIENT,
        DecidedBy.UNCLEAR,
        Telling(
            "the server asks for a client certificate",
            "The server asked for a client certificate. By itself that is no refusal; a request without one may be.",
            (("No identity was chosen for the request.", "client-certificate-missing"),),
            next=(CLIENT_VISIT,),
            rules=("mtls-request",),
        ),
    ),
    plain(
        "access-denied",
        70,
        _CLIENT,
        DecidedBy.SERVER_REFUSED_CLIENT,
        Telling(
            "access_denied (alert 49)",
            "A client certificate may be valid and the server's access control still says no. GnuTLS sends this alert for "
            "whatever it minds in a certificate.",
            (("The client's name is not on the server's list.", "client-not-allowed"),),
            next=(CLIENT_VISIT,),
            rules=("mtls-identity",),
        ),
    ),
    plain(
        "client-signature",
        70,
        _CLIENT,
        DecidedBy.SERVER_REFUSED_CLIENT,
        Telling(
            "a signature did not verify (decrypt_error, alert 51)",
            "The server could not verify a signature or a Finished message. With a client certificate it is the client's "
            "own signature: certificate and private key are no pair, or the key signs wrongly.",
            (
                (
                    "The client's certificate and private key do not belong together.",
                    "client-certificate-refused",
                ),
                (
                    "A smart card, a driver or RSA-PSS that signs wrongly; a box that changes the handshake.",
                    "protocol-error",
                ),
            ),
            next=(
                "openssl x509 -noout -pubkey -in CLIENT.pem; openssl pkey -pubout -in KEY.pem   # the same?",
            ),
            rules=("mtls-identity",),
        ),
    ),
    plain(
        "peer-signature",
        70,
        Where.PARAMETERS,
        DecidedBy.UNCLEAR,
        Telling(
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
        Telling(
            "the pre-shared key or its identity is not known",
            "The server works with pre-shared keys and does not know this identity (or the key differs).",
            (("Identity or key differ between the two ends.", "no-shared-parameters"),),
            next=("trustrig psk connect {address} --key-file KEY",),
        ),
    ),
    plain(
        "client-forbidden",
        58,
        _CLIENT,
        DecidedBy.SERVER_REFUSED_CLIENT,
        Telling(
            "the server's policy says no, after TLS",
            "The handshake went through, and the answer inside it refuses: about a client certificate or about the user.",
            (
                ("The client's certificate is good, and not on the list.", "client-not-allowed"),
                (
                    "No client certificate was sent where one is needed for this path.",
                    "client-certificate-missing",
                ),
            ),
            next=(CLIENT_VISIT,),
            rules=("mtls-identity",),
        ),
    ),
)
