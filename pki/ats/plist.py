"""Info.plist, XML or binary, read within bounds."""

from __future__ import annotations

from dataclasses import replace

from pki.ats.outside import DICTIONARY
from pki.ats.settings import AtsSettings, read_settings
from pki.errors import Unreadable
from pki.model.plists import PlistError, read_plist

MAX_PLIST_BYTES = 4 * 1024 * 1024  # ours: real Info.plists hold a few kilobytes


def read_info_plist(data: bytes, *, name: str) -> AtsSettings:
    """The ATS settings in an Info.plist; NAME is what the messages call it.

    The dictionary itself is in `raw`, what stands beside it in `beside`.

    Raises:
        Unreadable: no property list, or one whose top element is not a dictionary.
    """
    if len(data) > MAX_PLIST_BYTES:
        raise Unreadable(f"{name} holds {len(data):,} bytes", hint="No Info.plist over 4 MiB is read.")
    try:
        document = read_plist(data)
    except PlistError as error:
        raise Unreadable(
            f"{name} is not a property list in XML or binary form: it {error}",
            hint="Give the app's built Info.plist; `plutil -lint` shows the line.",
        ) from None
    if not isinstance(document, dict):
        raise Unreadable(f"{name} holds no dictionary", hint="An Info.plist's top element is <dict>.")
    beside = {key: value for key, value in document.items() if key != DICTIONARY}
    return replace(read_settings(document.get(DICTIONARY)), beside=beside)
