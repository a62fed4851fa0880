"""What the page says of one handing over, before anybody asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontWords:
    """What the page says of a front: what clients call it, and where its PAC is; None where they need none."""

    host: str
    pac: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContents:
    """What the page says of this handing over. Addresses are relative where they are on the same server."""

    address: str = field(repr=False)  # a secret, as the others below are
    authority: str  # the root's name
    profile: str
    certificate: str
    identity: str | None = None  # the name of the one in the profile
    asks_password: bool = False
    check: str | None = field(default=None, repr=False)  # where the test server is; None when there is none
    probe: str = field(default="", repr=False)
    front: FrontWords | None = None  # what stands in the test server's place
