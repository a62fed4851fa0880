"""App Transport Security, and the client's identity: missing, refused, of no use."""

from __future__ import annotations

from pki.explain.fault import CLIENT_VISIT, DIAGNOSE, Fault, FaultText, plain
from pki.model.text_explanation import DecidedBy, Where

_CLIENT, _ATS = Where.CLIENT, Where.ATS

ATS_AND_CLIENT_FAULTS: tuple[Fault, ...] = (
    plain(
        "ats-trust",
        50,
        _ATS,
        DecidedBy.CLIENT_REFUSED_SERVER,
        FaultText(
            "TLS was broken off with a fatal alert, under ATS nearly always for trust",
            "-9802 is a fatal alert, sent or received. Under App Transport Security (ATS) every failed "
            "trust evaluation "
            "looks like this.",
            (
                (
                    "The chain is not trusted by the system: private root, missing intermediate, an anchor "
                    "that only the "
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
            "access_denied (alert 49)",
            "A client certificate may be valid and the server's access control still says no. GnuTLS sends "
            "this alert for "
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
        FaultText(
            "a signature did not verify (decrypt_error, alert 51)",
            "The server could not verify a signature or a Finished message. With a client certificate it "
            "is the client's "
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
        "client-forbidden",
        58,
        _CLIENT,
        DecidedBy.SERVER_REFUSED_CLIENT,
        FaultText(
            "the server's policy says no, after TLS",
            "The handshake went through, and the answer inside it refuses: about a client certificate or "
            "about the user.",
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
    plain(  # curl lib/vtls/openssl.c, ossl_connect_step2
        "verification-without-reason",
        43,
        _CLIENT,
        DecidedBy.UNCLEAR,
        FaultText(
            "a certificate was not accepted, and curl found nothing wrong with the server's",
            "With OpenSSL curl prints this sentence, without a reason behind it, when its own verification "
            "succeeded. It is "
            "what it makes of a server's alert certificate_expired: a client certificate that the server "
            "calls expired.",
            (
                (
                    "The server did not accept the client's certificate: expired, or the server's clock is wrong.",
                    "client-certificate-expired",
                ),
                (
                    "Another verifier than OpenSSL's (the system's, a callback) did not trust the server's chain.",
                    "server-certificate-refused",
                ),
            ),
            "which of the two certificates it is about",
            "curl -v: a line with `TLS alert, certificate expired` marked (IN) is the server's",
            ("openssl x509 -noout -dates -in CLIENT.pem", CLIENT_VISIT),
            ("mtls-identity", "cert-not-expired"),
        ),
    ),
)
