"""What other tools call what a command of ours does: words of mkcert, step, openssl, certbot, and of plain habit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pki.model.suggestion import did_you_mean, near_words
from pki_cli.wrong_usage import UsageKind, WrongUsage, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LIKENESS = 0.85  # of a slip in a word that is only a synonym: more than elsewhere, as there are many

_JUDGE = (
    "`trustrig evaluate CHAIN --host NAME` says whether an Apple client would trust it; "
    "`trustrig inspect FILE --check` whether a file is as it should be"
)
_LOOK = "`trustrig inspect FILE` says what is in it; `trustrig list` what was issued"
_MAKE = "`trustrig init` makes an authority; `trustrig issue server NAME` a server's identity"
_LEAF = "`trustrig issue server NAME` makes a server's identity; `trustrig issue client NAME` a client's"
_TAKE_BACK = (
    "`trustrig revoke NAME` takes a certificate back; `trustrig uninstall` what `trustrig install` put there"
)
_LIVE = "`trustrig evaluate https://HOST:PORT` judges a live server; `trustrig diagnose` tries ATS on it"
_OURS = "`trustrig serve` has servers, good and bad; `trustrig handshake` client and server, both ours"
_DEVICES = "`trustrig install simulator`, `trustrig install mac` or `trustrig install device` says where to"
_WHY = "`trustrig explain TEXT` reads an error message, a log, a rule id or a code"
_CATALOGUE = "`trustrig scenarios list` has them; `trustrig serve` serves them"
_MANY = "`trustrig audit SOURCE` says of many chains which break, when, and by which rule"
_FRONT = "`trustrig front URL --name HOST` puts TLS, good and bad, before your own server"
_PKCS12 = "`trustrig export p12 NAME -o FILE` writes one; `trustrig inspect FILE` says who opens one"

# The words that stand before it; a word, or several that mean one thing; what to type instead.
_BY_COMMAND: Final[dict[str, dict[str, str]]] = {
    "": {
        "verify check validate test lint judge assess": _JUDGE,
        "show view print info dump cat describe decode parse x509 asn1parse read open file": _LOOK,
        "create new add generate gen make mk": _MAKE,
        "cert certificate crt leaf identity certonly get request gencert newcert": _LEAF,
        "server": f"`trustrig issue server NAME` makes its identity. {_OURS}",
        "client": "`trustrig issue client NAME` makes its identity",
        "csr sign req": "`trustrig issue csr FILE` certifies a request",
        "ca root authority bootstrap setup start-ca genrsa genpkey ecparam": "`trustrig init` makes an authority",
        "intermediate subca sub-ca": "`trustrig issue intermediate NAME` makes an authority below yours",
        "cross": "`trustrig issue cross AUTHORITY` certifies another authority",
        "rm delete remove del destroy drop": _TAKE_BACK,
        "ls certificates certs identities issued": "`trustrig list` says what was issued",
        "s_client connect scan probe ping curl tls ssl nscurl openssl": _LIVE,
        "s_server listen start web host up": _OURS,
        "mtls mutual": "`trustrig handshake --client NAME` runs mutual TLS against our own server",
        "p12 pkcs12 pfx": _PKCS12,
        "pem der key": "`trustrig export pem NAME -o DIR` writes certificate and key",
        "mobileconfig profile": "`trustrig export profile -o FILE` writes one for devices",
        "keystore truststore jks keytool": "`trustrig export keystore NAME -o FILE` writes one for Java",
        "snippets swift code": "`trustrig export snippets NAME` writes Swift and Info.plist",
        "trust simulator device mac macos iphone ipad ios phone sim keychain": _DEVICES,
        "untrust": "`trustrig uninstall` takes back what was installed",
        "error errors code codes why rule rules log alert status osstatus": _WHY,
        "plist info.plist": "`trustrig ats INFO_PLIST` says what it asks of a host",
        "health diagnostics env environment": "`trustrig doctor` says what will get in the way",
        "rotate reissue extend refresh update": "`trustrig renew NAME` issues it again",
        "fleet inventory bulk monitor monitoring expiry expiration expires expiring hosts hostnames": _MANY,
        "dashboard prometheus exporter batch": _MANY,
        "proxy reverse-proxy reverse forward tunnel relay gateway terminate termination": _FRONT,
        "mitm mitmproxy charles proxyman toxiproxy ngrok stunnel": _FRONT,
        "watch poll": "`trustrig evaluate https://HOST --watch 1h` looks again and again, and says what changes",
        "scenario badssl servers catalogue catalog": _CATALOGUE,
        "manifest plan sync config configure": "`trustrig apply MANIFEST` makes what a manifest declares",
    },
    "export": {
        "pkcs12": "`trustrig export p12`",
        "mobileconfig config": "`trustrig export profile`",
        "crt cert certificate key der cer chain ca root": "`trustrig export pem`",
        "jks truststore java": "`trustrig export keystore`",
        "swift code plist snippet": "`trustrig export snippets`",
        "zip tar folder all": "`trustrig export bundle`",
    },
    "issue": {
        "cert certificate leaf crt identity": _LEAF,
        "tls web host site": "`trustrig issue server NAME`",
        "user person device mtls": "`trustrig issue client NAME`",
        "ca sub subca sub-ca authority": "`trustrig issue intermediate NAME`",
        "req request sign": "`trustrig issue csr FILE`",
        "cross-sign cross-certificate": "`trustrig issue cross AUTHORITY`",
        "root": "`trustrig init` makes the root",
    },
    "install": {
        "iphone ipad ios phone": "`trustrig install device`",
        "sim simulators xcode simctl": "`trustrig install simulator`",
        "macos keychain local system": "`trustrig install mac`",
        "android windows linux firefox": "Nothing here installs there; `trustrig export pem` writes the certificates",
    },
    "scenarios": {
        "ls all": "`trustrig scenarios list`",
        "cat view describe info get": "`trustrig scenarios show ID`",
        "export build generate write make": "`trustrig scenarios compile DIR`",
        "serve run start": "`trustrig serve SCENARIO`",
    },
    "crl": {
        "create generate gen gencrl write make": "`trustrig crl -o FILE` writes the list",
        "view print info inspect read cat": "`trustrig crl show FILE`",
    },
    "ocsp": {
        "responder start listen run": "`trustrig ocsp serve`",
        "view print info inspect read cat": "`trustrig ocsp show FILE`",
        "sign create generate response staple": "`trustrig ocsp answer NAME -o FILE`",
    },
    "dtls": {
        "connect client s_client check test probe": "`trustrig dtls diagnose HOST:PORT`",
        "server s_server listen start": "`trustrig dtls serve`",
    },
    "psk": {
        "client s_client check test": "`trustrig psk connect HOST:PORT`",
        "server s_server listen start": "`trustrig psk serve`",
    },
}

SYNONYMS: Final = {
    command: {word: instead for words, instead in rows.items() for word in words.split()}
    for command, rows in _BY_COMMAND.items()
}
"""For each group of commands, "" for the whole tree: the word, and what to type instead."""


def unknown_command(word: str, *, within: Sequence[str], known: Iterable[str]) -> WrongUsage:
    """The error about WORD, which stands behind the words WITHIN and is none of the KNOWN commands there."""
    path = " ".join(within)
    whole = " ".join(("trustrig", *within))
    others = SYNONYMS.get(path, {})
    known = list(known)
    instead = others.get(word.casefold(), "")
    if not instead and not near_words(word, known):
        instead = "".join(others[near] for near in near_words(word, others, likeness=_LIKENESS))
    if instead:
        hint = instead
    else:
        close = did_you_mean(word, known, most=2, shown=lambda name: f"`{whole} {name}`")
        hint = close.rstrip() or f"`{whole} --help` lists them"
    problem = f"`{whole}` has no command {shown(word)}" if within else f"there is no command {shown(word)}"
    return WrongUsage(UsageKind.UNKNOWN_COMMAND, problem, hint=hint, argument=word)
