"""An inspection as text for people and as JSON for programs. Neither holds a key or a password."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pki.model.extensions import GeneralName
from pki.model.general_names import general_name_text
from pki.model.public_keys import public_key_because
from pki.model.signatures import self_signed
from pki.model.user_roots import unlisted_because, unlisted_words
from pki.report.layout import harmless, wrapped
from pki.report.name_constraints import constraint_document, constraint_rows
from pki.report.p12_container import Row, container_document, container_rows, reader_lines, rewrap_lines
from pki.report.profile import finding_lines, profile_document, profile_rows
from pki.report.summary import moment_text
from pki.report.verdict import certificate_json

if TYPE_CHECKING:
    from pki.load.inspection import InspectedCertificate, InspectedKey, Inspection

SCHEMA = "trustrig.inspection/1"
_LABEL = 14  # columns; a fingerprint then fits beside its label


def inspection_text(inspection: Inspection) -> str:
    """Write the whole inspection in plain text, 80 columns wide."""
    return "\n".join(_lines(inspection, indent=""))


def inspection_json(inspection: Inspection) -> dict[str, Any]:
    """Make one JSON document of the inspection; parts of a profile repeat its shape without `schema`."""
    return {"schema": SCHEMA, **_document(inspection, part=False)}


def name_text(name: GeneralName) -> str:
    """A subject alternative name as people write it, fit for a terminal."""
    return harmless(general_name_text(name))


def _lines(inspection: Inspection, *, indent: str) -> Iterator[str]:
    yield from wrapped(
        f"{harmless(inspection.name)}: {inspection.described}", indent=indent, hanging=indent + "  "
    )
    inner = indent + "  "
    if inspection.container is not None:
        yield from _rows(container_rows(inspection, inspection.container), inner)
        if not indent:  # what is in a profile is for Apple's importers, and no file of its own
            yield from ("", *reader_lines(inspection.container, indent=inner))
            if inspection.container.rewrappable:
                yield from ("", *rewrap_lines(inspection.name, inspection.container, indent=inner))
    if inspection.profile is not None:
        yield from _rows(profile_rows(inspection.profile), inner)
        yield from ("", *finding_lines(inspection.profile, inspection.findings, indent=inner))
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
        yield from _rows(rows, inner)
    for part in inspection.parts:
        yield from ("", *_lines(part, indent=inner))
    if inspection.notes:
        yield ""
        for note in inspection.notes:
            yield from wrapped(f"Note: {harmless(note)}", indent=indent, hanging=indent + "  ")


def _titled(described: str) -> str:
    words = described.removeprefix("a ").removeprefix("an ")
    return words[0].upper() + words[1:]


def _rows(rows: Iterable[Row], indent: str) -> Iterator[str]:
    for label, value in rows:
        hanging = indent + " " * _LABEL
        yield from wrapped(f"{label:<{_LABEL}}{harmless(value)}", indent=indent, hanging=hanging)


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
            yield "on iOS", f"{unlisted_words('it')}: {' and '.join(reasons)}"
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


def _document(inspection: Inspection, *, part: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": harmless(inspection.name),
        "kind": str(inspection.kind),
        "encoding": str(inspection.form),
        "certificates": [_certificate_document(found) for found in inspection.certificates],
        "keys": [_key_document(found) for found in inspection.keys],
    }
    if inspection.container is not None:
        document["pkcs12"] = container_document(inspection, inspection.container, part=part)
    if inspection.profile is not None:
        document["profile"] = profile_document(inspection.profile, inspection.findings)
    if inspection.profile is not None or inspection.parts:
        document["parts"] = [_document(inside, part=True) for inside in inspection.parts]
    document["others"] = [{"kind": str(other.kind), **_joined(other.details)} for other in inspection.others]
    document["notes"] = list(inspection.notes)
    return document


def _joined(details: Iterable[Row]) -> dict[str, str]:
    """One string for each label: what has several, such as entitlements, is joined by semicolons."""
    found: dict[str, str] = {}
    for label, value in details:
        found[label] = f"{found[label]}; {value}" if label in found else value
    return found


def _certificate_document(found: InspectedCertificate) -> dict[str, Any]:
    facts = found.facts
    document: dict[str, Any] = {"problem": found.problem or None}
    if facts is not None:
        document |= certificate_json(facts)
        document["names"] = [
            {"type": name.type.name.lower(), "value": name_text(name)} for name in facts.subject_alt_names
        ]
        document["name_constraints"] = constraint_document(facts.name_constraints)
        document["remarks"] = list(found.remarks)
        document["public_test_key"] = public_key_because(facts) or None
        document["unlisted_on_ios"] = list(unlisted_because(facts)) if facts.self_issued else None
    return document | _bag_document(found)


def _key_document(found: InspectedKey) -> dict[str, Any]:
    return {
        "type": str(found.facts) if found.facts is not None else None,
        "problem": found.problem or None,
        "bits": found.facts.bits if found.facts is not None else None,
        "encryption": found.encryption or None,
        "certificate": found.certificate,
        **_bag_document(found),
    }


def _bag_document(found: InspectedCertificate | InspectedKey) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if found.friendly_name is not None:
        document["friendly_name"] = found.friendly_name
    if found.local_key_id is not None:
        document["local_key_id"] = found.local_key_id.hex()
    return document
