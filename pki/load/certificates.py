"""Certificates out of whatever holds them, as DER bytes in the order found.

They stay bytes here: many certificates that Apple reads are refused by stricter parsers, so what is wrong
with one is for `CertFacts.parse` to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import PkiError, Unreadable, WrongPassword
from pki.load.kinds import FileKind
from pki.load.next_steps import advice_about
from pki.load.pem import Block
from pki.load.pkcs7 import SignedData, read_bundle
from pki.load.recognised import Form, Recognised
from pki.load.recognition import recognise
from pki.model import der
from pki.model.certificate import CertFacts

if TYPE_CHECKING:
    from pki.load.p12.kdf import Work

MAX_CERTIFICATES = 10_000


def load_certificates(
    source: bytes | Recognised, *, name: str, password: str | None = None
) -> tuple[bytes, ...]:
    """Find the certificates in SOURCE: PEM, DER, PKCS #7, PKCS #12 or a profile, recognised by content.

    What wraps them is taken off where that leaves no choice (base64, YAML, a byte order mark): `recognise` does, and
    its `remarks` say what other programs make of the file.

    The order is the source's, exact duplicates removed. PKCS #7 and PKCS #12 are sets, whose order means
    nothing: from those, the certificate that the key belongs to comes first, or else the first that issued
    none of the others. From a profile, everything it would install. NAME stands in messages; the password
    opens PKCS #12 only.

    Raises:
        Unreadable: SOURCE is something else, damaged, or larger than 16 MiB or 10,000 certificates.
        WrongPassword: a PKCS #12 container needs a password, or another one.
    """
    found = tuple(dict.fromkeys(_find(recognise(source, name=name), name=name, password=password)))
    if len(found) > MAX_CERTIFICATES:
        raise Unreadable(
            f"{name} holds {len(found):,} certificates",
            hint=f"At most {MAX_CERTIFICATES:,} are read at once.",
        )
    return found


def leaf_first(certificates: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Move the first certificate that issued none of the others to the front; for sources without order."""
    issuers: set[bytes] = set()
    subjects: list[bytes | None] = []
    for certificate in certificates:
        try:
            facts = CertFacts.parse(certificate)
        except Unreadable:
            subjects.append(None)
            continue
        subjects.append(facts.subject.key)
        if not facts.self_issued:
            issuers.add(facts.issuer.key)
    for at, subject in enumerate(subjects):
        if subject is not None and subject not in issuers:
            return (certificates[at], *certificates[:at], *certificates[at + 1 :])
    return certificates


def split_der(data: bytes, *, name: str) -> tuple[bytes, ...]:
    """Cut apart certificates that stand one behind the other as DER.

    Raises:
        Unreadable: what follows a certificate is not another one.
    """
    found: list[bytes] = []
    pos = 0
    while pos < len(data):
        try:
            tag, _, _, stop = der.element(data, pos, len(data))
        except der.DerError:
            tag, stop = 0, pos
        if tag != der.SEQUENCE:
            rest = len(data) - pos
            raise Unreadable(
                f"{name}: behind certificate {len(found)} come {rest:,} bytes that are not another",
                hint="Cut them off, or transfer the file again in binary mode.",
            )
        found.append(data[pos:stop])
        pos = stop
    return tuple(found)


def refuse_profile(content: Recognised, where: str) -> None:
    """Refuse a profile inside a profile: one level is all the format has, and thousands would not be read."""
    if content.kind is FileKind.PROFILE:
        raise Unreadable(
            f"{where} holds a profile where a certificate or an identity is due", hint="Give the inner one."
        )


def refuse_wrapped(found: Recognised, where: str) -> None:
    """Refuse what a person can be asked to unwrap, where nobody reads on but a device, which takes it as it is.

    Raises:
        Unreadable: it is base64, a document or the like around something that is known.
    """
    if found.wrapped:
        raise Unreadable(
            f"{where} is {found.described} written as {found.form}, and devices do not take that off",
            hint="Put in what is inside it.",
        )


def refuse_wrapped_profile(found: Recognised, where: str) -> None:
    """Refuse a profile in a wrapping: what is inside may be right, and no device installs it so.

    Raises:
        Unreadable: it is one.
    """
    if found.kind is FileKind.PROFILE and found.wrapped:
        if found.form is Form.PEM:
            raise _profile_as_pem(where)
        signed = found.content[:1] == b"\x30"
        raise Unreadable(
            f"{where} is a {'signed ' if signed else ''}profile as {found.form}, and devices take "
            f"{'DER' if signed else 'the profile itself'}",
            hint=f"Convert it: {found.repair}.",
        )


def _profile_as_pem(where: str) -> Unreadable:
    """Say so of a signed one: no PEM label vouches for a plain one."""
    return Unreadable(
        f"{where} is a signed profile as PEM, and devices take DER",
        hint="Convert it:",
        commands=["openssl cms -cmsout -inform PEM -in FILE -outform DER -out NEW.mobileconfig"],
    )


def refuse_several(found: Recognised, name: str) -> None:
    """Refuse a document with several containers and no certificate beside them: nobody said which is meant.

    Raises:
        Unreadable: it is one.
    """
    if found.kind is FileKind.PKCS12 and found.blocks:
        places = ", ".join(block.where for block in found.blocks[:6])
        raise Unreadable(
            f"{name} holds {len(found.blocks):,} PKCS #12 containers ({places})",
            hint="Take out the one that is meant: base64 -d of its value.",
        )


