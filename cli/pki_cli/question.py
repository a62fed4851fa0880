"""One command's question, asked of files and of servers alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.ats import AtsSettings, OsVersion
    from pki.issue.revoked import RevocationLedger
    from pki.live import Route
    from pki.model.identity import Identity
    from pki.model.verdict import Verdict
    from pki.trust import Anchor, Evaluator, Evidence, PathInputs
    from pki.trust.ca_issuers import Fetch


class EvaluateQuestion(NamedTuple):
    """What every target is asked: the options of one command, read."""

    moments: Sequence[datetime]
    anchors: Sequence[Anchor]
    policy: str
    settings: AtsSettings | None
    ats_applies: bool
    evidence: Evidence
    os: OsVersion
    fetch: Fetch | None
    inputs: PathInputs

    def evaluators(self) -> list[Evaluator]:
        """One for each moment."""
        from pki.trust import Evaluator

        return [
            Evaluator(
                at=moment,
                anchors=self.anchors,
                policy=self.policy,
                ats=self.settings,
                ats_applies=self.ats_applies,
                evidence=self.evidence,
                os=self.os,
                fetch=self.fetch,
                inputs=self.inputs,
            )
            for moment in self.moments
        ]

    def ask_live(
        self, route: Route, identity: Identity | None, revoked: RevocationLedger | None
    ) -> tuple[tuple[bytes, ...], Sequence[Verdict]]:
        """The chain a server sends, and a verdict for each moment."""
        from pki.live import evaluate_live

        verdicts, found = evaluate_live(
            route,
            at=self.moments,
            anchors=self.anchors,
            policy=self.policy,
            ats=self.settings,
            ats_applies=self.ats_applies,
            evidence=self.evidence,
            os=self.os,
            fetch=self.fetch,
            identity=identity,
            revoked=revoked,
            inputs=self.inputs,
        )
        return found.chain, verdicts
