"""What an Info.plist asks of a host, its lints and advice about one server: text for people and JSON for programs."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pki.model.codes import Severity
from pki.model.sources import CODE
from pki.report.document import TypedDict
from pki.report.layout import clipped, printable, table, wrapped
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from typing import Literal

    from pki.ats import AtsPolicy, Pins
    from pki.ats.advice import Advice
    from pki.ats.lints import Lint
    from pki.model.hosts import Host
    from pki.report.fields import LevelName, RuleId, Text

SHA256_BYTES = 32
MAX_SHOWN = 20  # places per lint in the text; the JSON holds all


# By the values of `pki.ats.Caller`: what loads, as developers call it.
_LOADS = {"urlsession": "URLSession", "webkit": "WKWebView", "media": "AVFoundation"}
_OUTSIDE = "The Network framework, CFNetwork streams and sockets are outside ATS."


class AtsDocument(TypedDict):
    """What an Info.plist asks of a host, what is odd in it, and the smallest change that admits a server."""

    schema: Literal["trustrig.ats/1"]
    code: Text  # The published source that the rules were read from.
    host: Text | None  # null: none was named, and nothing is decided.
    policy: AtsPolicyJson | None  # URLSession's.
    policies: dict[str, AtsPolicyJson] | None  # By what loads: urlsession, webkit, media.
    pins: PinsJson | None
    lints: list[LintJson]
    advice: AdviceJson | None  # null: no host, or the server is let through as it is.


class AtsPolicyJson(TypedDict):
    """What App Transport Security asks of one kind of load, and why."""

    why: Text
    applies: bool
    tls_required: bool
    trust_required: bool
    minimum_tls: Text | None
    forward_secrecy: bool
    exception: Text | None  # The key of NSExceptionDomains that decides.


class PinsJson(TypedDict):
    """NSPinnedDomains: SHA-256 digests in base64, null where there are none."""

    leaf: list[str] | None
    ca: list[str] | None


class LintJson(TypedDict):
    """One thing that is odd in the dictionary."""

    rule: RuleId
    level: LevelName
    severity: Severity
    key: list[str]  # The path from NSAppTransportSecurity down, or from Info.plist where it lies outside.
    title: Text
    evidence: Text
    fix: Text
    source: Text


class AdviceJson(TypedDict):
    """What would let the server through."""

    host: Text
    unmet: list[Text]  # What ATS holds against it.
    alternatives: list[Text]  # Better, as they need no exception.
    info_plist: dict[str, Any]  # To merge into NSAppTransportSecurity.
    xml: str  # The same, to paste.
    price: list[Text]
    needs_justification: list[Text]  # Keys for which App Review asks a reason.
    notes: list[Text]


@dataclass(frozen=True, slots=True)
class HostPolicies:
    """What is asked of a connection to HOST: the policies by the values of `pki.ats.Caller`, and the pins."""

    host: Host
    policies: Mapping[str, AtsPolicy]
    pins: Pins


def decision_text(asked: HostPolicies) -> str:
    """What ATS asks of URLSession, whether other loads differ, and the pins; 80 columns wide."""
    first = asked.policies["urlsession"]
    tls = f"TLS {first.minimum_tls} or newer" if first.minimum_tls else "any TLS version"
    trust = "the system's own trust" if first.trust_required else "what the app decides counts"
    asks = f". {tls}; {trust}." if first.applies else ""
    parts = ["\n".join(wrapped(f"{asked.host}: {first.why}{asks}", hanging="  "))]
    parts += ["\n".join(wrapped(text)) for text in _pinned(asked.pins)]
    if all(policy == first for policy in asked.policies.values()):
        same = f"The same for {', '.join(_LOADS.values())}. {_OUTSIDE}"
        return "\n\n".join([*parts, "\n".join(wrapped(same))])
    rows: list[tuple[str, ...]] = [
        (_LOADS[who], "as said" if policy == first else policy.why) for who, policy in asked.policies.items()
    ]
    return "\n\n".join([*parts, "\n".join(table(rows)), "\n".join(wrapped(_OUTSIDE))])


def _pinned(pins: Pins) -> Iterator[str]:
    for whose, digests in (("a CA of the chain", pins.ca), ("the server", pins.leaf)):
        if digests is None:
            continue
        usable = sum(len(digest) == SHA256_BYTES for digest in digests)
        if not usable:
            yield f"NSPinnedDomains pins the key of {whose}, and no pin is usable: every certificate is refused."
        else:
            keys = "one key" if usable == 1 else f"one of {usable} keys"
            yield f"NSPinnedDomains pins the key of {whose} to {keys}, in every SecTrust of the app."


def ats_document(asked: HostPolicies | None, lints: Sequence[Lint], advice: Advice | None) -> AtsDocument:
    """The same for programs; ASKED is None without a host."""
    decided = {who: _policy_json(policy) for who, policy in asked.policies.items()} if asked else None
    return {
        "schema": "trustrig.ats/1",
        "code": CODE,
        "host": str(asked.host) if asked else None,
        "policy": decided["urlsession"] if decided else None,
        "policies": decided,
        "pins": {"leaf": _base64(asked.pins.leaf), "ca": _base64(asked.pins.ca)} if asked else None,
        "lints": [lint_json(lint) for lint in lints],
        "advice": advice_json(advice) if advice is not None else None,
    }


def _policy_json(policy: AtsPolicy) -> AtsPolicyJson:
    return {
        "why": policy.why,
        "applies": policy.applies,
        "tls_required": policy.tls_required,
        "trust_required": policy.trust_required,
        "minimum_tls": policy.minimum_tls,
        "forward_secrecy": policy.forward_secrecy,
        "exception": policy.exception_key,
    }


def _base64(digests: tuple[bytes, ...] | None) -> list[str] | None:
    return None if digests is None else [base64.b64encode(digest).decode() for digest in digests]


def lints_text(lints: Sequence[Lint], *, style: Style = PLAIN) -> str:
    """The lints by rule, warnings first, else in the order in which the dictionary brings them up; 80 columns wide."""
    groups: dict[str, list[Lint]] = {}
    for lint in sorted(lints, key=lambda lint: lint.severity is not Severity.WARNING):
        groups.setdefault(lint.rule_id, []).append(lint)
    return "\n\n".join("\n".join(_group(group, style)) for group in groups.values())


def _group(lints: Sequence[Lint], style: Style) -> list[str]:
    rule = lints[0].rule
    severity = style.graded(rule.severity, rule.severity)
    lines = wrapped(f"{severity}: {style.rule(rule)}", indent="  ", hanging="    ")
    for lint in lints[:MAX_SHOWN]:
        place = clipped(printable(lint.where), 160)
        lines += wrapped(f"{place}: {printable(lint.evidence)}", indent="    ", hanging="        ")
    if len(lints) > MAX_SHOWN:
        lines += [f"    and {len(lints) - MAX_SHOWN:,} more"]
    lines += wrapped(f"Fix: {rule.fix}", indent="    ", hanging="      ")
    return lines + wrapped(f"Source: {rule.citation}", indent="    ", hanging="      ")


def lint_json(lint: Lint) -> LintJson:
    """One lint, for programs."""
    return {
        "rule": lint.rule_id,
        "level": lint.rule.level.name.lower(),
        "severity": lint.severity,
        "key": list(lint.path),
        "title": lint.rule.title,
        "evidence": lint.evidence,
        "fix": lint.fix,
        "source": lint.rule.citation,
    }


def advice_text(advice: Advice, *, style: Style = PLAIN) -> str:
    """What ATS holds against the server, what to do about it there, and else in Info.plist; 80 columns wide."""
    refuses = style.bad("does not let")
    lines = wrapped(f"ATS {refuses} {advice.host} through: {'; '.join(advice.unmet)}.", hanging="  ")
    lines += ["", style.headline("Better, as it needs no exception"), *_items(advice.alternatives), ""]
    if not advice.fragment:
        return "\n".join([*lines, style.headline("In Info.plist"), *_items(advice.notes)])
    lines += [style.headline("Else, the smallest change to Info.plist"), ""]
    lines += [f"  {line}".replace("\t", "  ") for line in advice.xml.splitlines()]
    asked = [f"App Review asks why {name} is there." for name in advice.justified]
    price = [*advice.price, *(asked or ["App Review asks no reason for it."])]
    lines += ["", style.headline("Its price"), *_items(price)]
    if advice.notes:
        lines += ["", style.headline("Note"), *_items(advice.notes)]
    return "\n".join(lines)


def _items(sentences: Sequence[str]) -> list[str]:
    return [line for text in sentences for line in wrapped(printable(text), indent="  - ", hanging="    ")]


def advice_json(advice: Advice) -> AdviceJson:
    """The advice for programs."""
    return {
        "host": str(advice.host),
        "unmet": list(advice.unmet),
        "alternatives": list(advice.alternatives),
        "info_plist": dict(advice.fragment),
        "xml": advice.xml,
        "price": list(advice.price),
        "needs_justification": list(advice.justified),
        "notes": list(advice.notes),
    }
