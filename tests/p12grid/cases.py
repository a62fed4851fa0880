"""The grid: encryption x MAC x kind of key x kind of password x shape, as a list of files to be made."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from tests.p12 import KINDS as KEPT
from tests.p12 import password as kept_password
from tests.p12grid.material import KINDS

PASSWORDS = {
    "ASCII": "correct-horse",
    "long": "a long pass phrase, " * 6,
    "Latin-1": "pässwörd",
    "other letters": "zażółć-Ω",
    "beyond the BMP": "key💥key",
    "empty": "",
}
SHAPES = ("chain", "leaf alone", "key alone", "certificates")


@dataclass(frozen=True)
class Case:
    """One file: who makes it, of what, and what must come out. `bare`: the empty password as no bytes.

    `kept` ones are the kinds of `tests.p12`, with their own password.
    """

    program: str
    options: tuple[str, ...]
    kind: str = "RSA"
    password: str = "ASCII"  # a kind of password
    shape: str = "chain"
    bare: bool = False
    slow: bool = field(default=False, compare=False)  # 600,000 rounds for each part

    @property
    def name(self) -> str:
        parts = (self.program, " ".join(self.options), self.kind, self.password, self.shape)
        return ", ".join(parts) + (", bare" if self.bare else "")

    @property
    def secret(self) -> str:
        return kept_password(self.options[0]) if self.program == "kept" else PASSWORDS[self.password]

    def sampled(self, one_in: int) -> bool:
        """Whether it is made always: each kind that is kept, and one in ONE_IN of the others, the same ones each time."""
        return (
            self.program == "kept" or zlib.crc32(self.name.encode()) % (one_in * (4 if self.slow else 1)) == 0
        )


def grid() -> tuple[Case, ...]:
    """All of them."""
    kept = (Case("kept", (kind,)) for kind in KEPT)
    return tuple(dict.fromkeys((*kept, *_openssl(), *_gnutls(), *_nss(), *_java(), *_assembled())))


def _pbe(key: str, certificates: str | None = None) -> tuple[str, ...]:
    return ("-keypbe", key, "-certpbe", certificates or key)


_SHA1 = ("-macalg", "sha1")
OLDEST = (*_pbe("PBE-SHA1-3DES"), *_SHA1)


def _openssl() -> Iterator[Case]:
    ciphers: list[tuple[str, ...]] = [(), ("-legacy",)]
    ciphers += [_pbe(name) for name in ("PBE-SHA1-3DES", "PBE-SHA1-2DES", "AES-128-CBC", "AES-192-CBC")]
    ciphers += [(*_pbe(f"PBE-SHA1-{name}"), "-legacy") for name in ("RC2-128", "RC4-128", "RC4-40", "RC2-40")]
    ciphers += [_pbe("DES-EDE3-CBC"), _pbe("AES-256-CBC", "NONE"), _pbe("PBE-SHA1-3DES", "NONE")]
    macs = [_SHA1, *(("-macalg", f"sha{size}") for size in (224, 256, 384, 512)), ("-nomac",)]
    for cipher, mac in product(ciphers, macs):
        yield Case("openssl", (*cipher, *mac))
    kinds = [kind for kind in KINDS if kind not in ("ML-DSA", "ML-KEM", "of an unknown kind", "damaged")]
    for kind, options in product(kinds, ((), OLDEST, _pbe("AES-128-CBC"))):
        if kind != "RSA key, RSA-PSS certificate":  # which it refuses to pack
            yield Case("openssl", options, kind=kind, shape="leaf alone")
    for word, options in product(
        PASSWORDS, ((), OLDEST, ("-legacy",), _pbe("AES-256-CBC", "NONE"), ("-nomac",))
    ):
        yield Case("openssl", options, password=word)
    for shape, options, word in product(SHAPES, ((), OLDEST, ("-legacy",)), ("ASCII", "Latin-1", "empty")):
        yield Case("openssl", options, password=word, shape=shape)


def _gnutls() -> Iterator[Case]:
    """It derives each key in 600,000 rounds, so that there are few."""
    ciphers = ("3des", "3des-pkcs12", "aes-128", "aes-192", "aes-256", "rc2-40", "arcfour")
    for cipher in ciphers:
        yield Case("certtool", ("--pkcs-cipher", cipher), shape="leaf alone", slow=True)
    for word, cipher in product(("Latin-1", "beyond the BMP", "empty"), ("aes-256", "3des-pkcs12")):
        yield Case("certtool", ("--pkcs-cipher", cipher), password=word, shape="leaf alone", slow=True)
    for kind in ("EC P-256", "EC P-521", "Ed25519", "RSA-PSS"):
        yield Case("certtool", ("--pkcs-cipher", "aes-256"), kind=kind, shape="leaf alone", slow=True)
    yield Case("certtool", ("--null-password",), password="empty", shape="leaf alone", bare=True, slow=True)
    yield Case("certtool", ("--pkcs-cipher", "aes-128"), shape="chain", slow=True)
    yield Case("certtool", ("--pkcs-cipher", "aes-128"), shape="certificates", slow=True)


def _nss() -> Iterator[Case]:
    ciphers = ("AES-128-CBC", "AES-256-CBC", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC")
    for cipher, mac, kind in product(
        ciphers, ("SHA-1", "SHA-256", "SHA-512"), ("RSA", "EC P-256", "EC P-384")
    ):
        yield Case("pk12util", ("-c", cipher, "-C", cipher, "-M", mac), kind=kind, shape="leaf alone")
    for word, cipher in product(("Latin-1", "other letters", "beyond the BMP"), ciphers):
        yield Case("pk12util", ("-c", cipher, "-C", cipher), password=word, shape="leaf alone")
    for kind in ("EC P-521", "RSA-PSS"):
        yield Case("pk12util", (), kind=kind, shape="leaf alone")
    yield Case("pk12util", (), shape="chain")


def _java() -> Iterator[Case]:
    """Options are Java's: encryption of the key, of the certificates, MAC."""
    des, rc2 = "PBEWithSHA1AndDESede", "PBEWithSHA1AndRC2_40"
    ciphers = [(des, des), (des, rc2), ("PBEWithSHA1AndRC4_128", "NONE")]
    for hashed, size in product(("SHA1", "SHA256", "SHA512"), (128, 256)):
        ciphers.append((f"PBEWithHmac{hashed}AndAES_{size}",) * 2)
    ciphers.append(("PBEWithHmacSHA256AndAES_256", "NONE"))
    macs = ("HmacPBESHA1", "HmacPBESHA256", "HmacPBESHA384", "HmacPBESHA512", "NONE")
    for (own, others), mac in product(ciphers, macs):
        yield Case("java", (own, others, mac))
    ours = ("PBEWithHmacSHA256AndAES_256",) * 2
    for mac, shape in product(macs[:2], ("leaf alone", "two identities", "trust store", "both")):
        yield Case("java", (*ours, mac), shape=shape)
        yield Case("java", (des, des, mac), shape=shape)
    for kind in ("EC P-256", "EC P-384", "EC P-521", "Ed25519", "Ed448", "RSA-PSS", "DSA"):
        yield Case("java", (*ours, "HmacPBESHA256"), kind=kind)
    for word in ("empty", "long"):
        yield Case("java", (*ours, "HmacPBESHA256"), password=word)
    yield Case("keytool", (), shape="leaf alone")
    yield Case("keytool", ("-J-Dkeystore.pkcs12.legacy",), shape="leaf alone")
    yield Case("keytool", (), shape="two identities")
    yield Case("keytool", (), shape="trust store")


