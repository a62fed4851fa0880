"""Live servers: reached, offered what an Apple client offers, and judged by what they send.

target = parse_target("https://api.example.test")
found = survey(Route(target), offers_for(policy_for(target.host, AtsSettings()), NEWEST))
verdict = evaluate(found.chain, host=target.host, at=now, anchors=anchors, transport=found.transport)
"""

from pki.live.dialling import Unreachable
from pki.live.offers import offers_for
from pki.live.probing import NotTls
from pki.live.proxies import Proxy, proxy_for
from pki.live.route import Route
from pki.live.survey import NothingTaken, Survey, identify, survey
from pki.live.target import Target, Upgrade, parse_target

__all__ = [
    "NotTls",
    "NothingTaken",
    "Proxy",
    "Route",
    "Survey",
    "Target",
    "Unreachable",
    "Upgrade",
    "identify",
    "offers_for",
    "parse_target",
    "proxy_for",
    "survey",
]
