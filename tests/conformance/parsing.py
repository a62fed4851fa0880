"""What Apple's parser makes of a certificate, as Apple's own parser tests assert it.

A document has cases of its own, or it is a table of ids of `apple.json` beside it, where Apple's tests say more of the
leaf than that corpus does.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pki.errors import Unreadable
from pki.model import oids
from pki.model.apple_crypto import apple_key
from pki.model.certificate import CertFacts
from pki.trust import Anchor, evaluate

if TYPE_CHECKING:
    from tests.conformance.tally import Case, Tally

BESIDE = "apple.json"


def cases(document: Any) -> Iterable[Case]:
    """Every case; those of another corpus with what is asserted of them here."""
    if "cases" in document:
        yield from document["cases"]
        return
    expect = document["expect"]
    others = json.loads(Path(document["file"]).with_name(BESIDE).read_text())["cases"]
    for case in others:
        if case["id"] in expect:
            yield {
                "id": case["id"],
                "der": _pem(case["leaf"]),
                "expect": expect[case["id"]],
                "anchor": [_pem(pem) for pem in case["anchors"]],
                "intermediates": [_pem(pem) for pem in case["intermediates"]],
                "policy": case["policy"],
                "verify_time": case["verify_time"],
            }


def _pem(text: str) -> str:
    return re.sub(r"-----[^-]+-----|\s", "", text)


def judge(case: Case, tally: Tally) -> Case | None:
    """The disagreement about one case, or None."""
    try:
        facts = CertFacts.parse(base64.b64decode(case["der"]))
    except Unreadable as refusal:
        agreed, ours = case["expect"] == "unreadable", refusal.problem
    else:
        agreed, ours = _ASSERTED[case["expect"]](facts, case)
    if tally.count(agreed):
        return None
    return {"id": case["id"], "expected": case["expect"], "ours": ours}


Answer = tuple[bool, str]


def _read(facts: CertFacts, case: Case) -> Answer:
    whole = not (case.get("no_unparseable_extension") and facts.unparseable)
    return whole, f"unparseable: {facts.unparseable}"


def _critical(facts: CertFacts, case: Case) -> Answer:
    unknown = [e.oid for e in facts.extensions if e.critical and not oids.critical_known_to_apple(e.oid)]
    return not unknown, f"unknown and critical: {unknown}"


def _path(facts: CertFacts, case: Case) -> Answer:
    """Apple's test asks its basic policy at the moment named."""
    anchors = case["anchor"] if isinstance(case["anchor"], list) else [case["anchor"]]
    verdict = evaluate(
        [facts, *map(base64.b64decode, case.get("intermediates") or ())],
        host=None,
        at=datetime.fromisoformat(case["verify_time"].replace("Z", "+00:00")),
        anchors=[Anchor.parse(base64.b64decode(anchor)) for anchor in anchors],
        policy="basic",
    )
    return not verdict.trusted, "trusted"


_ASSERTED: dict[str, Callable[[CertFacts, Case], Answer]] = {
    "unreadable": lambda facts, case: (False, "it reads"),
    "readable": _read,
    "extension-unparseable": lambda facts, case: (bool(facts.unparseable), "all extensions read"),
    "duplicate-extension": lambda facts, case: (bool(facts.duplicates), "no extension twice"),
    "name-unusable": lambda facts, case: (bool(facts.subject.problem), f"the subject is {facts.subject}"),
    "known-extension": _critical,
    "path-fails": _path,
    "key-usable": lambda facts, case: (not apple_key(facts.spki).problem, str(facts.key)),
    "key-unusable": lambda facts, case: (bool(apple_key(facts.spki).problem), str(facts.key)),
}
