"""The tables themselves: in normal form, with a source, each row found where it stands, each fault complete."""

from __future__ import annotations

import re

import pytest

from pki.explain.alerts import _direction
from pki.explain.catalogue import FAULTS, implies
from pki.explain.decision import _BY_END, _OTHERS, OF_CHAIN
from pki.explain.fault import Fault, FaultText
from pki.explain.reading import read_text
from pki.explain.scanning import _vocabularies, normal
from pki.explain.vocabularies import apple_codes
from pki.explain.vocabularies.alerts import ALERT_NAMES, RUSTLS_SENTENCES
from pki.explain.vocabularies.apple import CHECKS
from pki.explain.vocabularies.openssl import VERIFY_ERRORS
from pki.explain.vocabulary import Vocabulary
from pki.handshake.acceptance import verify_codes
from pki.model.alerts import ALERTS
from pki.model.causes import CAUSES
from pki.model.codes import APPLE_CHECKS, OTHER_CODES
from pki.model.other_checks import OTHER_CHECKS
from pki.model.text_explanation import Where
from pki.report.stream_codes import PEER_ALERTS, STREAM_TEXTS
from pki.trust import all_rules

KINDS = {"in", "out", "srv", "cli", "either", "heading"}


def fault_of(value: str) -> str:
    """The fault in a table's value; "" for noise, what is dropped, and alerts."""
    kind, _, rest = value.partition(" ")
    if kind in ("noise", "drop"):
        return ""
    rest = rest if kind in KINDS else value
    return "" if rest.startswith("alert ") else rest


@pytest.mark.parametrize("vocabulary", _vocabularies(), ids=lambda vocabulary: vocabulary.name)
def test_a_vocabulary_is_written_as_texts_are_read(vocabulary: Vocabulary) -> None:
    assert vocabulary.source
    values = [
        *vocabulary.phrases.values(),
        *(value for _, _, value in vocabulary.patterns),
        *vocabulary.codes.values(),
    ]
    for value in values:
        fault = fault_of(value)
        assert fault in FAULTS or fault in _BY_END or not fault, value
    for phrase in (*vocabulary.phrases, *(marker for marker, _, _ in vocabulary.patterns)):
        assert normal(phrase) == phrase
        assert re.search("[a-z0-9]", phrase) or not phrase.isascii()


@pytest.mark.slow
@pytest.mark.parametrize("vocabulary", _vocabularies(), ids=lambda vocabulary: vocabulary.name)
def test_a_phrase_alone_stands_for_what_its_row_says(vocabulary: Vocabulary) -> None:
    for phrase, value in vocabulary.phrases.items():
        fault = fault_of(value)
        if fault and fault not in _BY_END and not value.startswith("drop"):
            found = read_text(f"SSL: x {phrase} y")
            assert found is not None, phrase
            assert fault in (found.fault, *(token.fault for token in found.tokens)), phrase


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.id)
def test_a_fault_is_complete(fault: Fault) -> None:
    assert (fault.decided is None) is fault.of_chain
    rules = all_rules()
    for telling in filter(None, (fault.server, fault.client)):
        assert telling.title[0].islower() or telling.title.split()[0] in (
            "App",
            "Apple's",
            "Android",
            "Certificate",
            "OpenSSL",
            "TLS",
        )
        assert not telling.title.endswith(".")
        assert telling.meaning.endswith(".")
        assert telling.next
        assert set(telling.rules) <= set(rules)
        assert {code for _, code in telling.causes if code} <= set(CAUSES)
        assert all(sentence.endswith((".", "...")) for sentence, _ in telling.causes)
        for command in telling.next:
            command.format(url="", host="", address="")


def test_no_server_is_blamed_where_the_client_refused() -> None:
    """The first words of an answer are what people read: the side must not be turned round by a cause or a title."""
    for fault in FAULTS.values():
        for telling, wrong in (
            (fault.server, r"\bserver (refused|rejected)"),
            (fault.client, r"\bclient (refused|rejected)"),
        ):
            if fault.of_chain and telling is not None:
                assert not re.search(wrong, words(telling)), fault.id


