"""Does the certificate speak for the host? One of these speaks up, never two for one cause."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.names import NameProblem
from pki.trust.path import Place
from pki.trust.scope import where

_CITATION = "RFC 2818, 3.1; Security-61901 SecPolicyLeafCallbacks.c, SSLHostname"


ASKED_FOR_A_NAME = where(lambda c: c.is_leaf and c.setting.asks_name)
ASKED_FOR_AN_ADDRESS = where(lambda c: c.is_leaf and c.setting.asks_address)
ASKED = where(lambda c: c.is_leaf and (c.setting.asks_name or c.setting.asks_address))


def _mismatch(place: Place) -> bool:
    return place.path.name_mismatch is not None


rule = partial(
    catalogue.rule, level=Level.TLS, apple_check="SSLHostname", premise=_mismatch, cause="wrong-host"
)


def _because(place: Place, *problems: NameProblem) -> Iterator[str]:
    found = place.path.name_mismatch
    return iter((found.evidence,) if found is not None and found.problem in problems else ())


@rule(
    "san-dns-match",
    title="The certificate is for another name",
    citation=_CITATION,
    applies_to=ASKED_FOR_A_NAME,
    fix=(
        "Connect by a name the certificate has, or issue it again with this name in subjectAltName. If the server has "
        "another certificate for this name: let it show that one (SNI)."
    ),
)
def dns_name_listed(place: Place) -> Iterator[str]:
    """The name in the URL must be among the dNSNames of subjectAltName, label by label."""
    return _because(place, NameProblem.OTHER_NAMES)


@rule(
    "san-no-cn-fallback",
    title="There is no subjectAltName, and the CommonName does not count",
    citation=f"Apple support article 103769 (iOS 13); {_CITATION}",
    applies_to=ASKED,
    fix="Issue it again with the name in subjectAltName.",
)
def no_common_name_fallback(place: Place) -> Iterator[str]:
    """Since iOS 13 and macOS 10.15 the CommonName is not looked at.

    `openssl req -x509 -subj /CN=...` makes such files.
    """
    return _because(place, NameProblem.NO_SAN)


@rule(
    "san-ip-type",
    title="The address is not among the certificate's iPAddress names",
    citation=_CITATION,
    applies_to=ASKED_FOR_AN_ADDRESS,
    fix="Connect by a name the certificate has, or issue it again with this address as an iPAddress.",
)
def address_listed(place: Place) -> Iterator[str]:
    """An IP address in the URL is compared byte by byte with iPAddress names; text in a dNSName never matches."""
    return _because(place, NameProblem.NOT_AN_ADDRESS)


@rule(
    "san-none-discarded",
    title="One name that cannot be used makes Apple overlook all of its kind",
    citation="Security-61901 SecCertificate.c, SecCertificateCopyDNSNamesFromSAN and SecCertificateCopyIPAddressDatas",
    applies_to=ASKED,
    fix="Issue it again without the odd name; a host name with other letters is written in its xn-- form.",
)
def no_name_discards_the_rest(place: Place) -> Iterator[str]:
    """The right name is there, and a dNSName that is not UTF-8, or an iPAddress of another length than 4 or 16 bytes.

    A Latin-1 umlaut is enough. Other clients overlook the odd name alone.
    """
    return _because(place, NameProblem.DISCARDED)


@rule(
    "wildcard-single-label",
    title="A wildcard spans one label",
    citation=f"RFC 9525, 6.3; {_CITATION}",
    applies_to=ASKED_FOR_A_NAME,
    fix="Add the full name, or a wildcard one level down.",
)
def wildcard_spans_one_label(place: Place) -> Iterator[str]:
    """`*.example.test` covers `a.example.test`; it covers neither `example.test` nor `a.b.example.test`."""
    return _because(place, NameProblem.WILDCARD_SPAN)


@rule(
    "wildcard-no-partial",
    title="A wildcard is a whole label",
    citation=f"RFC 9525, 6.3; {_CITATION}",
    applies_to=ASKED_FOR_A_NAME,
    fix="Write the wildcard as the whole left-most label, `*.example.test`.",
)
def wildcard_is_whole_label(place: Place) -> Iterator[str]:
    """`w*.example.test` and `*-api.example.test` match nothing on Apple platforms."""
    return _because(place, NameProblem.WILDCARD_PARTIAL)


@rule(
    "wildcard-not-tld",
    title="A wildcard stands directly under a top-level domain",
    citation=_CITATION,
    applies_to=ASKED_FOR_A_NAME,
    fix="Put the wildcard below a registered name: `*.example.test`, not `*.test`.",
)
def wildcard_below_registered_name(place: Place) -> Iterator[str]:
    """A wildcard needs at least three labels, and what follows it must not be a public suffix such as `co.uk`."""
    return _because(place, NameProblem.WILDCARD_TLD)
