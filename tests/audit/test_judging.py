"""What comes of a part: every row as it was made, equal chains judged once, and nothing that ends the others."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pki.audit import judging, row_fields
from pki.audit.inputs import AuditInput
from pki.audit.judging import judge_part
from pki.audit.settings import AuditSettings
from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.time_format import moment_of, moment_text
from pki.model.transport import Transport
from pki.model.verdict import AnchorClass
from pki.report.audit.row import AuditRow
from pki.trust import Anchor, Evaluator, evaluate, timeline
from pki.trust.no_server import AS_WHAT_IT_IS
from tests.audit.mixed_fleet import UNREADABLE, Row
from tests.audit.mixed_run import Inventory
from tests.chains import intermediate, leaf, root
from tests.report.test_schemas import validator

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def inventory(at: datetime) -> Inventory:
    return Inventory.of(at, 330)


def judged(inventory: Inventory, *inputs: AuditInput) -> list[dict[str, Any]]:
    """The rows of INPUTS, or of the whole inventory."""
    part = b"".join(one.encode() for one in inputs or inventory.inputs())
    return [json.loads(line) for line in judge_part(inventory.settings.encode(), part).splitlines()]


def test_every_row_is_as_it_was_made(inventory: Inventory) -> None:
    rows = judged(inventory)
    assert len(rows) == len(inventory.rows)
    assert {row.defect for row in inventory.rows} >= {UNREADABLE, "expired", "signature", ""}
    for made, row in zip(inventory.rows, rows, strict=True):
        expected = (
            made.host,
            made.headline,
            moment_text(made.breaks_at) if made.breaks_at else None,
            "cert-not-expired" if made.breaks_at else None,
            None if made.defect == UNREADABLE else not made.defect,
        )
        said = (row["host"], row["headline"], row["breaks_at"], row["breaks_by"], row["trusted"])
        assert said == expected, made
        assert (row["error"] is not None) == (made.defect == UNREADABLE)


def test_rows_are_what_their_schema_says(inventory: Inventory) -> None:
    for row in judged(inventory)[:40]:
        validator("trustrig.audit-row/1").validate(row)


def test_who_ends_first_is_named_with_its_place(inventory: Inventory) -> None:
    rows = judged(inventory)
    positions = {row["breaks_position"] for row in rows if row["breaks_at"]}
    assert positions == {0, 1, 2}  # leaves, intermediates, the root that ends
    roots = {row["breaks_subject"] for row in rows if row["breaks_position"] == 2}
    assert roots == {"CN=Mixed Root C,O=Mixed Trust Services,C=CH"}


@pytest.mark.slow
def test_each_day_of_three_years_agrees(inventory: Inventory, at: datetime) -> None:
    """Brute force: a sample is judged on each day, by an evaluator that knows of that day alone."""
    sample = [row for row in inventory.rows if row.defect in ("", "not yet")][:25]
    said = judged(inventory, *(_input(row) for row in sample))
    trust = inventory.settings.trust()
    days = [Evaluator(at=at + number * DAY, **trust) for number in range(3 * 365 + 1)]
    for row, line in zip(sample, said, strict=True):
        answers = [day.evaluate(row.chain, host=row.host).trusted for day in days]
        begins = moment_of(line["trusted_from"]) if line["trusted_from"] else at
        ends = moment_of(line["breaks_at"]) if line["breaks_at"] else None
        for number, trusted in enumerate(answers):
            moment = at + number * DAY
            if line["trusted"]:
                assert trusted == (ends is None or moment < ends), (row, number)
            elif moment < begins:
                assert not trusted, (row, number)


def test_equal_chains_are_judged_once(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[AuditInput] = []

    def counted(
        evaluator: Evaluator, leaf: CertFacts, given: AuditInput, settings: AuditSettings
    ) -> AuditRow:
        asked.append(given)
        return row_fields.answer_of(evaluator, leaf, given, settings)

    monkeypatch.setattr(judging, "answer_of", counted)
    first = _input(inventory.rows[0])
    again = replace(first, source="another", locator="")
    other = replace(first, host="other.example.test")
    served = replace(first, endpoint="a:443", transport=Transport(version="1.3"))
    judge = judging.Judge(inventory.settings)
    rows = [json.loads(judge.row(one)) for one in (first, again, other, served, again)]
    assert asked == [first, other, served]
    assert [row["id"] for row in rows] == [
        "inventory#row 1",
        "another",
        "inventory#row 1",
        "inventory#row 1",
        "another",
    ]
    names = ("id", "source", "locator")
    assert {key: value for key, value in rows[0].items() if key not in names} == {
        key: value for key, value in rows[1].items() if key not in names
    }


def test_what_is_remembered_is_bounded(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "REMEMBERED", 5)
    judge = judging.Judge(inventory.settings)
    lines = [judge.row(_input(row)) for row in inventory.rows[:30]]
    assert len(judge._answers) == 5
    assert lines == [judge.row(_input(row)) for row in inventory.rows[:30]]


def test_a_mistake_of_ours_is_one_row(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    real = row_fields.answer_of

    def broken(evaluator: Evaluator, leaf: CertFacts, given: AuditInput, settings: AuditSettings) -> AuditRow:
        if given.locator == "row 2":
            raise ZeroDivisionError("with somebody's secret in it")
        return real(evaluator, leaf, given, settings)

    monkeypatch.setattr(judging, "answer_of", broken)
    judge = judging.Judge(inventory.settings)
    rows = [json.loads(judge.row(_input(row))) for row in inventory.rows[:3]]
    assert [row["trusted"] for row in rows] == [True, None, True]
    assert "a mistake in trustrig itself: ZeroDivisionError in " in rows[1]["error"]
    assert "secret" not in rows[1]["error"]
    assert rows[1]["subject"] == "CN=host-2.mixed.example.test"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param(AuditInput("a", "", "a.test", (b"no",)), "not a certificate", id="no certificate"),
        pytest.param(
            AuditInput("a", "", None, (), error="It was empty."), "It was empty", id="an error already"
        ),
        pytest.param(
            AuditInput("a", "", "a.test", (), "a.test:443"), "was not asked", id="a server not asked"
        ),
    ],
)
def test_what_cannot_be_judged_is_a_row_with_its_error(
    inventory: Inventory, given: AuditInput, says: str
) -> None:
    (row,) = judged(inventory, given)
    assert says in row["error"]
    assert (row["trusted"], row["headline"], row["breaks_at"]) == (None, None, None)
    validator("trustrig.audit-row/1").validate(row)


def test_a_host_that_is_none_is_a_row_with_its_error(inventory: Inventory) -> None:
    (row,) = judged(inventory, replace(_input(inventory.rows[0]), host="a b"))
    assert "'a b'" in row["error"]
    assert row["leaf_sha256"] is not None


def test_renewals_are_asked_about_for_each_day(inventory: Inventory, at: datetime) -> None:
    day = (at + 400 * DAY).date()
    settings = replace(inventory.settings, renew=(at.date(), day))
    good, long = (next(row for row in inventory.rows if row.defect == defect) for defect in ("", "lifetime"))
    part = _input(good).encode() + _input(long).encode()
    rows = [json.loads(line) for line in judge_part(settings.encode(), part).splitlines()]
    assert [one["on"] for one in rows[0]["renewals"]] == [at.date().isoformat(), day.isoformat()]
    assert [one["refused_by"] for one in rows[0]["renewals"]] == [[], []]
    assert [one["refused_by"] for one in rows[1]["renewals"]] == [["tls-validity-825"]] * 2


def test_settings_are_equal_bytes_and_read_back(inventory: Inventory) -> None:
    data = inventory.settings.encode()
    assert AuditSettings.decode(data) == inventory.settings
    assert AuditSettings.decode(data).encode() == data


def test_another_version_does_not_judge(inventory: Inventory) -> None:
    data = inventory.settings.encode().replace(b'"version":"', b'"version":"9')
    with pytest.raises(InvalidRequest, match="their rows may differ"):
        judge_part(data, b"")


def _input(row: Row) -> AuditInput:
    return AuditInput("inventory", f"row {row.number}", row.host, row.chain)


def test_a_file_of_cas_is_judged_as_such() -> None:
    """`chain.pem` is no server's; what is asked of a server says nothing of when a CA ends."""
    above = root()
    ca = intermediate(above)
    at = ca.cert.not_valid_before_utc + DAY
    settings = AuditSettings(
        at, ca.cert.not_valid_after_utc + 3 * DAY, ((above.der, AnchorClass.USER),), renew=(at.date(),)
    )
    part = [AuditInput("ca/chain.pem", "", host, (ca.der,)) for host in (None, "api.test")]
    as_ca, as_server = (
        json.loads(line)
        for line in judge_part(settings.encode(), b"".join(map(AuditInput.encode, part))).splitlines()
    )
    assert (as_ca["trusted"], as_ca["breaks_by"]) == (True, "cert-not-expired")
    assert as_ca["not_checked"][0] == judging.NO_SERVER
    assert as_server["trusted"] is False
    assert judging.NO_SERVER not in as_server["not_checked"]


