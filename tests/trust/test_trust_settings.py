"""What users and administrators said, and what Apple distrusts by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.model.verdict import Outcome, Verdict
from pki.trust import Anchor, Evidence, TrustResult, TrustSetting, TrustSettings, evaluate
from tests.chains import AT, DAY, HOST, Made, headline, intermediate, judge, leaf, outcome, root

TOP = root()
MIDDLE = intermediate(TOP)
SERVER = leaf(MIDDLE)


def settings(**by_name: TrustSetting | tuple[TrustSetting, ...]) -> TrustSettings:
    made = {"root": TOP, "middle": MIDDLE, "server": SERVER}
    found = {}
    for name, given in by_name.items():
        found[CertFacts.parse(made[name].der).sha256] = given if isinstance(given, tuple) else (given,)
    return TrustSettings(found)


def judged(
    said: TrustSettings, *, anchors: tuple[Made, ...] = (TOP,), host: str = HOST, **asked: object
) -> Verdict:
    """What is said of the whole chain, the root included: a setting makes an anchor of what was sent."""
    return judge(SERVER, MIDDLE, TOP, anchors=anchors, host=host, evidence=Evidence(settings=said), **asked)


ROOT, AS_ROOT = TrustSetting(TrustResult.TRUST_ROOT), TrustSetting(TrustResult.TRUST_AS_ROOT)
DENY, NOTHING = TrustSetting(TrustResult.DENY), TrustSetting(TrustResult.UNSPECIFIED)


@pytest.mark.parametrize(
    ("said", "anchors", "expected"),
    [
        pytest.param(settings(root=ROOT), (), None, id="a setting alone makes an anchor"),
        pytest.param(
            settings(root=AS_ROOT),
            (TOP,),
            "chain-anchor-trusted",
            id="TrustAsRoot is not for the self-signed",
        ),
        pytest.param(settings(middle=AS_ROOT), (), None, id="an intermediate trusted as root"),
        pytest.param(
            settings(middle=ROOT), (), "chain-anchor-trusted", id="TrustRoot is for the self-signed only"
        ),
        pytest.param(
            settings(root=NOTHING),
            (TOP,),
            "chain-anchor-trusted",
            id="Unspecified on the root trusts nothing",
        ),
        pytest.param(settings(middle=NOTHING), (TOP,), None, id="Unspecified below changes nothing"),
        pytest.param(settings(root=ROOT, middle=DENY), (), "trust-setting-deny", id="denied in the middle"),
        pytest.param(settings(server=DENY), (), "trust-setting-deny", id="denial outranks a missing anchor"),
        pytest.param(
            settings(root=(TrustSetting(TrustResult.DENY, policy="ssl-client"), ROOT)),
            (),
            None,
            id="the first that matches",
        ),
        pytest.param(
            settings(root=TrustSetting(TrustResult.TRUST_ROOT, policy="ssl-client")),
            (TOP,),
            "chain-anchor-trusted",
            id="trusted for another policy alone",
        ),
        pytest.param(
            settings(root=ROOT, server=TrustSetting(TrustResult.DENY, host="other.example")),
            (),
            None,
            id="denied elsewhere",
        ),
        pytest.param(
            settings(root=ROOT, server=TrustSetting(TrustResult.DENY, host=f"{HOST}.")),
            (),
            None,
            id="denied for a name with a dot at its end, which nobody asked for",
        ),
        pytest.param(
            settings(root=ROOT, server=TrustSetting(TrustResult.DENY, host=f"{HOST}\0")),
            (),
            "trust-setting-deny",
            id="denied for a name that older systems ended with a zero",
        ),
        pytest.param(
            settings(root=ROOT, server=TrustSetting(TrustResult.DENY, host="TEST.example")),
            (),
            "trust-setting-deny",
            id="denied for this host",
        ),
    ],
)
def test_settings(said: TrustSettings, anchors: tuple[Made, ...], expected: str | None) -> None:
    assert headline(judged(said, anchors=anchors)) == expected


def allowed(check: str) -> TrustSetting:
    return TrustSetting(TrustResult.UNSPECIFIED, allowed_error=check)


@pytest.mark.parametrize(
    ("said", "asked", "trusted"),
    [
        pytest.param(
            settings(server=allowed("SSLHostname")), {"host": "other.example"}, True, id="another name"
        ),
        pytest.param(
            settings(middle=allowed("SSLHostname")), {"host": "other.example"}, False, id="allowed elsewhere"
        ),
        pytest.param(
            settings(server=allowed("TemporalValidity")), {"at": AT + 70 * DAY}, True, id="an expired leaf"
        ),
        pytest.param(
            settings(server=allowed("KeySize")), {"host": "other.example"}, False, id="another check"
        ),
        pytest.param(
            settings(server=(allowed("TemporalValidity"), allowed("SSLHostname"))),
            {"host": "other.example"},
            True,
            id="the second of two that match",
        ),
    ],
)
def test_an_allowed_error_lifts_its_check_on_its_certificate(
    said: TrustSettings, asked: dict, trusted: bool
) -> None:
    trusted_root = settings(root=ROOT).by_certificate
    verdict = judged(TrustSettings({**trusted_root, **said.by_certificate}), **asked)
    assert verdict.trusted is trusted
    if trusted:
        lifted = [f.severity for f in verdict.findings if f.rule_id != "chain-no-root-needed"]
        assert lifted == [Severity.INFO]


def test_a_check_that_cannot_be_lifted_stays() -> None:
    weak = leaf(TOP, kind="rsa1024")
    own = TrustSettings({CertFacts.parse(weak.der).sha256: (allowed("KeySize"),)})
    assert headline(judge(weak, anchors=(TOP,), evidence=Evidence(settings=own))) == "tls-rsa-2048"


def test_an_apps_anchor_is_not_the_users_to_limit() -> None:
    verdict = judged(settings(root=NOTHING), anchor_class="app", ats_applies=False)
    assert verdict.trusted


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        pytest.param(datetime(2016, 12, 1, tzinfo=UTC), Outcome.FAILED, id="on the day"),
        pytest.param(datetime(2016, 11, 30, 23, 59, 59, tzinfo=UTC), Outcome.PASSED, id="the second before"),
    ],
)
def test_a_root_that_is_distrusted_from_a_day_on(issued: datetime, expected: Outcome) -> None:
    top = root(start=datetime(2010, 1, 1, tzinfo=UTC))
    server = leaf(top, start=issued, end=issued + 90 * DAY)
    since = {CertFacts.parse(top.der).sha256: datetime(2016, 12, 1, tzinfo=UTC)}
    verdict = evaluate(
        [server.der],
        host=HOST,
        at=issued + DAY,
        anchors=[Anchor.parse(top.der)],
        evidence=Evidence(distrusted_roots=since),
    )
    assert outcome(verdict, "ca-not-blocked", 1) is expected
    assert verdict.trusted is (expected is Outcome.PASSED)
