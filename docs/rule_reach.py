"""Whom a rule binds, found by asking its scope about every kind of place there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from pki.model.verdict import AnchorClass, Rule
from pki.trust.policies import POLICIES
from pki.trust.scope import Circumstances, Scope, Setting

_TRUSTED = [one for one in AnchorClass if one is not AnchorClass.NONE]
_FLAGS = len(Setting._fields) - 1


def _settings() -> Iterator[Setting]:
    """Everything that a request may settle: all of it, all but one thing, and nothing, for each policy."""
    rows = [(True,) * _FLAGS, (False,) * _FLAGS]
    rows += [tuple(n != off for n in range(_FLAGS)) for off in range(_FLAGS)]
    yield from (Setting(policy, *row) for policy in POLICIES for row in rows)


def _places(rule: Rule) -> Iterator[Circumstances]:
    """The circumstances that leave RULE something to say."""
    scope = rule.applies_to
    if not isinstance(scope, Scope):
        return
    for leaf, top, anchored in product((True, False), repeat=3):
        for anchor_class in _TRUSTED if anchored else [AnchorClass.NONE]:
            for setting in _settings():
                place = Circumstances(leaf, top, anchored, anchor_class, setting)
                if scope.settled(place):
                    yield place


def about_settings(rule: Rule) -> bool:
    """Whether it is asked about no certificate: a lint of an Info.plist."""
    return not any(_places(rule))


def anchor_classes(rule: Rule) -> str:
    """The anchor classes under which RULE is asked, in words."""
    classes = dict.fromkeys(place.anchor_class for place in _places(rule))
    if not classes:
        return "-"
    named = [one for one in _TRUSTED if one in classes]
    if not named:
        return "none: a path that reaches no anchor"
    return "of every class" if named == _TRUSTED else ", ".join(f"`{one}`" for one in named)


def whom(rule: Rule) -> str:
    """Which certificates of a path RULE may hold something against, in words."""
    places = list(_places(rule))
    if not places:
        return "none: it is about settings"
    found = []
    if any(place.is_leaf for place in places):
        found.append("the server's or client's own")
    if any(not place.is_leaf and not place.is_top for place in places):
        found.append("intermediates")
    if any(place.is_top and not place.is_leaf for place in places):
        found.append("the end of the path")
    return "all of the path" if len(found) == 3 else ", ".join(found)
