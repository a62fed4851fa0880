"""What commands are given to read: standard input, which the library does not read, and a URL, which is no file."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from pki.errors import Unreadable
from pki_cli.input_file import load_input, read_input
from tests.chains import intermediate, leaf, root
from tests.shell import Trustrig

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


@pytest.mark.parametrize(
    ("url", "command"),
    [
        ("https://api.test:8443/x?y=z", "trustrig evaluate https://api.test:8443"),
        ("smtps://mail.test", "trustrig evaluate smtps://mail.test"),
        ("https://somebody:sesame@api.test/", "trustrig evaluate https://HOST"),
        ("https://somebody:ses/ame@api.test/", "trustrig evaluate https://HOST"),
    ],
)
@pytest.mark.parametrize(
    "before", [("inspect",), ("scenarios", "compare"), ("evaluate", "chain.pem", "--anchor")], ids=" ".join
)
def test_a_url_where_a_file_is_due(
    before: tuple[str, ...], url: str, command: str, here: Path, trustrig: Trustrig
) -> None:
    """Read as a path it loses a slash, and what it logs in with would be repeated."""
    ran = trustrig(*before, url)
    assert (ran.code, ran.out) == (2, "")
    assert "a URL stands where a file is due" in ran.err
    assert ran.err.rstrip().endswith(command)
    assert "sesame" not in ran.err
    assert "ses/ame" not in ran.err


@pytest.mark.parametrize(
    "before",
    [
        ("ats",),
        ("apply",),
        ("crl", "show"),
        ("ocsp", "show"),
        ("evaluate", "https://api.test", "--crl"),
        ("evaluate", "https://api.test", "--info-plist"),
        ("evaluate", "https://api.test", "--ct-log-list"),
    ],
    ids=" ".join,
)
def test_a_url_where_a_file_is_due_that_holds_no_chain(before: tuple[str, ...], trustrig: Trustrig) -> None:
    ran = trustrig(*before, "https://api.test:8443/crl/1?a=b")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(
        "a URL stands where a file is due. Save it, and name the file:\n"
        "  curl -fsS -o FILE 'https://api.test:8443/crl/1?a=b'\n"
    )
    ran = trustrig(*before, "https://somebody:sesame@api.test/crl")
    assert ran.err.rstrip().endswith("curl -fsS -o FILE https://HOST")
    assert "sesame" not in ran.err


def test_a_file_with_the_name_of_a_url_is_read(here: Path, trustrig: Trustrig) -> None:
    place = here / "https:" / "api.test"
    place.parent.mkdir()
    place.write_text("nothing of a certificate")
    assert "text without a PEM block" in trustrig("inspect", "https://api.test").err
