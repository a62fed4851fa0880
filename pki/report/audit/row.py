"""One row of an audit: what one input came to. Its canonical line is what engines hand over and `rows.ndjson` holds.

Equal rows are equal bytes: the fields in the order below, nothing between them, UTF-8, a newline at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, cast

from pki.errors import Unreadable
from pki.report.document import TypedDict

if TYPE_CHECKING:
    from typing import Annotated, Literal

    from pki.report.fields import Date, Position, RuleId, Schema, Sha256, Status, Text, Time


class RenewalJson(TypedDict):
    """What the same profile, issued again on one day, would meet.

    Its issuers are taken to be in force then, and as long as it; of revocation and timestamps it has its own.
    """

    on: Date  # The day of issue, in UTC.
    # Rules that would make the chain untrusted.
    refused_by: list[RuleId]
    # Rules that would find something and refuse nothing; among them what public programmes ask and no client enforces.
    warned_by: list[RuleId]


class FailsAtJson(TypedDict):
    """A rule that fails at one certificate of the path."""

    rule: RuleId
    position: Position  # 0 is the leaf.
    certificate: Sha256


class AuditRow(TypedDict):
    """What one input of an audit came to: judged at one moment, or an error; never a gap."""

    schema: Literal["trustrig.audit-row/1"]
    # `source#locator`; the source alone where it is one chain.
    id: Text
    source: Text  # The file, `-`, or the list of hosts, as it was given; inside a folder with the path in it.
    # Where in the source: `certificate 3`, `line 17`, `namespace/name`; empty for the whole of it.
    locator: str
    host: str | None  # The name that was asked for; null: no name was checked.
    endpoint: (
        str | None
    )  # The server that was asked: host:port for HTTPS, else a URL; null: the chain was at hand.
    # Of the certificates' DER, one behind the other as they were sent.
    chain_sha256: Sha256 | None
    leaf_sha256: Sha256 | None
    subject: str | None  # The leaf's.
    issuer: str | None  # The leaf's.
    anchor: str | None  # The subject of the anchor that the path ends at; null where none was reached.
    anchor_class: str | None  # `system`, `user`, `app` or `user-leaf`.
    trusted: bool | None  # At the moment asked about; null where there is an `error`.
    headline: RuleId | None  # The rule to read first where it is not trusted.
    failed: list[RuleId]  # Every rule that makes it untrusted.
    warned: list[RuleId]  # Every rule that found something and refuses nothing.
    apple_code: Status | None  # The OSStatus that Apple reports for the headline; null where Apple has none.
    # The certificate that the headline is about: 0 is the leaf.
    position: Position | None
    certificate: Sha256 | None  # The same certificate's fingerprint.
    not_before: Time | None  # The leaf's.
    not_after: Time | None  # The leaf's: the last second that it is valid.
    lifetime_days: Annotated[float, Schema(minimum=0)] | None  # From the one to the other, to two digits.
    # The first second, until the end of the time asked about, at which no path is trusted any more. Null where it is
    # not trusted already, where nothing breaks it until then, and where there is an `error`.
    breaks_at: Time | None
    # By which rule the path that was trusted until then fails. Of several paths Apple may report another one, which
    # ended before.
    breaks_by: RuleId | None
    breaks_position: Position | None  # The certificate that this is about: 0 is the leaf.
    breaks_certificate: Sha256 | None  # The same certificate's fingerprint.
    breaks_subject: str | None  # The same certificate's subject.
    # What fails besides: beside the headline of what is not trusted, or in the same second as `breaks_by`, 20 at most.
    # No one change mends the row where there is something.
    also: list[FailsAtJson]
    # Trusted again from then on, or for the first time: after `breaks_at`, or where it is not trusted now.
    trusted_from: Time | None
    followed_until: (
        Time | None
    )  # How far was looked ahead: as asked, or less far where `not_checked` says why.
    renewals: list[RenewalJson]  # A line for each day that was asked about; empty where none was.
    not_checked: list[Text]  # What nobody looked at, in words.
    error: str | None  # Why there is no answer, in one sentence.


SCHEMA: Final = "trustrig.audit-row/1"
FIELDS: Final = tuple(AuditRow.__annotations__)
_TEXTS: Final = ("id", "source", "locator")
_LISTS: Final = ("failed", "warned", "also", "renewals", "not_checked")
_NUMBERS: Final = ("apple_code", "position", "lifetime_days", "breaks_position")
_TEXTS_OR_NULL: Final = tuple(
    name for name in FIELDS if name not in (*_TEXTS, *_LISTS, *_NUMBERS, "schema", "trusted")
)


def row_line(row: AuditRow) -> bytes:
    """ROW as its one canonical line of JSON."""
    ordered = {name: row[name] for name in FIELDS}  # type: ignore[literal-required]  # FIELDS are its keys
    return whole(
        json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    ).encode()


def whole(text: str) -> str:
    """TEXT as UTF-8 can have it: bytes of a file's name that are none (PEP 383) become replacement characters.

    No reader of JSON or Parquet takes halves of surrogate pairs.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def read_rows(lines: Iterable[bytes]) -> Iterator[AuditRow]:
    """Read LINES as they were written, one row at a time.

    Raises:
        Unreadable: a line is no row; the message says which.
    """
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not _is_row(row):
            raise Unreadable(
                f"Line {number} is no row of an audit ({SCHEMA})",
                hint="Rows are written by `trustrig audit`, a line each; run it again",
            )
        yield cast("AuditRow", row)


def _is_row(found: object) -> bool:
    """Whether FOUND has every field, each of the kind that reports count on; later versions may add some."""
    return (
        isinstance(found, dict)
        and found.get("schema") == SCHEMA
        and all(name in found for name in FIELDS)
        and all(isinstance(found[name], str) for name in _TEXTS)
        and all(isinstance(found[name], list) for name in _LISTS)
        and all(isinstance(found[name], int | float | None) for name in _NUMBERS)
        and all(isinstance(found[name], str | None) for name in _TEXTS_OR_NULL)
        and isinstance(found["trusted"], bool | None)
    )
