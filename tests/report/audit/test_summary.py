from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from pki.model.time_format import LAST
from pki.report.audit import lifetimes, tally
from pki.report.audit.cause import fails
from pki.report.audit.html import html_pieces
from pki.report.audit.junit import junit_pieces
from pki.report.audit.sarif import sarif_pieces
from pki.report.audit.summary_text import few_text, summary_text
from pki.report.style import Style
from tests.report.audit.rows import (
    INTERMEDIATE,
    audited,
    breaking,
    hostile,
    mixed,
    row,
    summary,
    unread,
    untrusted,
)
from tests.report.test_schemas import validator

AUDIT = validator("trustrig.audit/1")
SHARED = "ab" * 32


def leaf_ends(number: int, at: str, certificate: str | None = None) -> Any:
    leaf = certificate or row(number)["leaf_sha256"]
    return breaking(
        number, at, breaks_position=0, breaks_certificate=leaf, breaks_subject=f"CN=leaf {number}"
    )


def test_what_one_certificate_is_behind_is_one_group_and_the_largest_comes_first() -> None:
    rows = [breaking(number) for number in range(1, 813)]
    rows += [leaf_ends(number, f"2027-01-{number - 900:02}T00:00:00Z") for number in range(901, 905)]
    document = summary(*rows)
    AUDIT.validate(document)
    ends, leaves = document["groups"]
    assert (ends["rows"], ends["certificate"], ends["position"]) == (812, INTERMEDIATE, 1)
    assert (ends["first"], ends["last"]) == ("2027-02-01T00:00:00Z", "2027-02-01T00:00:00Z")
    assert (leaves["rows"], leaves["certificates"], leaves["certificate"]) == (4, 4, None)
    assert (leaves["first"], leaves["last"]) == ("2027-01-01T00:00:00Z", "2027-01-04T00:00:00Z")
    assert document["first_change"] == ends
    assert ends["fix"].startswith("If the clock is right, renew it")


def test_a_leaf_that_several_hosts_share_is_a_group_of_its_own() -> None:
    rows = [leaf_ends(number, "2027-01-05T00:00:00Z", SHARED) for number in (1, 2, 3)]
    rows += [leaf_ends(4, "2027-01-01T00:00:00Z"), leaf_ends(5, "2027-01-02T00:00:00Z")]
    shared, alone = summary(*rows)["groups"]
    assert (shared["rows"], shared["certificate"], shared["subject"]) == (3, SHARED, "CN=leaf 1")
    assert (alone["rows"], alone["first"]) == (2, "2027-01-01T00:00:00Z")


