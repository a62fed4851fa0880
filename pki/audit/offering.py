"""What an Apple client under an app's ATS settings offers each server, as a live evaluation has it."""

from __future__ import annotations

from collections.abc import Sequence

from pki.ats import NEWEST, AtsSettings, OsVersion, policy_for
from pki.audit.asking import Offers
from pki.live.offers import OfferStep, offers_for
from pki.live.target import Target
from pki.trust.hosts_asked import ATS_OFF


def apple_offers(
    settings: AtsSettings | None = None, os: OsVersion = NEWEST, *, ats_applies: bool = True
) -> Offers:
    """The offers of an app with these SETTINGS (of its Info.plist; None: it says nothing) on OS, the narrowest first.

    A protocol other than HTTP is not URLSession's, so ATS does not apply to it.
    """
    known = settings if settings is not None else AtsSettings()

    def offers(target: Target) -> Sequence[OfferStep]:
        applies = ats_applies and target.is_http
        policy = policy_for(target.host, known, os=os) if applies else ATS_OFF
        return offers_for(policy, os, alpn=target.alpn)

    return offers
