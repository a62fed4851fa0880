"""`ocsp`: whether a certificate was revoked, answered, served or shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.commands.ocsp_show import ocsp_show
from pki_cli.groups import command_group
from pki_cli.input_file import is_file
from pki_cli.options.answer import Force, Output
from pki_cli.options.group import with_groups
from pki_cli.options.issue import PassphraseFile
from pki_cli.options.listen import Port
from pki_cli.options.moment import At
from pki_cli.options.revocation import A_WEEK, ByCa, NextUpdate, end_of, revocations_of
from pki_cli.options.span import Span, for_option
from pki_cli.output_file import check_free, check_streams, deliver, say_beside, shown
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of, note, now, say, say_json
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from datetime import datetime

    from pki.issue.ocsp import Status
    from pki.store.revocation import Revocations, RevocationSubject


_LONGEST = Span(30 * 24 * 3600, "30d")  # what shall answer longer is no test


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    ocsp = command_group(
        "Answer whether a certificate was revoked.\n\n\b\nExamples:\n"
        "  trustrig ocsp answer api.test -o staple.der\n"
        "  trustrig ocsp serve --port 8080"
    )
    ocsp.command("answer")(ocsp_answer)
    ocsp.command("serve")(ocsp_serve)
    ocsp.command("show")(with_groups(ocsp_show))
    app.add_typer(ocsp, name="ocsp")


def ocsp_answer(
    certificate: Annotated[
        str, typer.Argument(metavar="NAME|SERIAL|FILE", help="What was issued, or a certificate file.")
    ],
    output: Output,
    next_update: NextUpdate = A_WEEK,
    at: At = None,
    by_ca: ByCa = False,
    force: Force = False,
    passphrase_file: PassphraseFile = None,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write a signed OCSP answer, as a server staples it.

    \b
    Examples:
      trustrig ocsp answer api.test -o api.ocsp
      trustrig ocsp answer cert.pem -o old.ocsp --at -30d --next-update 1d
    """
    start = moment_of(at)
    end = end_of(next_update, start)
    check_streams(output, as_json=as_json)
    check_free(output, force=force)
    revocations = revocations_of(ca, passphrase_file)
    with flags_named():
        data, subject, status = _answer(revocations, certificate, start, end, delegated=not by_ca)
    deliver(output, data, secret=False, force=force)
    word = _status_word(status, start)
    if as_json:
        from pki.store.revocation_documents import ocsp_document

        say_json(ocsp_document(subject, word, file=str(output), this_update=start, next_update=end))
        return
    tell = say_beside(output)
    tell(f"Wrote {shown(output)}: {word}, until {end:%Y-%m-%d %H:%M} UTC.")
    tell(f"  for {subject.name}")
    tell(f"  serial {subject.serial}")


def ocsp_serve(
    port: Port = 0,
    lasting: Annotated[Span, for_option(least=Span(0, "0s"), most=_LONGEST)] = Span(600, "10m"),
    count: Annotated[
        int | None, typer.Option("--count", min=1, metavar="N", help="Stop after so many.")
    ] = None,
    next_update: NextUpdate = "1h",
    by_ca: ByCa = False,
    passphrase_file: PassphraseFile = None,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Answer OCSP requests over HTTP on 127.0.0.1.

    A revocation shows at the next request. Ends by itself, or with Ctrl-C.

    \b
    Examples:
      trustrig ocsp serve --port 8889
      trustrig ocsp serve --for 1h --next-update 5m
    """
    import contextlib
    from datetime import timedelta

    from pki.handshake.serving.ocsp_responder import OcspResponder
    from pki.issue.ocsp import respond

    start = now()
    lifetime = end_of(next_update, start) - start
    if not timedelta() < lifetime <= timedelta(days=3650):
        raise InvalidRequest(
            f"{next_update!r} is no lifetime for an answer", hint="Give one such as 1h or 7d."
        )
    revocations = revocations_of(ca, passphrase_file)
    with flags_named():
        responders = revocations.responders(
            at=start, until=start + lifetime + timedelta(seconds=lasting), delegated=not by_ca
        )

    def reply(request: bytes) -> bytes:
        return respond(request, responders, revocations.status, at=now(), lifetime=lifetime)

    with OcspResponder(reply, port=port) as responder:
        tell = note if as_json else say
        whom = f"{len(responders)} authorit{'y' if len(responders) == 1 else 'ies'}"
        tell(f"Answering at {responder.url} for {whom}, for {lasting} at most.")
        with contextlib.suppress(KeyboardInterrupt):
            responder.wait_for(count, timeout=lasting)
        url = responder.url
    answered = responder.answered
    if as_json:
        from pki.store.revocation_documents import ocsp_serve_document

        say_json(ocsp_serve_document(url=url, answered=answered))
        return
    say(f"Answered {answered} requests.")


def _answer(
    revocations: Revocations, target: str, at: datetime, end: datetime, *, delegated: bool
) -> tuple[bytes, RevocationSubject, Status]:
    from pki.errors import StoreError

    try:
        revocations.find(target)
    except StoreError:
        if not is_file(Path(target)) and "/" not in target:  # a name, or a serial
            raise
        from pki.load import load_path
        from pki.model.foreign import read_certificate

        leaf = load_path(Path(target))[0]
        certificate = read_certificate(leaf, what=f"{target} holds a certificate", whole=False)
        return revocations.answer_about(certificate, at=at, next_update=end, delegated=delegated)
    return revocations.answer(target, at=at, next_update=end, delegated=delegated)


def _status_word(status: Status, at: datetime) -> str:
    taken = status.revocation
    if taken is not None and taken.at <= at:
        return "revoked"
    return "good" if status.known else "unknown"
