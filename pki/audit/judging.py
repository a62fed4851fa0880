"""From a part of an audit's input to its rows: bytes in, bytes out, the same whoever works it out."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import local
from typing import TYPE_CHECKING, Final

from pki.audit.inputs import AuditInput
from pki.audit.mistakes import mistake_of_ours
from pki.audit.row_fields import answer_of, answer_of_failure, placed
from pki.audit.settings import AuditSettings
from pki.errors import PkiError
from pki.handshake.acceptance.stapling import evidence_in
from pki.model.certificate import CertFacts
from pki.report.audit.row import row_line
from pki.trust import Evaluator
from pki.trust.no_server import is_an_authoritys

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pki.report.audit.row import AuditRow

# Answers of some kilobytes. Duplicates in an inventory stand near each other: an alias, the same file in two places.
REMEMBERED: Final = 2_048
NO_SERVER: Final = "what a server needs: this is a CA's certificate, judged as basic X.509"
"""What is said of a row of which `is_an_authoritys` holds."""
_kept = local()  # a Dask worker has several threads


def judge_part(settings: bytes, part: bytes) -> bytes:
    """The rows of PART, lines of `AuditInput.encode`, under encoded SETTINGS: lines of `row_line`, in the same order.

    Each line becomes a row. What cannot be judged is a row with its error; so is what a mistake of ours kept from being
    judged, since one odd certificate must not end the audit of a hundred thousand others.

    Raises:
        PkiError: SETTINGS or PART are not what `encode` wrote.
    """
    judge = _judge_under(settings)
    return b"".join(
        judge.row(AuditInput.decode(line, name=f"row {number} of the part"))
        for number, line in enumerate(part.splitlines(keepends=True), start=1)
    )


class Judge:
    """One body of settings, asked about many inputs. What it remembers is bounded, and changes no answer."""

    def __init__(self, settings: AuditSettings) -> None:
        self._settings = settings
        self._trust = settings.trust()
        self._evaluator = Evaluator(at=settings.at, **self._trust)
        basic = self._trust.copy()
        basic["policy"] = "basic"
        self._of_authorities = Evaluator(at=settings.at, **basic)
        self._answers: OrderedDict[Hashable, AuditRow] = OrderedDict()

    def row(self, given: AuditInput) -> bytes:
        """The row of GIVEN as its line."""
        return row_line(placed(self._answer(given), given))

    def _answer(self, given: AuditInput) -> AuditRow:
        """What is said of GIVEN, wherever it was found: worked out once for equal chains, hosts and connections."""
        if not given.chain:
            return answer_of_failure(given, given.error or "the server was not asked: its chain is not here")
        chain = b"".join(given.chain)
        # The lengths, too: what is no DER could be cut in two ways.
        key = (
            sha256(chain).digest(),
            tuple(map(len, given.chain)),
            given.host,
            given.transport,
            given.staple,
        )
        known = self._answers.get(key)
        if known is not None:
            self._answers.move_to_end(key)
            return known
        answer = self._contained(given)
        self._answers[key] = answer
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return answer

    def _contained(self, given: AuditInput) -> AuditRow:
        try:
            leaf = CertFacts.parse(given.chain[0], remember=False)  # once, for every question
            if given.host is None and self._settings.policy == "apple" and is_an_authoritys(leaf):
                answer = answer_of(self._of_authorities, leaf, given, self._settings)
                answer["not_checked"].insert(0, NO_SERVER)
                return answer
            return answer_of(self._asked(given), leaf, given, self._settings)
        except PkiError as error:
            return answer_of_failure(given, error.problem)
        except (
            MemoryError
        ):  # says nothing of the input: the worker is too small for it, and another may not be
            raise
        except Exception as error:  # one row's, and not the end of all others'
            return answer_of_failure(given, mistake_of_ours(error))

    def _asked(self, given: AuditInput) -> Evaluator:
        """Who judges GIVEN: a staple is evidence about one server, and only HTTP is URLSession's."""
        outside = given.transport is not None and not given.transport.is_http
        if not given.staple and not outside:
            return self._evaluator
        trust = self._trust.copy()
        trust["evidence"] = evidence_in(given.staple, trust["evidence"])
        trust["ats_applies"] = trust["ats_applies"] and not outside
        return Evaluator(at=self._settings.at, **trust)


def _judge_under(settings: bytes) -> Judge:
    """The one of this thread: it judges part after part under the same settings, and what is said of issuers stays."""
    if getattr(_kept, "settings", None) != settings:
        _kept.settings, _kept.judge = None, None  # the earlier one goes first
        _kept.judge = Judge(AuditSettings.decode(settings))
        _kept.settings = settings
    judge: Judge = _kept.judge
    return judge
