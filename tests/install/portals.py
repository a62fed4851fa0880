"""Who takes part in the tests of the page that a device opens, and the page while it is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pki.export.profile import ProfileIdentity, build_profile
from pki.install.portal import DeviceCheck, Event, Portal, ProfileHandout
from pki.issue import Authority
from pki.model.identity import Identity
from tests.handshake.programs import PASSWORD

HERE = "127.0.0.1"


@dataclass(frozen=True)
class Cast:
    """Who is in these tests. All but mallory are of the one authority."""

    authority: Authority
    alice: Identity
    bob: Identity
    expired: Identity
    mallory: Identity
    server: Identity

    @property
    def with_alice(self) -> ProfileHandout:
        return ProfileHandout.of(
            build_profile(self.authority.chain, identities=[ProfileIdentity(self.alice, PASSWORD)])
        )

    @property
    def without_key(self) -> ProfileHandout:
        return ProfileHandout.of(build_profile(self.authority.chain))

    def device_check(self, **changes: Any) -> DeviceCheck:
        """For the profile with alice, or with CHANGES."""
        return DeviceCheck(
            **{
                "identity": self.server,
                "authorities": self.authority.chain,
                "client": "alice",
                "expected": self.alice.certificate,
                **changes,
            }
        )


@dataclass
class Open:
    """A portal that is open, and what it logged."""

    portal: Portal
    events: list[Event] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.portal.url

    @property
    def port(self) -> int:
        return int(self.url.split("/")[2].rpartition(":")[2])

    @property
    def token(self) -> str:
        return self.url.split("/")[3]

    @property
    def log(self) -> list[str]:
        return [event.what for event in self.events]
