"""`install`: the group; simulators, this Mac and a device have modules of their own."""

from __future__ import annotations

import typer

from pki_cli.commands import install_device, install_mac, install_simulator


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    install = typer.Typer(
        no_args_is_help=True,
        help="Put the authority onto simulators, this Mac or a device.",
        rich_markup_mode=None,
    )
    install_simulator.add_to(install)
    install_mac.add_to(install)
    install_device.add_to(install)
    app.add_typer(install, name="install")
