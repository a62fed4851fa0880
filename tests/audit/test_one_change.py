"""What an audit says of one change is held to the change: it is made, and every row is judged again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from pki.audit.inputs import AuditInput
from pki.audit.judging import judge_part
from pki.audit.settings import AuditSettings
from pki.model.time_format import moment_of
from pki.model.verdict import AnchorClass
from pki.report.audit.row import read_rows
from pki.report.audit.summary import AuditDocument, audit_json
from pki.report.audit.tally import Tally
from pki.trust import all_rules
from tests.chains import AT, DAY, Made, intermediate, leaf, root

SECOND = timedelta(seconds=1)
UNTIL = AT + 900 * DAY
LONG = root("Long", end=AT + 2000 * DAY)
Chain = tuple[Made, ...]


def audited(
    chains: dict[str, Chain], anchors: Chain, at: datetime = AT
) -> tuple[list[dict[str, Any]], AuditDocument]:
    settings = AuditSettings(at, UNTIL, tuple((one.der, AnchorClass.USER) for one in anchors))
    part = b"".join(
        AuditInput(host, "", host, tuple(one.der for one in chain)).encode() for host, chain in chains.items()
    )
    lines = judge_part(settings.encode(), part).splitlines(keepends=True)
    tally = Tally(at=at, until=UNTIL)
    for row in read_rows(lines):
        tally.add(row)
    return [json.loads(line) for line in lines], audit_json(tally, all_rules())


def hosts(prefix: str, number: int) -> list[str]:
    return [f"{prefix}-{one}.example" for one in range(number)]


def served(issuer: Made, host: str, *above: Made, end: datetime = AT + 300 * DAY) -> Chain:
    return leaf(issuer, dns=(host,), end=end), issuer, *above


def trusted(chains: dict[str, Chain], anchors: Chain, at: datetime = AT) -> set[str]:
    return {row["host"] for row in audited(chains, anchors, at)[0] if row["trusted"]}


def test_an_expired_intermediate_mends_those_that_nothing_else_is_wrong_with() -> None:
    """Five hosts below it; of one the leaf has expired, of one the name is wrong. Of four more the root has, too."""
    gone = intermediate(LONG, "Gone", end=AT - DAY)
    dead = root("Dead", start=AT - 900 * DAY, end=AT - 20 * DAY)
    below = intermediate(dead, "Below", end=AT - DAY)
    good = {host: served(gone, host) for host in hosts("good", 3)}
    wrong = {
        "expired.example": served(gone, "expired.example", end=AT - DAY),
        "name.example": served(gone, "other.example"),
    }
    twice = {host: served(below, host) for host in hosts("twice", 4)}
    chains, anchors = {**good, **wrong, **twice}, (LONG, dead)
    rows, document = audited(chains, anchors)
    assert not any(row["trusted"] for row in rows)
    change = document["first_change"]
    assert change is not None
    assert (change["mends"], change["subject"]) == (3, "CN=Gone")
    renewed = intermediate(LONG, "Gone", end=AT + 900 * DAY)
    after = {host: tuple(renewed if one is gone else one for one in chain) for host, chain in chains.items()}
    assert trusted(after, anchors) == set(good)
    # And the other group, four rows of one rule at two certificates: the intermediate alone mends none.
    assert {group["mends"] for group in document["groups"] if group["subject"] == "CN=Below"} == {0}
    again = intermediate(dead, "Below", end=AT + 900 * DAY)
    after = {host: tuple(again if one is below else one for one in chain) for host, chain in twice.items()}
    assert trusted(after, anchors) == set()


def test_an_intermediate_that_will_end_mends_those_where_nothing_ends_with_it() -> None:
    """The roots of some end in the same second, as where a CA cuts each end to that of its issuer."""
    end = AT + 60 * DAY
    short = root("Short", end=end)
    ends = intermediate(LONG, "Ends", end=end)
    with_root = intermediate(short, "With its root", end=end)
    alone = {host: served(ends, host) for host in hosts("alone", 3)}
    leaf_too = {host: served(ends, host, end=end) for host in hosts("leaf", 2)}
    together = {host: served(with_root, host) for host in hosts("together", 6)}
    chains, anchors = {**alone, **leaf_too, **together}, (LONG, short)
    rows, document = audited(chains, anchors)
    assert {row["breaks_at"] for row in rows} == {"2027-01-20T12:00:01Z"}
    change = document["first_change"]
    assert change is not None
    assert (change["mends"], change["subject"]) == (3, "CN=Ends")
    besides = {row["host"]: [one["position"] for one in row["also"]] for row in rows}
    assert besides == {
        **{key: [] for key in alone},
        **{key: [1] for key in leaf_too},
        **{key: [2] for key in together},
    }
    renewed = intermediate(LONG, "Ends", end=AT + 900 * DAY)
    after = {host: tuple(renewed if one is ends else one for one in chain) for host, chain in chains.items()}
    assert trusted(after, anchors, end + SECOND) == set(alone)


def test_the_certificate_that_is_blamed_is_the_one_to_renew() -> None:
    """Servers go on sending an intermediate that ended long ago, before the one that replaced it."""
    old = intermediate(LONG, "Issuing", start=AT - 500 * DAY, end=AT - 100 * DAY)
    new = intermediate(LONG, "Issuing", end=AT + 60 * DAY)
    chains = {host: (leaf(new, dns=(host,), end=AT + 300 * DAY), old, new) for host in hosts("both", 3)}
    rows, document = audited(chains, (LONG,))
    change = document["first_change"]
    assert change is not None
    assert (change["mends"], change["first"]) == (3, "2027-01-20T12:00:01Z")
    blamed = {row["breaks_certificate"] for row in rows}
    (sha256,) = blamed
    assert new.cert.fingerprint(new.cert.signature_hash_algorithm).hex() == sha256
    assert all(moment_of(row["breaks_at"]) == AT + 60 * DAY + SECOND for row in rows)


def test_a_gap_is_a_break_with_its_end() -> None:
    before = intermediate(LONG, "Issuing", end=AT + 5 * DAY)
    after = intermediate(LONG, "Issuing", start=AT + 10 * DAY, end=AT + 500 * DAY)
    own = leaf(before, dns=("gap.example",), end=AT + 90 * DAY)
    ((row,), _) = audited({"gap.example": (own, before, after)}, (LONG,))
    assert (row["breaks_at"], row["trusted_from"]) == ("2026-11-26T12:00:01Z", "2026-12-01T12:00:00Z")
