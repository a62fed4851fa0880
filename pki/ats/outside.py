"""ATS keys of an Info.plist that nobody reads: beside NSAppTransportSecurity, or deep in something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pki.ats.keys import is_key

DICTIONARY = "NSAppTransportSecurity"
XCODE_NAME = "App Transport Security Settings"  # what Xcode's editor shows for it
MAX_LOOKED_AT = 10_000  # ours: values of one Info.plist; what lies behind is not looked for
_ALIKE = 0.85  # of `difflib`: one or two letters of NSAppTransportSecurity


def strays(beside: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Each such key of BESIDE, an Info.plist without its NSAppTransportSecurity, with the path that leads there."""
    looked_at = 0
    waiting: list[tuple[tuple[str, ...], Mapping[str, object]]] = [((), beside)]
    for path, container in waiting:
        for name, value in container.items():
            looked_at += 1
            if looked_at > MAX_LOOKED_AT:
                return
            if (
                name in (DICTIONARY, XCODE_NAME)
                or is_key(name)
                or (not path and looks_like_the_dictionary(name))
            ):
                yield (*path, name), value
            elif isinstance(value, Mapping):
                waiting.append(((*path, name), value))


def looks_like_the_dictionary(name: str) -> bool:
    """Whether NAME is NSAppTransportSecurity, misspelled."""
    if not abs(len(name) - len(DICTIONARY)) < 5:
        return False
    from difflib import SequenceMatcher

    return SequenceMatcher(None, name.lower(), DICTIONARY.lower()).ratio() >= _ALIKE
