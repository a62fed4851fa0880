"""What an audit tells people to type: an option stands there as audit's own, or in the command that has it."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_option_table import commands
from tests.shell import Trustrig

# Where what a row or an error of an audit says is written: of servers, files, sources, rules and outputs.
PACKAGES = (
    "audit",
    "live",
    "load",
    "trust",
    "store.atomic",
    "handshake.dialling",
    "model.causes",
    "report.audit",
)
# Said of what an audit cannot be given, and so never by it: each answers the option itself.
NOT_OF_AN_AUDIT = (
    "X is a URL, and --starttls takes a host and a port",
    "--starttls does not know X",
    "Give the CA that issued it as the anchor, or leave --bare-anchor out.",
    "Use a shorter chain, or allow more with --max-intermediates.",
    # This one says itself what to do where there is none.
    "There are: XX. Choose one by --identity NAME or FINGERPRINT; where a command has no such option, "
    "`trustrig export p12 --from FILE --identity NAME` packs it alone",
)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
OURS = re.compile(r"trustrig ((?:[a-z0-9]+ ?)+)")
# Programs of others whose options are no matter of ours.
OTHERS = re.compile(
    r"\b(openssl|curl|codesign|osslsigncode|gpg|cosign|kubectl|dask|aws|pip|ssh|security) [^`.;]*$"
)


def told(module: Path) -> Iterator[str]:
    """The texts in a MODULE that have an option in them, X for what is filled in; docstrings are no texts."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings | inside
        ):
            text = node.value
        else:
            continue
        if OPTION.search(text) and "var(--" not in text:  # a style sheet's
            yield text


def modules() -> Iterator[Path]:
    for name in PACKAGES:
        found = importlib.import_module(f"pki.{name}")
        assert found.__file__ is not None
        yield from (
            sorted(Path(found.__file__).parent.rglob("*.py"))
            if hasattr(found, "__path__")
            else [Path(found.__file__)]
        )


TEXTS = sorted({text for module in modules() for text in told(module)} - set(NOT_OF_AN_AUDIT))


def options(words: str) -> set[str]:
    return {name for option in commands()[words].options for name in option.names if name.startswith("--")}


@pytest.mark.parametrize("text", TEXTS)
def test_every_option_is_one_that_is_there(text: str) -> None:
    known = commands()
    for found in OPTION.finditer(text):
        before = text[: found.start()]
        before = before.rpartition("`" if before.count("`") % 2 else ")")[2]
        if OTHERS.search(before):
            continue
        named = list(OURS.finditer(before))
        words = "audit"
        if named:
            typed = named[-1][1].split()
            words = next(
                " ".join(typed[:n]) for n in range(len(typed), 0, -1) if " ".join(typed[:n]) in known
            )
        assert found[0] in options(words), f"{words} has no {found[0]}"


def test_the_texts_are_found() -> None:
    assert any("--connect" in text for text in TEXTS)
    assert any("--starttls" in text for text in TEXTS)
    assert len(TEXTS) > 15


def test_a_name_that_does_not_resolve_is_told_a_command_that_there_is(
    trustrig: Trustrig, tmp_path: Path
) -> None:
    (tmp_path / "hosts").write_text("nowhere.invalid\n")
    ran = trustrig("audit", tmp_path / "hosts", "--format", "ndjson")
    assert "`trustrig evaluate https://nowhere.invalid --connect ADDRESS:PORT`" in ran.out
