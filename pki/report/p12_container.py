"""What an inspection says of a PKCS #12 container: how it is protected, and what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.load.p12.traits import CERTIFICATES
from pki.report.document import TypedDict
from pki.report.layout import harmless
from pki.report.p12_openings import opening_json, rewrap_commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Annotated

    from pki.load.inspected import InspectedCertificate
    from pki.load.inspected_file import Inspection
    from pki.load.p12.container import Container
    from pki.load.p12.pairing import PackedIdentity, Pairing
    from pki.report.fields import KeyBagKind, P12Outcome, Position, Schema, Text
    from pki.report.layout import Row
    from pki.report.p12_openings import OpeningJson, RewrapJson


class ContainerJson(TypedDict):
    """A PKCS #12 container."""

    mac: MacJson | None
    encryption: list[EncryptionJson]
    key_bags: list[KeyBagKind]
    locked: bool  # Whether something could not be seen without a password.
    mac_fits: bool  # Whether the MAC proves the password, given or empty.
    undecryptable: list[Text]  # What does not decrypt though the MAC fits.
    outcome: P12Outcome  # What comes out, in a word.
    identities: int
    chains: list[ChainJson]
    unrelated: list[Position]  # Certificates in no identity's chain.
    friendly_name_clashes: list[Text]
    apple: AppleSupportJson
    readers: list[OpeningJson]
    rewrap: RewrapJson | None  # Commands that pack it anew for every Apple release; null where none helps.


class MacJson(TypedDict):
    """How its integrity is protected."""

    digest: Text
    rounds: int
    pbmac1: bool


class EncryptionJson(TypedDict):
    """One of its encryptions."""

    scheme: Text
    cipher: Text
    prf: Text | None


class ChainJson(TypedDict):
    """One identity; numbers are positions in `keys` and `certificates`."""

    name: str  # The friendlyName, else the subject.
    key_type: Text | None
    sha256: Text | None  # Of the certificate; null where it does not read.
    key: Position
    paired_by: Pairing
    certificates: Annotated[list[Position], Schema(minItems=1)]  # From the leaf upwards.
    root_inside: bool
    missing_issuer: Text | None


class AppleSupportJson(TypedDict):
    """What Apple's releases make of it."""

    opens_on: Text
    oldest: Text | None  # any, or iOS 18, macOS 15; null: no release opens it for sure.
    security_import_needs_format: bool
    older_refuse: list[Text]
    newer_refuse: list[Text]
    not_known: list[Text]  # What nobody has tried or published.


def container_rows(inspection: Inspection, container: Container) -> Iterator[Row]:
    """Label and value for each thing worth a line."""
    pfx, apple = container.pfx, container.apple
    yield "identities", outcome(container, inspection)
    if container.identities > 1:
        for number, identity in enumerate(container.packed, start=1):
            yield f"identity {number}", _listed(inspection, container, identity)
        yield "to choose", "--identity NAME or --identity FINGERPRINT, of export p12 --from"
    if pfx.undecryptable:
        yield "password", f"right, for the MAC fits; this does not decrypt: {'; '.join(pfx.undecryptable)}"
    if any(trait.value == CERTIFICATES for trait in container.traits):
        yield (
            "in Java",
            "no entry: its certificates lack Oracle's trustedKeyUsage, which keytool -importcert writes",
        )
    yield "opens on", container.opens_on
    reasons = apple.newer or apple.older or apple.doubts
    if reasons:
        yield "because", "; ".join(reasons)
    if apple.needs_format:
        yield "on a Mac", "security import needs -f pkcs12; without it, and in Keychain Access, it fails"
    yield "MAC", _mac(container)
    yield "encryption", "; ".join(dict.fromkeys(map(str, pfx.schemes))) or "none"
    yield "key bags", ", ".join(dict.fromkeys(str(key.kind) for key in pfx.keys)) or "none seen"
    for identity in container.packed:
        yield "chain", _chain(identity)
        yield "paired by", str(identity.pairing)
    if container.packed and container.unrelated:
        names = ", ".join(_label(inspection.certificates[at]) for at in container.unrelated)
        yield "unrelated", f"{names}: in no identity's chain, and iOS drops such certificates"
    for name in container.clashes:
        yield "clash", f"certificates share the friendlyName {name!r}; Apple keeps one of them"


