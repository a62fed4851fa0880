"""`revoke`, `crl` and `ocsp`: certificates taken back, and who says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.commands.revocation_show import crl_show, ocsp_show
from pki_cli.options.issue import PassphraseFile, flags_named, open_authority
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, beside, note, now, say, say_json

if TYPE_CHECKING:
    from datetime import datetime

    from pki.issue.ocsp import Status
    from pki.store.revocation import Revocations, RevocationSubject

_MOST_SECONDS = 30 * 24 * 3600  # a month; what shall answer longer is no test
_A_WEEK = "7d"  # ours: what public CAs' responders and lists usually hold
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


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(revoke)
    lists = typer.Typer(rich_markup_mode=None)
    lists.callback(invoke_without_command=True)(crl)
    lists.command("show")(crl_show)
    app.add_typer(lists, name="crl")
    ocsp = typer.Typer(
        no_args_is_help=True, help="Answer whether a certificate was revoked.", rich_markup_mode=None
    )
    ocsp.command("answer")(ocsp_answer)
    ocsp.command("serve")(ocsp_serve)
    ocsp.command("show")(ocsp_show)
    app.add_typer(ocsp, name="ocsp")


def revoke(
    name: Target,
    reason: Annotated[
        str, typer.Option(metavar="REASON", help="keyCompromise, superseded, ...: RFC 5280, 5.3.1.")
    ] = "unspecified",
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="From then on: ISO 8601, or -1h, +30d. [default: now]")
    ] = None,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Take a certificate back, for good.

    Clients learn of it from a CRL or an OCSP answer made afterwards.
    """
    from pki.issue.revoked import parse_reason

    wanted = parse_reason(reason)
    record, new = _revocations(ca, None).revoke(name, at=_moment(at), reason=wanted)
    if as_json:
        say_json({"schema": "trustrig.revoke/1", **record.as_json(), "new": new})
        return
    when = f"{record.at:%Y-%m-%d %H:%M:%S} UTC"
    if new:
        say(f"Revoked {record.name}, from {when} on: {record.reason}.")
    else:
        say(f"{record.name} was revoked before; nothing changed.")
        say(f"  from {when} on: {record.reason}")
    say(f"  serial {record.serial}")
    where = beside(ca)
    by_list = f"trustrig crl -o crl.pem{where}, or " if _signs_lists(ca, record.issuer) else ""
    say(f"Next: {by_list}trustrig ocsp serve{where}")


def _signs_lists(ca: Path, issuer: str) -> bool:
    """Whether the authority called ISSUER, in the folder CA, may sign a CRL: the keyUsage of mkcert's forbids it."""
    from pki.issue.adoption import may_sign_lists

    chains = open_authority(ca, None).authorities()
    return all(may_sign_lists(one[0]) for one in chains if one[0].subject.rfc4514_string() == issuer)


def crl(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; it has to be given.")
    ] = None,
    next_update: NextUpdate = _A_WEEK,
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
    """Write the list of what an authority revoked, or show one."""
    if context.invoked_subcommand is not None:
        return
    if output is None:
        raise InvalidRequest(
            "no file was named for the list", hint="Give it with -o FILE; `crl show` reads one."
        )
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if root and issuer is not None:
        raise InvalidRequest("both the root and an issuer were named", hint="A list has one: choose.")
    start = _moment(at)
    end = _end(next_update, start)
    _check_free(output, force)
    with flags_named():
        made = _revocations(ca, passphrase_file).crl(issuer, at=start, next_update=end, root=root)
        _write(output, made.public_bytes(Encoding.DER if der else Encoding.PEM), force=force)
    number = made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    if as_json:
        say_json(
            {
                "schema": "trustrig.crl/1",
                "file": str(output),
                "issuer": made.issuer.rfc4514_string(),
                "number": number,
                "this_update": start.isoformat(),
                "next_update": end.isoformat(),
                "revoked": [f"{entry.serial_number:x}" for entry in made],
            }
        )
        return
    say(f"Wrote {output}: CRL number {number}, {len(made)} revoked, until {end:%Y-%m-%d %H:%M} UTC.")
    say(f"  issuer {made.issuer.rfc4514_string()}")


