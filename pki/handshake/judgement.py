"""The client's own judgement of a server, by the evaluator: OpenSSL neither checks the name nor knows Apple's rules."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.handshake.certificates import ders
from pki.handshake.policy import Refusal
from pki.handshake.stapling import evidence_in
from pki.model.alerts import BAD_CERTIFICATE, CERTIFICATE_REVOKED, CERTIFICATE_UNKNOWN
from pki.trust import Anchor, evaluate

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.recorder import JudgePath
    from pki.handshake.settings import ClientSettings

_REVOKED = "cert-not-revoked"  # pki/trust/rules/revocation.py


def server_judge(settings: ClientSettings, *, at: datetime) -> JudgePath:
    """Return the judge for this client: None for a path (DER, leaf first) it trusts, else why not.

    The roots count as installed and trusted by a person (anchor class `user`), which is what a test CA is. The
    answer for a path and its staple never changes, so a client that meets the same server again does not think twice.
    """
    anchors = [Anchor.parse(der) for der in ders(settings.trusted_roots)]

    @lru_cache(maxsize=128)
    def judge(path: tuple[bytes, ...], staple: bytes = b"") -> Refusal | None:
        try:
            verdict = evaluate(
                path,
                host=settings.host,
                at=at,
                anchors=anchors,
                policy=settings.policy,
                evidence=evidence_in(staple),
            )
        except Unreadable as error:
            repair = "Give the server a certificate that Apple's parser reads."
            return Refusal(error.problem, repair, BAD_CERTIFICATE)
        headline = verdict.headline
        if headline is None:
            return None
        due = CERTIFICATE_REVOKED if headline.rule_id == _REVOKED else CERTIFICATE_UNKNOWN
        subject = verdict.chain[headline.position].subject.label
        return Refusal(f'"{subject}": {headline.evidence} ({headline.rule_id})', headline.fix, due)

    return judge
