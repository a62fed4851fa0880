"""Rules that warn or inform and never refuse, on both sides of their edge and where they do not apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from pki.ats import read_settings
from pki.issue.defects import sign_again
from pki.model.codes import Severity
from pki.model.der import encode as tlv
from pki.model.verdict import Outcome, Verdict
from pki.trust import Anchor, Evaluator, Evidence, all_rules, evaluate
from pki.trust.policies import POLICIES
from tests.chains import (
    ANY,
    AT,
    CLIENT,
    DAY,
    HOST,
    SERVER,
    Made,
    intermediate,
    judge,
    leaf,
    make,
    outcome,
    root,
)

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
ABSENT, EARLY = Outcome.NOT_APPLICABLE, Outcome.NOT_IN_FORCE
Case = Callable[[], Verdict]

SECOND = timedelta(seconds=1)
MARCH_2026 = datetime(2026, 3, 15, tzinfo=UTC)
AUGUST_2026 = datetime(2026, 8, 1, tzinfo=UTC)
MARCH_2027 = datetime(2027, 3, 15, tzinfo=UTC)
MARCH_2029 = datetime(2029, 3, 15, tzinfo=UTC)
OLD = {"start": datetime(2025, 1, 1, tzinfo=UTC), "end": datetime(2035, 1, 1, tzinfo=UTC)}
BOTH = (*SERVER, *CLIENT)
EMAIL = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")

TOP = root()
UPPER = intermediate(TOP, "Upper")
LOWER = intermediate(UPPER, "Lower")
LEAF = leaf(LOWER)
STRANGER = root("Stranger")
# Upper once more, certified by another root: what cross-signing looks like.
CROSS = intermediate(STRANGER, "Upper", key_tag="Upperp256")


def issued(
    start: datetime,
    length: timedelta = 46 * DAY,
    *,
    anchor_class: str = "system",
    mid: dict | None = None,
    **changes: object,
) -> Verdict:
    """A leaf of that age below an old root and an intermediate; MID changes the intermediate."""
    top = root(**OLD)
    middle = intermediate(top, **{**OLD, **(mid or {})})
    server = leaf(middle, start=start, end=start + length, **changes)
    unlogged = Evidence(ct_enforced=False)
    return judge(server, middle, anchors=(top,), anchor_class=anchor_class, at=start + DAY, evidence=unlogged)


def subca(start: datetime, *purposes: x509.ObjectIdentifier, anchor_class: str = "system") -> Verdict:
    mid = {"start": start, "purposes": purposes}
    return issued(AT - DAY, mid=mid, anchor_class=anchor_class)


def sent(*certificates: Made, anchors: tuple[Made, ...] = (TOP,), **asked: object) -> Verdict:
    return judge(*certificates, anchors=anchors, **asked)


def self_made(*, host: str = HOST, **changes: object) -> Verdict:
    own = make(HOST, **{"dns": (HOST,), "purposes": SERVER, **changes})
    return judge(own, anchors=(own,), anchor_class="user-leaf", host=host)


CASES: list[tuple[str, str, Outcome, Case]] = [
    ("anchor-not-listed", "a root with CA:TRUE and a name", PASSED, lambda: sent(LEAF, LOWER, UPPER)),
    (
        "anchor-not-listed",
        "a server that signed itself, without CA:TRUE",
        FAILED,
        lambda: self_made(ca=False),
    ),
    ("anchor-not-listed", "a server that signed itself as a CA", PASSED, lambda: self_made(ca=True)),
    (
        "anchor-not-listed",
        "a preinstalled root needs no switch",
        ABSENT,
        lambda: sent(LEAF, LOWER, UPPER, anchor_class="system"),
    ),
    ("leaf-stand-in", "a name of its own", PASSED, lambda: sent(LEAF, LOWER, UPPER)),
    (
        "leaf-stand-in",
        "Traefik's",
        FAILED,
        lambda: sent(leaf(TOP, "TRAEFIK DEFAULT CERT", dns=("a.traefik.default",))),
    ),
    # A validity period goes "from notBefore through notAfter, inclusive" (Baseline Requirements 2.2.6, 1.6.1), and what
    # is beyond a whole day counts as another (6.3.2). So linters read it, too: zlint issue 467.
    (
        "tls-validity-200",
        "200 days with the last second",
        PASSED,
        lambda: issued(MARCH_2026, 200 * DAY - SECOND),
    ),
    ("tls-validity-200", "a second more", FAILED, lambda: issued(MARCH_2026, 200 * DAY)),
    ("tls-validity-200", "the second before", EARLY, lambda: issued(MARCH_2026 - SECOND, 398 * DAY)),
    ("tls-validity-200", "the last second", FAILED, lambda: issued(MARCH_2027 - SECOND, 201 * DAY)),
    ("tls-validity-200", "then 100 takes over", ABSENT, lambda: issued(MARCH_2027, 201 * DAY)),
    (
        "tls-validity-200",
        "a root of one's own",
        ABSENT,
        lambda: issued(MARCH_2026, 300 * DAY, anchor_class="user"),
    ),
    ("tls-validity-200", "an app's", ABSENT, lambda: issued(MARCH_2026, 300 * DAY, anchor_class="app")),
    (
        "tls-validity-100",
        "100 days with the last second",
        PASSED,
        lambda: issued(MARCH_2027, 100 * DAY - SECOND),
    ),
    ("tls-validity-100", "a second more", FAILED, lambda: issued(MARCH_2027, 100 * DAY)),
    ("tls-validity-100", "the second before", EARLY, lambda: issued(MARCH_2027 - SECOND, 101 * DAY)),
    ("tls-validity-100", "then 47 takes over", ABSENT, lambda: issued(MARCH_2029, 101 * DAY)),
    (
        "tls-validity-100",
        "a root of one's own",
        ABSENT,
        lambda: issued(MARCH_2027, 300 * DAY, anchor_class="user"),
    ),
    (
        "tls-validity-47",
        "47 days with the last second",
        PASSED,
        lambda: issued(MARCH_2029, 47 * DAY - SECOND),
    ),
    ("tls-validity-47", "a second more", FAILED, lambda: issued(MARCH_2029, 47 * DAY)),
    ("tls-validity-47", "the second before", EARLY, lambda: issued(MARCH_2029 - SECOND, 48 * DAY)),
    (
        "tls-validity-47",
        "a root of one's own",
        ABSENT,
        lambda: issued(MARCH_2029, 300 * DAY, anchor_class="user"),
    ),
    ("public-client-auth-eku", "serverAuth", PASSED, lambda: issued(MARCH_2027)),
    ("public-client-auth-eku", "clientAuth beside it", FAILED, lambda: issued(MARCH_2027, purposes=BOTH)),
    (
        "public-client-auth-eku",
        "the second before",
        EARLY,
        lambda: issued(MARCH_2027 - SECOND, purposes=BOTH),
    ),
    (
        "public-client-auth-eku",
        "a root of one's own",
        ABSENT,
        lambda: issued(MARCH_2027, purposes=BOTH, anchor_class="user"),
    ),
    ("root-subca-eku", "serverAuth", PASSED, lambda: subca(AUGUST_2026, *SERVER)),
    ("root-subca-eku", "Legacy TLS", PASSED, lambda: subca(AUGUST_2026, *BOTH)),
    ("root-subca-eku", "none", FAILED, lambda: subca(AUGUST_2026)),
    ("root-subca-eku", "any", FAILED, lambda: subca(AUGUST_2026, *ANY)),
    ("root-subca-eku", "any beside one", FAILED, lambda: subca(AUGUST_2026, *SERVER, *ANY)),
    ("root-subca-eku", "two that are not Legacy TLS", FAILED, lambda: subca(AUGUST_2026, *SERVER, EMAIL)),
    ("root-subca-eku", "three", FAILED, lambda: subca(AUGUST_2026, *BOTH, EMAIL)),
    ("root-subca-eku", "the second before", EARLY, lambda: subca(AUGUST_2026 - SECOND)),
    ("root-subca-eku", "a root of one's own", ABSENT, lambda: subca(AUGUST_2026, anchor_class="user")),
    (
        "root-subca-eku",
        "a new root and no intermediate",
        ABSENT,
        lambda: judge(leaf(new := root(start=AUGUST_2026)), anchors=(new,), anchor_class="system"),
    ),
    ("chain-order", "each issues the one before", PASSED, lambda: sent(LEAF, LOWER, UPPER)),
    ("chain-order", "the root at the end", PASSED, lambda: sent(LEAF, LOWER, UPPER, TOP)),
    (
        "chain-order",
        "a cross-signed end",
        PASSED,
        lambda: sent(LEAF, LOWER, CROSS, anchors=(UPPER,), anchor_class="app"),
    ),
    ("chain-order", "swapped", FAILED, lambda: sent(LEAF, UPPER, LOWER)),
    ("chain-order", "the root first", FAILED, lambda: sent(LEAF, TOP, LOWER, UPPER)),
    ("chain-order", "a stranger at the end", FAILED, lambda: sent(LEAF, LOWER, UPPER, STRANGER)),
    ("chain-order", "twice the same", FAILED, lambda: sent(LEAF, LOWER, LOWER, UPPER)),
    ("chain-order", "the leaf again", FAILED, lambda: sent(LEAF, LEAF, LOWER, UPPER)),
    ("chain-order", "two ways up", FAILED, lambda: sent(LEAF, LOWER, UPPER, CROSS)),
    ("chain-order", "untrusted, and swapped", FAILED, lambda: sent(LEAF, UPPER, LOWER, TOP, anchors=())),
    ("chain-order", "the leaf alone", ABSENT, lambda: sent(leaf(TOP))),
    ("chain-order", "the middle is missing", ABSENT, lambda: sent(LEAF, UPPER, TOP)),
    (
        "chain-order",
        "the issuer's name and another key",
        ABSENT,
        lambda: sent(leaf(TOP), root(key_tag="other"), anchors=()),
    ),
    ("chain-no-root-needed", "left out", PASSED, lambda: sent(LEAF, LOWER, UPPER)),
    ("chain-no-root-needed", "sent", FAILED, lambda: sent(LEAF, LOWER, UPPER, TOP)),
    (
        "chain-no-root-needed",
        "an intermediate for an anchor",
        PASSED,
        lambda: sent(LEAF, LOWER, UPPER, anchors=(UPPER,), anchor_class="app"),
    ),
    ("chain-no-root-needed", "nobody trusts it", ABSENT, lambda: sent(LEAF, LOWER, UPPER, TOP, anchors=())),
    ("chain-no-root-needed", "a leaf that is the root", ABSENT, self_made),
    ("leaf-is-ca", "cA TRUE", FAILED, lambda: sent(leaf(TOP, ca=True))),
    ("leaf-is-ca", "cA FALSE", PASSED, lambda: sent(leaf(TOP, ca=False))),
    ("leaf-is-ca", "nothing said", PASSED, lambda: sent(leaf(TOP))),
    ("leaf-self-signed", "the leaf is its own anchor", FAILED, self_made),
    ("leaf-self-signed", "an anchor that a CA issued", PASSED, lambda: sent(LEAF, anchors=(LEAF,))),
    (
        "leaf-self-signed",
        "a local peer",
        ABSENT,
        lambda: self_made(host="printer.local", dns=("printer.local",)),
    ),
    ("leaf-self-signed", "below a root", ABSENT, lambda: sent(leaf(TOP))),
    ("ats-host-trailing-dot", "a dot", FAILED, lambda: sent(leaf(TOP), host=f"{HOST}.")),
    ("ats-host-trailing-dot", "none", PASSED, lambda: sent(leaf(TOP))),
    ("ats-host-trailing-dot", "no host", ABSENT, lambda: sent(leaf(TOP), host=None)),
    ("ats-host-trailing-dot", "no ATS", ABSENT, lambda: sent(leaf(TOP), host=f"{HOST}.", ats_applies=False)),
]


@pytest.mark.parametrize(
    ("rule_id", "expected", "build"),
    [pytest.param(rule, expected, build, id=f"{rule}: {story}") for rule, story, expected, build in CASES],
)
def test_rule(rule_id: str, expected: Outcome, build: Case) -> None:
    verdict = build()
    assert outcome(verdict, rule_id) is expected
    assert not [finding for finding in verdict.findings if finding.rule_id == rule_id and finding.fails]


def test_none_of_them_can_refuse_or_borrows_a_code_of_apples() -> None:
    for rule_id in {case[0] for case in CASES}:
        rule = all_rules()[rule_id]
        assert rule.severity in (Severity.WARNING, Severity.INFO)
        assert rule.status is None
        assert rule.policies == {"apple"}


@pytest.mark.parametrize("policy", sorted(set(POLICIES) - {"apple"}))
def test_the_other_policies_do_not_ask_them(policy: str) -> None:
    asked = judge(leaf(TOP, ca=True), TOP, anchors=(TOP,), policy=policy, host=None).asked
    assert not {case[0] for case in CASES} & set(asked)


@pytest.mark.parametrize(
    ("start", "speaks"),
    [
        (MARCH_2026 - SECOND, set()),
        (MARCH_2026, {"tls-validity-200"}),
        (MARCH_2027, {"tls-validity-100"}),
        (MARCH_2029, {"tls-validity-47"}),
    ],
)
def test_only_the_strictest_limit_in_force_speaks(start: datetime, speaks: set[str]) -> None:
    verdict = issued(start, 398 * DAY)
    assert {f.rule_id for f in verdict.findings if f.rule_id.startswith("tls-validity")} == speaks
    assert verdict.trusted


def told(verdict: Verdict) -> list[str]:
    return [finding.evidence for finding in verdict.findings if finding.rule_id == "chain-order"]


@pytest.mark.parametrize(
    ("certificates", "evidence"),
    [
        ((LEAF, UPPER, LOWER), ["certificate 2, Upper, comes before Lower, which it issued"]),
        (
            (LEAF, LOWER, STRANGER, UPPER),
            ["certificate 3, Stranger, is superfluous: it issued none of the others"],
        ),
        ((LEAF, LOWER, UPPER, LOWER), ["certificate 4, Lower, is sent twice"]),
        ((LEAF, LOWER, UPPER, CROSS), ["certificate 4, Upper, is superfluous: Lower has an issuer already"]),
        (
            (LEAF, TOP, UPPER, LOWER),
            [
                "certificate 2, Root, comes before Upper, which it issued",
                "certificate 3, Upper, comes before Lower, which it issued",
            ],
        ),
    ],
)
def test_the_evidence_names_what_stands_wrong(certificates: tuple[Made, ...], evidence: list[str]) -> None:
    assert told(sent(*certificates)) == evidence


def test_a_bundle_is_not_searched_pair_by_pair() -> None:
    bundle = tuple(root(f"Root {number}") for number in range(17))
    assert told(sent(LEAF, LOWER, UPPER, *bundle[:14])) == [
        f"certificate {number}, Root {number - 4}, is superfluous: it issued none of the others"
        for number in range(4, 18)
    ]
    (evidence,) = told(sent(LEAF, LOWER, UPPER, *bundle))
    assert evidence.startswith("more is sent than the path needs, in 19 certificates with names of ")


def test_names_without_end_are_not_compared() -> None:
    attribute = tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(0x0C, b"x")))
    name = tlv(0x30, attribute * 6_000)
    long = sign_again(STRANGER.der, lambda draft: replace(draft, subject=name), key=STRANGER.key)
    chain = [LEAF.der, LOWER.der, UPPER.der, long]
    verdict = evaluate(chain, host=HOST, at=AT, anchors=[Anchor.parse(TOP.der)])
    (evidence,) = told(verdict)
    assert evidence.startswith("more is sent than the path needs, in 3 certificates with names of ")


def test_a_gap_that_was_fetched_is_not_disorder() -> None:
    url = "http://ca.example/lower.der"
    method = x509.AccessDescription(
        x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url)
    )
    server = leaf(LOWER, extra=((x509.AuthorityInformationAccess([method]), False),))
    verdict = sent(server, UPPER, fetch={url: LOWER.der}.get)
    assert {finding.rule_id for finding in verdict.findings} == {"chain-complete-by-fetching"}
    assert outcome(verdict, "chain-order") is PASSED


def test_what_was_sent_is_asked_of_every_chain_though_issuers_are_remembered() -> None:
    evaluator = Evaluator(at=AT, anchors=[Anchor.parse(TOP.der)])
    found = []
    for certificates in ((LEAF, LOWER, UPPER), (LEAF, UPPER, LOWER, TOP), (LEAF, LOWER, UPPER)):
        verdict = evaluator.evaluate([made.der for made in certificates], host=HOST)
        found.append({finding.rule_id for finding in verdict.findings})
    assert found == [set(), {"chain-order", "chain-no-root-needed"}, set()]


def test_a_key_without_the_dot_does_not_except_the_host_with_it() -> None:
    """What the warning is about: the app's anchor is excused for one spelling only."""
    entry = {"NSExceptionAllowsInsecureHTTPLoads": True}
    settings = read_settings({"NSExceptionDomains": {HOST: entry}})
    chain, anchors = [leaf(TOP).der], [Anchor.parse(TOP.der, "app")]
    trusted = [
        evaluate(chain, host=host, at=AT, anchors=anchors, ats=settings).trusted
        for host in (HOST, f"{HOST}.")
    ]
    assert trusted == [True, False]
