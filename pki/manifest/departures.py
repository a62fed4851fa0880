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
class Departure:
    """One row; what stays None or empty is as it should be. Times are as `parse_moment` reads them."""

    line: str  # what is wrong, for people
    not_before: str | None = None
    not_after: str | None = None
    days: int | None = None
    names: Callable[[Names], Names] | None = None
    purposes: tuple[str, ...] | None = None  # extended key usage in place of the profile's
    key: str | None = None  # a `WeakKey`, which no authority here makes
    signed: Callable[[], defects.Departure] | None = None  # done to the certificate, which is signed again
    for_servers: bool = False

    @property
    def sets_dates(self) -> bool:
        """Whether the validity is what is wrong."""
        return bool(self.not_before or self.not_after or self.days)


def _elsewhere(names: Names) -> Names:
    host = next(name.value for name in names if name.kind is NameKind.DNS)
    return (SubjectName(NameKind.DNS, f"other.{host.removeprefix('*.')}"),)


def _nowhere(_: Names) -> Names:
    return ()


DEPARTURES: Final[Mapping[str, Departure]] = {
    "expired": Departure("ended yesterday", not_before="-90d", not_after="-1d"),
    "not-yet-valid": Departure("begins in a month", not_before="+30d", not_after="+120d"),
    # Apple: 825 days (support.apple.com/103769); its code allows an hour more (SecPolicy.c).
    "too-long": Departure("valid for 826 days, one more than Apple takes", days=826, for_servers=True),
    "wrong-host": Departure("names another host, other.NAME", names=_elsewhere, for_servers=True),
    "no-san": Departure("names nobody but in its CommonName", names=_nowhere, for_servers=True),
    "no-eku": Departure("has no extended key usage", purposes=()),
    "client-eku": Departure("is for clients alone", purposes=(CLIENT_AUTH,), for_servers=True),
    "rsa-1024": Departure("has an RSA key of 1024 bits", key="rsa1024"),
    "p224": Departure("has an EC key on P-224, which Apple does not take", key="p224"),
    "secp256k1": Departure("has an EC key on secp256k1, which Apple does not know", key="secp256k1"),
    "brainpool": Departure("has an EC key on brainpoolP256r1, which Apple does not know", key="brainpool256"),
    "bad-signature": Departure("its signature is broken", signed=lambda: defects.bad_signature),
    "sha1": Departure("is signed with SHA-1", signed=lambda: defects.signed_with("sha1")),
    "unknown-critical": Departure(
        "has a critical extension nobody knows", signed=lambda: defects.unknown_critical_extension()
    ),
    "foreign-key-id": Departure("names another issuer's key", signed=lambda: defects.foreign_key_id),
}
