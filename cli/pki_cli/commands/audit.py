"""`audit`: a whole fleet, which chains break, when, and by which rule."""

from __future__ import annotations

from typing import Annotated

import typer

from pki_cli.audit_run import AuditRun
from pki_cli.options.audit import AuditAnswer, QuestionOptions, ReadingOptions, WorkOptions
from pki_cli.options.group import with_groups
from pki_cli.options.trust import AnchorOptions, EvidenceOptions, JudgesCa, named_ca
from pki_cli.shell import DEFAULT_CA, EXIT_FINDING


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(with_groups(audit))


# Long because each option is a parameter.
def audit(
    ctx: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Folder, PEM, list of hosts, CSV, NDJSON, Parquet, Kubernetes Secrets, s3://..., or -.",
        ),
    ],
    *,
    trusted: AnchorOptions,
    ca: JudgesCa = DEFAULT_CA,
    asked: QuestionOptions,
    known: EvidenceOptions,
    reading: ReadingOptions,
    work: WorkOptions,
    answer: AuditAnswer,
) -> None:
    """Say of many chains which break, when, and by which rule.

    What SOURCE is, its content says. Only a list of hosts is asked over the network. With -o DIR: rows.ndjson in the
    order of the input, summary.json, and a file for each --format. Exit code 1: something fails by --fail-on.

    \b
    Examples:
      trustrig audit certs/ --anchor root.pem --fail-on 30d
      trustrig audit hosts.txt --anchor root.pem -o report --format html
      trustrig audit hosts.txt --anchor root.pem -o report --resume
    """
    anchors = trusted.read(*named_ca(ctx, ca, trusted.anchor))
    run = AuditRun(sources, anchors, asked, known.given(), reading, work, answer)
    if run.answer():
        raise typer.Exit(EXIT_FINDING)
