"""A few rows on a terminal: each can be told from the others, and says why it has no answer."""

from __future__ import annotations

from typing import Any

import pytest

from pki.report.audit.formats import FORMATS
from pki.report.audit.row import AuditRow
from pki.report.audit.row_name import server_of
from pki.report.audit.summary_text import few_text, summary_text
from tests.report.audit.rows import audited, breaking, row, summary, unread, untrusted


def told(*rows: AuditRow) -> list[str]:
    return few_text(summary(*rows), rows).splitlines()


def test_a_long_path_is_whole() -> None:
    paths = [
        f"trustrig-ca/issued/{name}/of-the-staging-cluster/{'x' * number}/fullchain.pem"
        for number, name in ((9, "api"), (20, "www"))
    ]
    lines = told(*(row(n, host=None, id=path, source=path, locator="") for n, path in enumerate(paths)))
    for path in paths:
        assert lines[lines.index(path) + 1].split() == ["trusted", "-", "-"]


@pytest.mark.parametrize(
    ("host", "endpoint", "called"),
    [
        pytest.param("api.test", None, "api.test", id="not asked"),
        pytest.param("api.test", "api.test:443", "api.test", id="the port of HTTPS"),
        pytest.param("api.test", "api.test:8443", "api.test:8443", id="another port"),
        pytest.param("::1", "[::1]:443", "::1", id="an address"),
        pytest.param("::1", "[::1]:8443", "[::1]:8443", id="an address and a port"),
        pytest.param("db.test", "postgres://db.test:5432", "postgres://db.test:5432", id="another protocol"),
        pytest.param(None, None, None, id="no name"),
    ],
)
def test_a_server_is_called_by_what_was_asked(
    host: str | None, endpoint: str | None, called: str | None
) -> None:
    assert server_of(row(host=host, endpoint=endpoint)) == called


@pytest.mark.parametrize("form", ["html", "junit", "sarif", "csv", "ndjson"])
def test_two_ports_of_a_host_are_told_apart_in_every_form(form: str) -> None:
    rows = [untrusted(n, host="api.test", endpoint=f"api.test:{n}") for n in (8443, 9443)]
    text = b"".join(FORMATS[form].pieces(audited(*rows))).decode()
    for one in rows:
        assert f"{one['endpoint']}" in text


def test_two_ports_of_a_host_are_two_names_on_a_terminal() -> None:
    rows = [breaking(n, host="api.test", endpoint=f"api.test:{n}") for n in (8443, 9443)]
    for text in (few_text(summary(*rows), rows), summary_text(summary(*rows))):
        assert "api.test:8443" in text
        assert "api.test:9443" in text


def test_rows_of_one_host_say_where_they_were_found() -> None:
    lines = "\n".join(told(*(row(n, host="api.test") for n in (1, 2)), row(3, host="other.test")))
    assert "api.test (row 1)  trusted" in lines
    assert "api.test (row 2)  trusted" in lines
    assert "other.test        trusted" in lines


def test_why_there_is_no_answer_is_whole_and_stands_once() -> None:
    reason = "fleet.csv, row 1: the chain is 'garbage', neither PEM nor base64 of DER, and this goes on for more than a line"
    lines = told(unread(1, error=reason), row(2))
    at = next(number for number, line in enumerate(lines) if "no answer" in line)
    assert " ".join(line.strip() for line in lines[at + 1 : at + 3]) == reason
    assert "\n".join(lines).count("garbage") == 1


def test_a_rule_that_refuses_now_and_later_says_both() -> None:
    lines = told(untrusted(1, "cert-not-expired"), breaking(2))
    assert "now, and 2027-02-01: A certificate has expired [cert-not-expired]" in lines


def test_of_equal_ids_and_moments_none_is_compared_by_its_host() -> None:
    rows = [breaking(1, id="-", host="api.test"), breaking(2, id="-", host=None)]
    assert [one["host"] for one in summary(*rows)["next"]] == ["api.test", None]


def test_what_renewals_would_meet_is_told_of_few_rows_too() -> None:
    renewal: Any = {"on": "2027-03-15", "refused_by": [], "warned_by": ["tls-validity-100"]}
    rows = [row(1, renewals=[renewal])]
    text = " ".join(few_text(summary(*rows), rows).split())
    assert "on 2027-03-15: 0 of 1 would be refused, 1 warned about (1 tls-validity-100)" in text
    assert "Taken for granted: issuers that are in force as long as the new certificate" in text
