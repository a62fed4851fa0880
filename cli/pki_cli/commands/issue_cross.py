"""`issue cross`: another authority's word for this one, so that who trusts either accepts what is below."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.store.default_folder import ca_option
from pki_cli.issue_report import cut_short
from pki_cli.options.answer import Force
from pki_cli.options.issue import (
    PassphraseFile,
    ValidityOptions,
    open_authority,
)
from pki_cli.options.moment import At
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of, note, say, say_json
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from pki.issue.limits import Limits
    from pki.store.cross_certification import CrossCertification


def issue_cross(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="An authority here: root, intermediate, or its name; see trustrig list."
        ),
    ],
    by: Annotated[Path, typer.Option("--by", metavar="DIR", help="The folder of the authority that signs.")],
    *,
    ca: CaFolder = DEFAULT_CA,
    validity: ValidityOptions,
    at: At = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Let another authority certify one of these.

    The certificate has its name and key, and the signature of the
    authority in DIR: who trusts that one's root accepts what was issued
    here, when the certificate is sent along. The passphrase is that one's.

    \b
    Examples:
      trustrig issue cross intermediate --by ../new-ca
      trustrig issue cross root --by ../company-ca --days 30
    """
    from pki.store import AuthorityFolder
    from pki.store.cross_certification import cross_certify

    with flags_named(ca):
        crossed = cross_certify(
            AuthorityFolder.open(ca),
            name,
            by=open_authority(by, passphrase_file),
            at=moment_of(at),
            force=force,
            **validity.terms(),
        )
    if as_json:
        from pki.store.documents import cross_document

        say_json(cross_document(crossed, by=str(by), permits=_limits(crossed).listed))
    else:
        _tell(crossed, ca=ca, by=by)


def _tell(crossed: CrossCertification, *, ca: Path, by: Path) -> None:
    row, files = crossed.issued.row, crossed.folder
    say(f"Certified {row.name} by {_signer(crossed)}, until {row.not_after:%Y-%m-%d}.")
    say(f"  in {files}:")
    for file, what in (
        ("cert.pem", "the cross-certificate: the same name and key, another signature"),
        ("chain.pem", "its issuers without the root"),
        ("fullchain.pem", "both: what a server sends along"),
        ("root.pem", "the root that it leads to"),
    ):
        if file in crossed.files:
            say(f"    {file:<14} {what}")
    say(
        f"  entered in the ledger of {by}, where it can be revoked: trustrig revoke {shlex.quote(row.name)} "
        f"--ca {shlex.quote(str(by))}"
    )
    if words := cut_short(crossed.issued):
        note(f"warning: {words}")
    if limits := _limits(crossed):
        note(f"warning: this way up certifies {limits}: other names are trusted by the first way alone")
    full = shlex.quote(str(files / "fullchain.pem"))
    if crossed.sent_instead:
        # Measured with OpenSSL 3.0 and GnuTLS 3.7; Apple's builder tries every issuer (SecPathBuilder, by our search).
        say(
            "  A server sends it in place of the certificate of the same name. Where both are sent, Apple's clients try"
        )
        say(
            "  both, others perhaps the first alone (OpenSSL 3.0, GnuTLS 3.7); one chain for all needs the root across:"
        )
        say(f"  trustrig issue cross root --by {shlex.quote(str(by))}{ca_option(ca)}")
        return
    say("  A server sends it behind its own chain: who has the first root stops there, others go on.")
    say(f"  cat {shlex.quote(str(ca))}/issued/NAME/fullchain.pem {full} > both.pem")
    say(f"Next: trustrig evaluate both.pem --host NAME --anchor {shlex.quote(str(by))}")


def _signer(crossed: CrossCertification) -> str:
    from pki.model.common_names import display_name

    return display_name(crossed.issued.chain[1].subject)


def _limits(crossed: CrossCertification) -> Limits:
    """What the signer's chain permits, where that is not everything."""
    from pki.issue.limits import Limits

    return Limits.of(crossed.issued.chain[1:])
