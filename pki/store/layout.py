"""Where things are in an authority's folder, and how a name becomes a file name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pki.store.default_folder import LEDGER

SCHEMA: Final = "trustrig.authority/1"  # a root with its intermediate, both keys in the folder
SCHEMA_2: Final = "trustrig.authority/2"  # every other shape; see `pki.store.marker`

CERTIFICATE: Final = "cert.pem"
CHAIN: Final = "chain.pem"  # the issuers without the root: what a peer needs besides the certificate
FULL_CHAIN: Final = "fullchain.pem"  # certificate and issuers in one file, as nginx reads it
KEY: Final = "key.pem"

_WILDCARD: Final = "_wildcard"
_SAFE: Final = "@+"  # beside letters, digits and _.-~, which `quote` always keeps
_LONGEST: Final = 120  # half of what file systems take, so that suffixes fit


@dataclass(frozen=True, slots=True)
class FolderLayout:
    """The paths inside one authority's folder."""

    top: Path

    @property
    def marker(self) -> Path:
        """The file that makes a folder an authority; it is there from the moment the folder is."""
        return self.top / "authority.json"

    @property
    def ledger(self) -> Path:
        """One line of JSON for each certificate issued."""
        return self.top / LEDGER

    @property
    def revocations(self) -> Path:
        """What was revoked, and the number of each authority's last CRL; made with the first of either."""
        return self.top / "revocations.json"

    @property
    def lock(self) -> Path:
        """The file whose lock every writer holds."""
        return self.top / ".lock"

    @property
    def root(self) -> Path:
        """The root's certificate and key."""
        return self.top / "root"

    @property
    def intermediate(self) -> Path:
        """The issuing intermediate's certificate and key."""
        return self.top / "intermediate"

    @property
    def issued(self) -> Path:
        """One folder for each name that was issued."""
        return self.top / "issued"

    @property
    def cross(self) -> Path:
        """What other authorities certified of those here; made with the first of it."""
        return self.top / "cross"

    @property
    def staging(self) -> Path:
        """What is being written now; each entry carries a serial."""
        return self.top / ".staging"

    @property
    def superseded(self) -> Path:
        """Identities that renewing or an allowed replacement took out of `issued`."""
        return self.top / "superseded"

    def identity(self, name: str) -> Path:
        """Return the folder of the identity called NAME."""
        return self.issued / slug(name)


def slug(name: str) -> str:
    """Turn NAME into a file name: a single one, never hidden, and another one for every other name.

    What is unsafe in a path is percent-encoded, `*.` reads `_wildcard.`, and very long names end in a digest.
    """
    if name.startswith("*."):
        safe = _WILDCARD + _quoted(name[1:])
    else:
        safe = _quoted(name) or "%"
        if safe.startswith((".", "-", f"{_WILDCARD}.")):  # hidden, read as an option, or a wildcard's
            safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    if len(safe) > _LONGEST:  # longer than every name that is kept whole, so it cannot be taken for one
        digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:16]
        safe = f"{safe[:_LONGEST]}-{digest}"
    return safe


def _quoted(text: str) -> str:
    return quote(text, safe=_SAFE, errors="surrogateescape")


_SERIAL: Final = re.compile(r"[0-9a-f]{1,40}\Z")


def is_serial(text: str) -> bool:
    """Whether TEXT is a serial as the ledger writes it: lower-case hexadecimal, at most 20 octets."""
    return _SERIAL.match(text) is not None
