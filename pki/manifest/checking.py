"""What one table of a manifest says about another: references, names within limits, and no two files of one name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING

from pki.errors import PkiError
from pki.issue.constraints import Excluded, Permitted, parse_permitted
from pki.issue.pointers import Pointers
from pki.issue.profiles import Kind
from pki.issue.revoked import parse_reason
from pki.manifest.declaration import Below, Ca, Declaration, Export, Leaf, Revoke
from pki.manifest.departures import DEPARTURES
from pki.manifest.mistakes import Mistakes, said
from pki.manifest.model import EXPORTS, P12, Crl, Document, Ocsp, Profile
from pki.model.names import NameKind, parse_subject_name
from pki.store.layout import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pki.manifest.lines import Path
    from pki.manifest.model import Client, Server


def check(document: Document, mistakes: Mistakes, ids: Mapping[str, tuple[str, ...]]) -> Declaration:
    """Resolve DOCUMENT, noting what does not fit; IDS are the tables there are, those with mistakes included."""
    return _Checker(document, mistakes, ids).declaration()


@dataclass(frozen=True, slots=True)
class _Signing:
    """Who signs: a CA's own intermediate, or an authority below it; None where it is not declared soundly."""

    ca: str
    issuer: str | None


class _Checker:
    def __init__(self, document: Document, mistakes: Mistakes, ids: Mapping[str, tuple[str, ...]]) -> None:
        self.document = document
        self.mistakes = mistakes
        self.authorities = (*ids.get("ca", ()), *ids.get("intermediate", ()))
        self.leaf_ids = (*ids.get("server", ()), *ids.get("client", ()))
        self.limits: dict[
            str, tuple[Permitted | Excluded, ...]
        ] = {}  # of each authority, those above it included

    def declaration(self) -> Declaration:
        document = self.document
        self.duplicates()
        cas = tuple(self.ca(name) for name in document.ca)
        self.folders(cas)
        below = tuple(one for name in document.intermediate if (one := self.below(name)) is not None)
        leaves = tuple(
            leaf
            for kind, tables in ((Kind.SERVER, document.server), (Kind.CLIENT, document.client))
            for name, table in tables.items()
            if (leaf := self.leaf(name, kind, table)) is not None
        )
        owners = {one.id: _Signing(one.ca, None) for one in below} | {
            leaf.id: _Signing(leaf.ca, leaf.issuer) for leaf in leaves
        }
        revocations = tuple(
            taken for name in document.revoke if (taken := self.revoke(name, owners)) is not None
        )
        placed = tuple(self.exports(owners, {leaf.id: leaf for leaf in leaves}))
        self.files(placed, cas)
        exports = tuple(export for export, _ in placed)
        renew = _span(document.defaults.renew)
        return Declaration(self.mistakes.name, cas, below, leaves, revocations, exports, renew)

    def duplicates(self) -> None:
        """What signs has a name of its own, and so has what is issued: references and folders go by it."""
        document = self.document
        for sections in (("ca", "intermediate"), ("intermediate", "server", "client")):
            taken: dict[str, str] = {}
            for section in sections:
                for name in getattr(document, section):
                    path: Path = (section, name)
                    place = slug(name).casefold()  # some file systems know no case
                    if place in taken:
                        self.mistakes.add(
                            path, f"there is {taken[place]} already", "Give each table a name of its own."
                        )
                    taken[place] = said(path)
        names: dict[str, str] = {}
        for name, table in document.ca.items():
            called = table.name or name
            if called in names:
                self.mistakes.add(
                    ("ca", name, "name"),
                    f"the root of {said(('ca', names[called]))} is called {called!r}, too",
                    "Trust stores and people confuse two roots of one name: choose another.",
                )
            names[called] = name

    def ca(self, name: str) -> Ca:
        table = self.document.ca[name]
        permitted, excluded = parse_permitted(table.permit), parse_permitted(table.exclude)
        self.limits[name] = _limits(permitted, excluded)
        return Ca(
            id=name,
            name=table.name or name,
            folder=table.folder or slug(name),
            key=table.key,
            days=table.days,
            permit=tuple(table.permit),
            exclude=tuple(table.exclude),
            line=self.mistakes.line(("ca", name)),
        )

    def folders(self, cas: Iterable[Ca]) -> None:
        places = _Places()
        for ca in cas:
            if owner := places.owner(ca.folder):
                self.mistakes.add(("ca", ca.id, "folder"), *_taken(ca.folder, owner))
            places.take(ca.folder, f"the folder of {said(('ca', ca.id))}")

    def below(self, name: str) -> Below | None:
        table = self.document.intermediate[name]
        path: Path = ("intermediate", name)
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
        return Below(
            id=name,
            ca=signing.ca,
            key=table.key,
            days=table.days,
            permit=tuple(table.permit),
            exclude=tuple(table.exclude),
            line=self.mistakes.line(path),
        )

    def leaf(self, name: str, kind: Kind, table: Server | Client) -> Leaf | None:
        path: Path = (kind, name)
        signing, defaults = self.signing(table.ca, path), self.document.defaults
        settled = (table.days, table.not_after, table.defect and DEPARTURES[table.defect].sets_dates)
        leaf = Leaf(
            id=name,
            kind=kind,
            ca=signing.ca if signing is not None else "",
            issuer=signing.issuer if signing is not None else None,
            names=_names(name if kind is Kind.CLIENT else None, table.names),
            common_name=table.common_name,
            key=table.key or defaults.key,
            days=table.days if any(settled) else defaults.days,
            not_before=table.not_before,
            not_after=table.not_after,
            pointers=self.pointers(table, signing),
            defect=table.defect,
            line=self.mistakes.line(path),
        )
        if self.departs_badly(leaf, table, path) or signing is None:
            return None
        self.within(leaf, path)
        return leaf

    def pointers(self, table: Server | Client, signing: _Signing | None) -> Pointers:
        above = self.document.ca.get(signing.ca) if signing is not None else None
        ocsp, crl = (above.ocsp, above.crl) if above is not None else ([], [])
        return Pointers.of(
            ocsp=ocsp if table.ocsp is None else table.ocsp, crl=crl if table.crl is None else table.crl
        )

    def departs_badly(self, leaf: Leaf, table: Server | Client, path: Path) -> bool:
        wrong = leaf.departure
        if wrong is None:
            return False
        if wrong.for_servers and leaf.kind is not Kind.SERVER:
            self.mistakes.add((*path, "defect"), f"{leaf.defect} is a server's defect", "Choose another.")
        elif wrong.sets_dates and (table.days or table.not_before or table.not_after):
            self.mistakes.add(
                (*path, "defect"),
                f"{leaf.defect} sets the dates, and the table does as well",
                "Leave days, not_before and not_after out.",
            )
        elif wrong.rsa_bits and table.key:
            self.mistakes.add(
                (*path, "defect"), f"{leaf.defect} sets the key, and the table does as well", "Leave key out."
            )
        elif leaf.defect == "wrong-host" and not any(
            parse_subject_name(name).kind is NameKind.DNS for name in leaf.names
        ):
            self.mistakes.add(
                (*path, "names"), "wrong-host needs a host name to depart from", "Add one, or choose no-san."
            )
        else:
            return False
        return True

    def within(self, leaf: Leaf, path: Path) -> None:
        """What the authority would refuse, or could not write."""
        limits = self.limits.get(leaf.issuer or leaf.ca, ())
        try:
            common_name, names = leaf.subject(tuple(one for one in limits if isinstance(one, Permitted)))
            for limit in limits:
                limit.check(names, common_name)
        except PkiError as error:
            self.mistakes.add((*path, "names"), error.problem, error.hint)

    def signing(self, asked: str | None, path: Path) -> _Signing | None:
        """Find who signs what stands at PATH: whom it names, whom the defaults name, or the only CA there is."""
        key: Path = (*path, "ca")
        if asked is None and self.document.defaults.ca is not None:
            asked, key = self.document.defaults.ca, ("defaults", "ca")
        if asked is None:
            cas = list(self.document.ca)
            if len(cas) == 1:
                return _Signing(cas[0], None)
            hint = "Declare one: [ca.NAME]." if not cas else f"Name one of {', '.join(cas)}."
            self.mistakes.add(path, "no ca is named" if cas else "there is no CA", hint)
            return None
        if asked in self.document.ca:
            return _Signing(asked, None)
        if asked in self.document.intermediate:
            above = self.document.intermediate[asked].ca or self.document.defaults.ca
            above = above or next(iter(self.document.ca), None)
            return _Signing(above, asked) if above in self.document.ca and above is not None else None
        if asked not in self.authorities:
            self.mistakes.add(key, *_unknown("CA or intermediate", asked, self.authorities))
        return None

    def revoke(self, name: str, owners: Mapping[str, _Signing]) -> Revoke | None:
        path: Path = ("revoke", name)
        table = self.document.revoke[name]
        if name in self.document.ca and name not in owners:
            self.mistakes.add(
                path, "a root cannot be revoked, for nobody stands above it", "Remove it from the devices."
            )
        elif name not in owners:
            known = (*self.leaf_ids, *self.document.intermediate)
            if name not in known:
                self.mistakes.add(path, *_unknown("server, client or intermediate", name, known))
        else:
            line = self.mistakes.line(path)
            return Revoke(name, owners[name].ca, parse_reason(table.reason), table.at, line)
        return None

    def exports(
        self, owners: Mapping[str, _Signing], leaves: Mapping[str, Leaf]
    ) -> Iterator[tuple[Export, Path]]:
        for kind in EXPORTS:
            for index, table in enumerate(getattr(self.document.export, kind)):
                path: Path = ("export", kind, index)
                leaf = None if isinstance(table, Crl) else table.leaf
                if leaf is not None and leaf not in leaves:
                    if leaf not in self.leaf_ids:
                        self.mistakes.add((*path, "leaf"), *_unknown("server or client", leaf, self.leaf_ids))
                    continue
                if leaf is not None:
                    self.importable(table, leaves[leaf], path)
                    signing: _Signing | None = owners[leaf]
                    if isinstance(table, Profile) and table.ca is not None:
                        signing = self.signing(table.ca, path)
                else:
                    signing = self.signing(None if isinstance(table, Ocsp | P12) else table.ca, path)
                if signing is None:
                    continue
                if isinstance(table, Crl) and table.root and signing.issuer is not None:
                    self.mistakes.add(
                        (*path, "root"), "an intermediate has no root's list", "Name a CA, or leave root out."
                    )
                line = self.mistakes.line(path)
                yield Export(table.to, signing.ca, signing.issuer, leaf, table, line), path

    def importable(self, table: object, leaf: Leaf, path: Path) -> None:
        weak = leaf.departure is not None and leaf.departure.rsa_bits is not None
        if isinstance(table, P12 | Profile) and leaf.key.refused_by_apple and not weak:
            self.mistakes.add(
                (*path, "leaf"),
                f"{leaf.id} has an {leaf.key} key, which no Apple release imports",
                "Give it an RSA or EC key, or export it as pem.",
            )

    def files(self, exports: Iterable[tuple[Export, Path]], cas: Iterable[Ca]) -> None:
        """No two things of one path, on file systems that know no case either."""
        exports = tuple(exports)
        places = _Places()
        for ca in cas:
            places.take(ca.folder, f"the folder of {said(('ca', ca.id))}")
        for export, path in exports:
            if export.password_file is not None and (owner := places.owner(export.password_file)):
                self.mistakes.add((*path, "password_file"), *_taken(export.password_file, owner))
        places.take(PurePath(self.mistakes.name).name, "the manifest")
        for file in dict.fromkeys(export.password_file for export, _ in exports if export.password_file):
            places.take(file, "a password_file")
        for export, path in exports:
            if owner := places.owner(export.to):
                self.mistakes.add((*path, "to"), *_taken(export.to, owner))
            places.take(export.to, f"the export of line {export.line}")


