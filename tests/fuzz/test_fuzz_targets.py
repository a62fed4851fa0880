"""The fuzz targets on their own seeds, and the mutations: what `make fuzz` starts from must hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.model import der
from tests.fuzz import targets
from tests.fuzz.__main__ import main
from tests.fuzz.derive import mutated, read
from tests.fuzz.seeds import seeds

SEEDS = tuple(seeds())


def test_every_target_has_seeds_and_takes_them() -> None:
    assert {targets.target_of(seed) for seed in SEEDS} == set(targets.TARGETS)
    for seed in SEEDS:
        targets.run(seed)


@pytest.mark.parametrize("target", [targets.facts, targets.extension, targets.chain])
def test_seeds_are_read_and_not_refused(target: targets.Target) -> None:
    """A seed that its own parser refuses would explore nothing."""
    for seed in SEEDS:
        if targets.target_of(seed) is target:
            target(seed[1:])


@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_a_mutation_of_der_is_der(seed: bytes, number: int) -> None:
    data = seed[targets.HEADS.get(targets.target_of(seed), 1) :]
    changed = mutated(data, seed=number, max_size=4096)
    if changed is not None:
        assert len(changed) <= 4096
        assert sum(stop - where for _, where, _, stop in der.children(changed, 0, len(changed))) == len(
            changed
        )
        assert changed == mutated(data, seed=number, max_size=4096)


def test_what_is_read_is_written_back() -> None:
    for seed in SEEDS:
        if targets.target_of(seed) is targets.facts:
            assert b"".join(node.encoded() for node in read(seed[1:]) or []) == seed[1:]


def test_what_a_target_lets_through_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        raise KeyError(data)

    monkeypatch.setattr(targets, "TARGETS", (broken,))
    with pytest.raises(KeyError):
        targets.run(b"\0xyz")


def test_an_input_that_takes_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "MAX_SECONDS", 0.0)
    with pytest.raises(TimeoutError, match="bytes took"):
        targets.run(SEEDS[0])


def test_a_saved_input_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "input"
    file.write_bytes(SEEDS[0])
    monkeypatch.setattr(sys, "argv", ["fuzz", str(file)])
    assert main() == 0
    assert capsys.readouterr().out == f"{file}: fine\n"


def test_without_atheris_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    monkeypatch.setattr(sys, "argv", ["fuzz"])
    assert main() == 2
    assert "pip install atheris" in capsys.readouterr().err
