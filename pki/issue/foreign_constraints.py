"""What the name constraints of an authority made elsewhere say beside hosts, addresses, mailboxes and URIs.

None of it is written here, and an authority that has it is held to it all the same, before anything is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography import x509

from pki.errors import InvalidRequest
from pki.issue.alternative_names import general_name
from pki.issue.extension_value import extension_value
from pki.issue.subjects import Subject
from pki.model.distinguished import names_in_order
from pki.model.names import PREFIXES, NameKind

if TYPE_CHECKING:
    from pki.model.names import SubjectName

_OTHER_NAMES = (NameKind.UPN, NameKind.SRV, NameKind.OTHER)


@dataclass(frozen=True, slots=True)
class ForeignConstraints:
    """The subtrees of subjects, and of the types of name that no verifier compares, of one certificate."""

    permitted: tuple[x509.Name, ...]
    excluded: tuple[x509.Name, ...]
    uncompared: frozenset[NameKind]
    """Types that are constrained so that neither Apple, OpenSSL nor we can say what is within: all are refused."""

    @classmethod
    def read(cls, certificate: x509.Certificate) -> Self | None:
        """Return what CERTIFICATE says of these, or None where it says nothing."""
        found = extension_value(certificate.extensions, x509.NameConstraints)
        if found is None:
            return None
        permitted, excluded = found.permitted_subtrees or [], found.excluded_subtrees or []
        uncompared = {
            kind
            for name in (*permitted, *excluded)
            for form, kinds in (
                (x509.OtherName, _OTHER_NAMES),
                (x509.RegisteredID, (NameKind.REGISTERED_ID,)),
            )
            if isinstance(name, form)
            for kind in kinds
        }
        one = cls(_subjects(permitted), _subjects(excluded), frozenset(uncompared))
        return one if one.permitted or one.excluded or uncompared else None

    def __str__(self) -> str:
        """In words that go on from "certifies ..."."""
        parts = []
        if self.permitted:
            parts.append(f"only subjects below {_listed(self.permitted)}")
        if self.excluded:
            parts.append(f"no subject below {_listed(self.excluded)}")
        if self.uncompared:
            words = dict.fromkeys(PREFIXES[kind] for kind in NameKind if kind in self.uncompared)
            parts.append(f"no name of the kinds {', '.join(words)}")
        return ", ".join(parts)

    def check(self, names: tuple[SubjectName, ...], subject: x509.Name) -> None:
        """Refuse a certificate whose SUBJECT or NAMES every verifier would refuse for these constraints.

        An empty subject is no name. Apple wants a subject below a permitted one, and others take the same as well: that
        one is left to the verdict.

        Raises:
            InvalidRequest: one lies outside what is permitted, or within what is excluded.
        """
        for name in names:
            if name.kind in self.uncompared:
                raise InvalidRequest(
                    f"{name} is of a kind that this authority's name constraints are about, and no verifier compares",
                    hint="Leave it out, or issue it from an authority without such constraints.",
                )
        directories = [general_name(name).value for name in names if name.kind is NameKind.DIRECTORY]
        for one in (*((subject,) if subject.rdns else ()), *directories):
            own = one.rfc4514_string()
            if self.permitted and not any(_within(one, tree) for tree in self.permitted):
                raise InvalidRequest(
                    f"the subject {own} is outside what this authority may certify",
                    hint=f"Permitted are subjects below {_listed(self.permitted)}: give it one "
                    f'(--subject "{Subject.read(self.permitted[0])}"; in a manifest, subject).',
                )
            if any(_within(one, tree) for tree in self.excluded):
                raise InvalidRequest(
                    f"the subject {own} is excluded from what this authority may certify",
                    hint=f"Excluded are subjects below {_listed(self.excluded)}: --subject gives another one.",
                )


def _subjects(names: list[x509.GeneralName]) -> tuple[x509.Name, ...]:
    return tuple(name.value for name in names if isinstance(name, x509.DirectoryName))


def _listed(trees: tuple[x509.Name, ...]) -> str:
    return " or ".join(str(Subject.read(tree)) for tree in trees)


def _within(name: x509.Name, tree: x509.Name) -> bool:
    begins = names_in_order(tree.public_bytes())
    return names_in_order(name.public_bytes())[: len(begins)] == begins