def _not_certificates(name: str, kind: FileKind, detail: str) -> Unreadable:
    """Say what NAME is, in place of certificates."""
    advice = advice_about(kind, detail) or (
        "Give certificates as PEM, DER, PKCS #7, PKCS #12 or a configuration profile."
    )
    return Unreadable(f"{name} is {detail or kind.described}, where a certificate is due", hint=advice)


def _find(found: Recognised, *, name: str, password: str | None) -> tuple[bytes, ...]:
    if found.blocks or found.damage is not None:
        if not found.kind.certificates:
            raise _not_certificates(name, found.kind, found.detail)
        refuse_several(found, name)
        blocks = found.readable_blocks(name)
        return tuple(certificate for block in blocks for certificate in in_block(block, name))
    if found.kind is FileKind.CERTIFICATE:
        return split_der(found.content, name=name)
    if found.kind in (FileKind.PKCS7, FileKind.AUTHENTICODE):
        return bundled(read_bundle(found.content, name=name), name)
    if found.kind is FileKind.PKCS12:
        return _in_pkcs12(found.content, name, password)
    if found.kind is FileKind.PROFILE:
        refuse_wrapped_profile(found, name)
        return _in_profile(found.content, name, password)
    if found.kind is FileKind.PROVISIONING:
        return _in_provisioning(found.content, name)
    raise _not_certificates(name, found.kind, found.detail)


def in_block(block: Block, name: str) -> tuple[bytes, ...]:
    """Find the certificates of one block; none when its label says something else, such as a key."""
    where = f"{name}, {block.where},"
    if block.kind is FileKind.PROFILE:
        raise _profile_as_pem(where)
    if block.kind in (FileKind.PKCS7, FileKind.AUTHENTICODE):
        return bundled(read_bundle(block.data, name=where), where)
    if block.kind is FileKind.PROVISIONING:
        return _in_provisioning(block.data, where)
    if block.kind is not FileKind.CERTIFICATE:
        return ()
    if block.bare:
        return split_der(block.data, name=where)
    if block.content is None:
        raise Unreadable(
            f"{where} is base64, but not of a certificate", hint="Copy or download it again, whole."
        )
    if block.content[0] not in (FileKind.CERTIFICATE, FileKind.OTHER_ASN1):  # the label vouches for odd ones
        raise _not_certificates(where, *block.content)
    if block.label == "TRUSTED CERTIFICATE":  # OpenSSL's own trust settings follow the certificate
        return (block.data[: der.element(block.data, 0, len(block.data))[3]],)
    return (block.data,)


def bundled(bundle: SignedData, name: str) -> tuple[bytes, ...]:
    """The certificates of a PKCS #7 bundle called NAME, a leaf first.

    Raises:
        Unreadable: there are none.
    """
    if not bundle.certificates:
        raise Unreadable(
            f"{name} is a PKCS #7 bundle without certificates", hint="Export it again with its certificates."
        )
    return leaf_first(bundle.certificates)


def _in_pkcs12(data: bytes, name: str, password: str | None, work: Work | None = None) -> tuple[bytes, ...]:
    from pki.load.p12.reading import read_pfx, undecryptable

    pfx = read_pfx(data, name=name, password=password, work=work)
    found = tuple(bag.content for bag in pfx.certificates if bag.content is not None)
    if any(safe.bags is None for safe in pfx.safes):
        raise undecryptable(name, pfx) if pfx.undecryptable else unopened(name, password)
    if not found:
        raise Unreadable(
            f"{name} is a PKCS #12 container without certificates",
            hint="Export it again with its certificates.",
        )
    owned = {key.local_key_id for key in pfx.keys if key.local_key_id is not None}
    return found if pfx.certificates[0].local_key_id in owned else leaf_first(found)


def unopened(name: str, password: str | None) -> PkiError:
    """Say that NAME is a PKCS #12 container whose content stayed encrypted."""
    if password is None:
        return WrongPassword(
            f"{name} is a PKCS #12 container, and its password is missing",
            hint="Give the password it was exported with.",
        )
    return Unreadable(
        f"{name} is a PKCS #12 container with an encryption that cannot be undone here",
        hint="Convert it with `openssl pkcs12`.",
    )


def _in_provisioning(data: bytes, name: str) -> tuple[bytes, ...]:
    from pki.load.provisioning import read_provisioning

    found = read_provisioning(data, name=name).certificates
    if not found:
        raise Unreadable(f"{name} is a provisioning profile without certificates", hint="Give another.")
    return found


def _in_profile(data: bytes, name: str, password: str | None) -> tuple[bytes, ...]:
    from pki.load.p12.kdf import Work
    from pki.load.profile.reading import read_profile
    from pki.model.payloads import CERTIFICATE_PAYLOADS, PayloadType

    profile = read_profile(data, name=name)
    found: list[bytes] = []
    locked: WrongPassword | None = None
    work = Work()  # one bound for all containers
    for number, payload in enumerate(profile.payloads, start=1):
        where = f"{name}, payload {number}"
        if payload.content is None:
            continue
        if payload.type in CERTIFICATE_PAYLOADS:
            content = recognise(payload.content)
            refuse_profile(content, where)
            refuse_wrapped(content, where)
            found += load_certificates(content, name=where)
        elif payload.type == PayloadType.PKCS12:
            try:
                found += _in_pkcs12(payload.content, where, payload.password or password, work)
            except WrongPassword as error:
                locked = error
    if not found:
        if locked is not None:
            raise locked
        raise Unreadable(f"{name} is a configuration profile without certificates", hint="Give another.")
    return tuple(found)
