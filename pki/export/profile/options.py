"""How a profile presents itself on a device, and when it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pki.errors import InvalidRequest
from pki.export.profile.naming import plain
from pki.model.payloads import PayloadScope, TargetDevice

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
# BCP 47, as far as languages, scripts and regions go.
_LANGUAGE = re.compile(r"default|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """How a profile presents itself and when it leaves; every field may stay as it is."""

    identifier: str | None = None  # replaces the derived one
    organization: str | None = None
    consent: tuple[tuple[str, str], ...] = ()
    """What has to be agreed to before the install: BCP 47 language tag, or `default`, and the text."""
    remove_after: timedelta | None = None  # from the install; the system takes the earlier of the two
    remove_on: datetime | None = None
    expires_on: datetime | None = None
    """When the device starts to offer an update of the profile; it stays installed."""
    target: TargetDevice = TargetDevice.IPHONE
    scope: PayloadScope | None = None
    """Macs only. None: the one that something in the profile needs, else unsaid."""

    def __post_init__(self) -> None:
        if self.identifier is not None and not _IDENTIFIER.fullmatch(self.identifier):
            raise InvalidRequest(
                f"{self.identifier!r} is not a profile identifier",
                hint="Write it in reverse DNS, as in test.example.ca: letters, digits, hyphens and dots.",
            )
        if self.remove_after is not None and self.remove_after <= timedelta(0):
            raise InvalidRequest(
                "A profile cannot be removed before it is installed", hint="Give a duration above zero."
            )
        for what, moment in (("removal", self.remove_on), ("expiration", self.expires_on)):
            if moment is not None and moment.tzinfo is None:
                raise InvalidRequest(f"The {what} date has no time zone", hint="Give it in UTC.")
        if len(dict(self.consent)) != len(self.consent):
            raise InvalidRequest("There are two consent texts for one language", hint="Give one for each.")
        for language, text in self.consent:
            if not _LANGUAGE.fullmatch(language):
                raise InvalidRequest(
                    f"{language!r} is not a language tag",
                    hint="Write it as in de or pt-BR (BCP 47), or `default` for everybody else.",
                )
            if not text.strip():
                raise InvalidRequest(f"The consent text for {language} is empty", hint="Give one, or none.")

    def keys(self) -> Iterator[tuple[str, Any]]:
        """The top-level keys, as `plistlib` takes them."""
        yield "TargetDeviceType", int(self.target)
        if self.organization:
            yield "PayloadOrganization", plain(self.organization)
        if self.consent:
            yield "ConsentText", {language: _lines(text) for language, text in self.consent}
        if self.remove_after is not None:
            yield "DurationUntilRemoval", self.remove_after.total_seconds()  # a float: <real>
        if self.remove_on is not None:
            yield "RemovalDate", _date(self.remove_on)
        if self.expires_on is not None:
            yield "PayloadExpirationDate", _date(self.expires_on)
        if self.scope is not None:
            yield "PayloadScope", str(self.scope)


def _date(moment: datetime) -> datetime:
    """MOMENT as plistlib writes it rightly: it takes the fields as they stand, without zone and fraction."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _lines(text: str) -> str:
    """As `plain`, with the line breaks kept: a consent text is longer than a title."""
    return "\n".join(plain(line) for line in text.splitlines())
