"""From what is declared and what is there to what has to be done: a pure function, the time an argument."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.issue.adoption import check_lists
from pki.issue.constraints import parse_permitted, read_excluded, read_permitted
from pki.issue.crl import check_period
from pki.issue.keys import describe, key_type_of
from pki.issue.limits import Limits
from pki.issue.path_length import label, room_below
from pki.issue.profiles import CertificateKind
from pki.issue.revoked import RevocationReason
from pki.issue.subjects import Subject, authority_named, common_name_in, rdns_of
from pki.issue.validity import in_words
from pki.manifest.declaration import DeclaredCa, DeclaredExport, DeclaredIntermediate, DeclaredLeaf
from pki.manifest.errors import ManifestError, Mistake, said
from pki.manifest.export_bytes import is_secret, period
from pki.manifest.export_drift import Inputs, drift
from pki.manifest.model import CrlExport, Ocsp
from pki.manifest.renewal import ValidityStage, due
from pki.model.manifest_plan import Action, ManifestPlan, ManifestStep
from pki.model.rfc4514 import write_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cryptography.x509 import GeneralName

    from pki.issue.permitted import Permitted
    from pki.issue.validity import Validity
    from pki.manifest.declaration import Declaration, DeclaredRevocation
    from pki.manifest.state import CaState, HeldCertificate, ManifestState

_LONGEST = 40  # characters of a declared value in a reason
_OTHERS = 0o077  # the mode bits of everybody but the owner


@dataclass(frozen=True, slots=True)
class Password:
    """A password that is made up."""

    file: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A step, and what is declared there; None for what is left over."""

    step: ManifestStep
    item: (
        DeclaredCa
        | DeclaredIntermediate
        | DeclaredLeaf
        | DeclaredRevocation
        | Password
        | DeclaredExport
        | None
    ) = None

    @property
    def signs(self) -> bool:
        """Whether the step needs the key of an authority that is there."""
        dated = isinstance(self.item, DeclaredExport) and isinstance(self.item.wanted, CrlExport | Ocsp)
        return self.step.changes and (dated or isinstance(self.item, DeclaredIntermediate | DeclaredLeaf))


def make_plan(declaration: Declaration, state: ManifestState, *, at: datetime) -> tuple[Planned, ...]:
    """Return every step, in the order in which they have to be done.

    Raises:
        ManifestError: a CA that is there is not the declared one, or has ended.
    """
    return _Planner(declaration, state, at).steps()


def as_plan(declaration: Declaration, planned: tuple[Planned, ...], *, at: datetime) -> ManifestPlan:
    """Return the steps alone, for reports."""
    return ManifestPlan(declaration.name, at, tuple(one.step for one in planned))


