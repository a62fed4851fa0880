"""Which address a connection goes to, and what is said where there is none."""

from __future__ import annotations

import socket
import threading

import pytest

from pki.handshake.deadline import Deadline
from pki.handshake.dialling import MAX_ADDRESSES, Unreachable, addresses_of, dial
from tests import clock


@pytest.fixture
def listening() -> socket.socket:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "expired.localhost"])
def test_localhost_and_below_never_leave_the_machine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)  # asking would be an error
    assert {place[0] for _, place in addresses_of(name, 443, deadline=Deadline.after(clock.PATIENCE))} == {
        "127.0.0.1",
        "::1",
    }


def test_families_take_turns_and_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    v4 = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{n}", 443)) for n in range(20)]
    v6 = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (f"2001:db8::{n}", 443, 0, 0)) for n in range(20)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [*v4, *v6])
    found = addresses_of("api.test", 443, deadline=Deadline.after(clock.PATIENCE))
    assert [family for family, _ in found[:4]] == [socket.AF_INET6, socket.AF_INET] * 2
    assert len(found) == MAX_ADDRESSES


def test_an_address_that_refuses_does_not_keep_from_the_next(listening: socket.socket) -> None:
    port = listening.getsockname()[1]  # nobody listens at ::1
    with dial("localhost", port, deadline=Deadline.after(clock.PATIENCE)) as connected:
        assert connected.getpeername()[0] == "127.0.0.1"
        assert connected.gettimeout() is None


def test_an_address_that_never_answers_does_not_keep_from_the_next(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.2", 0), backlog=0) as silent:
        port = silent.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]  # fill its queue, so that further SYNs are dropped
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.2", port))
        places = [("127.0.0.2", port), ("127.0.0.1", listening.getsockname()[1])]
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: rows)
        with dial("api.test", 443, deadline=Deadline.after(clock.PATIENCE)) as connected:
            assert connected.getpeername()[0] == "127.0.0.1"
        for filler in fillers:
            filler.close()


def test_every_address_is_named_with_its_reason() -> None:
    with pytest.raises(Unreachable) as failed:
        dial("localhost", 1, deadline=Deadline.after(clock.PATIENCE))
    assert "127.0.0.1: Connection refused" in str(failed.value)
    assert "::1: " in str(failed.value)


def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(Unreachable, match=r"nowhere\.invalid does not resolve"):
        dial("nowhere.invalid", 443, deadline=Deadline.after(clock.PATIENCE))


def test_a_resolver_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_enough = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: asked_enough.wait(clock.AGES) and [])
    with pytest.raises(Unreachable, match=r"no answer in time about where api\.test is"):
        dial("api.test", 443, deadline=Deadline.after(0.2))
    asked_enough.set()
