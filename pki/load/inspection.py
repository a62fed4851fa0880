"""What is in a file somebody sent, of any kind that is known here.

No private key and no password is in them: keys are described by type and size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pki.errors import PkiError, Unreadable
from pki.load.certificates import (
    bundled,
    in_block,
    refuse_profile,
    refuse_wrapped,
    refuse_wrapped_profile,
    split_der,
)
from pki.load.descriptions import Described, describe_other
from pki.load.inspected import InspectedCertificate, InspectedKey, bagged_key, owned
from pki.load.inspected_file import Inspection
from pki.load.keys import FoundKey, UnknownKeyKind, key_in_block
from pki.load.kinds import FileKind
from pki.load.next_steps import advice_about
from pki.load.p12.container import container_of, notes_about
from pki.load.p12.kdf import Work
from pki.load.p12.reading import read_pfx
from pki.load.pem import Block
from pki.load.pkcs7 import SignedData, read_bundle, unparsed_bundle
from pki.load.profile.reading import ConfigurationProfile, read_profile
from pki.load.profile.validation import findings_about
from pki.load.recognised import Form, Recognised
from pki.load.recognition import recognise
from pki.load.signers import CmsSigner, read_signers
from pki.model import der
from pki.model.certificate import CertFacts

_HOLDERS = (
    FileKind.CERTIFICATE,
    FileKind.PKCS7,
    FileKind.PROFILE,
)  # of certificates and nothing else; the last is refused
_KNOWN = "Known are certificates, keys, requests, CRLs, PKCS #7, PKCS #12 and configuration profiles."


def inspect_bytes(
    source: bytes | Recognised, *, name: str, password: str | None = None, at: datetime | None = None
) -> Inspection:
    """Describe certificates, keys, requests, CRLs, PKCS #7, PKCS #12 and profiles. NAME stands in messages.

    Without a password, what is encrypted is described by its parameters. A profile is checked as well, its dates
    against AT, if that is given.

    Raises:
        Unreadable: SOURCE is none of these, or damaged.
        WrongPassword: the password given opens nothing here.
    """
    found = recognise(source, name=name)
    kind = found.kind
    if kind is FileKind.PKCS12 and not found.blocks:
        return _as_written(_pkcs12(found.content, name, password, Work()), found)
    if found.blocks or found.damage is not None:
        return _blocks(found, name, password)
    if kind is FileKind.PROFILE:
        refuse_wrapped_profile(found, name)
        return _profile(read_profile(found.content, name=name), name, password, at)
    if kind in (FileKind.CERTIFICATE, FileKind.PKCS7):
        return _as_written(_certificates_in(found, name), found)
    if kind is FileKind.PRIVATE_KEY:
        block = Block("PRIVATE KEY", found.content, 0, 1)
        key = _block_key(block, name, password, (), Work())
        return _as_written(Inspection(name, kind, found.form, keys=(key,)), found)
    return _as_written(_other(found, name, at), found)


def _as_written(inspection: Inspection, found: Recognised) -> Inspection:
    """The same, with how the file is written down and what other programs make of that."""
    return replace(inspection, form=found.form, notes=(*inspection.notes, *found.remarks))


def _certificates_in(found: Recognised, name: str) -> Inspection:
    if found.kind is FileKind.CERTIFICATE:
        ders = split_der(found.content, name=name)
        return Inspection(name, found.kind, found.form, tuple(map(_certificate, ders)))
    bundle = read_bundle(found.content, name=name)
    ders, notes = bundle.certificates, _signed_by(bundle, name)
    return Inspection(name, found.kind, found.form, tuple(map(_certificate, ders)), notes=notes)


def _other(found: Recognised, name: str, at: datetime | None) -> Inspection:
    other = describe_other(found.kind, found.content, name=name, detail=found.detail, at=at)
    if other is None:
        hint = found.advice or _KNOWN
        raise Unreadable(f"{name} is {found.described}; nothing in it can be inspected", hint=hint)
    certificates = tuple(map(_certificate, other.certificates))
    return Inspection(name, found.kind, found.form, certificates, others=(other,), notes=other.notes)


def _blocks(found: Recognised, name: str, password: str | None) -> Inspection:
    """Every block of a PEM file or a document, each read as what it is; one that is only named is a note."""
    blocks = found.readable_blocks(name)
    work = Work()  # one bound for all of them
    certificates: list[InspectedCertificate] = []
    bundles: dict[int, SignedData] = {}  # who signed is told of a bundle in PEM as well
    for at, block in enumerate(blocks):
        if block.kind is FileKind.PKCS7:
            where = f"{name}, {block.where},"
            bundles[at] = read_bundle(block.data, name=where)
            certificates += map(_certificate, bundled(bundles[at], where))
        elif block.kind in _HOLDERS:
            certificates += map(_certificate, in_block(block, name))
    keys: list[InspectedKey] = []
    others: list[Described] = []
    parts: list[Inspection] = []
    notes: list[str] = []
    hints: list[str] = []
    for at, block in enumerate(blocks):
        where, kind, detail = f"{name}, {block.where},", block.kind, block.detail
        if at in bundles:
            notes += _signed_by(bundles[at], where)
        elif kind in _HOLDERS:
            continue
        elif kind is FileKind.PRIVATE_KEY:
            keys.append(_block_key(block, where, password, certificates, work))
        elif kind is FileKind.PKCS12:
            parts.append(_pkcs12(block.data, block.where, password, work))
        elif (other := describe_other(kind, block.data, name=where, detail=detail)) is not None:
            others.append(other)
            notes += other.notes
            certificates += map(_certificate, other.certificates)
        else:
            advice = advice_about(kind, detail)
            notes.append(f"{block.where} is {detail or kind.described}. {advice}".rstrip())
            hints.append(advice)
    if not (certificates or keys or others or parts):
        what = found.described if len(blocks) == 1 else "; ".join(note.split(". ")[0] for note in notes[:6])
        raise Unreadable(
            f"{name} is {what}; nothing in it can be inspected", hint=hints[0] if hints else _KNOWN
        )
    return Inspection(
        name,
        found.kind,
        found.form,
        tuple(certificates),
        tuple(keys),
        parts=tuple(parts),
        others=tuple(others),
        notes=(*notes, *found.remarks),
    )


def _block_key(
    block: Block,
    name: str,
    password: str | None,
    certificates: Sequence[InspectedCertificate],
    work: Work,
) -> InspectedKey:
    try:
        return _key(key_in_block(block, name=name, password=password, work=work), certificates)
    except UnknownKeyKind as error:
        return InspectedKey(None, "", problem=f"{error.kind}, of a kind that is not known here")


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
    return Inspection(name, FileKind.PKCS12, Form.DER, certificates, keys, container, notes=tuple(notes))


def _profile(
    profile: ConfigurationProfile, name: str, password: str | None, at: datetime | None
) -> Inspection:
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
    encrypted = profile.encrypted_content
    if encrypted is not None and encrypted.kind is FileKind.ENCRYPTED_CMS:
        notes.append("Its payloads are encrypted to a certificate on the device it is meant for.")
        try:
            contents.append(inspect_bytes(encrypted, name="EncryptedPayloadContent"))
        except PkiError as error:
            notes.append(f"{error.problem}.")
    return Inspection(
        name,
        FileKind.PROFILE,
        Form.OTHER,
        profile=profile,
        parts=tuple(content for content in contents if isinstance(content, Inspection)),
        notes=tuple(notes),
        findings=findings_about(profile, contents[: len(profile.payloads)], at=at),
    )


def _payload_content(data: bytes, password: str | None, name: str, work: Work) -> Inspection | PkiError:
    try:
        content = recognise(data)
        refuse_profile(content, name)
        refuse_wrapped(content, name)
        if content.kind is FileKind.PKCS12 and not content.blocks:
            return _as_written(_pkcs12(content.content, name, password, work), content)
        return inspect_bytes(content, name=name, password=password)
    except PkiError as error:
        return error


def _signed_by(bundle: SignedData, name: str) -> tuple[str, ...]:
    """Who signed a bundle: a .p7s and a .p7m are bundles, too."""
    try:
        return tuple(_about(signer, detached=bundle.content is None) for signer in read_signers(bundle))
    except der.DerError as error:
        raise unparsed_bundle(name, error) from None


def _about(signer: CmsSigner, *, detached: bool) -> str:
    if detached:
        return (
            f"It is a signature by {signer.name} over something that is not inside, so it was not checked: "
            "`openssl cms -verify -inform DER -in FILE -content WHAT -CAfile ROOT.pem` does."
        )
    right = signer.problem or "it fits what is signed; whether anybody trusts it was not asked"
    return f"It is signed by {signer.name}: {right}."


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


def _key(found: FoundKey, certificates: Sequence[InspectedCertificate]) -> InspectedKey:
    return InspectedKey(found.facts, found.encryption, certificate=owned(found.spki, certificates))
