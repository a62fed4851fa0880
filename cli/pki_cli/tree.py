"""The command tree as a table: `--help` reads it, and a command's module is imported when that command runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import typer

from pki_cli.everywhere import limit_to_this_system
from pki_cli.groups import CommandGroup, add_options, show_arguments, show_choices, write_panels
from pki_cli.help_layout import HelpContext, lay_out_help
from pki_cli.old_spellings import accept_old_spellings
from pki_cli.options.answer import offer_formats

if TYPE_CHECKING:
    from collections.abc import Sequence

# The context's class is vendored inside Typer and private there, hence Any.
# By what somebody wants; name: its line in `--help` (a test holds it against the command's docstring). Its module is
# pki_cli.commands.NAME.
PANELS: Final[dict[str, dict[str, str]]] = {
    "Make": {
        "dev": "From nothing to a server that your devices can trust.",
        "init": "Make a test authority in a folder, or adopt one you have.",
        "issue": "Issue certificates from the test authority.",
        "list": "List what was issued, the oldest first.",
        "renew": "Issue a certificate again.",
        "revoke": "Take a certificate back, for good.",
        "crl": "Write the list of what an authority revoked, or show one.",
        "ocsp": "Answer whether a certificate was revoked.",
        "apply": "Make a whole PKI from a manifest; a second run changes nothing.",
    },
    "Judge": {
        "evaluate": "Say whether an Apple client would trust a chain, and why not.",
        "audit": "Say of many chains which break, when, and by which rule.",
        "diagnose": "Try Apple's ATS configurations on a live server, and say which let it through and why.",
        "ats": "Say what an Info.plist asks of a host, and what is odd in it.",
        "override": "Say what an app's own trust code changes, and if ATS lets it.",
        "explain": "Explain an error message or a log, a rule, an error code, a TLS alert or a cipher suite.",
        "inspect": "Say what is in FILE, and of a .p12 who opens it.",
    },
    "Connect": {
        "handshake": "Shake hands, both ends ours, and say who decided what.",
        "dtls": "DTLS 1.2 over UDP: shake hands, serve, or say which layer fails.",
        "psk": "TLS with a pre-shared key: shake hands, serve, or connect.",
        "scenarios": "The catalogue of servers, good and bad, each with its verdict.",
        "front": "Put TLS in front of your own server, good or bad, and switch while clients come.",
        "serve": "Serve scenarios on this machine, good servers and bad, by name on one port or a port each.",
    },
    "Hand over": {
        "export": "Hand over identities, and the authority itself.",
        "install": "Put the authority onto simulators, this Mac or a device.",
        "uninstall": "Take back what `install simulator` and `install mac` put there.",
    },
    "Help": {
        "demo": "Walk the main job in a temporary folder, offline.",
        "doctor": "Say what will get in the way here, and what to do.",
        "report": "Write what goes with an issue: versions, remarks, a verdict.",
        "completion": "Print what makes a shell complete commands, options and names.",
    },
}
COMMANDS: Final = {name: line for rows in PANELS.values() for name, line in rows.items()}
PROGRAM: Final = "trustrig"
_EVERYWHERE: Final = frozenset({"color", "quiet", "verbose"})


class CommandTree(CommandGroup):
    """The group that knows its commands by name and line, and loads one when it is needed."""

    context_class = HelpContext

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the command's module and build the command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        import_module(f"pki_cli.commands.{cmd_name}").add_to(app)
        offer_formats(app)
        command = typer.main.get_group(app).commands[cmd_name]
        lay_out_help(command)
        show_choices(command)
        show_arguments(command)
        add_options(command, [one for one in self.params if one.name in _EVERYWHERE])
        accept_old_spellings(command, cmd_name)
        limit_to_this_system(command, cmd_name)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; `version` is `--version`."""
        if args[0] == "version":
            args = ["--version"]
            self.parse_args(ctx, args)
        return super().resolve_command(ctx, args)

    def run(self, args: Sequence[str]) -> None:
        """Run the command in ARGS, and let every exception through: `main` makes exit codes of some, 1 among them."""
        with self.make_context(PROGRAM, list(args)) as context:
            self.invoke(context)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands' sections of `--help`, from the table alone."""
        write_panels(formatter, {heading: rows.items() for heading, rows in PANELS.items()})
