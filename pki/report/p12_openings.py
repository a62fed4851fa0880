"""Who opens a PKCS #12 container, and how to pack it anew."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

from pki.report.document import TypedDict
from pki.report.layout import harmless, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.load.p12.container import Container
    from pki.load.p12.readers import Opening, ReaderAnswer
    from pki.report.fields import Text
    from pki.report.style import Style

_READER = 36  # columns
_GRADES = {"no": "problem", "unknown": "warning"}  # a reader that opens it is nothing to look at
_NEEDS_LEGACY = frozenset({"RC2-40", "RC2-128", "RC4-40", "RC4-128"})  # of OpenSSL 3
_KEPT_OPEN = "PW is a file with the password alone. The second is for bash or zsh; no key touches the disk."


class OpeningJson(TypedDict):
    """What one program makes of it."""

    reader: Text  # A stable word for it.
    title: Text
    opens: ReaderAnswer
    reasons: list[Text]  # For a no or an unknown.
    measured: bool  # Whether a test has the reader itself answer.
    evidence: Text  # What was measured, or what was read.


class RewrapJson(TypedDict):
    """Our own command and OpenSSL's, without a password in either."""

    trustrig: Text
    openssl: Text


def reader_lines(container: Container, style: Style, *, indent: str) -> Iterator[str]:
    """Everybody's answer, one line each or a few."""
    yield f"{indent}Who opens it{', as far as it is seen' if container.pfx.locked else ''}"
    for opening in container.openings:
        mark = "*" if opening.reader.measured else " "
        title = f"{opening.reader.title} {mark}"
        reasons = "; ".join(trait.short for trait in opening.because)
        answer = style.graded(opening.answer, _GRADES.get(opening.answer, ""))
        text = f"{answer}{f': {reasons}' if reasons else ''}"
        yield from wrapped(
            f"{title:<{_READER}}{text}", indent=f"{indent}  ", hanging=f"{indent}  {'':<{_READER}}"
        )
    measured = dict.fromkeys(o.reader.evidence for o in container.openings if o.reader.measured)
    yield from wrapped(f"* measured: {', '.join(measured)}; the others as published", indent=f"{indent}  ")


def rewrap_lines(name: str, container: Container, *, indent: str) -> Iterator[str]:
    """The commands that pack the file called NAME anew for every Apple release; nothing where that does not help."""
    commands = rewrap_commands(name, container)
    if commands is None:
        return
    yield f"{indent}To pack it anew for every Apple release"
    for command in (commands["trustrig"], commands["openssl"]):
        yield from (f"{indent}  {line}" for line in command.splitlines())
    yield from wrapped(_KEPT_OPEN, indent=f"{indent}  ")


def rewrap_commands(name: str, container: Container) -> RewrapJson | None:
    """Our own command and OpenSSL's, without a password in either; None where neither would help."""
    if not container.rewrappable:
        return None
    stem = PurePath(harmless(name)).stem
    source = shlex.quote(harmless(name))
    target = shlex.quote(f"{stem}-any.p12")
    unlocked = container.pfx.empty_password or not container.pfx.schemes
    legacy = " -legacy" if any(s.cipher in _NEEDS_LEGACY for s in container.pfx.schemes) else ""
    read = f"openssl pkcs12 -in {source} -passin {'pass:' if unlocked else 'file:PW'}{legacy}"
    called = next((key.friendly_name for key in container.pfx.keys if key.friendly_name), None)
    named = f" -name {shlex.quote(harmless(called))}" if called else ""
    return {
        "trustrig": f"trustrig export p12 --from {source} \\\n  -o {target} --password-file PW",
        "openssl": " \\\n  ".join(
            (
                "openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES",
                f"-macalg sha1 -passout file:PW -out {target}{named}",
                f"-in <({read} -nokeys)",
                f"-inkey <({read} -nocerts -nodes)",
            )
        ),
    }


def opening_json(opening: Opening) -> OpeningJson:
    """One reader's answer for programs."""
    return {
        "reader": opening.reader.id,
        "title": opening.reader.title,
        "opens": opening.answer,
        "reasons": list(opening.reasons),
        "measured": opening.reader.measured,
        "evidence": opening.reader.evidence,
    }
