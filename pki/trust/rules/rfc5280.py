"""RFC 5280's certificate profile, section 4, by the book; Apple does not ask it. Path validation is in `validation`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model import oids
from pki.model.encoding import encoding_faults
from pki.model.extension_values import KeyUsage, NameType
from pki.model.verdict import BoundParty, Level
from pki.trust import catalogue
from pki.trust.catalogue import BOOK
from pki.trust.path import Place
from pki.trust.scope import below_anchor, every, leaf, when, where
from pki.trust.subtree_forms import PREFERRED, subtree_problem

rule = partial(catalogue.rule, level=Level.X509, policies=BOOK, binds=BoundParty.CA)

MAX_SERIAL_OCTETS = 20  # RFC 5280, 4.1.2.2
MUST_BE_CRITICAL = {
    oids.BASIC_CONSTRAINTS: "4.2.1.9",
    oids.POLICY_CONSTRAINTS: "4.2.1.11",
    oids.INHIBIT_ANY_POLICY: "4.2.1.14",
}
MUST_NOT_BE_CRITICAL = {
    oids.AUTHORITY_KEY_IDENTIFIER: "4.2.1.1",
    oids.SUBJECT_KEY_IDENTIFIER: "4.2.1.2",
    oids.AUTHORITY_INFO_ACCESS: "4.2.2.1",
    oids.SUBJECT_INFO_ACCESS: "4.2.2.2",
}


def _is_ca(place: Place) -> bool:
    constraints = place.cert.basic_constraints
    return constraints is not None and constraints.ca


@rule(
    "rfc5280-authority-key-identifier",
    title="authorityKeyIdentifier is missing",
    citation="RFC 5280, 4.2.1.1",
    applies_to=below_anchor & when(lambda place: place.cert.version == 3 and not place.cert.self_issued),
    fix="Issue it again with authorityKeyIdentifier.keyIdentifier.",
)
def authority_key_identifier_present(place: Place) -> Iterator[str]:
    """Every certificate but a self-issued one names its issuer's key; an anchor is taken as it is."""
    if place.cert.authority_key_identifier is None:
        yield f"{place.cert.subject.label} does not name its issuer's key"


@rule(
    "rfc5280-subject-key-identifier",
    title="A CA has no subjectKeyIdentifier",
    citation="RFC 5280, 4.2.1.2",
    applies_to=when(_is_ca),
    fix="Issue the CA's certificate again with subjectKeyIdentifier.",
)
def subject_key_identifier_present(place: Place) -> Iterator[str]:
    """Certificates that say cA TRUE carry an identifier of their key."""
    if place.cert.subject_key_identifier is None:
        yield f"{place.cert.subject.label} has none"


@rule(
    "rfc5280-criticality",
    title="An extension is critical and must not be, or the other way round",
    citation="RFC 5280, 4.2.1 and 4.2.2",
    applies_to=every,
    fix="Issue it again with the flag the RFC asks for.",
)
def criticality(place: Place) -> Iterator[str]:
    """The profile fixes the critical flag of some extensions; of basicConstraints in CA certificates."""
    for extension in place.cert.extensions:
        section = MUST_BE_CRITICAL.get(extension.oid)
        ca_only = extension.oid == oids.BASIC_CONSTRAINTS and not _is_ca(place)
        if section and not extension.critical and not ca_only:
            yield f"{oids.extension_name(extension.oid)} is not critical ({section})"
        section = MUST_NOT_BE_CRITICAL.get(extension.oid)
        if section and extension.critical:
            yield f"{oids.extension_name(extension.oid)} is critical ({section})"


@rule(
    "rfc5280-name-constraints-critical",
    title="nameConstraints is not critical",
    citation="RFC 5280, 4.2.1.10",
    applies_to=when(lambda place: place.cert.extension(oids.NAME_CONSTRAINTS) is not None),
    policies=frozenset({"rfc5280"}),
    fix="Mark it critical, so that software that does not know it refuses.",
)
def name_constraints_critical(place: Place) -> Iterator[str]:
    """RFC 5280 demands the critical flag; the Baseline Requirements let it go for old Apple clients' sake."""
    extension = place.cert.extension(oids.NAME_CONSTRAINTS)
    if extension is not None and not extension.critical:
        yield f"{place.cert.subject.label} constrains names without the critical flag"


@rule(
    "rfc5280-name-constraints-shape",
    title="nameConstraints is not what the RFC describes",
    citation="RFC 5280, 4.2.1.10",
    applies_to=when(lambda place: place.cert.extension(oids.NAME_CONSTRAINTS) is not None),
    fix="Put it into CA certificates only, with a subtree at least; names in preferred syntax, addresses with a mask.",
)
def name_constraints_shape(place: Place) -> Iterator[str]:
    """Only CAs carry it, it is never empty, and each subtree is one that names can be within.

    A DNS subtree is a domain name without a leading dot; a mailbox or URI subtree may have one. An address has a mask
    without gaps.
    """
    constraints = place.cert.name_constraints
    if not _is_ca(place):
        yield "it is in a certificate that is no CA"
    if constraints is None:
        return
    trees = (*(constraints.permitted or ()), *(constraints.excluded or ()))
    if not trees and not constraints.dropped:
        yield "it holds no subtree"
    for tree in trees:
        problem = subtree_problem(tree)
        if problem:
            yield f"the {tree.type.name} subtree {problem}"


