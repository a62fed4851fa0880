"""Apple's importers of PKCS #12 files, by Apple's published source and what people have measured.

Two codes read these files. SecPKCS12Import is one on iOS, and since macOS 15 on a Mac (OSX/sec/Security/p12import.c).
The other is the old CDSA coder (OSX/libsecurity_pkcs12) behind SecItemImport and SecKeychainItemImport, thus behind
`security import` without `-f pkcs12`, and up to macOS 14 behind SecPKCS12Import, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pki.load.p12.reader_values import (
    AES_256,
    APPLE_CURVES,
    COMMON_KEYS,
    DIGESTS,
    NO_BYTES,
    OLD_CURVES,
    PBES1,
    TWO_NULS,
    UNPAIRABLE,
)
from pki.load.p12.readers import Opening, Reader, ReaderAnswer
from pki.load.p12.traits import (
    BARE,
    BARE_PBES2,
    CERTIFICATES,
    KEY_ALONE,
    NAMED,
    NO_POINT,
    NOT_ASCII,
    SEVERAL,
    TRUST_STORE,
    Aspect,
    Trait,
)
from pki.model.apple_crypto import CURVES, MAX_RSA_BITS

_CERTIFICATES = frozenset({CERTIFICATES, TRUST_STORE})
_NEXT = "pack it under a password that is not empty"
_LIMITS: dict[str, str] = {
    Aspect.INTEGRITY: "Apple demands a MAC, of SHA-1 or SHA-2",
    Aspect.CIPHER: "Apple does 3-key 3DES, RC2 and RC4, and of PBES2 AES-256-CBC with hmacWithSHA256 alone",
    Aspect.KEY: f"Apple imports RSA up to {MAX_RSA_BITS:,} bits and EC {', '.join(CURVES[:-1])} and {CURVES[-1]}",
    Aspect.CLEAR_KEY: "Apple skips such a key and imports no identity",
    Aspect.PAIRING: "Apple imports the two without an identity",
    KEY_ALONE: "Apple hands over no identity for it",
    CERTIFICATES: "SecPKCS12Import hands over nothing of them on iOS",
    TRUST_STORE: "SecPKCS12Import hands over nothing of them on iOS",
}
# Security-61439 to 61901 (iOS 18 to 26): of PBES2, cipher and pseudo-random function are hard-wired, whatever the file
# says: another one reads as a wrong password. corecrypto works a public half out that is not there
# (ccec_der_import_priv). p12pbegen.c derives from two NULs; nobody has published a trial of an empty password on iOS.
APPLE = Reader(
    id="apple",
    title="iOS 18 and later",
    evidence="Apple's Security-61439 to 61901: SecPKCS12Import",
    takes={
        Aspect.INTEGRITY: DIGESTS,
        Aspect.CIPHER: PBES1 | AES_256,
        Aspect.KEY: COMMON_KEYS | APPLE_CURVES | {NO_POINT},
        Aspect.PASSWORD: frozenset({NOT_ASCII}),
        Aspect.PAIRING: frozenset({NAMED}),
        Aspect.CONTENT: frozenset({SEVERAL}),
    },
    limits=_LIMITS
    | {
        **dict.fromkeys(
            TWO_NULS,
            "iOS derives from them by its source; no trial is published, and Settings cannot enter it",
        ),
        **dict.fromkeys(NO_BYTES, f"iOS derives an empty password from two NULs; {_NEXT}"),
    },
    complete=True,
    untried={Aspect.PASSWORD: TWO_NULS},
)
# The same code; the identity then goes into a keychain file, by a path that was not read for P-192 and P-224.
# p12pbegen.c since Security-61439.60: "on macOS only, treat an empty passphrase as a null passphrase".
MACOS = replace(
    APPLE,
    id="macos",
    title="macOS 15.2 and later",
    evidence="Apple's Security-61439.60 to 61901: SecPKCS12Import, also by security import -f pkcs12",
    takes={
        **APPLE.takes,
        Aspect.KEY: COMMON_KEYS | {NO_POINT},
        Aspect.PASSWORD: frozenset({NOT_ASCII, BARE}),
        Aspect.CONTENT: _CERTIFICATES | {SEVERAL},
    },
    limits=_LIMITS
    | dict.fromkeys(TWO_NULS, f"macOS 15.2 and later derives an empty password from no bytes; {_NEXT}")
    | {BARE_PBES2: "whether PBES2's derivation takes no bytes there was not read, and no trial is published"},
    untried={Aspect.KEY: OLD_CURVES, Aspect.PASSWORD: frozenset({BARE_PBES2})},
)
# codemagic-ci-cd/cli-tools #436: on 15.1, `security import -f pkcs12` refuses what Keychain Access exported with an
# empty password, on 14.7 or on 15.1, and `-f openssl` imports it.
FIRST_MACOS = replace(
    MACOS,
    id="macos-15.0",
    title="macOS 15.0 and 15.1",
    evidence="Apple's Security-61439.1 to .41: SecPKCS12Import; codemagic-ci-cd/cli-tools #436",
    takes={**MACOS.takes, Aspect.PASSWORD: frozenset({NOT_ASCII})},
    limits=_LIMITS
    | {
        **dict.fromkeys(
            TWO_NULS, "macOS 15.0 and 15.1 derive from them by their source; no trial is published"
        ),
        **dict.fromkeys(
            NO_BYTES,
            "measured: security import -f pkcs12 refuses it on macOS 15.1, and -f openssl imports it",
        ),
    },
    untried={Aspect.KEY: OLD_CURVES, Aspect.PASSWORD: TWO_NULS},
)
_OLD_LIMITS: dict[str, str] = {
    Aspect.INTEGRITY: "iOS 17 and macOS 14 check SHA-1 alone",
    Aspect.CIPHER: "iOS 17 and macOS 14 do 3-key 3DES, RC2 and RC4 alone, nothing of PBES2",
}
# Security-61123 (iOS 17.4 to 17.6) and before.
OLD_APPLE = replace(
    APPLE,
    id="apple-old",
    title="iOS 17 and before",
    evidence="Apple's Security-61123: SecPKCS12Import",
    takes={**APPLE.takes, Aspect.INTEGRITY: frozenset({"SHA-1"}), Aspect.CIPHER: PBES1},
    limits={**APPLE.limits, **_OLD_LIMITS},
)
# tauri-apps/tauri #15844 shows it on macOS 26 from outside. It stores keys and certificates, and a keychain joins them
# by the hash of the public key, whatever the attributes say (pkcs12Keychain.cpp). zeroc-ice/ice #6503 and #6529 are
# measurements of SecItemImport on macOS 26: an empty CFString opens what was derived from no bytes, and nothing that
# was from two NULs.
SECURITY_IMPORT = replace(
    OLD_APPLE,
    id="security-import",
    title="security import without -f",
    evidence="Apple's Security-61123 to 61901: SecKeychainItemImport, SecItemImport; zeroc-ice/ice #6529",
    takes={
        **OLD_APPLE.takes,
        Aspect.KEY: COMMON_KEYS,
        Aspect.PASSWORD: frozenset({NOT_ASCII, BARE}),
        Aspect.PAIRING: UNPAIRABLE | {NAMED},
        Aspect.CONTENT: _CERTIFICATES | {SEVERAL},
    },
    limits=_LIMITS
    | _OLD_LIMITS
    | dict.fromkeys(
        TWO_NULS,
        "measured on macOS 26: SecItemImport refuses it with an empty CFString as password, and takes it with a CFData "
        "of two NULs",
    ),
    untried={Aspect.KEY: OLD_CURVES | {NO_POINT}},
)
OLD_MACOS = replace(
    SECURITY_IMPORT,
    id="macos-old",
    title="macOS 14 and before",
    evidence="Apple's Security-61123: SecPKCS12Import by way of SecKeychainItemImport",
    takes={**SECURITY_IMPORT.takes, Aspect.PAIRING: frozenset({NAMED})},
    untried={**SECURITY_IMPORT.untried, Aspect.PAIRING: UNPAIRABLE},
)
NEW_APPLE_ROWS = (APPLE, MACOS, FIRST_MACOS)
OLD_APPLE_ROWS = (OLD_APPLE, OLD_MACOS, SECURITY_IMPORT)

ANY, NEW, NONE = "every iOS and macOS release", "iOS 18 and macOS 15, and later", "no Apple release"


@dataclass(frozen=True, slots=True)
class AppleSupport:
    """What each of Apple's importers makes of a file.

    `new` are those of iOS 18, macOS 15 and everything since; `old` those of before, and `security import` without a
    format on any macOS.
    """

    new: tuple[Opening, ...]
    old: tuple[Opening, ...]

    @property
    def older(self) -> tuple[str, ...]:
        """Why importers of before refuse it; no reasons mean that none is known to."""
        return _reasons(self.old, ReaderAnswer.NO)

    @property
    def newer(self) -> tuple[str, ...]:
        """The same of iOS 18, macOS 15 and everything since."""
        return _reasons(self.new, ReaderAnswer.NO)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What nobody has tried or published, where it decides."""
        return _reasons((*self.new, *self.old), ReaderAnswer.UNKNOWN)

    @property
    def needs_format(self) -> bool:
        """Whether `security import` imports it on a Mac of today with `-f pkcs12`, and not without."""
        answers = {opening.reader.id: opening.answer for opening in (*self.new, *self.old)}
        return answers[MACOS.id] is ReaderAnswer.YES and answers[SECURITY_IMPORT.id] is ReaderAnswer.NO

    @property
    def opens_on(self) -> str:
        """The releases that open it, in words; where that is not known, so."""
        new, old = ({opening.answer for opening in found} for found in (self.new, self.old))
        if new == {ReaderAnswer.YES}:
            if old == {ReaderAnswer.YES}:
                return ANY
            if old == {ReaderAnswer.NO}:
                return NEW
        if new | old == {ReaderAnswer.NO}:
            return NONE
        said = {
            answer: [o.reader.title for o in (*self.new, *self.old) if o.answer is answer]
            for answer in ReaderAnswer
        }
        parts = [", ".join(said[ReaderAnswer.YES])] if said[ReaderAnswer.YES] else []
        if said[ReaderAnswer.UNKNOWN]:
            parts.append(f"not known: {', '.join(said[ReaderAnswer.UNKNOWN])}")
        if said[ReaderAnswer.NO]:
            parts.append(f"not {', '.join(said[ReaderAnswer.NO])}")
        return "; ".join(parts)

    @property
    def oldest(self) -> str | None:
        """`any`, `iOS 18, macOS 15`, or None: the oldest release from which all open it, for JSON."""
        everywhere = all(opening.answer is ReaderAnswer.YES for opening in (*self.new, *self.old))
        newest = all(opening.answer is ReaderAnswer.YES for opening in self.new)
        return "any" if everywhere else "iOS 18, macOS 15" if newest else None


def apple_support(traits: Iterable[Trait]) -> AppleSupport:
    """Judge a file by its TRAITS, among them those of what could be seen inside."""
    known = tuple(traits)
    new, old = (tuple(row.opens(known) for row in rows) for rows in (NEW_APPLE_ROWS, OLD_APPLE_ROWS))
    return AppleSupport(new, old)


def _reasons(found: Iterable[Opening], answer: ReaderAnswer) -> tuple[str, ...]:
    """Every reason for ANSWER once."""
    return tuple(
        dict.fromkeys(why for opening in found if opening.answer is answer for why in opening.reasons)
    )
