"""What a manifest can make wrong on purpose: one thing each, in a leaf that is right otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pki.issue import defects
from pki.model.names import NameKind, SubjectName
from pki.model.oids import CLIENT_AUTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Names = tuple[SubjectName, ...]


@dataclass(frozen=True, slots=True)
class DefectSpec:
    """One row; what stays None or empty is as it should be. Times are as `parse_moment` reads them."""

    description: str  # what is wrong, for people
    not_before: str | None = None
    not_after: str | None = None
    days: int | None = None
    names: Callable[[Names], Names] | None = None
    purposes: tuple[str, ...] | None = None  # extended key usage in place of the profile's
    key: str | None = None  # a `WeakKey`, which no authority here makes
    signed: Callable[[], defects.Defect] | None = None  # done to the certificate, which is signed again
    for_servers: bool = False

    @property
    def sets_dates(self) -> bool:
        """Whether the validity is what is wrong."""
        return bool(self.not_before or self.not_after or self.days)


def _another_host(names: Names) -> Names:
    host = next(name.value for name in names if name.kind is NameKind.DNS)
    return (SubjectName(NameKind.DNS, f"other.{host.removeprefix('*.')}"),)


def _no_names(_: Names) -> Names:
    return ()


DEFECTS: Final[Mapping[str, DefectSpec]] = {
    "expired": DefectSpec("ended yesterday", not_before="-90d", not_after="-1d"),
    "not-yet-valid": DefectSpec("begins in a month", not_before="+30d", not_after="+120d"),
    # Apple: 825 days (support.apple.com/103769); its code allows an hour more (SecPolicy.c).
    "too-long": DefectSpec("valid for 826 days, one more than Apple takes", days=826, for_servers=True),
    "wrong-host": DefectSpec("names another host, other.NAME", names=_another_host, for_servers=True),
    "no-san": DefectSpec("names nobody but in its CommonName", names=_no_names, for_servers=True),
    "no-eku": DefectSpec("has no extended key usage", purposes=()),
    "client-eku": DefectSpec("is for clients alone", purposes=(CLIENT_AUTH,), for_servers=True),
    "rsa-1024": DefectSpec("has an RSA key of 1024 bits", key="rsa1024"),
    "p224": DefectSpec("has an EC key on P-224, which Apple does not take", key="p224"),
    "secp256k1": DefectSpec("has an EC key on secp256k1, which Apple does not know", key="secp256k1"),
    "brainpool": DefectSpec(
        "has an EC key on brainpoolP256r1, which Apple does not know", key="brainpool256"
    ),
    "bad-signature": DefectSpec("its signature is broken", signed=lambda: defects.bad_signature),
    "sha1": DefectSpec("is signed with SHA-1", signed=lambda: defects.signed_with("sha1")),
    "unknown-critical": DefectSpec(
        "has a critical extension nobody knows", signed=lambda: defects.unknown_critical_extension()
    ),
    "foreign-key-id": DefectSpec("names another issuer's key", signed=lambda: defects.foreign_key_id),
}
