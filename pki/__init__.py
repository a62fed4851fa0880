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
    from pki.ats import AtsPolicy, AtsSettings, OsVersion, policy_for, read_info_plist
    from pki.ats.decision import Caller
    from pki.ats.diagnosis import Diagnosis
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
    from pki.export.pkcs12 import P12Encryption, write_p12
    from pki.export.profile import ProfileIdentity, ProfileOptions, WifiNetwork, build_profile
    from pki.export.profile.wifi import WifiSecurity
    from pki.export.signing import sign_profile
    from pki.handshake import (
        AllowList,
        ChainsTo,
        ClientCertificates,
        ClientSettings,
        LoopbackServer,
        Offer,
        ServerSettings,
        TlsVersion,
        shake_hands,
        shake_hands_over_sockets,
    )
    from pki.handshake.acceptance.client_policies import ByName, BySpki, ClientTrust, Refusal
    from pki.handshake.dialling import Unreachable
    from pki.handshake.ends.openssl_offer import NotOffered
    from pki.install.process import ProgramNotFound, ProgramTimedOut
    from pki.issue import Authority, KeyType
    from pki.issue.permitted import NotPermitted
    from pki.issue.profiles import CertificateKind
    from pki.issue.randomness import Randomness
    from pki.issue.revocation_urls import RevocationUrls
    from pki.issue.revoked import Revocation, RevocationLedger
    from pki.issue.subjects import Subject
    from pki.issue.validity import Terms, Validity
    from pki.live import (
        LiveVerdict,
        NoOfferAccepted,
        NotTls,
        Route,
        Survey,
        Target,
        diagnose,
        evaluate_live,
        evaluate_live_moments,
        parse_target,
    )
    from pki.live.starttls import NoUpgrade
    from pki.load import load_certificates, load_identity, load_path
    from pki.load.identity import HoldsNoKey
    from pki.load.inspected_file import Inspection
    from pki.load.inspection import inspect_bytes
    from pki.load.keys import UnknownKeyKind
    from pki.load.p12.kdf import TooCostly
    from pki.load.profile.findings import ProfileFinding
    from pki.load.recognised import Recognised
    from pki.manifest import ManifestError, apply_manifest, plan_manifest, read_manifest
    from pki.manifest.declaration import Declaration
    from pki.manifest.errors import Mistake
    from pki.model.app_errors import AppError
    from pki.model.certificate import CertFacts
    from pki.model.codes import Severity
    from pki.model.distinguished import DistinguishedName
    from pki.model.explanation import Explanation
    from pki.model.extension_list import Extension
    from pki.model.extensions import GeneralName, NameType
    from pki.model.hosts import Host, parse_host
    from pki.model.identity import Identity
    from pki.model.manifest_plan import ManifestPlan, ManifestStep
    from pki.model.names import SubjectName
    from pki.model.payloads import PayloadScope, TargetDevice
    from pki.model.transcript import Transcript
    from pki.model.transport import Transport
    from pki.model.unanswered import Unanswered
    from pki.model.verdict import AnchorClass, Finding, Level, Outcome, Rule, Verdict
    from pki.store import AlreadyExists, AuthorityFolder, Issued, LedgerRow
    from pki.store.adoption import NoKey
    from pki.store.folder import LeafTerms
    from pki.trust import (
        Anchor,
        Evaluator,
        Evidence,
        LogList,
        PathInputs,
        RevocationData,
        TrustResult,
        TrustSetting,
        TrustSettings,
        all_rules,
        evaluate,
    )
    from pki.trust.ct_logs import CtLog
    from pki.trust.request import Policy
    from pki.trust.trust_arguments import Trust

