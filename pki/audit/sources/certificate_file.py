"""A file of certificates as `pki.load` recognises it: one chain, or a bundle of many, of any length where it is PEM."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pki.audit.inputs import AuditInput
from pki.audit.sources.byte_reader import STDIN, ByteReader
from pki.audit.sources.chains import chains_of, link_of
from pki.audit.sources.hosts_file import why_no_hosts
from pki.audit.sources.pem_windows import WINDOW, windows
from pki.audit.sources.rows import Remark, failed, sentence, with_chain
from pki.errors import PkiError, Unreadable, WrongPassword
from pki.load.certificates import in_block, load_certificates
from pki.load.kinds import FileKind
from pki.load.recognised import Recognised
from pki.load.recognition import MAX_FILE_BYTES, recognise

_BEGIN = re.compile(rb"^(?=[ \t>]*-----BEGIN )", re.MULTILINE)
_LINE = re.compile(r"\bline (\d+)")
_BROKEN = frozenset({FileKind.CUT_SHORT, FileKind.BROKEN_PEM})
# What certificates are in that are no server's: signatures of programs, and Apple's of apps.
_NO_SERVERS = frozenset({FileKind.AUTHENTICODE, FileKind.PROVISIONING})


@dataclass(frozen=True, slots=True)
class _Place:
    """What stands at one place of a file: a certificate, or why none can be read there."""

    certificate: bytes = b""
    error: str = ""


def holds_certificates(found: Recognised) -> bool:
    """Whether a file in a folder is one of a server's certificates, even if it is damaged."""
    return (found.kind.certificates and found.kind not in _NO_SERVERS) or found.kind is FileKind.CUT_SHORT


def certificate_file(reader: ByteReader, remark: Remark) -> Iterator[AuditInput]:
    """The chains of a file that is not told apart as anything else.

    Raises:
        Unreadable: it holds no certificate, or is too large and no PEM.
    """
    if reader.ends_within(MAX_FILE_BYTES) or b"-----BEGIN " not in reader.head():
        data = reader.whole()
        found = recognise(data)
        if found.kind in (FileKind.TEXT, FileKind.JSON):
            raise _nothing_known(found.kind, data, reader)
        yield from recognised_file(found, data, reader.name, remark)
        return
    remark(f"{reader.name} is long: issuers are looked for among {WINDOW:,} certificates at a time.")
    before = 0
    kept: list[_Place] = []
    for text, line in windows(reader):
        kept += _places(recognise(text), text, reader.name, line)
        done = _unlinked(kept)
        yield from _rows(kept[:done], reader.name, before)
        before, kept = before + done, kept[done:]
    if not before + len(kept):
        raise Unreadable(
            f"{reader.name} has no certificate in it", hint="Name another file.", path=reader.name
        )
    yield from _rows(kept, reader.name, before)


def _nothing_known(kind: FileKind, data: bytes, reader: ByteReader) -> Unreadable:
    """That a text is none of all that an audit reads, and how it could be."""
    if kind is FileKind.JSON:
        return Unreadable(
            f"{reader.called} is JSON without a certificate, and no field of it is known to be a host or a chain",
            hint="Say which it is: --host-column NAME, --chain-column NAME. Objects stand in a list, or a line each.",
            path=reader.name,
        )
    return Unreadable(
        f"{reader.called} is text without a certificate, and no list of hosts ({why_no_hosts(data)})",
        hint="Write one host a line; of a table say which column it is, by name or number from 1: --host-column 1, "
        "--chain-column 2.",
        path=reader.name,
    )


def recognised_file(found: Recognised, data: bytes, source: str, remark: Remark) -> Iterator[AuditInput]:
    """The chains of a file's DATA, which was recognised as FOUND: a row each, or one with the reason.

    Raises:
        Unreadable: it is something else than certificates.
    """
    if not found.kind.certificates and found.kind is not FileKind.CUT_SHORT:
        load_certificates(
            found, name="standard input" if source == STDIN else source
        )  # which says what it is
    places = list(_places(found, data, source, 1))
    rows = list(_rows(places, source))
    if len(rows) > 1:
        remark(f"{source}: {len(places):,} certificates, which are {len(rows):,} chains by who issued whom.")
    yield from rows


def _rows(places: list[_Place], source: str, before: int | None = None) -> Iterator[AuditInput]:
    """The rows of PLACES, in their order; BEFORE: where they are part of a file, how many came before."""
    numbers = [at for at, place in enumerate(places) if place.certificate]
    chains = chains_of([places[at].certificate for at in numbers])
    alone = before is None and len(chains) + len(places) - len(numbers) == 1
    found = {numbers[chain.number - 1]: chain.certificates for chain in chains}
    for at, place in enumerate(places):
        locator = "" if alone else f"certificate {(before or 0) + at + 1}"
        if place.error:
            yield failed(source, locator, place.error)
        elif at in found:
            yield with_chain(source, locator, None, found[at])


def _unlinked(places: list[_Place]) -> int:
    """How many of PLACES end before the last chain that may go on in what follows; all but that are done."""
    at = len(places) - 1
    while at > 0 and places[at].certificate and places[at - 1].certificate:
        below = link_of(places[at - 1].certificate)
        if below.issuer is None or below.issuer != link_of(places[at].certificate).subject:
            break
        at -= 1
    return max(at, 0) if len(places) - at < WINDOW else len(places)


def _places(found: Recognised, data: bytes, source: str, line: int) -> Iterator[_Place]:
    """What stands where in DATA, whose first line is LINE of its file; a damaged block costs no other."""
    if found.damage is None:
        yield from _whole(found, source)
        return
    for part in _BEGIN.split(data):
        inside = recognise(part) if part.strip() else found
        if part.strip() and (inside.kind.certificates or inside.kind is FileKind.BROKEN_PEM):
            for place in _whole(inside, source):
                yield _Place(place.certificate, _moved(place.error, line - 1))
        line += part.count(b"\n")


def _whole(found: Recognised, source: str) -> Iterator[_Place]:
    """The certificates of what was recognised, or why there are none to be had."""
    try:
        ders = [der for block in found.readable_blocks(source) for der in in_block(block, source)]
        if not ders and (found.kind.certificates or found.kind in _BROKEN):
            ders += load_certificates(found, name=source)
    except WrongPassword as error:
        hint = "An audit asks for none: `openssl pkcs12 -in FILE -nokeys -out NEW.pem` takes its certificates out."
        yield _Place(error=f"{error.problem}. {hint}")
    except PkiError as error:
        yield _Place(error=sentence(error))
    else:
        yield from map(_Place, ders)


def _moved(words: str, lines: int) -> str:
    """WORDS about a part of a text, with the lines as the whole text counts them."""
    words = words.replace("PEM block 1 (", "a PEM block (")
    return _LINE.sub(lambda found: f"line {int(found[1]) + lines}", words)
