"""What another validator overlooks, looked for in the chain itself: predicates for `differences`.

Each reads the certificates and not what a rule said of them: a rule that is wrong must not explain its own difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.extension_values import NameType
from pki.model.keys import KeyAlgorithm
from pki.model.verdict import AnchorClass, Finding, Verdict
from pki.trust.apple_policy_tree import MAX_DEPTH, MAX_MAPPINGS

GOOD_CURVES = ("P-256", "P-384", "P-521")
GOOD_DIGESTS = ("SHA-256", "SHA-384", "SHA-512")


class AppleRefusal(NamedTuple):
    """A finding against which another validator has nothing. `known` is every certificate that was at hand."""

    verdict: Verdict
    finding: Finding
    known: Sequence[CertFacts] = ()

    @property
    def cert(self) -> CertFacts:
        """The certificate that the finding is about."""
        return self.verdict.chain[self.finding.position]

    @property
    def at_anchor(self) -> bool:
        """Whether that is the anchor."""
        return (
            self.verdict.anchor_class is not AnchorClass.NONE
            and self.finding.position == len(self.verdict.chain) - 1
        )


Overlooked = Callable[[AppleRefusal], bool]


def not_given(refused: AppleRefusal) -> bool:
    """It was given nothing that this could be read from: no host, no purpose, no pin, no list, no settings."""
    return True


def longer_than(refused: AppleRefusal) -> bool:
    """It lives longer than the shortest limit there is."""
    return refused.cert.not_after - refused.cert.not_before > timedelta(days=397)


def no_server_auth(refused: AppleRefusal) -> bool:
    """It does not name serverAuth."""
    return oids.SERVER_AUTH not in (refused.cert.extended_key_usage or ())


def under_system_anchor(refused: AppleRefusal) -> bool:
    """Transparency is asked below preinstalled roots alone."""
    return refused.verdict.anchor_class is AnchorClass.SYSTEM


def weak_key(refused: AppleRefusal) -> bool:
    """Its key is none that every TLS client takes."""
    return is_weak(refused.cert)


def weak_key_at_an_end(refused: AppleRefusal) -> bool:
    """The same, of the leaf or the anchor."""
    return (refused.finding.position == 0 or refused.at_anchor) and is_weak(refused.cert)


def issuer_is_encoded_otherwise(refused: AppleRefusal) -> bool:
    """A certificate at hand has its issuer's name by RFC 5280's comparison, and not by Apple's."""
    issuer = refused.cert.issuer
    subjects = (cert.subject for cert in refused.known)
    return any(name.key == issuer.key and name.normalized != issuer.normalized for name in subjects)


def name_comes_back(refused: AppleRefusal) -> bool:
    """Its issuer has the name of a certificate below it, by RFC 5280's comparison."""
    name = refused.cert.issuer.key
    return any(cert.subject.key == name for cert in refused.verdict.chain[: refused.finding.position])


def no_plain_root(refused: AppleRefusal) -> bool:
    """The last of the path was issued by another, or names the key of another, or is signed in an unusual way."""
    cert = refused.cert
    if refused.finding.position + 1 != len(refused.verdict.chain):
        return False
    identifier = cert.authority_key_identifier
    foreign = bool(identifier) and identifier != cert.subject_key_identifier
    return cert.subject.key != cert.issuer.key or foreign or unusual_signature(refused)


def unusual_signature(refused: AppleRefusal) -> bool:
    """Neither PKCS #1 v1.5 nor ECDSA with one of SHA-2's usual three."""
    algorithm = refused.cert.signature_algorithm
    return algorithm.salt_length is not None or algorithm.digest not in GOOD_DIGESTS


def unusual_algorithm(refused: AppleRefusal) -> bool:
    """The same, or a certificate with its issuer's name has a key that not every TLS client takes."""
    return unusual_signature(refused) or any(
        cert.subject.key == refused.cert.issuer.key and is_weak(cert) for cert in refused.known
    )


def old_digest(refused: AppleRefusal) -> bool:
    """It was signed with none of SHA-2's usual three."""
    return refused.cert.signature_algorithm.digest not in GOOD_DIGESTS


