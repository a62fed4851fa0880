"""What a live connection negotiated, as rows for every form of report and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pki.model.suites import find_suite
from pki.report.summary import printable

if TYPE_CHECKING:
    from pki.model.transport import Identified, Transport

_SHOWN = 5  # acceptable CAs named before the rest is counted


def connection_rows(transport: Transport) -> list[tuple[str, str]]:
    """(what, words) in the order of a report."""
    parameters = filter(
        None,
        (
            f"TLS {transport.version}",
            transport.suite,
            transport.group,
            transport.alpn and f"ALPN {transport.alpn}",
        ),
    )
    rows = [
        (
            "address",
            transport.address + (f", through the proxy {transport.through}" if transport.through else ""),
        ),
        ("negotiated", ", ".join(map(str, parameters))),
        ("offer taken", transport.taken.words),
    ]
    rows += [("declined", f"{declined.offered.words}: {declined.how}") for declined in transport.declined]
    rows.append(("client certificate", _client_certificate(transport)))
    rows.append(("stapled OCSP", "yes" if transport.stapled else "no"))
    if transport.not_offered:
        rows.append(("not offered", f"{', '.join(transport.not_offered)}: this OpenSSL cannot"))
    return [(what, printable(words)) for what, words in rows]


def _client_certificate(transport: Transport) -> str:
    if transport.client_certificate == "none":
        return "not asked for"
    cas = transport.acceptable_cas
    named = "; ".join(cas[:_SHOWN]) + (f" and {len(cas) - _SHOWN} more" if len(cas) > _SHOWN else "")
    wish = f"{transport.client_certificate}, acceptable: {named or 'any CA, the list is empty'}"
    answer = transport.identified
    return f"{wish}; {_answer(answer)}" if answer is not None else wish


def _answer(answer: Identified) -> str:
    who = f"{answer.identity} was" if answer.identity else "without one the connection was"
    if not answer.accepted:
        return f"{who} refused: {answer.evidence}"
    if answer.status is None:
        return f"{who} accepted"
    # nginx lets the handshake pass and refuses in words: 400 "No required SSL certificate was sent".
    hint = ", by which servers like nginx refuse" if answer.status in (400, 401, 403) else ""
    return f"{who} accepted by TLS and answered with HTTP {answer.status}{hint}"


def connection_json(transport: Transport) -> dict[str, Any]:
    """The same for programs."""
    suite, answer = find_suite(transport.suite), transport.identified
    return {
        "address": transport.address,
        "proxy": transport.through or None,
        "version": transport.version,
        "cipher_suite": transport.suite or None,
        "code_point": (suite.number or None) if suite else None,
        "group": transport.group,
        "extended_master_secret": transport.extended_master_secret,
        "alpn": transport.alpn,
        "offer_taken": transport.taken.name.lower(),
        "declined": [
            {"offer": d.offered.name.lower(), "how": d.how, "alert": d.alert} for d in transport.declined
        ],
        "client_certificate": transport.client_certificate,
        "acceptable_cas": list(transport.acceptable_cas),
        "identity": (
            {
                "shown": answer.identity,
                "answer": str(answer.answer),
                "accepted": answer.accepted,
                "evidence": answer.evidence or None,
                "how": (answer.evidence or None) if not answer.accepted else None,
                "http_status": answer.status,
            }
            if answer is not None
            else None
        ),
        "ocsp_stapled": transport.stapled,
        "not_offered": list(transport.not_offered),
    }
