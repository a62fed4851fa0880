"""Rules that pass by a certificate's profile alone look at nothing else, and answers that are shared are the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki.ats import read_settings
from pki.model.certificate import CertFacts
from pki.model.verdict import AnchorClass, Outcome, Rule
from pki.trust import Anchor, Evaluator, evaluate
from pki.trust.evaluation_cache import EvaluationCache
from pki.trust.path import Path, Place
from pki.trust.profile import profile_of
from pki.trust.rules import RULES
from pki.trust.scope import Scope, circumstances, setting_of
from tests.chains import ANY, AT, CLIENT, DAY, HOST, SERVER, Made, intermediate, leaf, root

OF_PROFILE = [rule for rule in RULES.values() if rule.of_profile]
UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)
LONG_AGO = AT - timedelta(days=3000)
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    *({"kind": kind} for kind in ("rsa1024", "rsa2048", "p192", "p384", "ed25519")),
    *({"purposes": purposes} for purposes in ((), CLIENT, ANY, (*SERVER, *CLIENT))),
    *({"ca": ca, "sign_certs": sign} for ca in (None, False, True) for sign in (None, False, True)),
    {"extra": (UNKNOWN,)},
    {"digest": hashes.SHA224()},
    {"digest": hashes.SHA3_256()},
    {"start": LONG_AGO, "end": AT + DAY},
    {"purposes": (), "start": LONG_AGO, "end": AT + DAY},
)


class LookedElsewhereError(Exception):
    """A rule looked at what is of no profile."""


class Blind:
    """Has the attributes that are given, and tells when another one is looked at."""

    def __init__(self, **known: object) -> None:
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> object:
        raise LookedElsewhereError(name)


def blinded(place: Place) -> Any:
    """PLACE as far as it is the profile's and the kind of place's."""
    profile = profile_of(place)
    cert = Blind(
        **{
            name: value
            for name, value in profile._asdict().items()
            if name not in ("critical", "self_signed")
        },
        extensions=[Blind(critical=True, oid=oid) for oid in profile.critical] + [Blind(critical=False)],
    )
    return Blind(
        cert=cert,
        position=place.position,
        path=Blind(by_rfc5280=place.path.by_rfc5280, anchor_class=place.anchor_class),
        request=Blind(policy=place.request.policy, ats=place.request.ats),
        is_leaf=place.is_leaf,
        is_top=False,
        is_anchor=False,
        anchor_class=place.anchor_class,
        self_signed=profile.self_signed,
    )


def chains() -> Iterator[list[Made]]:
    """A leaf, its issuer and the root, one of the first two out of the ordinary."""
    for changes in CHANGES:
        middle = intermediate(root())
        yield [leaf(middle, **changes), middle, root()]
        middle = intermediate(root(), **{"key_tag": "odd", **changes})
        yield [leaf(middle), middle, root()]


@pytest.fixture(scope="module")
def certs() -> list[tuple[CertFacts, ...]]:
    return [tuple(CertFacts.parse(made.der) for made in chain) for chain in chains()]


def places(certs: list[tuple[CertFacts, ...]], rule: Rule) -> Iterator[Place]:
    """Every place where RULE is asked of a certificate whose issuer is in the path."""
    kinds = itertools.product(
        ("apple", "ssl-client", "rfc5280", "webpki"), ("user", "app", "system"), (True, False)
    )
    for policy, anchor_class, relaxed in kinds:
        exceptions = {HOST: {"NSExceptionRequiresForwardSecrecy": False}} if relaxed else {}
        niap = {} if relaxed else {"NSRequiresNIAPTLSPackageVersion": "FCP_v2.1"}
        ats = read_settings({"NSExceptionDomains": exceptions, **niap})
        for chain in certs:
            anchor = Anchor(chain[-1], AnchorClass(anchor_class))
            evaluator = Evaluator(at=AT, anchors=[anchor], policy=policy, ats=ats)
            request, _ = evaluator._question(chain, HOST, None)
            if not rule.asked_by(policy) or rule.level not in request.policy.levels:
                continue
            path = Path(chain, anchor, host=request.host, by_rfc5280=request.policy.by_rfc5280)
            for position in (0, 1):
                scope = rule.applies_to
                assert isinstance(scope, Scope)
                if scope.settled(circumstances(path, position, setting_of(request))):
                    yield Place(chain[position], position, path, request)


def passes(rule: Rule, place: Any) -> bool:
    """Whether nothing is found, or the rule does not apply."""
    scope = rule.applies_to
    assert isinstance(scope, Scope)
    if scope.depends is not None and not scope.depends(place):
        return True
    return next(iter(rule.check(place)), None) is None


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in OF_PROFILE])
def test_a_rule_that_passes_by_the_profile_looks_at_nothing_else(
    rule: Rule, certs: list[tuple[CertFacts, ...]]
) -> None:
    asked = list(places(certs, rule))
    assert asked
    for place in asked:
        try:
            said = passes(rule, blinded(place))
        except LookedElsewhereError:  # for the words that tell what is wrong
            said = False
        assert said == passes(rule, place), place.cert


def test_a_rule_that_looks_elsewhere_is_noticed(certs: list[tuple[CertFacts, ...]]) -> None:
    place = next(places(certs, RULES["subject-non-empty"]))
    with pytest.raises(LookedElsewhereError):
        passes(RULES["subject-non-empty"], blinded(place))


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in OF_PROFILE])
def test_nothing_else_is_said_of_a_rule_of_the_profile(rule: Rule) -> None:
    """The moment is none of the profile's, and with a premise it is asked with those that share it."""
    assert not rule.timed
    assert rule.premise is None