_HOMES = {
    "AllowList": "pki.handshake",
    "AlreadyExists": "pki.store",
    "Anchor": "pki.trust",
    "AnchorClass": "pki.model.verdict",
    "AppError": "pki.model.app_errors",
    "AtsPolicy": "pki.ats",
    "AtsSettings": "pki.ats",
    "Authority": "pki.issue",
    "AuthorityFolder": "pki.store",
    "ByName": "pki.handshake.acceptance.client_policies",
    "BySpki": "pki.handshake.acceptance.client_policies",
    "Caller": "pki.ats.decision",
    "CertFacts": "pki.model.certificate",
    "CertificateKind": "pki.issue.profiles",
    "ChainsTo": "pki.handshake",
    "ClientCertificates": "pki.handshake",
    "ClientSettings": "pki.handshake",
    "ClientTrust": "pki.handshake.acceptance.client_policies",
    "CtLog": "pki.trust.ct_logs",
    "Declaration": "pki.manifest.declaration",
    "Diagnosis": "pki.ats.diagnosis",
    "DistinguishedName": "pki.model.distinguished",
    "Evaluator": "pki.trust",
    "Evidence": "pki.trust",
    "Explanation": "pki.model.explanation",
    "Extension": "pki.model.extension_list",
    "Finding": "pki.model.verdict",
    "GeneralName": "pki.model.extensions",
    "HandshakeError": "pki.errors",
    "HoldsNoKey": "pki.load.identity",
    "Host": "pki.model.hosts",
    "Identity": "pki.model.identity",
    "Inspection": "pki.load.inspected_file",
    "InstallError": "pki.errors",
    "InvalidRequest": "pki.errors",
    "Issued": "pki.store",
    "KeyType": "pki.issue",
    "LeafTerms": "pki.store.folder",
    "LedgerRow": "pki.store",
    "Level": "pki.model.verdict",
    "LiveVerdict": "pki.live",
    "LogList": "pki.trust",
    "LoopbackServer": "pki.handshake",
    "ManifestError": "pki.manifest",
    "ManifestPlan": "pki.model.manifest_plan",
    "ManifestStep": "pki.model.manifest_plan",
    "Mistake": "pki.manifest.errors",
    "NameType": "pki.model.extensions",
    "NoKey": "pki.store.adoption",
    "NoOfferAccepted": "pki.live",
    "NoUpgrade": "pki.live.starttls",
    "NotExportable": "pki.errors",
    "NotOffered": "pki.handshake.ends.openssl_offer",
    "NotPermitted": "pki.issue.permitted",
    "NotTls": "pki.live",
    "Offer": "pki.handshake",
    "OsVersion": "pki.ats",
    "Outcome": "pki.model.verdict",
    "P12Encryption": "pki.export.pkcs12",
    "PathInputs": "pki.trust",
    "PayloadScope": "pki.model.payloads",
    "PkiError": "pki.errors",
    "Policy": "pki.trust.request",
    "ProfileFinding": "pki.load.profile.findings",
    "ProfileIdentity": "pki.export.profile",
    "ProfileOptions": "pki.export.profile",
    "ProgramNotFound": "pki.install.process",
    "ProgramTimedOut": "pki.install.process",
    "Randomness": "pki.issue.randomness",
    "Recognised": "pki.load.recognised",
    "Refusal": "pki.handshake.acceptance.client_policies",
    "Revocation": "pki.issue.revoked",
    "RevocationData": "pki.trust",
    "RevocationLedger": "pki.issue.revoked",
    "RevocationUrls": "pki.issue.revocation_urls",
    "Route": "pki.live",
    "Rule": "pki.model.verdict",
    "ServerSettings": "pki.handshake",
    "Severity": "pki.model.codes",
    "StoreError": "pki.errors",
    "Subject": "pki.issue.subjects",
    "SubjectName": "pki.model.names",
    "Survey": "pki.live",
    "Target": "pki.live",
    "TargetDevice": "pki.model.payloads",
    "Terms": "pki.issue.validity",
    "TlsVersion": "pki.handshake",
    "TooCostly": "pki.load.p12.kdf",
    "Transcript": "pki.model.transcript",
    "Transport": "pki.model.transport",
    "Trust": "pki.trust.trust_arguments",
    "TrustResult": "pki.trust",
    "TrustSetting": "pki.trust",
    "TrustSettings": "pki.trust",
    "Unanswered": "pki.model.unanswered",
    "UnknownKeyKind": "pki.load.keys",
    "Unreachable": "pki.handshake.dialling",
    "Unreadable": "pki.errors",
    "Validity": "pki.issue.validity",
    "Verdict": "pki.model.verdict",
    "WifiNetwork": "pki.export.profile",
    "WifiSecurity": "pki.export.profile.wifi",
    "WrongPassword": "pki.errors",
    "all_rules": "pki.trust",
    "apply_manifest": "pki.manifest",
    "build_profile": "pki.export.profile",
    "diagnose": "pki.live",
    "evaluate": "pki.trust",
    "evaluate_live": "pki.live",
    "evaluate_live_moments": "pki.live",
    "explain_text": "pki.explain",
    "inspect_bytes": "pki.load.inspection",
    "load_certificates": "pki.load",
    "load_identity": "pki.load",
    "load_path": "pki.load",
    "parse_host": "pki.model.hosts",
    "parse_target": "pki.live",
    "plan_manifest": "pki.manifest",
    "policy_for": "pki.ats",
    "read_info_plist": "pki.ats",
    "read_manifest": "pki.manifest",
    "shake_hands": "pki.handshake",
    "shake_hands_over_sockets": "pki.handshake",
    "sign_profile": "pki.export.signing",
    "write_p12": "pki.export.pkcs12",
}

