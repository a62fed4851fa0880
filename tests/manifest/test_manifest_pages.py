"""The manifests on our pages: applied, applied again, and judged; and the schema that editors read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from pki.export.pem import PemPart
from pki.manifest import ManifestError, apply_manifest, manifest_schema, read_manifest
from pki.manifest.defects import DEFECTS
from pki.manifest.export_model import EXPORTS
from pki.manifest.model import SECTIONS, Defaults
from pki.model.manifest_plan import Action
from pki.report.manifest_plan import plan_json
from pki.store import AuthorityFolder
from pki.store.revocation import Revocations
from tests import clock
from tests.docs.test_pages import blocks
from tests.manifest.folders import WHOLE, apply, planned, tree
from tests.report.test_schemas import validator
from tests.shell import environment

TOP = Path(__file__).parents[2]
GUIDE = TOP / "docs" / "guides" / "manifest.md"
MANIFESTS = [
    pytest.param(text, id=f"{page.name}, the {number}.")
    for page in (TOP / "README.md", GUIDE)
    for number, text in enumerate(blocks(page, "toml"), start=1)
]


@pytest.mark.guide
@pytest.mark.parametrize("text", MANIFESTS)
def test_a_manifest_on_a_page_is_applied_and_then_changes_nothing(text: str, tmp_path: Path) -> None:
    now = clock.now()
    (tmp_path / "pki.toml").write_text(text, encoding="utf-8")
    declaration = read_manifest(text.encode(), name="pki.toml")
    assert len(declaration.cas) == 2
    assert len(declaration.leaves) == 6
    assert len(declaration.revocations) == 1
    assert sum(leaf.defect is not None for leaf in declaration.leaves) == 1
    first = apply_manifest(declaration, tmp_path, at=now, environment={})
    assert all(step.changes for step in first.steps)
    before = tree(tmp_path)
    again = apply_manifest(declaration, tmp_path, at=now, environment={})
    assert [step.action for step in again.steps if step.action is not Action.KEEP] == []
    assert tree(tmp_path) == before
    rows = [row for ca in declaration.cas for row in AuthorityFolder.open(tmp_path / ca.folder).rows()]
    assert {row.name for row in rows} >= {leaf.id for leaf in declaration.leaves}
    revoked = [
        one.name
        for ca in declaration.cas
        for one in Revocations(AuthorityFolder.open(tmp_path / ca.folder)).all()
    ]
    assert revoked == [one.id for one in declaration.revocations]


def test_the_guide_shows_a_manifest_and_every_defect() -> None:
    (_,) = blocks(GUIDE, "toml")
    page = GUIDE.read_text(encoding="utf-8")
    for name in DEFECTS:
        assert f"| `{name}` |" in page


def test_the_guide_lists_every_key() -> None:
    page = GUIDE.read_text(encoding="utf-8")
    rows = {
        name: line
        for line in page.splitlines()
        if line.startswith("| `[")
        for name in re.findall(r"\[(?:export\.)?(\w+)(?:\.NAME)?\]", line.split("|")[1])
    }
    tables = {"defaults": Defaults, **SECTIONS, **EXPORTS}
    assert set(rows) == set(tables)
    for name, table in tables.items():
        words = set(table.model_fields) | (set(PemPart) if name == "pem" else set())
        assert set(re.findall(r"`([a-z0-9_]+)`", rows[name])) == words, name


def test_the_guide_s_python_runs(tmp_path: Path) -> None:
    (manifest,), (script,) = blocks(GUIDE, "toml"), blocks(GUIDE, "python")
    (tmp_path / "pki.toml").write_text(manifest, encoding="utf-8")
    apply(tmp_path, manifest, at=clock.now())
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()


VALIDATOR = jsonschema.Draft202012Validator(manifest_schema())


@pytest.mark.parametrize("text", [pytest.param(WHOLE, id="the whole manifest of the tests"), *MANIFESTS])
def test_the_schema_takes_what_apply_takes(text: str) -> None:
    jsonschema.Draft202012Validator.check_schema(manifest_schema())
    raw = tomllib.loads(text, parse_float=str)
    plain = json.loads(json.dumps(raw, default=lambda value: value.isoformat()))  # as editors hand dates on
    assert list(VALIDATOR.iter_errors(plain)) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[sever.api]", id="an unknown table"),
        pytest.param("[ca.main]\npemit = []", id="an unknown key"),
        pytest.param("[server.api]", id="a missing key"),
        pytest.param("[defaults]\ndays = 'ninety'", id="a text for a number"),
        pytest.param("[defaults]\nkey = 'p265'", id="an unknown word"),
        pytest.param("[server.api]\nnames = ['a.test']\ndefect = 'expird'", id="an unknown defect"),
        pytest.param("[server.api]\nnames = []", id="an empty list"),
    ],
)
def test_the_schema_refuses_what_apply_refuses(text: str) -> None:
    assert list(VALIDATOR.iter_errors(tomllib.loads(text)))


def test_every_key_of_the_schema_reads_as_toml() -> None:
    """No null, for TOML has none, and no titles made of names."""
    text = json.dumps(manifest_schema())
    assert '"null"' not in text
    assert text.count('"title"') == 1


def test_the_plan_fits_its_schema(tmp_path: Path) -> None:
    schema = validator("trustrig.manifest-plan/1")
    schema.validate(plan_json(planned(tmp_path, WHOLE), applied=False))
    schema.validate(plan_json(apply(tmp_path, WHOLE), applied=True))
    (tmp_path / "out" / "stray").write_text("")
    document = plan_json(planned(tmp_path, WHOLE.replace("days = 90", "days = 9")), applied=False)
    schema.validate(document)
    assert {step["action"] for step in document["steps"]} == {str(action) for action in Action} - {"create"}


def test_other_commands_do_not_import_pydantic() -> None:
    """Typer does by itself from 0.29 on; we add nothing to that."""
    code = (
        "import sys, typer; before = 'pydantic' in sys.modules; import pki_cli.app, pki.manifest;"
        "from pki_cli.tree import COMMANDS, CommandTree;"
        "[CommandTree(name='t').get_command(None, name) for name in COMMANDS];"
        "print('pydantic' in sys.modules and not before)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False"


def test_the_mistakes_in_the_guide_are_told_so(tmp_path: Path) -> None:
    (manifest,) = blocks(GUIDE, "toml")
    text = manifest.replace("permit =", "pemit =", 1).replace(
        '"Company Devices CA"\nnames', '"Company Device CA"\nnames'
    )
    text = text.replace("[client.mallory]", '[client.mallory]\npassword = "x"')
    with pytest.raises(ManifestError) as caught:
        read_manifest(text.encode(), name="pki.toml")
    _, rest = GUIDE.read_text(encoding="utf-8").split("```\ntrustrig: ")
    shown = f"trustrig: {rest.split('```')[0]}"
    said = f"trustrig: {caught.value}".splitlines()
    for line, full in zip(shown.splitlines(), said, strict=True):
        assert full.startswith(line.removesuffix("[...]"))