@rule(
    "rfc5280-encoding",
    title="A certificate is encoded as RFC 5280 does not allow",
    citation="RFC 5280, 4.1 and 4.2; X.690",
    applies_to=every,
    fix="Issue it again with software that writes DER, and version 3 where there are extensions.",
)
def encoding(place: Place) -> Iterator[str]:
    """Apple reads past many faults of form; a validator by the book does not have to guess what was meant.

    Among them: bytes behind an extension's value, extensions in a certificate of version 1, signature algorithms that
    differ inside and outside, RSA with parameters, times without seconds or with an offset, names that are none.
    """
    yield from encoding_faults(place.cert)


@rule(
    "rfc5280-serial-number",
    title="The serial number is not a positive one of up to 20 octets",
    citation="RFC 5280, 4.1.2.2",
    applies_to=every,
    fix="Issue it again with a random positive serial number.",
)
def serial_number(place: Place) -> Iterator[str]:
    """Zero, negative and longer ones are outside the profile; Apple reads up to 37 octets of any sign."""
    serial = place.cert.serial
    if serial <= 0:
        yield f"it is {serial}" if serial > -1000 else "it is negative"
    elif (
        serial.bit_length() > MAX_SERIAL_OCTETS * 8 - 1 and (serial.bit_length() + 8) // 8 > MAX_SERIAL_OCTETS
    ):
        yield f"it has {(serial.bit_length() + 8) // 8} octets"


@rule(
    "rfc5280-anchor-critical-extension",
    title="The anchor has an unknown critical extension",
    citation="RFC 5280, 4.2",
    applies_to=where(lambda c: c.is_anchor),
    fix="Use an anchor without it.",
    binds=BoundParty.RELYING_PARTY,
)
def anchor_has_no_unknown_critical_extension(place: Place) -> Iterator[str]:
    """Apple does not ask a trusted anchor; a validator that reads the anchor as a certificate does."""
    for extension in place.cert.extensions:
        if extension.critical and extension.oid not in oids.CRITICAL_KNOWN_TO_APPLE:
            yield f"critical {oids.extension_name(extension.oid)}"


@rule(
    "rfc5280-names-well-formed",
    title="A subject alternative name is malformed",
    citation="RFC 5280, 4.2.1.6; RFC 1034, 3.5",
    applies_to=leaf,
    fix="Issue it again with names in preferred syntax.",
)
def names_well_formed(place: Place) -> Iterator[str]:
    """A dNSName is letters, digits and hyphens; an rfc822Name has one @; an iPAddress has 4 or 16 bytes.

    Apple lets an underscore pass and overlooks other malformed names.
    """
    for name in place.cert.subject_alt_names:
        match name.type:
            case NameType.DNS:
                bad = len(name.value) > 253 or not PREFERRED.match(name.text)
            case NameType.EMAIL:
                bad = name.text.count("@") != 1 or not name.value.isascii()
            case NameType.IP:
                bad = len(name.value) not in (4, 16)
            case _:
                bad = False
        if bad:
            yield f"{name.type.name} name {name.text[:60]!r}"


@rule(
    "rfc5280-cert-sign-needs-ca",
    title="keyCertSign without being a CA",
    citation="RFC 5280, 4.2.1.3 and 4.2.1.9",
    applies_to=every,
    fix="Issue the leaf again without keyCertSign, or the CA with cA TRUE.",
    fact="ca",
)
def key_cert_sign_needs_ca(place: Place) -> Iterator[str]:
    """The bit keyCertSign goes with cA TRUE, and only with it."""
    usage = place.cert.key_usage
    if usage is not None and KeyUsage.KEY_CERT_SIGN in usage and not _is_ca(place):
        yield f"{place.cert.subject.label} may sign certificates, and says it is no CA"


@rule(
    "rfc5280-issuer-non-empty",
    title="The issuer's name is empty",
    citation="RFC 5280, 4.1.2.4",
    applies_to=every,
    fix="Issue it again from a CA with a name.",
)
def issuer_present(place: Place) -> Iterator[str]:
    """Every certificate names its issuer."""
    if place.cert.issuer.empty:
        yield f"{place.cert.subject.label} names none"


@rule(
    "rfc5280-path-length-needs-ca",
    title="A path length without being a CA",
    citation="RFC 5280, 4.2.1.9",
    applies_to=every,
    fix="Issue it again without pathLenConstraint, or as a CA with keyCertSign.",
)
def path_length_needs_ca(place: Place) -> Iterator[str]:
    """The field pathLenConstraint goes with cA TRUE, and where there is keyUsage, with keyCertSign."""
    constraints, usage = place.cert.basic_constraints, place.cert.key_usage
    if constraints is None or constraints.path_length is None:
        return
    if not constraints.ca:
        yield f"{place.cert.subject.label} limits a path, and says it is no CA"
    elif usage is not None and KeyUsage.KEY_CERT_SIGN not in usage:
        yield f"{place.cert.subject.label} limits a path, and may not sign certificates"
