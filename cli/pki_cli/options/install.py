"""Options that the `install` commands share, and how they are read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.answer import DRY_RUN, Check
from pki_cli.options.group import OptionGroup
from pki_cli.shell import note

if TYPE_CHECKING:
    from cryptography import x509

    from pki.install import Ledger


DryRun = Annotated[
    bool | None,
    typer.Option(
        "--dry-run/--no-dry-run",
        help=f"{DRY_RUN} [default: carried out on a Mac, said elsewhere]",
        show_default=False,
    ),
]


State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="TRUSTRIG_STATE",
        metavar="DIR",
        help="Where it is remembered what was installed. [default: the user's folder for state]",
        show_default=False,
    ),
]


class InstallOptions(OptionGroup):
    """What is installed, and whether at once."""

    certificate: Annotated[
        list[Path] | None,
        typer.Option(
            "--certificate", metavar="FILE", help="Install this one, not the authority's. Repeatable."
        ),
    ] = None
    intermediate: Annotated[
        bool,
        typer.Option("--intermediate", help="The intermediate, too: for servers that forget to send it."),
    ] = False
    dry_run: DryRun = None
    check: Check = False
    state: State = None

    @property
    def performing(self) -> bool:
        """Whether the plan is carried out, and not printed."""
        return not self.check and carried_out(self.dry_run)

    def certificates(self, ca: Path) -> tuple[x509.Certificate, ...]:
        """What to install: the root of the authority in CA, and perhaps its intermediate; or what the files hold."""
        if not self.certificate:
            from pki.store import AuthorityFolder

            folder = AuthorityFolder.open(ca)
            if self.intermediate and not folder.intermediates:
                note(f"The root in {ca} signs servers and clients itself: there is no intermediate.")
            return (folder.root, *(folder.intermediates if self.intermediate else ()))
        if self.intermediate:
            raise InvalidRequest(
                "the intermediate is the authority's, and files were named", hint="Name its file as well."
            )
        from pki.model.foreign import read_certificate
        from pki_cli.input_file import load_input

        return tuple(
            read_certificate(der, what=f"{file} holds a certificate")
            for file in self.certificate
            for der in load_input(file).certificates
        )


def carried_out(dry_run: bool | None) -> bool:
    """Whether a plan is carried out: as --dry-run or --no-dry-run says, else where there is a Mac."""
    from pki.install import performs

    return performs(None if dry_run is None else not dry_run, platform=sys.platform)


def ledger_in(folder: Path | None) -> Ledger:
    """The ledger of what was installed: in FOLDER, or where the user's programs keep their state."""
    from pki.install import Ledger, default_folder

    return Ledger(folder if folder is not None else default_folder())
