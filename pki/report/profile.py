"""What an inspection says of a configuration profile: how it presents itself, who signed it, what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pki.model.codes import Severity
from pki.model.payloads import TargetDevice
from pki.model.time_format import moment_text
from pki.report.document import TypedDict
from pki.report.layout import Row, harmless, wrapped

if TYPE_CHECKING:
    from pki.load.profile.findings import ProfileFinding
    from pki.load.profile.reading import ConfigurationProfile
    from pki.load.signers import CmsSigner
    from pki.report.fields import FindingSeverity, Sha256, Text, Time
    from pki.report.style import Style

_WORD = 10  # columns of `error`, `found` and the others

_MOST_TYPES, _LONGEST_TYPE = 10, 80

_TITLES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}


class ProfileJson(TypedDict):
    """How a profile presents itself, who signed it, what it installs, what is wrong with it."""

    identifier: str
    uuid: str
    name: str
    organization: str | None
    signed: bool
    signers: list[SignerJson]
    encrypted: bool
    removal_disallowed: bool
    remove_after: float | None
    remove_on: Time | None
    target_device: int | None
    payloads: list[PayloadJson]
    # Types whose own keys are not checked; references to certificates in them are.
    not_looked_into: list[UncheckedTypeJson]
    findings: list[ProfileFindingJson]  # Errors first.


class SignerJson(TypedDict):
    """Who signed it."""

    name: Text
    algorithm: Text
    verifies: bool  # The signature itself; whether anybody trusts it is not asked.
    problem: Text | None
    sha256: Sha256 | None  # Of the signer's certificate, if it is inside.


class PayloadJson(TypedDict):
    """One payload; its password is not told."""

    type: str
    identifier: str
    uuid: str
    name: str
    password_embedded: bool


class UncheckedTypeJson(TypedDict):
    """A type of payload, and how many there are."""

    type: str
    payloads: int


class ProfileFindingJson(TypedDict):
    """One thing that does not fit Apple's published keys."""

    id: Text  # A stable word, such as wrong-type.
    severity: FindingSeverity  # error: a device refuses it or a part of it; info: a remark.
    unchecked: bool  # It says what could not be looked at, and nothing of the profile.
    path: str  # The key, as in PayloadContent[0].PayloadUUID; empty: all of it.
    found: Text
    expected: Text
    consequence: Text  # What a device does, as far as it is published.


def profile_rows(profile: ConfigurationProfile) -> Iterator[Row]:
    """Label and value for each thing worth a line."""
    yield "name", profile.name or "none"
    yield "identifier", profile.identifier or "none"
    yield "UUID", profile.uuid or "none"
    if profile.organization:
        yield "organization", profile.organization
    if not profile.signed:
        yield "signature", "none"
    for signer in profile.signers:
        yield "signature", _signature(signer)
    if profile.signed:
        yield "signed with", f"{len(profile.signer_certificates)} certificates inside"
        yield (
            "its label",
            "Verified where the device trusts the signer's root before the install, Not Verified elsewhere",
        )
    if profile.target_device is not None:
        known = profile.target_device in list(TargetDevice)
        yield "for device", TargetDevice(profile.target_device).title if known else str(profile.target_device)
    if profile.remove_after is not None:
        days = profile.remove_after / 86400
        yield "leaves after", f"{profile.remove_after:,.0f} seconds ({days:,.1f} days)"
    if profile.remove_on is not None:
        yield "leaves on", moment_text(profile.remove_on)
    if profile.removal_disallowed:
        yield "removal", "disallowed"
    for number, payload in enumerate(profile.payloads, start=1):
        yield f"payload {number}", f"{payload.type} {payload.identifier}"


