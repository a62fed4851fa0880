"""Live servers: reached, offered what an Apple client offers, and judged by what they send.

route = Route(parse_target("https://api.example.test"))
(verdict,), found = evaluate_live(route, at=[now], anchors=anchors)
"""

from typing import TYPE_CHECKING

from pki.handshake.dialling import Unreachable
from pki.live.evaluation import evaluate_live
from pki.live.identifying import identify
from pki.live.offers import offers_for
from pki.live.probing import NotTls
from pki.live.proxies import Proxy, proxy_for
from pki.live.route import Route
from pki.live.survey import NothingTaken, Survey, survey
from pki.live.target import Target, parse_target
from pki.rooms import opened_on_use

if TYPE_CHECKING:
    from pki.live.diagnosing import diagnose

__all__ = [
    "NotTls",
    "NothingTaken",
    "Proxy",
    "Route",
    "Survey",
    "Target",
    "Unreachable",
    "diagnose",
    "evaluate_live",
    "identify",
    "offers_for",
    "parse_target",
    "proxy_for",
    "survey",
]

# Judging one connection does not need it.
__getattr__ = opened_on_use(__name__, {"diagnose": "diagnosing"})
