"""What is in a file somebody sent, of any kind that is known here: the values behind `inspect`.

No private key and no password is in them: keys are described by type and size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pki.errors import PkiError, Unreadable
from pki.load.certificates import check_size, in_block, refuse_profile, split_der
from pki.load.importers import AppleSupport, apple_support
from pki.load.kdf import Work
from pki.load.keys import FoundKey, open_der_key, read_keys
from pki.load.kinds import Kind
from pki.load.others import Described, describe_other
from pki.load.pairing import PackedIdentity, packed_identities
from pki.load.pem import read_blocks
from pki.load.pfx import Bag, BagKind, Pfx
from pki.load.pkcs7 import read_signed_data
from pki.load.pkcs8 import public_value, read_private_half
from pki.load.pkcs12 import read_pfx
from pki.load.profile import Profile, ProfileFinding, findings_about, read_profile
from pki.load.reader_table import openings
from pki.load.readers import Opening
from pki.load.recognition import Form, pem_kind, recognise
from pki.load.traits import Aspect, Contents, Trait, traits_of
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.encoding import encoding_faults
from pki.model.keys import KeyAlgorithm, KeyFacts
from pki.model.oids import extension_name

_KNOWN = "Known are certificates, keys, requests, CRLs, PKCS #7, PKCS #12 and configuration profiles."


@dataclass(frozen=True, slots=True)
class InspectedCertificate:
    """A certificate: its facts, or why Apple's parser refuses it (`problem`)."""

    facts: CertFacts | None
    problem: str = ""
    friendly_name: str | None = None  # in a PKCS #12 container
    local_key_id: bytes | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is odd in how it is written: what Apple refuses a chain for, what it reads and others may not."""
        if self.facts is None:
            return ()
        facts = self.facts
        return (
            *(
                f"{extension_name(oid)} does not read: Apple refuses a chain with it"
                for oid in facts.unparseable
            ),
            *(
                f"{extension_name(oid)} is there twice: Apple refuses a chain with it"
                for oid in facts.duplicates
            ),
            *(f"Apple reads it, and RFC 5280 does not allow it: {fault}" for fault in encoding_faults(facts)),
        )


@dataclass(frozen=True, slots=True)
class InspectedKey:
    """A private key, never its value. `facts` is None while locked; `encryption` is empty in the clear.

    `problem` says why it is of no use to anybody.
    """

    facts: KeyFacts | None
    encryption: str
    problem: str = ""
    certificate: int | None = None  # position of the certificate it belongs to, from 0
    friendly_name: str | None = None
    local_key_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """How a PKCS #12 file is protected, what belongs together in it, and who opens it."""

    pfx: Pfx
    packed: tuple[PackedIdentity, ...]  # keys that have their certificate beside them
    clashes: tuple[str, ...]  # friendlyNames shared by certificates without a localKeyID
    traits: tuple[Trait, ...]
    unrelated: tuple[int, ...]  # certificates in no identity's chain, counted from 0
    names: tuple[str, ...] = ()  # of the identities: friendlyName, else the subject

    @property
    def apple(self) -> AppleSupport:
        """Which Apple releases open it."""
        return apple_support(self.traits)

    @property
    def openings(self) -> tuple[Opening, ...]:
        """Who opens it, every known reader."""
        return openings(self.traits)

    @property
    def identities(self) -> int:
        """How many keys have their certificate beside them."""
        return len(self.packed)

    @property
    def rewrappable(self) -> bool:
        """Whether older Apple releases refuse it, and would open the same identity in another container."""
        locked = self.pfx.locked and not self.identities and not self.pfx.undecryptable
        because = [trait for opening in (*self.apple.new, *self.apple.old) for trait in opening.because]
        kept = (Aspect.KEY, Aspect.CONTENT)  # what another container has as well
        return (
            (self.identities == 1 or locked) and bool(because) and all(t.aspect not in kept for t in because)
        )

    @property
    def certificates_alone(self) -> bool:
        """Whether it is a trust store: certificates, and no key that could make an identity."""
        return bool(self.pfx.certificates) and not self.pfx.keys and not self.pfx.locked

    @property
    def faulty(self) -> bool:
        """Whether one of today's Apple systems is known to make nothing of it; a trust store need hold no identity."""
        if not self.identities and not self.pfx.locked:
            seen = [trait for trait in self.traits if trait.aspect is not Aspect.CONTENT]
            return not self.certificates_alone or bool(apple_support(seen).newer)
        return bool(self.apple.newer or self.pfx.undecryptable)


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
    keys = tuple(_bagged_key(bag, certificates, name, proven=pfx.proven) for bag in pfx.keys)
    names = Counter(cert.friendly_name for cert in certificates if cert.local_key_id is None)
    clashes = tuple(shared for shared, count in names.items() if shared and count > 1)
    packed = packed_identities(keys, certificates)
    traits = traits_of(pfx, _contents(pfx, keys, certificates, packed))
    notes = [
        f"The password is right, for the MAC fits; this does not decrypt: {it}." for it in pfx.undecryptable
    ]
    if any(bag.utf16 for bag in pfx.bags):
        notes.append(
            "It decrypts with the password in UTF-16, as NSS once had it: pk12util -i reads it, and pk12util -o "
            "writes it anew."
        )
    if pfx.locked and not pfx.undecryptable:
        hidden = "certificates and keys" if any(safe.bags is None for safe in pfx.safes) else "keys"
        notes.append(f"The {hidden} are encrypted; their types and names are told with the password only.")
    if len(packed) > 1:
        notes.append("A configuration profile takes a container with exactly one identity.")
    chained = {at for identity in packed for at in identity.chain}
    unrelated = tuple(at for at in range(len(certificates)) if at not in chained)
    called = tuple(_called(keys[one.key], certificates[one.chain[0]]) for one in packed)
    container = Container(pfx, packed, clashes, traits, unrelated, called)
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


