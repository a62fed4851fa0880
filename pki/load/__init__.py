"""Loading: bytes in, recognised by what they hold and not by what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import lazy_names

if TYPE_CHECKING:
    from pki.load.certificates import leaf_first, load_certificates
    from pki.load.identity import load_identity
    from pki.load.kinds import FileKind
    from pki.load.paths import FoundCertificates, load_folder, load_path, load_place, read_bytes
    from pki.load.recognition import recognise, sniff

__all__ = [
    "FileKind",
    "FoundCertificates",
    "leaf_first",
    "load_certificates",
    "load_folder",
    "load_identity",
    "load_path",
    "load_place",
    "read_bytes",
    "recognise",
    "sniff",
]

_HOMES = {
    "FoundCertificates": "paths",
    "FileKind": "kinds",
    "leaf_first": "certificates",
    "load_certificates": "certificates",
    "load_folder": "paths",
    "load_identity": "identity",
    "load_path": "paths",
    "load_place": "paths",
    "read_bytes": "paths",
    "recognise": "recognition",
    "sniff": "recognition",
}

# Judging a PEM file needs none of the PKCS #12 half.
__getattr__ = lazy_names(__name__, _HOMES)
