"""Would the same profile pass, issued on another day: what fails and what is warned of, kept apart."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.verdict import Verdict
from pki.trust import Anchor, Evaluator, Evidence, RevocationData
from tests.chains import AT, CLIENT, DAY, HOST, SERVER, Made, headline, intermediate, leaf, root
from tests.trust.changing_chains import SECOND
from tests.trust.revocations import REVOKED, answer, single
from tests.trust.test_transparency import TOP as LOGGED_TOP
from tests.trust.test_transparency import logged, logs

TOP = root()
MIDDLE = intermediate(TOP, start=AT - 500 * DAY)  # older than what binds new intermediates
SERVER_CERT = leaf(MIDDLE)


def renewed(
    own: Made, on: datetime, *above: Made, top: Made = TOP, anchor_class: str = "system", **trust: object
) -> Verdict:
    trust = {"evidence": Evidence(ct_enforced=False), **trust}
    evaluator = Evaluator(at=AT, anchors=[Anchor.parse(top.der, anchor_class)], **trust)
    return evaluator.renewed([own.der, *(one.der for one in (above or (MIDDLE,)))], host=HOST, on=on)


def ids(verdict: Verdict) -> tuple[list[str], list[str]]:
    failed = sorted({finding.rule_id for finding in verdict.failures})
    return failed, sorted({finding.rule_id for finding in verdict.findings if not finding.fails})


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "on", "failed", "warned"),
    [
        (398, "2026-03-14", [], []),
        (398, "2026-03-15", [], ["tls-validity-200"]),
        (399, "2026-03-15", ["tls-validity-398"], ["tls-validity-200"]),
        (200, "2027-03-14", [], ["tls-validity-200"]),  # and a second: notAfter is included
        (199, "2027-03-14", [], []),
        (200, "2027-03-15", [], ["tls-validity-100"]),
        (99, "2029-03-14", [], []),
        (100, "2029-03-15", [], ["tls-validity-47"]),
        (46, "2029-03-15", [], []),
        (47, "2029-03-15", [], ["tls-validity-47"]),
        (900, "2020-08-31", ["tls-validity-825"], []),
        (900, "2017-01-01", [], []),
    ],
)
def test_a_lifetime_meets_the_limits_of_the_day_of_issue(
    days: int, on: str, failed: list[str], warned: list[str]
) -> None:
    verdict = renewed(leaf(MIDDLE, end=AT - 30 * DAY + days * DAY), day(on))
    assert ids(verdict) == (failed, warned)
    assert (verdict.at, verdict.chain[0].not_before) == (day(on), day(on))
    assert verdict.chain[0].not_after - day(on) == days * DAY


def test_below_an_own_root_825_days_fail_and_no_programme_warns() -> None:
    long = leaf(MIDDLE, end=AT + 796 * DAY)
    assert ids(renewed(long, day("2029-06-01"), anchor_class="user")) == (["tls-validity-825"], [])
    assert ids(renewed(long, day("2019-06-01"), anchor_class="user")) == ([], [])


def test_the_purpose_of_a_client_is_warned_of_from_its_day_on() -> None:
    both = leaf(MIDDLE, purposes=(*SERVER, *CLIENT), end=AT + 10 * DAY)
    assert ids(renewed(both, day("2027-03-14"))) == ([], [])
    assert ids(renewed(both, day("2027-03-15"))) == ([], ["public-client-auth-eku"])


def test_a_root_distrusted_from_a_day_on() -> None:
    since = day("2027-01-01")
    evidence = Evidence(ct_enforced=False, distrusted_roots={CertFacts.parse(TOP.der).sha256: since})
    assert renewed(SERVER_CERT, since - DAY, evidence=evidence).trusted
    assert headline(renewed(SERVER_CERT, since, evidence=evidence)) == "ca-not-blocked"


def test_issuers_that_end_before_are_no_answer_about_the_profile() -> None:
    short = intermediate(TOP, end=AT + 5 * DAY)
    verdict = renewed(leaf(short), AT + 100 * DAY, short)
    assert verdict.trusted
    assert any("whether the issuers are in force on 2027-03-01" in text for text in verdict.not_checked)
    gone = intermediate(TOP, end=AT - DAY)
    assert renewed(leaf(gone), AT + 100 * DAY, gone).trusted


def test_an_expired_leaf_is_asked_as_if_it_was_issued_anew() -> None:
    assert renewed(leaf(MIDDLE, end=AT - DAY), AT).trusted


def test_what_has_nothing_to_do_with_dates_stays() -> None:
    wrong = leaf(MIDDLE, dns=("other.example",))
    assert headline(renewed(wrong, AT + DAY)) == "san-dns-match"
    assert headline(renewed(SERVER_CERT, AT + DAY, top=root("Another"))) == "chain-complete"


def test_the_certificate_at_hand_may_be_revoked_its_issuer_may_not() -> None:
    def asked(about: Made, issuer: Made) -> Verdict:
        said = answer(single(REVOKED, about, issuer=issuer), by=issuer)
        evidence = Evidence(ct_enforced=False, revocation=RevocationData(ocsp=(said,)))
        return renewed(SERVER_CERT, AT + DAY, evidence=evidence)

    verdict = asked(SERVER_CERT, MIDDLE)
    assert verdict.trusted
    assert "revocation of the certificate: a renewal has a serial number of its own" in verdict.not_checked
    assert headline(asked(MIDDLE, TOP)) == "cert-not-revoked"


@pytest.mark.parametrize("on", [AT - 3000 * DAY, AT, AT + 1000 * DAY])
def test_timestamps_count_as_many_as_there_are(on: datetime) -> None:
    for by, trusted in ((2, True), (1, False), (0, on < day("2018-10-16"))):
        verdict = renewed(
            logged(by),
            on,
            top=LOGGED_TOP,
            evidence=Evidence(
                ct_logs=logs(
                    {
                        "temporal_interval": {
                            "start_inclusive": "2020-01-01T00:00:00Z",
                            "end_exclusive": "2027-01-01T00:00:00Z",
                        }
                    }
                )
            ),
        )
        assert verdict.trusted == (trusted or on < day("2018-10-16")), by


def test_what_has_no_end_has_none_when_it_is_renewed() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    verdict = renewed(leaf(MIDDLE, end=last), AT + DAY, anchor_class="app", policy="basic")
    assert verdict.chain[0].not_after == last
    late = renewed(leaf(MIDDLE, end=AT + 3_000_000 * DAY // 2), last, anchor_class="app", policy="basic")
    assert late.chain[0].not_after == last


def test_the_signature_is_not_asked_for_anew_and_bytes_stay() -> None:
    verdict = renewed(SERVER_CERT, AT + DAY)
    assert verdict.chain[0].der == SERVER_CERT.der
    evaluator = Evaluator(at=AT, anchors=[Anchor.parse(TOP.der, "system")])
    before = evaluator.evaluate([SERVER_CERT.der, MIDDLE.der], host=HOST)
    evaluator.renewed([SERVER_CERT.der, MIDDLE.der], host=HOST, on=AT + 900 * DAY)
    assert evaluator.evaluate([SERVER_CERT.der, MIDDLE.der], host=HOST) == before


def test_a_day_without_a_time_zone_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="time zone"):
        renewed(SERVER_CERT, AT.replace(tzinfo=None))


@pytest.mark.parametrize("seed", range(80))
def test_it_answers_as_a_certificate_that_was_issued_then(seed: int) -> None:
    """The same profile signed anew, judged on that day: the same rules fail, and the same are warned of."""
    random = Random(seed)
    top = root("Long", start=day("2010-01-01"), end=day("2045-01-01"))
    middle = intermediate(top, "Middle", start=day("2016-01-01"), end=day("2040-01-01"))
    lifetime = (
        random.choice((47, 90, 100, 199, 398, 399, 825, 826, 3650)) * DAY + random.choice((0, 1)) * SECOND
    )
    profile = {
        "purposes": random.choice((SERVER, CLIENT, (*SERVER, *CLIENT), ())),
        "dns": random.choice(((HOST,), ("other.example",), ())),
        "kind": random.choice(("p256", "rsa2048", "p192")),
    }
    on = day(f"{random.randrange(2017, 2031)}-{random.choice(('01-01', '03-14', '03-15', '07-01', '09-01'))}")
    anchor_class, policy = (
        random.choice(("system", "user", "app")),
        random.choice(("apple", "basic", "webpki")),
    )
    own = leaf(middle, start=AT - 20 * DAY, end=AT - 20 * DAY + lifetime, **profile)
    then = leaf(middle, start=on, end=on + lifetime, **profile)
    trust = {"policy": policy, "evidence": Evidence(ct_enforced=False)}
    judged = Evaluator(at=on, anchors=[Anchor.parse(top.der, anchor_class)], **trust).evaluate(
        [then.der, middle.der], host=HOST
    )
    assert ids(renewed(own, on, middle, top=top, anchor_class=anchor_class, **trust)) == ids(judged)
