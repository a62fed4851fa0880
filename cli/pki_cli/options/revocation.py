"""Options that `revoke`, `crl` and `ocsp` share, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.options.issue import open_authority
from pki_cli.ways_out import again

if TYPE_CHECKING:
    from datetime import datetime

    from pki.store.revocation import Revocations


A_WEEK = "7d"  # ours: what public CAs' responders and lists usually hold


Target = Annotated[str, typer.Argument(metavar="NAME|SERIAL", help="What it is called; see trustrig list.")]


At = Annotated[str | None, typer.Option(metavar="TIME", help="Make it as of then: ISO 8601, or -1h, +30d.")]


NextUpdate = Annotated[
    str, typer.Option("--next-update", metavar="TIME", help="Until when it holds: ISO 8601, or from --at on.")
]


Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to.")]


ByCa = Annotated[
    bool, typer.Option("--by-ca", help="Signed by the authority itself; else by a responder it appoints.")
]


Force = Annotated[bool, typer.Option("--force", help="Replace the file that is there.")]


def revocations_of(ca: Path, passphrase_file: str | None) -> Revocations:
    """What the authority in CA revoked, with the keys that sign lists and answers."""
    from pki.store.revocation import Revocations

    return Revocations(open_authority(ca, passphrase_file))


def end_of(text: str, start: datetime) -> datetime:
    """Read --next-update, which counts from START where it is a span."""
    from pki.issue.validity import parse_moment

    return parse_moment(text, at=start)


def check_free(output: Path, force: bool) -> None:
    """Refuse a taken name before a number is spent on a list; writing asks again."""
    if output.exists() and not force:
        from pki.store import AlreadyExists

        raise AlreadyExists(
            f"{output} exists already",
            hint="Choose another name, or replace it:",
            commands=[again("--force")],
        )


def write_output(output: Path, data: bytes, *, force: bool) -> None:
    """Write the file whole or not at all; one that is there only with FORCE."""
    from pki.store.atomic import write_atomically

    write_atomically(output, data, replace=force)
