"""Is every certificate of the path in its validity period?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from pki.model.time_format import moment_text
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.path import Place
from pki.trust.scope import every


def out_of_date(place: Place) -> bool:
    """The premise of both rules."""
    return not place.cert.not_before <= place.request.at <= place.cert.not_after


rule = partial(
    catalogue.rule,
    level=Level.X509,
    citation="RFC 5280, 6.1.3 (a)(2); Security-61901 SecPolicyServer.c, TemporalValidity",
    applies_to=every,
    apple_check="TemporalValidity",
    premise=out_of_date,
    timed=True,
)


@rule(
    "cert-not-expired",
    title="A certificate has expired",
    fix=(
        "If the clock is right, renew it: of an intermediate, let the server send the renewed one; of a root, install "
        "the new one on every device."
    ),
    cause="server-expired",
)
def not_expired(place: Place) -> Iterator[str]:
    """NotAfter has passed. The second named by notAfter itself is still good.

    The trusted root's dates count too: an expired test root takes everything below it along.
    """
    if place.request.at > place.cert.not_after:
        late = place.request.at - place.cert.not_after
        ended, at = moment_text(place.cert.not_after), moment_text(place.request.at)
        yield f"notAfter {ended}, judged at {at}: {_age(late)} ago"


@rule(
    "cert-not-before",
    title="A certificate is not valid yet",
    fix="Check the clocks of both machines; else issue it again with an earlier notBefore.",
    cause="server-not-yet-valid",
)
def not_before(place: Place) -> Iterator[str]:
    """NotBefore lies in the future. Apple reports it with the code for expired, -67818.

    The usual causes are a CA whose clock runs ahead, and a simulator or VM that woke up in the past.
    """
    if place.cert.not_before > place.request.at:
        early = place.cert.not_before - place.request.at
        begins, at = moment_text(place.cert.not_before), moment_text(place.request.at)
        yield f"notBefore {begins}, judged at {at}: in {_age(early)}"


def _age(span: timedelta) -> str:
    if span.days:
        return f"{span.days} day{'s' if span.days != 1 else ''}"
    hours, rest = divmod(span.seconds, 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
