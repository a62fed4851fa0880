from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509

from pki.issue import Authority
from pki.model.identity import Identity


@pytest.fixture(scope="session")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Rig CA", at=at)


@pytest.fixture(scope="session")
def root(authority: Authority) -> x509.Certificate:
    return authority.root


@pytest.fixture(scope="session")
def alice(authority: Authority, at: datetime) -> Identity:
    return authority.issue_client("alice", at=at)
