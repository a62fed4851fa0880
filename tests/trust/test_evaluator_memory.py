"""What an evaluator keeps from chain to chain is bounded, whatever hosts and issuers strangers name."""

from __future__ import annotations

import gc
from types import FunctionType, MethodType, ModuleType

import pytest

from pki.trust import Anchor, Evaluator, evaluation_cache, sent
from tests.chains import AT, Made, intermediate, leaf, root

_SHARED = (
    type,
    ModuleType,
    FunctionType,
    MethodType,
)  # what is there without the evaluator, and leads everywhere


def kept_by(evaluator: Evaluator) -> int:
    """How many objects are reached from it."""
    seen: set[int] = set()
    todo: list[object] = [evaluator]
    while todo:
        one = todo.pop()
        if id(one) not in seen and not isinstance(one, _SHARED):
            seen.add(id(one))
            todo += gc.get_referents(one)
    return len(seen)


@pytest.fixture
def anchor() -> Made:
    return root()


def evaluator_of(anchor: Made) -> Evaluator:
    return Evaluator(at=AT, anchors=[Anchor.parse(anchor.der)])


def test_nothing_is_kept_for_a_host(anchor: Made) -> None:
    made = leaf(anchor)
    evaluator = evaluator_of(anchor)

    def ask(count: int) -> int:
        for number in range(count):
            evaluator.evaluate([made.der], host=f"host-{number}.example.test")
            evaluator.evaluate([made.der], host=f"10.0.{number // 250}.{number % 250}")
        return kept_by(evaluator)

    assert ask(20) == ask(400)


def test_issuers_are_kept_up_to_a_bound(anchor: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent, "MAX_KEPT", 3_000)
    monkeypatch.setattr(evaluation_cache, "MAX_KEPT", 3_000)
    evaluator = evaluator_of(anchor)

    def ask(count: int) -> int:
        for number in range(count):
            above = intermediate(anchor, f"CA {number:03}")
            verdict = evaluator.evaluate([leaf(above).der, above.der], host=None)
            assert verdict.chain[1].subject.common_names == (f"CA {number:03}",)
        return kept_by(evaluator)

    few = ask(10)
    assert ask(40) < few * 1.1
