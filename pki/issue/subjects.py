"""The subject of a certificate: a name for people, since Apple's clients read names from the SAN alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.errors import InvalidRequest
from pki.issue.profiles import LONGEST_COMMON_NAME
from pki.model.names import NameKind
from pki.model.public_keys import WORD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.issue.constraints import Permitted
    from pki.model.names import SubjectName


@lru_cache(maxsize=256)
def subject_named(common_name: str) -> x509.Name:
    """Return the subject with this CommonName alone, or the empty subject for an empty text."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])


def authority_named(common_name: str, *, public: bool) -> x509.Name:
    """Return an authority's subject; of one whose key is PUBLIC, it says so."""
    named = subject_named(common_name)
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, WORD), *named]) if public else named


def common_name_in(subject: x509.Name) -> str:
    """Return SUBJECT's first CommonName, or the empty text."""
    found = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the subject alternative names of a certificate made here, as `parse_subject_name` reads them."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


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


def server_common_name(names: tuple[SubjectName, ...], limits: Iterable[Permitted]) -> str:
    """Choose the CommonName of a server: its first host name that fits, else the first name that does.

    It is empty when none fits. Without a DNS name OpenSSL reads the CommonName as one, so below name
    constraints (`limits`) a CommonName that OpenSSL would hold against the certificate is left out too.
    """
    fitting = [name for name in names if len(name.value) <= LONGEST_COMMON_NAME]
    if any(name.kind is NameKind.DNS for name in names):
        return next((name.value for name in fitting if name.kind is NameKind.DNS), "")
    limits = tuple(limits)
    return next((n.value for n in fitting if all(p.allows_common_name(n.value) for p in limits)), "")
