"""An error that knows the way out prints the command, and the command works when it is pasted."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

from pki.store import AuthorityFolder
from tests import sources
from tests.shell import Ran, Trustrig


def commands(ran: Ran) -> list[list[str]]:
    """The commands that an error ends with, each in a line of its own, as a shell would split them."""
    lines = [line for line in ran.err.splitlines() if line.startswith("  trustrig ")]
    return [shlex.split(line)[1:] for line in lines]


OUTSIDE = [
    pytest.param(("192.168.1.20",), "init --lan --ca trustrig-ca-lan", id="an address of a LAN"),
    pytest.param(
        ("api.test", "localhost", "::1"), "init --lan --ca trustrig-ca-lan", id="several names of a LAN"
    ),
    pytest.param(
        ("10.0.0.1", "api.staging.example"),
        "init --lan --permit api.staging.example --ca trustrig-ca-2",
        id="a name of the Internet",
    ),
    pytest.param(("*.foo.example",), "init --lan --permit foo.example --ca trustrig-ca-2", id="a wildcard"),
    pytest.param(
        ("8.8.8.8",), "init --lan --permit 8.8.8.8 --ca trustrig-ca-2", id="an address of the Internet"
    ),
    pytest.param(
        ("api.test", "srv:_imap.mail.example"),
        "init --lan --permit mail.example --ca trustrig-ca-2",
        id="a service",
    ),
    pytest.param(
        ("api.test", "spiffe://mail.example/x"),
        "init --lan --permit spiffe://mail.example/x --ca trustrig-ca-2",
        id="a URI",
    ),
    pytest.param(
        ("api.test", "me@mail.example"),
        "init --lan --permit me@mail.example --ca trustrig-ca-2",
        id="a mailbox",
    ),
]


@pytest.mark.parametrize(("names", "init"), OUTSIDE)
def test_a_name_outside_the_constraints_is_answered_with_the_authority_that_certifies_it(
    names: tuple[str, ...], init: str, trustrig: Trustrig, here: Path
) -> None:
    assert trustrig("init", "--permit", "test").code == 0
    ran = trustrig("issue", "server", *names)
    assert ran.code == 2
    assert "Permitted: test. " in ran.err
    assert "With --force in its place all that it issued is gone" in ran.err
    assert "has to install the new one" in ran.err
    first, second = commands(ran)
    assert first == init.split()
    before = AuthorityFolder.open(here / "trustrig-ca").root
    assert trustrig(*first).code == 0
    issued = trustrig(*second)
    assert issued.code == 0, issued.err
    assert AuthorityFolder.open(here / "trustrig-ca").root == before


def test_what_was_permitted_before_stays_so(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--permit", "corp.example", "--permit", "@corp.example", "--ca", "mine").code == 0
    first, second = commands(trustrig("issue", "server", "10.1.2.3", "--ca", "mine"))
    assert first == [
        "init",
        "--lan",
        *("--permit", "corp.example"),
        *("--permit", "@corp.example"),
        "--ca",
        "mine-2",
    ]
    assert trustrig(*first).code == 0
    assert second == ["issue", "server", "10.1.2.3", "--ca", "mine-2"]
    assert trustrig(*second).code == 0
    assert trustrig("issue", "client", "a@corp.example", "--ca", "mine-2").code == 0


def test_an_issuer_that_is_narrower_than_its_authority_is_left_out(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--lan").code == 0
    assert trustrig("issue", "intermediate", "Narrow", "--permit", "test").code == 0
    ran = trustrig("issue", "server", "mac.local", "--issuer", "Narrow")
    (way,) = commands(ran)
    assert (ran.code, way) == (2, ["issue", "server", "mac.local"])
    assert trustrig(*way).code == 0


def test_what_is_there_already_is_kept_by_the_first_command_and_replaced_by_the_last(
    trustrig: Trustrig, here: Path
) -> None:
    assert trustrig("init", "--lan").code == 0
    ran = trustrig("init", "--lan")
    assert ran.code == 3
    assert "every device that trusts its root has to install the new one:\n" in ran.err
    assert commands(ran) == [["init", "--lan", "--ca", "trustrig-ca-2"], ["init", "--lan", "--force"]]
    assert trustrig("issue", "server", "mac.local").code == 0
    ran = trustrig("issue", "server", "mac.local", "::1")
    assert commands(ran) == [["renew", "mac.local"], ["issue", "server", "mac.local", "::1", "--force"]]
    for way in commands(ran):
        assert trustrig(*way).code == 0


def test_a_file_that_is_there_is_replaced_by_the_command_with_force(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--lan").code == 0
    export = ("export", "profile", "-o", "phone one.mobileconfig")
    assert trustrig(*export).code == 0
    ran = trustrig(*export)
    assert commands(ran) == [[*export, "--force"]]
    assert trustrig(*commands(ran)[0]).code == 0


def test_an_authority_that_is_adopted_is_limited_by_one_below_it(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--ca", "there", "--root-only").code == 0
    adopt = ("init", "--from", "there/root/cert.pem", "--key", "there/root/key.pem")
    ran = trustrig(*adopt, "--lan", "--permit", "corp.example")
    first, second = commands(ran)
    assert (ran.code, first) == (2, list(adopt))
    assert second == ["issue", "intermediate", "Limited", "--lan", "--permit", "corp.example"]


PROGRAM = re.compile(r"\b(trustrig|openssl|mkcert -|xcrun|curl -|chmod \d|mkdir -|sudo) ?[a-z-]")


def test_no_hint_ends_in_a_command_with_a_full_stop_behind_it() -> None:
    """A hint is prose: a command in it stands in backticks, and one to be typed is of `commands`, in its own line."""
    found = []
    for name, path in sources.modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                if keyword.arg == "hint":
                    words = " ".join(
                        part.value
                        for part in ast.walk(keyword.value)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    )
                    if PROGRAM.search(re.sub(r"`[^`]*`", "", words)):
                        found.append(f"{name}:{node.lineno}: {words}")
    assert found == []


def test_an_address_that_the_page_s_test_server_may_not_have_is_answered_with_the_authority_that_can(
    trustrig: Trustrig,
) -> None:
    assert trustrig("init", "--permit", "test").code == 0
    page = ("install", "device", "--address", "127.0.0.1", "--for", "0.1s")
    ran = trustrig(*page)
    assert "No test server: 127.0.0.1 is outside what this authority may certify." in ran.err
    first, second = commands(ran)
    assert first == ["init", "--lan", "--ca", "trustrig-ca-lan"]
    assert second == [*page, "--ca", "trustrig-ca-lan"]
    assert trustrig(*first).code == 0
    assert "No test server" not in trustrig(*second).err