def outcome(container: Container, inspection: Inspection) -> str:
    """What a reader would hand the app: how many identities, which, and where there is none, what there is instead."""
    pfx, count, held = container.pfx, container.identities, len(inspection.certificates)
    held_text = f"{held:,} certificate{'s' if held != 1 else ''}"
    match outcome_code(container):
        case "identities" if count == 1:
            return f"1: {_listed(inspection, container, container.packed[0])}"
        case "identities":
            return f"{count}, of which a reader that takes one hands over the first"
        case "undecryptable":
            return "none that can be seen: a part does not decrypt"
        case "locked":
            return (
                "unknown: its encryption is not undone here" if pfx.proven else "unknown while it is locked"
            )
        case "certificates only":
            return f"none: certificates only: a trust store ({held_text})"
        case "key without certificate":
            kinds = ", ".join(str(key.facts) for key in inspection.keys if key.facts is not None)
            lonely = (
                "a key without its certificate" if len(pfx.keys) == 1 else "keys without their certificates"
            )
            beside = f"; {held_text} of other keys beside it" if held else ""
            return f"none: {lonely} ({kinds or 'of an unknown kind'}){beside}"
    others = (
        f"; {len(pfx.bags):,} of another kind, as revocation lists or Java's secret keys are"
        if pfx.bags
        else ""
    )
    return f"none: neither a key nor a certificate{others}"


def outcome_code(container: Container) -> str:
    """The same in a word for programs."""
    pfx = container.pfx
    if container.identities:
        return "identities"
    if pfx.locked:
        return "undecryptable" if pfx.undecryptable else "locked"
    return (
        "certificates only"
        if container.certificates_alone
        else "key without certificate"
        if pfx.keys
        else "nothing"
    )


def _listed(inspection: Inspection, container: Container, identity: PackedIdentity) -> str:
    """Name, kind of key, and what tells two of one name apart."""
    key, leaf = inspection.keys[identity.key], inspection.certificates[identity.chain[0]]
    name = container.names[container.packed.index(identity)]
    description = f"{name}, {key.facts}" if key.facts is not None else name
    if leaf.facts is not None and leaf.facts.key != key.facts:
        description += f" (its certificate says {leaf.facts.key})"
    if container.identities > 1 and leaf.facts is not None:
        description += f", certificate {identity.chain[0] + 1}, SHA-256 {leaf.facts.sha256}"
    return description


def container_document(inspection: Inspection, container: Container, *, part: bool) -> ContainerJson:
    """The same for programs; a PART of a profile is no file that could be packed anew."""
    pfx, apple, mac = container.pfx, container.apple, container.pfx.mac
    return {
        "mac": {"digest": mac.digest, "rounds": mac.rounds, "pbmac1": mac.pbmac1}
        if mac is not None
        else None,
        "encryption": [
            {"scheme": name, "cipher": cipher, "prf": prf or None}
            for name, cipher, prf in dict.fromkeys((s.name, s.cipher, s.prf) for s in pfx.schemes)
        ],
        "key_bags": [str(key.kind) for key in pfx.keys],
        "locked": pfx.locked,
        "mac_fits": pfx.proven,
        "undecryptable": list(pfx.undecryptable),
        "outcome": outcome_code(container),
        "identities": container.identities,
        "chains": [
            _chain_document(inspection, identity, name)
            for identity, name in zip(container.packed, container.names, strict=True)
        ],
        "unrelated": list(container.unrelated),
        "friendly_name_clashes": list(container.clashes),
        "apple": {
            "opens_on": container.opens_on,
            "oldest": apple.oldest,
            "security_import_needs_format": apple.needs_format,
            "older_refuse": list(apple.older),
            "newer_refuse": list(apple.newer),
            "not_known": list(apple.doubts),
        },
        "readers": [opening_json(opening) for opening in container.openings],
        "rewrap": None if part else rewrap_commands(inspection.name, container),
    }


def _chain_document(inspection: Inspection, identity: PackedIdentity, name: str) -> ChainJson:
    key, leaf = inspection.keys[identity.key], inspection.certificates[identity.chain[0]]
    return {
        "name": harmless(name),
        "key_type": str(key.facts) if key.facts is not None else None,
        "sha256": leaf.facts.sha256 if leaf.facts is not None else None,
        "key": identity.key,
        "paired_by": identity.pairing,
        "certificates": list(identity.chain),
        "root_inside": identity.has_root,
        "missing_issuer": identity.missing,
    }


def _chain(identity: PackedIdentity) -> str:
    numbers = ", ".join(str(at + 1) for at in identity.chain)
    if identity.missing is None:
        return f"complete up to the root: certificate{'s' if len(identity.chain) > 1 else ''} {numbers}"
    if len(identity.chain) == 1:
        return (
            f"certificate {numbers} alone; its issuer {identity.missing} is not inside. Unless that is the root, "
            "clients will send the leaf alone, and servers that know only the root refuse it"
        )
    return (
        f"certificates {numbers}; the next issuer, {identity.missing}, is not inside: fine if it is the root"
    )


def _label(certificate: InspectedCertificate) -> str:
    return certificate.facts.subject.label if certificate.facts is not None else "an unreadable certificate"


def _mac(container: Container) -> str:
    mac = container.pfx.mac
    if mac is None:
        return "a public-key signature in its place" if container.pfx.signed else "none"
    return f"{'PBMAC1 ' if mac.pbmac1 else ''}{mac.digest}, {mac.rounds:,} rounds"
