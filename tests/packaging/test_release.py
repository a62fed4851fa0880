"""What a release is made by: the gate, the formula of Homebrew, and the scripts that the workflows call."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pki.version import RELEASED, __version__
from tests import clock

TOP = Path(__file__).parents[2]
SCRIPTS = ["audit-action", "platforms", "pex", "releasable", "run", "sbom"]
WORKFLOWS = [TOP / "action.yml", *sorted((TOP / ".github/workflows").glob("*.yml"))]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that the gate reads, of a version that may be released."""
    for name in ("pyproject.toml", "CHANGELOG.md", "README.md", ".ci/releasable"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(TOP / name, tmp_path / name)
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki/version.py").write_text(
        f'__version__ = "{__version__}"\nRELEASED = "{RELEASED}"  # the day\n'
    )
    edit(tmp_path / "pyproject.toml", r'repository = ".*"', 'repository = "https://forge.example/o/trustrig"')
    edit(tmp_path / "README.md", "not on the package index yet", "on the package index")
    edit(tmp_path / "CHANGELOG.md", rf"^## {re.escape(__version__)} .*", f"## {__version__} ({RELEASED})")
    return tmp_path


def edit(file: Path, pattern: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(re.findall(pattern, text, re.MULTILINE)) <= 1
    file.write_text(re.sub(pattern, new, text, flags=re.MULTILINE), encoding="utf-8")


def releasable(project: Path, tag: str) -> tuple[int, str]:
    done = subprocess.run(
        [project / ".ci/releasable", tag], capture_output=True, text=True, timeout=clock.PATIENCE, check=False
    )
    return done.returncode, done.stderr


def test_what_is_in_order_may_be_released(project: Path) -> None:
    assert releasable(project, f"v{__version__}") == (0, "")


@pytest.mark.parametrize(
    ("file", "pattern", "new", "said"),
    [
        ("pyproject.toml", r'repository = ".*"', 'repository = ""', "repository under"),
        ("README.md", "^# trustrig", "# trustrig, not on the package index yet", "README.md says"),
        ("CHANGELOG.md", r"^## \d.*", "## 0.1.0 (unreleased)", "CHANGELOG.md has no heading"),
        ("pki/version.py", r'"\d+\.\d+\.\d+"', '"9.9.9"', "pki/version.py says 9.9.9"),
    ],
)
def test_what_stands_against_it_is_said(project: Path, file: str, pattern: str, new: str, said: str) -> None:
    edit(project / file, pattern, new)
    code, err = releasable(project, f"v{__version__}")
    assert code == 1
    assert said in err


def test_the_formula_has_each_package_once_from_the_lock(tmp_path: Path) -> None:
    sdist = tmp_path / f"trustrig-{__version__}.tar.gz"
    sdist.write_bytes(b"an sdist")
    script: dict[str, Any] = runpy.run_path(str(TOP / ".ci/formula.py"))
    text = script["formula"](sdist, repository="https://forge.example/o/trustrig")
    resources = re.findall(r'resource "([^"]+)" do\n    url "([^"]+)"\n    sha256 "([0-9a-f]{64})"', text)
    brought = set().union(*script["FORMULAE"].values())
    names = [name for name, _, _ in resources]
    assert names == sorted(set(names))
    assert set(names) | brought | {"trustrig"} >= script["needed"]("trustrig")
    assert not brought & set(names)
    locked = tomllib.loads((TOP / "pylock.toml").read_text(encoding="utf-8"))["packages"]
    known = {(one["sdist"]["url"], one["sdist"]["hashes"]["sha256"]) for one in locked if "sdist" in one}
    assert {(url, digest) for _, url, digest in resources} <= known
    assert f'url "https://forge.example/o/trustrig/releases/download/v{__version__}/{sdist.name}"' in text
    assert "{" not in text.replace("#{", "")


@pytest.mark.peer("ruby", "apt-get install ruby")
def test_ruby_reads_the_formula(tmp_path: Path) -> None:
    sdist = tmp_path / f"trustrig-{__version__}.tar.gz"
    sdist.write_bytes(b"an sdist")
    text = runpy.run_path(str(TOP / ".ci/formula.py"))["formula"](
        sdist, repository="https://forge.example/o/t"
    )
    done = subprocess.run(
        ["ruby", "-wc"], input=text, capture_output=True, text=True, timeout=clock.PATIENCE, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Syntax OK\n", "")


@pytest.mark.peer("shellcheck", "apt-get install shellcheck")
@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_has_nothing_to_say_of_the_scripts(script: str) -> None:
    done = subprocess.run(
        ["shellcheck", TOP / ".ci" / script],
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert done.stdout == ""


def test_every_script_that_a_workflow_calls_is_there() -> None:
    called = {
        name for file in WORKFLOWS for name in re.findall(r"\.ci/([\w.-]+)", file.read_text(encoding="utf-8"))
    }
    assert called >= {"run", "releasable", "platforms", "pex", "formula.py"}
    assert [name for name in called if not (TOP / ".ci" / name).is_file()] == []


def test_every_action_is_pinned_by_its_commit_with_its_version_beside_it() -> None:
    used = [
        line
        for file in WORKFLOWS
        for line in file.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    assert [
        line for line in used if not re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
    ] == []


def test_the_job_that_publishes_runs_no_code_of_ours() -> None:
    """It holds the right to publish; a checkout or a command there could use it."""
    text = (TOP / ".github/workflows/release.yml").read_text(encoding="utf-8")
    job = re.search(r"\n  publish:\n(.*?)\n  \w+:\n", text, re.DOTALL)
    assert job is not None
    assert "run:" not in job[1]
    assert "checkout" not in job[1]
    assert re.findall(r"(?m)^      ([\w-]+): (?:write|read)", job[1]) == ["id-token"]
