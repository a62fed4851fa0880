"""What one table of a manifest says about another: references, and names within limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pki.errors import PkiError
from pki.issue.constraints import parse_permitted
from pki.issue.permitted import Excluded, Permitted
from pki.issue.profiles import CertificateKind
from pki.issue.purposes import parse_purposes
from pki.issue.revocation_urls import RevocationUrls
from pki.issue.revoked import parse_reason
from pki.issue.subjects import Subject, authority_subject, check_server_names, own_names
from pki.issue.validity import parse_moment
from pki.manifest.declaration import (
    Declaration,
    DeclaredCa,
    DeclaredIntermediate,
    DeclaredLeaf,
    DeclaredRevocation,
    Signing,
)
from pki.manifest.defects import DEFECTS
from pki.manifest.errors import Mistakes, unknown
from pki.manifest.export_checks import ExportChecker
from pki.manifest.names import check_names
from pki.manifest.paths import check_places
from pki.model.names import NameKind, parse_subject_name
from pki.store.layout import slug

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.manifest.lines import KeyPath
    from pki.manifest.model import Client, Document, Server


def check(document: Document, mistakes: Mistakes, ids: Mapping[str, tuple[str, ...]]) -> Declaration:
    """Resolve DOCUMENT, noting what does not fit; IDS are the tables there are, those with mistakes included."""
    return _Checker(document, mistakes, ids).declaration()


class _Checker:
    def __init__(self, document: Document, mistakes: Mistakes, ids: Mapping[str, tuple[str, ...]]) -> None:
        self.document = document
        self.mistakes = mistakes
        self.authorities = (*ids.get("ca", ()), *ids.get("intermediate", ()))
        self.leaf_ids = (*ids.get("server", ()), *ids.get("client", ()))
        # Of each authority, those above it included.
        self.limits: dict[str, tuple[Permitted | Excluded, ...]] = {}

    def declaration(self) -> Declaration:
        document = self.document
        check_names(document, self.mistakes)
        cas = tuple(self.ca(name) for name in document.ca)
        intermediates = tuple(
            one for name in document.intermediate if (one := self.intermediate(name)) is not None
        )
        leaves = tuple(
            leaf
            for kind, tables in (
                (CertificateKind.SERVER, document.server),
                (CertificateKind.CLIENT, document.client),
            )
            for name, table in tables.items()
            if (leaf := self.leaf(name, kind, table)) is not None
        )
        owners = {one.id: Signing(one.ca, None) for one in intermediates} | {
            leaf.id: Signing(leaf.ca, leaf.issuer) for leaf in leaves
        }
        revocations = tuple(
            revoked for name in document.revoke if (revoked := self.revoke(name, owners)) is not None
        )
        exports = ExportChecker(document, self.mistakes, self.signing, self.leaf_ids)
        check_places(document, cas, self.mistakes)
        resolved = tuple(exports.resolved(owners, {leaf.id: leaf for leaf in leaves}))
        renew = _span(document.defaults.renew)
        return Declaration(self.mistakes.name, cas, intermediates, leaves, revocations, resolved, renew)

    def ca(self, name: str) -> DeclaredCa:
        table = self.document.ca[name]
        permitted, excluded = parse_permitted(table.permit), parse_permitted(table.exclude)
        self.limits[name] = _limits(permitted, excluded)
        return DeclaredCa(
            id=name,
            name=table.name or name,
            folder=table.folder or slug(name),
            key=table.key,
            days=table.days,
            permit=tuple(table.permit),
            exclude=tuple(table.exclude),
            subject=self.subject(table.subject, table.name or name, ("ca", name)),
            line=self.mistakes.line(("ca", name)),
        )

    def intermediate(self, name: str) -> DeclaredIntermediate | None:
        table = self.document.intermediate[name]
        path: KeyPath = ("intermediate", name)
        if (signing := self.signing(table.ca, path)) is None:
            return None
        if signing.issuer is not None:
            self.mistakes.add(
                (*path, "ca"),
                f"{signing.issuer!r} is an intermediate, which certifies leaves alone",
                "Name a CA.",
            )
            return None
        permitted = parse_permitted(table.permit)
        for above in self.limits.get(signing.ca, ()):
            if permitted is not None and isinstance(above, Permitted) and not above.covers(permitted):
                self.mistakes.add(
                    (*path, "permit"), f"{permitted} reaches beyond the CA above", f"That permits {above}."
                )
        own = _limits(permitted, parse_permitted(table.exclude))
        self.limits[name] = (*self.limits.get(signing.ca, ()), *own)
        return DeclaredIntermediate(
            id=name,
            ca=signing.ca,
            key=table.key,
            days=table.days,
            permit=tuple(table.permit),
            exclude=tuple(table.exclude),
            subject=self.subject(table.subject, name, path),
            line=self.mistakes.line(path),
        )

    def subject(self, text: str | None, name: str, path: KeyPath) -> str | None:
        """What an authority called NAME says beside that; its CommonName is its name."""
        try:
            return str(authority_subject(text, name)) or None
        except PkiError as error:
            self.mistakes.add((*path, "subject"), error.problem, error.hint)
            return None

    def leaf(self, name: str, kind: CertificateKind, table: Server | Client) -> DeclaredLeaf | None:
        path: KeyPath = (kind, name)
        signing, defaults = self.signing(table.ca, path), self.document.defaults
        settled = (table.days, table.not_after, table.defect and DEFECTS[table.defect].sets_dates)
        leaf = DeclaredLeaf(
            id=name,
            kind=kind,
            ca=signing.ca if signing is not None else "",
            issuer=signing.issuer if signing is not None else None,
            names=self.names(name, kind, table, path),
            common_name=table.common_name,
            subject=Subject.of(table.subject),
            purposes=parse_purposes(table.eku),
            key=table.key or defaults.key,
            days=table.days if any(settled) else defaults.days,
            not_before=table.not_before,
            not_after=table.not_after,
            pointers=self.pointers(table, signing),
            defect=table.defect,
            line=self.mistakes.line(path),
        )
        if self.has_unfit_defect(leaf, table, path) or signing is None:
            return None
        self.within(leaf, path)
        return leaf

    def names(
        self, name: str, kind: CertificateKind, table: Server | Client, path: KeyPath
    ) -> tuple[str, ...]:
        """As certificates carry them; a client's own name is one where it is an e-mail address or a URI."""
        try:
            own = own_names(name) if kind is CertificateKind.CLIENT else ()
            return tuple(dict.fromkeys(str(parse_subject_name(one)) for one in (*own, *table.names)))
        except PkiError as error:
            self.mistakes.add(path, error.problem, error.hint)
            return ()

    def pointers(self, table: Server | Client, signing: Signing | None) -> RevocationUrls:
        above = self.document.ca.get(signing.ca) if signing is not None else None
        ocsp, crl = (above.ocsp, above.crl) if above is not None else ([], [])
        return RevocationUrls.of(
            ocsp=ocsp if table.ocsp is None else table.ocsp, crl=crl if table.crl is None else table.crl
        )

    def has_unfit_defect(self, leaf: DeclaredLeaf, table: Server | Client, path: KeyPath) -> bool:
        spec = leaf.defect_spec
        if spec is None:
            return False
        settings = (
            (
                spec.sets_dates and (table.days or table.not_before or table.not_after),
                "the dates",
                "days, not_before and not_after",
            ),
            (spec.purposes is not None and table.eku, "what it is for", "eku"),
            (spec.key and table.key, "the key", "key"),
        )
        twice = next(((what, keys) for both, what, keys in settings if both), None)
        if spec.for_servers and leaf.kind is not CertificateKind.SERVER:
            self.mistakes.add((*path, "defect"), f"{leaf.defect} is a server's defect", "Choose another.")
        elif twice is not None:
            problem = f"{leaf.defect} sets {twice[0]}, and the table does as well"
            self.mistakes.add((*path, "defect"), problem, f"Leave {twice[1]} out.")
        elif leaf.defect == "wrong-host" and not any(
            parse_subject_name(name).kind is NameKind.DNS for name in leaf.names
        ):
            self.mistakes.add(
                (*path, "names"), "wrong-host needs a host name to depart from", "Add one, or choose no-san."
            )
        else:
            return False
        return True

    def within(self, leaf: DeclaredLeaf, path: KeyPath) -> None:
        """What the authority would refuse, or could not write."""
        limits = self.limits.get(leaf.issuer or leaf.ca, ())
        try:
            common_name, names = leaf.certified_names(
                tuple(one for one in limits if isinstance(one, Permitted))
            )
            leaf.subject.with_common_name(common_name)
            if leaf.kind is CertificateKind.SERVER and leaf.defect is None:
                check_server_names(names, leaf.profile())
            for limit in limits:
                limit.check((*names, *leaf.subject.email_names), common_name)
        except PkiError as error:
            self.mistakes.add((*path, "names"), error.problem, error.hint)

    def signing(self, asked: str | None, path: KeyPath) -> Signing | None:
        """Find who signs what stands at PATH: whom it names, whom the defaults name, or the only CA there is."""
        key: KeyPath = (*path, "ca")
        if asked is None and self.document.defaults.ca is not None:
            asked, key = self.document.defaults.ca, ("defaults", "ca")
        if asked is None:
            cas = list(self.document.ca)
            if len(cas) == 1:
                return Signing(cas[0], None)
            hint = "Declare one: [ca.NAME]." if not cas else f"Name one of {', '.join(cas)}."
            self.mistakes.add(path, "no ca is named" if cas else "there is no CA", hint)
            return None
        if asked in self.document.ca:
            return Signing(asked, None)
        if asked in self.document.intermediate:
            above = self.document.intermediate[asked].ca or self.document.defaults.ca
            above = above or next(iter(self.document.ca), None)
            return Signing(above, asked) if above in self.document.ca and above is not None else None
        if asked not in self.authorities:
            self.mistakes.add(key, *unknown("CA or intermediate", asked, self.authorities))
        return None

    def revoke(self, name: str, owners: Mapping[str, Signing]) -> DeclaredRevocation | None:
        path: KeyPath = ("revoke", name)
        table = self.document.revoke[name]
        if name in self.document.ca and name not in owners:
            self.mistakes.add(
                path, "a root cannot be revoked, for nobody stands above it", "Remove it from the devices."
            )
        elif name not in owners:
            known = (*self.leaf_ids, *self.document.intermediate)
            if name not in known:
                self.mistakes.add(path, *unknown("server, client or intermediate", name, known))
        else:
            line = self.mistakes.line(path)
            return DeclaredRevocation(name, owners[name].ca, parse_reason(table.reason), table.at, line)
        return None


def _limits(permitted: Permitted | None, excluded: Permitted | None) -> tuple[Permitted | Excluded, ...]:
    return (
        *((permitted,) if permitted is not None else ()),
        *((Excluded(excluded),) if excluded is not None else ()),
    )


def _span(text: str | None) -> timedelta | None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return None if text is None else parse_moment(text, at=start) - start
