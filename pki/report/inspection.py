"""An inspection as text for people and as JSON for programs. Neither holds a key or a password."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pki.model.extension_values import GeneralName
from pki.model.general_names import general_name_text
from pki.model.public_keys import public_key_because
from pki.model.signatures import self_signed
from pki.model.time_format import moment_text
from pki.model.user_roots import unlisted_because, unlisted_text
from pki.report.document import TypedDict
from pki.report.layout import Row, harmless, wrapped
from pki.report.marks import padded
from pki.report.name_constraints import constraint_document, constraint_rows
from pki.report.p12_container import container_document, container_rows
from pki.report.p12_openings import reader_lines, rewrap_lines
from pki.report.profile import finding_lines, profile_document, profile_rows
from pki.report.style import PLAIN, Style
from pki.report.verdict import CertificateJson, certificate_json

if TYPE_CHECKING:
    from typing import Literal, NotRequired

    from pki.load.inspected import InspectedCertificate, InspectedKey
    from pki.load.inspected_file import Inspection
    from pki.report.fields import Hex, Position, Text
    from pki.report.name_constraints import NameConstraintsJson, NameJson
    from pki.report.p12_container import ContainerJson
    from pki.report.profile import ProfileJson

_LABEL = 14  # columns; a fingerprint then fits beside its label
_GRADES = {"problem": "problem", "public": "problem", "remark": "warning", "clash": "warning"}  # by label


class InspectedFileJson(TypedDict):
    """What is in a file, or in a part of one."""

    name: str
    kind: Text
    encoding: Text
    certificates: list[InspectedCertificateJson | UnreadableCertificateJson]
    keys: list[InspectedKeyJson]
    pkcs12: NotRequired[ContainerJson]
    profile: NotRequired[ProfileJson]
    parts: NotRequired[list[InspectedFileJson]]
    # Requests, revocation lists, public keys: a kind, and what is known of each.
    others: list[dict[str, str]]
    notes: list[Text]


class InspectionDocument(InspectedFileJson):
    """What is in a file of this trade."""

    schema: Literal["trustrig.inspection/1"]


class BagJson(TypedDict):
    """What a PKCS #12 container says beside a certificate or a key."""

    friendly_name: NotRequired[str]
    local_key_id: NotRequired[Hex]


class InspectedCertificateJson(CertificateJson, BagJson):
    """A certificate."""

    problem: None
    names: list[NameJson]
    name_constraints: NameConstraintsJson | None
    remarks: list[Text]  # What is odd in how it is written, and what Apple makes of it.
    # Why the key that signed it is one that anybody can have; null: nothing says so.
    public_test_key: Text | None
    # Why iOS does not list it under Certificate Trust Settings; null: it is no root.
    unlisted_on_ios: list[Text] | None


class UnreadableCertificateJson(BagJson):
    """A certificate that Apple's parser refuses."""

    problem: Text


class InspectedKeyJson(BagJson):
    """A private key, without the key itself."""

    type: Text | None  # null while it is locked.
    problem: Text | None  # Why nobody can use it.
    bits: int | None
    encryption: Text | None
    certificate: Position | None  # The certificate it belongs to.


def inspection_text(inspection: Inspection, *, style: Style = PLAIN) -> str:
    """Write the whole inspection, 80 columns wide."""
    return "\n".join(_lines(inspection, style, indent=""))


def inspection_json(inspection: Inspection) -> InspectionDocument:
    """Make one JSON document of the inspection; parts of a profile repeat its shape without `schema`."""
    return {"schema": "trustrig.inspection/1", **_document(inspection, part=False)}


def name_text(name: GeneralName) -> str:
    """A subject alternative name as people write it, fit for a terminal."""
    return harmless(general_name_text(name))


def _lines(inspection: Inspection, style: Style, *, indent: str) -> Iterator[str]:
    yield from wrapped(
        f"{harmless(inspection.name)}: {inspection.described}", indent=indent, hanging=indent + "  "
    )
    inner = indent + "  "
    if inspection.container is not None:
        yield from _rows(container_rows(inspection, inspection.container), style, inner)
        if not indent:  # what is in a profile is for Apple's importers, and no file of its own
            yield from ("", *reader_lines(inspection.container, style, indent=inner))
            if inspection.container.rewrappable:
                yield from ("", *rewrap_lines(inspection.name, inspection.container, indent=inner))
    if inspection.profile is not None:
        yield from _rows(profile_rows(inspection.profile), style, inner)
        yield from ("", *finding_lines(inspection.profile, inspection.findings, style, indent=inner))
    own = inspection.others[:1] if inspection.described_by_other else ()
    groups = [
        *((_titled(other.described), other.details) for other in own),
        *(("Private key", _key_rows(key)) for key in inspection.keys),
        *(("Certificate", _certificate_rows(found)) for found in inspection.certificates),
        *((_titled(other.described), other.details) for other in inspection.others[len(own) :]),
    ]
    counts: Counter[str] = Counter()
    for title, rows in groups:
        counts[title] += 1
        first = bool(own) and counts.total() == 1
        # The first line has said what a lone one is.
        if not first and (len(groups) > 1 or inspection.container is not None):
            yield from ("", f"{indent}{title} {counts[title]}")
        yield from _rows(rows, style, inner)
    for part in inspection.parts:
        yield from ("", *_lines(part, style, indent=inner))
    if inspection.notes:
        yield ""
        for note in inspection.notes:
            yield from wrapped(f"Note: {harmless(note)}", indent=indent, hanging=indent + "  ")


