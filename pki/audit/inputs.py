"""One input of an audit: where it was found, the name asked, and the chain as sent, a server to ask, or why neither.

Written down, it is one line of JSON (NDJSON): what a source of any kind becomes, what a live run keeps of the servers
it met, and what `-` reads. The same input is the same line, so that judging can be repeated without the network.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pki.errors import Unreadable
from pki.report.document import TypedDict

if TYPE_CHECKING:
    from pki.model.transport import Transport
    from pki.report.connection import ConnectionJson
    from pki.report.fields import Text

SCHEMA: Literal["trustrig.audit-input/1"] = "trustrig.audit-input/1"
MAX_LINE = 1024 * 1024
"""Octets of a line; ours. OpenSSL's clients take 100 KB of certificates from a server (SSL_MAX_CERT_LIST_DEFAULT)."""
_HINT = "Give one object a line, as the audit itself writes them, or objects with `host` and `chain`."


class AuditInputJson(TypedDict):
    """One input of an audit: a line of `chains.ndjson`, and of what `trustrig audit -` reads."""

    schema: Literal["trustrig.audit-input/1"]
    source: Text  # The file as it was named, - for standard input.
    locator: str  # Inside the source: a line, a row, a name; empty for the whole of it.
    host: Text | None  # The name asked. null: no name is checked.
    endpoint: Text | None  # host:port, where the chain is a server's. null for a file's.
    chain: list[str]  # Each certificate's DER as base64, the leaf first, as sent.
    protocol: Text | None  # What is spoken inside the TLS. null for a file's chain.
    connection: ConnectionJson | None  # What was negotiated. null for a file's chain.
    staple: str | None  # The OCSP response that was sent with the chain, as base64.
    error: Text | None  # Why there is no chain.


@dataclass(frozen=True, slots=True)
class AuditInput:
    """One chain to judge, one server to ask, or one sentence why there is neither.

    `source` is the file as it was named ("-": standard input; inside a folder, the path to it), `locator` the place in
    it ("line 17", "row 5", "namespace/name"), empty for the whole. `host` is the name asked; None checks no name.
    `chain` is DER, the leaf first, as sent. `endpoint` is "host:port" of a server; where it has neither chain nor error
    yet, it is still to be asked. `transport` and `staple` are what else a server showed.
    """

    source: str
    locator: str
    host: str | None
    chain: tuple[bytes, ...] = field(repr=False)
    endpoint: str | None = None
    error: str = ""
    transport: Transport | None = field(default=None, repr=False)
    staple: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Hold that there is exactly one of a chain, an error and a server to ask."""
        if self.chain and self.error:
            raise ValueError(f"{self.id} has a chain and an error")
        if not self.chain and not self.error and self.endpoint is None:
            raise ValueError(f"{self.id} has neither a chain nor an error nor an endpoint")

    @property
    def id(self) -> str:
        """What names it in every output: the source, and the locator behind `#` where there is one."""
        return f"{self.source}#{self.locator}" if self.locator else self.source

    @property
    def to_be_asked(self) -> bool:
        """Whether a server has still to be asked for its chain."""
        return self.endpoint is not None and not self.chain and not self.error

    def encode(self) -> bytes:
        """It as one line of JSON with its line feed: ASCII, the same octets for the same input."""
        return json.dumps(_document(self), separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def decode(cls, line: bytes, *, name: str) -> AuditInput:
        """Read what `encode` writes; fields that are not known are passed over. NAME stands in messages.

        Raises:
            Unreadable: it is something else, incomplete, or longer than a mebioctet.
        """
        return from_document(json_object(line, name=name), name=name)


def json_object(line: bytes, *, name: str) -> dict[str, Any]:
    """The one JSON object of a LINE called NAME.

    Raises:
        Unreadable: it is none, or longer than a mebioctet.
    """
    if len(line) > MAX_LINE:
        raise Unreadable(
            f"{name} is longer than {MAX_LINE >> 20} MiB", hint="A line is one chain: cut it in lines."
        )
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # bad UTF-8 and numbers of 5,000 digits, too
        why = str(error) if isinstance(error, json.JSONDecodeError) else "it is no text or nested too deeply"
        raise Unreadable(f"{name} is not JSON ({why})", hint=_HINT) from None
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is JSON, and not an object", hint=_HINT)
    return found


def from_document(found: Mapping[str, Any], *, name: str) -> AuditInput:
    """Read the document of one input. NAME stands in messages.

    Raises:
        Unreadable: a field is missing or of another type, or what it says does not fit together.
    """
    if found.get("schema") != SCHEMA:
        raise Unreadable(f"{name} says schema {found.get('schema')!r:.60}, where {SCHEMA} is due", hint=_HINT)
    fields = {
        key: _text(found, key, name) for key in ("source", "locator", "host", "endpoint", "protocol", "error")
    }
    listed = found.get("chain")
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Unreadable(f"{name} has no list of base64 texts under `chain`", hint=_HINT)
    chain = tuple(_octets(one, "chain", name) for one in listed)
    staple = _text(found, "staple", name)
    if not fields["source"]:
        raise Unreadable(f"{name} has no `source`", hint=_HINT)
    transport = None
    if found.get("connection") is not None:
        from pki.audit.connection_document import transport_from

        transport = transport_from(found["connection"], protocol=fields["protocol"] or "", name=name)
    try:
        return AuditInput(
            fields["source"],
            fields["locator"] or "",
            fields["host"],
            chain,
            fields["endpoint"],
            fields["error"] or "",
            transport,
            _octets(staple, "staple", name) if staple else b"",
        )
    except ValueError as error:
        raise Unreadable(f"{name}: {error}", hint=_HINT) from None


def _document(one: AuditInput) -> AuditInputJson:
    from pki.report.connection import connection_json

    return {
        "schema": SCHEMA,
        "source": one.source,
        "locator": one.locator,
        "host": one.host,
        "endpoint": one.endpoint,
        "chain": [base64.b64encode(der).decode("ascii") for der in one.chain],
        "protocol": one.transport.protocol if one.transport else None,
        "connection": connection_json(one.transport) if one.transport else None,
        "staple": base64.b64encode(one.staple).decode("ascii") if one.staple else None,
        "error": one.error or None,
    }


def _text(found: Mapping[str, Any], key: str, name: str) -> str | None:
    value = found.get(key)
    if value is not None and not isinstance(value, str):
        raise Unreadable(f"{name}: `{key}` is {value!r:.40}, where a text is due", hint=_HINT)
    return value


def _octets(text: str, key: str, name: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise Unreadable(f"{name}: `{key}` has a text that is no base64", hint=_HINT)
    return found
