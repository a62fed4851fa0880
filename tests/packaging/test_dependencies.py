"""What is locked and what is allowed: the same names, releases within the bounds, from the public index alone."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

TOP = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
LOCK: dict[str, Any] = tomllib.loads((TOP / "pylock.toml").read_text(encoding="utf-8"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(group: str) -> list[Requirement]:
    """What a dependency group names, and the groups in it."""
    found = []
    for one in PROJECT["dependency-groups"][group]:
        found += wanted(one["include-group"]) if isinstance(one, dict) else [Requirement(one)]
    return found


LOCKED = {normal(one["name"]): Version(one["version"]) for one in LOCK["packages"]}
ALLOWED = [*map(Requirement, PROJECT["project"]["dependencies"]), *wanted("dev")]


@pytest.mark.parametrize("requirement", ALLOWED, ids=str)
def test_what_is_allowed_is_locked(requirement: Requirement) -> None:
    """Where it is not: `make lock`."""
    assert requirement.specifier.contains(LOCKED[normal(requirement.name)])


def test_every_locked_file_is_of_the_public_index_and_has_a_hash() -> None:
    files = [
        file
        for one in LOCK["packages"]
        for file in [*one.get("wheels", ()), *filter(None, [one.get("sdist")])]
    ]
    assert len(files) > len(LOCK["packages"])
    assert {(urlsplit(file["url"]).scheme, urlsplit(file["url"]).netloc) for file in files} == {
        ("https", "files.pythonhosted.org")
    }
    assert all(re.fullmatch("[0-9a-f]{64}", file["hashes"]["sha256"]) for file in files)
    assert {one.get("index", "https://pypi.org/simple") for one in LOCK["packages"]} == {
        "https://pypi.org/simple"
    }


def test_the_locked_releases_are_for_every_python_we_name() -> None:
    assert LOCK["requires-python"] == PROJECT["project"]["requires-python"]
    named = [one for one in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", one)]
    assert len(named) == 4


@pytest.mark.parametrize("kind", ["lowest", "locked"])
def test_constraints_name_a_release_of_each_dependency(kind: str) -> None:
    """`.ci/run` installs these, so that a bound that cannot be installed is found."""
    done = subprocess.run(
        [sys.executable, TOP / ".ci/constraints.py", kind], capture_output=True, text=True, check=True
    )
    given = {normal(line.split("==")[0]): Version(line.split("==")[1]) for line in done.stdout.split()}
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        assert requirement.specifier.contains(given[normal(requirement.name)])
        if kind == "lowest":
            assert f">={given[normal(requirement.name)]}" in str(requirement.specifier)


def test_the_licence_that_is_not_permissive_is_named() -> None:
    page = (TOP / "docs/licences.md").read_text(encoding="utf-8")
    assert "| publicsuffixlist | MPL-2.0 |" in page
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        assert f"| {normal(requirement.name)} |" in page
