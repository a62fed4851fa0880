"""What runs `trustrig audit` in somebody else's CI: the action and the hook of this repository."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import clock
from tests.shell import command, environment

TOP = Path(__file__).parents[2]
ACTION = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))
(HOOK,) = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Somebody's repository with a root, a chain that lasts and one that ends in three weeks."""
    folder = tmp_path / "their repository"
    folder.mkdir()
    for words in (
        ["init"],
        ["issue", "server", "lasts.test"],
        ["issue", "server", "ends.test", "--days", "21"],
    ):
        subprocess.run([*command(), *words], cwd=folder, env=environment(), check=True, capture_output=True)
    certificates = folder / "certs"
    certificates.mkdir()
    for name in ("lasts.test", "ends.test"):
        chain = folder / "trustrig-ca/issued" / name / "fullchain.pem"
        (certificates / f"{name}.pem").write_bytes(chain.read_bytes())
    (folder / "my root.pem").write_bytes((folder / "trustrig-ca/root/cert.pem").read_bytes())
    return folder


def stepped(repository: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the action's step as the runner does, with INPUTS beside the defaults; and its outputs."""
    home = repository.parent / "runner"
    home.mkdir()
    (home / "python").write_text(  # makes a "venv" that has the trustrig under test, and installs nothing
        '#!/bin/sh\nmkdir -p "$3/bin"\nprintf "#!/bin/sh\\n" >"$3/bin/python"\n'
        f"""printf '#!/bin/sh\\nexec {" ".join(command())} "$@"\\n' >"$3/bin/trustrig"\nchmod 755 "$3"/bin/*\n"""
    )
    (home / "python").chmod(0o755)
    (step,) = (one for one in ACTION["runs"]["steps"] if one.get("id") == "audit")
    given = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | inputs
    variables = {
        name: given[match[1]]
        for name, value in step["env"].items()
        if (match := re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value))
    }
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=repository,
        env=environment(
            **variables,
            PYTHON=str(home / "python"),
            RUNNER_TEMP=str(home),
            GITHUB_ACTION_PATH=str(TOP),
            GITHUB_OUTPUT=str(home / "outputs"),
            GITHUB_STEP_SUMMARY=str(home / "summary.md"),
        ),
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    outputs = (home / "outputs").read_text(encoding="utf-8").splitlines()
    return done, dict(line.split("=", 1) for line in outputs)


def results(file: str) -> list[Any]:
    found: list[Any] = json.loads(Path(file).read_text(encoding="utf-8"))["runs"][0]["results"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("fail_on", "failing"), [("now", []), ("30d", ["certs/ends.test.pem"])])
def test_the_action_fails_for_what_breaks_soon_and_leaves_the_findings(
    fail_on: str, failing: list[str], repository: Path
) -> None:
    done, outputs = stepped(
        repository, **{"sources": "certs\n", "anchors": "my root.pem", "fail-on": fail_on}
    )
    assert done.returncode == (1 if failing else 0), done.stderr
    found = results(outputs["sarif"])
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found]
    assert places == failing
    assert (Path(outputs["folder"]) / "report.html").is_file()
    summary = (Path(outputs["folder"]).parent / "summary.md").read_text(encoding="utf-8")
    assert done.stdout in summary


@pytest.mark.slow
def test_an_input_of_the_action_is_never_a_command_or_an_option(repository: Path) -> None:
    name = "--json $(touch stolen) `touch stolen`; touch stolen"
    done, _ = stepped(repository, sources=name, anchors="my root.pem")
    assert done.returncode in (2, 3)
    assert name in done.stderr.replace("\n", " ").replace("  ", " ")
    assert not (repository / "stolen").exists()


@pytest.mark.slow
def test_the_hook_judges_the_whole_repository(repository: Path) -> None:
    subprocess.run(["rm", "-r", repository / "trustrig-ca"], check=True)
    words = [*HOOK["entry"].split()[1:], *HOOK["args"], "--anchor", "my root.pem"]
    done = subprocess.run(
        [*command(), *words], cwd=repository, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "ends.test" in done.stdout
    assert re.search(HOOK["files"], "certs/ends.test.pem")
    assert HOOK["pass_filenames"] is False
