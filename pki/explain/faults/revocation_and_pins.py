"""Faults of revocation, of pins, and of Apple's limits on a CA."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, EVALUATE, Fault, FaultText, of_chain
from pki.model.text_explanation import Where

REVOCATION_AND_PIN_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "revoked",
        88,
        Where.REVOCATION,
        FaultText(
            "a certificate of its chain is revoked",
            "A certificate of the server's chain has been revoked by its CA (OCSP, a CRL, or a list of the system's).",
            (
                ("The CA took it back (a lost or replaced key), and it is still served.", "server-revoked"),
                ("Apple's data blocks it: -67820 stands for that as well.", "server-revoked"),
            ),
            next=(EVALUATE,),
            rules=("cert-not-revoked", "leaf-not-blocked", "ca-not-blocked"),
        ),
        FaultText(
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
        FaultText(
            "whether a certificate is revoked could not be learnt",
            "A revocation answer (a CRL or OCSP) was demanded, and none could be used: missing, out of "
            "date, unreachable "
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
        FaultText(
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
        "pin",
        85,
        Where.PINNING,
        FaultText(
            "its chain has none of the pinned keys",
            "The chain has none of the keys or certificates that the app (or NSPinnedDomains) pins. The "
            "chain itself may "
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
        FaultText(
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
        FaultText(
            "pinning is demanded and nothing pins this host",
            "The program demands pinning (SecTrustPinningRequired in its Info.plist), and no pin is known "
            "for this host.",
            (("A debugging proxy between an Apple program and its server.", "ats-pin"),),
            next=("trustrig explain PinningRequired",),
            rules=("ats-pin-needs-identity",),
        ),
        FaultText(
            "pinning is demanded of the client's chain",
            "The server's system demands a pin for the client's chain and has none.",
            next=("trustrig explain PinningRequired",),
        ),
    ),
    of_chain(
        "pinning-unmet",
        74,
        Where.PINNING,
        FaultText(
            "its chain does not meet the pinning requirements",
            "The sentence stands for several checks: a pinned key that is not there, pinning demanded "
            "without a pin, an "
            "Apple-only anchor, and a revocation answer that was demanded and did not come.",
            (
                ("No certificate of the chain has a pinned key.", "ats-pin"),
                ("A proxy that intercepts TLS is on the way.", "ats-pin"),
                (
                    "Where the code is -67635: a revocation answer was demanded, and none came.",
                    "server-revoked",
                ),
            ),
            "which check it is",
            "the code (-9886, -67612, -67635...) or the line `Trust evaluate failure`",
            (EVALUATE,),
            ("ats-pin-leaf", "ats-pin-ca"),
        ),
        FaultText(
            "the client's chain does not meet the pinning requirements",
            "A pinned property of the client's chain is missing.",
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "ca-limited",
        84,
        Where.PATH,
        FaultText(
            "Apple's data limits this CA to other names or policies",
            "Apple's list of constraints on public CAs (Valid) does not allow this CA for this name or "
            "policy. Fatal: no "
            "exception lifts it.",
            (("A CA whose trust Apple cut down.", "server-certificate-refused"),),
            next=(EVALUATE,),
            rules=("name-constraints",),
        ),
        FaultText(
            "Apple's data limits the CA of the client's certificate",
            "Apple's list of constraints does not allow this CA for this name or policy.",
            next=(CLIENT_FILE,),
        ),
    ),
)
