"""OCSP answers by two books: what Apple's code makes of them, and what RFC 6960 does. One row, both columns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509

from pki.model.certificate import CertFacts
from pki.trust import OcspAnswer, RevocationData
from pki.trust.certificate_status import revocation_status
from pki.trust.revocation import Book, RevocationStatus
from tests.chains import AT, DAY, Made, leaf, make
from tests.trust.revocations import (
    GOOD,
    HOUR,
    MINUTE,
    ON_HOLD,
    REVOKED,
    SERVER,
    SIGNS_OCSP,
    TOP,
    UNKNOWN,
    UNKNOWN_CRITICAL,
    answer,
    authority,
    crl,
    delegate,
    extension,
    listed,
    single,
    usage,
)

good, revoked, unknown = RevocationStatus.GOOD, RevocationStatus.REVOKED, RevocationStatus.UNKNOWN


def said(
    book: Book, *answers: OcspAnswer, at=AT, above: tuple[Made, ...] = (), lists=()
) -> tuple[RevocationStatus, str]:
    cert, issuer, *rest = (CertFacts.parse(made.der) for made in (SERVER, TOP, *above))
    found = revocation_status(
        RevocationData(crls=lists, ocsp=answers), cert, issuer, at, book=book, above=rest
    )
    return found.status, found.text


def by(signer: Made, status: bytes = REVOKED, *sent: Made, **changes) -> OcspAnswer:
    """Signed by a delegate that comes along."""
    return answer(
        single(status), by=signer, certificates=tuple(made.der for made in (signer, *sent)), **changes
    )


PADDED = b"\0\0" + SERVER.cert.serial_number.to_bytes(20, "big")
EXPIRED = delegate(start=AT - 30 * DAY, end=AT - HOUR)
ANOTHER = leaf(TOP)
NEAR = authority("Near", TOP)


@pytest.mark.parametrize(
    ("answers", "apple", "rfc"),
    [
        pytest.param([answer(single(GOOD))], good, good, id="good"),
        pytest.param([answer(single(REVOKED))], revoked, revoked, id="revoked"),
        pytest.param([answer(single(UNKNOWN))], unknown, unknown, id="unknown to the responder"),
        pytest.param([answer(single(REVOKED, ANOTHER))], unknown, unknown, id="of another certificate"),
        pytest.param(
            [answer(single(REVOKED, key=b"another key"))], unknown, unknown, id="of another key of the issuer"
        ),
        pytest.param(
            [answer(single(GOOD, serial=PADDED))], unknown, good, id="a serial number in a longer form"
        ),
        # Dates: of a good one, with 75 minutes of leeway; of a revoked one, none.
        pytest.param([answer(single(GOOD, until=AT - HOUR))], good, unknown, id="an hour out of date"),
        pytest.param(
            [answer(single(GOOD, until=AT - 75 * MINUTE))], good, unknown, id="75 minutes out of date"
        ),
        pytest.param(
            [answer(single(GOOD, until=AT - 76 * MINUTE))], unknown, unknown, id="76 minutes out of date"
        ),
        pytest.param(
            [answer(single(GOOD, since=AT + HOUR), produced=AT + HOUR)],
            good,
            unknown,
            id="an hour of the future",
        ),
        pytest.param(
            [answer(single(GOOD, since=AT + 76 * MINUTE))], unknown, unknown, id="76 minutes of the future"
        ),
        pytest.param(
            [answer(single(GOOD), produced=AT + 76 * MINUTE)], unknown, good, id="produced in 76 minutes"
        ),
        pytest.param(
            [answer(single(REVOKED, until=AT - 9 * DAY, since=AT - 20 * DAY))],
            revoked,
            revoked,
            id="an old revoked",
        ),
        pytest.param(
            [answer(single(REVOKED, since=AT + DAY, until=AT + 2 * DAY))],
            revoked,
            revoked,
            id="a revoked of tomorrow",
        ),
        pytest.param(
            [answer(single(GOOD, since=AT - 25 * HOUR, until=None))],
            good,
            good,
            id="no nextUpdate, 25 hours old",
        ),
        pytest.param(
            [answer(single(GOOD, since=AT - 26 * HOUR, until=None))],
            unknown,
            good,
            id="no nextUpdate, 26 hours old",
        ),
        pytest.param(
            [answer(single(GOOD, since=AT - 7 * DAY, until=None))],
            unknown,
            good,
            id="no nextUpdate, a week old",
        ),
        pytest.param(
            [answer(single(GOOD, since=AT - 8 * DAY, until=None))],
            unknown,
            unknown,
            id="no nextUpdate, older",
        ),
        pytest.param(
            [answer(single(GOOD), produced=AT - 31 * DAY)],
            good,
            unknown,
            id="produced before the certificate began",
        ),
        pytest.param(
            [answer(single(GOOD), single(GOOD, ANOTHER, since=AT + 2 * HOUR))],
            unknown,
            good,
            id="another certificate's word of the future",
        ),
        # Several words.
        pytest.param(
            [answer(single(GOOD), single(REVOKED))], good, revoked, id="good, then revoked, in one answer"
        ),
        pytest.param(
            [answer(single(REVOKED), single(GOOD))], revoked, revoked, id="revoked, then good, in one answer"
        ),
        pytest.param(
            [answer(single(GOOD), single(UNKNOWN))], good, unknown, id="good, then unknown, in one answer"
        ),
        pytest.param(
            [answer(single(REVOKED, since=AT - 2 * DAY)), answer(single(GOOD))],
            good,
            revoked,
            id="revoked, then good",
        ),
        pytest.param(
            [answer(single(GOOD)), answer(single(REVOKED, since=AT - 2 * DAY))],
            good,
            revoked,
            id="good, an older revoked",
        ),
        pytest.param(
            [answer(single(GOOD, since=AT - 2 * DAY)), answer(single(REVOKED))],
            revoked,
            revoked,
            id="good, then revoked",
        ),
        pytest.param(
            [answer(single(REVOKED)), answer(single(GOOD))], revoked, revoked, id="two of the same moment"
        ),
        pytest.param(
            [answer(single(REVOKED, since=AT - 2 * DAY)), answer(single(UNKNOWN))],
            unknown,
            revoked,
            id="revoked, then unknown to the responder",
        ),
        pytest.param(
            [answer(single(REVOKED, since=AT - 9 * DAY)), answer(single(GOOD, until=AT - 2 * HOUR))],
            revoked,
            revoked,
            id="revoked, and a newer good one that is out of date",
        ),
        pytest.param(
            [answer(single(ON_HOLD, since=AT - 2 * DAY)), answer(single(GOOD))],
            good,
            good,
            id="on hold, then good",
        ),
        # Extensions.
        pytest.param(
            [answer(single(GOOD, extensions=(UNKNOWN_CRITICAL,)))], good, unknown, id="critical and unknown"
        ),
        pytest.param(
            [answer(single(GOOD), extensions=(UNKNOWN_CRITICAL,))], good, unknown, id="the same, of the whole"
        ),
        pytest.param(
            [answer(single(GOOD), extensions=(extension("1.3.6.1.5.5.7.48.1.2", b"\4\1x", critical=True),))],
            good,
            good,
            id="critical and known",
        ),
        # Signers.
        pytest.param([by(delegate())], revoked, revoked, id="by a delegate"),
        pytest.param(
            [answer(single(REVOKED), by=delegate())],
            unknown,
            unknown,
            id="by a delegate that did not come along",
        ),
        pytest.param(
            [by(make("Responder", TOP, purposes=SIGNS_OCSP))],
            unknown,
            revoked,
            id="a delegate without keyUsage",
        ),
        pytest.param(
            [by(delegate(TOP, "key_encipherment"))], unknown, unknown, id="a delegate for encipherment"
        ),
        pytest.param(
            [by(delegate(TOP, "content_commitment"))], unknown, revoked, id="a delegate with nonRepudiation"
        ),
        pytest.param([by(delegate(ca=True))], unknown, revoked, id="a delegate that is a CA"),
        pytest.param([by(delegate(purposes=()))], unknown, unknown, id="a delegate for anything"),
        pytest.param([by(leaf(TOP, "Server"))], unknown, unknown, id="a server below the same CA"),
        pytest.param([by(make("Stranger", purposes=SIGNS_OCSP))], unknown, unknown, id="a stranger"),
        pytest.param(
            [by(delegate(NEAR), REVOKED, NEAR)], unknown, unknown, id="a delegate of a CA below the issuer"
        ),
        pytest.param(
            [by(EXPIRED, produced=AT - DAY)], revoked, revoked, id="revoked, by a delegate that expired since"
        ),
        pytest.param(
            [by(EXPIRED, GOOD, produced=AT - DAY)],
            unknown,
            unknown,
            id="good, by a delegate that expired since",
        ),
        pytest.param(
            [by(EXPIRED, produced=AT)], unknown, unknown, id="revoked, by a delegate that had expired"
        ),
        pytest.param(
            [answer(single(REVOKED), by=TOP, named=SERVER)],
            unknown,
            unknown,
            id="signed by the CA in another's name",
        ),
        pytest.param(
            [answer(single(REVOKED), certificates=(TOP.der,))],
            revoked,
            revoked,
            id="the issuer's certificate comes along",
        ),
        pytest.param(
            [answer(single(REVOKED), certificates=(authority(extra=()).der,))],
            unknown,
            revoked,
            id="another certificate of the issuer's key comes along",
        ),
        pytest.param(
            [answer(single(REVOKED), certificates=(b"\x30\x03\x02\x01\x01",))],
            unknown,
            revoked,
            id="a certificate that does not read comes along",
        ),
    ],
)
def test_two_books(answers: list[OcspAnswer], apple: RevocationStatus, rfc: RevocationStatus) -> None:
    by_apple, by_rfc = said(Book.APPLE, *answers), said(Book.RFC, *answers)
    assert (by_apple[0], by_rfc[0]) == (apple, rfc), (by_apple[1], by_rfc[1])


@pytest.mark.parametrize(
    ("answers", "book", "words"),
    [
        pytest.param(
            [answer(single(GOOD, until=AT - 2 * HOUR))], Book.APPLE, "out of date since", id="dates"
        ),
        pytest.param([by(delegate(ca=True))], Book.APPLE, "is a CA, although it says revoked", id="a CA"),
        pytest.param(
            [by(EXPIRED, produced=AT)], Book.APPLE, "policy refuses as of 2026-11-21T12:00:00Z", id="expired"
        ),
        pytest.param(
            [answer(single(REVOKED, until=AT - DAY, since=AT - 2 * DAY))],
            Book.APPLE,
            "unless the responder has a newer",
            id="late",
        ),
        pytest.param(
            [answer(single(GOOD)), answer(single(UNKNOWN))],
            Book.APPLE,
            "good, says",
            id="the first of a moment",
        ),
        pytest.param([answer(single(UNKNOWN))], Book.RFC, "unknown to the OCSP responder", id="unknown"),
        pytest.param(
            [answer(single(GOOD, until=AT - DAY)), answer(single(UNKNOWN))],
            Book.RFC,
            "; unknown to the",
            id="every reason",
        ),
    ],
)
def test_the_reason_is_told(answers: list[OcspAnswer], book: Book, words: str) -> None:
    assert words in said(book, *answers)[1]


def test_a_delegate_on_a_list_counts_no_more_unless_it_forbids_the_question() -> None:
    signs = (usage("digital_signature"),)
    for signer, status in (
        (delegate(), unknown),
        (delegate(extra=(*signs, (x509.OCSPNoCheck(), False))), revoked),
    ):
        outdated = crl(listed(signer), since=AT - 3 * DAY, until=AT - DAY)  # says nothing good of anybody
        found = said(Book.RFC, by(signer), lists=(outdated,))
        assert (found[0], "revoked itself" in found[1]) == (status, status is unknown), found[1]


@pytest.mark.parametrize(
    "date", [datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1000, 1, 1, tzinfo=UTC)]
)
@pytest.mark.parametrize("at", [AT, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
@pytest.mark.parametrize("book", Book)
def test_dates_at_the_end_of_time_end_no_program(date: datetime, at: datetime, book: Book) -> None:
    for until in (None, date):
        stored = answer(single(GOOD, since=date, until=until), produced=date)
        status, _ = said(book, stored, at=at)
        assert status is unknown or date <= at
