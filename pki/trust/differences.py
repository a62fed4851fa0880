"""Why another validator says otherwise: what it never looks at, and what it asks that Apple does not.

Both tables are keyed by the kind of cause: the Apple checks (or rules of ours) that a validator does not know, and
what its messages say. A difference that neither covers is called unexplained; it is worth a closer look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pki.model.opinion import Difference, Opinion
from pki.model.verdict import Finding, Level, Verdict


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """Something a validator never looks at; `checks` are Apple's names of checks, or ids of single rules."""

    words: str
    checks: frozenset[str] = frozenset()
    level: Level | None = None  # everything of this level
    anchor_only: bool = False  # it looks at this below the anchor, and not at the anchor itself

    def covers(self, finding: Finding, top: int) -> bool:
        """Whether FINDING is out of its sight; TOP is the position of the path's last certificate."""
        if self.anchor_only and finding.position != top:
            return False
        return finding.level is self.level or bool({finding.rule.apple_check, finding.rule_id} & self.checks)


@dataclass(frozen=True, slots=True)
class StricterRule:
    """Something a validator asks and Apple does not; `said` is found in its message."""

    said: re.Pattern[str]
    words: str


def _blind(words: str, *checks: str, level: Level | None = None, anchor_only: bool = False) -> BlindSpot:
    return BlindSpot(words, frozenset(checks), level, anchor_only)


def _asks(said: str, words: str) -> StricterRule:
    return StricterRule(re.compile(said), words)


_EVERYBODYS = (
    _blind("lifetime limits", "SystemTrustValidityPeriod", "OtherTrustValidityPeriod"),
    _blind("how the root came to be trusted, and so whether serverAuth must be named", "ServerAuthEKU"),
    _blind("Certificate Transparency", "SystemTrustedCTRequired"),
    _blind("revocation", "Revocation"),
    _blind("trust settings and Apple's own lists", "UsageConstraints", "BlackListedLeaf", "BlackListedKey"),
    _blind("pinned keys", "LeafSPKISHA256", "CAspkiSHA256"),
    _blind("App Transport Security", level=Level.ATS),
)
_OWN_NAME_CONSTRAINTS = _blind("name constraints the way Apple reads them", "NameConstraints")
_EMPTY_SUBJECTS = _blind("whether a subject is empty", "NonEmptySubject")
_UNUSED_EXTENSIONS = _blind(
    "extensions that do not read, where it needs none of them", "UnparseableExtension"
)
_CERTVALIDATORS = (
    _UNUSED_EXTENSIONS,
    _EMPTY_SUBJECTS,
    _blind("extensions that occur twice", "DuplicateExtension"),
    _blind("purposes of intermediates", "tls-eku-subca", "tls-eku-subca-system"),
    _blind("the anchor itself", "TemporalValidity", "KeyUsage", "BasicConstraintsCA", anchor_only=True),
    _blind("path length and names that an anchor allows", "BasicConstraintsPathLen", "NameConstraints"),
)

# Found by running each over our scenarios and over published test suites, in the versions of November 2026.
BLIND_SPOTS: dict[str, tuple[BlindSpot, ...]] = {
    "cryptography": (
        *_EVERYBODYS,
        _blind("size and type of the keys of leaf and anchor", "KeySize", "WeakKeySize"),
        _blind("whether key identifiers match", "IdLinkage"),
        _blind("public suffixes under a wildcard", "wildcard-not-tld"),
        _blind("certificate policies", "PolicyConstraints"),
        _OWN_NAME_CONSTRAINTS,
    ),
    "OpenSSL": (
        _blind("the host name (pyOpenSSL gives no handle on it)", "SSLHostname"),
        _blind("purposes (pyOpenSSL gives no handle on them)", "ExtendedKeyUsage"),
        *_EVERYBODYS,
        _blind("key sizes", "KeySize", "WeakKeySize"),
        _blind("digests", "SignatureHashAlgorithms", "WeakSignature"),
        _EMPTY_SUBJECTS,
        _UNUSED_EXTENSIONS,
        _blind("extensions that occur twice, where it needs none of them", "DuplicateExtension"),
        _OWN_NAME_CONSTRAINTS,
    ),
    "certvalidator": (
        *_EVERYBODYS,
        _blind("that the CommonName does not count", "san-no-cn-fallback"),
        _blind("where a wildcard may stand", "wildcard-no-partial", "wildcard-not-tld"),
        _blind("key sizes", "KeySize", "WeakKeySize"),
        _blind("SHA-1", "SignatureHashAlgorithms"),
        *_CERTVALIDATORS,
    ),
    "pyhanko-certvalidator": (
        _blind("the host name", "SSLHostname"),
        *_EVERYBODYS,
        _blind("size and type of the keys of leaf and anchor", "KeySize", "WeakKeySize"),
        *_CERTVALIDATORS,
    ),
}

