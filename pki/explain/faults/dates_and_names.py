"""Faults of dates and names."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, EVALUATE, Fault, FaultText, of_chain
from pki.model.text_explanation import Where

_PATH, _NAME = Where.PATH, Where.NAME
_DATES = "openssl s_client -connect {address} -servername {host} </dev/null | openssl x509 -noout -dates"
_CLIENT_DATES = "openssl x509 -noout -dates -in CLIENT.pem"
_NAMES = "openssl s_client -connect {address} -servername {host} </dev/null | openssl x509 -noout -ext subjectAltName"

DATE_AND_NAME_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "expired",
        90,
        _PATH,
        FaultText(
            "a certificate of its chain has expired",
            "A certificate of the chain (leaf, intermediate or root) is past its notAfter date, or the "
            "client's clock is "
            "ahead.",
            (
                ("The server was not reloaded after a renewal, or was not renewed.", "server-expired"),
                ("An intermediate or a cross-signed root in the chain ran out.", "server-expired"),
                ("The clock of the client is wrong.", "server-expired"),
            ),
            next=(_DATES, EVALUATE),
            rules=("cert-not-expired",),
        ),
        FaultText(
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
        FaultText(
            "a certificate of its chain is not valid yet",
            "A certificate of the chain is not valid yet: its notBefore date lies ahead, or the client's "
            "clock is behind.",
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
        FaultText(
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
        FaultText(
            "a certificate of its chain is out of its dates",
            "A certificate of the chain is expired or not valid yet (the same words stand for both), or the client's "
            "clock is wrong.",
            (
                ("A certificate of the chain, leaf or CA, is expired.", "server-expired"),
                ("A certificate is not valid yet, or the clock is behind.", "server-not-yet-valid"),
            ),
            "which side of the dates it is, and often which certificate",
            "the dates of each certificate (first command), against this clock",
            (_DATES, EVALUATE),
            ("cert-not-expired", "cert-not-before"),
        ),
        FaultText(
            "the client's certificate is out of its dates: expired or not valid yet",
            "A certificate of the client's chain is expired or not valid yet, or the server's clock is wrong.",
            (
                ("The client's certificate is expired.", "client-certificate-expired"),
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
            "the client's certificate has no usable subjectAltName",
            "The server looks for a name in the client's subjectAltName (SAN) and finds none; the common "
            "name is ignored.",
            (("A certificate with a common name only.", "client-not-allowed"),),
            next=("openssl x509 -noout -subject -ext subjectAltName -in CLIENT.pem",),
            rules=("mtls-identity",),
        ),
    ),
    of_chain(
        "eap-name",
        88,
        _NAME,
        FaultText(
            "the RADIUS server's certificate has none of the trusted EAP names",
            "The name of the RADIUS server (802.1X, Wi-Fi) is none that the profile trusts in TLSTrustedServerNames.",
            (
                ("The profile names another server than the certificate's subjectAltName.", "wrong-host"),
                ("The RADIUS server shows another certificate than before.", "wrong-host"),
            ),
            next=("trustrig inspect WIFI.mobileconfig", "trustrig inspect RADIUS.pem"),
            rules=("san-dns-match",),
        ),
        FaultText(
            "the supplicant's certificate has another name than the RADIUS server expects",
            "The name in the client's certificate is not the identity that the RADIUS server looks for.",
            (("check_cert_cn or an identity that differs from the certificate.", "client-not-allowed"),),
            next=("openssl x509 -noout -subject -ext subjectAltName -in CLIENT.pem",),
            rules=("mtls-identity",),
        ),
    ),
)
