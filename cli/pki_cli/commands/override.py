"""`override`: what an app's own trust code changes, and whether ATS lets it."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.group import with_groups
from pki_cli.options.moment import Moments, heading, moments_of, one_document
from pki_cli.options.trust import (
    AnchorOptions,
    InfoPlist,
    System,
    anchor_offer,
    certificates_in,
    chain_in,
    host_option,
    settings_in,
)
from pki_cli.shell import (
    EXIT_FINDING,
    AsJson,
    PasswordFile,
    default_ca,
    moment_of,
    read_password,
    say,
    say_json,
)
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from pki.model.verdict import Verdict
    from pki.report.style import Style
    from pki.trust import Customised

_LABEL = 29  # columns


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(with_groups(override))


# Long because each option is a parameter, and the steps of the command follow one another.
def override(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The chain, as for `evaluate`.")],
    host: Annotated[str, host_option],
    *,
    trusted: AnchorOptions,
    info_plist: InfoPlist = None,
    app_anchor: Annotated[
        list[Path] | None,
        typer.Option("--app-anchor", metavar="FILE|DIR", help="SecTrustSetAnchorCertificates. Repeatable."),
    ] = None,
    keep_system: Annotated[
        bool, typer.Option("--keep-system", help="SecTrustSetAnchorCertificatesOnly(false).")
    ] = False,
    app_name: Annotated[
        str | None, typer.Option("--app-name", metavar="NAME", help="SecPolicyCreateSSL(true, NAME).")
    ] = None,
    app_at: Annotated[
        str | None, typer.Option("--app-at", metavar="TIME", help="SecTrustSetVerifyDate.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept", metavar="CHECK", help="SecTrustSetExceptions, by Apple's check name. Repeatable."
        ),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            "--pin", metavar="BASE64", help="SHA-256 of a public key, compared in code. Repeatable."
        ),
    ] = None,
    at: Moments = None,
    os: System = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what an app's own trust code changes, and if ATS lets it.

    Exit code 0: URLSession connects; 1: it does not.

    \b
    Examples:
      trustrig override chain.pem --host api.test --app-anchor root.pem
      trustrig override chain.pem --host 192.168.1.20 --app-name api.test
    """
    from pki.ats import NEWEST, OsVersion
    from pki.trust import Evaluator, Evidence, OverrideQuestion, Overrides, evaluate_customised

    moments = moments_of(at)
    one_document(len(moments), "json" if as_json else "text")
    anchors = tuple(trusted.read())
    overrides = Overrides(
        anchors=tuple(cert for path in app_anchor or () for cert in certificates_in(path)),
        only_these=not keep_system,
        name=app_name,
        at=moment_of(app_at) if app_at else None,
        accepted=frozenset(accept or ()),
        pinned=frozenset(map(_digest, pin or ())),
    )
    chain, settings = chain_in(target, read_password(password_file)), settings_in(info_plist)
    good = True
    for moment in moments:
        evaluator = Evaluator(
            at=moment, anchors=anchors, ats=settings, os=OsVersion.parse(os) if os else NEWEST
        )
        question = OverrideQuestion(moment, anchors, host, Evidence())
        found = evaluate_customised(chain, question, overrides, evaluator)
        good = good and found.allowed
        if as_json:
            from pki.trust.override_document import override_document

            say_json(override_document(found, name=target))
        else:
            _tell(found, target, host, heading(moment, moments))
    if not good:
        raise typer.Exit(EXIT_FINDING)


def _digest(text: str) -> bytes:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        raise InvalidRequest(
            f"{text!r} is no pin", hint="Give base64 of the SHA-256 over the DER SubjectPublicKeyInfo."
        )
    return digest


def _tell(found: Customised, target: str, host: str, above: str) -> None:
    from pki.report.layout import wrapped
    from pki.report.summary import Judged

    style = answer_style()
    pinned = "" if found.pin_matches else f", its pin {style.bad('does not match')}"
    connects = style.judged("connects" if found.allowed else "does not connect", well=found.allowed)
    rows = (
        ("the system's own evaluation", _answer(found.default, style)),
        ("the app's evaluation", f"{_answer(found.app, style)}{pinned}"),
        ("URLSession", connects),
    )
    alone = Judged(
        target, found.default, offer=anchor_offer(default_ca(), found.default.chain)
    ).without_anchors
    if above:
        say(above.removesuffix("\n"))
    if alone and not found.allowed:
        say("\n".join(wrapped(alone, hanging="  ")))
    table = [
        line
        for label, text in rows
        for line in wrapped(f"{label:<{_LABEL}}{text}", indent="  ", hanging=" " * (2 + _LABEL))
    ]
    why = wrapped(f"{found.why[:1].upper()}{found.why[1:]}.")
    say("\n".join([f"{target} for {host}", "", *table, "", *why]))


def _answer(verdict: Verdict, style: Style) -> str:
    headline = verdict.headline
    if headline is None:
        return style.good("trusted")
    return f"{style.bad('not trusted')}: {style.rule(headline.rule)}"
