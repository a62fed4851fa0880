"""What an authority may certify, by the name constraints of all the certificates above a leaf together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pki.issue.constraints import read_excluded, read_permitted
from pki.issue.foreign_constraints import ForeignConstraints
from pki.issue.permitted import Excluded, Permitted
from pki.issue.subjects import subject_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from pki.issue.subjects import Subject
    from pki.model.names import SubjectName


@dataclass(frozen=True, slots=True)
class Limits:
    """Each limit holds for itself, and what one permits another may exclude; one that stands twice counts once."""

    permitted: tuple[Permitted, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    foreign: tuple[ForeignConstraints, ...] = ()

    @classmethod
    def of(cls, chain: Iterable[x509.Certificate]) -> Self:
        """Read those of CHAIN."""
        chain = tuple(chain)
        permitted = dict.fromkeys(one for one in map(read_permitted, chain) if one is not None)
        excluded = dict.fromkeys(Excluded(one) for one in map(read_excluded, chain) if one is not None)
        foreign = dict.fromkeys(one for one in map(ForeignConstraints.read, chain) if one is not None)
        return cls(tuple(permitted), tuple(excluded), tuple(foreign))

    def __bool__(self) -> bool:
        return bool(self.permitted or self.excluded or self.foreign)

    def __str__(self) -> str:
        """In words that go on from "certifies ..."."""
        only = "; and of these ".join(map(str, self.permitted))
        but = ", ".join(dict.fromkeys(str(one.within) for one in self.excluded))
        return "; ".join(
            (
                f"{f'only {only}' if only else 'any name'}{f', but never {but}' if but else ''}",
                *map(str, self.foreign),
            )
        )

    @property
    def listed(self) -> tuple[str, ...]:
        """The same in words, one for each; empty where everything may be certified."""
        shut = (f"all but {one.within}" for one in self.excluded)
        return (*map(str, self.permitted), *shut, *map(str, self.foreign))

    def check_leaf(self, names: tuple[SubjectName, ...], common_name: str, subject: Subject) -> x509.Name:
        """The same of a leaf that has SUBJECT beside its CommonName, whose e-mail addresses are names as well.

        Returns:
            Both as the subject that the certificate will have.

        Raises:
            InvalidRequest: as `check`, or the two have different CommonNames.
        """
        whole = subject_named(common_name, subject)
        if subject.rdns:
            names, common_name = (*names, *subject.email_names), common_name or subject.common_name
        self.check(names, common_name, whole)
        return whole

    def check(self, names: tuple[SubjectName, ...], common_name: str, subject: x509.Name) -> None:
        """Refuse a certificate that verifiers would refuse for these.

        Raises:
            NotPermitted: see `Permitted.check`.
            InvalidRequest: see the other two.
        """
        for permitted in self.permitted:
            permitted.check(names, common_name)
        for excluded in self.excluded:
            excluded.check(names, common_name)
        for one in self.foreign:
            one.check(names, subject)
