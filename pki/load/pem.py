r"""PEM (RFC 7468), as people really send it: several blocks, text around them, CRLF, and lines that lost their breaks.

A block whose BEGIN and END stand on lines of their own is read as it is. One that was put through JSON, .env, YAML or a
source file (`\n` as two characters, quotes, one long line, END and BEGIN on one line) is read when what stands between
is base64 and nothing else; what was done to it is a remark, because other programs do not read it so.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from itertools import islice

from pki.errors import Unreadable
from pki.load.kinds import FileKind
from pki.load.pem_remarks import ESCAPED, MARGIN, NEWLINE, how_written, label_of
from pki.load.structures import Named

# No label in RFC 7468 or OpenSSL has a hyphen.
_MARK = re.compile(rb"-----(BEGIN|END) ([^\r\n\\-]{1,64})-----")
MAX_LINES = 300_000  # in one block: ours. Lines of 64 characters (RFC 7468) fill a file of 16 MiB with fewer
MAX_BLOCKS = 10_000  # in one file: ours. Mozilla's root store has some 150
_MAX_MARKS = 4 * MAX_BLOCKS  # of those, some may be words in a text
_HEADER = re.compile(rb"[A-Za-z-]+: ")  # RFC 1421 headers of encrypted keys: Proc-Type, DEK-Info
_PGP = "PGP "
_CLEARTEXT = "PGP SIGNED MESSAGE"
_QUOTES = re.compile(rb"""(?<!["'`])["'`]++[ \t]*+[+.,;]?[ \t]*+$|^[ \t]*+[+.]?[ \t]*+["'`]++""")
# The key of a YAML block scalar, or of a quoted value in JSON, .env, TOML or HCL, in front of a block.
_KEY = re.compile(
    rb"""([A-Za-z0-9_./-]{1,80})["']?[ \t]*(?::[ \t]*[|>][0-9+-]{0,2}[ \t]*[\r\n]+|[:=][ \t]*["'`]?)[ \t]*\Z"""
)
_ENDS_A_KEY = (b":", b"=", b'"', b"'", b"`")  # but for YAML's | and > with what stands behind them


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its label, the bytes inside, and where it stands."""

    label: str
    data: bytes = field(repr=False)
    line: int  # of BEGIN, counting from 1
    number: int  # among the blocks, counting from 1
    encrypted: bool = False  # by RFC 1421 headers, as OpenSSL's traditional keys are
    text: bytes = field(default=b"", repr=False)  # from BEGIN to END, normalised
    plain: bool = True  # written as RFC 7468 has it, so that everybody reads it
    origin: str = ""  # the key it is the value of, in YAML, JSON and the like
    bare: bool = False  # no PEM, but the content of such a value, which was recognised by itself
    kind: FileKind = FileKind.OTHER_PEM  # what it holds, once it was recognised
    detail: str = ""  # a description finer than the kind's own
    content: Named | None = None  # what its octets are by their shape, where that was asked

    @property
    def where(self) -> str:
        """How messages call it."""
        under = f" under {self.origin}" if self.origin else ""
        return (
            f"PEM block {self.number} ({self.label}, line {self.line}){under}" if self.line else self.origin
        )


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a block: text that follows the file's name, and the next step."""

    text: str
    hint: str

    def error(self, name: str) -> Unreadable:
        """The same, of the file NAME."""
        return Unreadable(f"{name}{self.text}", hint=self.hint)


@dataclass(frozen=True, slots=True)
class Scan:
    """Every block of a text up to the first damage, and how they were written down where that is not PEM's own way."""

    blocks: tuple[Block, ...]
    labels: frozenset[str]  # of blocks that are whole, and of the damaged one
    damage: Damage | None
    remarks: tuple[str, ...]
    stray: str  # a BEGIN or END that belongs to nothing; empty without one


