"""Another package's `pki` in the place of ours: named before anything of it runs, exit code 2."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pki
import pki_cli
from tests import clock
from tests.shell import Ran

# As dogtag-pki 11.2.1 begins, whose wheel was tried: its __init__.py imports ldap, which it does not bring.
FOREIGN = "# Authors:\n#     Somebody\nraise ImportError('no module named ldap.dn')\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with our two, as pip would have put them there."""
    folder = tmp_path / "site"
    for package in (pki, pki_cli):
        home = Path(str(package.__file__)).parent
        shutil.copytree(home, folder / home.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(site: Path, *args: str, cwd: Path) -> Ran:
    """`trustrig ARGS` from SITE."""
    start = f"import sys; sys.path[:0] = [{str(site)!r}]; sys.argv[0] = 'trustrig'; from pki_cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-c", start, *args],  # -S: no packages but those of SITE
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def overwrite(site: Path, *, record: bool = True) -> None:
    """What `pip install dogtag-pki` does to ours, without a word."""
    (site / "pki/__init__.py").write_text(FOREIGN, encoding="utf-8")
    if record:
        about = site / "dogtag_pki-11.2.1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Name: dogtag-pki\nVersion: 11.2.1\n", encoding="utf-8")
        (about / "top_level.txt").write_text("pki\n", encoding="utf-8")
        (about / "RECORD").write_text("pki/__init__.py,,\n", encoding="utf-8")


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["evaluate", "chain.pem"], []], ids=" ".join)
def test_a_package_over_ours_is_named(site, tmp_path, args):
    overwrite(site)
    ran = run(site, *args, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"trustrig: {site}/pki/__init__.py is not trustrig's but dogtag-pki 11.2.1's: both install a package `pki`. "
        "Install trustrig in an environment of its own, made by `python3 -m venv trustrig-env`.\n"
    )


def test_one_that_nobody_claims_is_named_by_its_file(site, tmp_path):
    overwrite(site, record=False)
    ran = run(site, "--version", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert f"{site}/pki/__init__.py is not trustrig's library" in ran.err


def test_ours_without_its_first_file_is_told_apart(site, tmp_path):
    """`pip uninstall dogtag-pki` takes the file away that it had put over ours."""
    (site / "pki/__init__.py").unlink()
    ran = run(site, "--version", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "has lost its __init__.py" in ran.err
    assert "dogtag-pki" in ran.err


def test_a_folder_called_pki_where_one_works_is_told_apart(site, tmp_path):
    """`python -m pki_cli` looks in the working folder first, and people keep certificates in `pki`."""
    work = tmp_path / "work"
    (work / "pki").mkdir(parents=True)
    (work / "pki/__init__.py").touch()
    ran = run_in_module_mode(site, work)
    assert (ran.code, ran.out) == (2, "")
    assert "Run trustrig in another folder." in ran.err


def test_a_folder_of_certificates_called_pki_is_no_matter(site, tmp_path):
    work = tmp_path / "work"
    (work / "pki").mkdir(parents=True)
    assert run_in_module_mode(site, work).out.startswith("trustrig ")


def run_in_module_mode(site: Path, work: Path) -> Ran:
    """`python -m pki_cli --version` in WORK."""
    done = subprocess.run(
        [sys.executable, "-m", "pki_cli", "--version"],
        cwd=work,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_ours_is_taken_for_ours(site, tmp_path):
    assert run(site, "--version", cwd=tmp_path).out.startswith("trustrig ")
