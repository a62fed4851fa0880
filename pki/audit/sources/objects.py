"""One object of JSON as an input: a line that an audit wrote, a resource of Kubernetes, or a host with its chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pki.audit.inputs import SCHEMA, AuditInput, from_document, json_object
from pki.audit.sources.byte_reader import ByteReader
from pki.audit.sources.cells import certificates_within, is_certificate
from pki.audit.sources.columns import Columns, places_of
from pki.audit.sources.json_values import DECODER, JsonValues
from pki.audit.sources.kubernetes import is_resource, resource_of, secret_inputs
from pki.audit.sources.records import record_input
from pki.audit.sources.rows import PassedOver, failed, shown
from pki.errors import PkiError, Unreadable


def json_lines(reader: ByteReader, columns: Columns, passed: PassedOver) -> Iterator[AuditInput]:
    """An input for each line that is an object (NDJSON); a line that is none is an error."""
    for line in reader.lines():
        locator = f"line {line.number}"
        if not line.text.strip():
            continue
        try:
            found = json_object(
                line.text if line.whole else line.text + b" ", name=f"{reader.name}, {locator}"
            )
        except PkiError as error:
            yield failed(reader.name, locator, error)
        else:
            yield from object_inputs(found, reader.name, locator, columns, passed)


def json_values(reader: ByteReader, columns: Columns, passed: PassedOver) -> Iterator[AuditInput]:
    """An input for each object of a JSON text: of a list, of `items`, or of several behind each other."""
    number = 0
    try:
        for number, found in enumerate(JsonValues(reader).values(), start=1):
            locator = f"item {number}"
            if isinstance(found, dict):
                yield from object_inputs(found, reader.name, locator, columns, passed)
            else:
                yield failed(reader.name, locator, f"{reader.name}, {locator} is no object.")
    except Unreadable as error:
        yield failed(reader.name, f"item {number + 1}", error)


def object_inputs(
    found: dict[str, Any], source: str, locator: str, columns: Columns, passed: PassedOver
) -> Iterator[AuditInput]:
    """What one object FOUND at LOCATOR comes to; an error where it is none of these."""
    name = f"{source}, {locator}"
    try:
        if found.get("schema") == SCHEMA:
            yield from_document(found, name=name)
        elif isinstance(found.get("schema"), str) and found["schema"].startswith("trustrig."):
            raise Unreadable(
                f"{name} is a {found['schema']:.60}, which tells of certificates and has none in it",
                hint="Give what it was made of, or the chains.ndjson beside an audit's rows.",
            )
        elif isinstance(found.get("items"), list):
            for number, item in enumerate(found["items"], start=1):
                place = f"{locator}, item {number}"
                if isinstance(item, dict) and not isinstance(item.get("items"), list):
                    yield from object_inputs(item, source, place, columns, passed)
                else:
                    yield failed(source, place, f"{source}, {place} is none of what is read here.")
        elif is_resource(found):
            yield from secret_inputs(resource_of(found), source, passed, locator)
        else:
            yield _record(found, source, locator, columns, passed)
    except PkiError as error:
        yield failed(source, locator, error)


def is_known(found: object, columns: Columns) -> bool:
    """Whether a value of JSON is an object that is read here."""
    if not isinstance(found, dict):
        return False
    if is_resource(found) or f"{found.get('schema')}".startswith("trustrig."):
        return True
    items = found.get("items")
    if isinstance(items, list) and items and isinstance(items[0], dict) and "items" not in items[0]:
        return is_known(items[0], columns)
    try:
        named = places_of(list(found), columns, source="").any
    except PkiError:
        return columns.given
    known = (named and not is_a_finding(found)) or is_a_scan(found)
    return columns.given or known or any(map(is_certificate, found.values()))


def first_object(head: bytes, columns: Columns) -> bool:
    """Whether the JSON text that begins with HEAD begins with such an object, or with a list of them."""
    text = head.decode("utf-8-sig", "ignore").lstrip()
    inside = text[1:].lstrip() if text[:1] == "[" else text
    try:
        found, _ = DECODER.raw_decode(inside)
    except (ValueError, RecursionError):  # cut off where the head ends: a long list of resources
        return '"apiVersion"' in text and '"kind"' in text
    return is_known(found, columns)


def _record(
    found: dict[str, Any], source: str, locator: str, columns: Columns, passed: PassedOver
) -> AuditInput:
    name, names = f"{source}, {locator}", list(found)
    places = places_of(names, columns, source=name)
    inside: tuple[bytes, ...] = ()
    if places.chain is None and not columns.chain:  # before anybody is asked over the network: is it at hand?
        inside = certificates_within(found)
    if not (places.any or inside) or (is_a_finding(found) and not columns.given):
        listed = ", ".join(f"`{one:.40}`" for one in names[:8]) or "nothing"
        raise Unreadable(f"{name} has no field that is known to be a host or a chain; it has {listed}")
    values = list(found.values())

    def value(at: int | None) -> Any:
        return values[at] if at is not None else None

    has_chain = places.chain is not None or bool(columns.chain or inside) or is_a_scan(found)
    if not has_chain and places.host is not None:
        passed.tell(
            f"{source}: hosts are read from the field {shown(names[places.host])}, and each is asked."
        )
    return record_input(
        source,
        locator,
        host=value(places.host),
        chain=list(inside) or value(places.chain),
        leaf=value(places.leaf),
        port=value(places.port),
        has_chain=has_chain,
        has_leaf=places.leaf is not None,
    )


def is_a_scan(found: Mapping[str, Any]) -> bool:
    """Whether it tells what a server sent, or that it sent nothing: by zgrab2 (`data`, a `status` each), by tlsx."""
    data = found.get("data")
    modules = data.values() if isinstance(data, dict) else ()
    return "probe_status" in found or any(isinstance(one, dict) and "status" in one for one in modules)


def is_a_finding(found: Mapping[str, Any]) -> bool:
    """Whether it is one of testssl.sh's findings, of which a server has hundreds."""
    return {"id", "severity", "finding"} <= found.keys()
