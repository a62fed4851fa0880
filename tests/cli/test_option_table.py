"""One option table for all commands: one name has one meaning, wherever it stands.

Every option of every command is looked at as `--help` has it. A name is written, takes and says the same in all of them; what
differs for a reason is a row here. A red line names the command and the option that departs from the table.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from pki.ats import OsVersion
from pki.export.pkcs12 import P12Encryption
from pki.export.profile import PayloadScope, TargetDevice
from pki.export.profile.wifi import WifiSecurity
from pki.handshake import TlsVersion
from pki.issue import KeyType
from pki.live.protocols import UPGRADES
from pki.model.extension_values import KEY_USAGES
from pki.model.verdict import AnchorClass
from pki.trust.policies import POLICIES
from pki_cli.old_spellings import OLD_SPELLINGS
from pki_cli.options import choices

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))
try:
    from command_tree import Command, Parameter, command_tree
finally:
    sys.path.remove(str(DOCS))


class Row(NamedTuple):
    """What a name in the table takes and says; the first sentence is the usual one."""

    takes: tuple[str, ...]
    says: tuple[str, ...]
    short: str = ""


FILE_OR_DIR, NAME_OR_FILE = "FILE|DIR", "NAME|FILE"
# The rows of the table that have more than one form, for another kind of command. All other names have one.
TABLE = {
    "--output": Row(
        ("FILE", "DIR", "DIR|FILE"),
        (
            "Where the answer goes; - is stdout.",
            "The folder where the files go.",
            "A new folder, or one compiled before.",
            "A folder (DIR/) gets a file per part.",
            "A file for each in this folder; - is stdout, for one alone.",
            "Leave everything in DIR, a new folder, instead of removing it.",
        ),
        "-o",
    ),
    "--json": Row(
        ("",),
        (
            "One JSON document on stdout, and nothing beside it.",
            "Lines of JSON: where it listens, then each connection.",  # of what serves
        ),
    ),
    "--ca": Row(
        ("DIR",),
        (
            "The authority's folder.",
            "The authority's folder; given here, it is an anchor, too.",  # where somebody else's server is judged
            "The authority's folder; given here, it signs the scenarios.",  # which are made in memory otherwise
        ),
    ),
    "--host": Row(
        ("NAME",), ("The name or IP address that is asked for.", "The server's host; else the latest issued.")
    ),
    "--password-file": Row(
        ("FILE",),
        (
            "Read the password from FILE; - is stdin.",
            "The identities' password; - is stdin. Once for all, or once for each --client.",
        ),
    ),
    "--from-password-file": Row(
        ("FILE",),
        (
            "What opens --from, where that is another password; - is stdin.",
            "What opens the file of --client, where that is another password; - is stdin.",
        ),
    ),
    "--certificate": Row(
        ("FILE",),
        (
            "Install this one, not the authority's.",
            "Say what it comes to for this one; issuers may follow it.",
        ),
    ),
    "--device": Row(
        ("KIND",),
        (
            "What it is for: iphone, mac, apple-tv, vision, watch, homepod or any.",
            "What the profile is for: iphone, mac, vision or any.",
        ),
    ),
    "--echo": Row(
        ("",),
        ("A UDP echo as well, for datagrams that are no DTLS.", "A UDP echo as well, before the handshake."),
    ),
    "--front": Row(
        ("URL",),
        (
            "A front's control port, http://127.0.0.1:8474, for tests of it.",
            "Test with your own server behind a front: http://localhost:3000. This publishes it.",
        ),
    ),
    "--from": Row(
        ("CERT", "FILE"),
        (
            "Adopt this authority: PEM, DER or .p12, its issuers in further --from; or mkcert.",
            "Pack the identity in FILE, .p12 or PEM, anew instead.",
        ),
    ),
    "--issuer": Row(("NAME",), ("An issued intermediate that signs.", "An issued intermediate's list.")),
    "--key": Row(
        ("TYPE", "TYPE|FILE"),
        (
            "p256, p384, p521, rsa2048, rsa3072, rsa4096 or ed25519.",
            "p256, p384, p521, rsa2048, rsa3072, rsa4096 or ed25519; with --from the file of its key.",
        ),
    ),
    "--name": Row(
        ("NAME", "HOST"),
        (
            "The root's name, as devices will show it.",
            "Certify this name, not the request's.",
            "What clients call it: api.test, or an address.",
            "What the device calls it, by the page's PAC: api.test.",
        ),
    ),
    "--only": Row(
        ("SNIPPET", "IP"),
        ("This one alone.", "Clients of this address alone."),
    ),
    "--address": Row(
        ("IP",),
        (
            "This machine's, in the device's network.",
            "Listen there too, not on loopback alone: this publishes the server.",
        ),
    ),
    "--p12-encryption": Row(
        ("KIND",),
        (
            "apple-any opens everywhere; modern from iOS 18, macOS 15.",
            "apple-any, which every Java opens; modern from 8u301, 11.0.12.",
        ),
    ),
    "--port": Row(
        ("N",),
        (
            "Listen there; 0 is any free port.",
            "For the index and all names; with --ports the next ones, too. 0 is any free one.",
        ),
    ),
    "--tag": Row(("TAG",), ("Those that carry it. Repeatable: all of them.", "Those alone that carry it.")),
    "--tls": Row(("1.0|1.1|1.2|1.3", "1.2|1.3"), ("The TLS version.",)),
    "--format": Row(
        (
            "text|json",
            "text|json|markdown",
            "text|json|nscurl",
            "text|json|html|markdown|sarif|junit",
            "text|json|ndjson|csv|parquet|prometheus|junit|sarif|html",
        ),
        ("How the answer looks; --json is short for json.",),
    ),
}
# Names with one form, which a command must not be without: what the table asks of whom.
EVERYWHERE = {
    "--anchor": "evaluate|audit|diagnose|override|handshake|dtls handshake|dtls serve|dtls diagnose|explain|crl show|ocsp show",
    "--anchor-class": "evaluate|audit|diagnose|override|handshake|dtls handshake|dtls diagnose|explain|crl show|ocsp show",
    "--os": "evaluate|audit|diagnose|override|ats|handshake|dtls handshake|dtls diagnose",
    "--host": "evaluate|override|ats|handshake|dtls handshake|dtls diagnose|export snippets|export bundle",
    "--connect": "evaluate|diagnose|dtls diagnose",
    "--timeout": "evaluate|audit|diagnose|dtls diagnose|psk connect",
    "--client": "evaluate|diagnose|handshake|dtls handshake|dtls diagnose|export profile|export snippets|export bundle|"
    "install mac|install device",
    "--server": "handshake|dtls handshake|dtls serve",
    "--admit": "handshake|dtls handshake|dtls serve",
    "--policy": "evaluate|audit",
    "--for": "serve|ocsp serve|dtls serve|psk serve|install device|dev",
    "--dry-run": "apply|scenarios compile|install simulator|install mac|uninstall",
    "--check": "apply|scenarios compile|inspect|install simulator|install mac|uninstall",
    "--force": "evaluate|audit|diagnose|handshake|init|crl|ocsp answer|export bundle",
}
REPEATABLE_AT = "evaluate|diagnose|override|handshake|dtls handshake|dtls diagnose|crl show|ocsp show"
# An answer that is no text and no JSON, with the reason.
WITHOUT_JSON = {"completion": "a script, for a shell to run"}
# The rule: nothing that is there is replaced without --force. Three commands write whole folders, and have nothing to force.
# Two make the same folder again whenever they are run, as their pages promise to scripts: in it they replace what a list
# there says that they wrote, and no more; the third takes new folders alone. `tests/cli/test_replacing.py` holds them to it.
COMES_AGAIN = {"scenarios compile", "serve"}
KEEPS_WHAT_IS_THERE = {"demo", *COMES_AGAIN}
# A server's OpenSSL knows no classes of anchors.
WITHOUT_CLASS = {"dtls serve"}

CAPITALS = re.compile(r"[A-Z][A-Z0-9-]*")


@cache
def commands() -> dict[str, Command]:
    """All that can be run, by the words behind `trustrig`; a group that runs by itself is among them."""
    found = {" ".join(one.path[1:]): one for one in command_tree().walk()}
    return {words: one for words, one in found.items() if words and (not one.commands or one.options)}


def name_of(option: Parameter) -> str:
    return next(name for name in option.names if name.startswith("--"))


def sentence(option: Parameter) -> str:
    """What it says, without what is told of any option: repeatable, default, bounds, variable."""
    text = re.sub(r" *\[[^\[\]]*(?:\[[^\]]*\][^\[\]]*)*\]$", "", option.help)
    while (shorter := re.sub(r"( *\[(?:env|default|required|x|0)[^\]]*\]| Repeatable\.)$", "", text)) != text:
        text = shorter
    return text


@cache
def uses() -> dict[str, list[tuple[str, Parameter]]]:
    found = defaultdict(list)
    for words, command in commands().items():
        for option in command.options:
            found[name_of(option)].append((words, option))
    return found


@pytest.mark.parametrize("name", sorted(uses()))
def test_a_name_is_one_option(name: str) -> None:
    row = TABLE.get(name)
    first = uses()[name][0][1]
    for words, option in uses()[name]:
        where = f"trustrig {words} {name}"
        short = {one for one in option.names if not one.startswith("--")}
        assert short == (
            {row.short} - {""} if row else {one for one in first.names if not one.startswith("--")}
        ), where
        assert option.metavar in (row.takes if row else (first.metavar,)), where
        assert sentence(option) in (row.says if row else (sentence(first),)), where


def test_the_table_has_no_row_that_nothing_needs() -> None:
    for name, row in TABLE.items():
        said = {sentence(option) for _, option in uses()[name]}
        assert set(row.says) == said, name
        assert set(row.takes) == {option.metavar for _, option in uses()[name]}, name
        assert len(row.says) > 1 or len(row.takes) > 1, f"{name} has one form, and needs no row"


def test_what_an_option_takes_is_in_capitals_or_what_is_typed() -> None:
    for words, command in commands().items():
        for option in command.options:
            if not option.takes_value:
                continue
            if option.choices and option.metavar == "|".join(option.choices):
                continue
            plain = re.sub(r"[\[\]|.:=]", " ", option.metavar)
            assert plain.split(), f"trustrig {words} {name_of(option)}"
            for part in plain.split():
                assert CAPITALS.fullmatch(part), f"trustrig {words} {name_of(option)} {option.metavar}"


def test_every_command_answers_in_json_too() -> None:
    for words, command in commands().items():
        has = {name_of(option): option for option in command.options}
        assert ("--json" in has) == (words not in WITHOUT_JSON), words
        if "--json" in has:
            assert {"text", "json"} <= set(has["--format"].choices), words


def test_what_writes_asks_before_it_replaces() -> None:
    for words, command in commands().items():
        names = {name_of(option) for option in command.options}
        writes = names & {"--output", "--keylog", "--anchors"}
        writes |= {name_of(option) for option in command.options if option.help.startswith("Write the ")}
        if writes:
            assert ("--force" in names) == (words not in KEEPS_WHAT_IS_THERE), f"trustrig {words}: {writes}"


@pytest.mark.parametrize("name", EVERYWHERE)
def test_an_option_is_wherever_the_table_wants_it(name: str) -> None:
    asked = set(EVERYWHERE[name].split("|"))
    assert asked <= {words for words, _ in uses()[name]}, name
    assert asked <= set(commands())


def test_a_moment_is_asked_for_often_where_something_is_judged() -> None:
    for words in REPEATABLE_AT.split("|"):
        assert next(option for found, option in uses()["--at"] if found == words).repeatable, words


def test_anchors_have_their_class() -> None:
    for words, _ in uses()["--anchor"]:
        assert (words in {found for found, _ in uses()["--anchor-class"]}) == (words not in WITHOUT_CLASS), (
            words
        )


def test_an_old_spelling_is_no_option_any_more_and_its_new_one_is() -> None:
    for words, table in OLD_SPELLINGS.items():
        names = {name for option in commands()[words].options for name in option.names}
        for old, new in table.items():
            assert old not in names, f"trustrig {words} {old}"
            assert new.partition(" ")[0] in names, f"trustrig {words} {new}"


def test_examples_use_what_there_is() -> None:
    """Each line of each command's examples names a command, and only options that it has."""
    for words, command in commands().items():
        for line in command.examples:
            for part in re.split(r"\s[|<>]\s?", line):
                typed = shlex.split(part)
                if typed[0] != "trustrig":
                    continue
                named = next(
                    (" ".join(typed[1:n]) for n in (4, 3, 2) if " ".join(typed[1:n]) in commands()), None
                )
                assert named is not None, f"{words}: {line}"
                names = {name for option in commands()[named].options for name in option.names}
                given = {word.partition("=")[0] for word in typed if re.match(r"--?[a-z]", word)}
                assert given <= names, f"{words}: {line}"