@pytest.mark.parametrize("policy", ["apple", "rfc5280"])
@pytest.mark.parametrize("anchor_class", ["user", "app", "system"])
def test_what_was_met_changes_no_verdict(policy: str, anchor_class: str) -> None:
    top = root()
    anchors = [Anchor.parse(top.der, anchor_class)]
    evaluator = Evaluator(at=AT, anchors=anchors, policy=policy)
    middle = intermediate(top)
    sent = [[leaf(middle, **changes).der, middle.der] for changes in (*CHANGES, *CHANGES)]
    sent += [[leaf(odd).der, odd.der] for odd in _issuers(top)]
    for chain in sent:
        asked = SimpleNamespace(host=HOST, at=AT, anchors=anchors, policy=policy)
        assert evaluator.evaluate(chain, host=HOST) == evaluate(chain, **vars(asked))


def _issuers(top: Made) -> Iterator[Made]:
    for number, changes in enumerate((*CHANGES, *CHANGES)):
        yield intermediate(top, f"CA {number}", **changes)


def test_profiles_are_met() -> None:
    """Twenty leaves of one profile, and the rules of it are asked once."""
    top = root()
    evaluator = Evaluator(at=AT, anchors=[Anchor.parse(top.der)])
    cache: EvaluationCache = evaluator._cache
    for number in range(20):
        verdict = evaluator.evaluate([leaf(top, f"host {number}", key_tag=str(number)).der], host=HOST)
        assert verdict.answers[0]["leaf-is-ca"] is Outcome.PASSED
    (kind,) = cache._kinds.values()
    (met,) = [place.met for place in kind.places.values() if place.met is not None]
    assert len(met._kept) == 1


@pytest.mark.parametrize("turned", [False, True], ids=["the strict host last", "the strict host first"])
def test_what_is_said_of_issuers_is_said_for_hosts_of_one_kind(turned: bool) -> None:
    """An Info.plist asks more of one host than of another, of the CA above it as well."""
    top = root()
    middle = intermediate(top, digest=hashes.SHA512())
    strict = {HOST: {"NSExceptionRequiresNIAPTLSPackageVersion": "FCP_v2.1"}}
    trust = {
        "at": AT,
        "anchors": [Anchor.parse(top.der)],
        "ats": read_settings({"NSExceptionDomains": strict}),
    }
    evaluator = Evaluator(**trust)
    hosts = [HOST, "other.example"] if turned else ["other.example", HOST]
    said = []
    for host in hosts:
        chain = [leaf(middle, dns=(host,)).der, middle.der]
        verdict = evaluator.evaluate(chain, host=host)
        assert verdict == evaluate(chain, host=host, **trust)
        said.append("ats-niap-offered-sigalg" in {finding.rule_id for finding in verdict.findings})
    assert said == [turned, not turned]
