"""The client's own judgement of a server, by the evaluator: OpenSSL neither checks the name nor knows Apple's rules."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.handshake.acceptance.client_policies import Refusal
from pki.handshake.acceptance.revoked_peers import revoked_text
from pki.handshake.acceptance.stapling import evidence_in
from pki.handshake.acceptance.verify_codes import INVALID_PURPOSE, SUBTREE_MINMAX
from pki.model.alerts import BAD_CERTIFICATE, CERTIFICATE_REVOKED, CERTIFICATE_UNKNOWN
from pki.model.certificate import CertFacts
from pki.trust import Evaluator
from pki.trust.policies import policy_named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.ats import OsVersion
    from pki.issue.revoked import RevocationLedger
    from pki.model.transport import Transport
    from pki.trust import Anchor


class ServerJudge:
    """Judges what one client meets: a path inside the handshake, the connection after it.

    The answer for a path and its staple never changes, so a client that meets the same server again does not think
    twice.
    """

    def __init__(
        self,
        host: str,
        anchors: Sequence[Anchor],
        *,
        policy: str,
        os: OsVersion,
        revoked: RevocationLedger | None,
        at: datetime,
    ) -> None:
        self._anchors, self._host, self._policy, self._os = anchors, host, policy, os
        self._revoked, self.at = revoked, at
        self._evaluator = self._knowing(b"")
        self._judge = lru_cache(maxsize=128)(self._verdict)
        # The basic policy checks neither name nor ATS.
        self.ats_binds = self._evaluator.ats_for(host).applies if policy != "basic" else None

    def __call__(self, path: tuple[bytes, ...], staple: bytes = b"") -> Refusal | None:
        """None for a path (DER, leaf first) that is trusted, else why not; STAPLE is the OCSP answer that came."""
        return self._judge(path, None, staple)

    def tolerates(self, errno: int, certificate: bytes) -> bool:
        """Whether an Apple client does not mind what OpenSSL says of CERTIFICATE, and the evaluator is to judge alone.

        OpenSSL wants serverAuth and certain bits of keyUsage; Apple takes anyExtendedKeyUsage, and looks at no keyUsage
        of a server (`tls-eku-compatible`). Name constraints with a minimum or maximum OpenSSL does not process, and
        Apple drops (`name-constraints-ignored`).
        """
        if errno == SUBTREE_MINMAX:
            return not policy_named(self._policy).by_rfc5280
        if errno != INVALID_PURPOSE or self._policy != "apple":
            return False
        try:
            purposes = CertFacts.parse(certificate).extended_key_usage
        except Unreadable:
            return False
        return purposes is None or bool(set(purposes) & set(policy_named("apple").purposes))

    def connection(
        self, path: tuple[bytes, ...], transport: Transport | None, staple: bytes = b""
    ) -> Refusal | None:
        """None when an Apple client would have agreed to this connection, too; nothing is known without one."""
        return self._judge(path, transport, staple) if transport is not None else None

    def taken_back(self, path: tuple[bytes, ...]) -> str:
        """What the ledger at hand says of PATH: nothing that a client would know, so it is no part of the answer."""
        return revoked_text(path, self._revoked, at=self.at)

    def _knowing(self, staple: bytes) -> Evaluator:
        return Evaluator(
            at=self.at,
            anchors=self._anchors,
            policy=self._policy,
            evidence=evidence_in(staple),
            os=self._os,
        )

    def _verdict(self, path: tuple[bytes, ...], transport: Transport | None, staple: bytes) -> Refusal | None:
        evaluator = self._knowing(staple) if staple else self._evaluator
        try:
            verdict = evaluator.evaluate(path, host=self._host, transport=transport)
        except Unreadable as error:
            repair = "Give the server a certificate that Apple's parser reads."
            return Refusal(error.problem, repair, BAD_CERTIFICATE, cause="server-certificate-refused")
        headline = verdict.headline
        if headline is None:
            return None
        due = CERTIFICATE_REVOKED if headline.rule.cause == "server-revoked" else CERTIFICATE_UNKNOWN
        subject = verdict.chain[headline.position].subject.label
        return Refusal(
            f'"{subject}": {headline.evidence} [{headline.rule_id}]',
            headline.fix,
            due,
            headline.rule_id,
            headline.rule.cause,
        )
