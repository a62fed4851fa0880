"""CRLs by RFC 5280, 6.3.3: what a list is worth, and for whom."""

from __future__ import annotations

import pytest
from cryptography import x509

from pki.issue.defects.draft import Draft
from pki.model import der
from pki.model.certificate import CertFacts
from pki.trust import Crl, RevocationData
from pki.trust.certificate_status import revocation_status
from pki.trust.revocation import RevocationStatus
from tests.chains import AT, DAY, Made, leaf, make
from tests.trust.revocations import (
    ATTRIBUTE,
    CA,
    ECDSA_SHA384,
    HOUR,
    INDIRECT,
    SERVER,
    TOP,
    UNKNOWN_CRITICAL,
    USER,
    authority,
    crl,
    directory,
    extension,
    idp,
    listed,
    of,
    point,
    pointed,
    uri,
)

GOOD, REVOKED, UNKNOWN = RevocationStatus.GOOD, RevocationStatus.REVOKED, RevocationStatus.UNKNOWN
HERE, ELSEWHERE = uri("http://crl.test/a.crl"), uri("http://crl.test/b.crl")
SOME, REST = b"\x05\x60", b"\x07\x1f\x80"  # keyCompromise and cACompromise; the other six


def said(
    *lists: Crl,
    server: Made = SERVER,
    top: Made = TOP,
    above: tuple[Made, ...] = (),
    others: tuple[Made, ...] = (),
) -> tuple[RevocationStatus, str]:
    facts = [CertFacts.parse(made.der) for made in (server, top, *above)]
    answer = revocation_status(
        RevocationData(crls=lists),
        facts[0],
        facts[1],
        AT,
        above=facts[2:],
        others=[CertFacts.parse(made.der) for made in others],
    )
    return answer.status, answer.text


PARTED = leaf(TOP, extra=(pointed(point(HERE)),))
FOR_SOME = leaf(TOP, extra=(pointed(point(HERE, reasons=SOME), point(ELSEWHERE, reasons=REST)),))
MIDDLE = authority("Middle", TOP)


