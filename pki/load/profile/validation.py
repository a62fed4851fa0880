"""A profile, ours or a stranger's, held against what Apple publishes about profiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from pki.load.profile.contents import check_contents, encrypted_part
from pki.load.profile.crosschecks import cross_check
from pki.load.profile.findings import ProfileFinding, brief, refused
from pki.load.profile.reading import ConfigurationProfile
from pki.load.profile.references import TooManyPartsError, broken, references_in
from pki.load.profile.schema import profile_schema
from pki.load.profile.schema_walk import MAX_VALUES, SchemaWalk, TooLargeError
from pki.model.codes import Severity

if TYPE_CHECKING:
    from pki.load.profile.contents import Content
    from pki.model.certificate import CertFacts

MAX_FINDINGS = 200
"""Ours: nobody reads more, and a hostile profile has as many as it likes."""

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def findings_about(
    profile: ConfigurationProfile, contents: Sequence[Content], *, at: datetime | None = None
) -> tuple[ProfileFinding, ...]:
    """Everything found, errors first. CONTENTS are what each payload carries, None where it carries no data.

    Checked are keys, types and values (`profile-schema.json`), what the parts owe each other (`crosschecks`), the
    references between them (`references`), the certificates and identities (`contents`) and the signature. Dates are
    judged at AT, and not at all without it.
    """
    found = list(islice(_all(profile, contents, at), MAX_FINDINGS + 1))
    if len(found) > MAX_FINDINGS:
        found[MAX_FINDINGS:] = [_gave_up(f"more than {MAX_FINDINGS} findings")]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def _all(
    profile: ConfigurationProfile, contents: Sequence[Content], at: datetime | None
) -> Iterator[ProfileFinding]:
    yield from _signature(profile, at)
    walk = SchemaWalk(profile_schema(), system=profile.system, for_macs=profile.for_macs)
    try:
        yield from walk.profile(profile.raw)
        yield from _references(profile)
    except (TooLargeError, TooManyPartsError):
        yield _gave_up(f"more than {MAX_VALUES:,} values")
        return
    yield from cross_check(profile, at)
    if (encrypted := profile.encrypted_content) is not None:
        yield from encrypted_part(encrypted, alone="PayloadContent" not in profile.raw)
    yield from check_contents(profile, contents, at=at)
    if profile.late_declaration:
        yield ProfileFinding(
            "late-declaration",
            Severity.INFO,
            "",
            "white space before the XML declaration",
            "the declaration as the first bytes",
            "Apple's reader takes it, and stricter ones (xmllint, Python's plistlib) do not",
        )


def _references(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    types = {payload.uuid: payload.type for payload in profile.payloads if payload.uuid}
    for reference in references_in([(payload.path, payload.raw) for payload in profile.payloads]):
        yield from broken(reference, types)


def _signature(profile: ConfigurationProfile, at: datetime | None) -> Iterator[ProfileFinding]:
    if profile.signed and not profile.signers:
        yield ProfileFinding(
            "bad-signature", Severity.ERROR, "", "a CMS container without a signature", "one", refused(1004)
        )
    for signer in profile.signers:
        if signer.problem:
            yield ProfileFinding(
                "bad-signature",
                Severity.ERROR,
                "",
                f"the signature of {brief(signer.name)} does not verify: {signer.problem}",
                "a signature over these bytes by a certificate that is inside",
                refused(1004),
            )
        elif at is not None and signer.certificate is not None and not _valid(signer.certificate, at):
            yield ProfileFinding(
                "signer-expired",
                Severity.WARNING,
                "",
                f"the certificate of the signer {brief(signer.name)} is not valid now",
                "one that is",
                "A new install counts as unsigned, and an installed profile becomes Unverified",
            )


def _valid(certificate: CertFacts, at: datetime) -> bool:
    return certificate.not_before <= at <= certificate.not_after


def _gave_up(found: str) -> ProfileFinding:
    return ProfileFinding(
        "too-large", Severity.ERROR, "", found, "a profile that people wrote", "The rest was not looked at"
    )
