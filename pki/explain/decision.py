"""From what was found to faults: whose chain an alert or a verification error is about, and what decided first."""

from __future__ import annotations

from typing import NamedTuple

from pki.explain.catalogue import FAULTS, implies
from pki.explain.ends import CLIENT, EITHER, SERVER
from pki.explain.scanning import Hit, line_around

# Lines of long logs of Xcode and Console whose codes decide nothing; in the normal form of texts.
_NOISE_LINES = (
    ("credstore", "no stored password"),
    ("nw proxy resolver", "of a proxy script"),
    ("setsockopt", "an option of a socket"),
    ("tcp conn cancel", "of a connection that was given up"),
    ("quic image", "of QUIC's library"),
)

# What an alert says about the certificate that its receiver showed.
OF_CHAIN = {
    42: "untrusted",
    43: "purpose",
    44: "revoked",
    45: "validity",  # OpenSSL sends it for a certificate that is not valid yet as well (ssl/statem/statem_lib.c)
    46: "untrusted",
    48: "issuer-unknown",
    111: "revocation-unknown",
    113: "revocation-unknown",
    114: "revocation-unknown",
}
# The others: (sent by the server, sent by the client, not said by whom).
_OTHERS = {
    0: ("close-notify",) * 3,
    20: ("bad-record",) * 3,
    21: ("bad-record",) * 3,
    40: ("handshake-failure", "handshake-failure-by-client", "handshake-failed"),
    41: ("client-certificate-missing",) * 3,
    49: ("access-denied", "untrusted", "access-denied"),
    51: ("client-signature", "peer-signature", "peer-signature"),
    60: ("suite",) * 3,
    70: ("version",) * 3,
    71: ("suite",) * 3,
    80: ("internal-error", "protocol-error", "internal-error"),
    86: ("fallback",) * 3,
    90: ("closed",) * 3,
    100: ("renegotiation",) * 3,
    112: ("sni",) * 3,
    115: ("psk",) * 3,
    116: ("client-certificate-missing",) * 3,
    120: ("alpn",) * 3,
}
# Words that mean something else in a server's log.
_BY_END = {
    "app-rejected": {SERVER: "untrusted"},
    "not-tls": {SERVER: "not-tls-from-client"},
    "first-record": {SERVER: "http-on-tls", CLIENT: "not-tls", EITHER: "not-tls"},
    "no-certificate-shown": {
        SERVER: "client-certificate-missing",
        CLIENT: "protocol-error",
        EITHER: "protocol-error",
    },
}

# These name every reason beside the others; elsewhere "no path" is what stands around the reason.
_EACH_REASON = frozenset({"GnuTLS", "OpenSSL verify error"})
_PATH = frozenset({"issuer-unknown", "not-trusted", "missing-intermediate"})
_HEADING = 25  # what a heading weighs less than the words under it


class Reading(NamedTuple):
    """A fault, and whose chain it is about: "server", "client", "either"; "" where it is about no chain."""

    fault: str
    chain: str
    hit: Hit
    reported_by_peer: bool = False  # the other end said so, in an alert

    @property
    def weight(self) -> int:
        """How much it explains: curl's exit code and its like are headings over the words that say more."""
        return FAULTS[self.fault].weight - (_HEADING if self.hit.value.startswith("heading ") else 0)


class Findings(NamedTuple):
    """What decided, what else is worth chosen, and what was left aside as noise."""

    primary: list[Reading]
    others: list[Reading]
    noise: list[tuple[Hit, str]]


def judge(folded: str, hits: list[Hit], ends: list[str]) -> Findings:
    """Order HITS, each printed by the end beside it, by how much they explain."""
    readings, noise, dropped = [], [], set()
    for hit, end in zip(hits, ends, strict=True):
        line = line_around(folded, hit.start)[0]
        why = next((why for mark, why in _NOISE_LINES if mark in line), None)
        kind, _, rest = hit.value.partition(" ")
        if why is not None:
            noise.append((hit, why))
        elif kind == "noise":
            noise.append((hit, rest))
        elif kind == "drop":
            dropped.add(rest)
        else:
            readings.append(_read(hit, end))
    readings = [reading for reading in readings if reading.fault not in dropped] or readings
    return Findings(*_ordered(readings), noise)


def _read(hit: Hit, end: str) -> Reading:
    kind, _, rest = hit.value.partition(" ")
    if kind not in ("in", "out", "srv", "cli", "either", "heading"):
        kind, rest = "own", hit.value
    if kind in ("srv", "cli") and rest.startswith("alert "):
        return _alert(
            int(rest.removeprefix("alert ")), SERVER if kind == "srv" else CLIENT, hit, received=False
        )
    if kind == "srv":
        return _of(rest, SERVER, hit)
    if kind == "cli":
        return _of(rest, CLIENT, hit)
    received = kind == "in"
    if rest.startswith("alert "):
        sender = _sender(end, received=received) if kind != "either" else EITHER
        return _alert(int(rest.removeprefix("alert ")), sender, hit, received=received)
    if kind == "either":
        return _of(rest, EITHER, hit)
    fault = _BY_END.get(rest, {}).get(end, rest)
    judged_by = _sender(end, received=received)
    return _of(fault, _other(judged_by), hit, reported_by_peer=received)


def _sender(end: str, *, received: bool) -> str:
    return _other(end) if received else end


def _other(end: str) -> str:
    return {CLIENT: SERVER, SERVER: CLIENT}.get(end, EITHER)


def _alert(number: int, sender: str, hit: Hit, *, received: bool) -> Reading:
    if number in OF_CHAIN:
        return _of(OF_CHAIN[number], _other(sender), hit, reported_by_peer=received)
    by_server, by_client, by_either = _OTHERS.get(number, ("protocol-error",) * 3)
    fault = {SERVER: by_server, CLIENT: by_client}.get(sender, by_either)
    return _of(fault, _other(sender), hit, reported_by_peer=received)


def _of(fault: str, chain: str, hit: Hit, *, reported_by_peer: bool = False) -> Reading:
    return Reading(fault, chain if FAULTS[fault].of_chain else "", hit, reported_by_peer)


def _ordered(readings: list[Reading]) -> tuple[list[Reading], list[Reading]]:
    """What decided, with every place that says it, and the rest, one of each kind, without what it implies."""
    if not readings:
        return [], []
    first = min(readings, key=lambda r: (-r.weight, r.chain == EITHER, r.hit.start))
    primary = [r for r in readings if (r.fault, r.chain) == (first.fault, first.chain)]
    kept = [first]
    beside = [r for r in readings if r.hit.vocabulary in _EACH_REASON]
    both = first in beside and first.fault not in _PATH | {"self-signed", "root-unknown"}
    for reading in sorted(readings, key=lambda r: (-r.weight, r.hit.start)):
        same = any(reading.fault == other.fault and reading.chain in (other.chain, EITHER) for other in kept)
        weaker = any(
            implies(other.fault, reading.fault) and reading.chain in (other.chain, EITHER, "")
            for other in kept
        )
        if not same and (not weaker or (both and reading in beside and reading.fault in _PATH)):
            kept.append(reading)
    return primary, kept[1:]
