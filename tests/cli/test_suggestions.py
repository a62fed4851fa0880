"""A word that is no command, option or value is answered with what was meant, as a command to type."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from pki_cli.app import app
from pki_cli.synonyms import SYNONYMS
from pki_cli.tree import COMMANDS, PANELS
from tests.shell import Trustrig

QUOTED = re.compile("`trustrig ([^`]+)`")


def found(words: list[str]) -> tuple[Any, list[str]]:
    """The command that WORDS begin with, and what is left of them."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("trustrig", ["--help"], resilient_parsing=True)
    while words and hasattr(command, "list_commands") and words[0] in command.list_commands(context):
        command, words = command.get_command(context, words[0]), words[1:]
    return command, words


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        pytest.param("evalute x", "trustrig evaluate", id="a slip"),
        pytest.param("EVALUATE x", "trustrig evaluate", id="case"),
        pytest.param("verify x", "trustrig evaluate CHAIN", id="openssl verify"),
        pytest.param("verfy x", "trustrig evaluate CHAIN", id="a slip in another tool's word"),
        pytest.param("check x", "trustrig inspect FILE --check", id="check"),
        pytest.param("x509 -in x", "trustrig inspect FILE", id="openssl x509"),
        pytest.param("s_client -connect x:443", "trustrig evaluate https://HOST:PORT", id="openssl s_client"),
        pytest.param("certificate create x", "trustrig issue server NAME", id="step certificate"),
        pytest.param("certonly -d x", "trustrig issue server NAME", id="certbot"),
        pytest.param("-install", None, id="mkcert -install"),
        pytest.param("rm x", "trustrig revoke NAME", id="rm"),
        pytest.param("export pkcs12 x", "trustrig export p12", id="below a group"),
        pytest.param("export profil", "trustrig export profile", id="a slip below a group"),
        pytest.param("issue cert x", "trustrig issue server NAME", id="issue cert"),
        pytest.param("install iphone", "trustrig install device", id="install iphone"),
        pytest.param("scenarios ls", "trustrig scenarios list", id="scenarios ls"),
        pytest.param("crl generate", "trustrig crl -o FILE", id="a group that is a command, too"),
        pytest.param("proxy 3000", "trustrig front URL --name HOST", id="a proxy"),
        pytest.param("ngrok http 3000", "trustrig front URL --name HOST", id="ngrok"),
        pytest.param("monitor hosts.txt", "trustrig audit SOURCE", id="a monitor"),
        pytest.param("expiry x", "trustrig audit SOURCE", id="what expires"),
        pytest.param("front :3000", "trustrig front --help", id="what front needs besides"),
        pytest.param("evaluate --ancor x", "--anchor", id="an option"),
        pytest.param("inspect -check x", "--check", id="an option with one dash"),
        pytest.param(
            "export p12 alice -output x", "--output", id="an option with one dash whose first letter is one"
        ),
        pytest.param("diagnose https://x.test --format nscrul", "nscurl", id="a choice"),
        pytest.param("scenarios show expird-leaf", "expired-leaf", id="a scenario"),
        pytest.param("explain chain-complet", "chain-complete", id="a rule"),
        pytest.param("zzz", "trustrig --help", id="nothing near"),
        pytest.param("export zzz", "trustrig export --help", id="nothing near below a group"),
    ],
)
def test_what_was_meant(trustrig: Trustrig, line: str, meant: str | None) -> None:
    ran = trustrig(*line.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("trustrig: ")
    assert meant is None or meant in ran.err


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        (
            "audit example.com",
            ["echo example.com | trustrig audit -", "trustrig evaluate https://example.com"],
        ),
        (
            "audit https://a.test:8443/x",
            ["echo a.test:8443 | trustrig audit -", "trustrig evaluate https://a.test:8443"],
        ),
        ("audit hosts.txt", []),
        ("evaluate example.com", ["trustrig evaluate https://example.com"]),
        ("evaluate chain.pem", []),
    ],
)
def test_a_server_where_a_file_is_due(trustrig: Trustrig, line: str, commands: list[str]) -> None:
    """It may be a file that is not there, too: what the system says comes first, and the exit code is the file's."""
    ran = trustrig(*line.split(), "--quiet")
    assert (ran.code, ran.out) == (3, "")
    assert [one.strip() for one in ran.err.splitlines()[1:]] == commands
    assert "No such file or directory. " in ran.err or "a URL stands where a file is due" in ran.err


@pytest.mark.parametrize("word", [pytest.param("x" * 100_000, id="endless"), "\x1b[31m", "", "-", "évaluate"])
def test_whatever_the_word(trustrig: Trustrig, word: str) -> None:
    ran = trustrig(word)
    assert ran.code == 2
    assert len(ran.err) < 300
    assert "\x1b" not in ran.err


@pytest.mark.parametrize("command", SYNONYMS)
def test_synonyms_lead_somewhere(command: str) -> None:
    """Every command that the table prints is one, takes these arguments and has these options."""
    group, rest = found(command.split())
    assert not rest
    for word, instead in SYNONYMS[command].items():
        assert word not in group.list_commands(None), f"{word} is a command"
        for line in QUOTED.findall(instead):
            target, words = found(shlex.split(line))
            assert not hasattr(target, "list_commands") or not words or words[0].startswith("-"), line
            options = {spelling for param in target.params for spelling in param.opts}
            assert options >= {one for one in words if one.startswith("-")}, line


def test_every_synonym_is_answered(trustrig: Trustrig) -> None:
    for command, rows in SYNONYMS.items():
        for word, instead in rows.items():
            assert instead in trustrig(*command.split(), word).err


@pytest.mark.parametrize("line", ["help", "--help", "-h"])
def test_help_is_help(trustrig: Trustrig, line: str) -> None:
    ran = trustrig(line)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == trustrig("--help").out
    for heading, rows in PANELS.items():
        assert f"\n{heading}:\n" in ran.out
        for name, says in rows.items():
            assert f"\n  {name} " in ran.out
            assert " ".join(says.split()) in " ".join(ran.out.split())


@pytest.mark.parametrize("path", ["evaluate", "export", "export p12", "scenarios show", "crl show"])
def test_help_of_a_command_by_word(trustrig: Trustrig, path: str) -> None:
    assert trustrig("help", *path.split()) == trustrig(*path.split(), "--help")


def test_help_of_nothing_is_answered(trustrig: Trustrig) -> None:
    assert "trustrig evaluate" in trustrig("help", "verify").err


def test_the_version_by_word(trustrig: Trustrig) -> None:
    assert trustrig("version") == trustrig("--version")
    assert trustrig("version", "list") == trustrig("--version")
    assert trustrig("version").code == 0


def test_no_list_of_commands_is_cut(trustrig: Trustrig) -> None:
    for name in COMMANDS:
        command, _ = found([name])
        if hasattr(command, "list_commands"):
            out = trustrig(name, "--help").out
            assert "..." not in out.split("Commands:")[1]
            assert all(len(line) <= 80 for line in out.splitlines())


def test_an_unknown_name_is_answered_with_those_that_come_near(trustrig: Trustrig, tmp_path: Any) -> None:
    ca = ("--ca", tmp_path / "ca")
    for line in (("init",), ("issue", "server", "api.test"), ("issue", "client", "alice")):
        assert trustrig(*line, *ca).code == 0
    ran = trustrig("export", "pem", "alcie", "-o", tmp_path / "x", *ca)
    assert (ran.code, "Did you mean alice (client)?" in ran.err) == (3, True)
    ran = trustrig("renew", "zzz", *ca)
    assert "api.test" in ran.err
    assert "alice" in ran.err