def _assembled() -> Iterator[Case]:
    """Options are ours: cipher or clear, PRF, MAC or none."""
    plain = [
        ("3des", "sha1"),
        ("3des", "sha256"),
        ("aes-256", "sha256"),
        ("aes-128", "sha512"),
        ("clear", "sha1"),
    ]
    shapes = (
        "by name",
        "unpaired",
        "two identities",
        "two unpaired",
        "renewed",
        "foreign certificate",
        "key alone",
    )
    shapes += ("certificates", "trust store", "swapped", "certificates first", "in UTF-16")
    for (cipher, mac), shape in product(plain, shapes):
        yield Case("assembled", (cipher, "sha256", mac), shape=shape)
    for cipher, prf in product(("aes-128", "aes-192", "aes-256"), ("sha1", "sha256", "sha512")):
        yield Case("assembled", (cipher, prf, "sha256"))
    for (cipher, mac), word in product(plain[:4], PASSWORDS):
        yield Case("assembled", (cipher, "sha256", mac), password=word)
    for (cipher, mac), shape in product((*plain[:4], ("3des", "sha512")), ("chain", "certificates")):
        yield Case("assembled", (cipher, "sha256", mac), password="empty", bare=True, shape=shape)
    for kind, (cipher, mac) in product(KINDS, (plain[0], plain[2], plain[4])):
        yield Case("assembled", (cipher, "sha256", mac), kind=kind)
