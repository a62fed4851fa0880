"""Apple's own words about a verdict: the texts of SecTrustEvaluateWithError's error, which people paste into a search.

Source: Security-61901 SecTrust.c, SecTrustCopyErrorStrings, SecTrustCopyError and SecTrustCopyFailureDescription, with
the English texts of SecFrameworkStrings.h; an app shows those of its user's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pki.model.codes import APPLE_CHECKS, AppleCheck, ErrorGroup
from pki.model.subject_summary import subject_summary
from pki.model.verdict import Verdict
from pki.report.document import TypedDict

if TYPE_CHECKING:
    from typing import Literal

    from pki.report.fields import Status, Text

APPLE_POLICIES = ("apple", "ssl-client", "basic")  # of the others, nothing that Apple reports can be said

_SENTENCES = {
    ErrorGroup.BLOCKED: "“{}” certificate is blocked",
    ErrorGroup.REVOKED: "“{}” certificate is revoked",
    ErrorGroup.KEY_SIZE: "“{}” certificate is using a broken key size",
    ErrorGroup.WEAK_HASH: "“{}” certificate is using a broken signature algorithm",
    ErrorGroup.DENIED: "User or administrator set “{}” certificate as distrusted",
    ErrorGroup.COMPLIANCE: "“{}” certificate is not standards compliant",
    ErrorGroup.PINNING: "{} certificates do not meet pinning requirements",
    ErrorGroup.TRUST: "“{}” certificate is not trusted",
    ErrorGroup.USAGE: "“{}” certificate is not permitted for this usage",
    ErrorGroup.NAME: "“{}” certificate name does not match input",
    ErrorGroup.EXPIRED: "“{}” certificate is expired",
}
_DETAILS = {
    "AnchorTrusted": "Root is not trusted",
    "MissingIntermediate": "Unable to build chain to root (possible missing intermediate)",
    "TemporalValidity": "Certificate is not temporally valid",
    "SSLHostname": "SSL hostname does not match name(s) in certificate",
    "WeakKeySize": "Certificate is using a broken key size",
    "KeySize": "Key size is not permitted for this use",
    "WeakSignature": "Certificate is using a broken signature algorithm",
    "SignatureHashAlgorithms": "Signature hash algorithm is not permitted for this use",
    "BasicConstraints": "Basic constraints are required but missing",
    "BasicConstraintsCA": "Non-CA certificate used as a CA",
    "BasicConstraintsPathLen": "Chain exceeded constrained path length",
    "IdLinkage": "SubjectKeyID/AuthorityKeyID mismatch in chain",
    "NonEmptySubject": "Certificate missing a name",
    "CriticalExtensions": "Found unknown critical extensions",
    "UnparseableExtension": "Unable to parse known extension",
    "DuplicateExtension": "Multiple extensions with the same extension ID",
    "NameConstraints": "Name constraints violated",
    "PolicyConstraints": "Policy constraints violated",
    "SystemTrustValidityPeriod": "Certificate exceeds maximum temporal validity period",
    "OtherTrustValidityPeriod": "Certificate exceeds maximum temporal validity period",
    "SystemTrustedCTRequired": "Certificate Transparency validation required for this use",
    "KeyUsage": "Key usage does not match certificate usage",
    "ExtendedKeyUsage": "Extended key usage does not match certificate usage",
    "ServerAuthEKU": "Extended key usage does not match certificate usage",
    "LeafSPKISHA256": "Public key does not match pinned value",
    "CAspkiSHA256": "Public key does not match pinned value",
    "BlackListedLeaf": "Certificate is blocked",
    "BlackListedKey": "Key is blocked",
    "UsageConstraints": "User or administrator set certificate as distrusted",
    "Revocation": "Certificate is revoked",
}
# Where what is no leaf's check is found in a chain of three.
_PLACES = {
    "AnchorTrusted": ("root", 2),
    "BasicConstraints": ("ca1", 1),
    "BasicConstraintsCA": ("ca1", 1),
    "BasicConstraintsPathLen": ("ca1", 1),
}


class AppleError(NamedTuple):
    """The error's code and its texts.

    `sentence` is its localizedDescription, `underlying` that of the error under NSUnderlyingError, `log` the line that
    the system's log has of it.
    """

    status: int
    sentence: str
    underlying: str
    log: str


class AppleErrorJson(TypedDict):
    """What SecTrustEvaluateWithError gives."""

    domain: Literal["NSOSStatusErrorDomain"]
    code: Status
    description: Text  # The error's localizedDescription, in English.
    underlying_description: str  # localizedDescription of the error under NSUnderlyingError.
    log: Text  # The line in the system's log.


def words_of_check(check: AppleCheck) -> AppleError:
    """What it would say of CHECK alone: NAME stands for the certificate's name, and it is at a place it can have."""
    about = '"NAME"' if check.group is ErrorGroup.PINNING else "NAME"
    place, position = _PLACES.get(check.name, ("leaf", 0))
    return AppleError(
        check.status,
        _SENTENCES[check.group].format(about),
        f"Certificate {position} “NAME” has errors: {_DETAILS[check.name]};",
        f"Trust evaluate failure: [{place} {check.name}]",
    )


def apple_error(verdict: Verdict) -> AppleError | None:
    """What SecTrustEvaluateWithError would say; None where it succeeds, and for policies that are not Apple's.

    Several checks of one certificate come in an order of our own: Apple's is that of a hash table.
    """
    worst = verdict.headline
    check = APPLE_CHECKS.get(worst.rule.apple_check or "") if worst is not None else None
    if worst is None or check is None or verdict.policy not in APPLE_POLICIES:
        return None
    failed: dict[int, list[str]] = {}
    for finding in sorted((f for f in verdict.findings if f.fails), key=lambda f: f.position):
        name = finding.rule.apple_check
        if name is not None and name not in failed.setdefault(finding.position, []):
            failed[finding.position].append(name)
    summaries = [subject_summary(cert) for cert in verdict.chain]
    if check.group is ErrorGroup.PINNING:
        about: str | None = ",".join(f'"{summary or "(null)"}"' for summary in summaries)
    else:
        about = summaries[worst.position]
    underlying = "".join(
        f"Certificate {position} “{summaries[position] or '(null)'}” has errors: "
        f"{', '.join(_DETAILS[name] for name in names)};"
        for position, names in failed.items()
        if names
    )
    log = "".join(
        f" [{_place(position, len(verdict.chain))} {' '.join(sorted(names))}]"
        for position, names in failed.items()
        if names
    )
    # Of a certificate without a name there is no sentence of these, but the code's own text.
    sentence = _SENTENCES[check.group].format(about) if about is not None else f"({check.symbol})"
    return AppleError(check.status, sentence, underlying, f"Trust evaluate failure:{log}")


def _place(position: int, length: int) -> str:
    return "leaf" if position == 0 else "root" if position == length - 1 else f"ca{position}"


def apple_error_json(error: AppleError | None) -> AppleErrorJson | None:
    """The error as a program sees it."""
    if error is None:
        return None
    return {
        "domain": "NSOSStatusErrorDomain",
        "code": error.status,
        "description": error.sentence,
        "underlying_description": error.underlying,
        "log": error.log,
    }
