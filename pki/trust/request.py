"""The evaluator's question: which certificates, for whom, when, trusted how, and by which policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pki.ats import AtsPolicy, Pins
from pki.model.certificate import CertFacts
from pki.model.extension_values import KEY_USAGES, NO_KEY_USAGE, KeyUsage
from pki.model.hosts import Host
from pki.model.oids import ANY_POLICY
from pki.model.verdict import AnchorClass, Level
from pki.trust.evidence import Evidence

if TYPE_CHECKING:
    from pki.trust.revocation.signers import EvaluateSigner

if TYPE_CHECKING:
    from pki.model.transport import Transport

NO_PINS = Pins(None, None)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate that ends a path, and how it came to be trusted. It need not be self-signed."""

    certificate: CertFacts
    anchor_class: AnchorClass = AnchorClass.USER

    @classmethod
    def parse(cls, der: bytes, anchor_class: AnchorClass | str = AnchorClass.USER) -> Anchor:
        """Read a DER certificate as an anchor.

        Raises:
            Unreadable: Apple's parser refuses it.
        """
        return cls(CertFacts.parse(der), AnchorClass(anchor_class))


@dataclass(frozen=True, slots=True)
class Policy:
    """Which part of the catalogue judges: a row of data, not a code path.

    `purposes` are the extended key usages the leaf must allow when it names any; none: it may name what it likes.
    """

    name: str
    title: str
    levels: tuple[Level, ...]
    purposes: tuple[str, ...] = ()
    server: bool = False
    checks_host: bool = True
    by_rfc5280: bool = False  # names, keys and paths by RFC 5280 instead of by Apple's code
    network: bool = True  # whether issuers may be fetched, when the question allows it


@dataclass(frozen=True, slots=True)
class PathInputs:
    """The inputs of path validation that a relying party may set, RFC 5280 6.1.1; the defaults ask for nothing.

    `policies` is the user-initial-policy-set, as dotted OIDs. `bare_anchor` takes the anchor for a name and a key
    (6.1.1 d); else it is a certificate whose dates, purposes and constraints count (RFC 5937). `max_intermediates`
    limits the certificates between leaf and anchor, self-issued ones included. `key_usage` are the bits the leaf must
    have when it has keyUsage (4.2.1.3); with `purpose_named` its purpose must be named and not just allowed (4.2.1.12).
    """

    policies: frozenset[str] = frozenset({ANY_POLICY})
    explicit_policy: bool = False
    inhibit_policy_mapping: bool = False
    inhibit_any_policy: bool = False
    bare_anchor: bool = False
    max_intermediates: int | None = None
    key_usage: KeyUsage = NO_KEY_USAGE
    purpose_named: bool = False

    @property
    def description(self) -> tuple[str, ...]:
        """What is asked for beyond the defaults, for a reader."""
        wanted = self.policies - {ANY_POLICY} if ANY_POLICY not in self.policies else ()
        usages = [name for name, bit in KEY_USAGES.items() if bit in self.key_usage]
        said = (
            ("certificate policies " + ", ".join(sorted(wanted)), bool(wanted)),
            ("an explicit policy", self.explicit_policy),
            ("no policy mapping", self.inhibit_policy_mapping),
            ("no anyPolicy", self.inhibit_any_policy),
            ("the anchor a name and a key", self.bare_anchor),
            (f"at most {self.max_intermediates} intermediates", self.max_intermediates is not None),
            ("keyUsage " + ", ".join(usages), bool(usages)),
            ("the purpose named", self.purpose_named),
        )
        return tuple(words for words, asked in said if asked)


NO_INPUTS = PathInputs()


class Request(NamedTuple):
    """Everything a rule may look at besides the path itself. `host` None means: no name check, as in SecTrust."""

    leaf: CertFacts
    others: tuple[CertFacts, ...]
    host: Host | None
    at: datetime
    anchors: tuple[Anchor, ...]
    policy: Policy
    ats: AtsPolicy
    pins: Pins
    evidence: Evidence
    transport: Transport | None  # what a live connection negotiated
    inputs: PathInputs
    evaluate_signer: EvaluateSigner  # who signs a list or an answer is a question of its own

    @property
    def asked_host(self) -> Host | None:
        """The host that is in the policy: basic X.509 has none, whatever was given."""
        return self.host if self.policy.checks_host else None