class _Planner:
    def __init__(self, declaration: Declaration, state: ManifestState, at: datetime) -> None:
        self.declaration = declaration
        self.state = state
        self.at = at
        self.leaves = {leaf.id: leaf for leaf in declaration.leaves}
        self.folders = {ca.id: ca.folder for ca in declaration.cas}
        self.wrong: list[Mistake] = []
        self.new_cas: set[str] = set()
        self.new: dict[str, str] = {}  # what else is created or issued again, by id, and the word for it
        self.taken: set[str] = set()  # what is revoked, by id
        self.lists: set[tuple[str, str | None]] = set()  # the authorities whose lists change by that

    def steps(self) -> tuple[Planned, ...]:
        declared = self.declaration
        found = [self.ca(ca) for ca in declared.cas]
        found += [self.below(one) for one in declared.below]
        found += [self.leaf(leaf) for leaf in declared.leaves]
        found += [self.revoke(one) for one in declared.revocations]
        found += self.passwords()
        found += [self.export(export) for export in declared.exports]
        found += map(Planned, self.left_over())
        if self.wrong:
            raise ManifestError(declared.name, self.wrong)
        return tuple(found)

    def ca(self, ca: DeclaredCa) -> Planned:
        there = self.state.cas[ca.id]
        if there is None:
            limits = f", for {', '.join(ca.permit)} alone" if ca.permit else ""
            self.new_cas.add(ca.id)
            return Planned(ManifestStep(Action.CREATE, "ca", ca.id, f"{ca.name}{limits}", ca.id, ca.line), ca)
        found = _differences(ca, there)
        ends = min(one.not_valid_after_utc for one in there.issuers)
        if ends < self.at:
            found.append(f"it ended on {in_words(ends)}")
        if found:
            self.wrong.append(
                Mistake(
                    ca.line,
                    said(("ca", ca.id)),
                    f"the authority in {ca.folder} is not the one declared: {'; '.join(found)}",
                    f"A CA cannot be changed. Remove {ca.folder} with all it issued, or declare another CA.",
                )
            )
        return Planned(ManifestStep(Action.KEEP, "ca", ca.id, f"until {_day(ends)}", ca.id, ca.line), ca)

    def below(self, one: DeclaredIntermediate) -> Planned:
        limits = f"for {', '.join(one.permit)} alone" if one.permit else f"below {one.ca}"
        return self.issued(one, CertificateKind.INTERMEDIATE, about=limits)

    def leaf(self, leaf: DeclaredLeaf) -> Planned:
        wrong = f"{leaf.defect}: {leaf.departure.line}" if leaf.departure is not None else ""
        about = wrong or ", ".join(leaf.names) or f"signed by {leaf.issuer or leaf.ca}"
        return self.issued(leaf, leaf.kind, about=about)

    def issued(
        self, item: DeclaredIntermediate | DeclaredLeaf, kind: CertificateKind, *, about: str
    ) -> Planned:
        """Whether a certificate is there, and still the one to have."""
        ca = self.state.cas[item.ca]
        held = ca.held.get(item.id) if ca is not None else None
        if ca is None or held is None:
            action, why = Action.CREATE, about
        elif reason := self.stale(item, held, ca):
            action, why = Action.RENEW, reason
        else:
            action, why = Action.KEEP, f"until {_day(held.row.not_after)}"
        if action is not Action.KEEP:
            self.new[item.id] = "new" if action is Action.CREATE else "issued again"
            try:
                self.anew(item, ca)
            except InvalidRequest as error:
                where = said((str(kind), item.id))
                self.wrong.append(Mistake(item.line, where, error.problem, error.hint))
        return Planned(ManifestStep(action, kind, item.id, why, item.ca, item.line), item)

    def anew(self, item: DeclaredIntermediate | DeclaredLeaf, ca: CaState | None) -> Validity:
        """Return the validity that ITEM would get now.

        Raises:
            InvalidRequest: its end is declared and over, or its authority's is; or that may not certify it.
        """
        validity = item.validity(at=self.at)
        if ca is None:
            return validity
        if (
            isinstance(item, DeclaredIntermediate)
            and (room := room_below(ca.issuers)) is not None
            and room < 1
        ):
            raise InvalidRequest(
                f"the authority in {self.folders[item.ca]} may have none below it: its path length leaves no room",
                hint="Let it sign leaves itself: leave the intermediate out, or declare another CA.",
            )
        above = list(ca.issuers)
        if isinstance(item, DeclaredLeaf) and item.issuer is not None and item.issuer not in self.new:
            above.append(ca.held[item.issuer].certificate)
        if isinstance(
            item, DeclaredLeaf
        ):  # of an authority that was adopted, what it permits is not declared
            limits = Limits.of(above)
            common_name, names = item.subject(limits.permitted)
            limits.check_leaf(names, common_name, item.more)
        return validity.within(min(one.not_valid_after_utc for one in above))

    def stale(self, item: DeclaredIntermediate | DeclaredLeaf, held: HeldCertificate, ca: CaState) -> str:
        if held.row.declared is None:
            return "issued by a command, not as declared here"
        if held.row.declared != item.declared():
            return _changes(held.row.declared, item.declared())
        issuer = item.issuer if isinstance(item, DeclaredLeaf) else None
        if issuer in self.new:
            return f"its issuer {issuer} is {self.new[issuer]}"
        if held.issuer != (ca.issuers[0] if issuer is None else ca.held[issuer].certificate):
            return "its issuer was issued again"
        row = held.row
        try:
            anew = self.anew(item, ca)
        except InvalidRequest:  # nothing better can be had
            return ""
        now = due(
            (row.not_before, row.not_after),
            (anew.not_before, anew.not_after),
            at=self.at,
            renew=self.declaration.renew,
        )
        if now is None:
            return ""
        if now is ValidityStage.CLOSING:
            total, left = (row.not_after - row.not_before).days, (row.not_after - self.at).days
            return f"{left} of {total} days are left"
        return f"it {now}: {in_words(row.not_before if now is ValidityStage.FRESH else row.not_after)}"

    def revoke(self, one: DeclaredRevocation) -> Planned:
        ca = self.state.cas[one.ca]
        held = ca.held.get(one.id) if ca is not None else None
        taken = ca.revoked.get(held.row.serial) if ca is not None and held is not None else None
        if one.id in self.new or taken is None:
            action, why = Action.REVOKE, str(one.reason)
        elif taken.reason is RevocationReason.CERTIFICATE_HOLD and one.reason not in (
            taken.reason,
            RevocationReason.UNSPECIFIED,
        ):
            action, why = Action.REVOKE, f"{taken.reason} becomes {one.reason}"
        else:
            action, why = Action.KEEP, f"{taken.reason}, from {_day(taken.at)} on"
        if action is Action.REVOKE:
            self.taken.add(one.id)
            leaf = self.leaves.get(one.id)
            self.lists.add((one.ca, leaf.issuer if leaf is not None else None))
        return Planned(ManifestStep(action, "revocation", one.id, why, one.ca, one.line), one)

    def passwords(self) -> Iterator[Planned]:
        missing: dict[str, DeclaredExport] = {}
        for export in self.declaration.exports:
            if export.password_file is not None and self.state.passwords[export.to] is None:
                missing.setdefault(export.password_file, export)
        for file, export in missing.items():
            step = ManifestStep(Action.CREATE, "password", file, "made up, for you alone", None, export.line)
            yield Planned(step, Password(file))

    def export(self, export: DeclaredExport) -> Planned:
        file = self.state.files[export.to]
        if file is None:
            action, why = Action.CREATE, self.about(export)
        elif reason := self.outdated(export) or self.misfit(export, file.data):
            action, why = Action.REWRITE, reason
        elif is_secret(export) and file.mode & _OTHERS:
            action, why = Action.REWRITE, f"others can read it (mode {file.mode:04o})"
        else:
            action, why = Action.KEEP, self.about(export)
        if action is not Action.KEEP and isinstance(export.wanted, CrlExport | Ocsp):
            try:
                check_period(*period(export.wanted, at=self.at))
                self.check_lists(export)
            except InvalidRequest as error:
                where = f"[[export.{export.kind}]] next_update"
                self.wrong.append(Mistake(export.line, where, error.problem, error.hint))
        return Planned(ManifestStep(action, export.kind, export.to, why, export.ca, export.line), export)

    def check_lists(self, export: DeclaredExport) -> None:
        """Refuse a list that an adopted authority cannot sign.

        Raises:
            InvalidRequest: its keyUsage forbids lists, or the root's key is not here.
        """
        ca = self.state.cas[export.ca]
        if ca is None or not isinstance(export.wanted, CrlExport) or export.issuer is not None:
            return
        if _of_root(export) and not ca.has_root_key:
            raise InvalidRequest(
                f"the key of the root above {label(ca.issuers[0])} is not in {self.folders[export.ca]}",
                hint="Who has it signs the root's list.",
            )
        check_lists(ca.issuers[-1 if _of_root(export) else 0])

    def about(self, export: DeclaredExport) -> str:
        return export.leaf or export.issuer or export.ca

    def outdated(self, export: DeclaredExport) -> str:
        """What it is made of is about to change."""
        if export.ca in self.new_cas:
            return f"the CA {export.ca} is new"
        for part in (export.leaf, export.issuer):
            if part in self.new:
                return f"{part} is {self.new[part]}"
        if export.kind == "crl" and (export.ca, export.issuer) in self.lists and not _of_root(export):
            return "what is revoked changes"
        if export.kind == "ocsp" and export.leaf in self.taken:
            return f"{export.leaf} is revoked"
        return ""

    def misfit(self, export: DeclaredExport, data: bytes) -> str:
        leaf = self.leaves.get(export.leaf) if export.leaf is not None else None
        ca, own = self.state.cas[export.ca], self.state.cas[leaf.ca] if leaf is not None else None
        if ca is None:
            return f"{export.ca} is new"
        authority = list(ca.issuers)
        if export.issuer is not None:
            authority.insert(0, ca.held[export.issuer].certificate)
        if _of_root(export):
            authority = [ca.issuers[-1]]
        issuer = authority[0].subject.rfc4514_string()
        inputs = Inputs(
            authority=authority,
            identity=own.identities.get(leaf.id) if leaf is not None and own is not None else None,
            certificate=own.held[leaf.id].certificate if leaf is not None and own is not None else None,
            password=self.state.passwords[export.to],
            revoked=tuple(one for one in ca.revoked.values() if one.issuer == issuer),
            at=self.at,
            renew=self.declaration.renew,
        )
        return drift(export, data, inputs)

    def left_over(self) -> Iterator[ManifestStep]:
        """What is there and not declared."""
        revoked = {one.id for one in self.declaration.revocations}
        for ca in self.declaration.cas:
            there = self.state.cas[ca.id]
            if there is None:
                continue
            for row in there.undeclared:
                yield ManifestStep(Action.LEFT_OVER, row.kind, row.name, "issued, and not declared", ca.id)
            for name, held in there.held.items():
                if name not in revoked and name not in self.new and held.row.serial in there.revoked:
                    yield ManifestStep(
                        Action.LEFT_OVER, "revocation", name, "revoked for good, and not declared", ca.id
                    )
        for stray in self.state.strays:
            yield ManifestStep(Action.LEFT_OVER, "file", stray, "not declared")


