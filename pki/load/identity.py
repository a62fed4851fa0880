"""An identity out of files: a private key, the certificate with its public half, and the issuers of that."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pki.errors import InvalidRequest, Unreadable, WrongPassword
from pki.load.certificates import load_certificates, refuse_several, unopened
from pki.load.keys import FoundKey, load_keys, open_der_key
from pki.load.kinds import FileKind
from pki.load.p12.reading import read_pfx, undecryptable
from pki.load.pkcs8 import public_value
from pki.load.recognised import Recognised
from pki.load.recognition import recognise
from pki.model.certificate import CertFacts
from pki.model.common_names import common_names_in
from pki.model.foreign import is_issued_by, public_key_of, read_certificate, reading
from pki.model.identity import Identity, is_self_signed

if TYPE_CHECKING:
    from cryptography import x509

_MOST_CHOICES = 10  # in an error


def load_identity(
    source: bytes | Recognised,
    *,
    name: str,
    password: str | None = None,
    key_source: bytes | Recognised | None = None,
    key_name: str = "the key",
    identity: str | None = None,
) -> Identity:
    """Read the identity in SOURCE: a PKCS #12 container, or certificates with the key beside or apart.

    The key picks its certificate among those in SOURCE; the rest are kept as far as they are its issuers.
    The password opens the container or the key. Of several identities, IDENTITY chooses one: by friendlyName, by its
    subject or its CommonName, or by the SHA-256 or SHA-1 fingerprint of its certificate.

    Raises:
        Unreadable: something is damaged, there is no key, or there are several identities and none is chosen.
        WrongPassword: a password is missing or wrong.
        InvalidRequest: the key belongs to none of the certificates, or IDENTITY names none or several.
    """
    recognised = recognise(source, name=name)
    if recognised.kind is FileKind.PKCS12:
        refuse_several(recognised, name)
        keys, encoded = _from_pkcs12(recognised.content, name, password)
    else:
        encoded = load_certificates(recognised, name=name)
        keys = tuple(_Key(key) for key in load_keys(recognised, name=name, password=password))
        if key_source is not None:
            keys = tuple(_Key(key) for key in load_keys(key_source, name=key_name, password=password))
    held = key_name if key_source is not None else name
    with reading(what := f"{name} holds a certificate", hint="Issue it again."):
        certificates = [read_certificate(der, what=what, whole=False) for der in encoded]
        if len(keys) == 1 and identity is None:
            return _matched(keys[0], certificates, name=name)
        return _chosen(keys, certificates, identity, name=held)


@dataclass(frozen=True, slots=True)
class _Key:
    found: FoundKey
    friendly_name: str | None = None
    certificate: bytes | None = None  # what its localKeyID leads to


def _from_pkcs12(
    source: bytes, name: str, password: str | None
) -> tuple[tuple[_Key, ...], tuple[bytes, ...]]:
    pfx = read_pfx(source, name=name, password=password)
    if pfx.undecryptable:
        raise undecryptable(name, pfx)
    if pfx.locked:
        raise unopened(name, password)
    by_id = {
        bag.local_key_id: bag.content for bag in reversed(pfx.certificates) if bag.local_key_id is not None
    }
    keys = tuple(
        _Key(
            open_der_key(bag.content, name=f"a key in {name}"),
            bag.friendly_name,
            by_id.get(bag.local_key_id or b""),
        )
        for bag in pfx.keys
        if bag.content is not None
    )
    certificates = tuple(bag.content for bag in pfx.certificates if bag.content is not None)
    return keys, tuple(dict.fromkeys(certificates))


class HoldsNoKey(Unreadable):
    """There is no private key in what was given."""


def _chosen(
    keys: Sequence[_Key], certificates: list[x509.Certificate], identity: str | None, *, name: str
) -> Identity:
    """The identity that is asked for, or the only one there is."""
    pairs = [(key, own) for key in keys if (own := _own(key, certificates)) is not None]
    pairs = list({_encoded(own): (key, own) for key, own in reversed(pairs)}.values())[
        ::-1
    ]  # a key twice is one
    if not pairs:
        if keys:
            return _matched(keys[0], certificates, name=name)  # which says what is wrong
        raise HoldsNoKey(
            f"{name} holds no private key, where one is due",
            hint="An identity is one key and its certificate.",
        )
    wanted = [pair for pair in pairs if identity is None or _answers_to(*pair, identity)]
    if len(wanted) == 1:
        return _matched(wanted[0][0], certificates, name=name)
    choices = "; ".join(
        f"{_display_name(*pair)} (SHA-256 {_fingerprint(pair[1])})" for pair in pairs[:_MOST_CHOICES]
    )
    more = f"; and {len(pairs) - _MOST_CHOICES} more" if len(pairs) > _MOST_CHOICES else ""
    hint = (
        f"There are: {choices}{more}. Choose one by --identity NAME or FINGERPRINT; where a command has no such "
        "option, `trustrig export p12 --from FILE --identity NAME` packs it alone"
    )
    if identity is None:
        raise Unreadable(f"{name} holds {len(pairs)} identities, where one is due", hint=hint)
    found = f"{len(wanted)} identities that answer to" if wanted else "no identity that answers to"
    raise InvalidRequest(f"{name} holds {found} {identity!r}", hint=hint)


def _answers_to(key: _Key, own: x509.Certificate, identity: str) -> bool:
    """Whether IDENTITY is one of its names or fingerprints."""
    from cryptography.hazmat.primitives import hashes

    digits = identity.replace(":", "").replace(" ", "").lower()
    if digits in (_fingerprint(own), own.fingerprint(hashes.SHA1()).hex()):  # noqa: S303  # a name that people use
        return True
    return identity in (key.friendly_name, own.subject.rfc4514_string(), *common_names_in(own.subject))


def _display_name(key: _Key, own: x509.Certificate) -> str:
    return key.friendly_name or own.subject.rfc4514_string() or "(no name)"


def _fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, in hexadecimal."""
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(hashes.SHA256()).hex()


