"""Chains at random whose answer changes with the time, and what a verdict of its own says at each moment.

Built with `cryptography` alone. Names and keys are few, so that there are cross-signed roots, renewed intermediates,
several ways up, and ways that end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from pki.model.certificate import CertFacts
from pki.model.verdict import Verdict
from pki.trust import (
    Anchor,
    Evaluator,
    Evidence,
    PathInputs,
    RevocationData,
    TrustResult,
    TrustSetting,
    TrustSettings,
)
from pki.trust.timeline import Timeline
from tests.chains import AT, DAY, HOST, Made, leaf, make
from tests.trust.revocations import (
    GOOD,
    ON_HOLD,
    REVOKED,
    UNKNOWN,
    answer,
    authority,
    crl,
    delegate,
    listed,
    single,
    usage,
)

SECOND = timedelta(seconds=1)
UNTIL = AT + 3 * 365 * DAY
NAMES = ("Root A", "Root B", "Middle", "Issuing")


@dataclass
class Case:
    """A chain, and the question that is put about it; `trust` are the evaluator's other arguments."""

    chain: list[bytes]
    anchors: list[Anchor]
    host: str | None = HOST
    trust: dict[str, Any] = field(default_factory=dict)
    more: tuple[bytes, ...] = ()  # certificates with dates of their own, in the evidence
    dates: tuple[datetime, ...] = ()  # others of the evidence

    def judge(self, at: datetime) -> Verdict:
        """A verdict of its own: nothing is shared with any other."""
        return Evaluator(at=at, anchors=self.anchors, **self.trust).evaluate(self.chain, host=self.host)

    def timeline(self, at: datetime = AT, until: datetime = UNTIL) -> Timeline:
        return Evaluator(at=at, anchors=self.anchors, **self.trust).timeline(
            self.chain, host=self.host, until=until
        )

    def edges(self) -> Iterator[datetime]:
        """The seconds around every date of every certificate at hand."""
        ders = [*self.chain, *(anchor.certificate.der for anchor in self.anchors), *self.more]
        validity = [date for cert in map(CertFacts.parse, ders) for date in (cert.not_before, cert.not_after)]
        for date in (*validity, *self.dates):
            yield from (date - SECOND, date, date + SECOND, date + 2 * SECOND)


def essence(verdict: Verdict) -> tuple[bool, str | None, str | None]:
    """What a change is a change of."""
    headline = verdict.headline
    if headline is None:
        return verdict.trusted, None, None
    return verdict.trusted, headline.rule_id, verdict.chain[headline.position].sha256


def days(at: datetime = AT, until: datetime = UNTIL) -> Iterator[datetime]:
    """Each day, at the time of AT."""
    while at <= until:
        yield at
        at += DAY


def compare(case: Case, timeline: Timeline, moments: Iterable[datetime]) -> None:
    """Hold TIMELINE to verdicts of their own at MOMENTS, and each of its changes to all that such a verdict says."""
    before = timeline.verdict
    assert before == case.judge(before.at)
    for change in timeline.changes:
        assert change.verdict == case.judge(change.at)
        assert essence(change.verdict) != essence(before)
        assert essence(case.judge(change.at - SECOND)) == essence(before)
        before = change.verdict
    for moment in sorted(set(moments)):
        if timeline.verdict.at <= moment <= timeline.until:
            assert essence(timeline.verdict_at(moment)) == essence(case.judge(moment)), moment


def random_case(seed: int) -> Case:
    """Two roots that may certify each other, intermediates below them with several certificates each, and a leaf."""
    random = Random(seed)

    def dates(begins: tuple[int, ...], lengths: tuple[int, ...]) -> dict[str, datetime]:
        begin = AT + timedelta(days=random.choice(begins), seconds=random.randrange(86_400))
        length = timedelta(days=random.choice(lengths), seconds=random.choice((0, 1, 86_399)))
        return {"start": begin, "end": begin + length}

    def made_by(name: str, issuer: str | None = None) -> Made:
        validity = dates((-2000, -400, -30, 100), (450, 900, 2500, 4000))
        signs = random.random() < 0.97
        return make(
            name, signers[issuer] if issuer else None, ca=True, sign_certs=signs, key_tag=name, **validity
        )

    signers = {name: make(name, ca=True, key_tag=name) for name in NAMES}
    roots, (middle, issuing) = NAMES[:2], NAMES[2:]
    made = [made_by(name) for name in roots]
    for _ in range(random.randrange(3)):
        made.append(made_by(*random.sample(roots, 2)))
    for _ in range(random.randrange(1, 4)):
        made.append(made_by(middle, random.choice(roots)))
    for _ in range(random.randrange(3)):
        made.append(made_by(issuing, random.choice((middle, middle, *roots))))
    issuer = random.choice(made[2:]).cert.subject.rfc4514_string().removeprefix("CN=")
    host = HOST if random.random() < 0.95 else "other.example"
    own = leaf(signers[issuer], dns=(host,), **dates((-300, -10, -10, 30), (60, 200, 397)))
    anchors = [*made[: random.randrange(1, 3)], *(one for one in made[2:] if random.random() < 0.15)]
    sent = [one for one in made if random.random() < 0.9]
    random.shuffle(sent)
    return Case(
        [own.der, *(one.der for one in sent)],
        [Anchor.parse(one.der, random.choice(("user", "app", "system"))) for one in anchors],
        trust={
            "policy": random.choice(("apple", "basic", "rfc5280-path")),
            "ats_applies": random.random() < 0.2,
        },
    )


