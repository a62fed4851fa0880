"""The table of kinds, row by row, through the four commands that are given files: the same words, and the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pki.load import recognise
from pki.load.kinds import FileKind
from tests.load.every_kind import EVERY, NAMED
from tests.shell import Ran


def words_of(ran: Ran) -> str:
    """What was said, without the line breaks that 80 columns ask for."""
    return " ".join(f"{ran.out} {ran.err}".split())


def test_every_kind_has_a_row_and_a_file() -> None:
    assert set(FileKind) == set(EVERY)
    for kind in FileKind:
        assert kind.told_by, kind
        assert (
            kind.shown
            or kind.advice
            or kind in (FileKind.PLIST, FileKind.PICTURE, FileKind.PDF, FileKind.TEXT, FileKind.BINARY)
        )


@pytest.mark.parametrize("kind", [pytest.param(kind, id=str(kind)) for kind in FileKind])
def test_a_kind_is_called_by_its_name_in_every_command(
    kind: FileKind, material: Any, trustrig: Any, tmp_path: Path
) -> None:
    described = NAMED.get(kind, kind.described)
    given, target = tmp_path / "given", tmp_path / "server.pem"
    given.write_bytes(EVERY[kind](material))
    target.write_bytes(material.pem())
    password = tmp_path / "password"
    password.write_text("a new password\n")
    assert recognise(given.read_bytes()).kind is kind

    inspected = trustrig("inspect", given)
    assert f"{given}: {described}" in words_of(inspected) or f"{given} is {described};" in words_of(inspected)
    assert inspected.code == (0 if kind.shown else 3)
    for line in ("Traceback", "<Name(", "0x7f"):
        assert line not in words_of(inspected)

    evaluated = trustrig("evaluate", given, "--host", "load.test")
    anchored = trustrig("evaluate", target, "--host", "load.test", "--anchor", given)
    packed = trustrig(
        "export", "p12", "--from", given, "-o", tmp_path / "new.p12", "--password-file", password
    )
    if kind.certificates:
        assert evaluated.code in (0, 1)
        assert anchored.code in (0, 1)
    else:
        for ran in (evaluated, anchored, packed):
            assert ran.code == 3
            assert f"{given} is {described}, where a certificate is due" in words_of(ran)
            assert " ".join(kind.advice.split()) in words_of(ran)
    if kind is FileKind.PKCS12:
        assert packed.code == 0
    elif kind.certificates:
        assert packed.code == 3
        assert "no private key, where one is due" in words_of(packed)
    if not kind.shown and kind.advice:
        assert " ".join(kind.advice.split()) in words_of(inspected)
