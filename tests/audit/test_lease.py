"""Who writes into a place that knows no locks, tried with a place in memory: two that meet, one that was killed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pki.audit import lease
from pki.audit.lease import NAME, Lease
from pki.errors import StoreError
from tests import clock


class Memory:
    """Objects in memory."""

    shown = "s3://fleet/out"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self.objects.get(name)

    def write(self, name: str, data: bytes) -> None:
        self.objects[name] = data

    def remove(self, name: str) -> None:
        self.objects.pop(name, None)


def unheard(remark: str) -> None:
    raise AssertionError(remark)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lease, "BEAT", 0.02)
    monkeypatch.setattr(lease, "WATCHED", 20.0)
    return


def test_it_is_renewed_while_it_is_held_and_gone_afterwards() -> None:
    place = Memory()
    held = Lease(place)
    with held.held(unheard):
        first = json.loads(place.objects[NAME])
        clock.until(lambda: json.loads(place.objects[NAME])["renewed"] > first["renewed"] + 1)
        held.check()
    assert place.objects == {}


def test_a_second_one_sees_that_the_first_lives() -> None:
    place, remarks = Memory(), []
    with Lease(place).held(unheard):
        with pytest.raises(
            StoreError, match="another process is writing an audit into s3://fleet/out: process "
        ) as caught:
            Lease(place).held(remarks.append).__enter__()
        assert "Wait for it to end" in caught.value.hint
        (remark,) = remarks
        assert remark.startswith("s3://fleet/out is held by process ")
        clock.until(lambda: place.objects[NAME])  # the first one's, still


def test_what_a_killed_one_left_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "WATCHED", 0.2)
    place, remarks = Memory(), []
    place.write(NAME, b'{"run": "0", "host": "builder", "process": 7, "renewed": 3}\n')
    with Lease(place).held(remarks.append):
        assert json.loads(place.objects[NAME])["run"] != "0"
    assert "held by process 7 on builder" in remarks[0]
    assert place.objects == {}


@pytest.mark.parametrize("left", [b"", b"\xff", b"[" * 100_000, b"[]", b'{"process": []}'])
def test_what_is_no_claim_is_nobodys(left: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "WATCHED", 0.1)
    place = Memory()
    place.write(NAME, left)
    with Lease(place).held(lambda _: None):
        assert json.loads(place.objects[NAME])["renewed"] >= 1


def test_whoever_is_overtaken_writes_no_more_and_takes_nothing_away() -> None:
    place = Memory()
    held = Lease(place)
    theirs = b'{"run": "1", "host": "other", "process": 8, "renewed": 1}\n'

    def overtaken() -> bool:
        try:
            held.check()
        except StoreError as error:
            return "process 8 on other" in str(error)
        return False

    with held.held(unheard):
        place.write(NAME, theirs)
        clock.until(overtaken)
    assert place.objects == {NAME: theirs}
