"""Revocation in a verdict, by the book of its policy; made by openssl too; and bytes that are no list and no answer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import Unreadable
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.model.verdict import Outcome, Verdict
from pki.trust import POLICIES, Crl, Evidence, OcspAnswer, RevocationData
from pki.trust.certificate_status import revocation_status
from pki.trust.revocation import Book
from pki.trust.revocation.checks import CHECKS
from pki.trust.revocation.crl_document import crl_text
from pki.trust.revocation.ocsp_document import ocsp_text
from tests import clock
from tests.chains import AT, DAY, Made, headline, judge, leaf, outcome
from tests.trust.revocations import (
    GOOD,
    INDIRECT,
    REVOKED,
    SERVER,
    TOP,
    UNKNOWN,
    USER,
    answer,
    answer_bytes,
    authority,
    crl,
    crl_bytes,
    idp,
    listed,
    single,
    uri,
)

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "revocation.md"
APPLES, BOOKS = ("apple", "ssl-client", "basic"), ("rfc5280", "webpki")
PASSED, FAILED, ABSENT = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE
NO_CHECK = leaf(TOP, extra=((x509.OCSPNoCheck(), False),))


NO_MARKER = leaf(TOP, extra=((x509.UnrecognizedExtension(x509.OCSPNoCheck.oid, b"\4\0"), False),))


def judged(data: RevocationData, policy: str, server: Made = SERVER) -> Verdict:
    return judge(server, anchors=(TOP,), evidence=Evidence(revocation=data), policy=policy)


def lists(*found: Crl) -> RevocationData:
    return RevocationData(crls=found)


def answers(*found: OcspAnswer) -> RevocationData:
    return RevocationData(ocsp=found)


def of(status: bytes, server: Made = SERVER) -> RevocationData:
    return answers(answer(single(status, server)))


@pytest.mark.parametrize("policy", [*APPLES, *BOOKS])
@pytest.mark.parametrize(
    ("data", "by_apple", "by_rfc5280"),
    [  # cert-not-revoked, revocation-known
        pytest.param(RevocationData(), (ABSENT, ABSENT), (ABSENT, ABSENT), id="nothing at hand"),
        pytest.param(lists(crl(listed(SERVER))), (ABSENT, ABSENT), (FAILED, PASSED), id="a list with it"),
        pytest.param(lists(crl()), (ABSENT, ABSENT), (PASSED, PASSED), id="a list without it"),
        pytest.param(of(REVOKED), (FAILED, PASSED), (FAILED, PASSED), id="an answer that says revoked"),
        pytest.param(of(GOOD), (PASSED, PASSED), (PASSED, PASSED), id="an answer that says good"),
        pytest.param(of(UNKNOWN), (PASSED, FAILED), (PASSED, FAILED), id="an answer that says unknown"),
        pytest.param(
            RevocationData((crl(listed(SERVER)),), of(GOOD).ocsp),
            (PASSED, PASSED),
            (FAILED, PASSED),
            id="both, at odds",
        ),
    ],
)
def test_the_policy_chooses_the_book(
    policy: str,
    data: RevocationData,
    by_apple: tuple[Outcome, Outcome],
    by_rfc5280: tuple[Outcome, Outcome],
) -> None:
    verdict = judged(data, policy)
    found = tuple(outcome(verdict, rule, 0) for rule in ("cert-not-revoked", "revocation-known"))
    assert found == (by_apple if policy in APPLES else by_rfc5280)


@pytest.mark.parametrize("policy", APPLES)
def test_a_list_is_a_remark_where_apple_judges(policy: str) -> None:
    for data, said in ((lists(crl(listed(SERVER))), "is revoked"), (lists(crl()), "is good")):
        verdict = judged(data, policy)
        remarks = [f for f in verdict.findings if f.rule_id == "crl-not-evaluated"]
        assert [(f.severity, f.rule.apple_check) for f in remarks] == [(Severity.WARNING, None)]
        assert said in remarks[0].evidence
        assert headline(verdict) not in ("cert-not-revoked", "revocation-known", "crl-not-evaluated")


@pytest.mark.parametrize("policy", BOOKS)
def test_no_such_remark_by_the_book(policy: str) -> None:
    verdict = judged(lists(crl()), policy)
    assert all(one.rule_id != "crl-not-evaluated" for one in verdict.outcomes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, PASSED, id="all of it"),
        pytest.param({"number": None}, FAILED, id="no cRLNumber"),
        pytest.param({"key_id": False}, FAILED, id="no authorityKeyIdentifier"),
        pytest.param({"until": None}, FAILED, id="no nextUpdate"),
    ],
)
def test_the_profile_of_a_list_is_asked_of_cas(changes: dict, expected: Outcome) -> None:
    verdict = judged(lists(crl(**changes)), "rfc5280")
    assert outcome(verdict, "rfc5280-crl-profile", 0) is expected
    assert outcome(verdict, "revocation-known", 0) is PASSED


@pytest.mark.parametrize(
    ("policy", "server", "known", "expected"),
    [
        pytest.param("apple", NO_CHECK, lambda it: of(REVOKED, it), ABSENT, id="Apple does not ask"),
        pytest.param(
            "apple",
            NO_MARKER,
            lambda it: of(REVOKED, it),
            FAILED,
            id="Apple asks where the marker is no NULL",
        ),
        pytest.param(
            "rfc5280", NO_CHECK, lambda it: of(REVOKED, it), FAILED, id="the RFC means responders alone"
        ),
        pytest.param(
            "rfc5280", NO_CHECK, lambda it: lists(crl(listed(it))), FAILED, id="and no lists at all"
        ),
    ],
)
def test_a_server_that_forbids_the_question(
    policy: str, server: Made, known: Callable[[Made], RevocationData], expected: Outcome
) -> None:
    assert outcome(judged(known(server), policy, server), "cert-not-revoked", 0) is expected


def test_a_revoked_intermediate_is_fatal_and_outranks_the_rest() -> None:
    middle = authority("Intermediate", TOP)
    server = leaf(middle, dns=("other.example",))
    known = Evidence(revocation=of(REVOKED, middle))
    verdict = judge(server, middle, anchors=(TOP,), evidence=known)
    assert headline(verdict) == "cert-not-revoked"
    assert verdict.headline is not None
    assert (verdict.headline.position, verdict.headline.severity) == (1, "fatal")


def test_the_cas_other_key_is_looked_for_among_what_was_sent() -> None:
    other = authority("Root", TOP, key_tag="new")
    for entries, rule in (((listed(SERVER),), "cert-not-revoked"), ((), None)):
        known = Evidence(revocation=lists(crl(*entries, by=other)))
        verdict = judge(SERVER, other, anchors=(TOP,), policy="rfc5280", evidence=known)
        assert outcome(verdict, "revocation-known", 0) is PASSED
        assert outcome(verdict, "cert-not-revoked", 0) is (FAILED if rule else PASSED)


def test_an_anchor_is_not_asked() -> None:
    assert outcome(judged(of(REVOKED, TOP), "apple"), "cert-not-revoked", 1) is ABSENT
    assert outcome(judged(lists(crl(listed(TOP))), "rfc5280"), "cert-not-revoked", 1) is ABSENT


MIDDLE = authority("Intermediate", TOP)
BELOW = leaf(MIDDLE)
STAPLE = answer(single(GOOD, BELOW, issuer=MIDDLE), by=MIDDLE)
NOBODY_IS_ASKED = "revocation of Intermediate: no OCSP answer at hand is about it"


@pytest.mark.parametrize("policy", [*APPLES, *BOOKS])
@pytest.mark.parametrize(
    ("data", "leafs", "intermediates"),
    [
        pytest.param(answers(STAPLE), PASSED, ABSENT, id="a staple is about the leaf alone"),
        pytest.param(
            answers(STAPLE, answer(single(GOOD, MIDDLE))), PASSED, PASSED, id="an answer about each"
        ),
        pytest.param(
            answers(STAPLE, answer(single(UNKNOWN, MIDDLE))), PASSED, FAILED, id="one that does not answer"
        ),
        pytest.param(of(GOOD, MIDDLE), FAILED, PASSED, id="only the intermediate's"),
        pytest.param(of(GOOD, SERVER), FAILED, ABSENT, id="another certificate's"),
    ],
)
def test_answers_oblige_nobody_they_are_not_about(
    policy: str, data: RevocationData, leafs: Outcome, intermediates: Outcome
) -> None:
    verdict = judge(BELOW, MIDDLE, anchors=(TOP,), policy=policy, evidence=Evidence(revocation=data))
    found = tuple(outcome(verdict, "revocation-known", position) for position in (0, 1))
    assert found == (leafs, intermediates)
    assert (NOBODY_IS_ASKED in verdict.not_checked) is (intermediates is ABSENT)


@pytest.mark.parametrize("policy", BOOKS)
def test_lists_make_the_rfc_ask_of_the_whole_path(policy: str) -> None:
    known = Evidence(revocation=RevocationData((crl(issuer=MIDDLE),), (STAPLE,)))
    verdict = judge(BELOW, MIDDLE, anchors=(TOP,), policy=policy, evidence=known)
    assert outcome(verdict, "revocation-known", 1) is FAILED
    assert not any(line.startswith("revocation of") for line in verdict.not_checked)


@pytest.mark.parametrize(
    ("lines", "there"),
    [
        pytest.param(
            crl_text(crl(extensions=(idp(uri("http://a/1"), flags=(INDIRECT,)),))),
            ["  covers alone: distributionPoint http://a/1", "  indirectCRL: covers other issuers' certificates, too"],
            id="an indirect list covers more, not less",
        ),
        pytest.param(crl_text(crl(extensions=(idp(flags=(USER,)),))), ["  covers alone: onlyContainsUserCerts"], id="a part"),
        pytest.param(ocsp_text(answer()), ["  about no certificate"], id="an answer about nobody"),
    ],
)  # fmt: skip
def test_what_is_shown(lines: list[str], there: list[str]) -> None:
    shown = [line for line in lines if line.startswith(("  covers", "  indirect", "  about"))]
    assert shown == there


def test_the_guide_has_the_table() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for check in CHECKS:
        cells = [(cell.__doc__ or "").removesuffix(".") if cell is not None else "-" for cell in check[3:]]
        assert f"| {check.asks} | {' | '.join(cells)} |" in text, check.name


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_lists_and_answers_that_openssl_made(tmp_path: Path) -> None:
    """`openssl ca` revokes, `openssl ocsp` answers; both say so to us, each by its book."""
    began = clock.now()  # openssl goes by the clock, so its authority is of today
    top = authority(start=began - 30 * DAY, end=began + 900 * DAY)
    server = leaf(top, start=began - DAY, end=began + 60 * DAY)
    pem = top.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "ca.key").write_bytes(pem)
    (tmp_path / "ca.pem").write_bytes(top.cert.public_bytes(Encoding.PEM))
    (tmp_path / "server.pem").write_bytes(server.cert.public_bytes(Encoding.PEM))
    (tmp_path / "index.txt").write_text("")
    (tmp_path / "ca.cnf").write_text(
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n"
    )

    def openssl(*args: str) -> None:
        subprocess.run(["openssl", *args], cwd=tmp_path, check=True, capture_output=True)

    ca = ("ca", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key")
    openssl(*ca, "-revoke", "server.pem")
    openssl(
        *ca, "-gencrl", "-out", "crl.pem"
    )  # no crlnumber in the configuration: a list of version 1, without one
    ask = ("ocsp", "-issuer", "ca.pem", "-cert", "server.pem", "-no_nonce", "-reqout", "req.der")
    openssl(*ask)
    reply = ("ocsp", "-index", "index.txt", "-rsigner", "ca.pem", "-rkey", "ca.key", "-CA", "ca.pem")
    openssl(*reply, "-reqin", "req.der", "-respout", "resp.der", "-ndays", "7")
    read = (tmp_path / "crl.pem").read_bytes(), (tmp_path / "resp.der").read_bytes()
    cert, issuer = CertFacts.parse(server.der), CertFacts.parse(top.der)
    for data, books in (
        (RevocationData(crls=Crl.parse_all(read[0])), (Book.RFC,)),
        (RevocationData(ocsp=(OcspAnswer.parse(read[1]),)), tuple(Book)),
    ):
        for book in books:
            assert revocation_status(data, cert, issuer, began + DAY, book=book).status == "revoked"


VERIFY = [
    pytest.param(crl(), None, id="not listed"),
    pytest.param(crl(listed(SERVER)), "revoked", id="listed"),
    pytest.param(crl(listed(SERVER), number=None, key_id=False), "revoked", id="listed, without a number"),
    pytest.param(
        crl(listed(SERVER), since=AT - 9 * DAY, until=AT - DAY), "revoked", id="listed, out of date"
    ),
    pytest.param(crl(since=AT - 9 * DAY, until=AT - DAY), "unknown", id="not listed, out of date"),
]


@pytest.mark.peer("openssl", "apt-get install openssl")
@pytest.mark.parametrize(("found", "status"), VERIFY)
def test_openssl_verify_concludes_the_same(tmp_path: Path, found: Crl, status: str | None) -> None:
    (tmp_path / "ca.pem").write_bytes(TOP.cert.public_bytes(Encoding.PEM))
    (tmp_path / "server.pem").write_bytes(SERVER.cert.public_bytes(Encoding.PEM))
    (tmp_path / "list.der").write_bytes(found.data)
    subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem"], cwd=tmp_path, check=True
    )
    at = str(int(AT.timestamp()))
    ran = subprocess.run(
        [
            *("openssl", "verify", "-attime", at, "-crl_check", "-CAfile", "ca.pem"),
            *("-CRLfile", "list.pem", "server.pem"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    cert, issuer = CertFacts.parse(SERVER.der), CertFacts.parse(TOP.der)
    ours = revocation_status(lists(found), cert, issuer, AT).status
    assert ours == (status or "good")
    assert (ran.returncode == 0) is (status is None)
    assert ("certificate revoked" in ran.stdout + ran.stderr) is (status == "revoked")


@given(st.binary(max_size=200))
def test_any_bytes_are_revocation_data_or_a_refusal(data: bytes) -> None:
    for parse in (Crl.parse, OcspAnswer.parse):
        with pytest.raises(Unreadable):
            parse(data)


ORIGINALS = (
    (Crl.parse, crl_bytes(listed(SERVER, reason=1), listed(5))),
    (OcspAnswer.parse, answer_bytes(single(REVOKED), certificates=(SERVER.der,))),
)


@given(st.data())
def test_mutated_lists_and_answers_answer_or_are_refused(data: st.DataObject) -> None:
    cert, issuer = (CertFacts.parse(made.der) for made in (SERVER, TOP))
    for parse, original in ORIGINALS:
        mutated = bytearray(original)
        for _ in range(data.draw(st.integers(1, 4))):
            mutated[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
        try:
            known = parse(bytes(mutated))
        except Unreadable:
            continue
        found = lists(known) if isinstance(known, Crl) else answers(known)
        for book in Book:
            assert revocation_status(found, cert, issuer, AT, book=book).text


@pytest.mark.parametrize(
    ("parse", "data", "words"),
    [
        pytest.param(Crl.parse, b"", "not a certificate revocation list", id="nothing"),
        pytest.param(Crl.parse, TOP.der, "not a certificate revocation list", id="a certificate"),
        pytest.param(
            Crl.parse,
            TOP.cert.public_bytes(Encoding.PEM),
            "is a certificate, not a certificate revocation list",
            id="one in PEM",
        ),
        pytest.param(
            Crl.parse, crl_bytes(behind=b"\x05\x00"), "unexpected field", id="a list with something behind"
        ),
        pytest.param(
            Crl.parse, bytes(64 * 1024 * 1024 + 1), "no more are read", id="a list that is too large"
        ),
        pytest.param(
            OcspAnswer.parse, answer_bytes(status=3), "it says tryLater", id="a responder that cannot now"
        ),
        pytest.param(
            OcspAnswer.parse, answer_bytes(status=17), "17, which is no status", id="no such status"
        ),
        pytest.param(
            OcspAnswer.parse, bytes(1024 * 1024 + 1), "no more are read", id="an answer that is too large"
        ),
        pytest.param(
            OcspAnswer.parse,
            answer_bytes(single(GOOD), certificates=(SERVER.der,) * 101),
            "more than 100 certificates",
            id="an answer with too many certificates",
        ),
    ],
)
def test_what_does_not_read_is_named(parse, data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse(data, name="the file")


def test_every_list_of_a_file_is_read() -> None:
    first, second = (
        x509.load_der_x509_crl(made.data).public_bytes(Encoding.PEM)
        for made in (crl(number=1), crl(number=2))
    )
    assert [found.number for found in Crl.parse_all(b"text before\n" + first + second)] == [1, 2]


def test_a_list_is_searched_by_serial_and_not_by_bytes() -> None:
    """The serial number's bytes also stand inside another one and inside an extension: neither is an entry."""
    number = SERVER.cert.serial_number
    hidden = der.encode(der.INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
    longer = int.from_bytes(b"\x01" + hidden + b"\x01", "big")
    found = crl(listed(longer), listed(7, reason=1))
    assert list(found.entries_for(hidden[2:])) == []
    assert [entry.serial for entry in found.entries()] == [longer, 7]


def test_policies_by_the_book_are_the_books_policies() -> None:
    assert {name for name, policy in POLICIES.items() if policy.by_rfc5280} >= set(BOOKS)
