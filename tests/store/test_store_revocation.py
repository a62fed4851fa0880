"""What was taken back, as the folder keeps it; openssl reads the lists and answers that say so."""

from __future__ import annotations

import json
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.errors import InvalidRequest, StoreError, WrongPassword
from pki.issue import KeyType
from pki.issue.crl import sign_crl
from pki.issue.revocation_urls import RevocationUrls
from pki.issue.revoked import Revocation, RevocationLedger, RevocationReason, parse_reason
from pki.model.certificate import CertFacts
from pki.store import AuthorityFolder
from pki.store.revocation import Revocations
from tests import clock
from tests.openssl import OPENSSL

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path, at: datetime) -> AuthorityFolder:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Revoking CA", at=at - HOUR)
    folder.issue_server("api.test", at=at)
    folder.issue_server("other.test", at=at)
    return folder


@pytest.fixture
def book(folder: AuthorityFolder) -> Revocations:
    return Revocations(folder)


def ran(*args: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        ["openssl", *args], capture_output=True, text=True, check=False, timeout=clock.PATIENCE
    )
    return done.returncode, done.stdout + done.stderr


def entry(crl: x509.CertificateRevocationList) -> x509.RevokedCertificate:
    (only,) = crl
    return only


def crl_number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("keyCompromise", RevocationReason.KEY_COMPROMISE, id="as the RFC writes it"),
        pytest.param("key-compromise", RevocationReason.KEY_COMPROMISE, id="with a hyphen"),
        pytest.param("CACOMPROMISE", RevocationReason.CA_COMPROMISE, id="in any case"),
    ],
)
def test_a_reason_reads(text: str, reason: RevocationReason) -> None:
    assert parse_reason(text) is reason


@pytest.mark.parametrize("text", ["removeFromCRL", "because", ""])
def test_what_is_no_reason_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(InvalidRequest, match="keyCompromise"):
        parse_reason(text)


def test_a_revocation_is_kept_for_the_owner_alone_and_the_first_one_stands(
    folder: AuthorityFolder, book: Revocations, at: datetime
) -> None:
    first, new = book.revoke("api.test", at=at, reason=RevocationReason.SUPERSEDED)
    assert new
    assert book.revoke("api.test", at=at + HOUR, reason=RevocationReason.KEY_COMPROMISE) == (first, False)
    assert Revocations(AuthorityFolder.open(folder.path)).all() == (first,)
    assert stat.S_IMODE((folder.path / "revocations.json").stat().st_mode) == 0o600


def test_a_hold_can_become_a_revocation_with_its_first_date(book: Revocations, at: datetime) -> None:
    book.revoke("api.test", at=at, reason=RevocationReason.CERTIFICATE_HOLD)
    final, new = book.revoke("api.test", at=at + HOUR, reason=RevocationReason.KEY_COMPROMISE)
    assert (new, final.at, final.reason) == (True, at, RevocationReason.KEY_COMPROMISE)
    assert book.all() == (final,)


def test_a_serial_finds_what_a_renewed_name_does_not(
    folder: AuthorityFolder, book: Revocations, at: datetime
) -> None:
    old = folder.row("api.test").serial
    folder.renew("api.test", at=at)
    spelled = ":".join(old[i : i + 2] for i in range(0, len(old), 2)).upper() if len(old) % 2 == 0 else old
    record, _ = book.revoke(spelled, at=at)
    assert record.serial == old != folder.row("api.test").serial


def test_an_unknown_name_is_refused_with_those_that_come_near(book: Revocations, at: datetime) -> None:
    with pytest.raises(StoreError, match=r"'apo\.test' was issued .* api\.test"):
        book.revoke("apo.test", at=at)


def test_many_writers_lose_nothing(folder: AuthorityFolder, at: datetime) -> None:
    names = [f"host{n}.test" for n in range(8)]
    for name in names:
        folder.issue_server(name, at=at)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Revocations(AuthorityFolder.open(folder.path)).revoke(n, at=at), names))
        crls = pool.map(
            lambda _: Revocations(AuthorityFolder.open(folder.path)).crl(None, at=at, next_update=at + WEEK),
            range(6),
        )
        numbers = sorted(crl_number(crl) for crl in crls)
    assert sorted(one.name for one in Revocations(folder).all()) == names
    assert numbers == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(
            b'{"schema":"trustrig.revocations/2","revoked":[],"crl_numbers":{}}', id="a later version"
        ),
        pytest.param(
            json.dumps(
                {
                    "schema": "trustrig.revocations/1",
                    "crl_numbers": {},
                    "revoked": [
                        {
                            "serial": "../x",
                            "name": "",
                            "issuer": "",
                            "revoked_at": "2026-01-01T00:00:00+00:00",
                            "reason": "superseded",
                        }
                    ],
                }
            ).encode(),
            id="a serial that is none",
        ),
    ],
)
def test_a_damaged_file_is_named_and_left_as_it_is(
    folder: AuthorityFolder, book: Revocations, at: datetime, content: bytes
) -> None:
    file = folder.path / "revocations.json"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"revocations\.json"):
        book.revoke("api.test", at=at)
    assert file.read_bytes() == content


