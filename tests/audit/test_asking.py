"""Servers asked over the loopback: every host a row, each met by one connection at a time, silence met once."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pki.audit import AuditInput, Politeness, apple_offers, ask_servers
from pki.audit.sources.hosts_file import asked
from pki.errors import Unreadable
from pki_fixtures import ScenarioServer
from tests import clock
from tests.audit.counted import Counted, counted
from tests.servers import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="what a connection is doing is asked of Linux"),
]
FAST = Politeness(rate=10_000.0, timeout=clock.PATIENCE)


@pytest.fixture(scope="module")
def scenarios() -> Iterator[ScenarioServer]:
    with ScenarioServer(at=clock.now(), deadline=clock.PATIENCE) as server:
        yield server


@pytest.fixture
def doors() -> Iterator[Counted]:
    with counted() as found:
        yield found


def ask(hosts: list[str], politeness: Politeness = FAST, seed: int = 1) -> list[AuditInput]:
    inputs = [asked(host, "hosts.txt", f"line {number}") for number, host in enumerate(hosts, start=1)]
    return list(ask_servers(inputs, apple_offers(), jitter=random.Random(seed), politeness=politeness))


class Street:
    """300 hosts in one list: scenarios by name and by port, one silent in ten, others without TLS or without anybody."""

    def __init__(self, scenarios: ScenarioServer, doors: Counted) -> None:
        served = [one for one in scenarios.served if one.named and not one.presented.cleartext]
        self.front = {port: doors.in_front_of(port) for port in {one.port for one in served}}
        self.known = {f"{one.host}:{self.front[one.port]}": one for one in served}
        self.shared = self.front[scenarios.port]
        self.silent = {f"silent-{n}.localhost:{doors.silent()}" for n in range(30)}
        self.clear = {
            f"clear-{n}.localhost:{doors.speaking(b'220 hello' + bytes([13, 10]))}" for n in range(30)
        }
        self.closed = {f"closed-{n}.localhost:{free_port()}" for n in range(20)}
        self.down = [f"down-{n}.localhost:{port}" for port in [free_port()] for n in range(5)]
        known = [*self.known, *self.silent, *self.clear, *self.closed, *self.down]
        strangers = [f"stranger-{n}.localhost:{self.shared}" for n in range(300 - len(known))]
        self.hosts = [*known, *strangers]
        random.Random(5).shuffle(self.hosts)


def test_three_hundred_hosts(scenarios: ScenarioServer, doors: Counted) -> None:
    street = Street(scenarios, doors)
    assert len(street.hosts) == 300
    assert len(street.known) > 60
    # Long enough for a slow machine's good servers; 30 silent ones are met once each.
    found = ask(street.hosts, replace(FAST, rate=200.0, timeout=20.0))
    assert [one.endpoint for one in found] == street.hosts
    assert all(bool(one.chain) != bool(one.error) for one in found)
    by_host = {f"{one.endpoint}": one for one in found}

    for host in street.silent:
        assert "was reached, and not one byte came in the 20 s" in by_host[host].error
        assert doors.accepted[int(host.rpartition(":")[2])] == 1  # silence costs one timeout
    for host in street.clear:
        assert "does not speak TLS" in by_host[host].error
    for host in street.closed:
        assert "Connection refused" in by_host[host].error
    down = [by_host[host].error for host in street.down]
    assert sum("Connection refused" in words for words in down) == 2
    assert (
        sum("was not asked: the place it leads to refused 2 times in a row before" in words for words in down)
        == 3
    )

    shown = {host: one for host, one in by_host.items() if host in street.known and one.chain}
    assert len(shown) > 50
    for host, one in shown.items():
        assert one.chain == street.known[host].presented.chain  # the one for this name, and nobody else's
        assert one.transport is not None
        assert AuditInput.decode(one.encode(), name="it") == one
    assert set(doors.most.values()) == {1}  # no host was met by two connections at once


def test_many_silences_are_waited_for_together(doors: Counted) -> None:
    """All thirty are connected to at the same time; then, and not when their time is up, they end."""
    hosts = [f"silent-{n}.localhost:{doors.silent()}" for n in range(30)]
    found: list[AuditInput] = []
    asking = threading.Thread(target=lambda: found.extend(ask(hosts)))
    asking.start()
    clock.until(lambda: doors.most_silent == 30)
    doors.close()
    asking.join(clock.PATIENCE)
    assert len(found) == 30
    assert all(one.error for one in found)


def test_two_at_once_are_seen_where_they_are_asked_for(scenarios: ScenarioServer, doors: Counted) -> None:
    """The record of the test above can say something else."""
    port = doors.in_front_of(scenarios.port)
    ask([f"s{n}.localhost:{port}" for n in range(60)], replace(FAST, per_host=8))
    assert 2 <= doors.most[port] <= 8


def test_a_name_on_several_ports_is_one_host(doors: Counted) -> None:
    """No second connection begins while the first is open: the silent one has to end before."""
    hosts = [f"one.localhost:{doors.silent()}" for _ in range(3)]
    found = ask(hosts, replace(FAST, timeout=1.0))
    assert all(one.error for one in found)
    assert doors.most_silent == 1


def test_what_is_named_again_is_told_again_and_not_asked(scenarios: ScenarioServer, doors: Counted) -> None:
    port = doors.in_front_of(scenarios.port)
    served = next(one for one in scenarios.served if one.named and one.scenario.id == "good-ec")
    first, *others = ask([f"{served.host}:{port}"] * 20)
    assert first.chain == served.presented.chain
    assert [one.locator for one in others] == [f"line {n}" for n in range(2, 21)]
    assert {replace(one, locator="") for one in others} == {replace(first, locator="")}
    assert doors.accepted[port] == 1


def test_other_inputs_pass_through_in_their_place(scenarios: ScenarioServer) -> None:
    served = next(one for one in scenarios.served if one.named and one.scenario.id == "good-ec")
    inputs = [
        AuditInput("a.pem", "", None, (b"0\x00",)),
        asked(f"{served.host}:{served.port}", "hosts.txt", "line 1"),
        AuditInput("hosts.txt", "line 2", None, (), error="no host"),
    ]
    found = list(ask_servers(inputs, apple_offers(), jitter=random.Random(1), politeness=FAST))
    assert [one.id for one in found] == [one.id for one in inputs]
    assert (found[0], found[2]) == (inputs[0], inputs[2])
    assert found[1].chain


def test_whoever_stops_taking_ends_the_asking(doors: Counted) -> None:
    """As Ctrl-C does: what waits is not begun any more, though 200 servers were named."""
    port = doors.speaking(b"220 hello\r\n")
    inputs = [asked(f"x{n}.localhost:{port}", "hosts.txt", f"line {n}") for n in range(200)]
    asking = ask_servers(inputs, apple_offers(), jitter=random.Random(1), politeness=replace(FAST, rate=20.0))
    next(asking)
    asking.close()  # type: ignore[attr-defined]
    begun = doors.accepted[port]
    assert begun < 100
    clock.until(lambda: not _workers())
    assert doors.accepted[port] <= begun + 64


def _workers() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name == "trustrig:audit"]


def test_what_a_source_raises_is_raised(doors: Counted) -> None:
    def inputs() -> Iterator[AuditInput]:
        yield asked(f"a.localhost:{doors.silent()}", "hosts.txt", "line 1")
        raise Unreadable("the rest is gone")

    with pytest.raises(Unreadable, match="the rest is gone"):
        list(ask_servers(inputs(), apple_offers(), jitter=random.Random(1), politeness=FAST))


def test_a_defect_of_ours_is_one_row_s(scenarios: ScenarioServer) -> None:
    def offers(target):
        raise RuntimeError("out of order")

    one = asked(f"localhost:{scenarios.port}", "hosts.txt", "line 1")
    (found,) = ask_servers([one], offers, jitter=random.Random(1), politeness=FAST)
    assert found.error.startswith("a mistake in trustrig itself: RuntimeError in pki.audit.asking line ")
    assert "out of order" not in found.error  # a message may quote anything
