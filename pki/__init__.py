"""trustrig's library: make test certificates, judge chains the way an Apple client would, and hand both over.

    from datetime import UTC, datetime
    from pki import Anchor, Authority, evaluate

    now = datetime.now(UTC)
    authority = Authority.create(name="Test CA", at=now)
    server = authority.issue_server("api.test", at=now)

Names are loaded on first use: `import pki` itself costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.version import __version__

if TYPE_CHECKING:
    from pki.ats import AtsPolicy, AtsSettings, policy_for, read_info_plist
    from pki.errors import (
        HandshakeError,
        InstallError,
        InvalidRequest,
        NotExportable,
        PkiError,
        StoreError,
        Unreadable,
        WrongPassword,
    )
    from pki.explain import explain_text
    from pki.export.pkcs12 import write_p12
    from pki.export.profile import ProfileIdentity, ProfileOptions, WifiNetwork, build_profile
    from pki.export.signing import sign_profile
    from pki.handshake import AllowList, ChainsTo, ClientSettings, LoopbackServer, ServerSettings, shake_hands
    from pki.issue import Authority, KeyType
    from pki.live import Route, diagnose, evaluate_live, parse_target
    from pki.load import load_certificates, load_identity, load_path
    from pki.load.inspection import inspect_bytes
    from pki.load.profile.findings import ProfileFinding
    from pki.manifest import ManifestError, apply_manifest, plan_manifest, read_manifest
    from pki.model.certificate import CertFacts
    from pki.model.explanation import Explanation
    from pki.model.identity import Identity
    from pki.model.transport import Transport
    from pki.model.verdict import AnchorClass, Finding, Level, Outcome, Rule, Verdict
    from pki.store import AuthorityFolder
    from pki.trust import Anchor, Evidence, all_rules, evaluate

_HOMES = {
    "Anchor": "pki.trust",
    "AnchorClass": "pki.model.verdict",
    "AtsPolicy": "pki.ats",
    "AtsSettings": "pki.ats",
    "Authority": "pki.issue",
    "AuthorityFolder": "pki.store",
    "CertFacts": "pki.model.certificate",
    "ChainsTo": "pki.handshake",
    "ClientSettings": "pki.handshake",
    "Evidence": "pki.trust",
    "Explanation": "pki.model.explanation",
    "Finding": "pki.model.verdict",
    "HandshakeError": "pki.errors",
    "Identity": "pki.model.identity",
    "InstallError": "pki.errors",
    "InvalidRequest": "pki.errors",
    "KeyType": "pki.issue",
    "Level": "pki.model.verdict",
    "LoopbackServer": "pki.handshake",
    "ManifestError": "pki.manifest",
    "NotExportable": "pki.errors",
    "AllowList": "pki.handshake",
    "Outcome": "pki.model.verdict",
    "PkiError": "pki.errors",
    "ProfileFinding": "pki.load.profile.findings",
    "ProfileIdentity": "pki.export.profile",
    "ProfileOptions": "pki.export.profile",
    "Route": "pki.live",
    "Rule": "pki.model.verdict",
    "ServerSettings": "pki.handshake",
    "StoreError": "pki.errors",
    "Transport": "pki.model.transport",
    "Unreadable": "pki.errors",
    "Verdict": "pki.model.verdict",
    "WifiNetwork": "pki.export.profile",
    "WrongPassword": "pki.errors",
    "all_rules": "pki.trust",
    "apply_manifest": "pki.manifest",
    "build_profile": "pki.export.profile",
    "diagnose": "pki.live",
    "evaluate": "pki.trust",
    "evaluate_live": "pki.live",
    "explain_text": "pki.explain",
    "inspect_bytes": "pki.load.inspection",
    "load_certificates": "pki.load",
    "load_identity": "pki.load",
    "load_path": "pki.load",
    "parse_target": "pki.live",
    "plan_manifest": "pki.manifest",
    "policy_for": "pki.ats",
    "read_info_plist": "pki.ats",
    "read_manifest": "pki.manifest",
    "shake_hands": "pki.handshake",
    "sign_profile": "pki.export.signing",
    "write_p12": "pki.export.pkcs12",
}

__all__ = [
    "AllowList",
    "Anchor",
    "AnchorClass",
    "AtsPolicy",
    "AtsSettings",
    "Authority",
    "AuthorityFolder",
    "CertFacts",
    "ChainsTo",
    "ClientSettings",
    "Evidence",
    "Explanation",
    "Finding",
    "HandshakeError",
    "Identity",
    "InstallError",
    "InvalidRequest",
    "KeyType",
    "Level",
    "LoopbackServer",
    "ManifestError",
    "NotExportable",
    "Outcome",
    "PkiError",
    "ProfileFinding",
    "ProfileIdentity",
    "ProfileOptions",
    "Route",
    "Rule",
    "ServerSettings",
    "StoreError",
    "Transport",
    "Unreadable",
    "Verdict",
    "WifiNetwork",
    "WrongPassword",
    "__version__",
    "all_rules",
    "apply_manifest",
    "build_profile",
    "diagnose",
    "evaluate",
    "evaluate_live",
    "explain_text",
    "inspect_bytes",
    "load_certificates",
    "load_identity",
    "load_path",
    "parse_target",
    "plan_manifest",
    "policy_for",
    "read_info_plist",
    "read_manifest",
    "shake_hands",
    "sign_profile",
    "write_p12",
]


def __getattr__(name: str) -> object:
    """Import a public name's room when it is first asked for (PEP 562): start-up time is a feature."""
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'pki' has no attribute {name!r}") from None
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
