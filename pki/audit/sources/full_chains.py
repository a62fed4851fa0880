"""The files of one folder that say by their names that a whole chain is in them, as certbot and acme.sh write them.

Beside `fullchain.pem` they write the leaf alone (`cert.pem`), for programs that want it apart: what a server sends is
the whole chain (certbot's documentation, "Where are my certificates?"; acme.sh's README, "Install the cert").
"""

from __future__ import annotations

from pathlib import Path

from pki.errors import PkiError
from pki.load.certificates import load_certificates
from pki.load.paths import read_bytes
from pki.load.recognition import recognise
from pki.load.tree import names_in

_SAYS_SO = "fullchain"
_MOST = 64  # files of one folder that are looked into; ours


class FullChains:
    """Which certificates begin a whole chain in a folder; the last folder that was asked about is kept."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._leaves: frozenset[bytes] = frozenset()

    def begin_with(self, leaf: bytes, path: Path) -> bool:
        """Whether a file beside PATH has LEAF with its issuers behind it."""
        if path.parent != self._folder:
            self._folder, self._leaves = path.parent, frozenset(_leaves(path.parent))
        return leaf in self._leaves


def _leaves(folder: Path) -> list[bytes]:
    found = []
    for name in [name for name in names_in(folder) if _SAYS_SO in name.lower()][:_MOST]:
        try:
            chain = load_certificates(recognise(read_bytes(folder / name)), name=name)
        except PkiError:  # it is told where it is met itself
            continue
        if len(chain) > 1:
            found.append(chain[0])
    return found
