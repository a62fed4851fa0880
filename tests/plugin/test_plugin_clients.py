"""Clients of the usual libraries: they trust the test's authority, nothing else, and show an identity when told to."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests

from pki_fixtures import LiveServer, TlsAuthority, TlsClientIdentity, TlsClients, TlsServer
from tests import clock
from tests.shell import environment

Get = Callable[[TlsClients, str, TlsClientIdentity | None], str]


def with_urllib(clients: TlsClients, url: str, identity: TlsClientIdentity | None) -> str:
    with urllib.request.urlopen(url, context=clients.context(identity), timeout=clock.PATIENCE) as answer:
        said: bytes = answer.read()
    return said.decode()


def with_httpx(clients: TlsClients, url: str, identity: TlsClientIdentity | None) -> str:
    return clients.httpx_client(identity, timeout=clock.PATIENCE).get(url).text


def with_asynchronous_httpx(clients: TlsClients, url: str, identity: TlsClientIdentity | None) -> str:
    async def get() -> str:
        async with clients.httpx_async_client(identity, timeout=clock.PATIENCE) as client:
            return (await client.get(url)).text

    return asyncio.run(get())


def with_requests(clients: TlsClients, url: str, identity: TlsClientIdentity | None) -> str:
    return clients.requests_session(identity).get(url, timeout=clock.PATIENCE).text


def with_aiohttp(clients: TlsClients, url: str, identity: TlsClientIdentity | None) -> str:
    async def get() -> str:
        connector = clients.aiohttp_connector(identity)
        async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
            return await answer.text()

    return asyncio.run(get())


LIBRARIES = [
    pytest.param(with_urllib, urllib.error.URLError, id="urllib"),
    pytest.param(with_httpx, httpx.ConnectError, id="httpx"),
    pytest.param(with_asynchronous_httpx, httpx.ConnectError, id="httpx, asynchronous"),
    pytest.param(with_requests, requests.exceptions.SSLError, id="requests"),
    pytest.param(with_aiohttp, aiohttp.ClientConnectorCertificateError, id="aiohttp"),
]


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tls_other_ca: TlsAuthority) -> None:
    """An environment that would lead clients astray: a proxy that is not there, and another store."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost")  # urllib's context cannot say so
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tls_other_ca.cert_file))


@pytest.mark.parametrize(("get", "refusal"), LIBRARIES)
def test_the_test_s_authority_is_trusted(
    get: Get, refusal: type[Exception], tls_client: TlsClients, tls_https_server: LiveServer
) -> None:
    assert get(tls_client, tls_https_server.url, None).startswith("hello, stranger")


@pytest.mark.parametrize(("get", "refusal"), LIBRARIES)
def test_nothing_else_is_trusted(
    get: Get, refusal: type[Exception], tls_client: TlsClients, tls_other_ca: TlsAuthority
) -> None:
    with (
        tls_other_ca.issue_server().serve() as server,
        pytest.raises(refusal, match="unable to get local issuer certificate"),
    ):
        get(tls_client, server.url, None)


@pytest.mark.parametrize(("get", "refusal"), LIBRARIES)
def test_an_identity_is_shown(
    get: Get,
    refusal: type[Exception],
    tls_client: TlsClients,
    tls_server: TlsServer,
    tls_ca: TlsAuthority,
    tls_client_identity: TlsClientIdentity,
) -> None:
    with tls_server.serve(clients=tls_ca) as server:
        assert get(tls_client, server.url, tls_client_identity).startswith("hello CN=client")
    with tls_server.serve(clients=tls_ca, required=False) as server:
        assert get(tls_client, server.url, None).startswith("hello, stranger")


def test_clients_are_closed_with_the_test(tls_ca: TlsAuthority) -> None:
    from contextlib import ExitStack

    with ExitStack() as stack:
        client = TlsClients(tls_ca, stack).httpx_client()
    assert client.is_closed


@pytest.mark.parametrize(
    ("library", "call"),
    [
        ("httpx", "httpx_client()"),
        ("httpx", "httpx_async_client()"),
        ("requests", "requests_session()"),
        ("aiohttp", "aiohttp_connector()"),
    ],
)
def test_a_library_that_is_missing_is_named_with_the_way_to_it(
    library: str, call: str, project: pytest.Pytester
) -> None:
    project.makepyfile(
        f"""
        import sys

        class Missing:
            def find_spec(self, name, path=None, target=None):
                if name == {library!r}:
                    raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

        def test_it(tls_client, monkeypatch):
            monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
            monkeypatch.delitem(sys.modules, {library!r}, raising=False)
            tls_client.{call}
        """
    )
    ran = project.runpytest_inprocess()
    ran.stdout.fnmatch_lines(
        [
            f">       tls_client.{call}",
            f"E       pki.errors.InvalidRequest: {library} is not installed in this environment. "
            f"python -m pip install {library}.",
        ]
    )
    assert "clients.py" not in ran.stdout.str()


def test_no_library_is_imported_before_it_is_asked_for(tmp_path: Path) -> None:
    code = (
        "import pki_fixtures.clients, sys; print({'httpx', 'requests', 'aiohttp', 'ssl'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "set()"