@pytest.mark.parametrize(
    ("lists", "status", "words"),
    [
        pytest.param([crl(listed(SERVER))], REVOKED, "revoked 2026-11-19", id="it is listed"),
        pytest.param(
            [crl(listed(SERVER, reason=1))], REVOKED, "keyCompromise", id="it is listed with a reason"
        ),
        pytest.param([crl()], GOOD, "not on the CRL of Root", id="it is not listed"),
        pytest.param([crl(listed(5))], GOOD, "not on", id="another one is listed"),
        pytest.param([], UNKNOWN, "there is no CRL", id="there is no list"),
        pytest.param([crl(number=None)], GOOD, "not on", id="no cRLNumber, and not listed"),
        pytest.param([crl(listed(SERVER), number=None)], REVOKED, "revoked", id="no cRLNumber, and listed"),
        pytest.param([crl(until=AT)], GOOD, "not on", id="nextUpdate is now"),
        pytest.param(
            [crl(until=AT - DAY / 24, since=AT - DAY)],
            UNKNOWN,
            "out of date since",
            id="out of date, and not listed",
        ),
        pytest.param(
            [crl(listed(SERVER), until=AT - DAY / 24)],
            REVOKED,
            "which is out of date since",
            id="out of date, and listed",
        ),
        pytest.param(
            [crl(since=AT + DAY, until=AT + 2 * DAY)], UNKNOWN, "of the future", id="a list of tomorrow"
        ),
        pytest.param(
            [crl(until=None, since=AT - 7 * DAY)], GOOD, "not on", id="no nextUpdate, and a week old"
        ),
        pytest.param(
            [crl(until=None, since=AT - 8 * DAY)], UNKNOWN, "over a week old", id="no nextUpdate, and older"
        ),
        pytest.param([crl(extensions=(UNKNOWN_CRITICAL,))], UNKNOWN, "1.2.3.4", id="critical and unknown"),
        pytest.param(
            [crl(extensions=(extension("1.2.3.4", b"\x05\x00"),))],
            GOOD,
            "not on",
            id="unknown, and not critical",
        ),
        pytest.param(
            [crl(listed(5, UNKNOWN_CRITICAL))],
            UNKNOWN,
            "must not be used",
            id="another entry is not understood (5.3)",
        ),
        pytest.param(
            [crl(listed(SERVER), listed(5, UNKNOWN_CRITICAL))],
            UNKNOWN,
            "although it lists the certificate",
            id="listed, and another entry is not understood (5.3)",
        ),
        pytest.param(
            [crl(by=make("Root", key_tag="thief"))],
            UNKNOWN,
            "is not signed by the key of Root",
            id="another's key",
        ),
        pytest.param(
            [crl(issuer=authority("Other"))], UNKNOWN, "of other issuers (Other)", id="another issuer's list"
        ),
        pytest.param([crl(empty=True)], UNKNOWN, "empty list", id="an empty list of entries"),
        pytest.param([crl(version=b"")], UNKNOWN, "not version 2", id="extensions in version 1"),
        pytest.param(
            [crl(version=b"", number=None, key_id=False)], GOOD, "not on", id="version 1 without extensions"
        ),
        pytest.param([crl(extensions=(idp(),))], UNKNOWN, "restricts nothing", id="an empty scope (5.2.5)"),
        pytest.param(
            [crl(listed(SERVER), extensions=(idp(),))], REVOKED, "revoked", id="the same, and listed"
        ),
        pytest.param(
            [crl(extensions=(idp(flags=(1, 2)),))], UNKNOWN, "covers other", id="users and CAs alone"
        ),
        pytest.param(
            [crl(listed(5, of(authority("Other"))))],
            UNKNOWN,
            "no indirect CRL",
            id="another's entry on a direct list",
        ),
        pytest.param(
            [crl(extensions=(extension("2.5.29.18", b"\x30\x00"),) * 2)],
            UNKNOWN,
            "twice",
            id="an extension twice",
        ),
        pytest.param([crl(inner=ECDSA_SHA384)], UNKNOWN, "5.1.1.2", id="two signature algorithms"),
        pytest.param(
            [crl(listed(SERVER), inner=ECDSA_SHA384)], REVOKED, "revoked", id="the same, and listed"
        ),
        pytest.param(
            [crl(listed(SERVER, serial=b"\0\0" + SERVER.cert.serial_number.to_bytes(20, "big")))],
            REVOKED,
            "revoked",
            id="listed under a serial number in a longer form",
        ),
        pytest.param(
            [crl(listed(SERVER, reason=8))], UNKNOWN, "removeFromCRL", id="removed in a complete list"
        ),
        pytest.param(
            [crl(listed(SERVER, reason=8), listed(SERVER, reason=1))],
            REVOKED,
            "keyCompromise",
            id="listed twice",
        ),
        pytest.param([crl(until=AT - DAY / 24), crl()], GOOD, "not on", id="an old list and a new one"),
        pytest.param(
            [crl(listed(SERVER, reason=6), since=AT - 2 * DAY, until=AT - DAY), crl()],
            GOOD,
            "not on",
            id="on hold in an older list, and not in the newer one",
        ),
        pytest.param(
            [crl(listed(SERVER, reason=1), since=AT - 2 * DAY, until=AT - DAY), crl()],
            REVOKED,
            "keyCompromise",
            id="revoked for good in an older list",
        ),
    ],
)
def test_a_list_counts_as_rfc_5280_says(lists: list[Crl], status: RevocationStatus, words: str) -> None:
    found = said(*lists)
    assert (found[0], words in found[1]) == (status, True), found[1]


def issuer_name(made: Made) -> bytes:
    return made.cert.subject.public_bytes()


