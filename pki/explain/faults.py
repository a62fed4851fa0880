"""All faults by id, and which of two that stand in one text says no more than the other."""

from __future__ import annotations

from pki.explain.connection_faults import CONNECTION_FAULTS
from pki.explain.fault import Fault
from pki.explain.other_faults import OTHER_FAULTS
from pki.explain.path_faults import PATH_FAULTS
from pki.explain.rule_faults import RULE_FAULTS

FAULTS: dict[str, Fault] = {
    fault.id: fault for fault in (*PATH_FAULTS, *RULE_FAULTS, *CONNECTION_FAULTS, *OTHER_FAULTS)
}
WORTH_TELLING = 60
"""A fault of this weight or more is told beside another one; below are catch-alls and consequences."""

_WEAK_PATH = frozenset({"issuer-unknown", "no-root", "missing-intermediate"})
_IMPLIED: dict[str, frozenset[str]] = {
    "self-signed": _WEAK_PATH | {"root-unknown"},
    "root-unknown": _WEAK_PATH,
    "expired": frozenset({"validity"}),
    "not-yet-valid": frozenset({"validity", "expired"}),  # the group's word for both is "expired"
    "no-san": frozenset({"name"}),
    "eap-name": frozenset({"name"}),
    "pin": frozenset({"pinning-unmet"}),
    "pinning-required": frozenset({"pinning-unmet", "pin"}),
    "blocked": frozenset({"revoked"}),
    "profile-tls": frozenset({"profile-invalid"}),
    "codesign": _WEAK_PATH | {"root-unknown"},
    "p12-legacy": frozenset({"p12-unreadable", "p12-password", "legacy-algorithm"}),
    "p12-password": frozenset({"p12-unreadable", "file-unreadable"}),
    "key-mismatch": frozenset({"file-unreadable"}),
    "weak-key": frozenset({"weak-algorithm"}),
    "weak-digest": frozenset({"weak-algorithm"}),
    "client-certificate-missing": frozenset({"client-certificate-or-missing", "access-denied"}),
    "version": frozenset({"version-or-suite", "suite", "not-tls", "not-tls-from-client"}),
    "suite": frozenset({"version-or-suite"}),
    "not-tls": frozenset({"version"}),
    "http-on-tls": frozenset({"not-tls", "not-tls-from-client", "client-forbidden"}),
    "weak-dh": frozenset({"suite", "group"}),
}
_COMPLIANCE = frozenset(
    [
        "not-a-ca",
        "path-length",
        "key-ids",
        "empty-subject",
        "critical-extension",
        "malformed",
        "name-constraints",
        "policy",
        "too-long",
        "transparency",
        "leaf-is-ca",
    ]
)


def implies(primary: str, other: str) -> bool:
    """Whether OTHER says nothing more where PRIMARY is said, of the same chain."""
    if other in _IMPLIED.get(primary, ()):
        return True
    if other == "compliance":
        return primary in _COMPLIANCE
    return other in _WEAK_PATH and FAULTS[primary].of_chain and FAULTS[primary].weight > FAULTS[other].weight