def _differences(ca: DeclaredCa, there: CaState) -> list[str]:
    """What sets the CA that is there apart from the declared one."""
    root, found = there.issuers[-1], []
    name = common_name_in(root.subject)
    if name != ca.name:
        found.append(f"its name is {name!r}, not {ca.name!r}")
    if key_type_of(root.public_key()) is not ca.key:
        found.append(f"its key is {describe(root.public_key())}, not {ca.key}")
    for word, read, declared in (
        ("permits", read_permitted, ca.permit),
        ("excludes", read_excluded, ca.exclude),
    ):
        has, wanted = read(root), parse_permitted(declared)
        if _listed(has) != _listed(wanted):
            found.append(f"it {word} {has or 'all names'}, not {wanted or 'all names'}")
    wanted_name = authority_named(ca.name, public=False, subject=Subject.of(ca.subject))
    if ca.subject is not None and root.subject != wanted_name:
        found.append(
            f"its subject is {write_name(rdns_of(root.subject))}, not {write_name(rdns_of(wanted_name))}"
        )
    days = (root.not_valid_after_utc - root.not_valid_before_utc).days
    if ca.days is not None and days != ca.days:
        found.append(f"it lives {days} days, not {ca.days}")
    return found


def _listed(names: Permitted | None) -> frozenset[GeneralName] | None:
    """NAMES without their order."""
    return frozenset(names.subtrees()) if names is not None else None


def _changes(before: str, after: str) -> str:
    """Name the keys of the two declarations that differ."""
    old, new = json.loads(before), json.loads(after)
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return "; ".join(f"{key}: {_brief(old.get(key))} -> {_brief(new.get(key))}" for key in keys)


def _brief(value: object) -> str:
    if value is None:
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _of_root(export: DeclaredExport) -> bool:
    return bool(getattr(export.wanted, "root", False)) and export.kind == "crl"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
