"""What a live connection negotiated, as rows for every form of report and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.transport import ClientCertificateRequest, IdentityAnswer, acceptable_cas_text
from pki.report.document import TypedDict
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.model.http3 import Http3Advertisement
    from pki.model.transport import Identified, Transport
    from pki.report.fields import CodePoint, HandshakeCode, OfferName, RequestName, Text, TlsVersion


class ConnectionJson(TypedDict):
    """What a live server negotiated."""

    address: str
    proxy: Text | None
    version: TlsVersion
    cipher_suite: Text | None  # By OpenSSL's name.
    code_point: CodePoint | None
    group: Text | None  # null: static RSA, or not known.
    extended_master_secret: bool | None  # null in TLS 1.3, which needs none.
    alpn: Text | None
    offer_taken: OfferName  # Whose offer the server went along with.
    declined: list[DeclinedJson]
    client_certificate: RequestName
    acceptable_cas: list[str]
    identity: IdentityJson | None
    ocsp_stapled: bool
    not_offered: list[Text]
    http3: Http3Json | None  # Null unless it was asked for (`--alt-svc`, `--verbose`).


class Http3Json(TypedDict):
    """What the Alt-Svc field of an answer over TCP says of HTTP/3; nothing of it was tried."""

    advertised: bool | None  # Null: no answer came.
    problem: Text | None  # Why none did.
    services: list[AlternativeServiceJson]


class AlternativeServiceJson(TypedDict):
    """Where HTTP/3 is said to be spoken, over UDP."""

    host: Text | None  # Null: the same host.
    port: int
    max_age: int  # Seconds that a client may remember it.


class DeclinedJson(TypedDict):
    """An offer that the server did not take."""

    offer: OfferName
    how: Text
    alert: int | None
    cause: HandshakeCode | None


class IdentityJson(TypedDict):
    """What the server made of the identity of `--client`, or of being shown none."""

    shown: Text | None
    answer: IdentityAnswer  # What the server made of it, or of being shown none.
    accepted: bool  # Whether `answer` is accepted.
    evidence: Text | None  # What the answer was read from.
    how: Text | None  # `evidence` where it was not accepted.
    http_status: int | None
    asked: ClientCertificateRequest  # When the server asked for it.
    faults: list[IdentityFaultJson]  # What is wrong with the identity at hand.


class IdentityFaultJson(TypedDict):
    """What is wrong with an identity, found without asking anybody."""

    code: HandshakeCode
    words: Text


_WHEN = {
    ClientCertificateRequest.BY_RENEGOTIATION: "not in the first handshake but after the request, by renegotiation",
    ClientCertificateRequest.POST_HANDSHAKE: (
        "not in the first handshake but after the request (TLS 1.3 post-handshake authentication)"
    ),
}


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
        ("offer taken", transport.taken.description),
    ]
    rows += [
        ("declined", f"{declined.offered.description}: {declined.reason}") for declined in transport.declined
    ]
    rows.append(("client certificate", _client_certificate(transport)))
    rows += _identity(transport.identified)
    rows.append(("stapled OCSP", "yes" if transport.stapled else "no"))
    if transport.not_offered:
        rows.append(("not offered", f"{', '.join(transport.not_offered)}: this OpenSSL cannot"))
    if transport.http3 is not None:
        rows.append(("HTTP/3", transport.http3.text))
    return [(what, printable(text)) for what, text in rows]


def _client_certificate(transport: Transport) -> str:
    answer = transport.identified
    if transport.client_certificate == "none":
        return (
            f"not asked for: {answer.evidence}" if answer is not None and answer.evidence else "not asked for"
        )
    when = f" {_WHEN[answer.asked]}" if answer is not None and answer.asked in _WHEN else ""
    return (
        f"{transport.client_certificate}{when}, acceptable: {acceptable_cas_text(transport.acceptable_cas)}"
    )


def _identity(answer: Identified | None) -> Iterator[tuple[str, str]]:
    """What came of it, and what is wrong with the identity itself."""
    if answer is None or answer.answer is IdentityAnswer.NOT_ASKED:
        return
    yield "identity", answer.text_and_evidence
    for fault in answer.faults:
        yield "identity at hand", fault.text


def connection_json(transport: Transport) -> ConnectionJson:
    """The same for programs."""
    from pki.model.suites import find_suite

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
            {"offer": d.offered.name.lower(), "how": d.reason, "alert": d.alert, "cause": d.cause or None}
            for d in transport.declined
        ],
        "client_certificate": transport.client_certificate,
        "acceptable_cas": list(transport.acceptable_cas),
        "identity": (
            {
                "shown": answer.identity,
                "answer": answer.answer,
                "accepted": answer.accepted,
                "evidence": answer.evidence or None,
                "how": (answer.evidence or None) if not answer.accepted else None,
                "http_status": answer.status,
                "asked": answer.asked,
                "faults": [{"code": fault.code, "words": fault.text} for fault in answer.faults],
            }
            if answer is not None
            else None
        ),
        "ocsp_stapled": transport.stapled,
        "not_offered": list(transport.not_offered),
        "http3": _http3(transport.http3),
    }


def _http3(found: Http3Advertisement | None) -> Http3Json | None:
    if found is None:
        return None
    return {
        "advertised": found.advertised,
        "problem": found.problem or None,
        "services": [
            {"host": one.host or None, "port": one.port, "max_age": one.max_age} for one in found.services
        ],
    }
