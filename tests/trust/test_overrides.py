"""An app's own interventions, judged beside the default trust: section 4 of TN2232's table, ATS on and off."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from pki.ats import read_settings
from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.trust import (
    Anchor,
    Customised,
    Evaluator,
    Evidence,
    OverrideQuestion,
    Overrides,
    evaluate_customised,
)
from tests.chains import AT, DAY, HOST, Made, intermediate, judge, leaf, root

SYSTEM, OWN = root("Installed"), root("The app's own")
MIDDLE = intermediate(SYSTEM)
GOOD, PRIVATE = leaf(MIDDLE), leaf(OWN)
EXPIRED = leaf(SYSTEM, end=AT - DAY)
ELSEWHERE = leaf(MIDDLE, "other.example", dns=("other.example",))
OPEN = {"NSExceptionDomains": {HOST: {"NSExceptionAllowsInsecureHTTPLoads": True}}}
TLS_KEYS_ONLY = {"NSExceptionDomains": {HOST: {"NSExceptionMinimumTLSVersion": "TLSv1.2"}}}
OFF = {"NSAllowsArbitraryLoads": True}


def spki(made: Made) -> bytes:
    return CertFacts.parse(made.der).spki_sha256


def asked(
    overrides: Overrides, *sent: Made, ats: dict | None = None, host: str = HOST, **more: Any
) -> Customised:
    anchors = (Anchor.parse(SYSTEM.der),)
    settings = read_settings(ats) if ats is not None else None
    evaluator = Evaluator(at=AT, anchors=anchors, ats=settings)
    question = OverrideQuestion(at=AT, anchors=anchors, host=host)
    return evaluate_customised([made.der for made in sent], question, overrides, evaluator)


OWN_ANCHOR = Overrides(anchors=(CertFacts.parse(OWN.der),))
OTHER_NAME = Overrides(name=HOST)
LATE = Overrides(at=AT - 2 * DAY)
OVERLOOK = Overrides(accepted=frozenset({"TemporalValidity"}))
PINNED = Overrides(pinned=frozenset({spki(MIDDLE)}))
MISPINNED = Overrides(pinned=frozenset({spki(OWN)}))


@pytest.mark.parametrize(
    ("overrides", "sent", "host", "by_ats"),
    [
        pytest.param(Overrides(), (GOOD, MIDDLE), HOST, (True, True, True, True), id="nothing, a good chain"),
        pytest.param(Overrides(), (PRIVATE,), HOST, (False, False, False, False), id="nothing, a bad chain"),
        pytest.param(OWN_ANCHOR, (PRIVATE,), HOST, (False, True, True, False), id="an anchor of its own"),
        pytest.param(
            OTHER_NAME, (GOOD, MIDDLE), "other.example", (False, None, True, None), id="another name"
        ),
        pytest.param(LATE, (EXPIRED,), HOST, (False, True, True, False), id="another date"),
        pytest.param(OVERLOOK, (EXPIRED,), HOST, (False, True, True, False), id="an accepted exception"),
        pytest.param(PINNED, (GOOD, MIDDLE), HOST, (True, True, True, True), id="a pin that holds"),
        pytest.param(MISPINNED, (GOOD, MIDDLE), HOST, (False, False, False, False), id="a pin that does not"),
    ],
)
def test_the_decision_table(
    overrides: Overrides, sent: tuple[Made, ...], host: str, by_ats: tuple[bool | None, ...]
) -> None:
    """Columns: ATS on; the domain excepted for insecure loads; ATS off; an exception with TLS keys only."""
    for ats, allowed in zip((None, OPEN, OFF, TLS_KEYS_ONLY), by_ats, strict=True):
        if allowed is not None:
            found = asked(overrides, *sent, ats=ats, host=host)
            assert found.allowed is allowed, (ats, found.why)


def test_tightening_and_loosening_together_is_blocked_under_ats() -> None:
    """The app's own CA, pinned and set as an anchor."""
    both = Overrides(anchors=OWN_ANCHOR.anchors, pinned=frozenset({spki(OWN)}))
    assert not asked(both, PRIVATE).allowed
    assert asked(both, PRIVATE, ats=OFF).allowed


def test_an_anchor_set_replaces_the_system_unless_told_otherwise() -> None:
    assert not asked(OWN_ANCHOR, GOOD, MIDDLE).app.trusted
    kept = Overrides(anchors=OWN_ANCHOR.anchors, only_these=False)
    assert asked(kept, GOOD, MIDDLE).app.trusted


PINNED_DOMAINS = {
    "NSPinnedDomains": {
        HOST: {"NSPinnedCAIdentities": [{"SPKI-SHA256-BASE64": b64encode(spki(OWN)).decode()}]}
    }
}


@pytest.mark.parametrize(
    ("overrides", "sent", "ats", "allowed"),
    [
        pytest.param(Overrides(), (GOOD, MIDDLE), OPEN, False, id="another key, an exception for the domain"),
        pytest.param(Overrides(), (GOOD, MIDDLE), OFF, False, id="another key, ATS off"),
        pytest.param(OWN_ANCHOR, (PRIVATE,), OPEN, True, id="the pinned key, below the app's anchor"),
        pytest.param(OWN_ANCHOR, (PRIVATE,), {}, False, id="the pinned key, and ATS on"),
        pytest.param(
            Overrides(name="other.example"),
            (ELSEWHERE, MIDDLE),
            OPEN,
            True,
            id="the policy's name is not pinned",
        ),
        pytest.param(
            Overrides(accepted=frozenset({"CAspkiSHA256"})),
            (GOOD, MIDDLE),
            OPEN,
            True,
            id="the check overlooked",
        ),
    ],
)
def test_the_apps_own_sec_trust_reads_the_pins_too(
    overrides: Overrides, sent: tuple[Made, ...], ats: dict, allowed: bool
) -> None:
    """SecPolicy.c, SecPolicyAddATSpinningIfInfoSpecified: by the policy's name, from the main bundle."""
    found = asked(overrides, *sent, ats={**ats, **PINNED_DOMAINS})
    assert found.allowed is allowed, found.why
    assert allowed or not found.default.sec_trust_accepts or "NSPinnedDomains" in found.why


def test_the_reason_names_the_pins() -> None:
    found = asked(Overrides(), GOOD, MIDDLE, ats={**OPEN, **PINNED_DOMAINS})
    assert "NSPinnedDomains" in found.why
    assert "-999" in found.why


def test_three_answers_and_the_reason() -> None:
    found = asked(OWN_ANCHOR, PRIVATE)
    assert (found.default.trusted, found.app.trusted, found.allowed) == (False, True, False)
    assert "ATS asks" in found.why


@pytest.mark.parametrize("check", ["WeakKeySize", "Revocation", "UsageConstraints", "Nonsense"])
def test_what_cannot_be_overlooked(check: str) -> None:
    with pytest.raises(InvalidRequest):
        Overrides(accepted=frozenset({check}))


def test_an_exception_lifts_its_check_on_its_certificate_and_says_so() -> None:
    accepted = frozenset({(CertFacts.parse(EXPIRED.der).sha256, "TemporalValidity")})
    verdict = judge(EXPIRED, anchors=(SYSTEM,), evidence=Evidence(accepted=accepted))
    assert verdict.trusted
    assert [f.severity for f in verdict.findings] == [Severity.INFO]
    other = leaf(SYSTEM, end=AT - DAY)
    assert not judge(other, anchors=(SYSTEM,), evidence=Evidence(accepted=accepted)).trusted
