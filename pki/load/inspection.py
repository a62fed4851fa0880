"""What is in a file somebody sent, of any kind that is known here: the values behind `inspect`.

No private key and no password is in them: keys are described by type and size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pki.errors import PkiError, Unreadable
from pki.load.certificates import check_size, in_block, refuse_profile, split_der
from pki.load.containers import Container, container_of, notes_about
from pki.load.inspected import InspectedCertificate, InspectedKey, bagged_key, owned
from pki.load.kdf import Work
from pki.load.keys import FoundKey, open_der_key, read_keys
from pki.load.kinds import Kind
from pki.load.others import Described, describe_other
from pki.load.pem import read_blocks
from pki.load.pkcs7 import read_signed_data
from pki.load.pkcs12 import read_pfx
from pki.load.profile import Profile, ProfileFinding, findings_about, read_profile
from pki.load.recognition import Form, pem_kind, recognise
from pki.model import der
from pki.model.certificate import CertFacts

__all__ = ["Container", "InspectedCertificate", "InspectedKey", "Inspection", "inspect_bytes"]

_KNOWN = "Known are certificates, keys, requests, CRLs, PKCS #7, PKCS #12 and configuration profiles."


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that could be said about one file; a profile's parts are what its payloads carry."""

    name: str
    kind: Kind
    form: Form
    certificates: tuple[InspectedCertificate, ...] = ()
    keys: tuple[InspectedKey, ...] = ()
    container: Container | None = None
    profile: Profile | None = None
    parts: tuple[Inspection, ...] = ()
    others: tuple[Described, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[ProfileFinding, ...] = ()  # about a profile, errors first

    @property
    def faulty(self) -> bool:
        """Whether Apple's systems would refuse it, or a part of it: a finding that is an error, for example."""
        return (
            any(finding.severity.fails for finding in self.findings)
            or any(certificate.problem for certificate in self.certificates)
            or any(key.problem for key in self.keys)
            or (self.container is not None and self.container.faulty)
        )


def inspect_bytes(
    data: bytes, *, name: str, password: str | None = None, at: datetime | None = None
) -> Inspection:
    """Describe certificates, keys, requests, CRLs, PKCS #7, PKCS #12 and profiles. NAME stands in messages.

    Without a password, what is encrypted is described by its parameters. A profile is checked as well, its dates
    against AT, if that is given.

    Raises:
        Unreadable: DATA is none of these, or damaged.
        WrongPassword: the password given opens nothing here.
    """
    check_size(data, name)
    kind, form = recognise(data)
    if form is Form.PEM:
        return _pem(data, kind, name, password)
    if kind is Kind.PKCS12:
        return _pkcs12(data, name, password, Work())
    if kind is Kind.PROFILE:
        return _profile(read_profile(data, name=name), name, password, at)
    if kind in (Kind.CERTIFICATE, Kind.PKCS7):
        found = split_der(data, name=name) if kind is Kind.CERTIFICATE else _pkcs7(data, name)
        return Inspection(name, kind, form, tuple(_certificate(one) for one in found))
    if kind is Kind.PRIVATE_KEY:
        key = open_der_key(data, name=name, password=password)
        return Inspection(name, kind, form, keys=(_key(key, ()),))
    other = describe_other(kind, data, name=name)
    if other is None:
        hint = kind.advice or _KNOWN
        raise Unreadable(f"{name} is {kind.described}; nothing in it can be inspected", hint=hint)
    return Inspection(name, kind, form, others=(other,))


def _pem(data: bytes, kind: Kind, name: str, password: str | None) -> Inspection:
    blocks = read_blocks(data, name=name)
    certificates = tuple(_certificate(one) for block in blocks for one in in_block(block, name))
    keys = tuple(_key(key, certificates) for key in read_keys(data, name=name, password=password))
    others, notes = [], []
    for block in blocks:
        inside = pem_kind(block.label)
        if inside in (Kind.CERTIFICATE, Kind.PKCS7, Kind.PRIVATE_KEY):
            continue
        other = describe_other(inside, block.data, name=f"{name}, {block.where},") if inside else None
        if other is not None:
            others.append(other)
        else:
            notes.append(f"{block.where} is {inside.described if inside else 'nothing known here'}.")
    return Inspection(name, kind, Form.PEM, certificates, keys, others=tuple(others), notes=tuple(notes))


def _pkcs12(data: bytes, name: str, password: str | None, work: Work) -> Inspection:
    pfx = read_pfx(data, name=name, password=password, work=work)
    certificates = tuple(
        replace(_certificate(bag.content), friendly_name=bag.friendly_name, local_key_id=bag.local_key_id)
        for bag in pfx.certificates
        if bag.content is not None
    )
    keys = tuple(bagged_key(bag, certificates, name, proven=pfx.proven) for bag in pfx.keys)
    container = container_of(pfx, keys, certificates)
    notes = notes_about(container)
    return Inspection(name, Kind.PKCS12, Form.DER, certificates, keys, container, notes=tuple(notes))


def _profile(profile: Profile, name: str, password: str | None, at: datetime | None) -> Inspection:
    work = Work()  # one bound for all containers
    # A binary property list repeats a part for free.
    seen: dict[tuple[bytes, str | None], Inspection | PkiError] = {}
    contents: list[Inspection | PkiError | None] = []
    for payload in profile.payloads:
        if payload.content is None:
            contents.append(None)
            continue
        given = (payload.content, payload.password or password)
        if given not in seen:
            seen[given] = _payload_content(*given, payload.identifier[:100] or payload.path, work)
        contents.append(seen[given])
    notes = []
    if profile.encrypted:
        notes.append("Its payloads are encrypted to a certificate on the device it is meant for.")
    return Inspection(
        name,
        Kind.PROFILE,
        Form.OTHER,
        profile=profile,
        parts=tuple(content for content in contents if isinstance(content, Inspection)),
        notes=tuple(notes),
        findings=findings_about(profile, contents, at=at),
    )


def _payload_content(data: bytes, password: str | None, name: str, work: Work) -> Inspection | PkiError:
    try:
        refuse_profile(data, name)
        if recognise(data)[0] is Kind.PKCS12:
            return _pkcs12(data, name, password, work)
        return inspect_bytes(data, name=name, password=password)
    except PkiError as error:
        return error


def _pkcs7(data: bytes, name: str) -> tuple[bytes, ...]:
    try:
        return read_signed_data(data).certificates
    except der.DerError as error:
        raise Unreadable(f"{name} is a PKCS #7 bundle that does not parse: {error}") from None


def _certificate(data: bytes) -> InspectedCertificate:
    try:
        facts = CertFacts.parse(data)
        for name in (facts.subject, facts.issuer):
            str(name)  # names are taken apart only when they are shown
    except Unreadable as error:
        return InspectedCertificate(None, error.problem)
    except der.DerError as error:
        return InspectedCertificate(None, f"a name that does not parse: {error}")
    return InspectedCertificate(facts)


def _key(found: FoundKey, certificates: tuple[InspectedCertificate, ...]) -> InspectedKey:
    return InspectedKey(found.facts, found.encryption, certificate=owned(found.spki, certificates))