class _Places:
    """Which paths are taken, and by what."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, ...], str] = {}
        self._above: dict[tuple[str, ...], str] = {}  # the folders they are in

    def take(self, path: str, owner: str) -> None:
        parts = _parts(path)
        self._taken.setdefault(parts, owner)
        for length in range(1, len(parts)):
            self._above.setdefault(parts[:length], owner)

    def owner(self, path: str) -> str | None:
        """What is at PATH, around it or below it."""
        parts = _parts(path)
        around = (self._taken.get(parts[:length]) for length in range(1, len(parts) + 1))
        return next(filter(None, around), None) or self._above.get(parts)


def _names(own: str | None, names: Iterable[str]) -> tuple[str, ...]:
    """NAMES as certificates carry them; a client's own name is one where it is an e-mail address or a URI."""
    mine = (own,) if own is not None and ("@" in own or "://" in own) else ()
    return tuple(dict.fromkeys(str(parse_subject_name(name)) for name in (*mine, *names)))


def _limits(permitted: Permitted | None, excluded: Permitted | None) -> tuple[Permitted | Excluded, ...]:
    return (
        *((permitted,) if permitted is not None else ()),
        *((Excluded(excluded),) if excluded is not None else ()),
    )


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part.casefold() for part in PurePosixPath(path).parts)


def _taken(path: str, owner: str) -> tuple[str, str]:
    return f"{path} is taken by {owner}", "Choose another path."


def _unknown(what: str, asked: str, known: Iterable[str]) -> tuple[str, str]:
    known = tuple(known)
    near = get_close_matches(asked, known, n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    listed = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"no {what} is called {asked!r}", f"{meant}Declared: {listed or 'none'}."


def _span(text: str | None) -> timedelta | None:
    from datetime import UTC, datetime

    from pki.issue.validity import parse_moment

    start = datetime(2026, 1, 1, tzinfo=UTC)
    return None if text is None else parse_moment(text, at=start) - start
