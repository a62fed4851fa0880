"""Live servers: reached, offered what an Apple client offers, and judged by what they send.

route = Route(parse_target("https://api.example.test"))
verdict, survey = evaluate_live(route, at=now, anchors=anchors)
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(
    __name__, renamed={"NothingTaken": "NoOfferAccepted", "identify": "present_client_certificate"}
)
