"""From what is declared and what is there to what has to be done: a pure function, the time an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.issue.limits import Limits
from pki.issue.path_length import levels_below
from pki.issue.profiles import CertificateKind
from pki.issue.revoked import RevocationReason
from pki.issue.validity import in_words
from pki.manifest.declaration import DeclaredIntermediate, DeclaredLeaf
from pki.manifest.differences import ca_differences, declaration_changes
from pki.manifest.errors import ManifestError, Mistake, key_text
from pki.manifest.export_plan import plan_export
from pki.manifest.plan_steps import Password, PlanContext, PlannedStep
from pki.manifest.renewal import ValidityStage, renewal_stage
from pki.model.manifest_plan import Action, ManifestPlan, ManifestStep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pki.issue.validity import Validity
    from pki.manifest.declaration import Declaration, DeclaredCa, DeclaredExport, DeclaredRevocation
    from pki.manifest.state import CaState, CertificateState, ManifestState


def make_plan(declaration: Declaration, state: ManifestState, *, at: datetime) -> tuple[PlannedStep, ...]:
    """Return every step, in the order in which they have to be done.

    Raises:
        ManifestError: a CA that is there is not the declared one, or has ended.
    """
    context = PlanContext(declaration, state, at)
    planner = _Planner(context)
    steps = [planner.ca(ca) for ca in declaration.cas]
    steps += [planner.intermediate(one) for one in declaration.intermediates]
    steps += [planner.leaf(leaf) for leaf in declaration.leaves]
    steps += [planner.revocation(one) for one in declaration.revocations]
    steps += planner.passwords()
    steps += [plan_export(export, context) for export in declaration.exports]
    steps += map(PlannedStep, planner.left_over())
    if context.mistakes:
        raise ManifestError(declaration.name, context.mistakes)
    return tuple(steps)


def as_plan(declaration: Declaration, planned: tuple[PlannedStep, ...], *, at: datetime) -> ManifestPlan:
    """Return the steps alone, for reports."""
    return ManifestPlan(declaration.name, at, tuple(one.step for one in planned))


class _Planner:
    """The steps for all but exports."""

    def __init__(self, context: PlanContext) -> None:
        self.context = context
        self.declaration = context.declaration
        self.state = context.state
        self.at = context.at

    def ca(self, ca: DeclaredCa) -> PlannedStep:
        there = self.state.cas[ca.id]
        if there is None:
            limits = f", for {', '.join(ca.permit)} alone" if ca.permit else ""
            self.context.new_cas.add(ca.id)
            step = ManifestStep(Action.CREATE, "ca", ca.id, f"{ca.name}{limits}", ca.id, ca.line)
            return PlannedStep(step, ca)
        found = ca_differences(ca, there.issuers[-1])
        end = min(one.not_valid_after_utc for one in there.issuers)
        if end < self.at:
            found.append(f"it ended on {in_words(end)}")
        if found:
            self.context.mistakes.append(
                Mistake(
                    ca.line,
                    key_text(("ca", ca.id)),
                    f"the authority in {ca.folder} is not the one declared: {'; '.join(found)}",
                    f"A CA cannot be changed. Remove {ca.folder} with all it issued, or declare another CA.",
                )
            )
        return PlannedStep(ManifestStep(Action.KEEP, "ca", ca.id, f"until {_day(end)}", ca.id, ca.line), ca)

    def intermediate(self, one: DeclaredIntermediate) -> PlannedStep:
        limits = f"for {', '.join(one.permit)} alone" if one.permit else f"below {one.ca}"
        return self.certificate(one, CertificateKind.INTERMEDIATE, about=limits)

    def leaf(self, leaf: DeclaredLeaf) -> PlannedStep:
        defect = f"{leaf.defect}: {leaf.defect_spec.description}" if leaf.defect_spec is not None else ""
        about = defect or ", ".join(leaf.names) or f"signed by {leaf.issuer or leaf.ca}"
        return self.certificate(leaf, leaf.kind, about=about)

    def certificate(
        self, item: DeclaredIntermediate | DeclaredLeaf, kind: CertificateKind, *, about: str
    ) -> PlannedStep:
        """Whether a certificate is there, and still the one to have."""
        ca = self.state.cas[item.ca]
        there = ca.certificates.get(item.id) if ca is not None else None
        if ca is None or there is None:
            action, reason = Action.CREATE, about
        elif stale := self.stale(item, there, ca):
            action, reason = Action.RENEW, stale
        else:
            action, reason = Action.KEEP, f"until {_day(there.row.not_after)}"
        if action is not Action.KEEP:
            self.context.reissued[item.id] = "new" if action is Action.CREATE else "issued again"
            try:
                self.new_validity(item, ca)
            except InvalidRequest as error:
                self.context.add_mistake(item.line, key_text((str(kind), item.id)), error)
        return PlannedStep(ManifestStep(action, kind, item.id, reason, item.ca, item.line), item)

    def new_validity(self, item: DeclaredIntermediate | DeclaredLeaf, ca: CaState | None) -> Validity:
        """Return the validity that ITEM would get now.

        Raises:
            InvalidRequest: its end is declared and over, or its authority's is; or that may not certify it.
        """
        validity = item.validity(at=self.at)
        if ca is None:
            return validity
        issuers = list(ca.issuers)
        if isinstance(item, DeclaredIntermediate):
            levels = levels_below(ca.issuers)
            if levels is not None and levels < 1:
                folder = self.context.folder(item.ca)
                raise InvalidRequest(
                    f"the authority in {folder} may have none below it: its path length leaves no room",
                    hint="Let it sign leaves itself: leave the intermediate out, or declare another CA.",
                )
        else:
            if item.issuer is not None and item.issuer not in self.context.reissued:
                issuers.append(ca.certificates[item.issuer].certificate)
            # Of an authority that was adopted, what it permits is not declared.
            limits = Limits.of(issuers)
            common_name, names = item.certified_names(limits.permitted)
            limits.check_leaf(names, common_name, item.subject)
        return validity.within(min(one.not_valid_after_utc for one in issuers))

    def stale(self, item: DeclaredIntermediate | DeclaredLeaf, there: CertificateState, ca: CaState) -> str:
        """Why the certificate that is THERE has to be issued again; empty when it has not."""
        row, issuer = there.row, item.issuer if isinstance(item, DeclaredLeaf) else None
        if row.declared is None:
            return "issued by a command, not as declared here"
        if row.declared != item.declared():
            return declaration_changes(row.declared, item.declared())
        if issuer in self.context.reissued:
            return f"its issuer {issuer} is {self.context.reissued[issuer]}"
        if there.issuer != (ca.issuers[0] if issuer is None else ca.certificates[issuer].certificate):
            return "its issuer was issued again"
        try:
            new = self.new_validity(item, ca)
        except InvalidRequest:  # nothing better can be had
            return ""
        stage = renewal_stage(
            (row.not_before, row.not_after),
            (new.not_before, new.not_after),
            at=self.at,
            renew=self.declaration.renew,
        )
        if stage is None:
            return ""
        if stage is ValidityStage.CLOSING:
            total, left = (row.not_after - row.not_before).days, (row.not_after - self.at).days
            return f"{left} of {total} days are left"
        return f"it {stage}: {in_words(row.not_before if stage is ValidityStage.FRESH else row.not_after)}"

    def revocation(self, one: DeclaredRevocation) -> PlannedStep:
        ca = self.state.cas[one.ca]
        there = ca.certificates.get(one.id) if ca is not None else None
        old = ca.revoked.get(there.row.serial) if ca is not None and there is not None else None
        if one.id in self.context.reissued or old is None:
            action, reason = Action.REVOKE, str(one.reason)
        elif old.reason is RevocationReason.CERTIFICATE_HOLD and one.reason not in (
            old.reason,
            RevocationReason.UNSPECIFIED,
        ):
            action, reason = Action.REVOKE, f"{old.reason} becomes {one.reason}"
        else:
            action, reason = Action.KEEP, f"{old.reason}, from {_day(old.at)} on"
        if action is Action.REVOKE:
            self.context.revoked.add(one.id)
            leaf = self.context.leaves.get(one.id)
            self.context.changed_lists.add((one.ca, leaf.issuer if leaf is not None else None))
        return PlannedStep(ManifestStep(action, "revocation", one.id, reason, one.ca, one.line), one)

    def passwords(self) -> Iterator[PlannedStep]:
        missing: dict[str, DeclaredExport] = {}
        for export in self.declaration.exports:
            if export.password_file is not None and self.state.passwords[export.to] is None:
                missing.setdefault(export.password_file, export)
        for file, export in missing.items():
            step = ManifestStep(Action.CREATE, "password", file, "made up, for you alone", None, export.line)
            yield PlannedStep(step, Password(file))

    def left_over(self) -> Iterator[ManifestStep]:
        """What is there and not declared."""
        declared = {one.id for one in self.declaration.revocations}
        for ca in self.declaration.cas:
            there = self.state.cas[ca.id]
            if there is None:
                continue
            for row in there.undeclared:
                yield ManifestStep(Action.LEFT_OVER, row.kind, row.name, "issued, and not declared", ca.id)
            for name, one in there.certificates.items():
                unknown = name not in declared and name not in self.context.reissued
                if unknown and one.row.serial in there.revoked:
                    yield ManifestStep(
                        Action.LEFT_OVER, "revocation", name, "revoked for good, and not declared", ca.id
                    )
        for path in self.state.undeclared_files:
            yield ManifestStep(Action.LEFT_OVER, "file", path, "not declared")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
