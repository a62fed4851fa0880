"""What a server does with an Apple client's offers: connection by connection, the narrowest offer first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.live.end_causes import CUT_OFF, OF_SUITES, SETTLED, explained, problem
from pki.live.probe import ProbeResult, probe
from pki.model.distinguished import DistinguishedName
from pki.model.suites import find_suite
from pki.model.transport import Declined, Transport
from pki.model.unanswered import Unanswered
from pki.report.app_error import error_of_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pki.live.offers import OfferStep
    from pki.live.route import Route


class NoOfferAccepted(Unanswered):
    """The server went along with none of the offers, so there is no certificate to judge.

    `declined` says how it turned each of them down, the narrowest first.
    """

    declined: tuple[Declined, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """The connection that is judged: its chain as sent (DER, leaf first), what it negotiated, and the staple."""

    chain: tuple[bytes, ...]
    transport: Transport
    staple: bytes  # empty where none came
    step: OfferStep  # the offer that was taken


def survey(
    route: Route, ladder: Sequence[OfferStep], *, probe: Callable[[Route, OfferStep], ProbeResult] = probe
) -> Survey:
    """Make the offers of LADDER in turn until the server takes one; LOOK is for who remembers what came of them.

    An end that no other offer would change is the last: silence is met once.

    Raises:
        NoOfferAccepted: it took none; each is named with what the server did.
        Unreachable: no connection at all.
        NotTls: what answers does not speak TLS.
    """
    try:
        return _climb(route, ladder, probe)
    except Unanswered as error:
        if route.target.is_http:
            error.expected = error_of_code(error.cause, error.alert)
        raise


def _climb(
    route: Route, ladder: Sequence[OfferStep], probe: Callable[[Route, OfferStep], ProbeResult]
) -> Survey:
    declined: list[Declined] = []
    for step in ladder:
        result = probe(route, step)
        if result.taken:
            return Survey(
                result.record.peer_chain,
                transport_of(result, tuple(declined), route),
                result.record.staple or b"",
                step,
            )
        declined.append(refusal_of(result))
        if result.cause in SETTLED:
            break
    raise _nothing_taken(route, declined, result, ladder)


def _nothing_taken(
    route: Route, declined: Sequence[Declined], last: ProbeResult, ladder: Sequence[OfferStep]
) -> NoOfferAccepted:
    """What the narrowest offer met is what an app would meet; what the widest met tells what is behind it."""
    first, widest = declined[0], declined[-1]
    if len({one.reason for one in declined}) > 1:
        how = "; ".join(f"{one.offered.description}: {one.reason}" for one in declined)
    else:
        how = f"{first.reason}, for everything this OpenSSL has, too" if len(declined) > 1 else first.reason
    causes = {one.cause for one in declined}
    alike = len(causes) == 1 or causes <= CUT_OFF
    words = problem(first.cause, route, last.received) if alike else ""
    hint = explained(widest.cause, route, alert=widest.alert, received=last.received)
    lacking = sorted({name for step in ladder for name in step.lacking})
    if lacking and widest.cause in OF_SUITES:
        hint += f" Not tried, as this OpenSSL has none of them: {', '.join(lacking)}."
    error = NoOfferAccepted(
        words or f"{route} took no offer: {how}", hint=hint, cause=first.cause, alert=first.alert
    )
    error.declined = tuple(declined)
    return error


def refusal_of(result: ProbeResult) -> Declined:
    """How the server turned the offer of RESULT down."""
    return Declined(
        result.step.offered, result.how_ended or "it closed the connection", result.alert, result.cause
    )


def transport_of(result: ProbeResult, declined: tuple[Declined, ...], route: Route) -> Transport:
    """What RESULT negotiated. The ServerHello speaks where OpenSSL does not yet."""
    record, hello = result.record, result.hello
    version = hello.version if hello else (record.version or "").removeprefix("TLSv")
    suite = record.suite or ""
    if not suite and hello is not None:
        known = find_suite(f"0x{hello.suite:04X}")
        suite = (known.openssl or known.number) if known else ""
    master = result.extended_master_secret
    if master is None and hello is not None:
        master = hello.extended_master_secret
    requested = "none"
    if record.asked:
        requested = "requested" if record.believed_done else "required"
    return Transport(
        version=version if "." in version else f"{version}.0",
        suite=suite,
        group=record.group,
        extended_master_secret=None if version == "1.3" else master,
        alpn=record.alpn or (hello.alpn if hello else None),
        taken=result.step.offered,
        declined=declined,
        address=result.address,
        through=str(route.proxy) if route.proxy else "",
        protocol=route.target.protocol.name,
        client_certificate=requested,
        acceptable_cas=tuple(map(name_of, record.acceptable_cas)),
        stapled=bool(result.record.staple),
        not_offered=result.step.lacking,
    )


def name_of(der: bytes) -> str:
    """A name of the list of acceptable CAs, as one label."""
    return DistinguishedName(der).label