def words(telling: FaultText) -> str:
    return " ".join((telling.title, telling.meaning, *(sentence for sentence, _ in telling.causes)))


def test_nothing_implies_itself_or_goes_in_circles() -> None:
    for one in FAULTS:
        assert not implies(one, one)
    assert all(not (implies(a, b) and implies(b, a)) for a in FAULTS for b in FAULTS)


def test_every_check_of_apples_list_is_read() -> None:
    switches = {name for name, row in OTHER_CHECKS.items() if row.check is None}
    assert set(CHECKS) >= set(APPLE_CHECKS) | set(OTHER_CHECKS) - switches
    for name in set(APPLE_CHECKS) | set(OTHER_CHECKS) - switches:
        found = read_text(f"Trust evaluate failure: [leaf {name}]")
        assert found is not None
        assert found.fault == CHECKS[name]


def test_every_number_that_is_explained_alone_is_read_in_a_text() -> None:
    from pki.explain.numbers import _apple

    silent = {
        -9803,
        -9804,
        -9811,
        -9817,
        -9849,
        -9851,
        -9854,
        -9857,
        -9861,
        -9890,
    }  # pauses, and this side's own
    for number in {*STREAM_TEXTS, *PEER_ALERTS, *OTHER_CODES} - silent:
        assert _apple(number, "", 0)[0], number
    for check in (*APPLE_CHECKS.values(), *(row.check for row in OTHER_CHECKS.values() if row.check)):
        assert _apple(check.status, "", 0)[0], check


def test_a_number_means_one_thing() -> None:
    tables = (apple_codes.STREAM, apple_codes.URL, apple_codes.SECURITY, PEER_ALERTS, apple_codes.CLOSE_BY)
    numbers = [number for table in tables for number in table]
    assert len(numbers) == len(set(numbers))


def test_openssl_verify_errors_agree_with_those_of_our_handshakes() -> None:
    """`pki.handshake.acceptance.verify_codes` calls the same numbers by codes of `pki.model.causes`."""
    fits = {
        "expired": "expired",
        "not-yet-valid": "not-yet-valid",
        "purpose": "purpose",
        "revoked": "revoked",
        "revocation-unknown": "revocation-unknown",
        "weak-key": "weak-key",
        "weak-signature": "weak-digest",
    }
    for number, kind in verify_codes.KINDS.items():
        assert VERIFY_ERRORS[number] == fits[kind], number
    for number in verify_codes.NO_PATH:
        assert VERIFY_ERRORS[number] in (
            "issuer-unknown",
            "missing-intermediate",
            "root-unknown",
            "self-signed",
        )


def test_every_alert_has_a_meaning_from_each_side() -> None:
    assert set(ALERT_NAMES.values()) <= set(ALERTS)
    assert set(RUSTLS_SENTENCES.values()) <= set(ALERTS)
    assert set(OF_CHAIN.values()) <= set(FAULTS)
    assert {fault for row in _OTHERS.values() for fault in row} <= set(FAULTS)
    for number, alert in ALERTS.items():
        for way in ("read", "write"):
            found = read_text(f"TLS alert ({way}): fatal: {alert.name}")
            if number in ALERT_NAMES.values():
                assert found is not None, alert


@pytest.mark.parametrize(
    ("before", "after", "way"),
    [
        ("received fatal ", ": unknown_ca", "in"),
        ("write ", ", level: fatal, description: x", "out"),
        ("(in), tls ", ", unknown ca (560)", "in"),
        ("(out), tls ", ", unknown ca (560)", "out"),
        ("tlsv1 ", " unknown ca", "in"),
        ("ssl ", " number 48", "in"),
        ("the remote party sent a tls ", ": 'x'", "in"),
        ("tls ", " (level: fatal)", "either"),
    ],
)
def test_the_direction_of_an_alert(before: str, after: str, way: str) -> None:
    assert _direction(before, after) == way


def test_levels_are_used() -> None:
    assert {fault.where for fault in FAULTS.values()} == set(Where)
