"""One `audit` from its options to its answer: the run in its folder, how far it is, and what is said when it stops."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from pki.errors import InvalidRequest, StoreError
from pki_cli.options.audit import AuditForm
from pki_cli.options.trust import GIVE_AN_ANCHOR
from pki_cli.progress import ProgressLine
from pki_cli.session import session
from pki_cli.shell import note, say
from pki_cli.streams import harmless_text, write_bytes
from pki_cli.terminal import answer_style
from pki_cli.ways_out import again, flags_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pki.audit.inputs import AuditInput
    from pki.audit.kept_inputs import KeptInputs
    from pki.audit.manifest import Manifest
    from pki.audit.outputs import AuditOutcome
    from pki.audit.places import RunPlace
    from pki.audit.run import Run
    from pki.audit.settings import AuditSettings
    from pki.trust import Anchor
    from pki.trust.evidence_files import EvidenceFiles
    from pki_cli.options.audit import AuditAnswer, QuestionOptions, ReadingOptions, WorkOptions

_FEW: Final = 25  # rows that are told one by one where no folder has them
_AS_JSON: Final = (AuditForm.JSON, AuditForm.NDJSON, AuditForm.SARIF)  # whose escapes are the same strings
_STAYS: Final = "What is there stays; go on with"


class AuditRun(NamedTuple):
    """The options of one command; nothing is written before `answer`."""

    sources: Sequence[str]
    anchors: Sequence[Anchor]
    question: QuestionOptions
    evidence: EvidenceFiles
    reading: ReadingOptions
    work: WorkOptions
    form: AuditAnswer

    def answer(self) -> bool:
        """Audit, and answer whether something fails by --fail-on.

        Raises:
            PkiError: it did not come to its end.
        """
        from pki.audit.own_files import check_apart, check_replaceable
        from pki.audit.run import check_free

        self._check()
        if not self.anchors:
            note(f"note: no anchor was given, so no chain can be trusted. {GIVE_AN_ANCHOR}")
        with self._place() as place:
            check_replaceable(place, self.form.files)  # before anything is made there
            check_apart(place, self.sources)
            with self._ways_on(place):
                if not (self.work.resume or self.form.force):
                    check_free(place)
                with place.held(_noted), self._fetched() as reader:
                    return self._audited(place, reader)

    def _audited(self, place: RunPlace, reader: SourceReader) -> bool:
        from pki.audit.manifest import Manifest
        from pki.audit.outputs import outcome_of, write_outputs

        earlier = Manifest.read(place) if self.work.resume else None
        settings = self.question.read(self.anchors, self.evidence, earlier)
        before = self.form.before(settings.at)
        run = self._begun(place, settings, earlier, reader)
        self._judge(run)
        outcome = outcome_of(run, before=before)
        if self.form.output is not None:
            write_outputs(place, outcome.audited, self.form.files)
        self._tell(outcome)
        return bool(outcome.failing)

    def _check(self) -> None:
        """Refuse what cannot be meant, before anything is read."""
        self.work.check()
        _ = self.reading.politeness
        if self.form.printed is AuditForm.PARQUET and sys.stdout.isatty():
            raise InvalidRequest(
                "Parquet is binary, and standard output is a terminal",
                hint="Name a folder with -o DIR, or write > FILE.",
            )
        if self.work.resume and self.form.output is None:
            raise InvalidRequest(
                "--resume goes on with a folder, and none is named", hint="Name it with -o DIR."
            )
        if self.work.resume and self.form.force:
            raise InvalidRequest(
                "--resume goes on with what is there, and --force replaces it", hint="Give one of them."
            )

    @contextlib.contextmanager
    def _place(self) -> Iterator[RunPlace]:
        """The folder that -o names, or one for the time being."""
        from pki.audit.places import Folder, place_at

        if self.form.output is not None:
            yield place_at(self.form.output)
            return
        with TemporaryDirectory(prefix="trustrig-audit-") as folder:
            yield Folder(Path(folder))

    @contextlib.contextmanager
    def _fetched(self) -> Iterator[SourceReader]:
        """What reads the sources; those in object stores are fetched for the time being."""
        from pki.audit.object_store import fetched, is_url

        names: dict[str, str] = {}
        with contextlib.ExitStack() as stack:
            for source in dict.fromkeys(filter(is_url, self.sources)):
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="trustrig-audit-")))
                names[source] = str(fetched(source, folder))
            yield SourceReader([names.get(one, one) for one in self.sources], names, self.reading)

    @contextlib.contextmanager
    def _ways_on(self, place: RunPlace) -> Iterator[None]:
        """Say how to go on, when the work was interrupted or could not be finished; not where nothing was begun."""
        from pki.audit.engines.engine import EngineFailed
        from pki.audit.manifest import ChangedRun
        from pki.audit.run import is_begun
        from pki.store import AlreadyExists

        going_on = again("--resume", without=("--resume", "--force", "--at"))
        try:
            with flags_named():
                yield
        except KeyboardInterrupt:
            if self.form.output is not None and is_begun(place):
                note(f"{_STAYS}: {going_on}")
            raise
        except AlreadyExists:
            raise
        except ChangedRun as error:
            raise ChangedRun(
                error.problem, hint=f"{error.hint}:", commands=[again("--force", without="--resume")]
            ) from None
        except (EngineFailed, StoreError) as error:
            if self.form.output is None or not is_begun(place):
                raise
            hint = f"{error.hint.rstrip(':.')}{':' if error.commands else '.'}"
            raise type(error)(
                error.problem,
                hint=f"{hint} {_STAYS} the last line:" if error.commands else f"{hint} {_STAYS}:",
                commands=[*error.commands, going_on],
                path=error.path,
            ) from None

    def _begun(
        self, place: RunPlace, settings: AuditSettings, earlier: Manifest | None, reader: SourceReader
    ) -> Run:
        """The run with its input counted, and with its servers asked where there are some."""
        from pki.audit.kept_inputs import KeptInputs
        from pki.audit.manifest import Manifest
        from pki.audit.parts import cut
        from pki.audit.run import Run
        from pki.audit.sources.opening import comes_once

        settings.trust()  # what does not read is told now, and not by a worker
        asked, resume = Manifest.blank(settings.encode(), self.sources), self.work.resume
        if earlier is not None:
            earlier.check_question(asked, shown=place.shown)
        kept = KeptInputs(place)
        once = any(map(comes_once, self.sources))
        if resume and kept.complete:
            if not once:
                kept.check(reader.inputs())
        else:
            counted = _Counted(reader.inputs(remarks=True))
            if not once:
                asked = asked.counting(cut(counted))
            if not (counted.asked or once):
                run = Run(place, settings.encode(), reader.inputs)
                run.begin(asked, resume=resume)
                return run
            inputs = counted if once else reader.inputs()
            self._keep(kept, place, settings, iter(inputs), total=counted.rows)
        run = Run(place, settings.encode(), kept.read)
        run.begin(asked.counting(cut(kept.read())), resume=resume, kept=True)
        return run

    def _keep(
        self,
        kept: KeptInputs,
        place: RunPlace,
        settings: AuditSettings,
        inputs: Iterator[AuditInput],
        *,
        total: int,
    ) -> None:
        """Ask the servers among INPUTS, and keep what they sent, and what comes but once with them."""
        from random import Random

        from pki.audit.asking import ask_servers
        from pki.audit.offering import apple_offers
        from pki.audit.run import clear

        if not self.work.resume:
            clear(place)
        trust = settings.trust()
        offers = apple_offers(trust["ats"], trust["os"], ats_applies=trust["ats_applies"])

        def ask(inputs: Iterator[AuditInput]) -> Iterator[AuditInput]:
            return ask_servers(inputs, offers, jitter=Random(), politeness=self.reading.politeness)

        failures = 0
        with ProgressLine() as line:
            for number, one in enumerate(kept.fill(inputs, ask), start=1):
                failures += bool(one.error)
                line.tell("read", number, total or None, failures=failures)

    def _judge(self, run: Run) -> None:
        first: int | None = None
        with ProgressLine() as line:
            for done, rows, failures in run.judge(self.work.engine(parts=len(run.begun.parts))):
                first = done if first is None else first
                line.tell("judged", done, rows, since=first, failures=failures)

    def _tell(self, outcome: AuditOutcome) -> None:
        """Print what was asked for, and on stderr what makes exit code 1."""
        from pki.report.audit.formats import FORMATS
        from pki.report.audit.summary_text import few_text, summary_text

        audited, form = outcome.audited, self.form.printed
        if form is not AuditForm.TEXT:
            pieces = FORMATS[form.value].pieces(audited)
            if form in _AS_JSON:
                pieces = (harmless_text(piece.decode()).encode() for piece in pieces)
            _print(pieces)
        elif self.form.output is None and audited.summary["rows"] <= _FEW:
            say(few_text(audited.summary, audited.rows(), style=answer_style()))
        else:
            say(summary_text(audited.summary, style=answer_style()))
        errors, rows = audited.summary["errors"], audited.summary["rows"]
        if outcome.failing and errors:
            note(f"note: {errors:,} of {rows:,} have no answer, and count as failing.")
        if outcome.failing_later:
            by = f"break by {audited.before}, and count as failing by --fail-on {self.form.fail_on}"
            note(f"note: {outcome.failing_later:,} of {rows:,} are trusted now, {by}.")


class SourceReader(NamedTuple):
    """Reads the same sources as often as it is asked to: at `places`, some of which are `called` by their URLs."""

    places: Sequence[str]
    called: dict[str, str]  # the place by the URL
    reading: ReadingOptions

    def inputs(self, *, remarks: bool = False) -> Iterator[AuditInput]:
        """The inputs; with REMARKS what is to be said of the sources is said."""
        from pki.audit.object_store import renamed
        from pki.audit.sources.opening import ignore, open_sources

        found = open_sources(
            self.places,
            stdin=sys.stdin.buffer,
            host_column=self.reading.host_column or "",
            chain_column=self.reading.chain_column or "",
            remark=_noted if remarks else ignore,
        )
        return renamed(found, {place: url for url, place in self.called.items()}) if self.called else found


def _noted(remark: str) -> None:
    note(f"note: {remark}")


class _Counted:
    """Inputs that are counted while they go by, and with them the servers that have to be asked."""

    def __init__(self, inputs: Iterator[AuditInput]) -> None:
        self._inputs = inputs
        self.rows = self.asked = 0

    def __iter__(self) -> Iterator[AuditInput]:
        for one in self._inputs:
            self.rows += 1
            self.asked += one.to_be_asked
            yield one


def _print(pieces: Iterator[bytes]) -> None:
    """Write a form to standard output as it comes; what reads it may leave."""
    if sys.stdout.isatty():
        say(b"".join(pieces).decode("utf-8", "replace").removesuffix("\n"))
        return
    session.answered = True
    write_bytes(pieces)
