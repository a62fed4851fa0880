"""Test suites of other validators, converted: paths, names, revocation status and parsing, each as its document says."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from cryptography.x509 import ocsp  # noqa: F401 - else the first case of a parse suite pays for the import

from pki.errors import PkiError
from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.hosts import parse_host
from pki.model.signatures import self_signed
from pki.trust import POLICIES, Anchor, Crl, Evidence, OcspAnswer, PathInputs, RevocationData, evaluate
from pki.trust.certificate_status import revocation_status
from pki.trust.names import mismatch
from pki.trust.request import Policy
from tests.conformance.tally import Case, Tally, findings

MOMENT = datetime(2026, 11, 30, tzinfo=UTC)  # where a case states none and it does not matter

_PURPOSES = {
    "SERVER_AUTH": oids.SERVER_AUTH,
    "CLIENT_AUTH": oids.CLIENT_AUTH,
    "MLS_CLIENT_AUTH": "2.23.146.2.1.3",  # BoringSSL, pki/extended_key_usage.h
    "C2PA_MANIFEST": "1.3.6.1.4.1.62558.2.1",
    "C2PA_TIMESTAMPING": "1.3.6.1.5.5.7.3.8",
}
_ALWAYS_NAMED = ("MLS_", "C2PA_")
_GO_PURPOSES = (  # crypto/x509, ExtKeyUsage by number
    oids.ANY_EXTENDED_KEY_USAGE,
    *(f"1.3.6.1.5.5.7.3.{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9)),
    oids.MICROSOFT_SGC,
    oids.NETSCAPE_SGC,
)
# openssl-verify(1): options that say what we assume anyway, or that have a counterpart among our inputs.
_ASSUMED = frozenset({"-partial_chain", "-attime", "-policy_check", "-crl_check", "-trusted_first"})
_ANSWERED = frozenset(
    {"-verify_depth", "-x509_strict", "-policy", "-explicit_policy", "-inhibit_any", "-inhibit_map"}
)
_TAKES_A_VALUE = frozenset({"-attime", "-verify_depth", "-policy", "-auth_level", "-vfyopt"})
_AUTH_LEVELS = ("1", "2")  # the default, and 112 bits, as our floors for TLS; 0 and 3 have no counterpart
_LINT = "lint"
_NEEDS_MORE = frozenset({"go-verify/TestPathBuilding-010"})  # a constraint held outside the certificates


def cases(document: Any) -> Iterable[Case]:
    """Every case; a document of lint results has rows, which are another tool's and not judged."""
    return document.get("cases") or [
        {"id": row[0], "hints": {}, "judge_by": _LINT} for row in document["rows"]
    ]


def judge(case: Case, tally: Tally) -> Case | None:
    """The disagreement about one case, or None."""
    options = _options(case)
    if options is None:
        tally.left_out += 1
        return None
    way = next(way for beginning, way in _WAYS.items() if case["judge_by"].startswith(beginning))
    started = time.process_time()
    said, why, accepts = way(case, options)
    spent = time.process_time() - started
    if way is _parse and said is None and spent > tally.max_cpu:
        said, why = f"took {spent:.2f} s of CPU", ""
    tally.false_accepts += accepts and said is not None
    if tally.count(said is None):
        return None
    return {"id": case["id"], "expected": case["expect"], "ours": said, "because": why}


def _options(case: Case) -> dict[str, str] | None:
    """openssl's options of a case, few have any; None where something is asked that has no counterpart."""
    if case["judge_by"] == _LINT or case["id"] in _NEEDS_MORE or case["hints"].get("aux_trust"):
        return None
    if "opts" not in case["hints"]:
        return {}
    options: dict[str, str] = {}
    words = iter(case["hints"]["opts"])
    for word in words:
        options[word] = next(words) if word in _TAKES_A_VALUE else ""
    level = options.pop("-auth_level", _AUTH_LEVELS[0])
    return options if level in _AUTH_LEVELS and options.keys() <= _ASSUMED | _ANSWERED else None


Read = TypeVar("Read")
Answer = tuple[str | None, Any, bool]
"""What we say where it differs from what is expected; why; and whether we accept what should not be."""


def _path(case: Case, options: dict[str, str]) -> Answer:
    return _judged(case, POLICIES["rfc5280" if "-x509_strict" in options else "rfc5280-path"], options)


def _whole(case: Case, options: dict[str, str]) -> Answer:
    return _judged(case, POLICIES["rfc5280"], options)


def _judged(case: Case, book: Policy, options: dict[str, str]) -> Answer:
    """Accepted when the path is good for one of the purposes that are asked for."""
    answer: Answer = None, "", False
    for policy in _for_purposes(book, case):
        try:
            chain, anchors = _certificates(case, options)
            verdict = evaluate(
                chain,
                host=case["host"],
                at=_moment(case),
                anchors=anchors,
                policy=policy,
                evidence=Evidence(revocation=_revocation(case)),
                inputs=_inputs(case, options),
            )
        except PkiError as refusal:
            return _differs(case, "reject", str(refusal))
        answer = _differs(case, "accept" if verdict.trusted else "reject", findings(verdict))
        if verdict.trusted:
            break
    return answer


