"""What simctl tells of its simulators, from Xcode 9 on, and what is made of anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest, Unreadable
from pki.install import check_device_set, read_simulators
from pki.install.simulators import MAX_DEVICES, MAX_LIST_BYTES, runtime_name
from tests.install.tools import IPAD, IPHONE, device, listing


def parsed(*devices: dict[str, Any], **how: Any) -> list[tuple[str, str, str, bool]]:
    found = read_simulators(json.dumps({"devices": listing(*devices, **how)}).encode())
    return [(s.udid, str(s.place), s.state, s.booted) for s in found]


def test_devices_of_several_runtimes_keep_their_order() -> None:
    devices = listing(device(IPHONE, "iPhone 17")) | listing(
        device(IPAD, "iPad Air", "Shutdown"), runtime="iOS-18-4"
    )
    found = read_simulators(json.dumps({"devices": devices, "pairs": {}}).encode())
    assert [str(simulator.place) for simulator in found] == ["iPhone 17 (iOS 26.1)", "iPad Air (iOS 18.4)"]


@pytest.mark.parametrize(
    ("one", "booted"),
    [
        pytest.param(device(IPHONE, "iPhone 17"), True, id="booted and available"),
        pytest.param(device(IPHONE, "iPhone 17", "Shutdown"), False, id="shut down"),
        pytest.param(device(IPHONE, "iPhone 17", "Booting"), False, id="still booting"),
        pytest.param(device(IPHONE, "iPhone 17", "Shutting Down"), False, id="on its way down"),
        pytest.param(
            device(IPHONE, "iPhone 8", isAvailable=False, availabilityError="runtime profile not found"),
            False,
            id="its runtime is gone, whatever its state says",
        ),
        pytest.param(
            {"udid": IPHONE, "name": "iPhone 5s", "state": "Booted", "isAvailable": "YES"},
            True,
            id="Xcode 10's word",
        ),
        pytest.param(
            {"udid": IPHONE, "name": "iPhone 5s", "state": "Booted", "availability": "(available)"},
            True,
            id="Xcode 9's word",
        ),
        pytest.param(
            {
                "udid": IPHONE,
                "name": "iPhone 5s",
                "state": "Booted",
                "availability": "(unavailable, runtime profile not found)",
            },
            False,
            id="Xcode 9's other word",
        ),
        pytest.param({"udid": IPHONE}, False, id="no name and no state"),
        pytest.param(device(IPHONE, 7, ["Booted"]), False, id="values of other types"),  # type: ignore[arg-type]
    ],
)
def test_booted_means_booted_and_available(one: dict[str, Any], booted: bool) -> None:
    assert [row[3] for row in parsed(one)] == [booted]


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(device("booted", "iPhone"), id="a word for many"),
        pytest.param(device("--set", "iPhone"), id="an option"),
        pytest.param(device(f"{IPHONE};reboot", "iPhone"), id="more than a UDID"),
        pytest.param(device(f"{IPHONE}\n", "iPhone"), id="a UDID and a line break"),
        pytest.param({"name": "iPhone"}, id="no UDID"),
        pytest.param("iPhone", id="no object"),
        pytest.param(None, id="null"),
    ],
)
def test_what_has_no_proper_udid_is_no_simulator(one: Any) -> None:
    assert parsed(one, device(IPAD, "iPad Air")) == [(IPAD, "iPad Air (iOS 26.1)", "Booted", True)]


def test_a_udid_is_one_whatever_its_case_and_counts_once() -> None:
    assert [row[0] for row in parsed(device(IPAD.lower(), "one"), device(IPAD, "two"))] == [IPAD]


def test_a_hostile_name_cannot_steer_a_terminal() -> None:
    ((_, name, state, _),) = parsed(device(IPHONE, "\x1b[2Jphone\r\n" + "x" * 500, "\x07"))
    assert name.isprintable()
    assert state.isprintable()
    assert len(name) < 120


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param(b"== Devices ==\n-- iOS 26.1 --\n", "not JSON", id="the list for people"),
        pytest.param(b"\xff\xfe\x00", "not JSON", id="no text at all"),
        pytest.param(b"[" * 200_000, "not JSON", id="nested without end"),
        pytest.param(b"[]", 'no object "devices"', id="an array"),
        pytest.param(b'{"devices": []}', 'no object "devices"', id="devices as an array"),
        pytest.param(b" " * (MAX_LIST_BYTES + 1), "at most", id="too long"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words) as refused:
        read_simulators(data)
    assert "xcrun simctl list devices -j" in refused.value.hint


def test_more_simulators_than_anybody_has_are_refused() -> None:
    many = [device(f"{number:08X}-0000-0000-0000-000000000000", "x") for number in range(MAX_DEVICES + 1)]
    with pytest.raises(Unreadable, match="more than"):
        parsed(*many)


@given(st.binary(max_size=300))
def test_any_bytes_give_simulators_or_say_why_not(data: bytes) -> None:
    try:
        read_simulators(data)
    except Unreadable as error:
        assert str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from([IPHONE, "Booted"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["udid", "name", "state", "isAvailable", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=30), JSON, max_size=4))
def test_any_devices_give_simulators_that_can_be_named(devices: dict[str, Any]) -> None:
    for simulator in read_simulators(json.dumps({"devices": devices}).encode()):
        assert simulator.udid == IPHONE
        assert str(simulator.place).isprintable()


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        pytest.param("com.apple.CoreSimulator.SimRuntime.iOS-26-1", "iOS 26.1", id="an iPhone's"),
        pytest.param("com.apple.CoreSimulator.SimRuntime.xrOS-2-0", "xrOS 2.0", id="a Vision's"),
        pytest.param("iOS 12.1", "iOS 12.1", id="as Xcode 10 wrote it"),
        pytest.param("", "unknown system", id="empty"),
    ],
)
def test_runtimes_are_named_as_people_do(identifier: str, name: str) -> None:
    assert runtime_name(identifier) == name


@pytest.mark.parametrize("name", ["default", "previews", "testing", "/tmp/set", "./set", "~/set"])
def test_a_device_set_is_a_name_or_a_folder(name: str) -> None:
    assert check_device_set(name) == name


@pytest.mark.parametrize("name", ["preview", "", "--set", "set"])
def test_no_other_device_set_reaches_simctl(name: str) -> None:
    with pytest.raises(InvalidRequest, match="previews"):
        check_device_set(name)