def read_blocks(text: bytes, *, name: str) -> tuple[Block, ...]:
    """Every PEM block of TEXT, in order. NAME stands in messages.

    Raises:
        Unreadable: a block without its END line, or whose content is not base64; the message says which. Or there are
            more than 10,000.
    """
    found = scan(text)
    if found.damage is not None:
        raise found.damage.error(name)
    return found.blocks


def scan(text: bytes) -> Scan:
    """Find the PEM blocks of TEXT; nothing is raised."""
    return _PemScanner(text.removeprefix(b"\xef\xbb\xbf")).run()


class _PemScanner:
    def __init__(self, text: bytes) -> None:
        self.text = text
        self.blocks: list[Block] = []
        self.labels: set[str] = set()
        self.remarks: dict[str, None] = {}
        self.mended: dict[
            str, tuple[str, int]
        ] = {}  # by cause: what the first block's remark says, and how many
        self.stray = ""
        self._line, self._counted = 1, 0

    def run(self) -> Scan:
        damage = self._walk()
        mended = tuple(
            words if count == 1 else f"{words} There are {count:,} such places."
            for words, count in self.mended.values()
        )
        remarks = (*mended, *islice(self.remarks, 8))
        return Scan(tuple(self.blocks), frozenset(self.labels), damage, remarks, self.stray)

    def _walk(self) -> Damage | None:
        begin: re.Match[bytes] | None = None
        previous: re.Match[bytes] | None = None  # the END before, for END and BEGIN on one line
        for mark in islice(_MARK.finditer(self.text), _MAX_MARKS):
            if mark[1] == b"BEGIN":
                if begin is not None and (lost := self._lost(begin, mark)) is not None:
                    return lost
                begin = mark
                continue
            if begin is None:
                if self._alone(mark):
                    self._belongs_to_nothing(f"END {label_of(mark)} at line {self._at(mark)} has no BEGIN")
                continue
            damage = self._pair(begin, mark, previous)
            if damage is not None:
                return damage
            begin, previous = None, mark
        return None if begin is None else self._lost(begin, None)

    def _pair(
        self, begin: re.Match[bytes], end: re.Match[bytes], previous: re.Match[bytes] | None
    ) -> Damage | None:
        line, label = self._at(begin), label_of(begin)
        own_lines = self._alone(begin) and self._alone(end)
        if label.startswith(_PGP) and own_lines:
            self._armour(label, line)
            return None
        if begin[2] != end[2]:
            words = f"BEGIN {label} at line {line} ends with END {label_of(end)}"
            if not own_lines:
                return self._belongs_to_nothing(words)
            self.labels.add(label)
            return Damage(
                f": {words}", "Two files seem to have been pasted together; copy each again, whole."
            )
        if len(self.blocks) == MAX_BLOCKS:
            return Damage(
                f" holds more than {MAX_BLOCKS:,} PEM blocks", "Give fewer at once: cut the file into parts."
            )
        number = len(self.blocks) + 1
        where = f"PEM block {number} ({label}, line {line})"
        start, stop = begin.end(), end.start()
        if max(self.text.count(mark, start, stop) for mark in (b"\n", b"\r")) > MAX_LINES:
            self.labels.add(label)
            return Damage(
                f": {where} has more than {MAX_LINES:,} lines",
                "Write it anew with 64 characters in each: openssl does.",
            )
        body = self.text[start:stop]
        found = _decoded(NEWLINE.split(body)) if own_lines else None
        plain = found is not None
        if found is None and (mended := _mended(body)) is not None:
            found = _decoded(mended)
            if found is not None:
                self._remark(*how_written(begin, end, previous, line, own_lines=own_lines))
        if found is None and not own_lines:
            return self._belongs_to_nothing(f"BEGIN {label} at line {line} begins no PEM block")
        self.labels.add(label)
        if found is None:
            return Damage(
                f": base64 of {where} does not decode",
                "The text was changed on its way: a word wrap, a missing line, or quotes; copy it again.",
            )
        data, lines = found
        whole = b"\n".join(
            (f"-----BEGIN {label}-----".encode(), *lines, f"-----END {label}-----".encode(), b"")
        )
        encrypted = any(part.endswith(b",ENCRYPTED") for part in lines)
        origin = self._origin(begin, previous)
        self.blocks.append(Block(label, data, line, number, encrypted, whole, plain, origin))
        return None

    def _armour(self, label: str, line: int) -> None:
        """OpenPGP's armour (RFC 9580, 6.2) has headers and a checksum of its own, and is named only."""
        self.labels.add(label)
        if len(self.blocks) < MAX_BLOCKS:
            self.blocks.append(Block(label, b"", line, len(self.blocks) + 1))

    def _remark(self, cause: str, words: str) -> None:
        if cause:
            first, count = self.mended.get(cause, (words, 0))
            self.mended[cause] = first, count + 1

    def _lost(self, begin: re.Match[bytes], following: re.Match[bytes] | None) -> Damage | None:
        label = label_of(begin)
        words = f"BEGIN {label} at line {self._at(begin)} has no END"
        if not self._alone(begin):
            return self._belongs_to_nothing(words)
        if (
            label == _CLEARTEXT and following is not None
        ):  # RFC 9580, 7: a signature follows in place of an END
            self._armour(label, self._at(begin))
            return None
        self.labels.add(label)
        return Damage(f" is cut short: {words}", "Copy or download it again, whole.")

    def _belongs_to_nothing(self, text: str) -> Damage | None:
        self.stray = self.stray or text
        self.remarks[f"{text}; it was passed over."] = None
        return None  # it may be a word in a text

    def _origin(self, begin: re.Match[bytes], previous: re.Match[bytes] | None) -> str:
        start = max(0, begin.start() - MARGIN)
        before = self.text[start : begin.start()].rstrip()
        # What ends otherwise is no key, and a search through base64 takes as long as all else here.
        if before.endswith(_ENDS_A_KEY) or b"|" in before[-3:] or b">" in before[-3:]:
            key = _KEY.search(self.text, start, begin.start())
            if key is not None:
                return key[1].decode("ascii")
        between = self.text[previous.end() : begin.start()] if previous is not None else b"-"
        return self.blocks[-1].origin if self.blocks and not between[:MARGIN].strip() else ""

    def _alone(self, mark: re.Match[bytes]) -> bool:
        """On a line of its own, perhaps indented (YAML) or quoted (mail)."""
        start, text = max(0, mark.start() - MARGIN), self.text
        before = text[start : mark.start()].rstrip(b" \t>")
        behind = text[mark.end() : mark.end() + MARGIN].lstrip(b" \t")
        return (before[-1:] in (b"\n", b"\r") or not (before or start)) and behind[:1] in (b"", b"\n", b"\r")

    def _at(self, mark: re.Match[bytes]) -> int:
        """The line of a mark; what was counted before is not counted again."""
        if mark.start() < self._counted:
            return self._line - len(NEWLINE.findall(self.text, mark.start(), self._counted))
        self._line += len(NEWLINE.findall(self.text, self._counted, mark.start()))
        self._counted = mark.start()
        return self._line


def _decoded(parts: list[bytes]) -> tuple[bytes, list[bytes]] | None:
    lines = [part.strip(b" \t>") for part in parts]
    body = b"".join(part for part in lines if not _HEADER.match(part)).translate(None, b" \t\v\f")
    try:
        return base64.b64decode(body, validate=True), lines
    except binascii.Error:
        return None


def _mended(body: bytes) -> list[bytes] | None:
    """The lines of a body that went through a string of JSON, a shell or a program."""
    if body.count(b"\\") > 2 * MAX_LINES:  # each would be a piece of its own: 700 MB for 16 MiB
        return None
    text = ESCAPED.sub(b"\n", body).replace(b"\\/", b"/")
    if text.count(b"\n") > MAX_LINES:
        return None
    return [_QUOTES.sub(b"", line.strip(b" \t\r>\\")) for line in text.split(b"\n")]
