"""What a pasted text comes to: who decided, where, what it means, what it leaves open, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DecidedBy(StrEnum):
    """Whose decision the text reports. The value is what programs read, `text` is what people read."""

    CLIENT_REFUSED_SERVER = "client-refused-server"
    SERVER_REFUSED_CLIENT = "server-refused-client"
    SERVER_ENDED = "server-ended"
    CLIENT_ENDED = "client-ended"
    NO_COMMON_PARAMETERS = "no-common-parameters"
    NOT_TLS = "not-tls"
    NETWORK = "network"
    LOCAL = "local"
    NOT_A_TRUST_DECISION = "not-a-trust-decision"
    UNCLEAR = "unclear"

    @property
    def text(self) -> str:
        """The same as the beginning of a sentence."""
        return _WORDS[self]


_WORDS = {
    DecidedBy.CLIENT_REFUSED_SERVER: "The client refused the server",
    DecidedBy.SERVER_REFUSED_CLIENT: "The server refused the client",
    DecidedBy.SERVER_ENDED: "The server ended the handshake",
    DecidedBy.CLIENT_ENDED: "The client ended the handshake",
    DecidedBy.NO_COMMON_PARAMETERS: "The two ends have no parameters in common",
    DecidedBy.NOT_TLS: "No TLS came about",
    DecidedBy.NETWORK: "The network, no trust decision",
    DecidedBy.LOCAL: "Something on this machine",
    DecidedBy.NOT_A_TRUST_DECISION: "Not a trust decision",
    DecidedBy.UNCLEAR: "Who decided is not said",
}


class Where(StrEnum):
    """The level at which it was decided."""

    PATH = "basic X.509"
    NAME = "TLS, the name"
    SERVER_RULES = "TLS, rules for servers"
    ATS = "App Transport Security"
    PINNING = "pinning"
    REVOCATION = "revocation"
    TRANSPARENCY = "Certificate Transparency"
    CLIENT = "client authentication"
    PARAMETERS = "parameters of the handshake"
    TCP = "before TLS"
    IMPORT = "files, keychains and settings"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Token:
    """One thing that was recognised: which vocabulary it belongs to, how it stands in the text, and on which line."""

    vocabulary: str
    text: str
    line: int  # counted from 1
    fault: str  # an id of `pki.explain.catalogue`


@dataclass(frozen=True, slots=True)
class TextExplanation:
    """The answer about a text.

    `causes` come likeliest first. `unsettled` is what the text does not tell apart, `would_settle` what would; both may
    be empty.
    `also` are further faults that the text reports, one line each; `noise` is what was left aside, and why.
    """

    fault: str
    decided_by: DecidedBy
    where: Where
    title: str
    meaning: str
    causes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()  # of pki.model.causes, in the order of the causes
    unsettled: str = ""
    would_settle: str = ""
    next: tuple[str, ...] = ()  # commands, with the host filled in where the text names one
    rules: tuple[str, ...] = ()
    host: str | None = None
    url: str | None = None  # what could be evaluated: the text's own URL, or one made of host and port
    tokens: tuple[Token, ...] = ()
    also: tuple[str, ...] = ()
    clues: tuple[str, ...] = ()  # what else stands in the text and narrows the causes down
    noise: tuple[str, ...] = ()
