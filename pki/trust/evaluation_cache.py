"""What one evaluator need not work out twice: which rules it asks where, and what they said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pki.ats import AtsPolicy
from pki.model.caching import Weighed
from pki.model.certificate import CertFacts
from pki.model.verdict import AnchorClass, Finding, Outcome
from pki.trust.only_way import OnlyWay
from pki.trust.path import Path
from pki.trust.profile import Profile
from pki.trust.request import Policy, Request
from pki.trust.scope import Setting, circumstances, setting_of
from pki.trust.selection import OfSetting, Selection, rules_for, select_rules, selections_of

MAX_KEPT = 1 << 20  # ours: bytes of the issuers whose answers one evaluator keeps
MAX_OF_PROFILES = 1 << 20  # ours: bytes, with what is said of each: two hundred profiles at one kind of place


class TimedPart(NamedTuple):
    """Of the questions at one kind of place, those that look at the moment; and the order in which all are put."""

    selection: Selection
    order: Mapping[str, int]
    dates_alone: bool  # of the certificate itself


class CertAnswers(NamedTuple):
    """What the rules said of one certificate: evidence, and the answers of those that were concerned."""

    findings: tuple[Finding, ...]
    answers: Mapping[str, Outcome]


# What paths have in common about whose certificates the same is asked.
Shape = tuple[int, int, bool, AnchorClass, Setting]
_IssuersAsked = tuple[OnlyWay | tuple[CertFacts, ...], AnchorClass, bool, bool, tuple[bytes, ...] | None]


class KindOfPlace(NamedTuple):
    """What is asked at one kind of place, and the answers of certificates of which the profile was met there.

    They are those of a certificate that all rules of the profile pass: one they fail is asked anew, for its texts.
    """

    selection: Selection
    met: (
        Weighed[Profile, Mapping[str, Outcome]] | None
    )  # None: at the end of a path, whose issuer is not in it


class _Asked(NamedTuple):
    """The last request, its setting, and what is asked under it; one value, as threads share an evaluator."""

    request: Request
    setting: Setting
    selections: OfSetting
    kinds: dict[tuple[bool, bool, bool, AnchorClass], KindOfPlace]


class EvaluationCache:
    """Good for one policy, moment and body of evidence."""

    def __init__(self, policy: Policy) -> None:
        self.rules, self.asked = rules_for(policy.name, policy.levels)
        self.issuers: Weighed[_IssuersAsked, tuple[CertAnswers, ...]] = Weighed(MAX_KEPT, of_a_module=False)
        self.timed: dict[Shape, tuple[TimedPart, ...]] = {}  # `another_moment`
        self._last: _Asked | None = None
        self._by_rfc5280 = policy.by_rfc5280
        self._concerned = selections_of(policy)
        # As many as an Info.plist makes kinds of hosts.
        self._kinds: dict[
            tuple[Setting, AtsPolicy], dict[tuple[bool, bool, bool, AnchorClass], KindOfPlace]
        ] = {}

    def setting(self, request: Request) -> Setting:
        """The setting of REQUEST."""
        return self._set(request).setting

    def _set(self, request: Request) -> _Asked:
        """It is the last one's as long as the same is asked about hosts of one kind."""
        last = self._last
        if last is None or not _alike(request, last.request):
            setting = setting_of(request)
            selections = self._concerned.setdefault(setting, {})
            kinds = self._kinds.setdefault((setting, request.ats), {})
            last = self._last = _Asked(request, setting, selections, kinds)
        return last

    def concerned(self, path: Path, position: int, request: Request) -> KindOfPlace:
        """The rules that the circumstances of the certificate at POSITION leave."""
        _, setting, selections, kinds = self._set(request)
        where = position == 0, position == path.top, path.anchor is not None, path.anchor_class
        found = kinds.get(where)
        if found is None:
            selection = selections.get(where)
            if selection is None:
                at = circumstances(path, position, setting)
                selection = selections[where] = select_rules(self.rules, at, by_rfc5280=self._by_rfc5280)
            at_end = position == path.top
            found = kinds[where] = KindOfPlace(
                selection, None if at_end else Weighed(MAX_OF_PROFILES, of_a_module=False)
            )
        return found


def _alike(request: Request, other: Request) -> bool:
    """Whether two requests of one evaluator have the same setting for certain: all that it is made of is the same."""
    host, others = request.host, other.host
    return (
        request.ats is other.ats
        and request.pins is other.pins
        and (request.transport is None) is (other.transport is None)
        and (host is None) is (others is None)
        and (host is None or others is None or (host.address is None) is (others.address is None))
    )
