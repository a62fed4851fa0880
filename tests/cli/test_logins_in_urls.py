"""What a URL logs in with stands in no message: nothing here logs in, and logs keep messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from pki_cli.wrong_usage import without_login
from tests.shell import spawn

URL = "https://alice:s3cret@api.test:1/path"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        pytest.param(["evaluate", URL, "-o", "there"], 3, id="the command to type once more"),
        pytest.param(["diagnose", URL, "-o", "there", "--json"], 3, id="the same in a document"),
        pytest.param(["--os", "ios26", "evaluate", URL], 2, id="an option before its command"),
        pytest.param(["diagnose", "https://api.test", URL], 2, id="one argument too many"),
        pytest.param(["diagnose", "https://api.test", URL, "--json"], 2, id="and that in a document"),
    ],
)
def test_it_is_not_told_back(args: list[str], code: int, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("kept")
    ran = spawn(*args, cwd=tmp_path)
    assert ran.code == code
    assert "s3cret" not in ran.out + ran.err
    assert "api.test" in ran.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (URL, "https://api.test:1/path"),
        ("https://a@b@api.test/", "https://api.test/"),
        ("https://api.test/@home", "https://api.test/@home"),
        ("alice@api.test", "alice@api.test"),
    ],
)
def test_only_the_login_goes(text: str, told: str) -> None:
    assert without_login(text) == told
