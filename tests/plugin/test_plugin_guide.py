"""The guide's Python blocks are test files, and they pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import clock

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "guides" / "pytest.md").read_text(encoding="utf-8")


@pytest.mark.guide
@pytest.mark.parametrize(("page", "least"), [("guides/pytest", 6), ("tutorials/refuse-bad-servers", 1)])
def test_every_block_of_the_page_is_a_test_file_that_passes(
    project: pytest.Pytester, page: str, least: int
) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks):
        project.makepyfile(**{f"test_block_{number}": block})
    ran = project.runpytest_subprocess("-p", "no:localserver", timeout=clock.PATIENCE)
    assert ran.ret == 0
    assert len(blocks) >= least
    assert len({line.split()[0] for line in ran.outlines if line.startswith("test_block_")}) == len(blocks)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "tls_ca",
            "tls_other_ca",
            "tls_server",
            "tls_client_identity",
            "tls_client",
            "tls_https_server",
            "tls_front",
        ),
        *("tls_scenario", "mark.tls_identity(", "mark.tls_scenario(", "mark.tls_at("),
        *("--tls-artifacts DIR", "--tls-artifacts-keys", "--tls-seed", "tls_seed", "no:pki_fixtures.plugin"),
    ],
)
def test_the_guide_names(name: str) -> None:
    assert name in GUIDE
