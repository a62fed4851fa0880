"""The file in which a folder remembers what was revoked, and the number of each authority's last list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pki.errors import StoreError, system_refusal
from pki.issue.revoked import RevocationReason
from pki.model.time_format import utc_text
from pki.report.document import TypedDict
from pki.store.atomic import SECRET, write_atomically
from pki.store.layout import is_serial

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    from pki.report.fields import Serial, Text, Time

SCHEMA: Final = "trustrig.revocations/1"


class RevocationsDocument(TypedDict):
    """revocations.json: what was taken back, and the number of each authority's last list."""

    schema: Literal["trustrig.revocations/1"]
    crl_numbers: dict[str, int]  # By the SHA-256 of the authority's certificate.
    revoked: list[RevokedJson]


class RevokedJson(TypedDict):
    """One certificate that was taken back."""

    serial: Serial
    name: Text
    issuer: Text  # RFC 4514.
    revoked_at: Time
    reason: RevocationReason


@dataclass(frozen=True, slots=True)
class Revoked:
    """One certificate that was revoked."""

    serial: str  # lower-case hexadecimal, as in the ledger
    name: str
    issuer: str  # RFC 4514
    at: datetime
    reason: RevocationReason

    def as_json(self) -> RevokedJson:
        """Return it as JSON values."""
        return {
            "serial": self.serial,
            "name": self.name,
            "issuer": self.issuer,
            "revoked_at": utc_text(self.at),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class RevocationRecord:
    """The whole file, as a value."""

    revoked: tuple[Revoked, ...] = ()
    crl_numbers: tuple[tuple[str, int], ...] = ()  # by the SHA-256 of the authority's certificate


def read_record(path: Path) -> RevocationRecord:
    """Read the file at PATH; an empty record where there is none.

    Raises:
        StoreError: it is damaged, or the system refused.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return RevocationRecord()
    except OSError as error:
        problem, hint = system_refusal(str(path), error)
        raise StoreError(problem, hint=hint, path=path) from error
    record = _parsed(data)
    if record is None:
        raise StoreError(
            f"{path} is damaged, or was written by another version", hint="Put it back from a copy."
        )
    return record


def _parsed(data: bytes) -> RevocationRecord | None:
    try:
        document: dict[str, Any] = json.loads(data)
        if document["schema"] != SCHEMA:
            return None
        revoked = tuple(
            Revoked(
                one["serial"],
                one["name"],
                one["issuer"],
                datetime.fromisoformat(one["revoked_at"]),
                RevocationReason(one["reason"]),
            )
            for one in document["revoked"]
        )
        numbers = tuple((str(key), int(value)) for key, value in document["crl_numbers"].items())
        sound = all(is_serial(one.serial) and one.at.tzinfo is not None for one in revoked)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return RevocationRecord(revoked, numbers) if sound else None


def write_record(path: Path, record: RevocationRecord) -> None:
    """Write the file at PATH, whole or not at all.

    Raises:
        StoreError: the system refused.
    """
    document: RevocationsDocument = {
        "schema": SCHEMA,
        "crl_numbers": dict(record.crl_numbers),
        "revoked": [one.as_json() for one in record.revoked],
    }
    data = json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
    write_atomically(path, data, mode=SECRET)
