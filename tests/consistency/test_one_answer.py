"""One fact, one answer: whatever command or report is asked, over every scenario and every input at hand.

Each fact is a function from a case to what every teller says of it; all of them must say the same. None stands for a
teller that has nothing to say about this case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.handshake import shake_hands
from pki.issue.profiles import CertificateKind
from pki.load.inspection import inspect_bytes
from pki.load.profile.contents import findings_about_root
from pki.model.certificate import CertFacts
from pki.model.codes import APPLE_CHECKS
from pki.model.signatures import self_signed
from pki.model.verdict import AnchorClass
from pki.report.app_error import app_error_json, expected_app_error, expected_error
from pki.report.apple_error import APPLE_POLICIES, apple_error
from pki.report.explain import explain
from pki.report.html import verdicts_html
from pki.report.inspection import inspection_json, inspection_text
from pki.report.junit import verdicts_junit
from pki.report.markdown import verdicts_markdown
from pki.report.sarif import verdicts_sarif
from pki.report.summary import Judged
from pki.report.verdict import certificate_json, verdict_json, verdict_text
from pki.store import AuthorityFolder
from pki.trust import Anchor, OverrideQuestion, Overrides, all_rules, evaluate, evaluate_customised
from pki_cli.issue_report import judged
from pki_fixtures import SCENARIOS, Rig, ShownBy
from pki_fixtures.evaluation import anchors_of, evidence_of
from tests.chains import judge, key, leaf, root
from tests.consistency.cases import Case, apples, field, limbo, scenarios, suites
from tests.fixtures.verdicts import UNOFFERED

Answers = dict[str, Any]
SOURCES: dict[str, Callable[[Rig], tuple[Case, ...] | None]] = {
    "scenarios": scenarios,
    "Apple's tests": lambda rig: apples("apple.json"),
    "Apple's source": lambda rig: apples("apple-source.json"),
    "the field": lambda rig: field(),
    "other suites": lambda rig: suites(),
    "x509-limbo": lambda rig: limbo(),
}


def document(case: Case) -> dict[str, Any]:
    return verdict_json(case.verdict, name=case.name)


def text(case: Case) -> str:
    return " ".join(verdict_text(case.verdict, name="x").split())


def trusted(case: Case) -> Answers:
    item = Judged("x", case.verdict)
    runs = verdicts_sarif([item], all_rules())["runs"]
    said: Answers = {
        "evaluate": case.verdict.trusted,
        "json": document(case)["trusted"],
        "the text's first line": "NOT TRUSTED" not in text(case).partition(" (policy")[0],
        "the levels": not {"fail", "not reached"} & set(document(case)["levels"].values()),
        "the headline": document(case)["headline"] is None,
        "sarif": all(result["level"] != "error" for result in runs[0]["results"]),
        "junit": fromstring(verdicts_junit([item], all_rules())).get("failures") == "0",
        "markdown": "not trusted" not in verdicts_markdown([item]).partition("\n")[0],
        "html": "not trusted" not in verdicts_html([item]).partition("Levels")[0],
        "the catalogue": case.stated.trusted if case.stated is not None else None,
    }
    if case.host is not None and case.policy == "apple":
        question = OverrideQuestion(case.at, case.anchors, case.host, case.evidence)
        # The other way round where the app's own code may decide: ATS neither asks for trust nor binds the host.
        seen = evaluate_customised(case.chain, question, Overrides(), case.evaluator())
        said["override"] = seen.allowed if case.presented is None or not case.presented.reachable else None
    return said


def sec_trust(case: Case) -> Answers:
    """What SecTrustEvaluateWithError answers, App Transport Security aside."""
    if case.policy not in APPLE_POLICIES:
        return {}
    return {
        "evaluate": case.verdict.sec_trust_accepts,
        "json": document(case)["apple_error"] is None,
        "the text": "Apple's sentence: " not in text(case),
    }


def headline(case: Case) -> Answers:
    worst = case.verdict.headline
    rule = worst.rule_id if worst is not None else None
    told = document(case)["headline"]
    return {
        "evaluate": rule,
        "json": told["rule"] if told is not None else None,
        "explain": explain(rule, all_rules()).rules[0].id if rule is not None else None,
        "the catalogue": case.stated.headline if case.stated is not None else rule,
        "the levels": rule if rule is None or worst in case.verdict.failures else "told as another fact",
    }


def apple_code(case: Case) -> Answers:
    worst, words = case.verdict.headline, apple_error(case.verdict)
    status = worst.rule.status[0] if worst is not None and worst.rule.status is not None else None
    if status is None or case.policy not in APPLE_POLICIES:
        return {}
    assert worst is not None
    reported = explain(str(status), all_rules()).rules
    of_sec_trust = worst.rule.apple_check in APPLE_CHECKS
    return {
        "evaluate": status,
        "json": document(case)["headline"]["os_status"],
        "the text": status if f"Apple reports {status} " in text(case) else None,
        "Apple's words": words.status if words is not None else None if of_sec_trust else status,
        "explain": status if worst.rule in reported else "another rule's",
        "the catalogue": case.stated.status if case.stated is not None else status,
    }


def what_an_app_sees(case: Case) -> Answers:
    error = expected_error(case.verdict)
    if error is None:
        return {"json": document(case)["expected_app_error"] and "something", "evaluate": None}
    codes = error.url_error, error.stream_error
    told = document(case)["expected_app_error"]
    stream = error.stream_error or error.url_error
    said: Answers = {
        "evaluate": codes,
        "json": (told["url_error"], told["stream_error"]),
        "the text": codes if f"The app should see {error.short}" in text(case) else None,
        "explain": codes if error in explain(str(stream), all_rules()).app_errors else "another row",
    }
    if case.stated is not None:
        stated = case.stated.error if case.verdict.ats_enforced else case.stated.error_without_ats
        said["the catalogue"] = (stated.url_error, stated.stream_error) if stated is not None else None
    return said


def certificates(case: Case) -> Answers:
    """Key, signature, names and dates of each certificate, as `evaluate` and `inspect` tell them."""
    theirs = []
    for cert in case.verdict.chain:
        (found,) = inspection_json(inspect_bytes(cert.der, name="x"))["certificates"]
        theirs.append({name: found.get(name) for name in certificate_json(cert)})
    return {"evaluate": document(case)["chain"], "inspect": theirs}


def self_signedness(case: Case) -> Answers:
    """Whether a certificate signed itself, as Apple takes it; one that only says so is nobody's root."""
    chain = case.verdict.chain
    texts = [inspection_text(inspect_bytes(cert.der, name="x")) for cert in chain]
    return {
        "evaluate": [self_signed(cert) for cert in chain],
        "inspect": ["issuer        itself" in told for told in texts],
    }


