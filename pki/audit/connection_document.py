"""What a live connection negotiated, read back from what `pki.report.connection` writes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pki.errors import Unreadable
from pki.model.transport import Declined, Offered, Transport

T = TypeVar("T")


def transport_from(document: Any, *, protocol: str, name: str) -> Transport:
    """The Transport of a `ConnectionJson`; PROTOCOL is what is spoken inside. NAME stands in messages.

    An identity that was shown is left out: an audit shows none.

    Raises:
        Unreadable: a field is missing or of another type.
    """
    try:
        return _transport(document, protocol)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(
            f"{name}: `connection` is not what the audit writes ({type(error).__name__}: {error})",
            hint="Ask the server again: `trustrig audit` writes the line anew.",
        ) from None


def _transport(document: Mapping[str, Any], protocol: str) -> Transport:
    return Transport(
        version=_a(str, document["version"]),
        suite=_a(str, document["cipher_suite"] or ""),
        group=_optional(str, document["group"]),
        extended_master_secret=_optional(bool, document["extended_master_secret"]),
        alpn=_optional(str, document["alpn"]),
        taken=Offered[_a(str, document["offer_taken"]).upper()],
        declined=tuple(map(_declined, document["declined"])),
        address=_a(str, document["address"]),
        through=_a(str, document["proxy"] or ""),
        protocol=protocol or "http",
        client_certificate=_a(str, document["client_certificate"]),
        acceptable_cas=tuple(_a(str, one) for one in document["acceptable_cas"]),
        stapled=_a(bool, document["ocsp_stapled"]),
        not_offered=tuple(_a(str, one) for one in document["not_offered"]),
    )


def _declined(document: Mapping[str, Any]) -> Declined:
    return Declined(
        Offered[_a(str, document["offer"]).upper()],
        _a(str, document["how"]),
        _optional(int, document["alert"]),
        _a(str, document["cause"] or ""),
    )


def _a(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value


def _optional(kind: type[T], value: object) -> T | None:
    return None if value is None else _a(kind, value)
