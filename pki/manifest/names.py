"""What signs has a name of its own in a manifest, and so has what is issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.issue.authority import INTERMEDIATE_SUFFIX
from pki.manifest.errors import key_text
from pki.store.layout import slug

if TYPE_CHECKING:
    from pki.manifest.errors import Mistakes
    from pki.manifest.lines import KeyPath
    from pki.manifest.model import Document


def check_names(document: Document, mistakes: Mistakes) -> None:
    """Note each name that is there already: references and folders go by it."""
    for sections in (("ca", "intermediate"), ("intermediate", "server", "client")):
        taken: dict[str, str] = {}
        for section in sections:
            for name in getattr(document, section):
                path: KeyPath = (section, name)
                place = slug(name).casefold()  # some file systems know no case
                if place in taken:
                    mistakes.add(
                        path, f"there is {taken[place]} already", "Give each table a name of its own."
                    )
                taken[place] = key_text(path)
    roots = [table.name or name for name, table in document.ca.items()]
    signers = {*roots, *(f"{root}{INTERMEDIATE_SUFFIX}" for root in roots)}
    for section in ("intermediate", "server", "client"):
        for name in getattr(document, section):
            if name in signers:  # folders find authorities by their CommonName
                mistakes.add((section, name), "a CA's own certificate is called so", "Choose another name.")
    names: dict[str, str] = {}
    for name, table in document.ca.items():
        called = table.name or name
        if called in names:
            mistakes.add(
                ("ca", name, "name"),
                f"the root of {key_text(('ca', names[called]))} is called {called!r}, too",
                "Trust stores and people confuse two roots of one name: choose another.",
            )
        names[called] = name
