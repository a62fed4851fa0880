"""`install`: the group; simulators, this Mac and a device have modules of their own."""

from __future__ import annotations

import typer

from pki_cli.commands import install_device, install_mac, install_simulator
from pki_cli.groups import command_group


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    install = command_group(
        "Put the authority onto simulators, this Mac or a device.\n\n\b\nExamples:\n"
        "  trustrig install device --client alice\n"
        "  trustrig install simulator --dry-run"
    )
    install_simulator.add_to(install)
    install_mac.add_to(install)
    install_device.add_to(install)
    app.add_typer(install, name="install")