def test_a_list_says_what_rfc_5280_asks(folder: AuthorityFolder, book: Revocations, at: datetime) -> None:
    record, _ = book.revoke("api.test", at=at, reason=RevocationReason.KEY_COMPROMISE)
    book.revoke("other.test", at=at + HOUR)  # not yet
    crl = book.crl(None, at=at, next_update=at + WEEK)
    (issuer,) = folder.intermediates
    assert crl.issuer == issuer.subject
    assert (crl.last_update_utc, crl.next_update_utc) == (at, at + WEEK)
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    named = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert named.key_identifier == own
    assert f"{entry(crl).serial_number:x}" == record.serial
    reason = entry(crl).extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise


def test_an_unspecified_reason_is_left_out(folder: AuthorityFolder, at: datetime) -> None:
    signing = folder.signing((*folder.intermediates, folder.root))
    crl = sign_crl(signing, [Revocation(7, at)], number=1, at=at, next_update=at + WEEK)
    assert list(entry(crl).extensions) == []


def test_a_list_that_ends_before_it_begins_costs_no_number(book: Revocations, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="next update"):
        book.crl(None, at=at, next_update=at)
    assert crl_number(book.crl(None, at=at, next_update=at + WEEK)) == 1


def test_the_root_and_an_authority_below_have_lists_of_their_own(
    folder: AuthorityFolder, book: Revocations, at: datetime
) -> None:
    folder.issue_intermediate("Lower CA", at=at)
    folder.issue_server("low.test", at=at, issuer="Lower CA")
    book.revoke("low.test", at=at)
    book.revoke("Revoking CA Intermediate", at=at, reason=RevocationReason.CA_COMPROMISE)
    until = at + WEEK
    assert len(book.crl(None, at=at, next_update=until)) == 0
    assert len(book.crl("Lower CA", at=at, next_update=until)) == 1
    root = book.crl(None, at=at, next_update=until, root=True)
    assert root.issuer == folder.root.subject
    assert entry(root).serial_number == folder.intermediates[0].serial_number
    with pytest.raises(InvalidRequest, match="no authority"):
        book.crl("api.test", at=at, next_update=until)


def test_an_encrypted_key_is_asked_for(tmp_path: Path, at: datetime) -> None:
    path = tmp_path / "locked"
    AuthorityFolder.create(path, name="Locked", at=at, passphrase=b"open sesame").issue_server(
        "a.test", at=at
    )
    shut = Revocations(AuthorityFolder.open(path))
    shut.revoke("a.test", at=at)  # needs no key
    with pytest.raises(WrongPassword):
        shut.crl(None, at=at, next_update=at + WEEK)
    opened = Revocations(AuthorityFolder.open(path, passphrase=b"open sesame"))
    assert len(opened.crl(None, at=at, next_update=at + WEEK)) == 1


@OPENSSL
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048, KeyType.ED25519])
def test_openssl_refuses_what_our_list_names_and_nothing_else(
    tmp_path: Path, at: datetime, key_type: KeyType
) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Any Key CA", at=at - HOUR, key_type=key_type)
    folder.issue_server("api.test", at=at)
    folder.issue_server("other.test", at=at)
    book = Revocations(folder)
    book.revoke("api.test", at=at, reason=RevocationReason.KEY_COMPROMISE)
    crls = [book.crl(None, at=at, next_update=at + WEEK, root=root) for root in (False, True)]
    (tmp_path / "crls.pem").write_bytes(b"".join(crl.public_bytes(Encoding.PEM) for crl in crls))

    def verified(name: str) -> tuple[int, str]:
        return ran(
            *("verify", "-x509_strict", "-crl_check_all", "-CAfile", folder.path / "root/cert.pem"),
            *("-untrusted", folder.path / "intermediate/cert.pem", "-CRLfile", tmp_path / "crls.pem"),
            folder.path / "issued" / name / "cert.pem",
        )

    code, words = verified("api.test")
    assert (code, "certificate revoked" in words) == (2, True)
    assert verified("other.test")[0] == 0


