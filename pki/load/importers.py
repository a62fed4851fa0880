"""Which Apple releases open a PKCS #12 file: install-formats, 2.1, as rules.

Sources: Security-61123 to 61901 (macOS 14.4 to 26.0), SecImportExportPkcs12 and SecPKCS12Import; the old CDSA
coder behind `security import` without `-f`, of any macOS, has the older column's limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pki.load.pbe import Scheme
from pki.load.pfx import BagKind, Pfx
from pki.model.keys import KeyAlgorithm, KeyFacts

_PBES1 = frozenset({"RC4-128", "RC4-40", "3DES", "RC2-128", "RC2-40"})  # not 2-key 3DES
_MACS = frozenset({"SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"})
_CURVES = frozenset({"P-256", "P-384", "P-521"})


@dataclass(frozen=True, slots=True)
class AppleSupport:
    """Why the two generations of Apple's importer do not open a file; no reasons mean that they do.

    `older` speaks for iOS 17, macOS 14 and everything before, and for `security import` without a format on
    any macOS; `newer` for iOS 18, macOS 15 and everything since.
    """

    older: tuple[str, ...]
    newer: tuple[str, ...]

    @property
    def opens_on(self) -> str:
        """The releases that open it, in words."""
        if not self.older:
            return "every iOS and macOS release"
        return "no Apple release" if self.newer else "iOS 18 and macOS 15, and later"

    @property
    def oldest(self) -> str | None:
        """`any`, `iOS 18, macOS 15`, or None: the oldest release that opens it, for JSON."""
        return "any" if not self.older else None if self.newer else "iOS 18, macOS 15"


def apple_support(pfx: Pfx, keys: Iterable[KeyFacts]) -> AppleSupport:
    """Judge PFX by its parameters and by KEYS, the private keys that could be seen inside."""
    always = (*_integrity(pfx), *_key_reasons(pfx, keys))
    schemes = tuple(dict.fromkeys(pfx.schemes))
    older = (*always, *_older_mac(pfx), *(reason for scheme in schemes for reason in _older(scheme)))
    newer = (*always, *(reason for scheme in schemes for reason in _newer(scheme)))
    return AppleSupport(tuple(dict.fromkeys(older)), tuple(dict.fromkeys(newer)))


def _integrity(pfx: Pfx) -> Iterator[str]:
    if pfx.signed:
        yield "it is guarded by a public-key signature, and Apple demands a MAC"
    elif pfx.mac is None:
        yield "it has no MAC, and Apple demands one"
    elif pfx.mac.pbmac1:
        yield "its MAC is PBMAC1 (RFC 9579), which Apple does not know"
    elif pfx.mac.digest not in _MACS:
        yield f"its MAC uses {pfx.mac.digest}, which Apple does not know"


def _key_reasons(pfx: Pfx, keys: Iterable[KeyFacts]) -> Iterator[str]:
    if any(bag.kind is BagKind.KEY for bag in pfx.bags):
        yield "its private key is not encrypted: Apple skips such a key and imports no identity"
    if pfx.empty_password:
        yield "its password is empty: Apple's releases derive different keys from it, and iOS cannot enter it"
    for key in keys:
        if key.algorithm is KeyAlgorithm.RSA or (key.algorithm is KeyAlgorithm.EC and key.curve in _CURVES):
            continue
        yield f"its private key is {key}: Apple imports RSA and EC P-256, P-384 and P-521"


def _older_mac(pfx: Pfx) -> Iterator[str]:
    if pfx.mac is not None and not pfx.mac.pbmac1 and pfx.mac.digest != "SHA-1":
        yield f"its MAC is {pfx.mac.digest}, and iOS 17 and macOS 14 check SHA-1 alone"


def _older(scheme: Scheme) -> Iterator[str]:
    if scheme.pbes2:
        yield f"it is encrypted by PBES2 ({scheme.cipher}), which iOS 17 and macOS 14 do not know"
    elif scheme.cipher not in _PBES1:
        yield f"it is encrypted by {scheme.name}, which Apple does not know"


def _newer(scheme: Scheme) -> Iterator[str]:
    if not scheme.pbes2 and scheme.cipher not in _PBES1:
        yield f"it is encrypted by {scheme.name}, which Apple does not know"
    elif scheme.pbes2 and (scheme.cipher, scheme.prf) != ("AES-256-CBC", "hmacWithSHA256"):
        # Cipher and PRF are hard-wired, whatever the file says: "wrong password".
        found = f"{scheme.cipher} with {scheme.prf or 'an unknown derivation'}"
        yield f"it is encrypted by {found}; of PBES2, Apple does AES-256-CBC with hmacWithSHA256 alone"
