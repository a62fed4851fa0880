"""What an Apple client would conclude about one chain, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from pki.model.codes import APPLE_CHECKS, ATS_STATUS, Severity

if TYPE_CHECKING:
    from pki.model.certificate import CertFacts
    from pki.model.transport import Transport


_ABOVE_SEC_TRUST = (
    99  # sorts behind every ErrorGroup: the ATS layer speaks only when SecTrust has nothing to say
)


class Level(IntEnum):
    """The three cumulative levels of Apple's "TLS for App Developers"."""

    X509 = 1
    TLS = 2
    ATS = 3

    @property
    def title(self) -> str:
        """How the level is called in reports."""
        return ("basic X.509", "TLS", "App Transport Security")[self - 1]


class AnchorClass(StrEnum):
    """How the top of a chain came to be trusted; it decides which rules bind the chain."""

    SYSTEM = "system"  # preinstalled
    USER = "user"  # installed by a person or a profile, and its trust switched on
    APP = "app"  # SecTrustSetAnchorCertificates in the app's own code
    USER_LEAF = "user-leaf"  # the leaf itself is what the person trusted
    NONE = "none"  # nothing trusts it

    __hash__ = str.__hash__  # equal to its text, so hashed like it; `Enum`'s own is slow and hashes the name


class Outcome(StrEnum):
    """A rule's answer for one certificate; four different things, never to be confused."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "does not apply"
    NOT_IN_FORCE = "not in force"  # the certificate is older than the rule


class BoundParty(StrEnum):
    """Whom a requirement of RFC 5280 binds: who relies on a certificate, or the CA that issues it."""

    RELYING_PARTY = "relying party"  # 6.1: without it, no path is valid
    CA = "CA"  # 4 and 5: the profile; a path is valid without it

    __hash__ = str.__hash__


PATH_ALONE = frozenset({"rfc5280-path"})
"""The policies that ask what RFC 5280 wants of a relying party, and not what it wants of the CA."""


class Observation(NamedTuple):
    """Evidence with a repair of its own, where the rule's general one would have to guess at the cause."""

    text: str
    repair: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A check and its paperwork. `check` gets one certificate in its place and yields evidence against it."""

    id: str
    level: Level
    title: str
    doc: str
    fix: str
    citation: str
    severity: Severity
    check: Callable[..., Iterator[str | Observation]]
    applies_to: Callable[..., bool]
    apple_check: str | None = None  # the name in Apple's own list
    ats_status: str | None = None  # key into ATS_STATUS, for rules above SecTrust
    effective_from: datetime | None = None  # certificates with an earlier notBefore are not bound
    policies: frozenset[str] | None = (
        None  # the only policies that ask it; None: every one that judges its level
    )
    binds: BoundParty = BoundParty.RELYING_PARTY
    rfc5280_severity: Severity | None = None  # its severity where RFC 5280 is asked, if that is another
    fact: str | None = (
        None  # what it looks at, where several rules look at the same; the stricter ones come later
    )
    premise: Callable[..., bool] | None = (
        None  # without it nothing is found: asked once for all that share it
    )
    cause: str = "server-certificate-refused"  # the code in `pki.model.causes` of a server that breaks it
    ats_need: str | None = None  # the field of `pki.ats.advice.Needs` that lets such a server through
    met_most: bool = False  # of several that report one number, the one that people meet
    timed: bool = False  # its answer may change with the moment judged at; all others never look at it
    of_profile: bool = False  # it passes by a certificate's profile alone (`pki.trust.profile`)

    def asked_by(self, policy: str) -> bool:
        """Whether POLICY asks it, as far as names of policies decide."""
        if self.binds is BoundParty.CA and policy in PATH_ALONE:
            return False
        return self.policies is None or policy in self.policies

    @property
    def named(self) -> str:
        """Its title, and behind it the id that `explain` takes: words first, for whoever meets it the first time."""
        return f"{self.title} [{self.id}]"

    @property
    def status(self) -> tuple[int, str] | None:
        """The OSStatus Apple reports and its symbol; None for our own warnings."""
        if self.apple_check is not None:
            check = APPLE_CHECKS[self.apple_check]
            return check.status, check.symbol
        return ATS_STATUS[self.ats_status] if self.ats_status is not None else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence against one certificate."""

    rule: Rule
    position: int  # 0 is the leaf, counting towards the root
    evidence: str
    severity: Severity
    repair: str = ""  # the next step in this very case; empty: the rule's general one
    same_fact_as: str | None = None  # the rule whose finding about this certificate tells the same fact

    @property
    def rule_id(self) -> str:
        """The id to pass to `explain`."""
        return self.rule.id

    @property
    def level(self) -> Level:
        """The level this finding fails."""
        return self.rule.level

    @property
    def fix(self) -> str:
        """The next step."""
        return self.repair or self.rule.fix

    @property
    def told(self) -> str:
        """What was found, in one sentence without its full stop: what is wrong, the evidence, and the rule's id."""
        return f"{self.rule.title}: {self.evidence} [{self.rule_id}]"

    @property
    def fails(self) -> bool:
        """Whether it makes the chain untrusted."""
        return self.severity.fails

    @property
    def apple_priority(self) -> tuple[int, int]:
        """Smallest is what SecTrustEvaluateWithError reports: group first, then nearness to the leaf."""
        check = self.rule.apple_check
        return (APPLE_CHECKS[check].group if check else _ABOVE_SEC_TRUST, self.position)


