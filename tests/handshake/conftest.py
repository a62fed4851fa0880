"""Two authorities, and the people the handshakes are about."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pki.issue import Authority
from tests.handshake.cast import Cast
from tests.handshake.programs import export


@pytest.fixture(scope="session")
def cast(at: datetime) -> Cast:
    ours, theirs = Authority.create(name="Our CA", at=at), Authority.create(name="Their CA", at=at)
    day = timedelta(days=1)
    return Cast(
        authority=ours,
        stranger=theirs,
        server=ours.issue_server("localhost", "127.0.0.1", at=at),
        alice=ours.issue_client("alice", at=at),
        bob=ours.issue_client("bob", at=at),
        expired=ours.issue_client("ex-alice", at=at, not_before=at - 9 * day, not_after=at - 2 * day),
        not_yet=ours.issue_client("alice to be", at=at, not_before=at + 3 * day),
        misfit=ours.issue_server("misfit.test", at=at),
        mallory=theirs.issue_client("mallory", at=at),
        impostor=theirs.issue_server("localhost", at=at),
    )


@pytest.fixture(scope="session")
def files(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each who meets programs that are not ours, as we export identities."""
    folder = tmp_path_factory.mktemp("exported")
    for who in ("server", "alice", "expired", "mallory"):
        export(getattr(cast, who), folder / who)
    return folder
