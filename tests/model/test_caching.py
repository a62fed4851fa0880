"""What is remembered stays within its bounds."""

from __future__ import annotations

from pki.model.caching import Weighed, forget


def test_the_oldest_goes_when_all_weighs_too_much() -> None:
    kept: Weighed[str, int] = Weighed(10)
    for number, key in enumerate("abc"):
        kept.put(key, number, 4)
    assert [kept.get(key) for key in "abc"] == [None, 1, 2]


def test_what_alone_weighs_too_much_is_not_kept_and_drives_nothing_out() -> None:
    kept: Weighed[str, int] = Weighed(10)
    kept.put("a", 1, 4)
    kept.put("b", 2, 11)
    assert (kept.get("a"), kept.get("b")) == (1, None)


def test_what_is_kept_is_kept_once() -> None:
    kept: Weighed[str, int] = Weighed(10)
    for _ in range(5):
        kept.put("a", 1, 4)
    kept.put("b", 2, 4)
    assert (kept.get("a"), kept.get("b")) == (1, 2)
    forget()
    assert kept.get("a") is None
