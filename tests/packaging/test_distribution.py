"""The wheel and the sdist: the same bytes whoever builds them, and a page that works where it is shown."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pki.version import __version__
from tests import clock

TOP = Path(__file__).parents[2]
STEM = f"trustrig-{__version__}"
NAMES = (f"{STEM}-py3-none-any.whl", f"{STEM}.tar.gz")
REPOSITORY = "https://forge.example/somebody/trustrig"
RELATIVE = re.compile(r"\]\((?!https?://|mailto:|#)[^)]*\)")

pytestmark = [
    pytest.mark.skipif(
        not (TOP / "pki").is_dir(), reason="builds from sources: there are none beside an installed wheel"
    ),
    pytest.mark.slow,
]


def copied(to: Path, *, repository: str = "") -> Path:
    """The project at TO, as somebody else would have it: other times, no leftovers."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    for one in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"] + [
        "/pyproject.toml",
        "/.gitignore",
    ]:
        source, target = TOP / one[1:], to / one[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile
            )
        else:
            shutil.copyfile(source, target)
    if repository:
        file = to / "pyproject.toml"
        text = file.read_text(encoding="utf-8")
        assert 'repository = ""' in text
        file.write_text(text.replace('repository = ""', f'repository = "{repository}"'), encoding="utf-8")
    return to


def built(project: Path, *, umask: int = 0o022, **env: str) -> Path:
    """The folder with both, built from PROJECT."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--no-isolation",
            "--wheel",
            "--sdist",
            "--outdir",
            project / "out",
            project,
        ],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000", **env},
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
        umask=umask,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "out"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(copied(tmp_path_factory.mktemp("project"), repository=REPOSITORY))


def metadata(out: Path) -> Any:
    with zipfile.ZipFile(out / NAMES[0]) as wheel:
        return email.message_from_bytes(wheel.read(f"{STEM}.dist-info/METADATA"))


def test_two_builds_are_the_same_to_the_byte(out: Path, tmp_path: Path) -> None:
    """Another folder, another hour, another umask, another zone, and files in another order of birth."""
    elsewhere = copied(tmp_path / "a b", repository=REPOSITORY)
    for number, path in enumerate(sorted(elsewhere.rglob("*"), reverse=True)):
        os.utime(path, (1_500_000_000 + number, 1_500_000_000 + number))
    again = built(elsewhere, umask=0o077, TZ="Pacific/Auckland", LC_ALL="C", PYTHONHASHSEED="7")
    assert sorted(path.name for path in again.iterdir()) == sorted(NAMES)
    assert [name for name in NAMES if (out / name).read_bytes() != (again / name).read_bytes()] == []


def test_the_page_on_the_index_has_no_relative_link_or_picture(out: Path) -> None:
    page = metadata(out)
    text = page.get_payload()
    assert RELATIVE.findall(text) == []
    assert "![Three levels" in text
    assert f"({REPOSITORY}/raw/v{__version__}/docs/levels.svg)" in text
    assert f"({REPOSITORY}/blob/v{__version__}/SECURITY.md)" in text
    assert page["Description-Content-Type"] == "text/markdown"
    urls = dict(one.split(", ") for one in page.get_all("Project-URL"))
    assert urls.keys() == {"Source", "Documentation", "Changelog", "Issues", "Security"}
    assert all(url.startswith(REPOSITORY) for url in urls.values())


def test_its_first_command_is_pip_s_and_none_is_make_s(out: Path) -> None:
    text = metadata(out).get_payload()
    first = re.search(r"```\w*\n(\S[^\n]*)", text)
    assert first is not None
    assert first[1].startswith("python3 -m pip install trustrig ")
    assert not re.search(r"^make ", text, re.MULTILINE)


def test_without_a_repository_nothing_is_linked_that_could_not_be_followed(tmp_path: Path) -> None:
    page = metadata(built(copied(tmp_path)))
    assert RELATIVE.findall(page.get_payload()) == []
    assert page.get_all("Project-URL") is None
    assert "forge.example" not in page.get_payload()


def test_the_readme_in_a_checkout_promises_no_package_on_an_index() -> None:
    """Until it is there; what is between the marks is for the index's own page."""
    readme = re.sub(
        r"<!-- on the package index:.*?-->", "", (TOP / "README.md").read_text(encoding="utf-8"), flags=re.S
    )
    assert "pip install trustrig" not in readme
    assert "uvx trustrig" not in readme


def test_both_are_what_the_index_takes_and_hold_what_they_should(out: Path) -> None:
    for words in (
        ["twine", "check", "--strict", *NAMES],
        ["check_wheel_contents", "--config", TOP / "pyproject.toml", NAMES[0]],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=out,
            capture_output=True,
            text=True,
            timeout=clock.PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(out / NAMES[0]) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
        modes = {entry.external_attr >> 16 & 0o777 for entry in wheel.infolist()}
    assert {"pki", "pki_cli", "pki_fixtures", f"{STEM}.dist-info"} <= tops
    assert tops <= {"pki", "pki_cli", "pki_fixtures", f"{STEM}.dist-info", f"{STEM}.data"}
    assert all(not mode & 0o022 for mode in modes)
    with tarfile.open(out / NAMES[1]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {
        "pyproject.toml",
        "pylock.toml",
        "docs/package_page.py",
        "tests/conftest.py",
        ".ci/run",
        "LICENSE",
    } <= names


def test_a_wheel_of_the_sdist_is_the_wheel(out: Path, tmp_path: Path) -> None:
    with tarfile.open(out / NAMES[1]) as sdist:
        sdist.extractall(tmp_path, filter="data")
    again = built(tmp_path / STEM)
    assert (again / NAMES[0]).read_bytes() == (out / NAMES[0]).read_bytes()
