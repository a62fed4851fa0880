"""CRLs and OCSP answers, made by `cryptography` and by openssl."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import Unreadable
from pki.issue.defects.draft import parts_of
from pki.model.certificate import CertFacts
from pki.model.der import encode as tlv
from pki.model.verdict import Outcome, Verdict
from pki.trust import Crl, Evidence, OcspAnswer, RevocationData
from tests import clock
from tests.chains import AT, DAY, Made, headline, intermediate, judge, key, leaf, make, outcome

USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


def signer(name: str = "Root", *, crl_sign: bool = True, at: datetime = AT) -> Made:
    usage = x509.KeyUsage(**USAGE, key_cert_sign=True, crl_sign=crl_sign)
    return make(name, ca=True, extra=((usage, True),), start=at - 30 * DAY, end=at + 900 * DAY)


TOP = signer()
SERVER = leaf(TOP)


def crl(
    *revoked: Made,
    issuer: Made = TOP,
    by: Any = None,
    when: datetime = AT - 2 * DAY,
    update: datetime = AT - DAY,
    until: datetime = AT + DAY,
    numbered: bool = True,
    extra: x509.ExtensionType | None = None,
) -> RevocationData:
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.cert.subject)
    builder = builder.last_update(update).next_update(until)
    for made in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(made.cert.serial_number).revocation_date(when)
        builder = builder.add_revoked_certificate(entry.build())
    if numbered:
        builder = builder.add_extension(x509.CRLNumber(7), critical=False)
    if extra is not None:
        builder = builder.add_extension(extra, critical=True)
    signed = builder.sign(by or issuer.key, hashes.SHA256())
    return RevocationData(crls=(Crl.parse(signed.public_bytes(Encoding.DER)),))


def judged(data: RevocationData, *, server: Made = SERVER, anchor: Made = TOP) -> Verdict:
    return judge(server, anchors=(anchor,), evidence=Evidence(revocation=data))


UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")


@pytest.mark.parametrize(
    ("data", "revoked", "known"),
    [
        pytest.param(crl(SERVER), Outcome.FAILED, Outcome.PASSED, id="listed"),
        pytest.param(crl(), Outcome.PASSED, Outcome.PASSED, id="not listed"),
        pytest.param(
            crl(SERVER, when=AT + DAY), Outcome.PASSED, Outcome.PASSED, id="revoked from tomorrow on"
        ),
        pytest.param(
            crl(SERVER, until=AT - DAY, update=AT - 3 * DAY), Outcome.PASSED, Outcome.FAILED, id="out of date"
        ),
        pytest.param(
            crl(SERVER, update=AT + DAY, until=AT + 2 * DAY), Outcome.PASSED, Outcome.FAILED, id="of tomorrow"
        ),
        pytest.param(
            crl(SERVER, by=key("p256", "thief")), Outcome.PASSED, Outcome.FAILED, id="signed by another key"
        ),
        pytest.param(crl(SERVER, numbered=False), Outcome.PASSED, Outcome.FAILED, id="without a number"),
        pytest.param(
            crl(SERVER, extra=UNKNOWN_EXTENSION), Outcome.PASSED, Outcome.FAILED, id="critical and unknown"
        ),
        pytest.param(
            crl(SERVER, issuer=signer("Other")), Outcome.PASSED, Outcome.FAILED, id="of another issuer"
        ),
        pytest.param(RevocationData(), Outcome.NOT_APPLICABLE, Outcome.NOT_APPLICABLE, id="nothing at hand"),
    ],
)
def test_crls(data: RevocationData, revoked: Outcome, known: Outcome) -> None:
    verdict = judged(data)
    assert outcome(verdict, "cert-not-revoked", 0) is revoked
    assert outcome(verdict, "revocation-known", 0) is known
    assert verdict.trusted is (revoked is not Outcome.FAILED)


def test_an_issuer_that_may_not_sign_crls() -> None:
    top = signer(crl_sign=False)
    server = leaf(top)
    assert (
        outcome(judged(crl(server, issuer=top), server=server, anchor=top), "revocation-known", 0)
        is Outcome.FAILED
    )


def test_a_revoked_intermediate_is_fatal_and_outranks_the_rest() -> None:
    middle = intermediate(TOP)
    server = leaf(middle, dns=("other.example",))
    verdict = judge(server, middle, anchors=(TOP,), evidence=Evidence(revocation=crl(middle)))
    assert headline(verdict) == "cert-not-revoked"
    assert verdict.headline is not None
    assert (verdict.headline.position, verdict.headline.severity) == (1, "fatal")


def test_an_anchor_is_not_asked() -> None:
    assert outcome(judged(crl(TOP)), "cert-not-revoked", 1) is Outcome.NOT_APPLICABLE


def answer(
    status: ocsp.OCSPCertStatus,
    *,
    of: Made = SERVER,
    by: Made = TOP,
    certificates: tuple[Made, ...] = (),
    update: datetime = AT - DAY,
    until: datetime = AT + DAY,
) -> RevocationData:
    gone = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=of.cert,
        issuer=TOP.cert,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=update,
        next_update=until,
        revocation_time=AT - 2 * DAY if gone else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, by.cert)
    if certificates:
        builder = builder.certificates([made.cert for made in certificates])
    data = builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return RevocationData(ocsp=(OcspAnswer.parse(data),))


GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
DELEGATE = leaf(TOP, "Responder", purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))
NO_DELEGATE = leaf(TOP, "Server")
STRANGER = make("Stranger")


@pytest.mark.parametrize(
    ("data", "revoked", "known"),
    [
        pytest.param(answer(REVOKED), Outcome.FAILED, Outcome.PASSED, id="revoked"),
        pytest.param(answer(GOOD), Outcome.PASSED, Outcome.PASSED, id="good"),
        pytest.param(answer(UNKNOWN), Outcome.PASSED, Outcome.FAILED, id="unknown to the responder"),
        pytest.param(
            answer(REVOKED, of=leaf(TOP)), Outcome.PASSED, Outcome.FAILED, id="of another certificate"
        ),
        pytest.param(
            answer(REVOKED, until=AT - DAY, update=AT - 3 * DAY),
            Outcome.PASSED,
            Outcome.FAILED,
            id="out of date",
        ),
        pytest.param(
            answer(REVOKED, by=DELEGATE, certificates=(DELEGATE,)),
            Outcome.FAILED,
            Outcome.PASSED,
            id="by a delegate",
        ),
        pytest.param(
            answer(REVOKED, by=NO_DELEGATE, certificates=(NO_DELEGATE,)),
            Outcome.PASSED,
            Outcome.FAILED,
            id="by a certificate that is not for OCSP",
        ),
        pytest.param(
            answer(REVOKED, by=STRANGER, certificates=(STRANGER,)),
            Outcome.PASSED,
            Outcome.FAILED,
            id="by a stranger",
        ),
    ],
)
def test_ocsp(data: RevocationData, revoked: Outcome, known: Outcome) -> None:
    verdict = judged(data)
    assert outcome(verdict, "cert-not-revoked", 0) is revoked
    assert outcome(verdict, "revocation-known", 0) is known


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_a_crl_and_an_ocsp_answer_that_openssl_made(tmp_path: Path) -> None:
    """`openssl ca` revokes, `openssl ocsp` answers; both say so to us."""
    began = clock.now()  # openssl goes by the clock, so its authority is of today
    top = signer(at=began)
    server = leaf(top, start=began - DAY, end=began + 60 * DAY)
    pem = top.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "ca.key").write_bytes(pem)
    (tmp_path / "ca.pem").write_bytes(top.cert.public_bytes(Encoding.PEM))
    (tmp_path / "server.pem").write_bytes(server.cert.public_bytes(Encoding.PEM))
    (tmp_path / "index.txt").write_text("")
    (tmp_path / "crlnumber").write_text("01\n")
    (tmp_path / "ca.cnf").write_text(
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\ndefault_crl_days=30\n"
    )

    def openssl(*args: str) -> None:
        subprocess.run(["openssl", *args], cwd=tmp_path, check=True, capture_output=True)

    authority = ("ca", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key")
    openssl(*authority, "-revoke", "server.pem")
    openssl(*authority, "-gencrl", "-out", "crl.pem")
    ask = ("ocsp", "-issuer", "ca.pem", "-cert", "server.pem", "-no_nonce", "-reqout", "req.der")
    openssl(*ask)
    reply = ("ocsp", "-index", "index.txt", "-rsigner", "ca.pem", "-rkey", "ca.key", "-CA", "ca.pem")
    openssl(*reply, "-reqin", "req.der", "-respout", "resp.der", "-ndays", "7")
    for data in (
        RevocationData(crls=(Crl.parse((tmp_path / "crl.pem").read_bytes()),)),
        RevocationData(ocsp=(OcspAnswer.parse((tmp_path / "resp.der").read_bytes()),)),
    ):
        verdict = judge(server, anchors=(top,), at=began + DAY, evidence=Evidence(revocation=data))
        assert outcome(verdict, "cert-not-revoked", 0) is Outcome.FAILED
        assert outcome(verdict, "revocation-known", 0) is Outcome.PASSED


@given(st.binary(max_size=200))
def test_any_bytes_are_revocation_data_or_a_refusal(data: bytes) -> None:
    for parse in (Crl.parse, OcspAnswer.parse):
        with pytest.raises(Unreadable):
            parse(data)


def test_a_list_whose_issuer_does_not_read_is_refused() -> None:
    """Found by fuzzing: `cryptography` reads an empty relative name only when asked for it, and raises then."""
    good = crl(SERVER).crls[0].parsed.public_bytes(Encoding.DER)
    outer = parts_of(good)
    inner = parts_of(outer[0])
    broken = tlv(0x30, tlv(0x30, *inner[:2], tlv(0x30, tlv(0x31)), *inner[3:]), *outer[1:])
    with pytest.raises(Unreadable, match="not a certificate revocation list"):
        Crl.parse(broken)


ORIGINALS = (
    (Crl.parse, crl(SERVER).crls[0].parsed.public_bytes(Encoding.DER)),
    (OcspAnswer.parse, answer(GOOD).ocsp[0].parsed.public_bytes(Encoding.DER)),
)


@given(st.data())
def test_mutated_lists_and_answers_answer_or_are_refused(data: st.DataObject) -> None:
    for parse, original in ORIGINALS:
        mutated = bytearray(original)
        for _ in range(data.draw(st.integers(1, 4))):
            mutated[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
        try:
            known = parse(bytes(mutated))
        except Unreadable:
            continue
        facts = [CertFacts.parse(made.der) for made in (SERVER, TOP)]
        known.answer(facts[0], facts[1], AT)