@pytest.mark.parametrize(
    ("lists", "server", "status", "words"),
    [
        pytest.param(
            [crl(extensions=(idp(flags=(USER,)),))], SERVER, GOOD, "", id="user certificates, of one"
        ),
        pytest.param(
            [crl(extensions=(idp(flags=(USER,)),))],
            MIDDLE,
            UNKNOWN,
            "onlyContainsUserCerts",
            id="the same, of a CA",
        ),
        pytest.param([crl(extensions=(idp(flags=(CA,)),))], MIDDLE, GOOD, "", id="CA certificates, of one"),
        pytest.param(
            [crl(listed(SERVER), extensions=(idp(flags=(CA,)),))],
            SERVER,
            UNKNOWN,
            "covers other certificates (onlyContainsCACerts)",
            id="the same, of a server",
        ),
        pytest.param(
            [crl(extensions=(idp(flags=(ATTRIBUTE,)),))],
            SERVER,
            UNKNOWN,
            "onlyContainsAttributeCerts",
            id="attributes",
        ),
        pytest.param([crl(extensions=(idp(HERE),))], PARTED, GOOD, "", id="its distribution point"),
        pytest.param(
            [crl(extensions=(idp(uri("HTTP://CRL.test/a.crl")),))],
            PARTED,
            GOOD,
            "",
            id="its URI in capitals (7.4)",
        ),
        pytest.param([crl(extensions=(idp(ELSEWHERE, HERE),))], PARTED, GOOD, "", id="one of its names"),
        pytest.param(
            [crl(extensions=(idp(ELSEWHERE),))],
            PARTED,
            UNKNOWN,
            "another distribution point (http://crl.test/b",
            id="other",
        ),
        pytest.param(
            [crl(extensions=(idp(HERE),))], SERVER, UNKNOWN, "another distribution", id="it names none"
        ),
        pytest.param([crl()], PARTED, GOOD, "", id="a list of everything, where it names a point"),
        pytest.param(
            [crl(extensions=(idp(directory(issuer_name(TOP))),))],
            SERVER,
            GOOD,
            "",
            id="the issuer's name as a point",
        ),
        pytest.param(
            [crl(extensions=(idp(reasons=SOME),))],
            SERVER,
            UNKNOWN,
            "speaks of affiliationChanged",
            id="some reasons",
        ),
        pytest.param(
            [crl(listed(SERVER), extensions=(idp(reasons=SOME),))],
            SERVER,
            REVOKED,
            "",
            id="some reasons, and listed",
        ),
        pytest.param(
            [crl(extensions=(idp(reasons=SOME),)), crl(extensions=(idp(reasons=REST),))],
            SERVER,
            GOOD,
            "",
            id="all reasons",
        ),
        pytest.param(
            [crl(extensions=(idp(HERE),)), crl(extensions=(idp(ELSEWHERE),))],
            FOR_SOME,
            GOOD,
            "",
            id="all its points",
        ),
        pytest.param(
            [crl(extensions=(idp(HERE),))],
            FOR_SOME,
            UNKNOWN,
            "some reasons alone",
            id="a point for some reasons",
        ),
        pytest.param(
            [crl(extensions=(idp(flags=(INDIRECT,)),))], SERVER, GOOD, "", id="indirect, of its own issuer"
        ),
        pytest.param(
            [
                crl(
                    listed(SERVER, of(authority("Other"))),
                    extensions=(idp(flags=(INDIRECT,)),),
                )
            ],
            SERVER,
            GOOD,
            "",
            id="indirect, and the entry is another issuer's",
        ),
    ],
)
def test_a_list_is_asked_within_its_scope(
    lists: list[Crl], server: Made, status: RevocationStatus, words: str
) -> None:
    found = said(*lists, server=server)
    assert (found[0], words in found[1]) == (status, True), found[1]


LISTS = authority("Lists", TOP, "crl_sign")
SENT_AWAY = leaf(TOP, extra=(pointed(point(crl_issuer=directory(issuer_name(LISTS)))),))
OF_TOP = of(TOP)
INDIRECTLY = idp(directory(issuer_name(LISTS)), flags=(INDIRECT,))