def _called(key: InspectedKey, leaf: InspectedCertificate) -> str:
    subject = leaf.facts.subject.label if leaf.facts is not None else ""
    return key.friendly_name or leaf.friendly_name or subject


def _key(found: FoundKey, certificates: Sequence[InspectedCertificate]) -> InspectedKey:
    return InspectedKey(found.facts, found.encryption, certificate=_owned(found.spki, certificates))


def _owned(spki: bytes | None, certificates: Sequence[InspectedCertificate]) -> int | None:
    """The first certificate of this public key, in whatever form it has it."""
    if spki is None:
        return None
    value = public_value(spki)
    owned = (
        at for at, c in enumerate(certificates) if c.facts is not None and public_value(c.facts.spki) == value
    )
    return next(owned, None)


def _bagged_key(
    bag: Bag, certificates: Sequence[InspectedCertificate], name: str, *, proven: bool
) -> InspectedKey:
    """A key out of a container. Its kind is read from the file itself, and says more than a library that loads it."""
    encryption = str(bag.scheme) if bag.kind is BagKind.SHROUDED_KEY else ""
    key = InspectedKey(None, encryption, friendly_name=bag.friendly_name, local_key_id=bag.local_key_id)
    if bag.content is None:
        return (
            replace(key, problem="it does not decrypt, and the password is right: the MAC fits")
            if proven
            else key
        )
    facts, spki = read_private_half(bag.content)
    problem = facts.problem
    if spki is None or facts.algorithm in (KeyAlgorithm.RSA, KeyAlgorithm.EC):
        try:
            spki = open_der_key(bag.content, name=f"a key in {name}").spki
        except Unreadable as error:
            problem = _why_unusable(facts, error)
    if problem and facts.algorithm in (KeyAlgorithm.RSA, KeyAlgorithm.EC):
        facts = KeyFacts(KeyAlgorithm.UNREADABLE, 0, oid=facts.oid, problem=f"{facts}, {problem}")
    owned = _owned(spki, certificates) if spki is not None else _named_alike(bag, certificates)
    return replace(key, facts=facts, problem=problem, certificate=owned)


def _named_alike(bag: Bag, certificates: Sequence[InspectedCertificate]) -> int | None:
    """The certificate of a key whose public half nobody here works out: by localKeyID, as importers find it."""
    alike = (
        at for at, found in enumerate(certificates) if found.local_key_id == bag.local_key_id is not None
    )
    return next(alike, None)


def _why_unusable(facts: KeyFacts, error: Unreadable) -> str:
    """Why a key does not load: its kind is not known here, which says nothing against it, or it is damaged."""
    loadable = (KeyAlgorithm.RSA, KeyAlgorithm.EC, KeyAlgorithm.ED25519, KeyAlgorithm.ED448, KeyAlgorithm.DSA)
    if facts.problem or facts.algorithm in loadable:
        return facts.problem or "it does not load"
    return ""


def _contents(
    pfx: Pfx,
    keys: Sequence[InspectedKey],
    certificates: Sequence[InspectedCertificate],
    packed: Sequence[PackedIdentity],
) -> Contents:
    """What of the contents decides who takes them: a key and its certificate may name their kind differently."""
    own = tuple(key.facts for key in keys if key.facts is not None)
    leaves = (certificates[identity.chain[0]].facts for identity in packed)
    seen = (*own, *(leaf.key for leaf in leaves if leaf is not None))
    lonely = sum(key.certificate is None for key in keys) if not pfx.locked else 0
    pointless = any(
        key.facts is not None
        and key.facts.algorithm is KeyAlgorithm.EC
        and bag.content is not None
        and read_private_half(bag.content)[1] is None
        for key, bag in zip(keys, pfx.keys, strict=True)
    )
    return Contents(seen, own, tuple(identity.pairing for identity in packed), lonely, pointless)
