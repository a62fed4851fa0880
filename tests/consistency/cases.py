"""What the facts are asked of: every scenario under every anchor class, and other people's inputs where they are."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pki.ats import AtsSettings, read_settings
from pki.errors import PkiError
from pki.load import load_path
from pki.model.verdict import AnchorClass, Verdict
from pki.trust import Anchor, Evaluator, Evidence
from pki_fixtures import SCENARIOS, Expected, Rig, ServerSetup, ShownBy
from pki_fixtures.evaluation import anchors_of, evidence_of

SHARED = Path(os.environ.get("TRUSTRIG_CORPORA", Path(__file__).parents[3] / "shared" / "conformance")).parent


class Case(NamedTuple):
    """A question, and its verdict; what the catalogue states of it, where it is a scenario."""

    name: str
    chain: tuple[bytes, ...]
    anchors: tuple[Anchor, ...]
    host: str | None
    at: datetime
    policy: str
    settings: AtsSettings | None
    evidence: Evidence
    verdict: Verdict
    stated: Expected | None = None
    presented: ServerSetup | None = None
    anchor_class: AnchorClass = AnchorClass.USER

    def evaluator(self) -> Evaluator:
        """The one that is to be asked about the default trust."""
        return Evaluator(
            at=self.at, anchors=self.anchors, policy=self.policy, ats=self.settings, evidence=self.evidence
        )


def case_of(
    name: str,
    chain: tuple[bytes, ...],
    anchors: tuple[Anchor, ...],
    *,
    host: str | None,
    at: datetime,
    policy: str = "apple",
    settings: AtsSettings | None = None,
    evidence: Evidence | None = None,
    **scenario: Any,
) -> Case | None:
    """The case with its verdict; None where the leaf does not read, which is no verdict."""
    known = evidence or Evidence()
    evaluator = Evaluator(
        at=at,
        anchors=anchors,
        policy=policy,
        ats=settings,
        evidence=known,
        fetch=scenario["presented"].reachable.get if scenario else None,
    )
    try:
        verdict = evaluator.evaluate(chain, host=host)
    except PkiError:
        return None
    return Case(name, chain, anchors, host, at, policy, settings, known, verdict, **scenario)


@lru_cache
def scenarios(rig: Rig) -> tuple[Case, ...]:
    """What a chain shows; connections are the business of the live tests."""
    found = []
    for entry in SCENARIOS.values():
        if entry.shown_by is not ShownBy.CHAIN:
            continue
        presented = entry.build(rig)
        for anchor_class, stated in entry.expected.items():
            case = case_of(
                f"{entry.id} under {anchor_class}",
                presented.chain,
                anchors_of(presented, anchor_class),
                host=presented.host,
                at=presented.at,
                settings=read_settings(presented.ats),
                evidence=evidence_of(presented),
                stated=stated,
                presented=presented,
                anchor_class=anchor_class,
            )
            if case is not None:
                found.append(case)
    return tuple(found)


@lru_cache
def apples(name: str) -> tuple[Case, ...] | None:
    """The cases of one of Apple's corpora; None where it is not here."""
    path = SHARED / "conformance" / name
    if not path.exists():
        return None
    policies = {"ssl-server": "apple", "ssl-client": "ssl-client", "basic": "basic"}
    return tuple(
        filter(
            None,
            (
                case_of(
                    case["id"],
                    (_der(case["leaf"]), *map(_der, case["intermediates"])),
                    tuple(_anchors(case)),
                    host=case["hostname"],
                    at=_moment(case["verify_time"]),
                    policy=policies[case["policy"]],
                )
                for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
            ),
        )
    )


@lru_cache
def field() -> tuple[Case, ...] | None:
    """The chains people reported; None where they are not here."""
    path = SHARED / "field" / "trust" / "cases.json"
    if not path.exists():
        return None
    found = []
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        target, *rest = case["args"][1:]
        given = dict(zip(rest[::2], rest[1::2], strict=False))
        try:
            chain = load_path(path.parent / target)
            anchor = given.get("--anchor")
            roots = load_path(path.parent / anchor) if anchor else ()
            anchors = tuple(Anchor.parse(root, given.get("--anchor-class", "user")) for root in roots)
        except PkiError:
            continue
        case = case_of(target, chain, anchors, host=given.get("--host"), at=_moment(given["--at"]))
        if case is not None:
            found.append(case)
    return tuple(found)


@lru_cache
def suites() -> tuple[Case, ...] | None:
    """Other validators' suites, put to Apple's policy; None where they are not here."""
    folder = SHARED / "conformance" / "suites"
    if not folder.is_dir():
        return None
    found = []
    for path in sorted(folder.glob("*.json.gz")):
        for case in json.loads(gzip.decompress(path.read_bytes())).get("cases", ()):
            chain, anchors = (tuple(map(base64.b64decode, case[part])) for part in ("chain", "anchors"))
            found.append(_plain(case["id"], chain, anchors, case["host"], case["time"]))
    return tuple(filter(None, found))


@lru_cache
def limbo() -> tuple[Case, ...] | None:
    """One in twenty of x509-limbo's cases, which are many and alike; None where they are not here."""
    path = SHARED / "conformance" / "limbo.json.gz"
    if not path.exists():
        return None
    found = []
    for case in json.loads(gzip.decompress(path.read_bytes()))["testcases"][::20]:
        chain = tuple(map(_der, (case["peer_certificate"], *case["untrusted_intermediates"])))
        name = case["expected_peer_name"] or {}
        host = name["value"] if name.get("kind") in ("DNS", "IP") else None
        roots = tuple(map(_der, case["trusted_certs"]))
        found.append(_plain(case["id"], chain, roots, host, case["validation_time"]))
    return tuple(filter(None, found))


def _plain(
    name: str, chain: tuple[bytes, ...], anchors: tuple[bytes, ...], host: str | None, time: str | None
) -> Case | None:
    try:
        trusted = tuple(map(Anchor.parse, anchors))
    except PkiError:
        return None
    return case_of(name, chain, trusted, host=host, at=_moment(time))


def _anchors(case: dict[str, Any]) -> Iterator[Anchor]:
    for pem in case["anchors"]:
        yield Anchor.parse(_der(pem), case["anchor_kind"])


def _der(pem: str) -> bytes:
    return base64.b64decode(re.sub(r"-----[^-]+-----|\s", "", pem))


def _moment(text: str | None) -> datetime:
    return (
        datetime(2026, 11, 30, tzinfo=UTC)
        if text is None
        else datetime.fromisoformat(text.replace("Z", "+00:00"))
    )
