"""Does what was planned: a thin skin over `pki.store`, in which each step happens whole or not at all."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from pki.errors import StoreError
from pki.export.pkcs12 import generate_password
from pki.issue.defects import with_defects
from pki.issue.profiles import CertificateKind
from pki.issue.validity import parse_moment
from pki.manifest.declaration import DeclaredCa, DeclaredIntermediate, DeclaredLeaf, DeclaredRevocation
from pki.manifest.export_bytes import content, is_secret, period
from pki.manifest.export_model import CrlExport, Ocsp
from pki.manifest.plan import as_plan, make_plan
from pki.manifest.plan_steps import Password
from pki.manifest.state import read_state
from pki.model.identity import Identity
from pki.store import AuthorityFolder
from pki.store.atomic import PUBLIC, SECRET, ensure_folder, refusals_about, write_atomically
from pki.store.folder_lock import locked_folder
from pki.store.revocation import Revocations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from pki.manifest.declaration import Declaration, DeclaredExport
    from pki.manifest.plan_steps import PlannedStep
    from pki.model.manifest_plan import ManifestPlan, ManifestStep
    from pki.store import Issued

LOCK_PATIENCE: Final = 60.0  # seconds, as `pki.store` waits for a writer


def plan_manifest(
    declaration: Declaration,
    base: Path,
    *,
    at: datetime,
    environment: Mapping[str, str],
    passphrase: bytes | None = None,
) -> ManifestPlan:
    """Say what applying DECLARATION to BASE, the manifest's folder, would change; nothing is written.

    Raises:
        ManifestError: what is there stands in the way of what is declared.
        StoreError: an authority's folder is damaged.
    """
    state = read_state(declaration, base, environment=environment, passphrase=passphrase)
    return as_plan(declaration, make_plan(declaration, state, at=at), at=at)


def apply_manifest(
    declaration: Declaration,
    base: Path,
    *,
    at: datetime,
    environment: Mapping[str, str],
    passphrase: bytes | None = None,
    tell: Callable[[ManifestStep, Issued | None], None] = lambda step, issued: None,
) -> ManifestPlan:
    """Make BASE, the manifest's folder, what DECLARATION says, and return what was done.

    Everything is checked before the first step. Each step is whole or not done, and TELL hears of it afterwards; when
    one fails, those before it stand, and the next run goes on from there. Where nothing has to be done, nothing is
    touched. Two runs never work side by side.

    Raises:
        ManifestError: as `plan_manifest`.
        StoreError: as there; another run goes on too long, or the system refused.
        WrongPassword: the key of an authority is encrypted, and the passphrase is missing or wrong.
    """
    plan = plan_manifest(declaration, base, at=at, environment=environment, passphrase=passphrase)
    if not plan.changes:
        return plan
    with _alone(base):
        state = read_state(declaration, base, environment=environment, passphrase=passphrase)
        planned = make_plan(declaration, state, at=at)
        fresh = {ca for ca, there in state.cas.items() if there is None}
        passwords = {
            export.password_file or export.to: password
            for export in declaration.exports
            if (password := state.passwords[export.to]) is not None
        }
        runner = _Runner(declaration, base, at, passphrase, passwords)
        runner.unlock(one.step.ca for one in planned if one.signs and one.step.ca not in fresh)
        for one in planned:
            if one.step.changes:
                tell(one.step, runner.do(one))
    return as_plan(declaration, planned, at=at)


class _Runner:
    def __init__(
        self,
        declaration: Declaration,
        base: Path,
        at: datetime,
        passphrase: bytes | None,
        passwords: dict[str, str],
    ) -> None:
        self.base = base
        self.at = at
        self.passphrase = passphrase
        self._cas = {ca.id: ca for ca in declaration.cas}
        self._leaves = {leaf.id: leaf for leaf in declaration.leaves}
        self._folders: dict[str, AuthorityFolder] = {}
        # By the file they lie in, or the export that takes one from the environment.
        self._passwords = passwords

    def __repr__(self) -> str:  # it holds passwords
        return f"_Runner({str(self.base)!r})"

    def unlock(self, cas: Iterable[str | None]) -> None:
        """Read the key of each of CAS before anything is written: a passphrase may be wrong."""
        for ca in dict.fromkeys(cas):
            if ca is not None:
                self._folder(ca).authority()

    def do(self, planned: PlannedStep) -> Issued | None:
        match planned.item:
            case DeclaredCa() as ca:
                self._create(ca)
            case DeclaredIntermediate() as intermediate:
                return self._intermediate(intermediate)
            case DeclaredLeaf() as leaf:
                return self._leaf(leaf)
            case DeclaredRevocation() as revoke:
                at = self.at if revoke.at is None else parse_moment(revoke.at, at=self.at)
                Revocations(self._folder(revoke.ca)).revoke(revoke.id, at=at, reason=revoke.reason)
            case Password(file):
                self._passwords[file] = generate_password()
                self._write(file, f"{self._passwords[file]}\n".encode(), mode=SECRET, replace=False)
            case None:
                pass
            case export:
                mode = SECRET if is_secret(export) else PUBLIC
                self._write(export.to, self._content(export), mode=mode, replace=True)
        return None

    def _create(self, ca: DeclaredCa) -> None:
        path = self.base / ca.folder
        ensure_folder(path.parent, parents=True)
        self._folders[ca.id] = AuthorityFolder.create(
            path,
            name=ca.name,
            at=self.at,
            key_type=ca.key,
            permit=ca.permit,
            exclude=ca.exclude,
            subject=ca.subject,
            days=ca.days,
            passphrase=self.passphrase,
        )

    def _intermediate(self, declared: DeclaredIntermediate) -> Issued:
        folder = self._folder(declared.ca)
        authority = folder.authority().issue_intermediate(
            declared.id,
            at=self.at,
            key_type=declared.key,
            permit=declared.permit,
            exclude=declared.exclude,
            subject=declared.subject,
            days=declared.days,
        )
        return folder.add_issued(
            declared.id,
            CertificateKind.INTERMEDIATE,
            authority.issuing,
            at=self.at,
            validity=declared.validity(at=self.at),
            declared=declared.declared(),
            force=True,
        )

    def _leaf(self, leaf: DeclaredLeaf) -> Issued:
        folder = self._folder(leaf.ca)
        authority, key = folder.authority(leaf.issuer), leaf.make_key()
        common_name, names = leaf.certified_names(authority.limits.permitted)
        validity = leaf.validity(at=self.at)
        certificate = authority.certify(
            leaf.profile(),
            common_name=common_name,
            names=names,
            public_key=key.public_key(),
            validity=validity,
            pointers=leaf.pointers,
            subject=leaf.subject,
        )
        if leaf.defect_spec is not None and leaf.defect_spec.signed is not None:
            certificate = with_defects(certificate, leaf.defect_spec.signed(), key=authority.issuing.key)
        return folder.add_issued(
            leaf.id,
            leaf.kind,
            Identity(certificate, key, authority.chain),
            at=self.at,
            validity=validity,
            declared=leaf.declared(),
            force=True,
        )

    def _content(self, export: DeclaredExport) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding

        folder, wanted = self._folder(export.ca), export.wanted
        if isinstance(wanted, CrlExport | Ocsp):
            start, end = period(wanted, at=self.at)
            if isinstance(wanted, CrlExport):
                crl = Revocations(folder).crl(export.issuer, at=start, next_update=end, root=wanted.root)
                return crl.public_bytes(Encoding.DER if wanted.der else Encoding.PEM)
            answer = Revocations(folder).answer
            return answer(wanted.leaf, at=start, next_update=end, delegated=not wanted.by_ca)[0]
        authority = folder.certificates(export.issuer) if export.issuer is not None else folder.issuers
        identity = None
        if export.leaf is not None:
            identity = self._folder(self._leaves[export.leaf].ca).identity(export.leaf)
        password = self._passwords.get(export.password_file or export.to)
        return content(export, authority=authority, identity=identity, password=password)

    def _folder(self, ca: str) -> AuthorityFolder:
        if ca not in self._folders:
            path = self.base / self._cas[ca].folder
            self._folders[ca] = AuthorityFolder.open(path, passphrase=self.passphrase)
        return self._folders[ca]

    def _write(self, file: str, data: bytes, *, mode: int, replace: bool) -> None:
        path = self.base / file
        ensure_folder(path.parent, parents=True)
        write_atomically(path, data, mode=mode, replace=replace)


@contextlib.contextmanager
def _alone(base: Path) -> Iterator[None]:
    """Let no other run into the folder meanwhile."""
    with contextlib.ExitStack() as stack, refusals_about(base):
        try:
            stack.enter_context(locked_folder(base, patience=LOCK_PATIENCE))
        except BlockingIOError:
            raise StoreError(
                f"another process has been applying a manifest in {base} for {LOCK_PATIENCE:.0f} s",
                hint="Wait for it to end, or look for one that hangs.",
            ) from None
        yield
