"""Requests, revocation lists and public keys: loaded by nobody here, described to whoever was sent one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.load.kinds import Kind
from pki.model.foreign import public_key_of, read_crl, read_public_key, read_request, reading
from pki.model.keys import key_facts
from pki.model.moments import TIME

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class Described:
    """One of those things, as labels and values in the order a person reads them."""

    kind: Kind
    details: tuple[tuple[str, str], ...]


def describe_other(kind: Kind, data: bytes, *, name: str) -> Described | None:
    """Describe DATA, the DER of a KIND; None for kinds that are not described here.

    Raises:
        Unreadable: it does not parse.
    """
    reader = _READERS.get(kind)
    if reader is None:
        return None
    with reading(f"{name} is {kind.described}"):
        return Described(kind, reader(data, f"{name} is {kind.described}"))


def _request(data: bytes, what: str) -> tuple[tuple[str, str], ...]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    request = read_request(data, what=what)
    spki = public_key_of(request, what=what).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (
        ("subject", request.subject.rfc4514_string() or "(empty)"),
        ("names", _names(request.extensions)),
        ("key", str(key_facts(spki))),
        ("own signature", "valid" if request.is_signature_valid else "NOT valid"),
    )


def _names(extensions: x509.Extensions) -> str:
    from cryptography import x509

    try:
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "none"
    return ", ".join(str(getattr(name, "value", name)) for name in found)


def _revocation_list(data: bytes, what: str) -> tuple[tuple[str, str], ...]:
    crl = read_crl(data, what=what)
    following = crl.next_update_utc
    return (
        ("issuer", crl.issuer.rfc4514_string() or "(empty)"),
        ("issued", f"{crl.last_update_utc:{TIME}}"),
        ("next", f"{following:{TIME}}" if following else "not said"),
        ("revoked", f"{len(crl):,} certificates"),
    )


def _public_key(data: bytes, what: str) -> tuple[tuple[str, str], ...]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = read_public_key(data, what=what)
    return (("key", str(key_facts(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)))),)


_READERS: dict[Kind, Callable[[bytes, str], tuple[tuple[str, str], ...]]] = {
    Kind.REQUEST: _request,
    Kind.REVOCATION_LIST: _revocation_list,
    Kind.PUBLIC_KEY: _public_key,
}
