"""What is made of a finished run's rows: the summary, the count for an exit code, and a file of each form asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pki.audit.run import ROWS
from pki.model.time_format import moment_text
from pki.report.audit.audited import Audited
from pki.report.audit.cause import fails, is_bad_now
from pki.report.audit.formats import FORMATS
from pki.report.audit.summary import audit_json
from pki.report.audit.tally import Tally
from pki.trust import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pki.audit.places import RunPlace
    from pki.audit.run import Run


class AuditOutcome(NamedTuple):
    """What a run comes to, how many of its rows fail, and how many of these are good now."""

    audited: Audited
    failing: int
    failing_later: int


def outcome_of(run: Run, *, before: datetime | None) -> AuditOutcome:
    """Read the rows of a finished RUN once; one that breaks until BEFORE fails, None: no row does.

    Raises:
        StoreError: they cannot be read. ChangedRun: somebody changed them.
    """
    manifest = run.begun
    tally = Tally(at=manifest.at, until=manifest.until)
    rules = all_rules()
    limit = None if before is None else moment_text(before)
    failing = later = 0
    for row in run.rows():
        tally.add(row)
        if fails(row, before=limit):
            failing += 1
            later += not is_bad_now(row)
    return AuditOutcome(Audited(run.rows, audit_json(tally, rules), rules, limit), failing, later)


def write_outputs(place: RunPlace, audited: Audited, names: Iterable[str]) -> list[str]:
    """Write AUDITED into PLACE in each form of `FORMATS` that is in NAMES, and answer the files' names.

    Raises:
        StoreError: one cannot be written; what is there by then is whole.
        PkiError: a form needs a library that is not installed.
    """
    written = []
    for form in (FORMATS[name] for name in dict.fromkeys(names)):
        if form.file != ROWS:  # these are the run itself
            with place.writing(form.file) as file:
                for piece in form.pieces(audited):
                    file.write(piece)
        written.append(form.file)
    return written
