"""Chains in which dates, names and keys are few: much ends in one second, names come back, paths are many.

Each certificate has one of four validity periods, some a second long; authorities share three names, two keys each.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from pki.model.certificate import CertFacts
from pki.trust import Anchor, Evidence, RevocationData, TrustResult, TrustSetting, TrustSettings
from tests.chains import AT, CLIENT, DAY, HOST, SERVER, Made, leaf, make
from tests.trust.changing_chains import SECOND, Case
from tests.trust.revocations import GOOD, REVOKED, UNKNOWN, answer, single
from tests.trust.test_transparency import LOGS, logged, logs
from tests.trust.test_transparency import TOP as LOGGED_TOP

POLICIES = ("apple", "apple", "basic", "rfc5280-path", "rfc5280", "webpki", "ssl-client")


def awkward_case(seed: int) -> Case:
    """Up to eleven authorities of three names, several of them trusted, and what lifts, denies or revokes."""
    random = Random(seed)
    periods = [_period(random) for _ in range(4)]
    made: list[Made] = []
    for number in range(random.randrange(5, 12)):
        name = "ABC"[number] if number < 3 else random.choice("ABC")
        made.append(
            make(
                name,
                random.choice(made) if number > 2 else None,
                ca=True,
                sign_certs=True if random.random() < 0.9 else None,
                key_tag=name + random.choice("12"),
                path_length=random.choice((None, None, None, 0, 1)),
                purposes=random.choice(((), (), SERVER, CLIENT)),
                **random.choice(periods),
            )
        )
    usual = {
        "start": AT - 10 * DAY,
        "end": AT - 10 * DAY + random.choice((47, 90, 200, 398, 399, 826)) * DAY,
    }
    dns = (random.choice((HOST, HOST, HOST, "x.example")),)
    own = leaf(random.choice(made), dns=dns, **random.choice([*periods, usual]))
    anchors = random.sample(made, random.randrange(1, 4))
    trusted = [Anchor.parse(one.der, random.choice(("user", "user", "app", "system"))) for one in anchors]
    if random.random() < 0.1:
        trusted.append(Anchor.parse(own.der, random.choice(("user", "app", "system"))))
    sent = [one for one in made if random.random() < 0.85]
    random.shuffle(sent)
    return Case(
        [own.der, *(one.der for one in sent)],
        trusted,
        host=random.choice((HOST, HOST, HOST, None)),
        trust={
            "policy": random.choice(POLICIES),
            "ats_applies": random.random() < 0.5,
            "evidence": _evidence(random, own, made),
        },
    )


def logged_case(seed: int) -> Case:
    """Timestamps around the beginning, a list of logs of which some retired, and lifetimes at the edges of the counts."""
    random = Random(seed)
    dates = tuple(
        AT + timedelta(days=random.choice((-20, -5, 0, 3, 40)), milliseconds=random.choice((0, 1, 999, 1000)))
        for _ in range(random.randrange(len(LOGS) + 1))
    )
    start = AT + timedelta(days=random.choice((-400, -10, 5)))
    lifetime = timedelta(days=random.choice((47, 180, 181, 398, 399)), seconds=random.choice((0, 0, 1)))
    own = logged(len(dates), dates=dates, start=start, end=start + lifetime, flip=random.random() < 0.1)
    known = random.choice((None, logs(*(_log(random) for _ in LOGS))))
    return Case(
        [own.der],
        [Anchor.parse(LOGGED_TOP.der, random.choice(("system", "system", "user")))],
        trust={"policy": random.choice(("apple", "apple", "basic")), "evidence": Evidence(ct_logs=known)},
        dates=tuple(date.replace(microsecond=0) for date in dates),
    )


def _period(random: Random) -> dict[str, datetime]:
    begin = AT + timedelta(days=random.choice((-900, -30, -1, 0, 5, 60)), seconds=random.choice((0, 0, 1)))
    length = timedelta(days=random.choice((0, 30, 60, 365, 400, 826, 2000)), seconds=random.choice((0, 0, 1)))
    return {"start": begin, "end": begin + length}


def _evidence(random: Random, own: Made, made: list[Made]) -> Evidence:
    given: dict[str, Any] = {"ct_enforced": random.random() < 0.7}
    hashes = [CertFacts.parse(one.der).sha256 for one in (own, *made)]
    if random.random() < 0.3:
        allowed = random.choice((None, "TemporalValidity"))
        given["settings"] = TrustSettings(
            {
                name: (TrustSetting(random.choice(list(TrustResult)), None, allowed_error=allowed),)
                for name in hashes
                if random.random() < 0.3
            }
        )
    if random.random() < 0.2:
        lifted = [(name, "TemporalValidity") for name in hashes if random.random() < 0.4]
        given["accepted"] = frozenset(lifted)
    if random.random() < 0.3:
        answers = []
        for about in (own, *random.sample(made, 2)):
            by, since = random.choice(made), AT + random.choice((-3, 0, 4)) * DAY
            until = random.choice((None, since + 5 * DAY, since))
            said = single(random.choice((GOOD, REVOKED, UNKNOWN)), about, issuer=by, since=since, until=until)
            answers.append(answer(said, by=by, produced=since))
        given["revocation"] = RevocationData(ocsp=tuple(answers))
    return Evidence(**given)


def _log(random: Random) -> dict[str, Any]:
    retired = (AT + timedelta(days=random.choice((-6, 0, 10)))).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = random.choice(("2027-01-01T00:00:00Z", "2028-06-01T00:00:00Z"))
    return random.choice(
        (
            {},
            {},
            {"state": {"retired": {"timestamp": retired}}},
            {"temporal_interval": {"start_inclusive": "2026-01-01T00:00:00Z", "end_exclusive": until}},
        )
    )


def begins(case: Case, seed: int) -> datetime:
    """A moment to begin at, on an edge or within a second: clocks have fractions, and Apple compares them."""
    random = Random(seed)
    edges = sorted(edge for edge in case.edges() if edge < AT + 900 * DAY)
    begin = random.choice(edges) if random.random() < 0.3 else AT
    return begin + random.choice((timedelta(), timedelta(microseconds=1), SECOND / 2))