@OPENSSL
@pytest.mark.parametrize("delegated", [pytest.param(True, id="delegated"), pytest.param(False, id="itself")])
def test_openssl_verifies_our_answer(
    folder: AuthorityFolder, book: Revocations, tmp_path: Path, at: datetime, delegated: bool
) -> None:
    book.revoke("api.test", at=at, reason=RevocationReason.KEY_COMPROMISE)
    said = {}
    for name in ("api.test", "other.test"):
        data, _, _ = book.answer(name, at=at, next_update=at + WEEK, delegated=delegated)
        (tmp_path / "answer.der").write_bytes(data)
        code, words = ran(
            *("ocsp", "-respin", tmp_path / "answer.der", "-issuer", folder.path / "intermediate/cert.pem"),
            *("-cert", folder.path / "issued" / name / "cert.pem", "-CAfile", folder.path / "root/cert.pem"),
            *("-verify_other", folder.path / "intermediate/cert.pem", "-no_nonce"),
        )
        assert (code, "Response verify OK" in words) == (0, True), words
        said[name] = words
    assert "cert.pem: revoked" in said["api.test"]
    assert "Reason: keyCompromise" in said["api.test"]
    assert "cert.pem: good" in said["other.test"]


def test_an_answer_about_a_certificate_of_somebody_else_is_refused(
    book: Revocations, tmp_path: Path, at: datetime
) -> None:
    theirs = AuthorityFolder.create(tmp_path / "theirs", name="Revoking CA", at=at - HOUR)
    theirs.issue_server("api.test", at=at)
    with pytest.raises(InvalidRequest, match="was not issued by"):
        book.answer_about(theirs.certificates("api.test")[0], at=at, next_update=at + WEEK)


def test_a_future_revocation_is_still_good_and_one_unknown_is_neither(
    folder: AuthorityFolder, book: Revocations, at: datetime
) -> None:
    book.revoke("api.test", at=at + HOUR)
    for when, wanted in ((at, ocsp.OCSPCertStatus.GOOD), (at + HOUR, ocsp.OCSPCertStatus.REVOKED)):
        answer = ocsp.load_der_ocsp_response(book.answer("api.test", at=when, next_update=when + WEEK)[0])
        assert answer.certificate_status is wanted
    assert not book.status(folder.intermediates[0], 4711).known


def test_a_renewed_certificate_keeps_its_addresses(folder: AuthorityFolder, at: datetime) -> None:
    pointers = RevocationUrls.of(ocsp=["http://127.0.0.1:8080/"], crl=["http://127.0.0.1:8080/ca.crl"])
    folder.issue_server("status.test", at=at, pointers=pointers)
    assert RevocationUrls.read(folder.renew("status.test", at=at).chain[0]) == pointers
    assert RevocationUrls.read(folder.certificates("api.test")[0]) == RevocationUrls()


@pytest.mark.parametrize(
    "url", ["https://a.test/", "a.test", "http://", "http://a b/", "http://a:99999/", ""]
)
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="no http address"):
        RevocationUrls.of(ocsp=[url])


def test_what_was_taken_back_among_certificates_at_hand(
    folder: AuthorityFolder, book: Revocations, at: datetime, tmp_path: Path
) -> None:
    """By issuer and serial number: another authority's certificate of the same number is another one."""
    api, other = (folder.identity(name) for name in ("api.test", "other.test"))
    book.revoke("api.test", at=at, reason=RevocationReason.KEY_COMPROMISE)
    taken = Revocation(api.certificate.serial_number, at, RevocationReason.KEY_COMPROMISE)
    ledger = book.ledger()
    assert ledger.about(facts(api.certificate), at=at) == taken
    assert ledger.about(facts(api.certificate), at=at - HOUR) is None
    assert all(ledger.about(facts(cert), at=at) is None for cert in (other.certificate, *api.issuers))
    elsewhere = AuthorityFolder.create(tmp_path / "other", name="Other CA", at=at - HOUR)
    stranger = RevocationLedger("elsewhere", ((facts(elsewhere.root).issuer.key, taken),))
    assert stranger.about(facts(api.certificate), at=at) is None


def facts(certificate: x509.Certificate) -> CertFacts:
    return CertFacts.parse(certificate.public_bytes(Encoding.DER))
