"""ATS keys outside the dictionary that is read, and an Info.plist without one."""

from __future__ import annotations

from collections.abc import Iterator

from pki.ats.catalogue import AtsEntry, AtsPart, lint_rule, part
from pki.ats.keys import EXCEPTION_KEYS, GLOBAL_KEYS
from pki.ats.outside import DICTIONARY, XCODE_NAME, strays
from pki.model.codes import Severity

_CITATION = "Apple, NSAppTransportSecurity"
_OF_AN_APP = "CFBundleIdentifier"


@lint_rule(
    "ats-key-misplaced",
    title="An ATS key where nobody reads it",
    citation=_CITATION,
    applies_to=part(AtsPart.OUTSIDE),
    fix=f"Put it where it belongs: the dictionary {DICTIONARY} stands at the top of Info.plist and holds all of ATS.",
)
def misplaced(entry: AtsEntry) -> Iterator[str]:
    """ATS is read from one dictionary at the top of Info.plist, and a key that stands elsewhere is skipped in silence.

    Often the dictionary's own line is missing, so that NSExceptionDomains or NSAllowsArbitraryLoads stand at the top;
    or the dictionary is inside another one. Xcode's editor calls it "App Transport Security Settings"; the key in the
    file is NSAppTransportSecurity.
    """
    if entry.name == DICTIONARY:
        yield "it is read at the top of Info.plist alone"
    elif entry.name in GLOBAL_KEYS:
        yield f"it is read inside {DICTIONARY} alone"
    elif entry.name in EXCEPTION_KEYS:
        yield f"it is read in a domain's dictionary in {DICTIONARY} > NSExceptionDomains alone"
    elif entry.name.startswith("NSPinned"):
        yield f"it is read in a domain's dictionary in {DICTIONARY} > NSPinnedDomains alone"
    else:
        shown = " (Xcode's editor shows it by this name)" if entry.name == XCODE_NAME else ""
        yield f"the key is {DICTIONARY}{shown}"


@lint_rule(
    "ats-dictionary-absent",
    title="There is no NSAppTransportSecurity",
    citation=_CITATION,
    applies_to=lambda entry: (
        entry.part is AtsPart.WHOLE and entry.value is None and entry.asked.beside is not None
    ),
    fix="Nothing has to be done where the defaults suit. Else see that this is the built app's Info.plist.",
    severity=Severity.INFO,
)
def dictionary_absent(entry: AtsEntry) -> Iterator[str]:
    """An app without the dictionary has ATS with its defaults: TLS 1.2, forward secrecy, the system's own trust.

    The file in the project is not always the one in the app: Xcode merges it with the build settings. What counts is
    Info.plist inside the built app.
    """
    beside = entry.asked.beside or {}
    if next(strays(beside), None) is not None:
        return  # said already, and better
    doubt = (
        "" if _OF_AN_APP in beside else f"; no {_OF_AN_APP} either, so this may not be an app's Info.plist"
    )
    yield f"ATS holds with its defaults for every host{doubt}"
