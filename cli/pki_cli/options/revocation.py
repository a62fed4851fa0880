"""Options that `revoke`, `crl` and `ocsp` share, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.options.issue import open_authority

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pki.store.revocation import Revocations


A_WEEK = "7d"  # ours: what public CAs' responders and lists usually hold


Target = Annotated[str, typer.Argument(metavar="NAME|SERIAL", help="What it is called; see trustrig list.")]


NextUpdate = Annotated[
    str,
    typer.Option("--next-update", metavar="TIME", help="Until when it holds: ISO 8601, or 7d from --at on."),
]


ByCa = Annotated[
    bool, typer.Option("--by-ca", help="Signed by the authority itself; else by a responder it appoints.")
]


def revocations_of(ca: Path, passphrase_file: str | None) -> Revocations:
    """What the authority in CA revoked, with the keys that sign lists and answers."""
    from pki.store.revocation import Revocations

    return Revocations(open_authority(ca, passphrase_file))


def end_of(text: str, start: datetime) -> datetime:
    """Read --next-update, which counts from START where it is a span."""
    from pki.issue.validity import parse_moment

    return parse_moment(text, at=start)
