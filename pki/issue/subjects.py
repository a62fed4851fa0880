"""The subject of a certificate: a name for people, since Apple's clients read names from the SAN alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.errors import InvalidRequest
from pki.issue.profiles import LONGEST_COMMON_NAME
from pki.model.names import NameKind, SubjectName, free_text_misread, prefixed_name
from pki.model.oids import COMMON_NAME, EMAIL_ADDRESS, SERVER_AUTH
from pki.model.public_keys import WORD
from pki.model.rfc4514 import Attribute, parse_name, write_name

if TYPE_CHECKING:
    from pki.issue.permitted import Permitted
    from pki.issue.profiles import CertificateProfile
    from pki.model.rfc4514 import Rdns


@dataclass(frozen=True, slots=True)
class Subject:
    """What a subject says beside the CommonName, or with it: relative distinguished names, the least specific first."""

    rdns: Rdns = ()

    @classmethod
    def of(cls, text: str | None) -> Subject:
        """Read TEXT, an RFC 4514 name such as `O=Acme,C=DE`; None is a subject that says nothing more.

        Raises:
            InvalidRequest: see `pki.model.rfc4514.parse_name`.
        """
        return EMPTY_SUBJECT if text is None else cls(parse_name(text))

    @classmethod
    def read(cls, name: x509.Name) -> Subject:
        """Read it back from a certificate, for the one that takes over from it."""
        return cls(rdns_of(name))

    def __str__(self) -> str:
        return write_name(self.rdns)

    @property
    def common_name(self) -> str:
        """The CommonName in it, or the empty text."""
        return next((one.value for part in self.rdns for one in part if one.oid == COMMON_NAME), "")

    @property
    def email_names(self) -> tuple[SubjectName, ...]:
        """Its e-mail addresses, which name constraints bind as well (RFC 5280, 4.2.1.10)."""
        return tuple(
            SubjectName(NameKind.EMAIL, one.value)
            for part in self.rdns
            for one in part
            if one.oid == EMAIL_ADDRESS
        )

    def with_common_name(self, common_name: str) -> Subject:
        """Return this subject with COMMON_NAME as its most specific part, where there is one to add.

        Raises:
            InvalidRequest: it has another one.
        """
        own = self.common_name
        if not common_name or own == common_name:
            return self
        if own:
            raise InvalidRequest(
                f"the subject has the CommonName {own!r}, and {common_name!r} is to be it as well",
                hint="Leave the CN out of the subject, or write the same in both places.",
            )
        return Subject((*self.rdns, (Attribute(COMMON_NAME, common_name),)))


EMPTY_SUBJECT = Subject()
_PEOPLE: Final = (NameKind.EMAIL, NameKind.UPN)


@lru_cache(maxsize=256)
def subject_named(common_name: str, subject: Subject = EMPTY_SUBJECT) -> x509.Name:
    """Return SUBJECT with this CommonName, or as it is for an empty text."""
    return name_of(subject.with_common_name(common_name).rdns)


def authority_named(common_name: str, *, public: bool, subject: Subject = EMPTY_SUBJECT) -> x509.Name:
    """Return an authority's subject; of one whose key is PUBLIC, it says so."""
    named = subject_named(common_name, subject)
    mark = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.ORGANIZATION_NAME, WORD)])
    return x509.Name([mark, *named.rdns]) if public else named


def name_of(rdns: Rdns) -> x509.Name:
    """Return RDNS as certificates carry them: UTF8String but where RFC 5280, appendix A.1 has another type."""
    return x509.Name(
        x509.RelativeDistinguishedName(
            x509.NameAttribute(x509.ObjectIdentifier(one.oid), one.value) for one in part
        )
        for part in rdns
    )


def rdns_of(name: x509.Name) -> Rdns:
    """Return NAME's parts; a value that is no text stands in hexadecimal."""
    return tuple(
        tuple(
            Attribute(
                one.oid.dotted_string, one.value if isinstance(one.value, str) else f"#{one.value.hex()}"
            )
            for one in part
        )
        for part in name.rdns
    )


def check_common_name(text: str) -> None:
    """Refuse what no CommonName can hold (RFC 5280, appendix A.1: 1 to 64 characters) or nobody could read.

    Raises:
        InvalidRequest: TEXT is empty, too long, or has control characters or space at its ends.
    """
    if not text or text != text.strip() or not text.isprintable():
        raise InvalidRequest(
            f"{text!r} cannot be a name", hint="Use printable text without space at its ends."
        )
    if len(text) > LONGEST_COMMON_NAME:
        raise InvalidRequest(
            f"{text!r} has {len(text)} characters and a CommonName holds {LONGEST_COMMON_NAME}",
            hint="Choose a shorter name.",
        )


def server_common_name(names: tuple[SubjectName, ...], limits: tuple[Permitted, ...]) -> str:
    """Choose the CommonName of a server: its first host name that fits, else the first name that does.

    It is empty when none fits. Without a DNS name OpenSSL reads the CommonName as one, so below name
    constraints (`limits`) a CommonName that OpenSSL would hold against the certificate is left out too.
    """
    hosts = False
    for name in names:
        if name.kind is NameKind.DNS:
            if len(name.value) <= LONGEST_COMMON_NAME:
                return name.value
            hosts = True
    if hosts:
        return ""
    fitting = (name.value for name in names if len(name.value) <= LONGEST_COMMON_NAME)
    return next((text for text in fitting if all(one.allows_common_name(text) for one in limits)), "")


def check_server_names(names: tuple[SubjectName, ...], profile: CertificateProfile) -> None:
    """Refuse names of people alone for a server of TLS, by its PROFILE: nothing connects to an e-mail address.

    Raises:
        InvalidRequest: all of NAMES are e-mail addresses or user principal names.
    """
    if SERVER_AUTH in profile.purposes and names and all(name.kind in _PEOPLE for name in names):
        people = ", ".join(map(str, names))
        raise InvalidRequest(
            f"{people} names a person, and a server is reached by its host name or IP address",
            hint="Give the server's hosts, or issue it for a client (issue client, and of a request --kind client).",
        )


def own_names(name: str) -> tuple[str, ...]:
    """Return NAME, what a client is called, where it is a name of a certificate as well: an e-mail address or a URI.

    Raises:
        InvalidRequest: it is a server's URL, or a host with its port.
    """
    misread = free_text_misread(name)
    if misread is not None:
        raise misread
    return (name,) if "@" in name or "://" in name or prefixed_name(name) else ()


def client_common_name(name: str) -> str:
    """Return NAME, what a client is called, as its CommonName: without the kind in front, if one is said."""
    kind = prefixed_name(name)
    return kind.value if kind is not None else name


def authority_subject(text: str | None, name: str) -> Subject:
    """Return what an authority called NAME says beside that, of TEXT by RFC 4514: it is found by its CommonName.

    Raises:
        InvalidRequest: TEXT is no subject, or has another CommonName.
    """
    found = Subject.of(text)
    if found.common_name and found.common_name != name:
        raise InvalidRequest(
            f"the subject has the CommonName {found.common_name!r}, and the authority is called {name!r}",
            hint="Leave the CN out of the subject: an authority's name is its CommonName.",
        )
    return Subject(tuple(part for part in found.rdns if not any(one.oid == COMMON_NAME for one in part)))