def signed_with_sha_1(refused: AppleRefusal) -> bool:
    """It was signed with SHA-1."""
    return refused.cert.signature_algorithm.digest == "SHA-1"


def no_subject(refused: AppleRefusal) -> bool:
    """Its subject is empty."""
    return refused.cert.subject.empty


def identifiers_differ(refused: AppleRefusal) -> bool:
    """It names another key than its issuer's."""
    chain, position = refused.verdict.chain, refused.finding.position
    if position + 1 == len(chain):
        return False
    return refused.cert.authority_key_identifier != chain[position + 1].subject_key_identifier


def has_a_wildcard(refused: AppleRefusal) -> bool:
    """A DNS name of it holds an asterisk."""
    return any("*" in name.text for name in refused.cert.names(NameType.DNS))


def common_name_alone(refused: AppleRefusal) -> bool:
    """It has a CommonName and no DNS name."""
    return bool(refused.cert.subject.common_names) and not refused.cert.names(NameType.DNS)


def speaks_of_policies(refused: AppleRefusal) -> bool:
    """A certificate of the path requires or maps policies."""
    speaking = (oids.POLICY_CONSTRAINTS, oids.POLICY_MAPPINGS)
    return any(cert.extension(oid) is not None for cert in refused.verdict.chain for oid in speaking)


def beyond_limits_of_policies(refused: AppleRefusal) -> bool:
    """So many mappings in one certificate, or so many certificates, that Apple's tree of policies gives up."""
    chain = refused.verdict.chain
    mappings = (cert.values.get(oids.POLICY_MAPPINGS) for cert in chain)
    many = any(isinstance(pairs, tuple) and len(pairs) >= MAX_MAPPINGS for pairs in mappings)
    return many or len(chain) - 1 > MAX_DEPTH


def has_purposes(refused: AppleRefusal) -> bool:
    """It is a CA that limits purposes."""
    return refused.finding.position > 0 and refused.cert.extended_key_usage is not None


def of_the_anchor(refused: AppleRefusal) -> bool:
    """It is about the anchor itself."""
    return refused.at_anchor


def from_the_anchor(refused: AppleRefusal) -> bool:
    """The anchor, and none below it, has the extension that limits path and names."""
    *below, anchor = refused.verdict.chain
    wanted = (
        oids.NAME_CONSTRAINTS
        if refused.finding.rule.apple_check == "NameConstraints"
        else oids.BASIC_CONSTRAINTS
    )

    def limits(cert: CertFacts) -> bool:
        if wanted == oids.NAME_CONSTRAINTS:
            return cert.name_constraints is not None
        constraints = cert.basic_constraints
        return constraints is not None and constraints.path_length is not None

    above = below[refused.finding.position + 1 :]
    return (
        refused.verdict.anchor_class is not AnchorClass.NONE
        and limits(anchor)
        and not any(map(limits, above))
    )


def reads_none_of(
    *unread: str, of_anchors: tuple[str, ...] = (), of_leaves: tuple[str, ...] = ()
) -> Overlooked:
    """Every extension that does not read is among UNREAD, which it never parses."""

    def present(refused: AppleRefusal) -> bool:
        overlooked = {*unread, *(of_anchors if refused.at_anchor else ())}
        overlooked |= {*(of_leaves if refused.finding.position == 0 else ())}
        return bool(refused.cert.unparseable) and overlooked.issuperset(refused.cert.unparseable)

    return present


def twice_none_but(*unread: str, of_anchors: tuple[str, ...] = ()) -> Overlooked:
    """Every extension that occurs twice is among UNREAD."""

    def present(refused: AppleRefusal) -> bool:
        overlooked = {*unread, *(of_anchors if refused.at_anchor else ())}
        return bool(refused.cert.duplicates) and overlooked.issuperset(refused.cert.duplicates)

    return present


def has_duplicates(refused: AppleRefusal) -> bool:
    """An extension occurs twice."""
    return bool(refused.cert.duplicates)


def is_weak(cert: CertFacts) -> bool:
    """Whether its key is none that every TLS client takes."""
    key = cert.key
    if key.algorithm is KeyAlgorithm.RSA:
        return key.bits < 2048
    return key.algorithm is not KeyAlgorithm.EC or key.curve not in GOOD_CURVES
