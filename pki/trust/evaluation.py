"""The front door of the evaluator: one question in, one verdict out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pki.ats import NEWEST, AtsPolicy, AtsSettings, OsVersion
from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.hosts import Host
from pki.model.verdict import AnchorClass, Verdict
from pki.trust.ca_issuers import Fetch
from pki.trust.evaluation_cache import EvaluationCache
from pki.trust.evidence import NO_EVIDENCE, Evidence
from pki.trust.hosts_asked import HostsAsked
from pki.trust.issuer_pool import Anchors
from pki.trust.modelled import modelled, taken_by
from pki.trust.not_checked import near_misses, not_checked
from pki.trust.path_selection import SelectedPath, select_path
from pki.trust.policies import CRL_ISSUER, policy_named
from pki.trust.request import NO_INPUTS, Anchor, PathInputs, Policy, Request
from pki.trust.sent import SentBefore, SentCertificates

if TYPE_CHECKING:
    from typing import Unpack

    from pki.model.transport import Transport
    from pki.trust.timeline import Timeline
    from pki.trust.trust_arguments import Trust


class Evaluator:
    """One body of trust, asked about many chains: anchors, policy, moment and evidence stay, leaf and host change.

    What is said of issuers is remembered from chain to chain, so ten thousand leaves below one intermediate cost ten
    thousand leaves. Verdicts are the same as `evaluate`'s.

    The other arguments are described at `Trust`, and can be given as `**trust`.

    Raises:
        InvalidRequest: an unknown policy, a naive datetime, a system older than iOS 13, inputs for a policy of Apple's.
    """

    def __init__(
        self,
        *,
        at: datetime,
        anchors: Iterable[Anchor],
        policy: str | Policy = "apple",
        ats: AtsSettings | None = None,
        ats_applies: bool = True,
        evidence: Evidence = NO_EVIDENCE,
        os: OsVersion = NEWEST,
        fetch: Fetch | None = None,
        inputs: PathInputs = NO_INPUTS,
    ) -> None:
        if at.tzinfo is None:
            raise InvalidRequest("the time to judge at has no time zone", hint="Pass an aware datetime.")
        self._at = at
        self._anchors = tuple(anchors)
        self._policy = policy_named(policy) if isinstance(policy, str) else policy
        self._inputs = taken_by(self._policy, inputs)
        self._inputs_text = self._inputs.description if inputs is not NO_INPUTS else ()
        self._ats = ats if ats is not None else AtsSettings()
        self._evidence = evidence
        self._os = modelled(os)
        self._os_text = str(os)
        self._fetch = fetch
        self._cache = EvaluationCache(self._policy)
        self._sent = SentBefore(Anchors(self._anchors))
        self._hosts = HostsAsked(self._policy, self._ats, self._os, ats_applies=ats_applies)

    def evaluate(
        self,
        chain: Sequence[bytes | CertFacts],
        *,
        host: str | Host | None,
        transport: Transport | None = None,
    ) -> Verdict:
        """Judge CHAIN, the leaf first. `host` None means no name check, as a nil host name does in SecPolicyCreateSSL.

        `transport` is what a live connection negotiated; None for a chain from a file.

        Certificates after the leaf that Apple's parser refuses are left out of the search, and named.

        Raises:
            InvalidRequest: no certificate, or a host that is no host.
            Unreadable: Apple's parser refuses the leaf.
        """
        request, rest = self._question(chain, host, transport)
        return self._verdict(request, select_path(request, rest.pool, self._cache, self._fetch), rest)

    def timeline(
        self,
        chain: Sequence[bytes | CertFacts],
        *,
        host: str | Host | None,
        until: datetime,
        transport: Transport | None = None,
    ) -> Timeline:
        """When the answer about CHAIN changes, from the evaluator's moment to UNTIL: as `evaluate` at each moment.

        It is exact, not sampled: another path may take over when one ends. What `fetch` gives is asked for once.

        Raises:
            InvalidRequest: as `evaluate`; a naive `until`, or one before the evaluator's moment.
            Unreadable: Apple's parser refuses the leaf.
        """
        from pki.trust.timeline import follow

        request, rest = self._question(chain, host, transport)
        return follow(
            request,
            until,
            pool=rest.pool,
            cache=self._cache,
            fetch=self._fetch,
            verdict=lambda request, found: self._verdict(request, found, rest),
        )

    def renewed(
        self, chain: Sequence[bytes | CertFacts], *, host: str | Host | None, on: datetime
    ) -> Verdict:
        """Would the leaf of CHAIN pass on the day ON, if it was issued then with the same profile?

        Names, usages, key, issuers and lifetime are those of the leaf at hand; its notBefore is ON, and ON the moment
        judged at. So rules that bind by the day of issue come out: limits on lifetimes, purposes, distrusted roots.
        What fails is in `failures`, what a public programme alone forbids is a warning among `findings`.

        All else stays as it is at the evaluator's moment. Issuers are taken to be in force, then and as long as the
        leaf: one that ends before is no answer about the profile, and `timeline` tells when it ends. Nobody signs
        anew: the signature at hand stands for the new one, and whoever trusts or pins this very certificate is taken
        to do so again. `not_checked` names what a renewal would bring of its own: revocation, timestamps of logs.

        Raises:
            InvalidRequest: as `evaluate`; a naive ON.
            Unreadable: Apple's parser refuses the leaf.
        """
        from pki.trust.renewal import judge_renewal

        request, rest = self._question(chain, host, None)
        renewal = judge_renewal(request, on, rest.pool, self._cache, self._fetch)
        verdict = self._verdict(renewal.request, renewal.found, rest)
        return replace(verdict, not_checked=renewal.not_checked)

    def _question(
        self, chain: Sequence[bytes | CertFacts], host: str | Host | None, transport: Transport | None
    ) -> tuple[Request, SentCertificates]:
        if not chain:
            hint = "Give the leaf first, then its issuers."
            raise InvalidRequest("the chain holds no certificate", hint=hint)
        _, wanted, ats_policy, pins = self._hosts.about(host)
        leaf = chain[0] if isinstance(chain[0], CertFacts) else CertFacts.parse(chain[0], remember=False)
        rest = self._sent.read(tuple(chain[1:]))
        request = Request(
            leaf,
            rest.others,
            wanted,
            self._at,
            self._anchors,
            self._policy,
            ats_policy,
            pins,
            self._evidence,
            transport,
            self._inputs,
            evaluate_signer,
        )
        return request, rest

    def _verdict(self, request: Request, found: SelectedPath, rest: SentCertificates) -> Verdict:
        evaluation, ats_policy = found.evaluation, request.ats
        return Verdict(
            host=request.host.text if request.host is not None else None,
            at=request.at,
            policy=self._policy.name,
            os=self._os_text,
            anchor_class=evaluation.path.anchor_class,
            chain=evaluation.path.certs,
            findings=evaluation.findings,
            asked=self._cache.asked,
            answers=evaluation.answers,
            levels=self._policy.levels,
            ats_summary=ats_policy.why,
            ats_applies=ats_policy.applies,
            ats_enforced=ats_policy.trust_required,
            not_checked=tuple(not_checked(request, evaluation, fetching=self._fetch is not None)),
            near_misses=(*rest.unreadable, *near_misses(found, request)),
            transport=request.transport,
            inputs=self._inputs_text,
            names_a_server=self._policy.server and self._policy.checks_host,
            anchors_given=bool(self._anchors),
        )

    def for_the_app(
        self, *, at: datetime, anchors: Iterable[Anchor], evidence: Evidence = NO_EVIDENCE
    ) -> Evaluator:
        """What the app's own SecTrust answers in the same process: pins and system stay, ATS has no say."""
        return Evaluator(
            at=at,
            anchors=anchors,
            policy=self._policy,
            ats=self._ats,
            ats_applies=False,
            evidence=evidence,
            os=self._os,
        )

    def ats_for(self, host: str | Host) -> AtsPolicy:
        """What ATS asks of a connection to HOST."""
        return self._hosts.about(host).ats


