"""What the guide to audits shows beside its commands: rules for Prometheus, files for CI, SQL, and recipes for engines."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from pki.report.audit.formats import FORMATS
from tests.docs.test_pages import blocks, typed
from tests.report.audit.rows import audited, breaking, mixed, unread, untrusted

TOP = Path(__file__).parents[2]
GUIDE = TOP / "docs/guides/audit.md"
PROMTOOL = pytest.mark.peer("promtool", "apt-get install prometheus")
RULES, FILES = "trustrig.rules.yml", {block.split()[1]: block for block in blocks(GUIDE, "yaml")}


def written(folder: Path, name: str, *rows: object) -> Path:
    file = folder / FORMATS[name].file
    file.write_bytes(b"".join(FORMATS[name].pieces(audited(*rows))))  # type: ignore[arg-type]
    return file


@PROMTOOL
def test_promtool_takes_the_rules(tmp_path: Path) -> None:
    (tmp_path / RULES).write_text(FILES[RULES], encoding="utf-8")
    told = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", tmp_path / RULES],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "SUCCESS: 4 rules found" in told.stdout


@PROMTOOL
def test_the_rules_fire_on_what_an_audit_writes_and_name_the_chain(tmp_path: Path) -> None:
    """Prometheus itself evaluates them, two weeks before one chain of four breaks."""
    (tmp_path / RULES).write_text(FILES[RULES], encoding="utf-8")
    rows = [breaking(1, "1970-01-15T00:00:00Z"), breaking(2, "1970-03-01T00:00:00Z"), untrusted(3), unread(4)]
    text = written(tmp_path, "prometheus", *rows).read_text(encoding="utf-8")
    series = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    labels = {n: f"fleet.csv#row {n} host-0000{n}.example.test" for n in range(1, 5)}
    expected = {
        "ChainBreaksSoon": f"{labels[1]} breaks in 12d 0h 0m 0s by cert-not-expired",
        "ChainNotTrusted": f"{labels[3]} is not trusted by Apple clients",
        "ChainWithoutAnswer": f"{labels[4]} could not be judged",
    }
    days = {
        "rule_files": [RULES],
        "evaluation_interval": "1h",
        "tests": [
            {
                "interval": "1h",
                "input_series": [{"series": name, "values": f"{value}x60"} for name, value in series],
                "alert_rule_test": [
                    {"eval_time": "48h", "alertname": name, "exp_alerts": [_alert(name, words)]}
                    for name, words in expected.items()
                ],
            }
        ],
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(days), encoding="utf-8")
    told = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "tests.yml"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr


def _alert(name: str, words: str) -> dict[str, dict[str, str]]:
    number = re.search(r"row ([0-9])", words)
    assert number is not None
    labels = {"id": f"fleet.csv#row {number[1]}", "host": f"host-0000{number[1]}.example.test"}
    if name == "ChainBreaksSoon":
        labels["rule"] = "cert-not-expired"
    severity = "critical" if name == "ChainNotTrusted" else "warning"
    return {"exp_labels": labels | {"severity": severity}, "exp_annotations": {"summary": words}}


@pytest.mark.guide
@pytest.mark.slow
def test_the_monday_report_is_made_and_judged_again_without_the_network(
    tmp_path: Path, shell_environment: dict[str, str]
) -> None:
    """With one server of ours in place of the reader's; it is no public one, so its chain is refused."""
    report, again = (block.strip() for block in blocks(GUIDE, "bash")[:2])
    script = f"""
trustrig dev localhost --serve 0 --for 300 --json > serving.json & server=$!
until grep -q '^}}' serving.json; do sleep 0.1; done
printf 'localhost:%s  # the only one\\n' "$(sed -n 's/.*"port": \\([0-9]*\\),/\\1/p' serving.json)" > hosts.txt
cp trustrig-ca/root/cert.pem roots.pem
{report} || test $? = 1
kill "$server"; wait "$server" || true
mv report-* report-2026-11-30
{again} || test $? = 1
"""
    ran = typed(script, tmp_path / "empty", shell_environment)
    assert ran.returncode == 0, ran.stderr
    found = {file.name for file in (tmp_path / "empty/report-2026-11-30").iterdir()}
    assert found >= {"report.html", "rows.csv", "rows.ndjson", "summary.json", "chains.ndjson"}
    assert ran.stdout.count("1 chain: ") == 2
    assert "without an answer" not in ran.stdout


def test_the_files_for_ci_use_what_the_repository_has() -> None:
    action = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))
    (hook,) = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    workflow = yaml.safe_load(FILES[".github/workflows/certificates.yml"])
    (step,) = [one for one in workflow["jobs"]["audit"]["steps"] if one.get("id") == "audit"]
    assert step["with"].keys() <= action["inputs"].keys()
    needed = {name for name, one in action["inputs"].items() if one.get("required")}
    assert needed <= step["with"].keys()
    (repository,) = yaml.safe_load(FILES[".pre-commit-config.yaml"])["repos"]
    assert [one["id"] for one in repository["hooks"]] == [hook["id"]]


def test_check_jsonschema_takes_the_workflow(tmp_path: Path) -> None:
    file = tmp_path / "certificates.yml"
    file.write_text(FILES[".github/workflows/certificates.yml"], encoding="utf-8")
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", file]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_the_sql_runs_on_what_an_audit_writes(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    file = written(tmp_path, "parquet", *mixed(40))
    (sql,) = blocks(GUIDE, "sql")
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        found = database.execute(sql.replace("report/rows.parquet", str(file))).fetchall()
    assert [(issuer, chains) for issuer, _, chains in found] == [("CN=Example Issuing CA 1", 10)]


def test_the_recipe_names_what_there_is() -> None:
    (recipe,) = blocks(GUIDE, "python")
    for node in ast.walk(ast.parse(recipe)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pki"):
            for one in node.names:
                assert hasattr(import_module(node.module or ""), one.name), one.name
