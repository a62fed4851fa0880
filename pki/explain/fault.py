"""What can be wrong, one model for every vocabulary; of a chain, with a text for the server's and the client's."""

from __future__ import annotations

from dataclasses import dataclass

from pki.model.text_explanation import DecidedBy, Where


@dataclass(frozen=True, slots=True)
class FaultText:
    """The words for one fault, seen from one side.

    `causes` are pairs: a sentence, and the code of `pki.model.causes` it stands for, or "". `next` are commands in
    which {url}, {host} and {address} (host and port) are filled in.
    """

    title: str
    meaning: str
    causes: tuple[tuple[str, str], ...] = ()
    unsettled: str = ""
    would_settle: str = ""
    next: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of failure.

    `weight` orders several in one text: the more it explains, the higher. A fault of a chain has both tellings and no
    `decided`: whose chain it is decides. Any other has `decided` and one telling.
    """

    id: str
    weight: int
    where: Where
    server: FaultText
    client: FaultText | None = None
    decided: DecidedBy | None = None

    @property
    def of_chain(self) -> bool:
        """Whether it is about a certificate that one end showed, so that whose it is must be known."""
        return self.client is not None


def of_chain(id: str, weight: int, where: Where, server: FaultText, client: FaultText) -> Fault:
    """A fault of a chain, with a text for both ends'."""
    return Fault(id, weight, where, server, client)


def plain(id: str, weight: int, where: Where, decided: DecidedBy, text: FaultText) -> Fault:
    """A fault that is the same whoever reports it."""
    return Fault(id, weight, where, text, None, decided)


# The commands that answers end with.
EVALUATE = "trustrig evaluate {url} --anchor ROOT.pem"
SHOW = "openssl s_client -connect {address} -servername {host} -showcerts </dev/null"
DIAGNOSE = "trustrig diagnose {url}"
CLIENT_FILE = "openssl verify -purpose sslclient -CAfile ROOT.pem -untrusted CHAIN.pem CLIENT.pem"
CLIENT_VISIT = "trustrig evaluate {url} --anchor ROOT.pem --client NAME"