def _for_purposes(policy: Policy, case: Case) -> list[Policy]:
    purpose, strict, _ = case["purpose"].partition("_STRICT")
    numbers = case["hints"].get("ekus") or ()
    if 0 in numbers or purpose.lower() in ("any", "any_eku"):
        return [replace(policy, purposes=(), server=False)]
    wanted = [_GO_PURPOSES[number] for number in numbers] or [_PURPOSES.get(purpose, purpose)]
    also = () if strict else (oids.ANY_EXTENDED_KEY_USAGE,)
    return [replace(policy, purposes=(oid, *also)) for oid in wanted]


def _certificates(case: Case, options: dict[str, str]) -> tuple[list[bytes], list[Anchor]]:
    """The chain, and what ends a path: to Chromium and OpenSSL, not every certificate that is trusted does."""
    chain, anchors = _ders(case, "chain"), [Anchor.parse(der) for der in _ders(case, "anchors")]
    trust = case["hints"].get("trust", "")
    if trust.startswith("TRUSTED_LEAF"):
        anchors = [anchor for anchor in anchors if anchor.certificate.der == chain[0]]
    if "SELF_SIGNED" in trust or ("opts" in case["hints"] and "-partial_chain" not in options):
        chain += [anchor.certificate.der for anchor in anchors]
        anchors = [anchor for anchor in anchors if self_signed(anchor.certificate)]
    return chain, anchors


def _differs(case: Case, ours: str, why: Any) -> Answer:
    return (None if ours == case["expect"] else ours), why, ours in ("accept", "good")


def _inputs(case: Case, options: dict[str, str]) -> PathInputs:
    given = case["policies"] or {}
    depth = options.get("-verify_depth")
    policies = [options["-policy"]] if "-policy" in options else given.get("initial")
    return PathInputs(
        policies=frozenset(policies or (oids.ANY_POLICY,)),
        explicit_policy=bool(given.get("explicit")) or "-explicit_policy" in options,
        inhibit_policy_mapping=bool(given.get("inhibit_mapping")) or "-inhibit_map" in options,
        inhibit_any_policy=bool(given.get("inhibit_any")) or "-inhibit_any" in options,
        bare_anchor=_bare(case),
        purpose_named="_STRICT" in case["purpose"] or case["purpose"].startswith(_ALWAYS_NAMED),
        max_intermediates=None if depth is None else int(depth),
    )


def _bare(case: Case) -> bool:
    """Chromium's plain anchors are names and keys; one that is trusted as a leaf as well is a certificate, as a leaf."""
    trust = case["hints"].get("trust")
    return trust == "TRUSTED_ANCHOR" or (
        trust == "TRUSTED_ANCHOR_OR_LEAF" and case["chain"][0] not in case["anchors"]
    )


def _names(case: Case, options: dict[str, str]) -> Answer:
    try:
        found = mismatch(CertFacts.parse(_ders(case, "chain")[0]), parse_host(case["host"]))
    except PkiError as refusal:
        return _differs(case, "reject", str(refusal))
    return _differs(case, "reject" if found else "accept", found.evidence if found else "")


def _status(case: Case, options: dict[str, str]) -> Answer:
    """By the book: the list may be signed by a certificate that came along, below the anchors."""
    try:
        leaf, *behind = (CertFacts.parse(der) for der in _ders(case, "chain"))
        anchors = [CertFacts.parse(der) for der in _ders(case, "anchors")]
        issuer, *others = (*behind, *anchors)
        above = [anchor for anchor in anchors if anchor != issuer]
        answer = revocation_status(_revocation(case), leaf, issuer, _moment(case), above=above, others=others)
    except PkiError as refusal:
        return _differs(case, "unknown", str(refusal))
    return _differs(case, str(answer.status), answer.text)


def _revocation(case: Case) -> RevocationData:
    """What reads of the lists and answers: a refusal to read one counts as having none."""
    return RevocationData(
        crls=tuple(_readable(Crl.parse, _ders(case, "crls"))),
        ocsp=tuple(_readable(OcspAnswer.parse, _ders(case, "ocsp"))),
    )


def _readable(parse: Callable[[bytes], Read], ders: Iterable[bytes]) -> Iterator[Read]:
    for der in ders:
        try:
            yield parse(der)
        except PkiError:
            continue


def _parse(case: Case, options: dict[str, str]) -> Answer:
    """Read everything, and let every policy judge what reads: a traceback is a disagreement, and so is a long time."""
    ours, why = "parse", ""
    try:
        for der in _ders(case, "chain"):
            facts = CertFacts.parse(der, remember=False)
            if facts.unparseable:
                ours, why = "refuse", f"{', '.join(facts.unparseable)} does not read"
            for policy in POLICIES:
                evaluate([facts], host=None, at=facts.not_before, anchors=[Anchor(facts)], policy=policy)
        _revocation(case)
    except PkiError as refusal:
        ours, why = "refuse", str(refusal)
    except Exception as error:  # a traceback is what this looks for
        return f"{type(error).__name__}: {error}", "", False
    return (None if case["expect"] in (ours, "unknown") else ours), why, False  # to read is not to accept


def _ders(case: Case, what: str) -> list[bytes]:
    return [base64.b64decode(text) for text in case[what]]


def _moment(case: Case) -> datetime:
    return datetime.fromisoformat(case["time"].replace("Z", "+00:00")) if case["time"] else MOMENT


_WAYS: dict[str, Callable[[Case, dict[str, str]], Answer]] = {
    "rfc5280 path only": _path,
    "rfc5280 (whole)": _whole,
    "apple (or rfc5280)": _names,
    "pki.trust.names.mismatch": _names,
    "RevocationData.status": _status,
    "parse only": _parse,
}
