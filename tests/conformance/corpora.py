"""How each corpus puts its question, and how our answer is compared with its own."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pki.ats import AtsSettings, Pins, pins_for, policy_for, read_settings
from pki.ats.settings import DTLS_VERSIONS, TLS_VERSIONS
from pki.errors import PkiError
from pki.model.certificate import CertFacts
from pki.model.extension_values import NameType
from pki.model.hosts import Host, is_dns_name, packed_address, trust_address
from pki.model.oids import ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH
from pki.model.verdict import Verdict
from pki.trust import (
    Anchor,
    Crl,
    Evidence,
    LogList,
    PathInputs,
    RevocationData,
    TrustResult,
    TrustSetting,
    TrustSettings,
    evaluate,
    read_log_list,
)
from pki.trust.distrust import DISTRUSTED_ROOTS
from pki.trust.policies import policy_named
from pki.trust.request import Policy
from tests.conformance import commands, parsing, suites, texts
from tests.conformance.tally import Case, Tally, findings


def _der(pem: str) -> bytes:
    return base64.b64decode(re.sub(r"-----[^-]+-----|\s", "", pem))


def _moment(text: str | None) -> datetime:
    return datetime.now(UTC) if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


_APPLE_POLICIES = {"ssl-server": "apple", "ssl-client": "ssl-client", "basic": "basic"}


def _apple(case: Case, tally: Tally) -> Case | None:
    verdict: Verdict | str
    try:
        verdict = evaluate(
            [_der(case["leaf"]), *map(_der, case["intermediates"])],
            host=case["hostname"],
            at=_moment(case["verify_time"]),
            anchors=[Anchor.parse(_der(pem), case["anchor_kind"]) for pem in case["anchors"]],
            policy=_APPLE_POLICIES[case["policy"]],
            ats=_pinned(case),
            evidence=Evidence(
                settings=_settings(case),
                distrusted_roots=_distrusted(case),
                ct_logs=_ct_logs(case),
                ct_enforced=bool(case.get("ct_enforced")),
            ),
        )
    except PkiError as refusal:
        verdict, accepts, error = str(refusal), False, None
    else:
        # The corpus asks SecTrust, pins included, and not the ATS layer above it.
        accepts = not any(f.fails and f.rule.apple_check for f in verdict.findings)
        error = verdict.headline.rule.apple_check if verdict.headline is not None else None
    agreed = tally.count(accepts == (case["expected"] == "trusted"))
    wanted = case["expected_error"]
    if wanted:
        tally.errors_stated += 1
        tally.errors_agreed += agreed and error == wanted
    if agreed and (not wanted or error == wanted):
        return None
    return {
        "id": case["id"],
        "expected": [case["expected"], wanted],
        "error": error,
        "ours": findings(verdict),
    }


def _settings(case: Case) -> TrustSettings:
    found: dict[str, tuple[TrustSetting, ...]] = {}
    for entry in case.get("trust_settings") or ():
        policy = entry.get("policy")
        setting = TrustSetting(
            TrustResult(entry["result"]),
            policy=_APPLE_POLICIES[policy] if policy else None,
            host=entry.get("policy_string"),
            allowed_error=entry.get("allowed_error"),
        )
        found[entry["sha256"]] = (*found.get(entry["sha256"], ()), setting)
    return TrustSettings(found)


def _apple_cases(document: Any) -> Iterable[Case]:
    """Each case with the log list it names, where the test enforced Certificate Transparency."""
    for case in document["cases"]:
        names = case.get("ct_logs") if case.get("ct_enforced") else None
        yield {**case, "log_list": document["ct_log_lists"][names] if names else None}


def _ct_logs(case: Case) -> LogList | None:
    return read_log_list(json.dumps(case["log_list"]).encode(), name="logs") if case["log_list"] else None


def _distrusted(case: Case) -> dict[str, datetime]:
    """The case names a date for its own root, as Apple's list does for eight fingerprints."""
    since = case.get("distrust_root_after")
    own = {CertFacts.parse(_der(pem)).sha256: _moment(since) for pem in case["anchors"]} if since else {}
    return {**DISTRUSTED_ROOTS, **own}


def _pinned(case: Case) -> AtsSettings | None:
    pins = case.get("spki_pins")
    if not pins:
        return None
    entry = {
        key: [{"SPKI-SHA256-BASE64": digest} for digest in pins[kind]]
        for key, kind in (("NSPinnedLeafIdentities", "leaf"), ("NSPinnedCAIdentities", "ca"))
        if pins.get(kind) is not None
    }
    return read_settings({"NSPinnedDomains": {case["hostname"]: entry}})


