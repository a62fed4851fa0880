"""Live servers: reached, offered what an Apple client offers, and judged by what they send.

route = Route(parse_target("https://api.example.test"))
verdict, survey = evaluate_live(route, at=now, anchors=anchors)
"""

from typing import TYPE_CHECKING

from pki.handshake.dialling import Unreachable
from pki.live.client_identity import present_client_certificate
from pki.live.evaluation import LiveVerdict, evaluate_live, evaluate_live_moments
from pki.live.offers import offers_for
from pki.live.probe import NotTls
from pki.live.proxies import Proxy, proxy_for
from pki.live.route import Route
from pki.live.survey import NoOfferAccepted, Survey, survey
from pki.live.target import Target, parse_target
from pki.rooms import lazy_names

if TYPE_CHECKING:
    from pki.live.ats_diagnosis import diagnose

__all__ = [
    "LiveVerdict",
    "NoOfferAccepted",
    "NotTls",
    "Proxy",
    "Route",
    "Survey",
    "Target",
    "Unreachable",
    "diagnose",
    "evaluate_live",
    "evaluate_live_moments",
    "offers_for",
    "parse_target",
    "present_client_certificate",
    "proxy_for",
    "survey",
]

# Judging one connection does not need it.
__getattr__ = lazy_names(__name__, {"diagnose": "ats_diagnosis"})
