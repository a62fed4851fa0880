"""`ats`: what an Info.plist asks of a host, what is odd in it, and the smallest change that admits a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pki.errors import InvalidRequest
from pki_cli.options.trust import Host, System, settings_in
from pki_cli.shell import AsJson, say, say_json
from pki_cli.terminal import answer_style


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command("ats")(ats)


def ats(
    info_plist: Annotated[Path, typer.Argument(metavar="INFO.PLIST", help="XML or binary.")],
    host: Host = None,
    os: System = None,
    app_trust: Annotated[
        bool, typer.Option("--needs-app-trust", help="The server is trusted by the app's own code alone.")
    ] = False,
    tls: Annotated[
        Literal["1.0", "1.1", "1.2", "1.3"] | None,
        typer.Option("--needs-tls", help="The best TLS version the server speaks."),
    ] = None,
    no_pfs: Annotated[
        bool, typer.Option("--needs-no-forward-secrecy", help="The server has static RSA suites only.")
    ] = False,
    http: Annotated[bool, typer.Option("--needs-http", help="The server has no TLS at all.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what an Info.plist asks of a host, and what is odd in it.

    With a host: which loads are bound. With what its server needs, too: the smallest change that admits it, its price,
    and what App Review asks.

    \b
    Examples:
      trustrig ats Info.plist
      trustrig ats Info.plist --host api.test --needs-tls 1.1
    """
    from pki.ats import NEWEST, Caller, OsVersion, pins_for, policy_for
    from pki.ats.advice import Needs, advise
    from pki.ats.lints import lint
    from pki.model.hosts import parse_host
    from pki.report.ats import HostPolicies, advice_text, ats_document, decision_text, lints_text

    settings = settings_in(info_plist)
    if settings is None:
        raise InvalidRequest("no Info.plist was given", hint="Name the file.")
    system = OsVersion.parse(os) if os else NEWEST
    wanted = parse_host(host) if host else None
    needs = Needs(insecure_trust=app_trust, highest_tls=tls, no_forward_secrecy=no_pfs, http=http)
    if needs != Needs() and wanted is None:
        raise InvalidRequest("advice is for one host", hint="Add --host NAME.")
    lints = lint(settings.raw, host=wanted, os=system, beside=settings.beside)
    asked = None
    if wanted is not None:
        policies = {str(who): policy_for(wanted, settings, os=system, caller=who) for who in Caller}
        asked = HostPolicies(wanted, policies, pins_for(wanted, settings, os=system))
    advice = advise(wanted, settings, needs, os=system) if wanted is not None else None
    if as_json:
        say_json(ats_document(asked, lints, advice))
        return
    parts = [decision_text(asked)] if asked is not None else []
    style = answer_style()
    parts.append(lints_text(lints, style=style) if lints else style.good("Nothing odd in it."))
    if advice is not None:
        parts.append(advice_text(advice, style=style))
    elif needs != Needs():
        parts.append(style.good("A server with these needs is let through already."))
    say("\n\n".join(parts))
