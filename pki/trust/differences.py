"""Why another validator says otherwise: what it never looks at, and what it asks that Apple does not.

Both tables are keyed by the kind of cause: the Apple checks (or rules of ours) that a validator does not know, and
what its messages say. A row explains a difference only where its cause is found in the chain (`difference_causes`, and
for name constraints `departures`). What no row explains is called unexplained; it is worth a closer look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.second_opinion import Difference, SecondOpinion
from pki.model.verdict import Level, Verdict
from pki.trust import apple_refusal_causes as cause
from pki.trust import peer_refusal_causes as asked
from pki.trust.constraint_differences import apple_is_laxer, apple_is_stricter


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """Something a validator never looks at; `checks` are Apple's names of checks, or ids of single rules."""

    description: str
    present: cause.Overlooked  # whether the cause is in the chain
    checks: frozenset[str] = frozenset()
    level: Level | None = None  # everything of this level

    def covers(self, refused: cause.AppleRefusal) -> bool:
        """Whether the finding is out of its sight, and its cause is there."""
        finding = refused.finding
        concerns = finding.level is self.level or {finding.rule.apple_check, finding.rule_id} & self.checks
        return bool(concerns) and self.present(refused)


@dataclass(frozen=True, slots=True)
class StricterRule:
    """Something a validator asks and Apple does not; `message` is found in what it says, `present` in the chain."""

    message: re.Pattern[str]
    description: str
    present: asked.Asked


def _blind(words: str, present: cause.Overlooked, *checks: str, level: Level | None = None) -> BlindSpot:
    return BlindSpot(words, present, frozenset(checks), level)


def _asks(said: str, words: str, present: asked.Asked) -> StricterRule:
    return StricterRule(re.compile(said), words, present)


_EVERYBODYS = (
    _blind("lifetime limits", cause.longer_than, "SystemTrustValidityPeriod", "OtherTrustValidityPeriod"),
    _blind(
        "how the root came to be trusted, and so whether serverAuth must be named",
        cause.no_server_auth,
        "ServerAuthEKU",
    ),
    _blind("Certificate Transparency", cause.under_system_anchor, "SystemTrustedCTRequired"),
    _blind("revocation", cause.not_given, "Revocation"),
    _blind(
        "trust settings and Apple's own lists",
        cause.not_given,
        "UsageConstraints",
        "BlackListedLeaf",
        "BlackListedKey",
    ),
    _blind("pinned keys", cause.not_given, "LeafSPKISHA256", "CAspkiSHA256"),
    _blind("App Transport Security", cause.not_given, level=Level.ATS),
    _blind("how names are encoded", cause.issuer_is_encoded_otherwise, "name-encoding"),
    _blind("names without their keys", cause.name_comes_back, "chain-name-circle"),
    _blind("whether what a user trusts signed itself", cause.no_plain_root, "user-anchor-self-signed"),
    _blind("which algorithms Apple's Security knows", cause.unusual_algorithm, "signature-verifiable"),
)
_POLICY_LIMITS = _blind(
    "how many policy mappings and levels Apple counts", cause.beyond_limits_of_policies, "PolicyConstraints"
)
_EMPTY_SUBJECTS = _blind("whether a subject is empty", cause.no_subject, "NonEmptySubject")


def _unused(*unread: str, of_anchors: tuple[str, ...] = (), of_leaves: tuple[str, ...] = ()) -> BlindSpot:
    """Found by giving it each extension with rubbish inside."""
    return _blind(
        "extensions that do not read, where it needs none of them",
        cause.reads_none_of(*unread, of_anchors=of_anchors, of_leaves=of_leaves),
        "UnparseableExtension",
    )


# crypto/x509/v3_purp.c reads the others of those that Apple reads, and v3_pcons.c to pcy_cache.c those below an anchor.
_NOT_READ_BY_OPENSSL = (
    oids.POLICY_MAPPINGS,
    oids.INHIBIT_ANY_POLICY,
    oids.AUTHORITY_INFO_ACCESS,
    oids.QC_STATEMENTS,
)
_CERTVALIDATORS = (
    _unused(oids.QC_STATEMENTS),
    _EMPTY_SUBJECTS,
    _POLICY_LIMITS,
    _blind("extensions that occur twice", cause.has_duplicates, "DuplicateExtension"),
    _blind("purposes of intermediates", cause.has_purposes, "tls-eku-subca", "tls-eku-subca-system"),
    _blind("the anchor itself", cause.of_the_anchor, "TemporalValidity", "KeyUsage", "BasicConstraintsCA"),
    _blind(
        "path length and names that an anchor allows",
        cause.from_the_anchor,
        "BasicConstraintsPathLen",
        "NameConstraints",
    ),
)