__all__ = [
    "AllowList",
    "AlreadyExists",
    "Anchor",
    "AnchorClass",
    "AppError",
    "AtsPolicy",
    "AtsSettings",
    "Authority",
    "AuthorityFolder",
    "ByName",
    "BySpki",
    "Caller",
    "CertFacts",
    "CertificateKind",
    "ChainsTo",
    "ClientCertificates",
    "ClientSettings",
    "ClientTrust",
    "CtLog",
    "Declaration",
    "Diagnosis",
    "DistinguishedName",
    "Evaluator",
    "Evidence",
    "Explanation",
    "Extension",
    "Finding",
    "GeneralName",
    "HandshakeError",
    "HoldsNoKey",
    "Host",
    "Identity",
    "Inspection",
    "InstallError",
    "InvalidRequest",
    "Issued",
    "KeyType",
    "LeafTerms",
    "LedgerRow",
    "Level",
    "LiveVerdict",
    "LogList",
    "LoopbackServer",
    "ManifestError",
    "ManifestPlan",
    "ManifestStep",
    "Mistake",
    "NameType",
    "NoKey",
    "NoOfferAccepted",
    "NoUpgrade",
    "NotExportable",
    "NotOffered",
    "NotPermitted",
    "NotTls",
    "Offer",
    "OsVersion",
    "Outcome",
    "P12Encryption",
    "PathInputs",
    "PayloadScope",
    "PkiError",
    "Policy",
    "ProfileFinding",
    "ProfileIdentity",
    "ProfileOptions",
    "ProgramNotFound",
    "ProgramTimedOut",
    "Randomness",
    "Recognised",
    "Refusal",
    "Revocation",
    "RevocationData",
    "RevocationLedger",
    "RevocationUrls",
    "Route",
    "Rule",
    "ServerSettings",
    "Severity",
    "StoreError",
    "Subject",
    "SubjectName",
    "Survey",
    "Target",
    "TargetDevice",
    "Terms",
    "TlsVersion",
    "TooCostly",
    "Transcript",
    "Transport",
    "Trust",
    "TrustResult",
    "TrustSetting",
    "TrustSettings",
    "Unanswered",
    "UnknownKeyKind",
    "Unreachable",
    "Unreadable",
    "Validity",
    "Verdict",
    "WifiNetwork",
    "WifiSecurity",
    "WrongPassword",
    "__version__",
    "all_rules",
    "apply_manifest",
    "build_profile",
    "diagnose",
    "evaluate",
    "evaluate_live",
    "evaluate_live_moments",
    "explain_text",
    "inspect_bytes",
    "load_certificates",
    "load_identity",
    "load_path",
    "parse_host",
    "parse_target",
    "plan_manifest",
    "policy_for",
    "read_info_plist",
    "read_manifest",
    "shake_hands",
    "shake_hands_over_sockets",
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