def odd_case(seed: int) -> Case:
    """A random case with something that lifts, denies, or makes another end of a path; it may begin on an edge."""
    random, case = Random(seed), random_case(seed)
    found = [CertFacts.parse(der) for der in case.chain]
    policy = case.trust["policy"]
    checks = ("TemporalValidity", "SSLHostname")
    match random.randrange(5):
        case 0:
            case.anchors.append(Anchor.parse(case.chain[0], random.choice(("user", "app", "system"))))
        case 1:
            settings = {
                cert.sha256: (
                    TrustSetting(
                        random.choice(list(TrustResult)),
                        random.choice((None, policy)),
                        allowed_error=random.choice((None, *checks)),
                    ),
                )
                for cert in found
                if random.random() < 0.5
            }
            case.trust["evidence"] = Evidence(settings=TrustSettings(settings))
        case 2:
            lifted = {(cert.sha256, check) for cert in found for check in checks if random.random() < 0.5}
            case.trust["evidence"] = Evidence(accepted=frozenset(lifted))
        case 3:
            case.trust |= {"policy": "rfc5280-path", "inputs": PathInputs(bare_anchor=True)}
        case _:
            days = {anchor.certificate.sha256: AT - random.randrange(20) * DAY for anchor in case.anchors}
            case.trust["evidence"] = Evidence(distrusted_roots=days)
    return case


def random_evidence(seed: int) -> Case:
    """A chain with lists and answers that begin and end, signed by the issuer or by who ends sooner."""
    random = Random(seed)

    def at(*offsets: int) -> datetime:
        return AT + timedelta(days=random.choice(offsets), seconds=random.randrange(86_400))

    top = authority("Root", start=AT - 400 * DAY, end=AT + 2000 * DAY)
    renewed = authority("Root", start=at(-300), end=at(60, 90, 2000), key_tag="Root again")
    lists_alone = authority("Root", top, "crl_sign", start=at(-50, 5), end=at(15, 40), key_tag="lists")
    middle = authority("Middle", top, start=AT - 300 * DAY, end=at(300, 900))
    own = leaf(middle, start=AT - 20 * DAY, end=at(30, 200), extra=(usage("digital_signature"),))
    responder = delegate(middle, start=at(-40, 3), end=at(6, 25, 70))
    lists, answers = [], []
    for issuer, about in ((middle, own), (top, middle)):
        for number in range(random.randrange(3)):
            signer = random.choice((issuer, renewed, lists_alone)) if issuer is top else issuer
            reason = random.choice((None, None, 6, 8))
            entries = [listed(about, reason=reason)] if random.random() < 0.3 else []
            lists.append(
                crl(
                    *entries,
                    issuer=issuer,
                    by=signer,
                    since=at(-40, -2, 4),
                    until=random.choice((None, at(1, 12, 60))),
                    number=7 + number,
                    delta_of=random.choice((None, None, 7)),
                )
            )
        for _ in range(random.randrange(3)):
            by = random.choice((issuer, responder)) if issuer is middle else issuer
            said = single(
                random.choice((GOOD, GOOD, REVOKED, ON_HOLD, UNKNOWN)),
                about,
                issuer=issuer,
                since=at(-40, -2, 4),
                until=random.choice((None, at(1, 12, 60))),
            )
            sent = (responder.der,) if by is responder else ()
            answers.append(answer(said, by=by, certificates=sent, produced=at(-40, -2, 4)))
    evidence = Evidence(revocation=RevocationData(tuple(lists), tuple(answers)))
    return Case(
        [own.der, middle.der, renewed.der, lists_alone.der],
        [Anchor.parse(top.der, "app")],
        trust={"policy": random.choice(("basic", "rfc5280-path")), "evidence": evidence},
        more=(responder.der,),
    )


def edges_of_evidence(case: Case) -> Iterator[datetime]:
    """The seconds around every date of the lists and answers, and around those that Apple's code makes of them."""
    known = case.trust["evidence"].revocation
    spans = [(one.this_update, one.next_update) for one in known.crls]
    spans += [(one.this_update, one.next_update) for found in known.ocsp for one in found.responses]
    dates = {found.produced_at for found in known.ocsp}
    for since, until in spans:
        dates |= {since, until or since, since + DAY, since + 7 * DAY}
    for date in dates:
        for leeway in (timedelta(), timedelta(seconds=4500), timedelta(seconds=-4500)):
            yield from (date + leeway + number * SECOND for number in (-1, 0, 1, 2))
