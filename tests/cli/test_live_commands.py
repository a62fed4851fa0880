"""`evaluate https://…` and `diagnose` as a user calls them."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pki.handshake import ChainsTo, ClientCertificates, LoopbackServer, Offer, ServerSettings, TlsVersion
from pki.store import AuthorityFolder
from tests import clock
from tests.report.test_schemas import validator
from tests.shell import command, environment, heeding_interrupts

URL = "https://api.test"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AuthorityFolder:
    now = clock.now()
    place = AuthorityFolder.create(tmp_path_factory.mktemp("live") / "ca", name="Our CA", at=now)
    place.issue_server("api.test", at=now)
    place.issue_client("alice", at=now)
    place.issue_client("bob", at=now)
    return place


@pytest.fixture
def port(folder: AuthorityFolder) -> Iterator[int]:
    with serving(folder) as server:
        yield server.port


def serving(folder: AuthorityFolder, offer: Offer | None = None, **more: Any) -> LoopbackServer:
    settings = ServerSettings(
        **{
            "identity": folder.identity("api.test"),
            "policy": ChainsTo((folder.root,)),
            "client_certificates": ClientCertificates.NONE,
            "offer": offer or Offer(),
            **more,
        }
    )
    return LoopbackServer(settings, at=clock.now())


def test_a_live_server_is_judged_with_its_connection(
    trustrig: Any, folder: AuthorityFolder, port: int
) -> None:
    ran = trustrig("evaluate", URL, "--connect", f"127.0.0.1:{port}", "--anchor", folder.path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{URL}: trusted at ")
    assert "negotiated          TLS 1.3, TLS_AES_128_GCM_SHA256, X25519MLKEM768" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_json_holds_the_connection_and_keeps_to_the_schema(
    trustrig: Any, folder: AuthorityFolder, port: int
) -> None:
    ran = trustrig("evaluate", URL, "--connect", f"127.0.0.1:{port}", "--anchor", folder.path, "--json")
    document = json.loads(ran.out)
    validator("trustrig.verdict/1").validate(document)
    assert document["connection"]["version"] == "1.3"
    assert document["connection"]["offer_taken"] == "ats"


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_the_other_forms_show_the_connection_too(
    form: str, trustrig: Any, folder: AuthorityFolder, port: int
) -> None:
    ran = trustrig(
        "evaluate", URL, "--connect", f"127.0.0.1:{port}", "--anchor", folder.path, "--format", form
    )
    assert ran.code == 0
    assert "TLS_AES_128_GCM_SHA256" in ran.out.replace("&#95;", "_").replace("<!-- -->", "")


def test_several_moments_are_one_connection(trustrig: Any, folder: AuthorityFolder) -> None:
    with serving(folder) as server:
        ran = trustrig(
            "evaluate", URL, "--connect", f"127.0.0.1:{server.port}", "--anchor", folder.path,
            "--at", "+0d", "--at", "+3000d",
        )  # fmt: skip
        assert len(server.wait_for(1)) == 1
    assert ran.code == 1
    assert ran.out.count("NOT TRUSTED") == 1


@pytest.mark.parametrize(
    ("client", "code", "words"),
    [
        (None, 0, "the server insists on a client certificate: alert 116 certificate_required"),
        ("alice", 0, "alice was accepted: HTTP 200 OK"),
        ("stranger.p12", 1, "mallory was refused: alert 48 unknown_ca"),
    ],
)
def test_an_identity(
    client: str | None,
    code: int,
    words: str,
    trustrig: Any,
    folder: AuthorityFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pki.export.pkcs12 import write_p12
    from pki.issue import Authority

    now = clock.now()
    if client == "stranger.p12":
        mallory = Authority.create(name="Their CA", at=now).issue_client("mallory", at=now)
        client = str(tmp_path / client)
        Path(client).write_bytes(write_p12(mallory, password="secret-enough"))
        monkeypatch.setenv("TRUSTRIG_PASSWORD", "secret-enough")
    shown = ["--client", client, "--ca", folder.path] if client else []
    with serving(folder, client_certificates=ClientCertificates.REQUIRED) as server:
        ran = trustrig(
            "evaluate", URL, "--connect", f"127.0.0.1:{server.port}", "--anchor", folder.path, *shown
        )
    assert ran.code == code
    assert words in " ".join(ran.out.split())


def test_another_authoritys_ledger_is_read_where_its_identity_lies(
    trustrig: Any, folder: AuthorityFolder, tmp_path: Path
) -> None:
    theirs = AuthorityFolder.create(tmp_path / "theirs", name="Their CA", at=clock.now())
    theirs.issue_client("eve", at=clock.now())
    assert trustrig("revoke", "eve", "--ca", theirs.path).code == 0
    with serving(folder, client_certificates=ClientCertificates.REQUIRED) as server:
        where = ("--connect", f"127.0.0.1:{server.port}", "--anchor", folder.path, "--ca", folder.path)
        ran = trustrig("evaluate", URL, *where, "--client", theirs.path / "issued" / "eve")
    assert ran.code == 1
    assert '"eve" was revoked' in " ".join(ran.out.split())


def test_what_was_not_done_is_mentioned(
    trustrig: Any, folder: AuthorityFolder, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTRIG_CA", str(folder.path))  # which trusts nothing by itself
    where = ("--connect", f"127.0.0.1:{port}")
    who = ("--client", "alice")
    assert (
        "did not ask for a client certificate"
        in trustrig("evaluate", URL, *where, *who, "--anchor", folder.path).err
    )
    assert f"--anchor {folder.path}" in " ".join(trustrig("evaluate", URL, *where).out.split())
    with serving(folder, client_certificates=ClientCertificates.REQUIRED) as server:
        ran = trustrig("evaluate", URL, "--connect", f"127.0.0.1:{server.port}", *who)
    assert "not trusted, so alice was not shown" in ran.err


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["evaluate", "http://api.test"], 2, "-1022"),
        (["evaluate", "https://api.test", "--host", "api.test"], 2, "--connect ADDRESS:PORT"),
        (["evaluate", "https://api.test", "--starttls", "smtp"], 2, "Write HOST:PORT"),
        (["evaluate", "https://api.test", "--connect", "a b"], 2, "not a host name"),
        (["evaluate", "https://api.test", "https://b.test", "--watch", "1"], 2, "one TARGET"),
        (["evaluate", "https://api.test", "--watch", "1", "--json"], 2, "as text"),
        (["evaluate", "somewhere.pem", "--client", "alice"], 2, "--client is about a live server"),
        (["evaluate", "api.test:443"], 2, "https://api.test:443"),
        (["evaluate", "https://localhost:1"], 3, "Connection refused"),
        (["evaluate", "https://nowhere.invalid"], 3, "does not resolve"),
        (["evaluate", "https://localhost:1", "--client", "nobody", "--ca", "nowhere"], 3, "nowhere"),
        (["evaluate", "gopher://api.test"], 2, "tls://HOST:PORT"),
        (["evaluate", "tls://api.test"], 2, "tls://HOST:PORT"),
        (["diagnose", "smtps://api.test"], 2, "ATS binds URLSession alone"),
        (["diagnose", "https://localhost:1"], 3, "-1004, nobody listens there: expected, not measured"),
        (["evaluate", "tls://localhost:1"], 3, "Connection refused"),
        (["diagnose", "api.test"], 2, "https://api.test"),
        (["diagnose", "http://api.test"], 2, "-1022"),
        (["diagnose", "https://localhost:1"], 3, "Connection refused"),
    ],
)
def test_what_cannot_be_answered_is_one_line(args: list[str], code: int, told: str, trustrig: Any) -> None:
    ran = trustrig(*args)
    assert (ran.code, ran.answer) == (code, "")
    assert ran.err.count("\n") <= 3
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_diagnose_says_why_and_what_would_help(trustrig: Any, folder: AuthorityFolder) -> None:
    with serving(folder, Offer.only(TlsVersion.TLS11)) as server:
        where = ("--connect", f"127.0.0.1:{server.port}", "--anchor", folder.path)
        text = trustrig("diagnose", URL, *where)
        document = trustrig("diagnose", URL, *where, "--format", "json")
        apples = trustrig("diagnose", URL, *where, "--format", "nscurl", "--verbose")
    assert {text.code, document.code, apples.code} == {1}
    assert "the server speaks TLS 1.1 at best" in " ".join(text.out.split())
    assert "<string>TLSv1.1</string>" in text.out
    assert max(map(len, text.out.splitlines())) <= 80
    assert json.loads(document.out)["advice"]["info_plist"]
    assert apples.out.startswith("Starting ATS Diagnostics\n")


def test_diagnose_passes_a_good_server(trustrig: Any, folder: AuthorityFolder, port: int) -> None:
    ran = trustrig("diagnose", URL, "--connect", f"127.0.0.1:{port}", "--anchor", folder.path)
    assert ran.code == 0
    assert "No exception is needed." in ran.out


def test_watching_says_what_changes_and_ends_on_ctrl_c(folder: AuthorityFolder, tmp_path: Path) -> None:
    with contextlib.ExitStack() as life:
        server = life.enter_context(serving(folder))
        where = f"127.0.0.1:{server.port}"
        words = command(
            "evaluate", URL, "--connect", where, "--anchor", folder.path, "--watch", "0.2", "--timeout", "60"
        )
        with subprocess.Popen(
            words,
            cwd=tmp_path,
            env=environment(PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=heeding_interrupts,
        ) as watching:
            assert watching.stdout is not None
            first = watching.stdout.readline()
            server.wait_for(3, timeout=clock.PATIENCE)
            life.close()
            lines = iter(watching.stdout.readline, "")
            news = next(line for line in lines if "Connection refused" in line)
            watching.send_signal(signal.SIGINT)
            assert watching.wait(clock.PATIENCE) == 130
    assert first.startswith(f"{URL}: trusted")
    assert URL in news


def test_a_slow_server_is_given_up(trustrig: Any) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        ran = trustrig("evaluate", f"https://localhost:{silent.getsockname()[1]}", "--timeout", "0.3")
    assert ran.code == 3
    assert "not one byte came in the 0.3 s" in ran.err
    assert "-1001, nothing comes in time: expected, not measured" in ran.err
    assert time.monotonic() - begun < 60


def test_a_proxy_that_is_not_there_is_named_as_the_proxy(trustrig: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("https_proxy", "http://user:secret@127.0.0.1:1")
    ran = trustrig("evaluate", URL)
    assert ran.code == 3
    assert "the proxy 127.0.0.1:1 is not reached" in ran.err
    assert "no_proxy" in ran.err
    assert "secret" not in ran.err


def test_connecting_past_a_proxy_is_said(
    trustrig: Any, monkeypatch: Any, folder: AuthorityFolder, port: int
) -> None:
    asked = ("evaluate", URL, "--connect", f"127.0.0.1:{port}", "--anchor", folder.path)
    assert "proxy" not in trustrig(*asked).err
    monkeypatch.setenv("https_proxy", "http://user:secret@127.0.0.1:1")
    ran = trustrig(*asked)
    assert ran.code == 0
    assert "--connect goes there directly, not through the proxy 127.0.0.1:1 of the environment" in ran.err
    monkeypatch.setenv("https_proxy", "socks5h://user:secret@127.0.0.1:1")
    ran = trustrig(*asked)
    assert (ran.code, "not through the proxy of the environment" in ran.err) == (0, True)
    assert "secret" not in ran.err


def test_a_socks_proxy_is_refused_in_words_that_lead_on(trustrig: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("all_proxy", "socks5h://user:secret@127.0.0.1:1")
    ran = trustrig("evaluate", URL)
    assert ran.code == 2
    assert "socks5h://" in ran.err
    assert "ssh -L" in ran.err
    assert "--connect 127.0.0.1:8443" in ran.err
    assert "secret" not in ran.err
