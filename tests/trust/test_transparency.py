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
from pki.issue.defects import changing_extensions, depart
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.verdict import Outcome, Verdict
from pki.trust import Evidence, LogList, read_log_list
from pki.trust.transparency import SCT_LIST, embedded_scts, needed, read_list, without_sct_list
from tests.chains import AT, DAY, Made, judge, key, leaf, outcome, root


@dataclass(frozen=True)
class Log:
    name: str

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        return key("p256", self.name)

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sct(self, entry: bytes, when: datetime, *, flip: bool = False) -> bytes:
        stamp = int(when.timestamp() * 1000).to_bytes(8, "big")
        signature = self.key.sign(b"\0\0" + stamp + entry + b"\0\0", ec.ECDSA(hashes.SHA256()))
        if flip:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        head = b"\0" + hashlib.sha256(self.spki).digest() + stamp + b"\0\0"
        return head + b"\4\3" + len(signature).to_bytes(2, "big") + signature


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


def logged(by: int, *, when: datetime | None = None, flip: bool = False, **changes: Any) -> Made:
    """A leaf with SCTs of the first BY logs embedded, the way a CA does it: precertificate first."""
    changes = {"start": AT - 10 * DAY, "end": AT + 80 * DAY, **changes}
    plain = leaf(TOP, **changes)
    serial_keeper = CertFacts.parse(plain.der)
    issuer_hash = hashlib.sha256(CertFacts.parse(TOP.der).spki).digest()
    entry = b"\0\1" + issuer_hash + len(serial_keeper.tbs).to_bytes(3, "big") + serial_keeper.tbs
    moment = when or AT - 5 * DAY
    data = scts_in(*(log.sct(entry, moment, flip=flip) for log in LOGS[:by]))
    extension = der.encode(
        0x30, bytes.fromhex("060a2b06010401d679020402") + der.encode(4, der.encode(4, data))
    )
    plus = changing_extensions(lambda extensions: [*extensions, extension])
    return Made(depart(plain.cert, plus, key=TOP.key), plain.key)


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
        pytest.param(None, "system", {}, id="no list of logs"),
        pytest.param(logs(), "system", {"at": AT + 100 * DAY}, id="an expired leaf"),
    ],
)
def test_who_is_not_asked(rule: str, known: LogList | None, anchor_class: str, asked: dict) -> None:
    assert outcome(judged(logged(0), known, anchor_class, **asked), rule, 0) is Outcome.NOT_APPLICABLE


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
