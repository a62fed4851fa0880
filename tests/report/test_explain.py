from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest
from pki.model.alerts import ALERTS
from pki.model.app_errors import APP_ERRORS, AppError
from pki.model.causes import CAUSES, NOTES
from pki.model.codes import APPLE_CHECKS, ATS_STATUS, OTHER_CODES, STREAM_ALERTS
from pki.model.explanation import Explanation, ExplanationKind
from pki.model.other_checks import OTHER_CHECKS
from pki.model.suites import SUITES, SuiteGroup, better_suites, find_suite, suite_names
from pki.report.explain import explain, symbols
from pki.report.explanation import explanation_json, explanation_text
from pki.report.stream_codes import PEER_ALERTS, STREAM_TEXTS
from pki.trust import all_rules


def ask(word: str) -> Explanation:
    """The explanation, after its text was found to fit a terminal."""
    found = explain(word, all_rules())
    lines = explanation_text(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.isprintable() for line in lines)
    assert json.loads(json.dumps(explanation_json(found)))["asked"] == word
    return found


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param(ExplanationKind.RULE, list(all_rules()), id="every rule"),
        pytest.param(ExplanationKind.CHECK, list(APPLE_CHECKS), id="every name in Apple's list"),
        pytest.param(ExplanationKind.CHECK, list(OTHER_CHECKS), id="every name in it without a rule of ours"),
        pytest.param(
            ExplanationKind.CODE,
            [str(c.status) for c in APPLE_CHECKS.values()],
            id="every OSStatus of Apple's list",
        ),
        pytest.param(
            ExplanationKind.CODE, [str(number) for number, _ in ATS_STATUS.values()], id="every code of ATS"
        ),
        pytest.param(
            ExplanationKind.CODE,
            [str(number) for number in STREAM_TEXTS],
            id="every NSURLError and stream code",
        ),
        pytest.param(
            ExplanationKind.CODE, [str(number) for number in PEER_ALERTS], id="every code for a peer's alert"
        ),
        pytest.param(ExplanationKind.CODE, list(symbols()), id="every symbol"),
        pytest.param(ExplanationKind.ALERT, [str(number) for number in ALERTS], id="every alert by number"),
        pytest.param(
            ExplanationKind.ALERT, [alert.name for alert in ALERTS.values()], id="every alert by name"
        ),
        pytest.param(ExplanationKind.SUITE, list(suite_names()), id="every suite by name"),
        pytest.param(
            ExplanationKind.SUITE, [suite.number for suite in SUITES], id="every suite by code point"
        ),
    ],
)
def test_everything_has_its_explanation(kind: ExplanationKind, words: list[str]) -> None:
    for word in words:
        for spelled in (word, word.upper(), word.lower()):
            found = ask(spelled)
            assert found.kind is kind, spelled
            assert found.text or found.rules, spelled
            assert found.source or found.rules, spelled


def test_the_rules_behind_a_code_are_all_of_them() -> None:
    for rule in all_rules().values():
        if rule.status is not None:
            assert rule in ask(str(rule.status[0])).rules
            assert rule in ask(rule.status[1]).rules
        if rule.apple_check is not None:
            assert rule in ask(rule.apple_check).rules


def test_a_check_without_a_rule_says_who_meets_it() -> None:
    assert not set(OTHER_CHECKS) & set(APPLE_CHECKS)
    assert len(OTHER_CHECKS) + len(APPLE_CHECKS) == 79  # SecPolicyChecks.list of Security-61901
    for row in OTHER_CHECKS.values():
        assert row.who in ask(row.name).text
        if row.check is not None:
            assert row.name in ask(str(row.check.status)).text
            assert row.check.symbol in ask(row.name).name


def test_secure_transport_is_complete() -> None:
    """SecureTransport.h and SecBase.h leave no gap from errSSLProtocol to errSSLUnrecognizedName."""
    numbers = set(symbols().values())
    assert set(range(-9865, -9799)) <= numbers
    assert set(range(-9886, -9879)) <= numbers
    assert set(OTHER_CODES) | set(STREAM_ALERTS) <= numbers


def test_every_peer_code_stands_for_a_registered_alert() -> None:
    alerts = [alert for _, alert in PEER_ALERTS.values()]
    assert set(alerts) <= set(ALERTS)
    assert len(set(alerts)) == len(alerts)
    for number, (_, alert) in PEER_ALERTS.items():
        assert f"stream error {number}" in ask(str(alert)).text
        assert f"({alert})" in ask(str(number)).text


