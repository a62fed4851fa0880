"""`revoke`: a certificate revoked, for good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pki.store.default_folder import ca_option
from pki_cli.options.issue import open_authority
from pki_cli.options.moment import At
from pki_cli.options.revocation import Target, revocations_of
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of, say, say_json


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(revoke)


def revoke(
    name: Target,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="REASON", help="keyCompromise, superseded, ...: RFC 5280, 5.3.1."),
    ] = "unspecified",
    at: At = None,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Take a certificate back, for good.

    Clients learn of it from a CRL or an OCSP answer made afterwards. It is
    revoked from --at on.

    \b
    Examples:
      trustrig revoke alice
      trustrig revoke api.test --reason keyCompromise --at -2d
    """
    from pki.issue.revoked import parse_reason

    wanted = parse_reason(reason)
    record, new = revocations_of(ca, None).revoke(name, at=moment_of(at), reason=wanted)
    if as_json:
        from pki.store.revocation_documents import revoke_document

        say_json(revoke_document(record, new=new))
        return
    when = f"{record.at:%Y-%m-%d %H:%M:%S} UTC"
    if new:
        say(f"Revoked {record.name}, from {when} on: {record.reason}.")
    else:
        say(f"{record.name} was revoked before; nothing changed.")
        say(f"  from {when} on: {record.reason}")
    say(f"  serial {record.serial}")
    where = ca_option(ca)
    by_list = f"trustrig crl -o crl.pem{where}, or " if _signs_lists(ca, record.issuer) else ""
    say(f"Next: {by_list}trustrig ocsp serve{where}")


def _signs_lists(ca: Path, issuer: str) -> bool:
    """Whether the authority called ISSUER, in the folder CA, may sign a CRL: the keyUsage of mkcert's forbids it."""
    from pki.issue.adoption import may_sign_lists

    chains = open_authority(ca, None).authorities()
    return all(may_sign_lists(one[0]) for one in chains if one[0].subject.rfc4514_string() == issuer)
