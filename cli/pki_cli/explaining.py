"""`explain`: rules, codes, alerts and cipher suites in plain words."""

from __future__ import annotations

from typing import Annotated

import typer

from pki_cli.shell import AsJson, say, say_json


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    # A code such as -67901 is an argument here, not a bundle of short options.
    app.command(context_settings={"ignore_unknown_options": True})(explain)


def explain(
    what: Annotated[
        str, typer.Argument(metavar="RULE|CODE", help="tls-validity-825, -67901, unknown_ca, 0xC027.")
    ],
    as_json: AsJson = False,
) -> None:
    """Explain a rule, an error code, a TLS alert or a cipher suite.

    Negative numbers need no quotes: `trustrig explain -67901` works. A cipher suite goes by its IANA name, its
    OpenSSL name or its code point: does an Apple client offer it? Codes of `handshake`, name-not-served for
    one, are explained, too.
    """
    from pki.report import explain as words
    from pki.trust import all_rules

    found = words.explain(what, all_rules())
    if as_json:
        say_json(words.explanation_json(found))
    else:
        say(words.explanation_text(found))
