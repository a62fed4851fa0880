"""`export`: the group; each export has a module of its own."""

from __future__ import annotations

import typer

from pki_cli.commands import (
    export_bundle,
    export_keystore,
    export_p12,
    export_pem,
    export_profile,
    export_snippets,
)
from pki_cli.groups import command_group


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    export = command_group(
        "Hand over identities, and the authority itself.\n\n\b\nExamples:\n"
        "  trustrig export p12 alice -o alice.p12\n"
        "  trustrig export profile --client alice -o phone.mobileconfig\n"
        "  trustrig export pem api.test -o certs/ --layout nginx"
    )
    export_p12.add_to(export)
    export_profile.add_to(export)
    export_keystore.add_to(export)
    export_pem.add_to(export)
    export_snippets.add_to(export)
    export_bundle.add_to(export)
    app.add_typer(export, name="export")
