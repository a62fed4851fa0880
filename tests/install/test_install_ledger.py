"""The ledger: whole after anything, private, shared by processes, and believed in nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pki.errors import StoreError
from pki.install import Ledger
from pki.install.items import item_of
from pki.install.ledger import EntryState
from pki.model.install_plan import InstalledItem, InstallPlace, ItemKind, PlaceKind
from tests import clock
from tests.install.tools import IPHONE

KEYCHAIN = InstallPlace(PlaceKind.KEYCHAIN, "/Users/me/login.keychain-db", "login.keychain-db")


def phone(number: int = 0) -> InstallPlace:
    return InstallPlace(PlaceKind.SIMULATOR, f"{number:08X}-2222-3333-4444-555555555555", f"iPhone {number}")


@pytest.fixture
def held(root: x509.Certificate) -> InstalledItem:
    return InstalledItem(phone(), item_of(root, ItemKind.ROOT))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "trustrig")


def test_nothing_is_written_to_read(ledger: Ledger) -> None:
    assert ledger.entries() == ()
    assert not ledger.path.parent.exists()


def test_an_entry_survives_whole(ledger: Ledger, held: InstalledItem, at: datetime) -> None:
    assert ledger.begin(held, at=at, plan="0123456789abcdef")
    (begun,) = ledger.entries()
    assert (begun.held, begun.state, begun.at, begun.plan) == (held, EntryState.BEGUN, at, "0123456789abcdef")
    ledger.confirm(held, at=at, plan="fedcba9876543210")
    (done,) = ledger.entries()
    assert (done.held, done.state, done.plan) == (held, EntryState.DONE, "fedcba9876543210")


def test_it_is_for_its_owner_alone(ledger: Ledger, held: InstalledItem, at: datetime) -> None:
    old = os.umask(0)
    try:
        ledger.begin(held, at=at, plan="p")
    finally:
        os.umask(old)
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    assert ledger.path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_known_does_not_begin_again(ledger: Ledger, held: InstalledItem, at: datetime) -> None:
    ledger.begin(held, at=at, plan="first")
    ledger.confirm(held, at=at, plan="first")
    assert not ledger.begin(held, at=at, plan="second")
    assert [(e.state, e.plan) for e in ledger.entries()] == [(EntryState.DONE, "first")]


def test_a_confirmed_entry_cannot_be_withdrawn(ledger: Ledger, held: InstalledItem, at: datetime) -> None:
    """Two processes install the same: what one confirmed, the other's failure leaves alone."""
    ledger.begin(held, at=at, plan="p")
    ledger.confirm(held, at=at, plan="q")
    ledger.withdraw(held)
    assert len(ledger.entries()) == 1


def test_a_withdrawn_entry_is_gone(ledger: Ledger, held: InstalledItem, at: datetime) -> None:
    ledger.begin(held, at=at, plan="p")
    ledger.withdraw(held)
    ledger.withdraw(held)
    assert ledger.entries() == ()


def test_one_certificate_in_several_places_is_several_entries(
    ledger: Ledger, root: x509.Certificate, at: datetime
) -> None:
    certificate, trust = (item_of(root, kind) for kind in (ItemKind.CERTIFICATE, ItemKind.TRUST))
    for held in (
        InstalledItem(KEYCHAIN, certificate),
        InstalledItem(KEYCHAIN, trust),
        InstalledItem(phone(), certificate),
    ):
        ledger.confirm(held, at=at, plan="p")
    ledger.drop([InstalledItem(KEYCHAIN, trust), InstalledItem(phone(9), certificate)])
    assert [(e.held.place.kind, e.held.item.kind) for e in ledger.entries()] == [
        ("keychain", "certificate"),
        ("simulator", "certificate"),
    ]


def _write(folder: Path, certificate: bytes, first: int, at: datetime) -> None:
    item = item_of(x509.load_der_x509_certificate(certificate), ItemKind.ROOT)
    for number in range(first, first + 10):
        held = InstalledItem(phone(number), item)
        Ledger(folder).begin(held, at=at, plan="p")
        Ledger(folder).confirm(held, at=at, plan="p")


def test_processes_that_write_at_once_lose_nothing(
    tmp_path: Path, root: x509.Certificate, at: datetime
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    start = multiprocessing.get_context("spawn")
    der = root.public_bytes(Encoding.DER)
    writers = [start.Process(target=_write, args=(tmp_path, der, first, at)) for first in (0, 10, 20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(clock.PATIENCE)
        assert writer.exitcode == 0
    entries = Ledger(tmp_path).entries()
    assert {e.held.place.id for e in entries} == {phone(number).id for number in range(30)}
    assert {e.state for e in entries} == {EntryState.DONE}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b'{"schema": "trustrig.installed/2", "entries": []}', id="a later version"),
        pytest.param(b'{"schema": "trustrig.installed/1", "entries": [1]}', id="an entry that is none"),
        pytest.param(b"\xff", id="no text"),
    ],
)
def test_a_damaged_ledger_is_refused_and_kept(
    data: bytes, ledger: Ledger, held: InstalledItem, at: datetime
) -> None:
    ledger.path.parent.mkdir(parents=True)
    ledger.path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged") as refused:
        ledger.begin(held, at=at, plan="p")
    assert str(ledger.path) in str(refused.value)
    assert ledger.path.read_bytes() == data


def changed(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(entry: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            entry = entry[step]
        entry[last] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(changed("place", "id", to="--set"), id="an option for a UDID"),
        pytest.param(changed("place", "id", to="booted"), id="every simulator for one"),
        pytest.param(changed("place", "kind", to="keychain"), id="a keychain without a path"),
        pytest.param(changed("place", "device_set", to="-x"), id="an option for a device set"),
        pytest.param(changed("place", "device_set", to=7), id="a number for a device set"),
        pytest.param(changed("item", "sha1", to="-d"), id="an option for a fingerprint"),
        pytest.param(changed("item", "sha1", to="0" * 40), id="another certificate's fingerprint"),
        pytest.param(changed("item", "sha256", to="../../etc/x"), id="a path for a fingerprint"),
        pytest.param(changed("item", "pem", to="no certificate"), id="no certificate"),
        pytest.param(changed("item", "kind", to="password"), id="a kind that is none"),
        pytest.param(changed("at", to="2026-11-28T12:00:00"), id="a time of no zone"),
        pytest.param(changed("state", to="maybe"), id="a state that is none"),
        pytest.param(changed("item", "argv", to=["rm"]), id="a command of its own"),
    ],
)
def test_an_entry_that_could_steer_a_command_is_refused(
    change: Callable[[dict[str, Any]], None], ledger: Ledger, held: InstalledItem, at: datetime
) -> None:
    ledger.confirm(held, at=at, plan="p")
    document = json.loads(ledger.path.read_bytes())
    change(document["entries"][0])
    ledger.path.write_text(json.dumps(document))
    with pytest.raises(StoreError, match="damaged"):
        ledger.entries()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path, held: InstalledItem, at: datetime) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        Ledger(tmp_path / "file").begin(held, at=at, plan="p")


def test_an_udid_is_an_udid(ledger: Ledger, root: x509.Certificate, at: datetime) -> None:
    ledger.confirm(
        InstalledItem(InstallPlace(PlaceKind.SIMULATOR, IPHONE, "iPhone"), item_of(root, ItemKind.ROOT)),
        at=at,
        plan="p",
    )
    assert len(ledger.entries()) == 1
