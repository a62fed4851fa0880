"""The command tree as a table: `--help` reads it, and a command's module is imported when that command runs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from pki_cli.everywhere import limit_to_this_system
from pki_cli.old_spellings import accept_old_spellings

# The context's class is vendored inside Typer and private there, hence Any.
# name: its line in `--help` (a test holds it against the command's docstring); its module is pki_cli.commands.NAME
COMMANDS = {
    "demo": "Walk the main job in a temporary folder, offline.",
    "dev": "From nothing to a server that your devices can trust, in one line.",
    "init": "Make a test authority in a folder, or adopt one you have.",
    "issue": "Issue certificates from the test authority.",
    "list": "List what was issued, the oldest first.",
    "renew": "Issue a certificate again.",
    "revoke": "Take a certificate back, for good.",
    "crl": "Write the list of what an authority revoked, or show one.",
    "ocsp": "Answer whether a certificate was revoked.",
    "apply": "Make a whole PKI from one manifest; a second run changes nothing.",
    "evaluate": "Say whether an Apple client would trust a chain, and why not.",
    "diagnose": "Try Apple's ATS configurations on a live server, and say which let it through and why.",
    "explain": "Explain an error message or a log, a rule, an error code, a TLS alert or a cipher suite.",
    "ats": "Say what an Info.plist asks of a host, and what is odd in it.",
    "override": "Say what an app's own trust code changes, and whether ATS lets it.",
    "handshake": "Shake hands, client and server both ours, and say who decided what.",
    "dtls": "DTLS 1.2 over UDP: shake hands, serve, or say which layer fails.",
    "psk": "TLS with a pre-shared key: shake hands, serve, or connect.",
    "scenarios": "The catalogue of servers, good and bad, each with its verdict.",
    "serve": "Serve scenarios on this machine, good servers and bad, by name on one port or a port each.",
    "export": "Hand over identities, and the authority itself.",
    "inspect": "Say what is in FILE, and of a .p12 who opens it.",
    "install": "Put the authority onto simulators, this Mac or a device.",
    "uninstall": "Take back what `install simulator` and `install mac` put there.",
    "doctor": "Say what in this environment will get in the way, and what to do.",
    "completion": "Print what makes a shell complete commands, options and names.",
}


class CommandTree(TyperGroup):
    """A group that knows its commands by name and line, and loads one when it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in the table's order, which is the order of a first session."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the command's module and build the command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        import_module(f"pki_cli.commands.{cmd_name}").add_to(app)
        command = accept_old_spellings(typer.main.get_group(app).commands[cmd_name], cmd_name)
        limit_to_this_system(command, cmd_name)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; an unknown one fails with the names that come near."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from pki.model.suggestion import did_you_mean

            ctx.fail(f"No command is called {args[0]!r}. {did_you_mean(args[0], COMMANDS, most=2)}".rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands' section of `--help`, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
