"""One command's question, asked of files and of servers alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.issue.revoked import RevocationLedger
    from pki.live import Route
    from pki.model.identity import Identity
    from pki.model.verdict import Verdict
    from pki.trust import Evaluator
    from pki.trust.trust_arguments import Trust


class EvaluateQuestion(NamedTuple):
    """What every target is asked: the options of one command, read."""

    moments: Sequence[datetime]
    trust: Trust

    def evaluators(self) -> list[Evaluator]:
        """One for each moment."""
        from pki.trust import Evaluator

        return [Evaluator(at=moment, **self.trust) for moment in self.moments]

    def ask_live(
        self,
        route: Route,
        identity: Identity | None,
        revoked: RevocationLedger | None,
        *,
        http3: bool = False,
    ) -> tuple[tuple[bytes, ...], Sequence[Verdict]]:
        """The chain a server sends, and a verdict for each moment; HTTP3: and what it advertises."""
        from pki.live import evaluate_live_moments

        verdicts, found = evaluate_live_moments(
            route, self.moments, identity=identity, revoked=revoked, http3=http3, **self.trust
        )
        return found.chain, verdicts
