"""All faults by id, and which of two that stand in one text says no more than the other."""

from __future__ import annotations

from pki.explain.fault import Fault
from pki.explain.faults.apps import APP_FAULTS
from pki.explain.faults.ats_and_clients import ATS_AND_CLIENT_FAULTS
from pki.explain.faults.authorities import CA_FAULTS
from pki.explain.faults.dates_and_names import DATE_AND_NAME_FAULTS
from pki.explain.faults.elsewhere import ELSEWHERE_FAULTS
from pki.explain.faults.imports import IMPORT_FAULTS
from pki.explain.faults.issuers import ISSUER_FAULTS
from pki.explain.faults.network import NETWORK_FAULTS
from pki.explain.faults.parameters import PARAMETER_FAULTS
from pki.explain.faults.protocol import PROTOCOL_FAULTS
from pki.explain.faults.revocation_and_pins import REVOCATION_AND_PIN_FAULTS
from pki.explain.faults.server_rules import SERVER_RULE_FAULTS
from pki.explain.faults.settings import SETTINGS_FAULTS

FAULTS: dict[str, Fault] = {
    fault.id: fault
    for fault in (
        *ISSUER_FAULTS,
        *CA_FAULTS,
        *SETTINGS_FAULTS,
        *DATE_AND_NAME_FAULTS,
        *SERVER_RULE_FAULTS,
        *REVOCATION_AND_PIN_FAULTS,
        *PARAMETER_FAULTS,
        *PROTOCOL_FAULTS,
        *ATS_AND_CLIENT_FAULTS,
        *NETWORK_FAULTS,
        *IMPORT_FAULTS,
        *APP_FAULTS,
        *ELSEWHERE_FAULTS,
    )
}
WORTH_REPORTING = 60
"""A fault of this weight or more is told beside another one; below are catch-alls and consequences."""

_WEAK_PATH = frozenset({"issuer-unknown", "not-trusted", "no-root", "missing-intermediate"})
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
