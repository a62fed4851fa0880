"""Lists of Certificate Transparency logs, as Apple and Google publish them; the user supplies one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pki.errors import Unreadable
from pki.model.der import DerError
from pki.model.keys import KeyAlgorithm, key_facts

MAX_LIST_BYTES = 16 * 1024 * 1024  # ours; the published lists hold some 100 KiB
ACCEPTED_STATES = frozenset({"usable", "qualified", "readonly", "retired"})
"""States of a version 3 list in which a log was once qualified; pending and rejected ones never count."""


@dataclass(frozen=True, slots=True)
class CtLog:
    """One log. The window is over a certificate's notAfter; times are UTC."""

    key: bytes  # SubjectPublicKeyInfo
    description: str
    operator: str = ""
    window_start: datetime | None = None  # inclusive
    window_end: datetime | None = None  # exclusive
    read_only_from: datetime | None = None
    retired_at: datetime | None = None

    @property
    def algorithm(self) -> KeyAlgorithm | None:
        """The kind of its key; None for a key that does not read."""
        try:
            return key_facts(self.key).algorithm
        except DerError:
            return None

    @property
    def log_id(self) -> bytes:
        """RFC 6962, 3.2: SHA-256 over the key."""
        return hashlib.sha256(self.key).digest()


@dataclass(frozen=True, slots=True)
class LogList:
    """Logs by their id. `dated` is the list's own date, UTC, None where it states none."""

    by_id: Mapping[bytes, CtLog]
    dated: datetime | None = None

    @classmethod
    def of(cls, logs: Iterator[CtLog] | tuple[CtLog, ...], dated: datetime | None = None) -> LogList:
        """Index LOGS."""
        return cls({log.log_id: log for log in logs}, dated)


def read_log_list(data: bytes, *, name: str) -> LogList:
    """Read version 3 of the published JSON (operators, logs, states), or a plain array of log objects.

    Raises:
        Unreadable: no JSON, no such list, or not one usable log.
    """
    if len(data) > MAX_LIST_BYTES:
        raise Unreadable(f"{name} holds {len(data):,} bytes", hint="No log list over 16 MiB is read.")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise _no_list(name) from None
    dated = document.get("log_list_timestamp") if isinstance(document, dict) else None
    found = LogList.of(_logs(document), _time(dated))
    if not found.by_id:
        raise _no_list(name)
    return found


def _no_list(name: str) -> Unreadable:
    return Unreadable(
        f"{name} is not a Certificate Transparency log list",
        hint="Give the JSON that Apple publishes as current_log_list.json, or Google's log_list.json, version 3.",
    )


def _logs(document: Any) -> Iterator[CtLog]:
    if isinstance(document, list):
        yield from filter(None, map(_log, document))
        return
    operators = document.get("operators") if isinstance(document, dict) else None
    for operator in operators if isinstance(operators, list) else ():
        entries = operator.get("logs") if isinstance(operator, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            log = _log(entry, operator=str(operator.get("name", "")))
            if log is not None:
                yield log


def _log(entry: Any, operator: str = "") -> CtLog | None:
    if not isinstance(entry, dict):
        return None
    try:
        key = base64.b64decode(entry["key"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    state = entry.get("state")
    states = state if isinstance(state, dict) else {}
    if state is not None and not ACCEPTED_STATES & set(states):
        return None
    interval = entry.get("temporal_interval")
    window = interval if isinstance(interval, dict) else entry
    return CtLog(
        key,
        str(entry.get("description", "")),
        str(entry.get("operator") or operator),
        _time(window.get("start_inclusive")),
        _time(window.get("end_exclusive")),
        _time(_since(states, "readonly") or entry.get("frozen")),
        _time(_since(states, "retired") or entry.get("expiry")),
    )


def _since(states: Mapping[str, Any], name: str) -> Any:
    state = states.get(name)
    return state.get("timestamp") if isinstance(state, dict) else None


def _time(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
