"""Faults of dates, names and what a server's certificate must be: level 2 and what stands beside it."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, EVALUATE, Fault, Telling, of_chain
from pki.model.explained import Where

_PATH, _NAME, _RULES = Where.PATH, Where.NAME, Where.SERVER_RULES
_DATES = "openssl s_client -connect {address} -servername {host} </dev/null | openssl x509 -noout -dates"
_CLIENT_DATES = "openssl x509 -noout -dates -in CLIENT.pem"
_NAMES = "openssl s_client -connect {address} -servername {host} </dev/null | openssl x509 -noout -ext subjectAltName"
_CLIENT_PURPOSE = "openssl x509 -noout -ext extendedKeyUsage -in CLIENT.pem"

RULE_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "expired",
        90,
        _PATH,
        Telling(
            "a certificate of its chain has expired",
            "A certificate of the chain (leaf, intermediate or root) is past its notAfter date, or the client's clock is "
            "ahead.",
            (
                ("The server was not reloaded after a renewal, or was not renewed.", "server-expired"),
                ("An intermediate or a cross-signed root in the chain ran out.", "server-expired"),
                ("The clock of the client is wrong.", "server-expired"),
            ),
            next=(_DATES, EVALUATE),
            rules=("cert-not-expired",),
        ),
        Telling(
            "the client's certificate has expired",
            "A certificate of the client's chain is past its notAfter date, or the server's clock is ahead.",
            (
                ("The client's identity was not renewed.", "client-certificate-expired"),
                ("Its CA expired, or the server's clock is wrong.", "client-certificate-expired"),
            ),
            next=(_CLIENT_DATES, CLIENT_FILE),
            rules=("cert-not-expired", "mtls-identity"),
        ),
    ),
    of_chain(
        "not-yet-valid",
        90,
        _PATH,
        Telling(
            "a certificate of its chain is not valid yet",
            "A certificate of the chain is not valid yet: its notBefore date lies ahead, or the client's clock is behind.",
            (
                (
                    "The clock of the client (a new device, a simulator, a virtual machine) is behind.",
                    "server-not-yet-valid",
                ),
                ("The certificate was issued with a start in the future.", "server-not-yet-valid"),
            ),
            next=(_DATES, EVALUATE),
            rules=("cert-not-before",),
        ),
        Telling(
            "the client's certificate is not valid yet",
            "A certificate of the client's chain has a notBefore date ahead, or the server's clock is behind.",
            (("A clock is wrong, or the certificate starts later.", "client-certificate-not-yet-valid"),),
            next=(_CLIENT_DATES,),
            rules=("cert-not-before",),
        ),
    ),
    of_chain(
        "validity",
        89,
        _PATH,
        Telling(
            "a certificate of its chain is out of its dates",
            "A certificate of the chain is expired or not valid yet (the same words stand for both), or the client's "
            "clock is wrong.",
            (
                ("A certificate of the chain, leaf or CA, has expired.", "server-expired"),
                ("A certificate is not valid yet, or the clock is behind.", "server-not-yet-valid"),
            ),
            "which side of the dates it is, and often which certificate",
            "the dates of each certificate (first command), against this clock",
            (_DATES, EVALUATE),
            ("cert-not-expired", "cert-not-before"),
        ),
        Telling(
            "the client's certificate is out of its dates: expired or not valid yet",
            "A certificate of the client's chain is expired or not valid yet, or the server's clock is wrong.",
            (
                ("The client's certificate has expired.", "client-certificate-expired"),
                ("It is not valid yet, or a clock is wrong.", "client-certificate-not-yet-valid"),
            ),
            "which side of the dates it is",
            "the dates themselves",
            (_CLIENT_DATES,),
            ("cert-not-expired", "cert-not-before"),
        ),
    ),
    of_chain(
        "name",
        88,
        _NAME,
        Telling(
            "its certificate is for other names",
            "The host name or address that the client asked for is none of the names in the certificate's "
            "subjectAltName. Only that extension counts; the common name is not looked at.",
            (
                ("The URL uses another name (or an IP address) than the certificate.", "wrong-host"),
                ("Another virtual host or a proxy answered: check DNS and SNI.", "wrong-host"),
                ("A wildcard stands for one label only, and never for an address.", "wrong-host"),
            ),
            next=(_NAMES, EVALUATE),
            rules=("san-dns-match", "san-ip-type", "san-no-cn-fallback"),
        ),
        Telling(
            "the client's certificate is for another name than the server expects",
            "A name in the client's certificate (subjectAltName or subject) is not the one the server asks for.",
            (
                (
                    "The user, host or address expected by the server stands in another field.",
                    "client-not-allowed",
                ),
            ),
            next=("openssl x509 -noout -subject -ext subjectAltName -in CLIENT.pem",),
            rules=("mtls-identity",),
        ),
    ),
    of_chain(
        "no-san",
        89,
        _NAME,
        Telling(
            "its certificate has no usable subjectAltName",
            "The certificate lacks a subjectAltName (SAN) that fits; the common name (CN) is not looked at any more, "
            "not by Apple (since iOS 13) and not by Go.",
            (
                ("A certificate made the old way, with a common name only.", "wrong-host"),
                ("An IP address must stand in the SAN as an address, not as a DNS name.", "wrong-host"),
            ),
            next=("trustrig issue server {host}   # with the name in the SAN", _NAMES),
            rules=("san-no-cn-fallback", "san-dns-match", "san-ip-type"),
        ),
        Telling(
            "the client's certificate has no usable subjectAltName",
            "The server looks for a name in the client's subjectAltName (SAN) and finds none; the common name is ignored.",
            (("A certificate with a common name only.", "client-not-allowed"),),
            next=("openssl x509 -noout -subject -ext subjectAltName -in CLIENT.pem",),
            rules=("mtls-identity",),
        ),
    ),
    of_chain(
        "eap-name",
        88,
        _NAME,
        Telling(
            "the RADIUS server's certificate has none of the trusted EAP names",
            "The name of the RADIUS server (802.1X, Wi-Fi) is none that the profile trusts in TLSTrustedServerNames.",
            (
                ("The profile names another server than the certificate's subjectAltName.", "wrong-host"),
                ("The RADIUS server shows another certificate than before.", "wrong-host"),
            ),
            next=("trustrig inspect WIFI.mobileconfig", "trustrig inspect RADIUS.pem"),
            rules=("san-dns-match",),
        ),
        Telling(
            "the supplicant's certificate has another name than the RADIUS server expects",
            "The name in the client's certificate is not the identity that the RADIUS server looks for.",
            (("check_cert_cn or an identity that differs from the certificate.", "client-not-allowed"),),
            next=("openssl x509 -noout -subject -ext subjectAltName -in CLIENT.pem",),
            rules=("mtls-identity",),
        ),
    ),
    of_chain(
        "purpose",
        88,
        _RULES,
        Telling(
            "its certificate is for another purpose",
            "The extended key usage (EKU) or key usage of the server's certificate, or of a CA above it, does not allow "
            "TLS server authentication.",
            (
                ("A client's or a signing certificate is used for a server.", "server-purpose"),
                ("The EKU lacks serverAuth; Apple asks for it by name.", "server-purpose"),
                ("A CA above it is limited to other purposes.", "server-purpose"),
            ),
            next=(EVALUATE,),
            rules=("tls-eku-server-auth", "tls-eku-compatible", "tls-eku-subca"),
        ),
        Telling(
            "the client's certificate is not for clients",
            "The extended key usage (EKU) or key usage of the client's certificate, or of its CA, does not allow client "
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
        Telling(
            "a key in its chain is too small",
            "A key of the chain is too small or weak: Apple asks for RSA of 2048 bits and EC of 256, other clients for "
            "what their security level says.",
            (("An RSA key of 1024 bits, or an old curve.", "server-weak-key"),),
            "which certificate's key it is",
            "evaluating the chain",
            (EVALUATE,),
            ("tls-rsa-2048", "tls-ec-256", "key-not-broken"),
        ),
        Telling(
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
        Telling(
            "a signature in its chain uses too weak a digest",
            "A certificate of the chain is signed with SHA-1 or MD5. Sign it again with SHA-256 or longer (SHA-2).",
            (("An old CA, or `openssl` with an old -sha1 setting, signed it.", "server-weak-signature"),),
            "whether it is SHA-1 or MD5, and which certificate",
            "evaluating the chain",
            (EVALUATE,),
            ("tls-sha2-signature", "signature-not-broken"),
        ),
        Telling(
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
        Telling(
            "a key or a signature in its chain is too weak",
            "The chain uses an algorithm that the client calls insecure: a key that is too small (RSA below 2048 bits, EC "
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
        Telling(
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
        Telling(
            "its certificate is valid for too long",
            "The validity period is over the limit: 825 days from any CA (a root of your own included), 398 days from "
            "a public CA.",
            (("A test certificate made for years.", "server-certificate-refused"),),
            next=("trustrig issue server {host}   # within the limit", EVALUATE),
            rules=("tls-validity-825", "tls-validity-398"),
        ),
        Telling(
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
        Telling(
            "Certificate Transparency is not satisfied",
            "The certificate comes from a public CA and lacks enough SCTs (signed certificate timestamps) from logs that "
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
        Telling(
            "Certificate Transparency is asked of the client's certificate",
            "The server asks for SCTs (Certificate Transparency) in the client's certificate.",
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "revoked",
        88,
        Where.REVOCATION,
        Telling(
            "a certificate of its chain is revoked",
            "A certificate of the server's chain has been revoked by its CA (OCSP, a CRL, or a list of the system's).",
            (("The key was lost or replaced, and the old certificate is still served.", "server-revoked"),),
            next=(EVALUATE,),
            rules=("cert-not-revoked", "leaf-not-blocked", "ca-not-blocked"),
        ),
        Telling(
            "the client's certificate is revoked",
            "The client's certificate stands in the list of revoked certificates (CRL or OCSP) that the server asks.",
            (
                (
                    "It was taken back and replaced: the client must use the new one.",
                    "client-certificate-revoked",
                ),
            ),
            next=("openssl verify -crl_check -CRLfile CRL.pem -CAfile ROOT.pem CLIENT.pem",),
            rules=("cert-not-revoked", "mtls-identity"),
        ),
    ),
    of_chain(
        "revocation-unknown",
        80,
        Where.REVOCATION,
        Telling(
            "whether a certificate is revoked could not be learnt",
            "A revocation answer (a CRL or OCSP) was demanded, and none could be used: missing, out of date, unreachable "
            "or not signed as it must be. Nothing says that the certificate is revoked.",
            (
                (
                    "The CRL or OCSP server is not reached, as in a network without Internet.",
                    "server-revoked",
                ),
                ("The CRL file is missing or out of date.", "server-revoked"),
            ),
            next=("trustrig crl show CRL.pem", EVALUATE),
            rules=("revocation-known",),
        ),
        Telling(
            "whether the client's certificate is revoked could not be learnt",
            "The server looks into CRLs, and none can be used for the client's issuer: missing, out of date, or of "
            "another CA. Nothing says that the certificate is revoked.",
            (
                (
                    "The server's CRL file is out of date or lacks the intermediate's list.",
                    "client-certificate-revocation-unknown",
                ),
            ),
            next=("trustrig crl show CRL.pem",),
            rules=("revocation-known",),
        ),
    ),
    of_chain(
        "compliance",
        72,
        _RULES,
        Telling(
            "its chain breaks a rule of Apple's 'standards compliant' group",
            "The sentence stands for a group of rules and does not say which: validity over 825 or 398 days, Certificate "
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
        Telling(
            "the client's chain breaks a rule of Apple's 'standards compliant' group",
            "The sentence stands for a group of rules: validity, basicConstraints, key identifiers, extensions.",
            next=(CLIENT_FILE,),
            rules=("ca-basic-constraints", "aki-ski-linkage"),
        ),
    ),
    of_chain(
        "pin",
        85,
        Where.PINNING,
        Telling(
            "its chain has none of the pinned keys",
            "The chain has none of the keys or certificates that the app (or NSPinnedDomains) pins. The chain itself may "
            "be fine.",
            (
                ("The server's certificate was renewed with a new key, and the pin was not.", "ats-pin"),
                ("A proxy that intercepts TLS shows certificates of its own.", "ats-pin"),
            ),
            "whether the server changed its key or something else answers",
            "the key that is served, against the pin",
            (EVALUATE,),
            ("ats-pin-leaf", "ats-pin-ca"),
        ),
        Telling(
            "the client's certificate is not the one that the server pins",
            "The server knows this client by a pinned certificate or key, and another was shown.",
            (("The identity was renewed, and the server's pin was not.", "client-not-allowed"),),
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "pinning-required",
        85,
        Where.PINNING,
        Telling(
            "pinning is demanded and nothing pins this host",
            "The program demands pinning (SecTrustPinningRequired in its Info.plist), and no pin is known for this host.",
            (("A debugging proxy between an Apple program and its server.", "ats-pin"),),
            next=("trustrig explain PinningRequired",),
            rules=("ats-pin-needs-identity",),
        ),
        Telling(
            "pinning is demanded of the client's chain",
            "The server's system demands a pin for the client's chain and has none.",
            next=("trustrig explain PinningRequired",),
        ),
    ),
    of_chain(
        "pinning-unmet",
        74,
        Where.PINNING,
        Telling(
            "its chain does not meet the pinning requirements",
            "The sentence stands for several checks: a pinned key that is not there, pinning demanded without a pin, an "
            "Apple-only anchor, and a revocation answer that was demanded and did not come.",
            (
                ("No certificate of the chain has a pinned key.", "ats-pin"),
                ("A proxy that intercepts TLS is on the way.", "ats-pin"),
                ("A revocation answer was demanded (-67635) and none came.", "server-revoked"),
            ),
            "which check it is",
            "the code (-9886, -67612, -67635...) or the line `Trust evaluate failure`",
            (EVALUATE,),
            ("ats-pin-leaf", "ats-pin-ca"),
        ),
        Telling(
            "the client's chain does not meet the pinning requirements",
            "A pinned property of the client's chain is missing.",
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "ca-limited",
        84,
        Where.PATH,
        Telling(
            "Apple's data limits this CA to other names or policies",
            "Apple's list of constraints on public CAs (Valid) does not allow this CA for this name or policy. Fatal: no "
            "exception lifts it.",
            (("A CA whose trust Apple cut down.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("name-constraints",),
        ),
        Telling(
            "Apple's data limits the CA of the client's certificate",
            "Apple's list of constraints does not allow this CA for this name or policy.",
            next=(CLIENT_FILE,),
        ),
    ),
)