def _ats(case: Case, tally: Tally) -> Case | None:
    if "value" in case:
        return _version_string(case, tally)
    policy = policy_for(
        _host(case["host"]),
        read_settings(case["ats"]),
        local=case["is_local"],
        first_party=case["apple_bundle"],
    )
    ours = {
        "tls_required": policy.tls_required,
        "min_tls": policy.minimum_tls,
        "ciphersuites_restricted": policy.ciphersuites_restricted,
    }
    if tally.count(ours == case["expected"]):
        return None
    return {"id": case["id"], "expected": case["expected"], "ours": ours}


def _ats_cases(document: Any) -> Iterable[Case]:
    """The decisions, then the spellings of TLS versions, which are counted apart."""
    yield from document["cases"]
    yield from document.get("version_strings", ())


def _version_string(case: Case, tally: Tally) -> Case | None:
    value = case["value"]
    ours = value.replace(".", "") if value in {*TLS_VERSIONS, *DTLS_VERSIONS} else None
    tally.versions += 1
    tally.versions_agreed += ours == case["expected"]
    if ours == case["expected"]:
        return None
    return {"id": case["id"], "expected": case["expected"], "ours": ours}


def _host(text: str) -> Host:
    return Host(text, packed_address(text))


def _names(case: Case, tally: Tally) -> Case | None:
    value = case["value"]
    ours = is_dns_name(value) if case["kind"] == "dns-name" else trust_address(value) is not None
    if tally.count(ours == case["valid"]):
        return None
    return {"value": value, "kind": case["kind"], "expected": case["valid"], "ours": ours}


def _pins(case: Case, tally: Tally) -> Case | None:
    settings = read_settings(case["info_plist"].get("NSAppTransportSecurity"))
    pins: Pins = pins_for(_host(case["host"]), settings)
    ours = {"leaf_spki_sha256": _base64_set(pins.leaf), "ca_spki_sha256": _base64_set(pins.ca)}
    expected = {key: None if value is None else sorted(value) for key, value in case["expected"].items()}
    if tally.count(ours == expected):
        return None
    return {"id": case["id"], "expected": expected, "ours": ours}


def _base64_set(digests: tuple[bytes, ...] | None) -> list[str] | None:
    return None if digests is None else sorted(base64.b64encode(digest).decode() for digest in digests)


def _limbo(case: Case, tally: Tally) -> Case | None:
    server = case["validation_kind"] == "SERVER"
    peer = case["expected_peer_name"]
    ours: Verdict | str
    try:
        ours = evaluate(
            [_der(case["peer_certificate"]), *map(_der, case["untrusted_intermediates"])],
            host=_host(peer["value"]) if server and peer else None,
            at=_moment(case["validation_time"]),
            anchors=[Anchor.parse(_der(pem)) for pem in case["trusted_certs"]],
            policy=_book(case["id"], server=server),
            evidence=Evidence(
                revocation=RevocationData(crls=tuple(Crl.parse(pem.encode()) for pem in case["crls"]))
            ),
            inputs=PathInputs(max_intermediates=case["max_chain_depth"]),
        )
        accepts = ours.trusted and _emails_match(case, ours.chain[0])
    except PkiError as refusal:
        ours, accepts = str(refusal), False
    if tally.count(accepts == (case["expected_result"] == "SUCCESS")):
        return None
    return {"id": case["id"], "expected": case["expected_result"], "ours": findings(ours)}


def _book(case_id: str, *, server: bool) -> Policy:
    """The policy of the book a namespace quotes, for its kind of peer; most are written for RFC 5280."""
    policy = policy_named("webpki" if case_id.startswith("webpki::") else "rfc5280")
    return policy if server else replace(policy, purposes=(CLIENT_AUTH, ANY_EXTENDED_KEY_USAGE))


def _emails_match(case: Case, leaf: CertFacts) -> bool:
    wanted = {peer["value"] for peer in case["expected_peer_names"] if peer["kind"] == "RFC822"}
    return wanted <= {name.text for name in leaf.names(NameType.EMAIL)}


FORMATS: dict[str, tuple[Callable[[Any], Iterable[Case]], Callable[[Case, Tally], Case | None]]] = {
    "apple": (_apple_cases, _apple),
    "ats": (_ats_cases, _ats),
    "names": (lambda document: document["cases"], _names),
    "pins": (lambda document: document["cases"], _pins),
    "parse": (parsing.cases, parsing.judge),
    "limbo": (lambda document: document["testcases"], _limbo),
    "suite": (suites.cases, suites.judge),
    "commands": (commands.cases, commands.judge),
    "texts": (texts.cases, texts.judge),
}