def test_no_two_things_have_one_name() -> None:
    names = [*all_rules(), *APPLE_CHECKS, *symbols(), *(a.name for a in ALERTS.values()), *suite_names()]
    assert [name for name, count in Counter(name.casefold() for name in names).items() if count > 1] == []


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        pytest.param(" -67901 ", "-67901 errSecCertificateValidityPeriodTooLong", id="with blanks around it"),
        pytest.param("alert 48", "TLS alert 48 unknown_ca", id="an alert with the word alert"),
        pytest.param("Unknown CA", "TLS alert 48 unknown_ca", id="an alert as people write it"),
        pytest.param("SAN-DNS-MATCH", "The certificate is for another name", id="a rule in capitals"),
        pytest.param("-9802", "-9802 errSSLFatalAlert", id="a stream code"),
        pytest.param("-9806", "-9806 errSSLClosedAbort", id="a stream code without an alert"),
        pytest.param("-1200", "-1200 NSURLErrorSecureConnectionFailed", id="a URL error"),
    ],
)
def test_spelling_is_taken_as_it_comes(asked: str, name: str) -> None:
    assert ask(asked).name == name


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        pytest.param("tls-validity-852", "tls-validity-825", id="a rule"),
        pytest.param("9802", "Did you mean -9802?", id="a code that lost its sign"),
        pytest.param(
            "1202", "Did you mean -1202?", id="four digits are no cipher suite when a code was meant"
        ),
        pytest.param("ECDHE-RSA-AES128-SHA265", "ECDHE-RSA-AES128-SHA256", id="a cipher suite"),
        pytest.param("errSecHostnameMissmatch", "errSecHostNameMismatch", id="a symbol"),
        pytest.param("certificate_expird", "certificate_expired", id="an alert"),
        pytest.param("?", "Give a rule id", id="nothing like anything"),
        pytest.param("", "Give a rule id", id="nothing"),
        pytest.param("-12345", "Give a rule id", id="a number nobody uses"),
    ],
)
def test_a_miss_offers_what_comes_near(asked: str, near: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        explain(asked, all_rules())
    assert near in str(refused.value)


@given(st.text(max_size=40))
def test_any_words_get_an_answer_or_a_refusal(text: str) -> None:
    try:
        found = explain(text, all_rules())
    except InvalidRequest:
        return
    assert explanation_text(found)


# Cipher suites. The counts are those of the lists they were read from.


@pytest.mark.parametrize(
    ("group", "count"),
    [
        (SuiteGroup.ATS, 13),
        (SuiteGroup.NO_FORWARD_SECRECY, 17),
        (SuiteGroup.FCP, 4),
        (SuiteGroup.SAFARI, 20),
        (SuiteGroup.SAFARI_IOS_14, 26),
    ],
)
def test_the_lists_are_as_long_as_their_sources(group: SuiteGroup, count: int) -> None:
    assert sum(bool(suite.offered(group)) for suite in SUITES) == count


def test_no_suite_is_there_twice() -> None:
    assert len({suite.code_point for suite in SUITES}) == len(SUITES)
    assert len({suite.iana for suite in SUITES}) == len({suite.openssl for suite in SUITES}) == len(SUITES)


@pytest.mark.parametrize(
    "asked",
    [
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "tls_ecdhe_rsa_with_aes_128_cbc_sha256",
        "ECDHE-RSA-AES128-SHA256",
        "0xC027",
        "C027",
        "c027",
        "0xC0,0x27",
        "C0, 27",
    ],
)
def test_a_suite_answers_to_all_its_names(asked: str) -> None:
    suite = ask(asked).suite
    assert suite is not None
    assert (suite.number, suite.openssl) == ("0xC027", "ECDHE-RSA-AES128-SHA256")


@pytest.mark.parametrize(
    ("asked", "said", "ats", "no_pfs", "fcp", "safari", "ios_14"),
    [
        pytest.param("0x1301", "Apple clients offer it", True, True, None, True, True, id="TLS 1.3"),
        pytest.param("C02F", "Apple clients offer it", True, True, True, True, True, id="ECDHE with GCM"),
        pytest.param("CCA8", "Apple clients offer it", True, True, False, True, True, id="ChaCha20"),
        pytest.param(
            "C013", "behind GCM and ChaCha20", True, True, False, True, True, id="ECDHE with CBC, SHA-1"
        ),
        pytest.param("C027", "No current Apple client", False, False, False, False, True, id="CBC, SHA-256"),
        pytest.param(
            "AES128-GCM-SHA256", "no forward secrecy", False, True, False, True, True, id="static RSA"
        ),
        pytest.param(
            "003C", "No current Apple client", False, False, False, False, True, id="static RSA, SHA-256"
        ),
        pytest.param("C012", "Safari still offers it", False, False, False, True, True, id="3DES"),
        pytest.param("RC4-SHA", "No current Apple client", False, False, False, False, False, id="RC4"),
        pytest.param("009E", "Not in any list we have", False, False, False, False, False, id="DHE"),
        pytest.param(
            "C0AE", "Not in any list we have", False, False, False, False, False, id="a number of ours not"
        ),
        pytest.param(
            "PSK-AES256-CCM8",
            "Not in any list we have",
            False,
            False,
            False,
            False,
            False,
            id="a name of ours not",
        ),
    ],
)
def test_who_offers_a_suite(
    asked: str, said: str, ats: bool, no_pfs: bool, fcp: bool | None, safari: bool, ios_14: bool
) -> None:
    found = ask(asked)
    assert found.suite is not None
    assert said in found.text
    assert [found.suite.offered(group) for group in SuiteGroup] == [ats, no_pfs, fcp, safari, ios_14]
    assert ("changes nothing" in found.text) is not ats


def test_three_suites_were_added_and_nothing_changed() -> None:
    """The forum's case: a server with an RSA certificate, and three suites from an old list."""
    for asked in ("C027", "C028", "TLS_RSA_WITH_AES_128_CBC_SHA256"):
        found = ask(asked)
        assert "adding this suite to the server" in found.text
        assert explanation_json(found)["cipher_suite"]["instead"] == [
            "0x1302",
            "0x1301",
            "0xC030",
            "0xC02F",
            "0xCCA8",
        ]
        text = explanation_text(found)
        assert "Until: iOS 14" in text
        assert "ECDHE-RSA-AES256-GCM-SHA384" in text


def test_what_to_offer_instead_suits_the_certificate_and_apple() -> None:
    for suite in SUITES:
        for better in better_suites(suite):
            assert better.offered(SuiteGroup.ATS)
            assert better.aead
            if "ECDSA" in suite.iana:
                assert "_RSA_" not in better.iana
            elif "_RSA_" in suite.iana:
                assert "ECDSA" not in better.iana
        assert bool(better_suites(suite)) is not (bool(suite.offered(SuiteGroup.ATS)) and suite.aead)


@pytest.mark.parametrize(
    "word", ["", "tls-rsa-2048", "AES", "TLS_RSA", "ECDHE-RSA-AES128-SHA265", "1200", "48", "C0277"]
)
def test_other_words_are_no_suite(word: str) -> None:
    assert find_suite(word) is None


@given(st.text(max_size=60))
def test_looking_for_a_suite_never_fails(text: str) -> None:
    find_suite(text)


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_openssl_calls_the_suites_the_same() -> None:
    import subprocess

    listed = subprocess.run(
        ["openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    compared = 0
    for line in listed.splitlines():
        point, _, iana, _, openssl, *_ = line.split()
        for word in (point, iana, openssl):
            found = find_suite(word)
            assert found is not None, word
            if found.known:
                compared += 1
                assert (found.iana, found.openssl) == (iana, openssl)
    assert compared >= 3 * 20


@pytest.mark.parametrize("code", [*CAUSES, *NOTES])
def test_a_cause_is_explained_by_its_code(code: str) -> None:
    """Where a rule or an alert has the name, that is the longer explanation of the same fact."""
    found = ask(code)
    assert found.kind in (ExplanationKind.CAUSE, ExplanationKind.RULE, ExplanationKind.ALERT)
    assert found.text or found.rules


@pytest.mark.parametrize("row", APP_ERRORS.values(), ids=lambda row: row.cause.name)
def test_every_number_that_an_app_is_told_to_see_is_explained(row: AppError) -> None:
    assert row in ask(str(row.url_error)).app_errors
    if row.stream_error is not None:
        assert row in ask(str(row.stream_error)).app_errors