def ios_switch(case: Case) -> Answers:
    """Whether iOS has a switch for the user's anchor."""
    if case.verdict.anchor_class not in (AnchorClass.USER, AnchorClass.USER_LEAF) or case.policy != "apple":
        return {}
    anchor = case.verdict.chain[-1]
    (seen,) = inspection_json(inspect_bytes(anchor.der, name="x"))["certificates"]
    return {
        "evaluate": any(f.rule_id == "anchor-not-listed" for f in case.verdict.findings),
        "inspect": bool(seen["unlisted_on_ios"]) if seen["unlisted_on_ios"] is not None else True,
        "a profile": any(findings_about_root(anchor)),
    }


def reports_of_a_fact(case: Case) -> Answers:
    """How many failures there are: each fact once."""
    failures = len(case.verdict.failures)
    runs = verdicts_sarif([Judged("x", case.verdict)], all_rules())["runs"]
    told = [f for f in document(case)["findings"] if f["severity"] in ("fatal", "deny", "error")]
    return {
        "evaluate": failures,
        "json": len([f for f in told if f["same_fact_as"] is None]),
        "sarif": len([result for result in runs[0]["results"] if result["level"] == "error"]),
    }


FACTS = (
    trusted,
    sec_trust,
    headline,
    apple_code,
    what_an_app_sees,
    certificates,
    self_signedness,
    ios_switch,
    reports_of_a_fact,
)


