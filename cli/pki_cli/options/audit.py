"""What `audit` is asked: the question, the sources, who judges, and in which forms the answer comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pki.errors import InvalidRequest
from pki_cli.options.answer import Force, format_option
from pki_cli.options.choices import PolicyName
from pki_cli.options.group import OptionGroup
from pki_cli.options.moment import At
from pki_cli.options.span import DEFAULT_TIMEOUT, Timeout
from pki_cli.options.trust import InfoPlist, System, named_bytes
from pki_cli.shell import AsJson, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pki.audit.engines.engine import Engine
    from pki.audit.manifest import Manifest
    from pki.audit.pacing import Politeness
    from pki.audit.settings import AuditSettings
    from pki.trust import Anchor
    from pki.trust.evidence_files import EvidenceFiles

_AHEAD: Final = timedelta(days=3 * 365)


class AuditForm(StrEnum):
    """What an audit answers in: text and JSON are its summary, the others have every row."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"
    PROMETHEUS = "prometheus"
    JUNIT = "junit"
    SARIF = "sarif"
    HTML = "html"


class QuestionOptions(OptionGroup):
    """When and by which rules each chain is judged, and how far ahead."""

    at: At = None
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="TIME",
            help="Look ahead until then: ISO 8601, or +1y after --at. [default: +3y]",
        ),
    ] = None
    renew: Annotated[
        bool,
        typer.Option(
            "--renew", help="Also say what each would meet if issued again now, and as rules change."
        ),
    ] = False
    renew_on: Annotated[
        list[str] | None,
        typer.Option("--renew-on", metavar="DATE", help="And if issued again on this day. Repeatable."),
    ] = None
    policy: Annotated[PolicyName, typer.Option("--policy", help="Which rules to judge by.")] = "apple"
    os: System = None
    info_plist: InfoPlist = None
    no_ats: Annotated[
        bool, typer.Option("--no-ats", help="Not a URLSession: Network framework, sockets.")
    ] = False

    def read(
        self, anchors: Iterable[Anchor], evidence: EvidenceFiles, earlier: Manifest | None
    ) -> AuditSettings:
        """The whole question; the moments that were not given are those of the EARLIER run that is gone on with.

        Raises:
            InvalidRequest: a time that is none, or an end before the beginning.
        """
        from pki.audit.settings import AuditSettings
        from pki.issue.validity import parse_moment
        from pki.model.time_format import later

        at = earlier.at if earlier is not None and self.at is None else moment_of(self.at)
        if self.until is not None:
            until = parse_moment(self.until, at=at)
        else:
            until = earlier.until if earlier is not None else later(at, _AHEAD)
        if until < at:
            raise InvalidRequest("--until lies before --at", hint="Give a later one, or none: three years.")
        return AuditSettings(
            at=at,
            until=until,
            anchors=tuple((anchor.certificate.der, anchor.anchor_class) for anchor in anchors),
            renew=tuple(self._renewals(at, until)),
            policy=self.policy,
            os=self.os,
            ats_applies=not self.no_ats,
            info_plist=named_bytes(self.info_plist) if self.info_plist else None,
            evidence=evidence,
        )

    def _renewals(self, at: datetime, until: datetime) -> list[date]:
        """The days that renewals are asked about: those given; with --renew that of --at and when rules begin."""
        days = {moment_of(text).date() for text in self.renew_on or ()}
        if self.renew:
            from pki.trust import all_rules

            begin = (rule.effective_from for rule in all_rules().values() if rule.asked_by(self.policy))
            days |= {at.date(), *(day.date() for day in begin if day is not None and at < day <= until)}
        return sorted(days)


