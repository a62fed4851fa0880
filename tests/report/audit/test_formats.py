"""Each form of an audit, held against what reads it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import jsonschema
import pytest

from pki import InvalidRequest
from pki.model import extras
from pki.report.audit import parquet, prometheus
from pki.report.audit.csv import COLUMNS, guarded
from pki.report.audit.formats import FORMATS
from pki.report.audit.row import AuditRow, read_rows, row_line
from tests.report.audit.rows import HOSTILE, audited, breaking, hostile, mixed, row, unread, untrusted

STANDARDS = Path(__file__).parents[1] / "standards"
PROMTOOL = pytest.mark.peer("promtool", "apt-get install prometheus")
XMLLINT = pytest.mark.peer("xmllint", "apt-get install libxml2-utils")
FLEETS = {"nothing": [], "every kind": mixed(40), "hostile": hostile()}
each_fleet = pytest.mark.parametrize("rows", FLEETS.values(), ids=FLEETS)


def written(name: str, rows: list[AuditRow], **settings: Any) -> bytes:
    """ROWS in the form called NAME, as they come back from their file."""
    kept = list(read_rows(map(row_line, rows)))
    return b"".join(FORMATS[name].pieces(audited(*kept, **settings)))


@pytest.mark.parametrize("name", FORMATS)
@each_fleet
def test_equal_rows_are_equal_bytes(name: str, rows: list[AuditRow]) -> None:
    assert written(name, rows) == written(name, [dict(reversed(one.items())) for one in rows])  # type: ignore[misc]


def test_each_form_has_a_file_of_its_own() -> None:
    assert len({one.file for one in FORMATS.values()}) == len(FORMATS)


# CSV


def test_a_spreadsheet_gets_a_line_for_each_row_and_a_column_for_each_field() -> None:
    renewals = [
        {"on": "2027-03-15", "refused_by": [], "warned_by": ["tls-validity-100", "tls-validity-47"]},
        {"on": "2028-03-15", "refused_by": ["tls-validity-398"], "warned_by": ["tls-validity-100"]},
        {"on": "2029-03-15", "refused_by": [], "warned_by": []},
    ]
    data = written("csv", [untrusted(1, apple_code=-67818, failed=["a", "b"]), row(2, renewals=renewals)])
    assert data.startswith("\ufeffid,".encode())
    header, *lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert header == list(COLUMNS)
    first, second = (dict(zip(header, line, strict=True)) for line in lines)
    assert (first["trusted"], first["apple_code"], first["failed"]) == ("false", "-67818", "a b")
    assert second["renewals"] == (
        "2027-03-15 warned by tls-validity-100 tls-validity-47; "
        "2028-03-15 refused by tls-validity-398, warned by tls-validity-100; 2029-03-15 passes"
    )


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x", "  =1"],  # noqa: RUF001
)
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "example.test", "CN=a", "a=b", "1", "'x"])
def test_other_cells_stay_what_they_are(text: str) -> None:
    assert guarded(text) == text


def test_no_cell_of_a_stranger_begins_a_formula_or_a_line() -> None:
    data = written("csv", hostile()).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(data, newline="")))
    assert len(lines) == data.count("\r\n") == 1 + len(hostile())
    for cell in (cell for line in lines[1:] for cell in line):
        assert not cell.startswith(("=", "+", "@", "\t", "\r"))
        assert cell.isprintable()


# Prometheus


def samples(data: bytes) -> dict[str, str]:
    return dict(line.rsplit(" ", 1) for line in data.decode().splitlines() if not line.startswith("#"))


@PROMTOOL
@each_fleet
def test_promtool_finds_nothing_to_say(rows: list[AuditRow]) -> None:
    told = subprocess.run(
        ["promtool", "check", "metrics"], input=written("prometheus", rows), capture_output=True, check=False
    )
    assert (told.stdout, told.stderr, told.returncode) == (b"", b"", 0)


def test_a_chain_s_series_say_whether_when_and_why() -> None:
    found = samples(written("prometheus", [breaking(1), untrusted(2), unread(3), row(4)]))
    first, second = 'id="fleet.csv#row 1",host="host-00001.example.test"', 'id="fleet.csv#row 2"'
    ends = int(datetime(2027, 2, 1, tzinfo=UTC).timestamp())
    assert found[f'trustrig_chain_breaks_timestamp_seconds{{{first},rule="cert-not-expired"}}'] == str(ends)
    assert found[f"trustrig_chain_trusted{{{first}}}"] == "1"
    refused = [name for name in found if name.startswith("trustrig_chain_refused_info{")]
    assert len(refused) == 1
    assert second in refused[0]
    assert 'rule="cert-not-expired"' in refused[0]
    unanswered = [name for name in found if "row 3" in name]
    assert [(name.partition("{")[0], found[name]) for name in unanswered] == [
        ("trustrig_chain_answered", "0")
    ]
    assert found['trustrig_audit_chains{result="error"}'] == "1"
    assert found["trustrig_audit_chains_left_out"] == "0"


def test_rows_that_come_twice_are_one_series() -> None:
    found = written("prometheus", [breaking(1), breaking(1)]).decode().splitlines()
    assert len(found) == len(set(found))


def test_of_too_many_chains_the_most_urgent_have_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "MAX_CHAINS", 3)
    rows = [row(1), breaking(2, "2028-01-01T00:00:00Z"), breaking(3), unread(4), untrusted(5), row(6)]
    found = samples(written("prometheus", rows))
    answered = [name for name in found if name.startswith("trustrig_chain_answered")]
    assert [number for number in range(1, 7) if any(f"row {number}" in name for name in answered)] == [
        3,
        4,
        5,
    ]
    assert found["trustrig_audit_chains_left_out"] == "3"


# JUnit


@XMLLINT
@each_fleet
@pytest.mark.parametrize("before", ["2026-12-30T12:00:00Z", None], ids=["some fail", "none fails"])
def test_junit_is_what_its_schema_says(rows: list[AuditRow], before: str | None, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    file.write_bytes(written("junit", rows, before=before))
    told = subprocess.run(
        ["xmllint", "--noout", "--schema", STANDARDS / "junit-10.xsd", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


@each_fleet
def test_every_row_is_a_case_and_the_counts_are_those_of_the_cases(rows: list[AuditRow]) -> None:
    document = fromstring(written("junit", rows))
    cases = list(document.iter("testcase"))
    assert len(cases) == len(rows)
    for element in (document, *document):
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        assert element.get("errors") == str(sum(case.find("error") is not None for case in cases))
    skipped = sum(case.find("skipped") is not None for case in cases)
    assert document[0].get("skipped") == str(skipped)
    assert not skipped


def test_a_case_fails_where_the_row_is_a_finding() -> None:
    rows = [row(1), breaking(2, "2026-12-05T00:00:00Z"), breaking(3), untrusted(4), unread(5)]
    passes, soon, later, refused, unanswered = fromstring(written("junit", rows)).iter("testcase")
    assert [child.tag for child in passes] == []
    assert [child.get("message") for child in soon] == [
        "breaks at 2026-12-05T00:00:00Z: A certificate has expired [cert-not-expired]"
    ]
    assert [child.tag for child in later] == ["system-out"]
    (failure,) = refused
    assert failure.get("type") == "cert-not-expired"
    assert "Fix: If the clock is right" in (failure.text or "")
    assert "Not checked: revocation" in (failure.text or "")
    assert [child.tag for child in unanswered] == ["error"]
    assert passes.get("name") == "row 1 host-00001.example.test"


# Exit code, JUnit and SARIF


@pytest.mark.parametrize("before", [None, "2026-11-30T12:00:00Z", "2026-12-30T12:00:00Z"])
@pytest.mark.parametrize(
    "one",
    [row(1), breaking(2, "2026-12-05T00:00:00Z"), breaking(3), untrusted(4), unread(5)],
    ids=["trusted", "breaks soon", "breaks later", "not trusted", "no answer"],
)
def test_the_exit_code_junit_and_sarif_say_the_same(one: AuditRow, before: str | None) -> None:
    fails = audited(one, before=before).fails(one)
    suites = fromstring(written("junit", [one], before=before))
    assert int(suites.get("failures", "")) + int(suites.get("errors", "")) == fails
    found = results([one], before=before)
    assert ("error" in [result["level"] for result in found]) is fails
    # What is bad now never looks like a pass, whatever is to fail.
    if one["trusted"] is not True:
        (case,) = suites.iter("testcase")
        assert [child.tag in ("failure", "error") for child in case] == [fails]
        assert fails or [child.tag for child in case] == ["skipped"]
        assert len(found) == 1


# SARIF


@each_fleet
def test_sarif_is_what_its_schema_says(rows: list[AuditRow]) -> None:
    schema = json.loads((STANDARDS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(json.loads(written("sarif", rows)))


def results(rows: list[AuditRow], **settings: Any) -> list[Any]:
    found: list[Any] = json.loads(written("sarif", rows, **settings))["runs"][0]["results"]
    return found


def test_findings_alone_are_results() -> None:
    rows = [row(1), breaking(2, "2026-12-05T00:00:00Z"), breaking(3), untrusted(4), unread(5)]
    assert [one["ruleId"] for one in results(rows)] == ["cert-not-expired", "cert-not-expired", "no-answer"]
    assert results(rows, before="2026-11-30T12:00:00Z")[0]["properties"]["host"] == "host-00004.example.test"


def test_an_index_leads_to_the_rule_that_is_named() -> None:
    run = json.loads(written("sarif", mixed(40)))["runs"][0]
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]


def test_a_finding_is_the_same_alert_a_week_later() -> None:
    (today,) = results([untrusted(1)])
    (later,) = results([untrusted(1)], before="2027-01-30T12:00:00Z")
    (other,) = results([untrusted(1, "san-dns-match")])
    assert today["partialFingerprints"] == later["partialFingerprints"] != other["partialFingerprints"]


def test_a_line_of_a_list_is_where_it_points_to() -> None:
    (one,) = results([untrusted(1, source="hosts.txt", locator="line 17")])
    place = one["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("hosts.txt", {"startLine": 17})


# Parquet


def test_duckdb_reads_it_with_types(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "rows.parquet"
    renewal = {"on": "2027-03-15", "refused_by": ["a"], "warned_by": []}
    file.write_bytes(
        written("parquet", [breaking(1), untrusted(2, failed=["a", "b"]), row(3, renewals=[renewal])])
    )
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        found = database.execute(
            "select host, epoch(breaks_at)::bigint, failed, breaks_position, trusted, renewals "
            f"from '{file}' order by host"
        ).fetchall()
    assert found == [
        ("host-00001.example.test", int(datetime(2027, 2, 1, tzinfo=UTC).timestamp()), [], 1, True, []),
        ("host-00002.example.test", None, ["a", "b"], None, False, []),
        (
            "host-00003.example.test",
            None,
            [],
            None,
            True,
            [{"on": date(2027, 3, 15), "refused_by": ["a"], "warned_by": []}],
        ),
    ]


def test_pandas_reads_it_with_types(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    file = tmp_path / "rows.parquet"
    file.write_bytes(written("parquet", hostile()))
    frame = pandas.read_parquet(file)
    assert len(frame) == len(hostile())
    assert str(frame["breaks_at"].dtype) == "datetime64[ms, UTC]"
    assert frame["breaks_at"][2] == pandas.Timestamp("2027-02-01", tz="UTC")
    assert frame["subject"][0] == HOSTILE


def test_row_groups_are_written_as_they_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    arrow_parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(parquet, "GROUP", 10)
    pieces = list(parquet.parquet_pieces(mixed(25)))
    assert len(pieces) == 4  # three groups, and what stands at the end of a file
    file = arrow_parquet.ParquetFile(io.BytesIO(b"".join(pieces)))
    assert (file.num_row_groups, file.metadata.num_rows) == (3, 25)


def test_without_pyarrow_there_is_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(InvalidRequest, match="Parquet needs pyarrow, which is not installed") as caught:
        written("parquet", [row()])
    assert caught.value.commands == ("pip install 'trustrig[audit]'",)
