"""The pages of codes and rules: what they show of logs is read as they say, and each statement names its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pki.explain import explain_text
from pki.explain.alerts import alerts
from pki.explain.code_facts import facts_of_alert, facts_of_code
from pki.explain.code_names import OTHER_NAMES
from pki.explain.reading import read_text
from pki.explain.scanning import normal
from pki.explain.vocabularies import apple_codes
from pki.model.alerts import ALERTS
from pki.model.explanation import ExplanationKind
from pki.model.site import code_page, rule_page
from pki.report import code_facts
from pki.report.explain import symbols
from pki.report.explanation import explanation_text
from pki.report.stream_codes import PEER_ALERTS
from pki.report.style import Style
from pki.trust import all_rules

DOCS = Path(__file__).parents[2] / "docs"
CODES = sorted({*symbols().values(), *OTHER_NAMES})
# What a text's reader leaves aside, because it decides nothing: the page says what it is, and a log is not explained by it.
_DECIDE_NOTHING = {
    number
    for number in CODES
    if -9899 <= number <= -9800
    and number not in PEER_ALERTS
    and apple_codes.STREAM.get(number, "noise").startswith("noise")
}


@pytest.mark.parametrize("number", sorted(set(CODES) - _DECIDE_NOTHING))
def test_each_shape_in_a_log_is_read_as_this_code(number: int) -> None:
    forms = facts_of_code(number).log_forms
    assert forms
    for form in forms:
        read = read_text(form)
        assert read is not None, form
        known = {token.text for token in read.tokens}
        alone = read_text(str(number))
        assert alone is not None
        kind = "blocked" if re.search("locked|Black", form) else "root-unknown"  # of several checks, one each
        assert str(number) in known or read.fault in (alone.fault, kind), form


@pytest.mark.parametrize("number", ALERTS)
def test_each_shape_of_an_alert_is_read_as_this_alert(number: int) -> None:
    for form in facts_of_alert(number).log_forms:
        if form.startswith("remote error: tls: "):  # a vocabulary of its own
            go, java = read_text(form), read_text(f"Received fatal alert: {ALERTS[number].name}")
            assert go is not None, form
            assert java is not None
            assert go.fault == java.fault
        else:
            assert {hit.value.rpartition(" ")[2] for hit in alerts(normal(form))} == {str(number)}, form


@pytest.mark.parametrize(("number", "name"), OTHER_NAMES.items())
def test_a_code_of_a_keychain_or_the_network_is_found_by_number_and_by_name(number: int, name: str) -> None:
    for asked in (str(number), name, name.upper()):
        found = explain_text(asked)
        assert found.kind is ExplanationKind.CODE
        assert found.name == f"{number} {name}"
        assert found.text
        assert found.source


def test_the_code_decides_where_apples_sentence_is_that_of_two() -> None:
    """“Certificate is not trusted” is what Apple says of a missing issuer and of an unknown root alike."""
    error = 'Error Domain=NSOSStatusErrorDomain Code={} "“NAME” certificate is not trusted"'
    faults = {code: read_text(error.format(code)) for code in (-25318, -67843)}
    assert {code: read.fault for code, read in faults.items() if read} == {
        -25318: "missing-intermediate",
        -67843: "not-trusted",
    }


def test_every_code_has_its_page() -> None:
    wanted = (
        {f"{-number}.md" for number in CODES} | {f"alert-{number}.md" for number in ALERTS} | {"README.md"}
    )
    assert {page.name for page in (DOCS / "codes").glob("*.md")} == wanted


@pytest.mark.parametrize("page", sorted((DOCS / "codes").glob("*[0-9].md")), ids=lambda page: page.stem)
def test_a_page_of_a_code_shows_its_shapes_and_says_how_sure_it_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.match(r"# (-\d+ \w+|TLS alert \d+ \w+): \S", text)
    assert "\n```text\n" in text
    grades = re.findall(r"^\| (Documented|Read in source|Expected|Measured[^|]*) \|", text, re.MULTILINE)
    assert grades[0] == "Documented"
    assert grades[-1] == "Measured on a device or a Mac by us"
    assert re.search(r"^Source: \S", text, re.MULTILINE)


@pytest.mark.parametrize("rule_id", all_rules())
def test_a_page_of_a_rule_says_apart_what_is_documented_read_and_expected(rule_id: str) -> None:
    text = (DOCS / "rules" / f"{rule_id}.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", text, re.MULTILINE))
    assert {"Documented by Apple", "Read in source", "Our expectation", "Anchors", "Certificates"} <= set(
        rows
    )
    assert "\n## Fix\n" in text
    file = re.search(r"(?<![\[/\w])(?:Sec|name)\w+\.(?:c|m|h|list)\b", rows["Read in source"])
    assert file is None, f"{file} is named and not linked: a line in docs/sources.py"
    rule = all_rules()[rule_id]
    assert ("## You see it as" in text) is (rule.status is not None)


def test_anchors_of_a_rule_are_those_it_is_asked_under() -> None:
    def row(rule_id: str, name: str) -> str:
        text = (DOCS / "rules" / f"{rule_id}.md").read_text(encoding="utf-8")
        found = re.search(rf"^\| {name} \| (.+) \|$", text, re.MULTILINE)
        assert found is not None
        return found[1]

    assert row("tls-validity-398", "Anchors") == "`system`"
    assert row("tls-validity-825", "Anchors") == "`user`, `app`" or "`user`" in row(
        "tls-validity-825", "Anchors"
    )
    assert row("chain-complete", "Anchors") == "none: a path that reaches no anchor"
    assert row("ca-basic-constraints", "Certificates") == "intermediates, the end of the path"
    assert row("ats-key-niap-version", "Certificates") == "none: it is about settings"


def test_a_rule_page_has_its_paperwork() -> None:
    page = (DOCS / "rules" / "tls-validity-825.md").read_text(encoding="utf-8")
    for words in (
        "825 days", "OtherTrustValidityPeriod", "[-67901](../codes/67901.md)", "2019-06-30T23:00:00Z",
        "[Apple support article 103769](https://support.apple.com/103769)", "[-9802](../codes/9802.md)", "`validity-826`",
    ):  # fmt: skip
        assert words in page


def test_explain_names_the_page_where_pages_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "More:" not in explanation_text(explain_text("-9802"))
    monkeypatch.setattr(code_facts, "DOCUMENTATION_URL", "https://docs.example/")
    for asked, page in (("-9802", "9802"), ("alert 48", "alert-48"), ("unknown_ca", "alert-48")):
        assert (
            f"  More: https://docs.example/codes/{page}/"
            in explanation_text(explain_text(asked)).splitlines()
        )


def test_codes_that_are_confused_lead_to_their_pages_on_a_terminal() -> None:
    style = Style(color=True, links="https://docs.example/")
    text = explanation_text(explain_text("-67843"), style=style)
    assert "\x1b]8;;https://docs.example/codes/9812/\x1b\\-9812\x1b]8;;\x1b\\" in text


def test_addresses_that_are_printed_are_those_of_pages() -> None:
    for number in CODES:
        assert (DOCS / f"{code_page(str(number)).rstrip('/')}.md").is_file()
        assert facts_of_code(number).page == f"{code_page(str(number)).rstrip('/')}.md"
    for number in ALERTS:
        assert facts_of_alert(number).page == f"{code_page(f'alert {number}').rstrip('/')}.md"
    for rule_id in all_rules():
        assert (DOCS / f"{rule_page(rule_id).rstrip('/')}.md").is_file()


@pytest.mark.parametrize("number", [number for number in CODES if len(explain_text(str(number)).rules) > 1])
def test_the_title_names_no_single_cause_where_several_report_the_code(number: int) -> None:
    heading = (DOCS / "codes" / f"{-number}.md").read_text(encoding="utf-8").splitlines()[0]
    titles = {rule.title for rule in explain_text(str(number)).rules}
    assert not any(heading.endswith(f": {title}") for title in titles)


@pytest.mark.parametrize(
    ("number", "sender"), [(41, "A client sends"), (113, "Clients alone"), (116, "Servers alone")]
)
def test_an_alert_that_one_side_alone_sends_says_which(number: int, sender: str) -> None:
    """RFC 8446, 6.2; of no_certificate SSL 3.0 (RFC 6101, 5.4.2)."""
    text = explain_text(f"alert {number}").text
    assert sender in text
    assert "the client refused the server's" not in text
    assert "the client refused the server's" in explain_text("alert 42").text


def test_a_code_that_the_source_gives_to_one_check_is_not_said_to_be_of_two() -> None:
    """A missing intermediate is -25318 by the source of macOS 26.0, so -67843 is not of these very words."""
    reading = read_text("-67843")
    assert reading is not None
    assert "these very words" not in reading.unsettled
    assert "-25318" in reading.unsettled
