"""Refusals that a setting or a list of Apple's decides: denied, blocked, limited."""

from __future__ import annotations

from pki.explain.fault import CLIENT_FILE, EVALUATE, Fault, FaultText, of_chain
from pki.model.text_explanation import Where

_PATH = Where.PATH

SETTINGS_FAULTS: tuple[Fault, ...] = (
    of_chain(
        "denied",
        87,
        _PATH,
        FaultText(
            "a trust setting says never",
            "The user or an administrator set a certificate of this chain to 'Never Trust' (a trust "
            "setting that denies).",
            (
                (
                    "Keychain Access > the certificate > Trust, or a profile or a script that set it.",
                    "unknown-root",
                ),
            ),
            next=("security dump-trust-settings; security dump-trust-settings -d",),
            rules=("trust-setting-deny",),
        ),
        FaultText(
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
        FaultText(
            "Apple's own list calls a certificate or key untrusted",
            "The certificate or its key is listed as untrusted in data that Apple sends to devices. To "
            "install and trust "
            "the root does not help.",
            (("A CA whose trust Apple withdrew.", "unknown-root"),),
            next=(EVALUATE,),
            rules=("anchor-not-listed", "chain-anchor-trusted"),
        ),
        FaultText(
            "the client's certificate or key is listed as untrusted",
            "Data of the server's system lists a certificate or key of the client's chain as untrusted.",
            next=(CLIENT_FILE,),
        ),
    ),
    of_chain(
        "blocked",
        87,
        Where.REVOCATION,
        FaultText(
            "a certificate or key of its chain is blocked",
            "Apple's data blocks this certificate or key for everybody; no exception and no trust setting lifts it.",
            (("A certificate that was misissued or stolen, or a key everybody has.", "server-revoked"),),
            next=(EVALUATE,),
            rules=("leaf-not-blocked", "ca-not-blocked"),
        ),
        FaultText(
            "a certificate or key of the client's chain is blocked",
            "Data of the server's system blocks a certificate or key of the client's chain.",
            (("A certificate that was misissued or stolen.", "client-certificate-revoked"),),
            next=(CLIENT_FILE,),
        ),
    ),
)