def test_what_an_audit_judges_as_a_cas_evaluate_says_how_to() -> None:
    """One file, two commands: who is asked for a verdict as of a server is told of the book that an audit goes by."""
    above = root()
    ca = intermediate(above, end=above.cert.not_valid_before_utc + 900 * DAY)
    at = ca.cert.not_valid_before_utc + DAY
    trust: Any = {"at": at, "anchors": [Anchor.parse(above.der)]}
    as_server = evaluate([ca.der], host=None, **trust)
    assert as_server.headline is not None
    assert as_server.headline.rule_id == "tls-validity-825"
    assert {one.fix for one in as_server.findings if one.rule_id in ("tls-validity-825", "leaf-is-ca")} == {
        AS_WHAT_IT_IS
    }
    assert evaluate([ca.der], host=None, policy="basic", **trust).trusted
    for certificate, host in ((ca, "api.test"), (leaf(above, ca=True), None)):
        found = evaluate([certificate.der], host=host, **trust).findings
        assert AS_WHAT_IT_IS not in {one.fix for one in found}


def test_what_openssl_makes_for_a_server_is_no_cas(tmp_path: Path) -> None:
    """It says CA, without keyUsage: trusted as basic X.509 it would look fine, and no client takes it."""
    openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    place = tmp_path / "server.pem"
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(place), "-outform", "DER"]
    subprocess.run([*openssl, "-subj", "/CN=localhost", *files], check=True, capture_output=True)
    facts = CertFacts.parse(place.read_bytes())
    assert facts.basic_constraints is not None
    assert facts.basic_constraints.ca
    assert not judging.is_an_authoritys(facts)


def test_where_it_was_not_followed_to_the_end_is_not_kept_back(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "MAX_MOMENTS", 1)
    row = next(row for row in inventory.rows if len(row.chain) == 3 and not row.defect)
    judged_row = json.loads(judging.Judge(inventory.settings).row(_input(row)))
    assert judged_row["not_checked"][-1].startswith("after 20")