def failures_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those of FINDINGS that make a chain untrusted, each fact once."""
    return tuple(f for f in findings if f.fails and f.same_fact_as is None)


def headline_of(findings: Iterable[Finding]) -> Finding | None:
    """The one failure among FINDINGS that Apple would report."""
    failures = failures_of(findings)
    if len(failures) < 2:
        return failures[0] if failures else None
    return min(failures, key=lambda f: f.apple_priority)


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule said of one certificate."""

    rule_id: str
    position: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an Apple client would conclude, and why. Equal inputs give equal verdicts."""

    host: str | None
    at: datetime
    policy: str
    os: str  # the system whose rules were applied
    anchor_class: AnchorClass
    chain: tuple[CertFacts, ...]  # as built: leaf first, anchor last when one was reached
    findings: tuple[Finding, ...]
    asked: tuple[str, ...]  # the ids of all rules of the policy, in order
    answers: tuple[Mapping[str, Outcome], ...]  # by position; a rule that is not in it does not apply there
    levels: tuple[Level, ...]  # the levels that were judged
    ats_summary: str
    ats_applies: bool  # whether ATS says anything about this host
    ats_enforced: bool  # whether ATS binds this host: the default trust evaluation must succeed
    not_checked: tuple[str, ...]
    near_misses: tuple[str, ...] = ()
    transport: Transport | None = None  # what a live connection negotiated
    inputs: tuple[str, ...] = ()  # what was asked for beyond the policy's defaults, in words
    names_a_server: bool = False  # whether the policy compares the host's name, as of servers
    anchors_given: bool = True  # whether there was anything to trust

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("Verdict.at needs a timezone; try datetime.now(UTC)")

    @property
    def trusted(self) -> bool:
        """Whether every judged level passed."""
        return self.stopped_at is None

    @property
    def stopped_at(self) -> Level | None:
        """The first level that failed, the one worth fixing first; None means trusted."""
        return min((f.level for f in self.findings if f.fails), default=None)

    def passes(self, level: Level) -> bool:
        """Whether LEVEL and every level below it passed; levels are cumulative."""
        stopped = self.stopped_at
        return stopped is None or stopped > level

    @property
    def outcomes(self) -> tuple[RuleOutcome, ...]:
        """What every rule said of every certificate, rule by rule."""
        return tuple(
            RuleOutcome(rule_id, position, said.get(rule_id, Outcome.NOT_APPLICABLE))
            for rule_id in self.asked
            for position, said in enumerate(self.answers)
        )

    def answer(self, level: Level) -> str:
        """`fail` where something of LEVEL's own failed, `not applicable` where ATS does not bind this connection.

        Else `not reached` where a level below failed, or `pass`.
        """
        if any(finding.level is level for finding in self.failures):
            return "fail"
        if level is Level.ATS and not self.ats_applies:
            return "not applicable"
        return "pass" if self.passes(level) else "not reached"

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that make it untrusted, each fact once."""
        return failures_of(self.findings)

    @property
    def name_not_checked(self) -> bool:
        """Whether it was judged as a server without a host to compare with: Apple's API allows it, apps do not."""
        return self.names_a_server and self.host is None

    @property
    def sec_trust_accepts(self) -> bool:
        """What SecTrustEvaluateWithError answers, before App Transport Security has its say."""
        return self.passes(Level.TLS)

    @property
    def headline(self) -> Finding | None:
        """The one failure Apple would report: SecTrust's by its own order, else the ATS layer's first."""
        return headline_of(self.findings)

    @property
    def headline_ties(self) -> tuple[Finding, ...]:
        """Failures of the headline's group at its certificate, of other checks, one each.

        Apple keeps what failed at one certificate in a dictionary and reports the first of the lowest group that it
        meets there: which of these that is, is the order of a hash table (Security-61901 SecTrust.c).
        """
        worst = self.headline
        if worst is None or worst.rule.apple_check is None:
            return ()
        ties = {
            finding.rule.apple_check: finding
            for finding in reversed(self.failures)
            if finding.rule.apple_check and finding.apple_priority == worst.apple_priority
        }
        return tuple(tie for check, tie in reversed(ties.items()) if check != worst.rule.apple_check)
