"""Signed certificate timestamps, made by logs of our own."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import PkiError, Unreadable
from pki.issue.defects import changing_extensions, with_defects
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.oids import SCT_LIST
from pki.model.verdict import Outcome, Verdict
from pki.trust import Evidence, LogList, read_log_list
from pki.trust.stapled_scts import scts_in_ocsp
from pki.trust.transparency import (
    embedded_scts,
    needed,
    read_list,
    whole_months,
    without_sct_list,
)
from tests.chains import AT, DAY, Made, headline, judge, key, leaf, outcome, root


@dataclass(frozen=True)
class Log:
    name: str

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        return key("p256", self.name)

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sct(
        self,
        entry: bytes,
        when: datetime,
        *,
        flip: bool = False,
        numbers: tuple[int, int] = (4, 3),
        digest: Any = None,
    ) -> bytes:
        stamp = int(when.timestamp() * 1000).to_bytes(8, "big")
        algorithm = ec.ECDSA(digest or hashes.SHA256())
        signature = self.key.sign(b"\0\0" + stamp + entry + b"\0\0", algorithm)
        if flip:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        head = b"\0" + hashlib.sha256(self.spki).digest() + stamp + b"\0\0"
        return head + bytes(numbers) + len(signature).to_bytes(2, "big") + signature


def scts_in(*scts: bytes) -> bytes:
    body = b"".join(len(sct).to_bytes(2, "big") + sct for sct in scts)
    return len(body).to_bytes(2, "big") + body


LOGS = [Log(f"log {n}") for n in range(5)]


def logs(*entries: dict[str, Any], known: list[Log] = LOGS) -> LogList:
    """A version 3 list of KNOWN logs; ENTRIES change them in order."""
    rows = [
        {"description": log.name, "key": base64.b64encode(log.spki).decode(), "state": {"usable": {}}}
        for log in known
    ]
    for row, changes in zip(rows, entries, strict=False):
        row |= changes
    return read_log_list(json.dumps({"operators": [{"name": "Ours", "logs": rows}]}).encode(), name="list")


TOP = root()


def logged(
    by: int,
    *,
    when: datetime | None = None,
    dates: tuple[datetime, ...] = (),
    flip: bool = False,
    numbers: tuple[int, int] = (4, 3),
    digest: Any = None,
    **changes: Any,
) -> Made:
    """A leaf with SCTs of the first BY logs embedded, the way a CA does it: precertificate first."""
    changes = {"start": AT - 10 * DAY, "end": AT + 80 * DAY, **changes}
    plain = leaf(TOP, **changes)
    serial_keeper = CertFacts.parse(plain.der)
    issuer_hash = hashlib.sha256(CertFacts.parse(TOP.der).spki).digest()
    entry = b"\0\1" + issuer_hash + len(serial_keeper.tbs).to_bytes(3, "big") + serial_keeper.tbs
    moments = dates or (when or AT - 5 * DAY,) * by
    made = (
        log.sct(entry, moment, flip=flip, numbers=numbers, digest=digest)
        for log, moment in zip(LOGS[:by], moments, strict=True)
    )
    data = scts_in(*made)
    if not by:
        return plain
    extension = der.encode(
        0x30, bytes.fromhex("060a2b06010401d679020402") + der.encode(4, der.encode(4, data))
    )
    plus = changing_extensions(lambda extensions: [*extensions, extension])
    return Made(with_defects(plain.cert, plus, key=TOP.key), plain.key)


def judged(server: Made, known: LogList | None, anchor_class: str = "system", **asked: Any) -> Verdict:
    evidence = Evidence(ct_logs=known, delivered_scts=asked.pop("delivered", ()))
    return judge(server, anchors=(TOP,), anchor_class=anchor_class, evidence=evidence, **asked)


@pytest.mark.parametrize(
    ("rule", "by", "changes", "expected"),
    [
        pytest.param("tls-ct-required", 0, {}, Outcome.FAILED, id="no SCT"),
        pytest.param("tls-ct-required", 2, {}, Outcome.PASSED, id="logged"),
        pytest.param(
            "tls-ct-required", 2, {"flip": True}, Outcome.FAILED, id="signatures that do not verify"
        ),
        pytest.param("tls-ct-required", 2, {"when": AT + DAY}, Outcome.FAILED, id="timestamps of the future"),
        pytest.param("tls-ct-sct-count", 2, {}, Outcome.PASSED, id="two logs for 90 days"),
        pytest.param("tls-ct-sct-count", 1, {}, Outcome.FAILED, id="one log"),
        pytest.param(
            "tls-ct-sct-count", 2, {"end": AT + 170 * DAY}, Outcome.PASSED, id="two logs for 180 days"
        ),
        pytest.param(
            "tls-ct-sct-count",
            2,
            {"end": AT + 170 * DAY + timedelta(seconds=1)},
            Outcome.FAILED,
            id="a second more",
        ),
        pytest.param(
            "tls-ct-sct-count", 3, {"end": AT + 300 * DAY}, Outcome.PASSED, id="three logs for a year"
        ),
    ],
)
def test_counting(rule: str, by: int, changes: dict, expected: Outcome) -> None:
    assert outcome(judged(logged(by, **changes), logs()), rule, 0) is expected


@pytest.mark.parametrize("rule", ["tls-ct-required", "tls-ct-sct-count"])
@pytest.mark.parametrize(
    ("known", "anchor_class", "asked"),
    [
        pytest.param(logs(), "user", {}, id="a user's root"),
        pytest.param(logs(), "app", {}, id="an app's anchor"),
        pytest.param(logs(), "system", {"at": AT + 100 * DAY}, id="an expired leaf"),
    ],
)
def test_who_is_not_asked(rule: str, known: LogList | None, anchor_class: str, asked: dict) -> None:
    assert outcome(judged(logged(0), known, anchor_class, **asked), rule, 0) is Outcome.NOT_APPLICABLE


def test_apples_own_roots_are_exempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pki.trust.rules.transparency.APPLE_ROOTS", {CertFacts.parse(TOP.der).sha256})
    assert judged(logged(0), logs()).trusted


@pytest.mark.parametrize("known", [logs(), None], ids=["a list", "no list"])
def test_a_client_that_does_not_enforce_it_asks_nobody(known: LogList | None) -> None:
    verdict = judge(
        logged(0),
        anchors=(TOP,),
        anchor_class="system",
        evidence=Evidence(ct_logs=known, ct_enforced=False),
    )
    assert verdict.trusted
    assert "taken for not enforced" in " ".join(verdict.not_checked)


@pytest.mark.parametrize(
    ("by", "changes", "headline_is"),
    [
        pytest.param(0, {}, "tls-ct-required", id="no SCT"),
        pytest.param(2, {"when": AT + DAY}, "tls-ct-required", id="of the future alone"),
        pytest.param(1, {}, "tls-ct-sct-count", id="one log for 90 days"),
        pytest.param(2, {}, None, id="two logs for 90 days"),
        pytest.param(2, {"end": AT + 300 * DAY}, "tls-ct-sct-count", id="two logs for a year"),
        pytest.param(3, {"end": AT + 300 * DAY}, None, id="three logs for a year"),
        pytest.param(2, {"flip": True}, None, id="signatures that only a list could refute"),
    ],
)
def test_what_no_list_of_logs_can_change(by: int, changes: dict, headline_is: str | None) -> None:
    verdict = judged(logged(by, **changes), None)
    assert headline(verdict) == headline_is
    said = " ".join(verdict.not_checked)
    assert ("Certificate Transparency" in said) is (headline_is is None)
    if headline_is is None:
        assert outcome(verdict, "tls-ct-sct-count", 0) is Outcome.NOT_APPLICABLE


def test_what_a_file_does_not_tell_is_said() -> None:
    assert judged(logged(0), None).headline.evidence.endswith("judge it live)")
    entry = b"\0\0\0"
    given = judged(logged(0), None, delivered=(scts_in(LOGS[0].sct(entry, AT - DAY)),))
    assert "unless" not in given.headline.evidence


def test_two_delivered_scts_may_be_enough_and_only_a_list_tells() -> None:
    entry = b"\0\0\0"
    delivered = (scts_in(*(log.sct(entry, AT - DAY) for log in LOGS[:2])),)
    assert judged(logged(0), None, delivered=delivered).trusted
    assert not judged(logged(0), logs(), delivered=delivered).trusted


def in_ocsp(listed: bytes, *, status: bytes = b"\0") -> bytes:
    """An OCSP answer in outline, whose one SingleResponse carries LISTED; nobody looks at the rest for it."""
    oid = bytes.fromhex("060a2b06010401d679020405")
    extension = der.encode(0x30, oid, der.encode(4, der.encode(4, listed)))
    when = der.encode(der.GENERALIZED_TIME, b"20261121120000Z")
    single = der.encode(
        0x30, der.encode(0x30), b"\x80\0", when, der.encode(0xA1, der.encode(0x30, extension))
    )
    data = der.encode(0x30, der.encode(0xA2, der.encode(4, b"key")), when, der.encode(0x30, single))
    basic = der.encode(0x30, data, der.encode(0x30), der.encode(der.BIT_STRING, b"\0"))
    name = bytes.fromhex("06092b0601050507300101")
    inside = der.encode(0xA0, der.encode(0x30, name, der.encode(4, basic)))
    return der.encode(0x30, der.encode(0x0A, status), inside)


def test_a_stapled_answer_delivers_timestamps() -> None:
    """CertificateTransparency.m, copy_ocsp_scts."""
    server = logged(0)
    entry = b"\0\0" + len(server.der).to_bytes(3, "big") + server.der
    listed = scts_in(*(log.sct(entry, AT - DAY) for log in LOGS[:2]))
    assert scts_in_ocsp(in_ocsp(listed)) == (listed,)
    assert judged(server, logs(), delivered=scts_in_ocsp(in_ocsp(listed))).trusted
    assert scts_in_ocsp(in_ocsp(listed, status=b"\6")) == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_without_timestamps_or_with(data: bytes) -> None:
    answer = in_ocsp(scts_in(b"x"))
    for changed in (data, answer[: len(data)] + data, answer[: -len(data) or None]):
        assert all(isinstance(listed, bytes) for listed in scts_in_ocsp(changed))


def test_a_list_older_than_sixty_days_is_remarked_on() -> None:
    rows = [{"description": log.name, "key": base64.b64encode(log.spki).decode()} for log in LOGS]
    for age, remarked in ((60, False), (61, True)):
        document = {
            "log_list_timestamp": (AT - age * DAY).isoformat(),
            "operators": [{"name": "Ours", "logs": rows}],
        }
        known = read_log_list(json.dumps(document).encode(), name="list")
        verdict = judged(logged(2), known)
        assert verdict.trusted
        assert ("newer logs" in " ".join(verdict.not_checked)) is remarked


def test_certificates_from_before_october_2018_are_not_bound() -> None:
    old = leaf(TOP, start=datetime(2018, 10, 15, 23, 59, 59, tzinfo=UTC))
    assert outcome(judged(old, logs()), "tls-ct-required", 0) is Outcome.NOT_IN_FORCE


def state(name: str, when: datetime) -> dict[str, Any]:
    return {"state": {name: {"timestamp": when.isoformat()}}}


@pytest.mark.parametrize(
    ("entries", "trusted"),
    [
        pytest.param(
            ({}, state("retired", AT - DAY)),
            True,
            id="one log retired since: it still counts, the other is current",
        ),
        pytest.param(
            (state("retired", AT - DAY), state("retired", AT - DAY)),
            False,
            id="both retired: none is current",
        ),
        pytest.param(({}, state("retired", AT - 9 * DAY)), False, id="retired before it signed"),
        pytest.param(({}, state("readonly", AT - DAY)), True, id="read-only since"),
        pytest.param(({}, state("readonly", AT - 9 * DAY)), False, id="read-only when it signed"),
        pytest.param(({}, {"state": {"pending": {}}}), False, id="never qualified"),
        pytest.param(
            (
                {},
                {
                    "temporal_interval": {
                        "start_inclusive": "2027-01-01T00:00:00Z",
                        "end_exclusive": "2028-01-01T00:00:00Z",
                    }
                },
            ),
            True,
            id="a shard that takes this end date",
        ),
        pytest.param(
            (
                {},
                {
                    "temporal_interval": {
                        "start_inclusive": "2028-01-01T00:00:00Z",
                        "end_exclusive": "2029-01-01T00:00:00Z",
                    }
                },
            ),
            False,
            id="a shard of another year",
        ),
    ],
)
def test_states_and_windows_of_logs(entries: tuple, trusted: bool) -> None:
    assert judged(logged(2), logs(*entries)).trusted is trusted


def test_scts_from_the_handshake_count_with_one_embedded() -> None:
    server = logged(1)
    entry = b"\0\0" + len(server.der).to_bytes(3, "big") + server.der
    delivered = (scts_in(LOGS[1].sct(entry, AT - DAY)),)
    assert judged(server, logs(), delivered=delivered).trusted
    assert not judged(server, logs(), delivered=(scts_in(LOGS[0].sct(entry, AT - DAY)),)).trusted


@pytest.mark.parametrize(
    ("retired", "dates", "trusted"),
    [
        pytest.param(AT - 5 * DAY, (AT - 6 * DAY, AT - 9 * DAY), True, id="both SCTs before it retired"),
        pytest.param(
            AT - 5 * DAY, (AT - 4 * DAY, AT - 9 * DAY), False, id="set back: the current log saw it after"
        ),
        pytest.param(AT - 5 * DAY, (AT - 9 * DAY, AT - 4 * DAY), False, id="its own SCT after"),
        pytest.param(
            AT - 5 * DAY, (AT - 5 * DAY, AT - 9 * DAY), False, id="the current log saw it just then"
        ),
        pytest.param(
            AT - 5 * DAY, (AT - 5 * DAY - timedelta(seconds=1), AT - 9 * DAY), True, id="and a second before"
        ),
    ],
)
def test_a_retired_log_counts_by_the_date_of_issue(
    retired: datetime, dates: tuple[datetime, datetime], trusted: bool
) -> None:
    """CertificateTransparency.m, verify_tls_ct_policy: issued when a current log first saw it."""
    assert judged(logged(2, dates=dates), logs({}, state("retired", retired))).trusted is trusted


def test_a_retired_log_delivers_nothing() -> None:
    server = logged(1)
    entry = b"\0\0" + len(server.der).to_bytes(3, "big") + server.der
    delivered = (scts_in(LOGS[1].sct(entry, AT - DAY)),)
    assert not judged(server, logs({}, state("retired", AT)), delivered=delivered).trusted


@pytest.mark.parametrize(
    ("numbers", "digest", "counts"),
    [
        pytest.param((4, 3), hashes.SHA256(), True, id="SHA-256 with ECDSA"),
        pytest.param((5, 3), hashes.SHA384(), True, id="SHA-384 with ECDSA"),
        pytest.param((2, 3), hashes.SHA1(), True, id="SHA-1 with ECDSA"),
        pytest.param((6, 3), hashes.SHA512(), False, id="SHA-512 with ECDSA"),
        pytest.param((3, 3), hashes.SHA224(), False, id="SHA-224 with ECDSA"),
        pytest.param((4, 1), hashes.SHA256(), False, id="RSA, and the log's key is EC"),
        pytest.param((5, 3), hashes.SHA256(), False, id="another digest than it says"),
    ],
)
def test_the_algorithms_of_a_timestamp(numbers: tuple[int, int], digest: Any, counts: bool) -> None:
    """CertificateTransparency.m, oidForSigAlg."""
    assert judged(logged(2, numbers=numbers, digest=digest), logs()).trusted is counts


def test_a_list_with_a_wrong_length_holds_nothing() -> None:
    """SecSCTUtils.c: no SCT before the fault counts either."""
    sct = LOGS[0].sct(b"", AT)
    good = scts_in(sct, sct)
    assert len(read_list(good, embedded=True)) == 2
    body = good[2:] + b"\0\x09short"
    assert read_list(len(body).to_bytes(2, "big") + body, embedded=True) == ()


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        pytest.param("2020-01-31", "2021-04-10", 14, id="14 and some days"),
        pytest.param("2020-01-31", "2021-04-30", 15, id="the last day stands for a day there is not"),
        pytest.param("2020-02-01", "2022-05-06", 27, id="27 and some days"),
        pytest.param("2020-02-29", "2021-02-28", 12, id="a leap day"),
        pytest.param("2020-02-10", "2020-03-09", 0, id="a day short of one"),
        pytest.param("2020-02-10", "2020-03-10", 1, id="one"),
    ],
)
def test_whole_months(start: str, end: str, months: int) -> None:
    """CFCalendarGetComponentDifference with months alone."""
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end)]
    assert whole_months(*moments) == months


@pytest.mark.parametrize(
    ("months", "count"), [(14, 2), (15, 3), (27, 3), (28, 4), (39, 4), (40, 5)], ids=lambda n: str(n)
)
def test_counts_before_april_2021(months: int, count: int) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    end = datetime(2020 + months // 12, months % 12 + 1, 1, tzinfo=UTC)
    assert needed(CertFacts.parse(leaf(TOP, start=start, end=end).der)) == count


def test_taking_the_list_out_gives_the_precertificates_bytes() -> None:
    server = logged(1)
    facts = CertFacts.parse(server.der)
    plain = without_sct_list(facts.tbs)
    assert plain is not None
    assert plain != facts.tbs
    assert SCT_LIST not in str(plain)
    theirs = server.cert.tbs_precertificate_bytes
    assert plain == theirs


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_of_scts(data: bytes) -> None:
    for framed in (data, scts_in(data)):
        assert len(list(read_list(framed, embedded=True))) <= 64


def test_a_certificate_without_scts_has_none() -> None:
    assert embedded_scts(CertFacts.parse(leaf(TOP).der)) == ()


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b"<html>", b'{"operators": 1}', b'[{"key": "%%"}]', b"[" * 100_000],
    ids=lambda d: repr(d[:16]),
)
def test_what_is_no_list_of_logs(data: bytes) -> None:
    with pytest.raises(Unreadable, match="log list"):
        read_log_list(data, name="file")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["operators", "logs", "key", "state"]), inner)
    ),
)


@given(json_like)
def test_any_json_is_a_list_of_logs_or_a_refusal(document: Any) -> None:
    try:
        read_log_list(json.dumps(document).encode(), name="file")
    except PkiError as error:
        assert error.hint