def evaluate(
    chain: Sequence[bytes | CertFacts],
    *,
    host: str | Host | None,
    at: datetime,
    transport: Transport | None = None,
    **trust: Unpack[Trust],
) -> Verdict:
    """Judge one CHAIN, the leaf first, as an Apple client would at the moment AT; see `Evaluator` for the rest.

    Raises:
        InvalidRequest: no certificate, an unknown policy, a host that is no host, a naive datetime.
        Unreadable: Apple's parser refuses the leaf.
    """
    return Evaluator(at=at, **trust).evaluate(chain, host=host, transport=transport)


def evaluate_signer(
    cert: CertFacts,
    others: Iterable[CertFacts],
    anchors: Iterable[CertFacts],
    at: datetime,
    *,
    by_rfc5280: bool,
) -> tuple[tuple[CertFacts, ...], str]:
    """The path from CERT, who signed a CRL or an OCSP answer, to one of ANCHORS at AT; and why it does not do, if so.

    Nobody asks whether it was revoked.
    """
    verdict = evaluate(
        [cert, *others],
        host=None,
        at=at,
        anchors=[Anchor(anchor, AnchorClass.APP) for anchor in anchors],
        policy=CRL_ISSUER
        if by_rfc5280
        else "basic",  # SecPolicyCreateOCSPSigner is basic X.509, and its own checks
        ats_applies=False,
    )
    headline = verdict.headline
    return verdict.chain, "" if headline is None else f"{headline.evidence} ({headline.rule_id})"