def _matched(key: _Key, certificates: list[x509.Certificate], *, name: str) -> Identity:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    found = key.found
    if found.key is None:
        raise WrongPassword(
            f"The private key for {name} is encrypted, and its password is missing",
            hint="Give the password it was encrypted with.",
        )
    if not isinstance(found.key, get_args(CertificateIssuerPrivateKeyTypes)):
        raise Unreadable(f"{name} has a {found.facts}, which signs nothing", hint="TLS needs a signing key.")
    own = _own(key, certificates)
    if own is None:
        names = ", ".join(c.subject.rfc4514_string() or "(empty)" for c in certificates[:3])
        raise InvalidRequest(
            f"The private key ({found.facts}) is of no certificate in {name}, which has {names or 'none'}",
            hint="Give the key the certificate was issued for.",
        )
    return Identity(own, found.key, tuple(issuers_of(own, certificates)))


def _own(key: _Key, certificates: list[x509.Certificate]) -> x509.Certificate | None:
    """The certificate of the key: of several, as after a renewal, the one its localKeyID leads to."""
    spki = key.found.spki
    if spki is None:
        return None
    value = public_value(spki)
    fitting = [c for c in certificates if _value(c) == value]
    named = (c for c in fitting if _encoded(c) == key.certificate)
    return next(named, fitting[0] if fitting else None)


def issuers_of(leaf: x509.Certificate, pool: list[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Climb from LEAF by names and signatures; what is not on the way up is no issuer of this identity."""
    current, left = leaf, [c for c in pool if c != leaf]
    while not is_self_signed(current):  # a CA's new key that its old one certified names itself as well
        issuer = next((c for c in left if is_issued_by(current, c)), None)
        if issuer is None:
            return
        yield issuer
        left.remove(issuer)
        current = issuer


def _value(certificate: x509.Certificate) -> Hashable:
    """What its public key has in common with other forms of it; None where nobody here reads it."""
    try:
        return public_value(CertFacts.parse(_encoded(certificate)).spki)
    except Unreadable:  # to Apple; then as `cryptography` has it
        pass
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = public_key_of(certificate)
        return public_value(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    except Unreadable:  # somebody else's key, then
        return None


def _encoded(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)