class ReadingOptions(OptionGroup):
    """Where tables have what, and how servers are asked."""

    host_column: Annotated[
        str | None,
        typer.Option("--host-column", metavar="COLUMN", help="The column of a table that has the host."),
    ] = None
    chain_column: Annotated[
        str | None,
        typer.Option("--chain-column", metavar="COLUMN", help="The column that has the chain: PEM, base64."),
    ] = None
    rate: Annotated[
        str, typer.Option("--rate", metavar="RATE", help="How many servers are asked, at most: 5/s, 30/m.")
    ] = "5/s"
    per_host: Annotated[
        int,
        typer.Option(
            "--per-host", metavar="N", min=1, max=64, help="How many connections at once to one server."
        ),
    ] = 1
    timeout: Timeout = DEFAULT_TIMEOUT

    @property
    def politeness(self) -> Politeness:
        """How servers are asked.

        Raises:
            InvalidRequest: --rate is none.
        """
        from pki.audit.pacing import Politeness, parse_rate

        return Politeness(rate=parse_rate(self.rate), per_host=self.per_host, timeout=self.timeout)


class WorkOptions(OptionGroup):
    """Who judges, and whether an earlier audit is gone on with."""

    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=1, max=1024, help="How many processes judge. [default: all]"
        ),
    ] = None
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="ADDRESS", help="Judge on the workers of this Dask scheduler."),
    ] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what is in the folder: judge what is missing.")
    ] = False

    def check(self) -> None:
        """Refuse two engines, and an address that is none.

        Raises:
            InvalidRequest: they are.
        """
        if self.cluster is None:
            return
        if self.workers is not None:
            raise InvalidRequest(
                "--workers are processes of this machine, and --cluster has its own", hint="Give one of them."
            )
        self.engine(parts=1)

    def engine(self, *, parts: int) -> Engine:
        """Who judges so many PARTS: no more processes than there are parts, and none for one."""
        if self.cluster is not None:
            from pki.audit.engines.cluster import Cluster

            return Cluster(self.cluster)
        workers = min(self.workers or _processors(), parts)
        if workers <= 1:
            from pki.audit.engines.loop import Loop

            return Loop()
        from pki.audit.engines.pool import ProcessPool

        return ProcessPool(workers)


class AuditAnswer(OptionGroup):
    """In which forms the answer comes, where it goes, and what makes it a failure."""

    form: Annotated[list[AuditForm] | None, format_option] = None
    as_json: AsJson = False
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="DIR", help="The folder where the files go.")
    ] = None
    force: Force = False
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on", metavar="WHEN", help="Exit code 1 for what breaks by then: now, 30d, never."
        ),
    ] = "now"

    @property
    def printed(self) -> AuditForm:
        """What goes to standard output: text or JSON; without a folder it is the one form that was asked for.

        Raises:
            InvalidRequest: several are to go there, or two things were said.
        """
        forms = [*([AuditForm.JSON] if self.as_json else ()), *(self.form or ())]
        if self.output is not None:
            forms = [form for form in forms if form in (AuditForm.TEXT, AuditForm.JSON)]
        several = list(dict.fromkeys(forms))
        if len(several) > 1:
            raise InvalidRequest(
                f"standard output takes one form, and {' and '.join(several)} were asked for",
                hint="Give one of them; with -o DIR the others are files there.",
            )
        return several[0] if several else AuditForm.TEXT

    @property
    def files(self) -> list[str]:
        """The forms that are files in the folder: the summary and rows always, and those that were asked for."""
        asked = [form.value for form in self.form or () if form is not AuditForm.TEXT]
        return [AuditForm.NDJSON.value, AuditForm.JSON.value, *asked]

    def before(self, at: datetime) -> datetime | None:
        """Until when what breaks makes exit code 1, where AT is the moment judged; None: nothing does.

        Raises:
            InvalidRequest: --fail-on is neither now, never nor a span.
        """
        if self.fail_on in ("now", "never"):
            return at if self.fail_on == "now" else None
        from pki.issue.validity import parse_span
        from pki.model.time_format import later

        try:
            return later(at, parse_span(self.fail_on))
        except InvalidRequest:
            raise InvalidRequest(
                f"--fail-on {self.fail_on!r} is no time", hint="Write now, never, or a span such as 30d."
            ) from None


def _processors() -> int:
    import os

    if hasattr(os, "sched_getaffinity"):  # what a container leaves of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
