"""What another validator asks and Apple does not, looked for in the chain itself: predicates for `differences`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.encoding import encoding_faults
from pki.model.extension_values import KeyUsage
from pki.model.keys import EXPLICIT
from pki.model.second_opinion import SecondOpinion
from pki.model.verdict import Verdict
from pki.trust.apple_refusal_causes import GOOD_DIGESTS, is_weak
from pki.trust.rules.chain_end import nothing_had_to_be_fetched

MAX_SERIAL_BITS = 20 * 8 - 1  # RFC 5280, 4.1.2.2


MAX_INTERMEDIATES = 8  # cryptography's


class PeerRefusal(NamedTuple):
    """What another validator has against a chain that Apple trusts. `known` is every certificate that was at hand."""

    verdict: Verdict
    opinion: SecondOpinion
    known: Sequence[CertFacts]


Asked = Callable[[PeerRefusal], bool]


def odd_encoding(complaint: PeerRefusal) -> bool:
    """A time before 2050 is a GeneralizedTime, or something is written as RFC 5280 or DER does not allow."""

    def odd(cert: CertFacts) -> bool:
        times = (cert.not_before, cert.not_after)
        generalized = (b"\x18\x0f" + f"{at:%Y%m%d%H%M%SZ}".encode() for at in times if at.year < 2050)
        return any(time in cert.tbs for time in generalized) or bool(encoding_faults(cert))

    return any(map(odd, complaint.verdict.chain))


def odd_serial(complaint: PeerRefusal) -> bool:
    """A serial number is not positive, or longer than 20 octets."""
    serials = [cert.serial for cert in complaint.verdict.chain]
    return any(serial <= 0 or serial.bit_length() > MAX_SERIAL_BITS for serial in serials)


def old_version(complaint: PeerRefusal) -> bool:
    """A certificate is not version 3."""
    return any(cert.version != 3 for cert in complaint.verdict.chain)


def leaf_is_a_ca(complaint: PeerRefusal) -> bool:
    """The leaf says cA TRUE, or may sign certificates."""
    constraints, usage = complaint.verdict.chain[0].basic_constraints, complaint.verdict.chain[0].key_usage
    return (constraints is not None and constraints.ca) or (
        usage is not None and KeyUsage.KEY_CERT_SIGN in usage
    )


def critical_besides(*accounted: str) -> Asked:
    """A critical extension is none of those it accounts for."""

    def present(complaint: PeerRefusal) -> bool:
        extensions = (extension for cert in complaint.verdict.chain for extension in cert.extensions)
        return any(extension.critical and extension.oid not in accounted for extension in extensions)

    return present


_OID = re.compile(r"\b\d+(?:\.\d+)+\b")


def extension_named(complaint: PeerRefusal) -> bool:
    """The extension that its message names is missing below the anchor, or is there, as it says."""
    named, words = _OID.search(complaint.opinion.text), complaint.opinion.text
    oid = named[0] if named is not None else oids.SUBJECT_ALT_NAME if "subjectAltName" in words else ""
    found = [cert.extension(oid) for cert in complaint.verdict.chain] if oid else []
    if "missing" in words:
        return None in (found[:-1] or found)
    there = [extension for extension in found if extension is not None]
    if "prohibited" in words:
        return bool(there)
    flags = {extension.critical for extension in there}
    return bool(flags) if "critical" in words else False


def no_purpose_by_name(complaint: PeerRefusal) -> bool:
    """The leaf names the purpose only by a general name, or none at all; or a CA above limits purposes so."""
    wanted = oids.CLIENT_AUTH if complaint.verdict.policy == "ssl-client" else oids.SERVER_AUTH
    return wanted not in (complaint.verdict.chain[0].extended_key_usage or ())


def no_web_algorithm(complaint: PeerRefusal) -> bool:
    """A key or a signature is none of the web PKI's."""
    return any(
        is_weak(cert) or cert.signature_algorithm.digest not in GOOD_DIGESTS
        for cert in complaint.verdict.chain
    )


def requires_a_policy(complaint: PeerRefusal) -> bool:
    """A certificate of the path says requireExplicitPolicy."""
    constraints = (cert.policy_constraints for cert in complaint.verdict.chain)
    return any(one is not None and one.require_explicit is not None for one in constraints)


def deep(complaint: PeerRefusal) -> bool:
    """More than eight intermediates."""
    return len(complaint.verdict.chain) - 2 > MAX_INTERMEDIATES


def explicit_curve(complaint: PeerRefusal) -> bool:
    """A key's curve is written out."""
    return any(cert.key.curve == EXPLICIT for cert in complaint.verdict.chain)


def issuers_of_one_name(complaint: PeerRefusal) -> bool:
    """Of some certificate of the path more than one possible issuer was at hand, so that a search can go astray."""
    names = [cert.subject.key for cert in {cert.der: cert for cert in complaint.known}.values()]
    return any(names.count(cert.issuer.key) > 1 for cert in complaint.verdict.chain)


def was_fetched(complaint: PeerRefusal) -> bool:
    """A certificate of the path was not among those that were given."""
    given = {cert.der for cert in complaint.known}
    fetched = any(finding.rule is nothing_had_to_be_fetched for finding in complaint.verdict.findings)
    return fetched and (not given or any(cert.der not in given for cert in complaint.verdict.chain))