# Found by running each over our scenarios and over published test suites, in the versions of November 2026.
BLIND_SPOTS: dict[str, tuple[BlindSpot, ...]] = {
    "cryptography": (
        *_EVERYBODYS,
        _blind(
            "size and type of the keys of leaf and anchor", cause.weak_key_at_an_end, "KeySize", "WeakKeySize"
        ),
        _blind("whether key identifiers match", cause.identifiers_differ, "IdLinkage"),
        _blind("public suffixes under a wildcard", cause.has_a_wildcard, "wildcard-not-tld"),
        _blind("certificate policies", cause.speaks_of_policies, "PolicyConstraints"),
        _unused(
            oids.CERTIFICATE_POLICIES,
            oids.POLICY_MAPPINGS,
            oids.POLICY_CONSTRAINTS,
            oids.INHIBIT_ANY_POLICY,
            oids.CRL_DISTRIBUTION_POINTS,
            oids.QC_STATEMENTS,
            of_anchors=(oids.SUBJECT_ALT_NAME,),
            of_leaves=(oids.AUTHORITY_KEY_IDENTIFIER,),
        ),
    ),
    "OpenSSL": (
        _blind("the host name (pyOpenSSL gives no handle on it)", cause.not_given, "SSLHostname"),
        _blind("purposes (pyOpenSSL gives no handle on them)", cause.not_given, "ExtendedKeyUsage"),
        *_EVERYBODYS,
        _blind("key sizes", cause.weak_key, "KeySize", "WeakKeySize"),
        _blind("digests", cause.old_digest, "SignatureHashAlgorithms", "WeakSignature"),
        _EMPTY_SUBJECTS,
        _POLICY_LIMITS,
        _unused(*_NOT_READ_BY_OPENSSL, of_anchors=(oids.CERTIFICATE_POLICIES, oids.POLICY_CONSTRAINTS)),
        _blind(
            "extensions that occur twice, where it needs none of them",
            cause.twice_none_but(
                *_NOT_READ_BY_OPENSSL, of_anchors=(oids.CERTIFICATE_POLICIES, oids.POLICY_CONSTRAINTS)
            ),
            "DuplicateExtension",
        ),
    ),
    "certvalidator": (
        *_EVERYBODYS,
        _blind("that the CommonName does not count", cause.common_name_alone, "san-no-cn-fallback"),
        _blind("where a wildcard may stand", cause.has_a_wildcard, "wildcard-no-partial", "wildcard-not-tld"),
        _blind("key sizes", cause.weak_key, "KeySize", "WeakKeySize"),
        _blind("SHA-1", cause.signed_with_sha_1, "SignatureHashAlgorithms"),
        *_CERTVALIDATORS,
    ),
    "pyhanko-certvalidator": (
        _blind("the host name", cause.not_given, "SSLHostname"),
        *_EVERYBODYS,
        _blind(
            "size and type of the keys of leaf and anchor", cause.weak_key_at_an_end, "KeySize", "WeakKeySize"
        ),
        *_CERTVALIDATORS,
    ),
}

