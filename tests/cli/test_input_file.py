"""Standard input, which commands read and the library does not."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from pki.errors import Unreadable
from pki_cli.input_file import load_input, read_input
from tests.chains import intermediate, leaf, root

STDIN = Path("-")


def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = root("Input Root")
    chain = (leaf(intermediate(issuer, "Input Intermediate"), "input.test").der, issuer.der)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(chain[0])))
    assert load_input(STDIN).certificates == chain[:1]

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"any bytes")))
    assert read_input(STDIN) == b"any bytes"


def test_stdin_is_named_in_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(Unreadable, match="standard input is an empty file"):
        load_input(STDIN)


def test_no_more_of_stdin_is_read_than_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes((1 << 24) + 1))))
    with pytest.raises(Unreadable, match="standard input is larger than 16 MiB"):
        read_input(STDIN)
