"""Which exported files are written, and why: part of the plan of a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.issue.adoption import check_lists
from pki.issue.crl import check_period
from pki.issue.path_length import label
from pki.manifest.export_bytes import is_secret, period
from pki.manifest.export_drift import Inputs, drift
from pki.manifest.export_model import CrlExport, Ocsp
from pki.manifest.plan_steps import PlannedStep
from pki.model.manifest_plan import Action, ManifestStep

if TYPE_CHECKING:
    from pki.manifest.declaration import DeclaredExport
    from pki.manifest.plan_steps import PlanContext

_OTHERS = 0o077  # the mode bits of everybody but the owner


def plan_export(export: DeclaredExport, context: PlanContext) -> PlannedStep:
    """Return the step for EXPORT, after those for all it is made of."""
    file, about = context.state.files[export.to], export.leaf or export.issuer or export.ca
    if file is None:
        action, reason = Action.CREATE, about
    elif difference := _changing_part(export, context) or _drift(export, file.data, context):
        action, reason = Action.REWRITE, difference
    elif is_secret(export) and file.mode & _OTHERS:
        action, reason = Action.REWRITE, f"others can read it (mode {file.mode:04o})"
    else:
        action, reason = Action.KEEP, about
    if action is not Action.KEEP and isinstance(export.wanted, CrlExport | Ocsp):
        try:
            check_period(*period(export.wanted, at=context.at))
            _check_signing(export, context)
        except InvalidRequest as error:
            context.add_mistake(export.line, f"[[export.{export.kind}]] next_update", error)
    return PlannedStep(ManifestStep(action, export.kind, export.to, reason, export.ca, export.line), export)


def _changing_part(export: DeclaredExport, context: PlanContext) -> str:
    """Which part of EXPORT is about to change; empty when none is."""
    if export.ca in context.new_cas:
        return f"the CA {export.ca} is new"
    for part in (export.leaf, export.issuer):
        if part in context.reissued:
            return f"{part} is {context.reissued[part]}"
    if export.kind == "crl" and (export.ca, export.issuer) in context.changed_lists and not export.of_root:
        return "what is revoked changes"
    if export.kind == "ocsp" and export.leaf in context.revoked:
        return f"{export.leaf} is revoked"
    return ""


def _drift(export: DeclaredExport, data: bytes, context: PlanContext) -> str:
    """What sets DATA, the file that is there, apart from EXPORT as it would be made of what is there."""
    state = context.state
    ca = state.cas[export.ca]
    if ca is None:
        return f"{export.ca} is new"
    leaf = context.leaves.get(export.leaf) if export.leaf is not None else None
    leaf_ca = state.cas[leaf.ca] if leaf is not None else None
    identity = certificate = None
    if leaf is not None and leaf_ca is not None:
        identity = leaf_ca.identities.get(leaf.id)
        certificate = leaf_ca.certificates[leaf.id].certificate
    authority = list(ca.issuers)
    if export.issuer is not None:
        authority.insert(0, ca.certificates[export.issuer].certificate)
    if export.of_root:
        authority = [ca.issuers[-1]]
    issuer = authority[0].subject.rfc4514_string()
    inputs = Inputs(
        authority=authority,
        identity=identity,
        certificate=certificate,
        password=state.passwords[export.to],
        revoked=tuple(one for one in ca.revoked.values() if one.issuer == issuer),
        at=context.at,
        renew=context.declaration.renew,
    )
    return drift(export, data, inputs)


def _check_signing(export: DeclaredExport, context: PlanContext) -> None:
    """Refuse a list that an adopted authority cannot sign.

    Raises:
        InvalidRequest: its keyUsage forbids lists, or the root's key is not here.
    """
    ca = context.state.cas[export.ca]
    if ca is None or not isinstance(export.wanted, CrlExport) or export.issuer is not None:
        return
    if export.of_root and not ca.has_root_key:
        raise InvalidRequest(
            f"the key of the root above {label(ca.issuers[0])} is not in {context.folder(export.ca)}",
            hint="Who has it signs the root's list.",
        )
    check_lists(ca.issuers[-1 if export.of_root else 0])