def contradictions(fact: Callable[[Case], Answers], cases: tuple[Case, ...]) -> Iterator[str]:
    for case in cases:
        answers = fact(case)
        spoken = {who: said for who, said in answers.items() if said is not None or fact is not trusted}
        if len({json.dumps(said, default=str) for said in spoken.values()}) > 1:
            yield f"{case.name}: {spoken}"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fact", FACTS, ids=[fact.__name__ for fact in FACTS])
def test_every_teller_says_the_same(fact: Callable[[Case], Answers], source: str, rig: Rig) -> None:
    cases = SOURCES[source](rig)
    if cases is None:
        pytest.skip(f"{source} are not here: TRUSTRIG_CORPORA names the folder of the corpora")
    assert cases
    found = list(contradictions(fact, cases))
    assert not found, "\n".join([f"{len(found)} contradictions", *found[:20]])


# Where nobody offers the curve (brainpool's in the last offer of a live `evaluate` alone), a handshake ends before the
# certificate counts; what is shown by a connection is judged live.
SHAKEN = [
    entry
    for entry in SCENARIOS.values()
    if entry.decision is None
    and AnchorClass.USER in entry.expected
    and entry.shown_by is ShownBy.CHAIN
    and entry.id not in (*UNOFFERED, "brainpool")
]


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.id) for entry in SHAKEN])
def test_a_handshake_says_what_evaluate_says(entry: Any, rig: Rig) -> None:
    """Whether it comes about, and what an app sees of it: `handshake` in memory beside `evaluate`."""
    presented = entry.build(rig)
    if presented.cleartext or presented.ats or presented.reachable or presented.ct_log_list or presented.crls:
        pytest.skip("a client of `handshake` has no Info.plist, no log list, no CRLs and no network")
    verdict = evaluate(
        presented.chain,
        host=presented.host,
        at=presented.at,
        anchors=anchors_of(presented, AnchorClass.USER),
        evidence=evidence_of(presented),
    )
    seen = shake_hands(presented.client, presented.server, at=presented.at)
    assert seen.accepted is verdict.trusted, seen.reason
    ours, theirs = expected_error(verdict), expected_app_error(seen)
    assert app_error_json(ours) == app_error_json(theirs)
    if seen.rule is not None and verdict.headline is not None:
        assert seen.rule == verdict.headline.rule_id


KEYS = ["p256", "p384", "rsa2048", "ed25519"]
NEVER_ISSUED = ["p224", "rsa1024"]


@pytest.mark.parametrize("kind", NEVER_ISSUED)
def test_what_issue_refuses_evaluate_would_refuse(kind: str, tmp_path: Any, at: Any) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Consistent", at=at)
    with pytest.raises(InvalidRequest, match="Apple's clients take no certificate"):
        folder.sign_csr(requested(kind), kind=CertificateKind.SERVER, at=at, force=True)
    top = root()
    assert not judge(leaf(top, kind=kind), anchors=(top,)).trusted


def requested(kind: str) -> bytes:
    """A request for api.test with a key of KIND."""
    digest = None if kind == "ed25519" else hashes.SHA256()
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "api.test")])
    names = x509.SubjectAlternativeName([x509.DNSName("api.test")])
    request = x509.CertificateSigningRequestBuilder(name).add_extension(names, critical=False)
    return request.sign(key(kind), digest).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("kind", KEYS)
def test_what_issue_says_of_a_key_is_what_evaluate_says(kind: str, tmp_path: Any, at: Any) -> None:
    """`issue csr` warns of what `evaluate` then finds, and `inspect` tells the same key."""
    folder = AuthorityFolder.create(tmp_path / "ca", name="Consistent", at=at)
    issued = folder.sign_csr(requested(kind), kind=CertificateKind.SERVER, at=at, force=True)
    ders = [certificate.public_bytes(Encoding.DER) for certificate in issued.chain]
    verdict = evaluate(ders[:-1], host="api.test", at=at, anchors=[Anchor.parse(ders[-1])])
    warned = {finding.rule_id for finding in judged(issued.chain, issued.row, at=at) if finding.fails}
    assert warned == {finding.rule_id for finding in verdict.failures}
    (seen,) = inspection_json(inspect_bytes(ders[0], name="x"))["certificates"]
    assert seen["key"] == str(CertFacts.parse(ders[0]).key)
    assert seen["names"] == [{"type": "dns", "value": "api.test"}]
