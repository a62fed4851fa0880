"""What to say of a cipher suite: who offers it, since or until when, and what a server should offer instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.suites import CipherSuite, SuiteGroup, better_suites
from pki.report.document import TypedDict
from pki.report.layout import table, wrapped

if TYPE_CHECKING:
    from pki.report.fields import CodePoint, KeyExchangeName, Text

_ANSWERS = {True: "yes", False: "no", None: "not documented"}
_NO_EFFECT = (
    "A server chooses among what the client offers: adding this suite to the server, alone or with others of its "
    "kind, changes nothing for a client that does not offer it."
)
SOURCE = "; ".join(dict.fromkeys(group.source for group in SuiteGroup))


class CipherSuiteJson(TypedDict):
    """A cipher suite: null is for what is not known or not documented."""

    code_point: CodePoint | None
    iana: Text | None
    openssl: Text | None
    key_exchange: KeyExchangeName | None
    forward_secrecy: bool | None
    offered: dict[SuiteGroup, bool | None]  # By list of an Apple client; null where its source does not say.
    since: Text | None
    until: Text | None
    instead: list[CodePoint]


def suite_name(suite: CipherSuite) -> str:
    """All its names in one line: IANA's first, then code point and OpenSSL's."""
    names = dict.fromkeys(filter(None, (suite.iana, suite.number, suite.openssl)))
    first, *others = names
    return f"{first} ({', '.join(others)})" if others else first


def suite_text(suite: CipherSuite) -> str:
    """Answer in a sentence or two: does an Apple client offer it, and what follows for a server."""
    if suite.offered(SuiteGroup.ATS):
        answer = "Apple clients offer it, URLSession under ATS included"
        if suite.aead:
            return f"{answer}."
        return f"{answer}, behind GCM and ChaCha20. An app that asks for the NIAP package FCP_v2.1 does not."
    if suite.offered(SuiteGroup.NO_FORWARD_SECRECY):
        answer = (
            "It has no forward secrecy. Safari offers it; URLSession under ATS does only where Info.plist sets "
            "NSExceptionRequiresForwardSecrecy to NO for the host."
        )
    elif suite.offered(SuiteGroup.SAFARI):
        answer = (
            "Safari still offers it, last of all; URLSession under ATS does not. What URLSession offers where ATS is "
            "off is not documented."
        )
    elif suite.groups or suite.until:
        answer = "No current Apple client we know of offers it."
    else:
        answer = "Not in any list we have; Apple clients we know of do not offer it."
    return f"{answer} {_NO_EFFECT}"


def suite_lines(suite: CipherSuite) -> list[str]:
    """Who offers it, its history, and what to offer instead, at 80 columns."""
    lines = table([(group.client, _ANSWERS[suite.offered(group)]) for group in SuiteGroup])
    if suite.known:
        secrecy = "forward secrecy" if suite.forward_secrecy else "no forward secrecy"
        lines += ["", f"  Key exchange: {suite.key_exchange}; {secrecy}"]
    for label, history in (("Since", suite.since), ("Until", suite.until)):
        if history:
            lines += wrapped(f"{label}: {history}", indent="  ", hanging="    ")
    instead = better_suites(suite)
    if instead:
        lines += ["", "  Let the server offer, best first:"]
        lines += table([(better.number, better.openssl) for better in instead], indent="    ")
    return lines


def suite_json(suite: CipherSuite) -> CipherSuiteJson:
    """The row and its answers."""
    return {
        "code_point": suite.number or None,
        "iana": suite.iana or None,
        "openssl": suite.openssl or None,
        "key_exchange": suite.key_exchange.name.lower() if suite.known else None,
        "forward_secrecy": suite.forward_secrecy,
        "offered": {group: suite.offered(group) for group in SuiteGroup},
        "since": suite.since or None,
        "until": suite.until or None,
        "instead": [better.number for better in better_suites(suite)],
    }