_FEWER_EXTENSIONS = "it knows fewer critical extensions than Apple, or asks the anchor for them, too"
_THE_PURPOSE_ITSELF = "it wants the purpose by name, where Apple takes anyExtendedKeyUsage and its like, too"
_ALGORITHMS = "it takes the web PKI's algorithms only, under every policy"
_CRITICAL = (oids.BASIC_CONSTRAINTS, oids.KEY_USAGE, oids.EXTENDED_KEY_USAGE, oids.SUBJECT_ALT_NAME)
STRICTER_RULES: dict[str, tuple[StricterRule, ...]] = {
    "cryptography": (
        _asks(
            "does not read|ASN.1 parsing error|must be UtcTime",
            "it refuses encodings that Apple reads",
            asked.odd_encoding,
        ),
        _asks(
            "serial",
            "serial numbers must be positive, and 20 octets at most (RFC 5280, 4.1.2.2)",
            asked.odd_serial,
        ),
        _asks("must be an X509v3", "every certificate must be version 3", asked.old_version),
        _asks(
            "cA must not be asserted|must not assert keyCertSign",
            "a CA's certificate may not be the leaf",
            asked.leaf_is_a_ca,
        ),
        _asks("unaccounted-for critical", _FEWER_EXTENSIONS, asked.critical_besides(*_CRITICAL)),
        _asks(
            "missing required extension|prohibited extension|incorrect criticality|subjectAltName MUST",
            "the web PKI's profile settles which extensions there are and which of them are critical",
            asked.extension_named,
        ),
        _asks("required EKU not found|Neither EKU nor anyEKU", _THE_PURPOSE_ITSELF, asked.no_purpose_by_name),
        _asks(
            "Forbidden (signature|public key) algorithm|key is too weak", _ALGORITHMS, asked.no_web_algorithm
        ),
        _asks("max depth", "it follows at most eight intermediates", asked.deep),
    ),
    "OpenSSL": (
        _asks(
            "does not read|format error in certificate",
            "it refuses encodings that Apple reads",
            asked.odd_encoding,
        ),
        # crypto/x509/pcy_tree.c: it was asked for no policy, so what is left of the user's set is empty.
        _asks(
            "no explicit policy",
            "asked for no policy by name, it takes none as explicit",
            asked.requires_a_policy,
        ),
        _asks("explicit ECC parameters", "it takes named curves only", asked.explicit_curve),
        _asks(
            "unhandled critical extension",
            _FEWER_EXTENSIONS,
            asked.critical_besides(*_CRITICAL, oids.NAME_CONSTRAINTS, oids.CERTIFICATE_POLICIES),
        ),
        _asks(
            "unable to get|self-signed certificate in certificate chain",
            "it follows one path, and does not turn back where that one leads nowhere",
            asked.issuers_of_one_name,
        ),
    ),
    "certvalidator": (
        _asks("unsupported critical extension", _FEWER_EXTENSIONS, asked.critical_besides(*_CRITICAL)),
        _asks("not valid for (the purpose|securing TLS)", _THE_PURPOSE_ITSELF, asked.no_purpose_by_name),
        _asks("weak hash|weak digest", _ALGORITHMS, asked.no_web_algorithm),
    ),
    "pyhanko-certvalidator": (
        _asks(
            "unsupported critical extension",
            _FEWER_EXTENSIONS,
            asked.critical_besides(*_CRITICAL, oids.NAME_CONSTRAINTS),
        ),
        _asks("not valid for the purpose", _THE_PURPOSE_ITSELF, asked.no_purpose_by_name),
        _asks("disallowed signature mechanism", _ALGORITHMS, asked.no_web_algorithm),
    ),
}
_UNFINISHED = re.compile("unable to get|candidates exhausted|[Uu]nable to build|no issuer")
_OF_NAME_CONSTRAINTS = re.compile("[nN]ame ?[cC]onstraint|subtree|(permitted|excluded) (namespace|names)")


def compare(
    verdict: Verdict, opinions: Iterable[SecondOpinion], *, known: Sequence[CertFacts] = ()
) -> tuple[Difference, ...]:
    """Every opinion that is not the verdict's, with the reasons; opinions without an answer are left out.

    `known` are the certificates they were all given, anchors included: a path that breaks off is explained by them.
    """
    return tuple(
        _refused_here(verdict, opinion, known)
        if opinion.accepts
        else _refused_there(asked.PeerRefusal(verdict, opinion, known))
        for opinion in opinions
        if opinion.accepts is not None and opinion.accepts is not verdict.trusted
    )


def _refused_here(verdict: Verdict, opinion: SecondOpinion, known: Sequence[CertFacts]) -> Difference:
    """A reason for each rule that refuses, in the order of the findings."""
    reasons: dict[str, None] = {}
    unexplained: dict[str, None] = {}
    for finding in verdict.findings:
        if not finding.fails:
            continue
        refused = cause.AppleRefusal(verdict, finding, known)
        spot = next((spot for spot in BLIND_SPOTS[opinion.who] if spot.covers(refused)), None)
        words = f"it does not check {spot.description}" if spot is not None else ""
        if not words and finding.rule.apple_check == "NameConstraints":
            words = apple_is_stricter(verdict.chain, finding.position)
        if words:
            reasons[f"{finding.rule_id}: {words}"] = None
        else:
            unexplained[finding.rule_id] = None
    return Difference(opinion, tuple(reasons), tuple(unexplained))


def _refused_there(complaint: asked.PeerRefusal) -> Difference:
    opinion = complaint.opinion
    words = next(
        (
            rule.description
            for rule in STRICTER_RULES[opinion.who]
            if rule.message.search(opinion.text) and rule.present(complaint)
        ),
        "",
    )
    if not words and _UNFINISHED.search(opinion.text) and asked.was_fetched(complaint):
        words = "it does not fetch the intermediate that the server left out"
    if not words and _OF_NAME_CONSTRAINTS.search(opinion.text):
        words = apple_is_laxer(complaint.verdict.chain, opinion.who)
    return Difference(opinion, (words,)) if words else Difference(opinion, (), (opinion.text,))