def finding_lines(
    profile: ConfigurationProfile, findings: Sequence[ProfileFinding], style: Style, *, indent: str
) -> Iterator[str]:
    """What was found, errors first, each with its key, what is there, what is due, and what follows.

    What was not looked into is told apart: a line for all types of other trades, and one for each locked container.
    """
    found = [finding for finding in findings if not finding.unchecked]
    counts = Counter(finding.severity for finding in found)
    counted = [
        style.graded(f"{counts[severity]} {title}{'s' if counts[severity] > 1 else ''}", severity)
        for severity, title in _TITLES.items()
        if counts[severity]
    ]
    if not counts[Severity.ERROR] and not counts[Severity.WARNING]:
        counted.insert(0, style.good("nothing found"))
    yield f"{indent}Held against Apple's published keys: {', '.join(counted)}"
    inner = f"{indent}  "
    for line in _not_looked_into(profile):
        yield from wrapped(harmless(line), indent=indent, hanging=inner)
    for finding in findings:
        yield ""
        heading = (
            "not checked" if finding.unchecked else style.graded(_TITLES[finding.severity], finding.severity)
        )
        title = f"{heading}: {harmless(finding.path or 'the profile as a whole')}"
        yield from wrapped(title, indent=inner, hanging=inner + "  ")
        for word, text in (
            ("found", finding.found),
            ("expected", finding.expected),
            ("so", finding.consequence),
        ):
            hanging = f"{inner}  {'':<{_WORD}}"
            yield from wrapped(f"{word:<{_WORD}}{harmless(text)}", indent=f"{inner}  ", hanging=hanging)


def _not_looked_into(profile: ConfigurationProfile) -> Iterator[str]:
    """One line for the payloads whose own keys nobody checked; the first ten types, of a hostile many."""
    types = profile.not_looked_into
    listed = [
        f"{count} payload{'s' if count > 1 else ''} of type {name[:_LONGEST_TYPE] or 'none'}"
        for name, count in types[:_MOST_TYPES]
    ]
    if len(types) > _MOST_TYPES:
        listed.append(f"{len(types) - _MOST_TYPES:,} more types")
    if listed:
        yield f"Not looked into: {', '.join(listed)}; the references to certificates in them were"


def profile_document(profile: ConfigurationProfile, findings: Sequence[ProfileFinding]) -> ProfileJson:
    """The profile and its findings for JSON; no password is in it."""
    return {
        "identifier": profile.identifier,
        "uuid": profile.uuid,
        "name": profile.name,
        "organization": profile.organization or None,
        "signed": profile.signed,
        "signers": [_signer_document(signer) for signer in profile.signers],
        "encrypted": profile.encrypted,
        "removal_disallowed": profile.removal_disallowed,
        "remove_after": profile.remove_after,
        "remove_on": moment_text(profile.remove_on) if profile.remove_on is not None else None,
        "target_device": profile.target_device,
        "payloads": [
            {
                "type": payload.type,
                "identifier": payload.identifier,
                "uuid": payload.uuid,
                "name": payload.name,
                "password_embedded": payload.password is not None,
            }
            for payload in profile.payloads
        ],
        "not_looked_into": [
            {"type": harmless(name), "payloads": count} for name, count in profile.not_looked_into
        ],
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "unchecked": finding.unchecked,
                "path": harmless(finding.path),
                "found": harmless(finding.found),
                "expected": harmless(finding.expected),
                "consequence": harmless(finding.consequence),
            }
            for finding in findings
        ],
    }


def _signature(signer: CmsSigner) -> str:
    answer = f"does not verify: {signer.problem}" if signer.problem else f"verifies, {signer.algorithm}"
    issuer = signer.certificate.issuer if signer.certificate is not None else None
    return f"by {signer.name}{f', issued by {issuer}' if issuer is not None else ''}; {answer}"


def _signer_document(signer: CmsSigner) -> SignerJson:
    certificate = signer.certificate
    return {
        "name": harmless(signer.name),
        "algorithm": signer.algorithm,
        "verifies": not signer.problem,
        "problem": signer.problem or None,
        "sha256": certificate.sha256 if certificate is not None else None,
    }