_FEWER_EXTENSIONS = "it knows fewer critical extensions than Apple, or asks the anchor for them, too"
_THE_PURPOSE_ITSELF = "it wants the purpose by name, where Apple takes anyExtendedKeyUsage and its like, too"
_BY_THE_RFC = "it reads name constraints by RFC 5280, and Apple departs from that"
_ALGORITHMS = "it takes the web PKI's algorithms only, under every policy"
STRICTER_RULES: dict[str, tuple[StricterRule, ...]] = {
    "cryptography": (
        _asks("does not read|ASN.1 parsing error|must be UtcTime", "it refuses encodings that Apple reads"),
        _asks("serial", "serial numbers must be positive, and 20 octets at most (RFC 5280, 4.1.2.2)"),
        _asks("must be an X509v3", "every certificate must be version 3"),
        _asks(
            "cA must not be asserted|must not assert keyCertSign", "a CA's certificate may not be the leaf"
        ),
        _asks("unaccounted-for critical", _FEWER_EXTENSIONS),
        _asks("[nN]ame ?[cC]onstraint", _BY_THE_RFC),
        _asks(
            "missing required extension|prohibited extension|incorrect criticality|subjectAltName MUST",
            "the web PKI's profile settles which extensions there are and which of them are critical",
        ),
        _asks("required EKU not found|Neither EKU nor anyEKU", _THE_PURPOSE_ITSELF),
        _asks("Forbidden (signature|public key) algorithm|key is too weak", _ALGORITHMS),
        _asks("max depth", "it follows at most eight intermediates"),
    ),
    "OpenSSL": (
        _asks("explicit ECC parameters", "it takes named curves only"),
        _asks("subtree|name constraint", _BY_THE_RFC),
        _asks("unhandled critical extension", _FEWER_EXTENSIONS),
        _asks(
            "unable to get|self-signed certificate in certificate chain",
            "it follows one path, and does not turn back where that one leads nowhere",
        ),
    ),
    "certvalidator": (
        _asks("unsupported critical extension", _FEWER_EXTENSIONS),
        _asks("not valid for (the purpose|securing TLS)", _THE_PURPOSE_ITSELF),
        _asks("weak hash|weak digest", _ALGORITHMS),
    ),
    "pyhanko-certvalidator": (
        _asks("unsupported critical extension", _FEWER_EXTENSIONS),
        _asks("not valid for the purpose", _THE_PURPOSE_ITSELF),
        _asks("disallowed signature mechanism", _ALGORITHMS),
        _asks("(permitted|excluded) namespace", _BY_THE_RFC),
    ),
}


def compare(verdict: Verdict, opinions: Iterable[Opinion]) -> tuple[Difference, ...]:
    """Every opinion that is not the verdict's, with the reasons; opinions without an answer are left out."""
    return tuple(
        _refused_here(verdict, opinion) if opinion.accepts else _refused_there(verdict, opinion)
        for opinion in opinions
        if opinion.accepts is not None and opinion.accepts is not verdict.trusted
    )


def _refused_here(verdict: Verdict, opinion: Opinion) -> Difference:
    """A reason for each rule that refuses, in the order of the findings."""
    reasons: dict[str, None] = {}
    unexplained: dict[str, None] = {}
    for finding in verdict.findings:
        if not finding.fails:
            continue
        spots = (spot for spot in BLIND_SPOTS[opinion.who] if spot.covers(finding, len(verdict.chain) - 1))
        spot = next(spots, None)
        if spot is not None:
            reasons[f"{finding.rule_id}: it does not check {spot.words}"] = None
        else:
            unexplained[finding.rule_id] = None
    return Difference(opinion, tuple(reasons), tuple(unexplained))


def _refused_there(verdict: Verdict, opinion: Opinion) -> Difference:
    if any(finding.rule_id == "chain-complete-by-fetching" for finding in verdict.findings):
        return Difference(opinion, ("it does not fetch the intermediate that the server left out",))
    rules = (rule for rule in STRICTER_RULES[opinion.who] if rule.said.search(opinion.words))
    rule = next(rules, None)
    return Difference(opinion, (rule.words,)) if rule else Difference(opinion, (), (opinion.words,))