@pytest.mark.parametrize("bound", [0, 1, 5])
def test_leaves_that_nobody_shares_are_counted_beyond_what_is_remembered(
    bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [leaf_ends(number, f"2027-01-{31 - number}T00:00:00Z") for number in range(1, 20)]
    rows += [breaking(30), untrusted(31), untrusted(32)]
    whole = summary(*rows)
    monkeypatch.setattr(tally, "MAX_LONE", bound)
    counted = summary(*rows)
    AUDIT.validate(counted)
    for document in (whole, counted):
        for group in document["groups"]:
            group["examples"] = group["servers"] = []
    assert counted == whole


def test_a_leaf_is_known_again_while_it_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MAX_LONE", 1)
    shared = [leaf_ends(number, "2027-01-05T00:00:00Z", SHARED) for number in (1, 2, 3)]
    others = [leaf_ends(number, "2027-01-05T00:00:00Z") for number in (4, 5)]
    first, second = summary(*shared, *others)["groups"]
    assert (first["rows"], first["certificate"], second["rows"], second["certificates"]) == (3, SHARED, 2, 2)


def test_the_order_of_rows_changes_no_number() -> None:
    rows = [leaf_ends(1, "2027-01-05T00:00:00Z", SHARED), leaf_ends(2, "2027-01-04T00:00:00Z", SHARED)]
    rows += [untrusted(3), breaking(4)]
    seen = set()
    for order in permutations(rows):
        document = summary(*order)
        for group in document["groups"]:
            group["examples"] = group["servers"] = []
            group["subject"] = None
        document["first_change"] = None
        document["not_checked"] = []
        seen.add(json.dumps(document))
    assert len(seen) == 1


def test_what_fails_for_two_reasons_is_not_mended_by_one_change() -> None:
    besides: Any = [{"rule": "san-dns-match", "position": 0, "certificate": SHARED}]
    again: Any = [{"rule": "cert-not-expired", "position": 1, "certificate": INTERMEDIATE}]
    rows = [untrusted(1, certificate=SHARED)]
    rows += [untrusted(number, certificate=SHARED, also=also) for number, also in ((2, besides), (3, again))]
    (group,) = summary(*rows)["groups"]
    assert (group["rows"], group["mends"]) == (3, 1)
    assert summary(*rows)["first_change"] is None


def test_what_ends_in_the_same_second_is_not_mended_by_one_change_and_said_so() -> None:
    root: Any = [{"rule": "cert-not-expired", "position": 2, "certificate": SHARED}]
    document = summary(breaking(1), breaking(2), breaking(3, also=root))
    AUDIT.validate(document)
    assert document["first_change"] is not None
    assert document["first_change"]["mends"] == 2
    assert "Of 1 chain more something else is wrong, too." in " ".join(summary_text(document).split())


def test_of_two_that_end_in_one_second_no_form_names_one_alone() -> None:
    also: Any = [
        {"rule": "cert-not-expired", "position": position, "certificate": SHARED} for position in range(2, 7)
    ]
    rows = audited(breaking(1, also=also[:1]), untrusted(2, also=also), before="2027-12-01T00:00:00Z")
    said = {
        form: "".join(piece.decode() for piece in form(rows))
        for form in (sarif_pieces, junit_pieces, html_pieces)
    }
    said[few_text] = few_text(rows.summary, rows.rows())
    for text in said.values():
        assert "besides it cert-not-expired at [2]" in text
        assert "at [4] and 2 more" in " ".join(text.split())


def test_at_the_end_of_time_there_is_no_later() -> None:
    counted = tally.Tally(at=LAST, until=LAST)
    counted.add(breaking(1, "9999-12-31T23:59:59Z"))
    assert set(counted.within.values()) == {1}


def test_what_was_not_followed_to_the_end_is_not_said_to_last() -> None:
    short = row(1, followed_until="2027-01-01T00:00:00Z", not_checked=["after 2027-01-01T00:00:00Z: stopped"])
    assert "Nothing breaks them until" in summary_text(summary(row(2)))
    document = summary(short, row(2))
    AUDIT.validate(document)
    text = summary_text(document)
    assert "Nothing is known to break them" in text
    assert "1 chain could not be followed that far" in text
    page = b"".join(html_pieces(audited(short, row(2)))).decode()
    assert page.count(", followed until 2027-01-01") == 1


def test_nothing_at_all_is_a_document_too() -> None:
    document = summary()
    AUDIT.validate(document)
    assert (document["rows"], document["groups"], document["first_change"]) == (0, [], None)
    assert summary_text(document) == "0 chains: 0 trusted at 2026-11-30T12:00:00Z"


@pytest.mark.parametrize("rows", [mixed(40), hostile()], ids=["of every kind", "hostile"])
def test_every_kind_of_row_fits_and_every_row_is_counted_once(rows: Any) -> None:
    document = summary(*rows)
    AUDIT.validate(document)
    assert document["rows"] == document["trusted"] + document["untrusted"] + document["errors"] == len(rows)
    wrong = document["untrusted"] + document["breaking"]
    assert sum(group["rows"] for group in document["groups"]) == wrong
    assert sum(one["rows"] for one in document["lifetimes"]) == document["rows"] - document["errors"]
    weeks = [cause["rows"] for week in document["weeks"] for cause in week["causes"]]
    assert sum(weeks) == document["breaking"]


@pytest.mark.parametrize(
    ("at", "within"),
    [
        pytest.param("2026-12-07T12:00:00Z", [1, 1, 1, 1], id="seven days to the second"),
        pytest.param("2026-12-07T12:00:01Z", [0, 1, 1, 1], id="a second more"),
        pytest.param("2027-11-30T12:00:01Z", [0, 0, 0, 0], id="more than a year"),
    ],
)
def test_days_are_counted_to_the_second(at: str, within: list[int]) -> None:
    assert [one["rows"] for one in summary(breaking(1, at))["breaks_within"]] == within


@pytest.mark.parametrize(
    ("one", "failing"),
    [
        pytest.param(row(), False, id="nothing breaks it"),
        pytest.param(untrusted(), True, id="not trusted now"),
        pytest.param(unread(), True, id="no answer is no pass"),
        pytest.param(breaking(1, "2026-12-30T12:00:00Z"), True, id="breaks at that second"),
        pytest.param(breaking(1, "2026-12-30T12:00:01Z"), False, id="breaks a second later"),
    ],
)
def test_what_is_a_finding(one: Any, failing: bool) -> None:
    assert fails(one, before="2026-12-30T12:00:00Z") is failing


def test_weeks_begin_on_mondays_and_tell_leaves_apart() -> None:
    rows = [leaf_ends(1, "2027-02-01T00:00:00Z"), breaking(2), leaf_ends(3, "2027-01-31T23:59:59Z")]
    expired = "cert-not-expired"
    assert summary(*rows)["weeks"] == [
        {"week": "2027-01-25", "causes": [{"rule": expired, "leaf": True, "rows": 1}]},
        {
            "week": "2027-02-01",
            "causes": [
                {"rule": expired, "leaf": False, "rows": 1},
                {"rule": expired, "leaf": True, "rows": 1},
            ],
        },
    ]


@pytest.mark.parametrize("limit", lifetimes.LIMITS)
def test_a_limit_is_the_end_of_a_step(limit: int) -> None:
    at, over = lifetimes.lifetime_step(limit), lifetimes.lifetime_step(limit + 1)
    assert (lifetimes.STEPS[at + 1], lifetimes.STEPS[over]) == (limit, limit)


def test_errors_are_counted_by_what_they_say_and_not_by_whom() -> None:
    refused = [unread(n, f"host-{n:05}.example.test:443: the connection was refused") for n in (1, 2)]
    (kind,) = summary(*refused)["error_kinds"]
    assert (kind["text"], kind["rows"]) == ("the connection was refused", 2)
    assert kind["examples"] == ["fleet.csv#row 1", "fleet.csv#row 2"]
    assert kind["servers"] == ["host-00001.example.test", "host-00002.example.test"]


def test_sentences_that_never_recur_take_no_memory() -> None:
    document = summary(*(unread(number, f"sentence {number}") for number in range(tally.MAX_TEXTS + 50)))
    assert document["error_kinds"][-1] == {"text": None, "rows": 50, "examples": [], "servers": []}
    assert len(document["error_kinds"]) == tally.MAX_TEXTS + 1


def test_renewals_are_told_apart_from_breaks() -> None:
    renewal = {"on": "2027-03-15", "refused_by": [], "warned_by": ["tls-validity-100"]}
    refused = {"on": "2027-03-15", "refused_by": ["tls-validity-398"], "warned_by": ["tls-validity-100"]}
    document = summary(row(1, renewals=[renewal]), row(2, renewals=[refused]), row(3))
    AUDIT.validate(document)
    assert document["renewals"] == [
        {
            "on": "2027-03-15",
            "rows": 2,
            "refused": 1,
            "warned": 2,
            "refused_by": [{"rule": "tls-validity-398", "rows": 1}],
            "warned_by": [{"rule": "tls-validity-100", "rows": 2}],
        }
    ]
    assert document["breaking"] == 0
    assert "on 2027-03-15: 1 of 2 would be refused" in summary_text(document)


@pytest.mark.parametrize("rows", [mixed(40), hostile()], ids=["of every kind", "hostile"])
def test_a_terminal_gets_80_columns_and_nothing_of_a_stranger_s(rows: Any) -> None:
    text = summary_text(summary(*rows))
    assert max(map(len, text.splitlines())) <= 80
    table = few_text(summary(*rows), rows)
    assert max(map(len, table.splitlines())) <= 80
    for shown in (text, table):
        assert all(character.isprintable() for line in shown.split("\n") for character in line)
    assert "\x1b[1;31m" in summary_text(summary(*rows), style=Style(color=True))


def test_rows_are_named_where_they_have_no_answer_and_where_a_cause_stands() -> None:
    rows = [
        unread(number, "half.pem is cut short", id=f"certs/{number}.pem", host=None) for number in range(1, 5)
    ]
    rows += [untrusted(number, id=f"old/{number}.pem", certificate=SHARED) for number in (5, 6)]
    text = summary_text(summary(*rows))
    assert "in certs/1.pem, certs/2.pem and 2 more" in text
    assert "in host-00005.example.test, host-00006.example.test\n" in text


def test_the_one_change_comes_before_the_list() -> None:
    text = summary_text(summary(*mixed(40)))
    first, then = text.index("The one change that mends most"), text.index("Causes, the largest first")
    assert first < text.index("CN=Example Issuing CA 1") < then
    assert "Fix: If the clock is right, renew it" in text
    assert "revocation: no list and no OCSP answer was given" in text


def test_a_few_rows_are_told_one_by_one_with_what_to_change_and_what_was_not_checked() -> None:
    rows = [breaking(1), untrusted(2, "san-dns-match"), unread(3), row(4)]
    text = few_text(summary(*rows), rows)
    assert "host-00001.example.test  trusted    2027-02-01  cert-not-expired" in text
    assert "host-00002.example.test  untrusted  -           san-dns-match" in text
    assert "host-00003.example.test  no answer" in text
    assert "host-00004.example.test  trusted    -           -" in text
    assert "no answer  -           -\n  " in text
    for words in ("Fix: If the clock is right", "the chain is no PEM", "revocation: no list"):
        assert words in text
