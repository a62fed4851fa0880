from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pki.install.portal import Event, Portal, ProfileHandout
from pki.issue import Authority
from pki.model.identity import Identity
from tests.handshake.programs import export
from tests.install.portals import HERE, Cast, Open


@pytest.fixture(scope="session")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Rig CA", at=at)


@pytest.fixture(scope="session")
def root(authority: Authority) -> x509.Certificate:
    return authority.root


@pytest.fixture(scope="session")
def alice(authority: Authority, at: datetime) -> Identity:
    return authority.issue_client("alice", at=at)


@pytest.fixture(scope="session")
def cast(at: datetime) -> Cast:
    ours, theirs = Authority.create(name="Our CA", at=at), Authority.create(name="Their CA", at=at)
    day = timedelta(days=1)
    return Cast(
        authority=ours,
        alice=ours.issue_client("alice", at=at),
        bob=ours.issue_client("bob", at=at),
        expired=ours.issue_client("alice", at=at, not_before=at - 9 * day, not_after=at - 2 * day),
        mallory=theirs.issue_client("mallory", at=at),
        server=ours.issue_server(HERE, at=at),
    )


@pytest.fixture(scope="session")
def files(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each identity, as we export them."""
    folder = tmp_path_factory.mktemp("exported")
    for who in ("alice", "bob", "expired", "mallory"):
        export(getattr(cast, who), folder / who)
    return folder


@pytest.fixture
def opened(at: datetime) -> Iterator[Callable[..., Open]]:
    """Opens portals on the loopback interface and closes them after the test."""
    with ExitStack() as stack:

        def open_one(handout: ProfileHandout, **how: Any) -> Open:
            events: list[Event] = []
            how.setdefault("address", HERE)
            portal = stack.enter_context(Portal(handout, log=events.append, clock=lambda: at, **how))
            return Open(portal, events)

        yield open_one
