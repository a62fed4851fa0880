"""The front door of the evaluator: one question in, one verdict out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pki.ats import DEFAULT_POLICY, NEWEST, AtsPolicy, AtsSettings, OsVersion, Pins
from pki.ats.host_kinds import HostKinds
from pki.errors import InvalidRequest, Unreadable
from pki.model.caching import Weighed
from pki.model.certificate import CertFacts
from pki.model.hosts import Host, parse_host
from pki.model.verdict import AnchorClass, Level, Verdict
from pki.trust.ca_issuers import Fetch
from pki.trust.evidence import NO_EVIDENCE, Evidence
from pki.trust.issuer_pool import Anchors, Pool
from pki.trust.not_checked import near_misses, not_checked
from pki.trust.path_evaluation import EvaluationCache
from pki.trust.path_selection import select_path
from pki.trust.policies import CRL_ISSUER, policy_named
from pki.trust.request import NO_INPUTS, NO_PINS, Anchor, PathInputs, Policy, Request

if TYPE_CHECKING:
    from typing import Unpack

    from pki.model.transport import Transport
    from pki.trust.trust_arguments import Trust

ATS_OFF = AtsPolicy(
    False, False, False, None, False, False, "not a URLSession connection: ATS does not apply"
)


MAX_KEPT = 1 << 22  # ours: bytes of what was sent behind leaves that one evaluator keeps
OLDEST = OsVersion(13)  # the oldest release whose rules for server certificates are the ones in the catalogue


class SentCertificates(NamedTuple):
    """What was sent behind the leaf: as read, what could not be read, and where issuers are looked for."""

    others: tuple[CertFacts, ...]
    unreadable: tuple[str, ...]
    pool: Pool


class HostAsked(NamedTuple):
    """A host as given and as read, and what ATS and the pins ask of a connection to it."""

    given: str | Host | None
    host: Host | None
    ats: AtsPolicy
    pins: Pins


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
        self._pooled = Anchors(self._anchors)
        self._policy = policy_named(policy) if isinstance(policy, str) else policy
        self._inputs = _taken_by(self._policy, inputs)
        self._inputs_text = self._inputs.description if inputs is not NO_INPUTS else ()
        self._ats = ats if ats is not None else AtsSettings()
        self._pins_apply = Level.ATS in self._policy.levels  # SecPolicyCreateSSL(true, ...) alone reads them
        self._ats_applies = ats_applies and self._pins_apply
        self._evidence = evidence
        self._os = _modelled(os)
        self._os_text = str(os)
        self._fetch = fetch
        self._cache = EvaluationCache(self._policy)
        self._sent: Weighed[tuple[bytes | CertFacts, ...], SentCertificates] = Weighed(
            MAX_KEPT, of_a_module=False
        )
        self._kinds = HostKinds(self._ats, self._os)
        self._last_host: HostAsked | None = None

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
        if not chain:
            hint = "Give the leaf first, then its issuers."
            raise InvalidRequest("the chain holds no certificate", hint=hint)
        _, wanted, ats_policy, pins = self._asked_for(host)
        leaf = chain[0] if isinstance(chain[0], CertFacts) else CertFacts.parse(chain[0], remember=False)
        rest = self._rest(tuple(chain[1:]))
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
        found = select_path(request, rest.pool, self._cache, self._fetch)
        evaluation = found.evaluation
        return Verdict(
            host=wanted.text if wanted is not None else None,
            at=self._at,
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
            transport=transport,
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
        return self._asked_for(host).ats

    def _rest(self, given: tuple[bytes | CertFacts, ...]) -> SentCertificates:
        """GIVEN after the leaf; what came last is kept, because the chains of a CA send the same issuers."""
        known = self._sent.get(given)
        if known is None:
            others, unreadable = _read_rest(given)
            known = SentCertificates(others, unreadable, Pool(self._pooled, others))
            weight = sum([len(cert.der if isinstance(cert, CertFacts) else cert) for cert in given])
            self._sent.put(given, known, weight + 1)
        return known

    def _asked_for(self, host: str | Host | None) -> HostAsked:
        """HOST, and what is asked of it; the last one is kept, and what is asked of each kind of host."""
        if host is None:
            return HostAsked(None, None, DEFAULT_POLICY if self._ats_applies else ATS_OFF, NO_PINS)
        last = self._last_host
        if last is None or last.given != host:
            wanted = parse_host(host) if isinstance(host, str) else host
            ats = self._kinds.policy(wanted) if self._ats_applies else ATS_OFF
            # SecTrust enforces them, so they hold outside URLSession, too.
            pins = self._kinds.pins(wanted) if self._pins_apply else NO_PINS
            last = self._last_host = HostAsked(host, wanted, ats, pins)
        return last


def _modelled(os: OsVersion) -> OsVersion:
    """Refuse systems whose certificate rules were not read: before iOS 13 the CommonName still counted."""
    if os < OLDEST:
        raise InvalidRequest(
            f"{os} is older than what is modelled here", hint=f"The rules hold from {OLDEST} on."
        )
    return os


def _taken_by(policy: Policy, inputs: PathInputs) -> PathInputs:
    """Refuse inputs that SecTrust has no place for: its policies start from fixed values (SecPolicyServer.c)."""
    if inputs is not NO_INPUTS and inputs != NO_INPUTS and not policy.by_rfc5280:
        raise InvalidRequest(
            f"the policy {policy.name} takes no inputs: SecTrust cannot be asked for certificate policies, key usage "
            "or a number of intermediates",
            hint="Judge by the book: rfc5280-path, rfc5280 or webpki.",
        )
    return inputs


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


def _read_rest(rest: Sequence[bytes | CertFacts]) -> tuple[tuple[CertFacts, ...], tuple[str, ...]]:
    facts: list[CertFacts] = []
    unreadable: list[str] = []
    for number, cert in enumerate(rest, start=2):
        try:
            facts.append(cert if isinstance(cert, CertFacts) else CertFacts.parse(cert))
        except Unreadable as error:
            unreadable.append(f"certificate {number} was left out: {error.problem}")
    return tuple(facts), tuple(unreadable)
