"""What `install device` answers to programs once the page is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.time_format import utc_text
from pki.report.document import TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from pki.install.portal.events import Event
    from pki.install.portal.handout import ProfileHandout
    from pki.install.portal.portal import Portal, PortalEnd
    from pki.report.fields import Sha256, Text, Time


class HandoverDocument(TypedDict):
    """What came of a page from which a device installs a profile."""

    schema: Literal["trustrig.handover/1"]
    url: Text  # Where the page was; nobody answers there any more.
    root_sha256: Sha256
    identity: Text | None  # In the profile.
    asks_password: bool  # Whether the device asks for the identity's password.
    password_files: list[Text]  # Where the password is kept that nobody gave.
    downloads: int  # How often the profile could be had.
    given: int  # How often it was given out.
    works: bool | None  # Whether a device passed the test; null: there was no test server.
    front: HandoverFrontJson | None  # The front in the test server's place; null: there was none.
    ended: Literal["time", "done", "interrupted"]
    events: list[HandoverEventJson]


class HandoverFrontJson(TypedDict):
    """A front beside the page, while it lasted."""

    url: Text  # What clients opened.
    behind: Text  # The server behind it.
    pac: Text | None  # The proxy's address for a device's settings; null: it was found by its address.


class HandoverEventJson(TypedDict):
    """One thing that happened."""

    at: Time
    client: Text  # IP address.
    browser: Text | None  # null: it did not say.
    what: Text


def handover_document(
    portal: Portal,
    handout: ProfileHandout,
    *,
    url: str,
    front: HandoverFrontJson | None = None,
    ended: PortalEnd | None,
    events: Iterable[Event],
    password_files: Iterable[str] = (),
) -> HandoverDocument:
    """What PORTAL, which gave out HANDOUT at URL, saw until it ENDED; None: it was interrupted."""
    from cryptography.hazmat.primitives import hashes

    return {
        "schema": "trustrig.handover/1",
        "url": url,
        "root_sha256": handout.root.fingerprint(hashes.SHA256()).hex(),
        "identity": handout.identity,
        "asks_password": handout.asks_password,
        "password_files": list(password_files),
        "downloads": handout.downloads,
        "given": portal.given,
        "works": portal.works if portal.has_check else None,
        "front": front,
        "ended": "interrupted" if ended is None else ("time" if ended.name == "TIME" else "done"),
        "events": [
            {
                "at": utc_text(event.at),
                "client": event.client,
                "browser": event.browser or None,
                "what": event.what,
            }
            for event in events
        ],
    }
