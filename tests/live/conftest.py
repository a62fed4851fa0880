"""One authority and a server under it, for a name that is not local: ATS binds it."""

from __future__ import annotations

from datetime import datetime

import pytest

from pki.issue import Authority
from pki.issue.keys import KeyType
from tests.live.asking import Asking
from tests.live.stage import Stage
from tests.people import People
from tests.shell import Trustrig


@pytest.fixture(scope="session")
def stage(at: datetime) -> Stage:
    ours, theirs = Authority.create(name="Our CA", at=at), Authority.create(name="Their CA", at=at)
    return Stage(
        at,
        ours,
        server=ours.issue_server("api.example.test", at=at),
        rsa=ours.issue_server("api.example.test", at=at, key_type=KeyType.RSA2048),
        alice=ours.issue_client("alice", at=at),
        mallory=theirs.issue_client("mallory", at=at),
    )


@pytest.fixture
def asking(people: People, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """The command line, with what it needs to trust `localhost` and to show somebody."""
    monkeypatch.setenv("NO_PROXY", "*")
    return Asking(trustrig, people)
