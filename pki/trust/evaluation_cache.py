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


class KindOfPlace(NamedTuple):
    """What is asked at one kind of place, and the answers of certificates of which the profile was met there.

    They are those of a certificate that passes all rules of the profile: one that fails is asked anew, for the words.
    At the end of a path there are none, as its issuer is not in it.
    """

    selection: Selection
    met: Weighed[Profile, Mapping[str, Outcome]] | None


class KindOfHost:
    """What is asked about hosts of one kind, by the kind of place and the shape of the path. Compared by identity."""

    def __init__(self, setting: Setting, selections: OfSetting) -> None:
        self.setting = setting
        self.selections = selections
        self.places: dict[tuple[bool, bool, bool, AnchorClass], KindOfPlace] = {}
        # By the number of certificates that are asked about, the last one, and how the path ends.
        self.timed: dict[tuple[int, int, bool, AnchorClass], tuple[TimedPart, ...]] = {}


_IssuersAsked = tuple[OnlyWay | tuple[CertFacts, ...], AnchorClass, KindOfHost, tuple[bytes, ...] | None]


class EvaluationCache:
    """Good for one policy, moment and body of evidence."""

    def __init__(self, policy: Policy) -> None:
        self.rules, self.asked = rules_for(policy.name, policy.levels)
        self.issuers: Weighed[_IssuersAsked, tuple[CertAnswers, ...]] = Weighed(MAX_KEPT, of_a_module=False)
        self._last: tuple[Request, KindOfHost] | None = None  # one value: threads share an evaluator
        self._by_rfc5280 = policy.by_rfc5280
        self._concerned = selections_of(policy)
        self._kinds: dict[tuple[Setting, AtsPolicy], KindOfHost] = {}  # as many as an Info.plist makes

    def kind(self, request: Request) -> KindOfHost:
        """The last request's, as long as the same is asked about hosts of one kind."""
        last = self._last
        if last is not None and _alike(request, last[0]):
            return last[1]
        setting = setting_of(request)
        kind = self._kinds.get((setting, request.ats))
        if kind is None:
            kind = KindOfHost(setting, self._concerned.setdefault(setting, {}))
            kind = self._kinds.setdefault((setting, request.ats), kind)
        self._last = request, kind
        return kind

    def concerned(self, path: Path, position: int, request: Request) -> KindOfPlace:
        """The rules that the circumstances of the certificate at POSITION leave."""
        kind = self.kind(request)
        where = position == 0, position == path.top, path.anchor is not None, path.anchor_class
        found = kind.places.get(where)
        if found is None:
            selection = kind.selections.get(where)
            if selection is None:
                at = circumstances(path, position, kind.setting)
                selection = select_rules(self.rules, at, by_rfc5280=self._by_rfc5280)
                kind.selections[where] = selection
            at_end = position == path.top
            met = (
                None
                if at_end
                else Weighed[Profile, Mapping[str, Outcome]](MAX_OF_PROFILES, of_a_module=False)
            )
            found = kind.places[where] = KindOfPlace(selection, met)
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
