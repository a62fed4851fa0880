"""What is wrong with an identity of ours, said before any server says it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.issue import Authority
from pki.issue.revoked import Revocation, RevocationLedger, RevocationReason
from pki.model.causes import CAUSES
from pki.model.certificate import CertFacts
from pki.model.identity import Identity
from pki.trust.own_identity import identity_faults, identity_listed

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Our CA", at=at - 900 * DAY)


def codes(identity: Identity, at: datetime, **more: object) -> list[str]:
    faults = identity_faults(identity, at=at, **more)  # type: ignore[arg-type]  # a table's row
    assert all(fault.code in CAUSES and fault.text and fault.repair for fault in faults)
    return [fault.code.removeprefix("client-certificate-") for fault in faults]


@pytest.mark.parametrize("alone", [False, True], ids=["with its issuers", "the certificate alone"])
def test_dates_and_purpose(alone: bool, authority: Authority, at: datetime) -> None:
    for identity, expected in (
        (authority.issue_client("alice", at=at), []),
        (authority.issue_client("late", at=at, not_before=at - 9 * DAY, not_after=at - DAY), ["expired"]),
        (authority.issue_client("early", at=at, not_before=at + DAY), ["not-yet-valid"]),
        (authority.issue_server("api.test", at=at), ["purpose"]),
    ):
        shown = Identity(identity.certificate, identity.key) if alone else identity
        assert codes(shown, at) == expected


def test_an_intermediate_that_has_expired_is_named(at: datetime) -> None:
    old = Authority.create(name="Old CA", at=at - 2000 * DAY)
    identity = old.issue_client("alice", at=at - 2000 * DAY + DAY)
    (*_, fault) = identity_faults(identity, at=identity.issuers[0].not_valid_after_utc + DAY)
    assert "Old CA" in fault.text


def test_what_was_taken_back(authority: Authority, at: datetime) -> None:
    alice = authority.issue_client("alice", at=at)
    taken = Revocation(alice.certificate.serial_number, at, RevocationReason.KEY_COMPROMISE)
    (fault,) = identity_faults(alice, at=at, revoked=ledger(alice.certificate, taken))
    assert fault.code == "client-certificate-revoked"
    assert f'"alice" was revoked on {at:%Y-%m-%dT%H:%M:%SZ} (keyCompromise)' == fault.text
    before = at - DAY
    assert codes(alice, before, revoked=ledger(alice.certificate, taken)) == ["not-yet-valid"]
    issuer = alice.issuers[0]
    above = Revocation(issuer.serial_number, at)
    assert codes(alice, at, revoked=ledger(issuer, above)) == ["revoked"]
    assert codes(alice, at, revoked=ledger(issuer, taken)) == []  # the number, and another issuer


def ledger(certificate: x509.Certificate, taken: Revocation) -> RevocationLedger:
    """The ledger of CERTIFICATE's issuer, with TAKEN."""
    key = CertFacts.parse(certificate.public_bytes(Encoding.DER)).issuer.key
    return RevocationLedger("the ledger", ((key, taken),))


def test_the_list_of_acceptable_cas(authority: Authority, at: datetime) -> None:
    alice = authority.issue_client("alice", at=at)
    other = Authority.create(name="Their CA", at=at).root.subject.public_bytes()
    ours = authority.root.subject.public_bytes()
    assert codes(alice, at, acceptable=[other]) == ["wrong-ca"]
    assert codes(alice, at, acceptable=[other, ours]) == []
    assert (identity_listed(alice, [other]), identity_listed(alice, [ours])) == (False, True)
    # Neither an empty list nor one that is none says anything.
    assert identity_listed(alice, []) is None
    assert identity_listed(alice, [b"\x30\x81\x01\x00", b"no name"]) is None


def test_a_certificate_alone_may_lack_what_leads_to_an_acceptable_ca(
    authority: Authority, at: datetime
) -> None:
    """Whether it is of another CA or its intermediate is missing, the certificate does not tell."""
    alice = authority.issue_client("alice", at=at)
    (fault,) = identity_faults(
        Identity(alice.certificate, alice.key), at=at, acceptable=[authority.root.subject.public_bytes()]
    )
    assert fault.code == "client-certificate-issuer-not-sent"
    assert "may be of another CA, or of one of these by way of" in fault.text


@pytest.mark.parametrize(("bits", "expected"), [(1024, ["weak-key"]), (2048, [])])
def test_a_key_that_servers_on_openssl_do_not_take(
    bits: int, expected: list[str], authority: Authority, at: datetime
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    small = authority.issue_client("small", at=at)
    model = small.certificate
    builder = x509.CertificateBuilder(
        issuer_name=model.issuer,
        subject_name=model.subject,
        public_key=key.public_key(),
        serial_number=model.serial_number,
        not_valid_before=model.not_valid_before_utc,
        not_valid_after=model.not_valid_after_utc,
        extensions=list(model.extensions),
    )
    assert codes(Identity(builder.sign(small.key, hashes.SHA256()), key), at) == expected


def test_of_another_cas_identity_nothing_is_said_but_what_its_certificate_shows(at: datetime) -> None:
    theirs = Authority.create(name="Their CA", at=at).issue_client("eve", at=at)
    assert codes(theirs, at) == []
    assert codes(Identity(theirs.certificate, theirs.key, theirs.intermediates), at) == []
