"""A whole text read: what decided, told for the side it is about, with its host, its clues and the next command."""

from __future__ import annotations

import shlex

from pki.explain import clues
from pki.explain.alerts import alerts
from pki.explain.catalogue import FAULTS, WORTH_REPORTING
from pki.explain.decision import OF_CHAIN, Findings, Reading, judge
from pki.explain.ends import CLIENT, EITHER, SERVER, ends
from pki.explain.fault import FaultText
from pki.explain.hosts import FoundHost, host_in
from pki.explain.numbers import numbers
from pki.explain.scanning import Hit, in_a_path, line_around, longest, normal, phrases, plain, words_of
from pki.model.text_explanation import DecidedBy, TextExplanation, Token, Where

_TOKENS = 6  # of what was recognised, as many are shown
_ALSO = 3
_ABOUT_NAMES = frozenset({"name", "no-san", "eap-name"})


def read_text(text: str) -> TextExplanation | None:
    """What TEXT says about a TLS connection; None where nothing in it is known."""
    text = plain(text)
    folded = normal(text)
    words = words_of(folded)
    said = (hit for hit in phrases(folded, words) if not in_a_path(text, hit.start))
    hits = longest([*said, *numbers(text, folded, words), *alerts(folded)])
    found = judge(folded, hits, ends(folded, words, hits, about=OF_CHAIN))
    if not found.primary:
        return None
    return _explained(text, folded, words, found)


def _explained(text: str, folded: str, words: frozenset[str], found: Findings) -> TextExplanation:
    first = found.primary[0]
    fault = FAULTS[first.fault]
    chosen, decided = _text_of(first)
    spans = [_span(folded, reading.hit) for reading in found.primary[:3]]
    host = host_in(text, folded, words, spans, about_name=fault.id in _ABOUT_NAMES)
    beside = [*clues.clues(text, folded, fault.id, decided, host.host if host else None)]
    return TextExplanation(
        fault.id,
        decided,
        Where.CLIENT if fault.of_chain and decided is DecidedBy.SERVER_REFUSED_CLIENT else fault.where,
        chosen.title,
        chosen.meaning,
        tuple(sentence for sentence, _ in chosen.causes),
        tuple(dict.fromkeys(code for _, code in chosen.causes if code)),
        chosen.unsettled,
        chosen.would_settle,
        tuple(_filled(command, host) for command in chosen.next),
        chosen.rules,
        host.host if host else None,
        host.url if host else None,
        _tokens(text, folded, found),
        tuple(dict.fromkeys(_also(reading) for reading in found.others if _worth(reading)))[:_ALSO],
        (*_clue_of_alert(first), *beside),
        tuple(dict.fromkeys(f"{text[hit.start : hit.end]} ({why})" for hit, why in found.noise if why))[
            :_ALSO
        ],
    )


def _text_of(reading: Reading) -> tuple[FaultText, DecidedBy]:
    fault, chain = FAULTS[reading.fault], reading.chain
    if fault.decided is not None or fault.client is None:
        return fault.server, fault.decided or DecidedBy.UNCLEAR
    if chain == CLIENT:
        return fault.client, DecidedBy.SERVER_REFUSED_CLIENT
    if chain == SERVER:
        return fault.server, DecidedBy.CLIENT_REFUSED_SERVER
    return _both(fault.server, fault.client, _whose(reading)), DecidedBy.UNCLEAR


def _whose(reading: Reading) -> tuple[str, str]:
    """What the two meanings begin with, the server's certificate's and the client's: an alert that came turns them."""
    if reading.reported_by_peer:
        return (
            "In a server's text it is the server's, refused by the client:",
            "In a client's text, the client's:",
        )
    if reading.hit.value.startswith("either "):
        return "Either the client refused the server's:", "Or the server refused the client's:"
    return "In a client's text it is the server's:", "In a server's text it is the client's:"


def _both(server: FaultText, client: FaultText, whose: tuple[str, str]) -> FaultText:
    """Of a text that a client and a server may print alike."""
    return FaultText(
        "one end refused the other's certificate",
        f"{whose[0]} {server.meaning} {whose[1]} {client.meaning}",
        (
            *server.causes[:2],
            *((f"The client's certificate: {_lowered(words)}", code) for words, code in client.causes[:2]),
        ),
        "which end refused",
        "whose log this is, and whether the alert in it was sent or received",
        (*server.next[:1], *client.next[:1]),
        (*server.rules[:2], *client.rules[:2]),
    )


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _span(folded: str, hit: Hit) -> tuple[int, int]:
    """The lines around HIT that belong to it: a dump of an error goes over some."""
    line, begin = line_around(folded, hit.start)
    return begin, min(len(folded), begin + len(line) + 800)


def _filled(command: str, host: FoundHost | None) -> str:
    if host is None:
        return command.format(url="https://HOST", host="HOST", address="HOST:443").replace(
            "HOST:443", "HOST:PORT"
        )
    # Quoted, since zsh takes the brackets of an IPv6 address for a pattern.
    command = command.format(
        url=shlex.quote(host.url), host=host.host.strip("[]"), address=shlex.quote(host.address)
    )
    return command.replace(" PORT", f" {host.port}") if host.port else command


def _tokens(text: str, folded: str, found: Findings) -> tuple[Token, ...]:
    """What was recognised: all that decided, and the codes of the rest, which people look for."""
    shown: dict[tuple[str, str], Token] = {}
    for reading in (*found.primary, *found.others):
        said = text[reading.hit.start : reading.hit.end]
        if reading in found.primary or said.lstrip("-").isdecimal():
            line = folded.count("\n", 0, reading.hit.start) + 1
            shown.setdefault(
                (reading.hit.vocabulary, said.casefold()),
                Token(reading.hit.vocabulary, said, line, reading.fault),
            )
    return tuple(shown.values())[:_TOKENS]


def _worth(reading: Reading) -> bool:
    return FAULTS[reading.fault].weight >= WORTH_REPORTING


def _also(reading: Reading) -> str:
    return _text_of(reading)[0].title


def _clue_of_alert(reading: Reading) -> tuple[str, ...]:
    if not reading.reported_by_peer or reading.chain in ("", EITHER):
        return ()
    if reading.chain == SERVER:
        return ("The client said so in an alert that this server received; the client's log says why.",)
    return ("The server said so in an alert; its log says why.",)