@pytest.mark.parametrize(
    ("lists", "others", "status", "words"),
    [
        pytest.param(
            [crl(listed(SENT_AWAY, OF_TOP), issuer=LISTS, extensions=(INDIRECTLY,))],
            (LISTS,),
            REVOKED,
            "",
            id="listed",
        ),
        pytest.param(
            [crl(listed(5, OF_TOP), listed(SENT_AWAY), issuer=LISTS, extensions=(INDIRECTLY,))],
            (LISTS,),
            REVOKED,
            "",
            id="listed behind an entry that names the issuer",
        ),
        pytest.param([crl(issuer=LISTS, extensions=(INDIRECTLY,))], (LISTS,), GOOD, "", id="not listed"),
        pytest.param(
            [crl(listed(SENT_AWAY), issuer=LISTS, extensions=(INDIRECTLY,))],
            (LISTS,),
            GOOD,
            "",
            id="its own serial listed",
        ),
        pytest.param(
            [crl(issuer=LISTS, extensions=(INDIRECTLY,))],
            (),
            UNKNOWN,
            "no certificate of which is at hand",
            id="no signer",
        ),
        pytest.param([crl(issuer=LISTS)], (LISTS,), UNKNOWN, "is no indirect CRL", id="not an indirect list"),
    ],
)
def test_another_issuer_keeps_the_list(
    lists: list[Crl], others: tuple[Made, ...], status: RevocationStatus, words: str
) -> None:
    found = said(*lists, server=SENT_AWAY, others=others)
    assert (found[0], words in found[1]) == (status, True), found[1]


NEW_KEY = authority(
    "Root", TOP, key_tag="new"
)  # self-issued: the same name, the new key signed by the old one
STRANGER = authority("Root", key_tag="stranger")


@pytest.mark.parametrize(
    ("lists", "others", "status", "words"),
    [
        pytest.param([crl(by=NEW_KEY)], (NEW_KEY,), GOOD, "", id="by the CA's other key"),
        pytest.param([crl(listed(SERVER), by=NEW_KEY)], (NEW_KEY,), REVOKED, "", id="the same, and listed"),
        pytest.param(
            [crl(by=NEW_KEY)], (), UNKNOWN, "not signed by the key", id="whose certificate is not at hand"
        ),
        pytest.param(
            [crl(by=STRANGER)], (STRANGER,), UNKNOWN, "no path leads", id="by a root of the same name"
        ),
        pytest.param(
            [crl(listed(SERVER), by=STRANGER)],
            (STRANGER,),
            UNKNOWN,
            "although it lists",
            id="a stranger's word does no harm",
        ),
        pytest.param(
            [crl(by=authority("Root", TOP, "key_cert_sign", key_tag="mute"))],
            (authority("Root", TOP, "key_cert_sign", key_tag="mute"),),
            UNKNOWN,
            "lacks cRLSign",
            id="by a key that is not for lists",
        ),
    ],
)
def test_who_may_sign_a_list(
    lists: list[Crl], others: tuple[Made, ...], status: RevocationStatus, words: str
) -> None:
    found = said(*lists, others=others)
    assert (found[0], words in found[1]) == (status, True), found[1]


def test_a_signer_that_was_revoked_signs_no_lists() -> None:
    """An outdated list takes the other key back: it says nothing good of anybody, and that much is true for ever."""
    outdated = crl(listed(NEW_KEY), since=AT - 3 * DAY, until=AT - 2 * DAY)
    assert said(crl(by=NEW_KEY), others=(NEW_KEY,))[0] is GOOD
    found = said(crl(by=NEW_KEY), outdated, others=(NEW_KEY,))
    assert (found[0], "certificate was revoked" in found[1]) == (UNKNOWN, True), found[1]


HELD = crl(listed(SERVER, reason=6), number=7)
OLD = crl(number=7, since=AT - 9 * DAY, until=AT - DAY)