def ocsp_answer(
    certificate: Annotated[
        str, typer.Argument(metavar="NAME|SERIAL|FILE", help="What was issued, or a certificate file.")
    ],
    output: Output,
    next_update: NextUpdate = _A_WEEK,
    at: At = None,
    by_ca: ByCa = False,
    force: Force = False,
    passphrase_file: PassphraseFile = None,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write a signed OCSP answer, as a server staples it."""
    start = _moment(at)
    end = _end(next_update, start)
    _check_free(output, force)
    revocations = _revocations(ca, passphrase_file)
    with flags_named():
        data, subject, status = _answer(revocations, certificate, start, end, appointed=not by_ca)
        _write(output, data, force=force)
    word = _status_word(status, start)
    if as_json:
        say_json(
            {
                "schema": "trustrig.ocsp/1",
                "file": str(output),
                "name": subject.name,
                "serial": subject.serial,
                "issuer": subject.issuer,
                "status": word,
                "this_update": start.isoformat(),
                "next_update": end.isoformat(),
            }
        )
        return
    say(f"Wrote {output}: {word}, until {end:%Y-%m-%d %H:%M} UTC.")
    say(f"  for {subject.name}")
    say(f"  serial {subject.serial}")


def ocsp_serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen there; 0 is any free port.")] = 0,
    seconds: Annotated[int, typer.Option(min=0, max=_MOST_SECONDS, help="Stop after that long.")] = 600,
    count: Annotated[int | None, typer.Option(min=1, help="Stop after that many answers.")] = None,
    next_update: NextUpdate = "1h",
    by_ca: ByCa = False,
    passphrase_file: PassphraseFile = None,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Answer OCSP requests over HTTP on 127.0.0.1.

    A revocation shows at the next request. Ends by itself, or with Ctrl-C.
    """
    import contextlib
    from datetime import timedelta

    from pki.handshake.serving.ocsp_responder import OcspResponder
    from pki.issue.ocsp import respond

    start = now()
    lifetime = _end(next_update, start) - start
    if not timedelta() < lifetime <= timedelta(days=3650):
        raise InvalidRequest(
            f"{next_update!r} is no lifetime for an answer", hint="Give one such as 1h or 7d."
        )
    revocations = _revocations(ca, passphrase_file)
    with flags_named():
        responders = revocations.responders(
            at=start, until=start + lifetime + timedelta(seconds=seconds), appointed=not by_ca
        )

    def reply(request: bytes) -> bytes:
        return respond(request, responders, revocations.status, at=now(), lifetime=lifetime)

    with OcspResponder(reply, port=port) as responder:
        tell = note if as_json else say
        whom = f"{len(responders)} authorit{'y' if len(responders) == 1 else 'ies'}"
        tell(f"Answering at {responder.url} for {whom}, for {seconds} s at most.")
        with contextlib.suppress(KeyboardInterrupt):
            responder.wait_for(count, timeout=seconds)
        url = responder.url
    answered = responder.answered
    if as_json:
        say_json({"schema": "trustrig.ocsp-serve/1", "url": url, "answered": answered})
        return
    say(f"Answered {answered} requests.")


def _answer(
    revocations: Revocations, target: str, at: datetime, end: datetime, *, appointed: bool
) -> tuple[bytes, RevocationSubject, Status]:
    from pki.errors import StoreError

    try:
        revocations.find(target)
    except StoreError:
        if not Path(target).is_file():
            raise
        from pki.load import load_path
        from pki.model.foreign import read_certificate

        leaf = load_path(Path(target))[0]
        certificate = read_certificate(leaf, what=f"{target} holds a certificate", whole=False)
        return revocations.answer_about(certificate, at=at, next_update=end, appointed=appointed)
    return revocations.answer(target, at=at, next_update=end, appointed=appointed)


def _status_word(status: Status, at: datetime) -> str:
    taken = status.revocation
    if taken is not None and taken.at <= at:
        return "revoked"
    return "good" if status.known else "unknown"


def _revocations(ca: Path, passphrase_file: str | None) -> Revocations:
    from pki.store.revocation import Revocations

    return Revocations(open_authority(ca, passphrase_file))


def _moment(text: str | None) -> datetime:
    from pki.issue.validity import parse_moment

    return parse_moment(text, at=now()) if text else now()


def _end(text: str, start: datetime) -> datetime:
    from pki.issue.validity import parse_moment

    return parse_moment(text, at=start)


def _check_free(output: Path, force: bool) -> None:
    """Refuse a taken name before a number is spent on a list; writing asks again."""
    if output.exists() and not force:
        from pki.store import Taken

        raise Taken(
            f"{output} exists already",
            hint="Choose another name, or allow it to be replaced. The flag is --force",
        )


def _write(output: Path, data: bytes, *, force: bool) -> None:
    from pki.store.atomic import write_atomically

    write_atomically(output, data, replace=force)