def _titled(described: str) -> str:
    phrase = described.removeprefix("a ").removeprefix("an ")
    return phrase[0].upper() + phrase[1:]


def _rows(rows: Iterable[Row], style: Style, indent: str) -> Iterator[str]:
    for label, value in rows:
        hanging = indent + " " * _LABEL
        shown = padded(style.graded(label, _GRADES.get(label, "")), _LABEL)
        yield from wrapped(f"{shown}{harmless(value)}", indent=indent, hanging=hanging)


def _certificate_rows(certificate: InspectedCertificate) -> Iterator[Row]:
    facts = certificate.facts
    if facts is None:
        yield "problem", certificate.problem
    else:
        yield "subject", str(facts.subject)
        alike = "of its own name, but not self-signed to Apple" if facts.names_itself else str(facts.issuer)
        yield "issuer", "itself" if self_signed(facts) else alike
        yield "names", ", ".join(name_text(name) for name in facts.subject_alt_names) or "none"
        yield "valid", f"{moment_text(facts.not_before)} to {moment_text(facts.not_after)}"
        yield "key", str(facts.key)
        yield "signature", str(facts.signature_algorithm)
        constraints = facts.basic_constraints
        if constraints is not None and constraints.ca:
            length = constraints.path_length
            yield "CA", "yes" if length is None else f"yes, path length {length}"
        if facts.name_constraints is not None:
            yield from constraint_rows(facts.name_constraints)
        if facts.self_issued and (reasons := unlisted_because(facts)):
            yield "on iOS", f"{unlisted_text('it')}: {' and '.join(reasons)}"
        if because := public_key_because(facts):
            yield "public", f"a test key that anybody can have, never to be trusted: {because}"
        yield "serial", f"{facts.serial:x}"
        yield "SHA-256", facts.sha256
        yield from (("remark", remark) for remark in certificate.remarks)
    yield from _bag_rows(certificate)


def _key_rows(key: InspectedKey) -> Iterator[Row]:
    yield "type", str(key.facts) if key.facts is not None else key.problem or "unknown while it is locked"
    if key.facts is not None and key.problem:
        yield "problem", key.problem
    yield "encryption", key.encryption or "none"
    if key.certificate is not None:
        yield "belongs to", f"certificate {key.certificate + 1}"
    yield from _bag_rows(key)


def _bag_rows(found: InspectedCertificate | InspectedKey) -> Iterator[Row]:
    if found.friendly_name is not None:
        yield "friendlyName", found.friendly_name
    if found.local_key_id is not None:
        yield "localKeyID", found.local_key_id.hex()


def _document(inspection: Inspection, *, part: bool) -> InspectedFileJson:
    document: InspectedFileJson = {
        "name": harmless(inspection.name),
        "kind": str(inspection.kind),
        "encoding": str(inspection.form),
        "certificates": [_certificate_document(found) for found in inspection.certificates],
        "keys": [_key_document(found) for found in inspection.keys],
        "others": [{"kind": str(other.kind), **_joined(other.details)} for other in inspection.others],
        "notes": list(inspection.notes),
    }
    if inspection.container is not None:
        document["pkcs12"] = container_document(inspection, inspection.container, part=part)
    if inspection.profile is not None:
        document["profile"] = profile_document(inspection.profile, inspection.findings)
    if inspection.profile is not None or inspection.parts:
        document["parts"] = [_document(inside, part=True) for inside in inspection.parts]
    return document


def _joined(details: Iterable[Row]) -> dict[str, str]:
    """One string for each label: what has several, such as entitlements, is joined by semicolons."""
    found: dict[str, str] = {}
    for label, value in details:
        found[label] = f"{found[label]}; {value}" if label in found else value
    return found


def _certificate_document(
    found: InspectedCertificate,
) -> InspectedCertificateJson | UnreadableCertificateJson:
    facts = found.facts
    if facts is None:
        unreadable: UnreadableCertificateJson = {"problem": found.problem, **_bag_document(found)}
        return unreadable
    document: InspectedCertificateJson = {
        "problem": None,
        **certificate_json(facts),
        "names": [
            {"type": name.type.name.lower(), "value": name_text(name)} for name in facts.subject_alt_names
        ],
        "name_constraints": constraint_document(facts.name_constraints),
        "remarks": list(found.remarks),
        "public_test_key": public_key_because(facts) or None,
        "unlisted_on_ios": list(unlisted_because(facts)) if facts.self_issued else None,
        **_bag_document(found),
    }
    return document


def _key_document(found: InspectedKey) -> InspectedKeyJson:
    return {
        "type": str(found.facts) if found.facts is not None else None,
        "problem": found.problem or None,
        "bits": found.facts.bits if found.facts is not None else None,
        "encryption": found.encryption or None,
        "certificate": found.certificate,
        **_bag_document(found),
    }


def _bag_document(found: InspectedCertificate | InspectedKey) -> BagJson:
    document: BagJson = {}
    if found.friendly_name is not None:
        document["friendly_name"] = found.friendly_name
    if found.local_key_id is not None:
        document["local_key_id"] = found.local_key_id.hex()
    return document