@pytest.mark.parametrize(
    ("lists", "status", "words"),
    [
        pytest.param([crl(number=8, delta_of=7)], UNKNOWN, "is a delta CRL", id="a delta alone"),
        pytest.param([crl(listed(SERVER), number=8, delta_of=7)], REVOKED, "", id="a delta that lists it"),
        pytest.param([crl(), crl(number=8, delta_of=7)], GOOD, "", id="a list and its delta"),
        pytest.param(
            [crl(), crl(listed(SERVER), number=8, delta_of=7)], REVOKED, "", id="revoked since the list"
        ),
        pytest.param(
            [HELD, crl(listed(SERVER, reason=8), number=8, delta_of=7)],
            GOOD,
            "",
            id="released since the list",
        ),
        pytest.param(
            [HELD, crl(listed(SERVER, reason=8), number=9, delta_of=8)],
            REVOKED,
            "",
            id="released since a later list",
        ),
        pytest.param(
            [crl(listed(SERVER, reason=1)), crl(listed(SERVER, reason=8), number=8, delta_of=7)],
            REVOKED,
            "keyCompromise",
            id="only a hold is released",
        ),
        pytest.param(
            [OLD, crl(number=8, delta_of=7)], GOOD, "", id="an outdated list and its delta of now (5.2.4)"
        ),
        pytest.param(
            [OLD, crl(number=9, delta_of=8)],
            UNKNOWN,
            "out of date",
            id="an outdated list and a later list's delta",
        ),
        pytest.param(
            [OLD, crl(number=8, delta_of=7, since=AT - 3 * DAY, until=AT - HOUR)],
            UNKNOWN,
            "out of date",
            id="both outdated",
        ),
        pytest.param(
            [OLD, crl(listed(SERVER), number=8, delta_of=7)],
            REVOKED,
            "",
            id="an outdated list, revoked since",
        ),
        pytest.param(
            [
                crl(listed(SERVER, reason=6), since=AT - 9 * DAY, until=AT - DAY),
                crl(listed(SERVER, reason=8), number=8, delta_of=7),
            ],
            GOOD,
            "",
            id="on hold on an outdated list, released since",
        ),
        pytest.param(
            [crl(since=AT + HOUR), crl(number=8, delta_of=7)], UNKNOWN, "future", id="a list of the future"
        ),
    ],
)
def test_delta_lists(lists: list[Crl], status: RevocationStatus, words: str) -> None:
    found = said(*lists)
    assert (found[0], words in found[1]) == (status, True), found[1]


def test_a_certificate_of_version_1_is_in_no_list_of_one_kind() -> None:
    """RFC 5280, 5.2.5; the certificate is written by hand, as no library makes any more."""
    draft = Draft.read(SERVER.der)
    data = Draft(
        version=b"",
        serial=draft.serial,
        issuer=draft.issuer,
        validity=draft.validity,
        subject=draft.subject,
        public_key=draft.public_key,
        extensions=None,
    ).signed(TOP.key)
    first, issuer = CertFacts.parse(data), CertFacts.parse(TOP.der)
    for extensions, status in (((), GOOD), ((idp(flags=(USER,)),), UNKNOWN)):
        known = RevocationData(crls=(crl(extensions=extensions),))
        assert revocation_status(known, first, issuer, AT).status is status


def test_the_profile_is_told_apart_from_the_algorithm() -> None:
    bare = RevocationData(crls=(crl(number=None, key_id=False, until=None),))
    facts = [CertFacts.parse(made.der) for made in (SERVER, TOP)]
    answer = revocation_status(bare, facts[0], facts[1], AT)
    assert answer.status is GOOD
    assert [words.split(" (")[0] for words in answer.blemishes] == [
        "has no cRLNumber",
        "has no nextUpdate",
        "has no authorityKeyIdentifier",
    ]
    assert revocation_status(RevocationData(crls=(*bare.crls, crl())), facts[0], facts[1], AT).blemishes == ()


def test_relative_names_are_put_behind_the_issuers() -> None:
    relative = x509.NameAttribute(x509.NameOID.COMMON_NAME, "part 1")
    rdn = x509.Name([relative]).public_bytes()[4:]  # the content of the one SET
    named = der.encode(0xA0, der.encode(0xA1, rdn))
    server = leaf(TOP, extra=(pointed(der.encode(der.SEQUENCE, named)),))
    inside = extension("2.5.29.28", der.encode(der.SEQUENCE, named), critical=True)
    whole = x509.Name([*TOP.cert.subject, relative]).public_bytes()
    other = x509.Name(
        [*TOP.cert.subject, x509.NameAttribute(x509.NameOID.COMMON_NAME, "part 2")]
    ).public_bytes()
    assert said(crl(extensions=(inside,)), server=server)[0] is GOOD
    assert said(crl(extensions=(idp(directory(whole)),)), server=server)[0] is GOOD
    assert said(crl(extensions=(idp(directory(other)),)), server=server)[0] is UNKNOWN
