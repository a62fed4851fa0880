"""Chromium, which is nobody's test client: let in with what we exported, refused without, and refusing our server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pki.export.pkcs12 import P12Encryption
from pki.handshake import ClientCertificates, LoopbackServer, TlsVersion
from pki.model.identity import Identity
from pki.model.transcript import Party
from tests import clock
from tests.handshake.browser import CERTUTIL, CHROMIUM, Browser
from tests.handshake.cast import Cast

TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
pytestmark = [CHROMIUM, CERTUTIL]


@pytest.fixture(scope="module")
def stranger(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """Trusts our root, and has no identity."""
    return Browser.create(tmp_path_factory.mktemp("stranger"), trusting=files / "server/root.pem")


@pytest.mark.parametrize(
    ("version", "encryption"),
    [
        pytest.param(TLS12, P12Encryption.APPLE_ANY, id="TLS 1.2, the old encryption"),
        pytest.param(TLS13, P12Encryption.MODERN, id="TLS 1.3, the new encryption"),
    ],
)
def test_it_is_let_in_with_alices_p12(
    version: TlsVersion, encryption: P12Encryption, files: Path, tmp_path: Path, cast: Cast, at: datetime
) -> None:
    browser = Browser.create(
        tmp_path, trusting=files / "server/root.pem", holding=files / "alice" / f"{encryption}.p12"
    )
    with LoopbackServer(cast.serving(version), at=at, deadline=clock.PATIENCE) as server:
        said = browser.visit(server.port)
    assert said.let_in, said.words
    assert "hello CN=alice" in said.words
    assert f"TLSv{version}" in said.words
    # It asks before it shows anything and comes back with the certificate; some connections it only prepares.
    let_in = [seen for seen in server.transcripts if seen.status == 200]
    assert let_in
    for seen in let_in:
        assert seen.accepted
        assert [cert.label for cert in seen.client.sent] == ["alice", "Our CA Intermediate"]


@pytest.mark.parametrize(("version", "alert"), [(TLS12, 40), (TLS13, 116)])
def test_it_is_refused_without_one_and_names_the_reason(
    version: TlsVersion, alert: int, stranger: Browser, cast: Cast, at: datetime
) -> None:
    with LoopbackServer(cast.serving(version), at=at, deadline=clock.PATIENCE) as server:
        said = stranger.visit(server.port)
        server.wait_for(1, timeout=clock.PATIENCE)  # the browser is done before the server has drained
    assert not said.let_in
    # In TLS 1.3 it is done before it is refused. Where the alert and the end have both come before it has asked for
    # its page, it finds the socket closed and does not read on.
    assert said.words in ("ERR_BAD_SSL_CLIENT_AUTH_CERT", "ERR_SOCKET_NOT_CONNECTED")
    refused = [seen for seen in server.transcripts if seen.refused_by is Party.SERVER]
    assert {seen.alert_number for seen in refused} == {alert}


def _right(cast: Cast, at: datetime) -> Identity:
    return cast.server


def _of_an_unknown_root(cast: Cast, at: datetime) -> Identity:
    return cast.impostor


def _for_another_host(cast: Cast, at: datetime) -> Identity:
    return cast.misfit


def _expired(cast: Cast, at: datetime) -> Identity:
    day = timedelta(days=1)
    return cast.authority.issue_server("localhost", at=at, not_before=at - 9 * day, not_after=at - 2 * day)


@pytest.mark.parametrize(
    ("identity", "error"),
    [
        pytest.param(_right, None, id="the right one"),
        pytest.param(_of_an_unknown_root, "ERR_CERT_AUTHORITY_INVALID", id="unknown root"),
        pytest.param(_for_another_host, "ERR_CERT_COMMON_NAME_INVALID", id="wrong host"),
        pytest.param(_expired, "ERR_CERT_DATE_INVALID", id="expired"),
    ],
)
def test_it_judges_our_server(
    identity: Callable[[Cast, datetime], Identity],
    error: str | None,
    stranger: Browser,
    cast: Cast,
    at: datetime,
) -> None:
    serving = cast.serving(TLS13, identity=identity(cast, at), ask=ClientCertificates.NONE)
    with LoopbackServer(serving, at=at, deadline=clock.PATIENCE) as server:
        said = stranger.visit(server.port)
    if error is None:
        assert said.let_in, said.words
        assert "hello, stranger" in said.words
    else:
        assert (said.let_in, said.words) == (False, error)
        assert [seen.status for seen in server.transcripts if seen.status] == []
