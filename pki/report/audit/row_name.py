"""What a row is called where people read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pki.model.hosts import in_url
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.report.audit.row import AuditRow

_HTTPS: Final = 443


def server_of(row: AuditRow) -> str | None:
    """The host of ROW, with the port or the protocol where it was asked by another than HTTPS at 443; None without."""
    host, endpoint = row["host"], row["endpoint"]
    if host is None or endpoint is None or endpoint == in_url(host, _HTTPS):
        return host
    return endpoint


def name_of(row: AuditRow) -> str:
    """The server of ROW, or where its chain was found; of a stranger's characters those that are printable."""
    return printable(server_of(row) or row["id"])


def names_of(rows: Sequence[AuditRow]) -> list[str]:
    """The name of each of ROWS; where one is several rows', with where it was found."""
    names = [name_of(row) for row in rows]
    times = Counter(names)
    return [
        f"{name} ({printable(row['locator'] or row['source'])})" if times[name] > 1 else name
        for name, row in zip(names, rows, strict=True)
    ]