CHOICES = [
    pytest.param(choices.KeyTypeName, KeyType, id="kinds of keys"),
    pytest.param(choices.P12EncryptionName, P12Encryption, id="encryptions of a .p12"),
    pytest.param(choices.AnchorClassName, set(AnchorClass) - {AnchorClass.NONE}, id="classes of anchors"),
    pytest.param(choices.PolicyName, POLICIES, id="policies"),
    pytest.param(choices.StartTlsName, UPGRADES, id="protocols before TLS"),
    pytest.param(choices.TlsVersionName, TlsVersion, id="versions of TLS"),
    pytest.param(choices.KeyUsageName, KEY_USAGES, id="bits of keyUsage"),
    pytest.param(
        choices.DeviceName, [one.name.lower().replace("_", "-") for one in TargetDevice], id="devices"
    ),
    pytest.param(choices.WifiSecurityName, [one.lower() for one in WifiSecurity], id="security of a network"),
    pytest.param(choices.ScopeName, [one.name.lower() for one in PayloadScope], id="scopes"),
]


@pytest.mark.parametrize(("offered", "known"), CHOICES)
def test_the_words_of_a_choice_are_the_librarys(offered: object, known: object) -> None:
    words = get_args(offered) or list(offered)  # type: ignore[call-overload]
    assert set(map(str, words)) == set(map(str, known))  # type: ignore[call-overload]


def test_the_os_of_the_help_reads() -> None:
    text = sentence(uses()["--os"][0][1])
    for word in re.findall(r"(?:ios|macos)\d+", text):
        assert OsVersion.parse(word)
