"""`crl`: the list of what an authority revoked, written or shown."""

from __future__ import annotations

from typing import Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.commands.crl_show import crl_show
from pki_cli.groups import command_group
from pki_cli.options.answer import Force, OptionalOutput
from pki_cli.options.group import with_groups
from pki_cli.options.issue import PassphraseFile
from pki_cli.options.moment import At
from pki_cli.options.revocation import A_WEEK, NextUpdate, end_of, revocations_of
from pki_cli.output_file import check_free, check_streams, deliver, say_beside, shown
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of, say_json
from pki_cli.ways_out import again, flags_named


def add_to(app: typer.Typer) -> None:
    """Register the command, and `crl show`."""
    lists = command_group()
    lists.callback(invoke_without_command=True)(crl)
    lists.command("show")(with_groups(crl_show))
    app.add_typer(lists, name="crl")


def crl(
    context: typer.Context,
    output: OptionalOutput = None,
    next_update: NextUpdate = A_WEEK,
    at: At = None,
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="NAME", help="An issued intermediate's list.")
    ] = None,
    root: Annotated[
        bool, typer.Option("--root", help="The root's list, not that of who signs leaves.")
    ] = False,
    der: Annotated[bool, typer.Option("--der", help="Write DER, not PEM.")] = False,
    force: Force = False,
    passphrase_file: PassphraseFile = None,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write the list of what an authority revoked, or show one.

    \b
    Examples:
      trustrig crl -o crl.pem
      trustrig crl -o root.crl --root --der --next-update 30d
      trustrig crl show crl.pem --certificate fullchain.pem
    """
    if context.invoked_subcommand is not None:
        return
    if output is None:
        raise InvalidRequest(
            "no file was named for the list",
            hint="`crl show` reads one. To write one:",
            commands=[again("-o", "crl.pem")],
        )
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if root and issuer is not None:
        raise InvalidRequest("both the root and an issuer were named", hint="A list has one: choose.")
    start = moment_of(at)
    end = end_of(next_update, start)
    check_streams(output, as_json=as_json)
    check_free(output, force=force)
    with flags_named():
        made = revocations_of(ca, passphrase_file).crl(issuer, at=start, next_update=end, root=root)
    data = made.public_bytes(Encoding.DER if der else Encoding.PEM)
    deliver(output, data, secret=False, force=force)
    number = made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    if as_json:
        from pki.store.revocation_documents import crl_document

        say_json(crl_document(made, file=str(output), number=number))
        return
    tell = say_beside(output)
    tell(f"Wrote {shown(output)}: CRL number {number}, {len(made)} revoked, until {end:%Y-%m-%d %H:%M} UTC.")
    tell(f"  issuer {made.issuer.rfc4514_string()}")
