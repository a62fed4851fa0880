"""What the guide to `trustrig front` says of names and App Transport Security is what `pki.ats` decides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pki.ats import policy_for, read_info_plist
from pki.model.hosts import parse_host

PAGE = (Path(__file__).parents[2] / "docs/guides/front.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([a-z0-9.]+)` \| (no|yes[^|]*) \|", PAGE, re.MULTILINE)
NO_SETTINGS = read_info_plist(b'<plist version="1.0"><dict/></plist>', name="Info.plist")


def test_every_kind_of_name_has_a_row() -> None:
    assert [name for name, _ in ROWS] == [
        "localhost", "127.0.0.1", "192.168.1.20", "api.local", "api.localhost", "api.test", "api.example.com",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "said"), ROWS)
def test_the_column_about_ats_is_its_decision(name: str, said: str) -> None:
    assert policy_for(parse_host(name), NO_SETTINGS).applies is said.startswith("yes")
