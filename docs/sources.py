"""A rule's or a code's citation, part by part: which kind of source it is, and where it can be read."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_APPLE = "https://developer.apple.com/documentation"
_ATS = f"{_APPLE}/bundleresources/information-property-list/nsapptransportsecurity"
# Addresses that are known to be those of the page; what is not here is named without a link.
_ARTICLES = {
    "Preventing Insecure Network Connections": f"{_APPLE}/security/preventing-insecure-network-connections",
    "NSAppTransportSecurity": _ATS,
    "NSAllowsLocalNetworking": f"{_ATS}/nsallowslocalnetworking",
    "NSExceptionDomains": f"{_ATS}/nsexceptiondomains",
    "NSPinnedDomains": f"{_ATS}/nspinneddomains",
}
# Files of the release beside those that apple-source.toml follows.
_BESIDE = (
    "OSX/libsecurity_authorization/lib/Authorization.h",
    "OSX/libsecurity_ssl/lib/SecureTransport.h",
    "OSX/sec/Security/SecFrameworkStrings.h",
    "OSX/sec/Security/SecPolicyChecks.list",
    "base/SecBase.h",
    "protocol/SecProtocolConfigurationTest.m",
    "protocol/SecProtocolHelper.m",
    "protocol/SecProtocolTypes.h",
)
_ARTICLE = re.compile("|".join(_ARTICLES))
_RFC = re.compile(r"RFC (\d+)(?:, (\d+(?:\.\d+)*))?")
_SUPPORT = re.compile(r"Apple [Ss]upport (?:article )?(\d{6})")
_FILE = re.compile(r"[\w-]+\.(?:list|mm?|c|h)\b")


class Kind(StrEnum):
    """Whose word a source is."""

    APPLE = "Documented by Apple"
    SOURCE = "Read in source"
    STANDARD = "Asked by a standard"
    OTHER = "Seen elsewhere"


class Source(NamedTuple):
    """One part of a citation in Markdown, linked where its address is known."""

    kind: Kind
    text: str


def sources(citation: str) -> list[Source]:
    """The parts of CITATION, in order."""
    found: list[Source] = []
    for part in re.split(r"; (?![^(]*\))", citation):
        kind = _kind(part)
        if kind is Kind.OTHER and found and found[-1].kind is Kind.SOURCE and _FILE.search(part):
            kind = Kind.SOURCE  # a further file of the release that was named
        found.append(Source(kind, _linked(part, kind)))
    return found


def _kind(part: str) -> Kind:
    if part.startswith(("Security-", "SecBase.h", "SecureTransport.h", "SecProtocol")):
        return Kind.SOURCE
    if part.startswith(
        ("Apple, ", "Apple support", "Apple Support", "Apple Root Program", "Security 26", "NSURLError.h")
    ):
        return Kind.APPLE
    if part.startswith(("RFC ", "X.690", "Baseline", "CA/Browser", "Chrome Root Program")):
        return Kind.STANDARD
    return Kind.OTHER


def _linked(part: str, kind: Kind) -> str:
    if kind is Kind.SOURCE:
        return _FILE.sub(_file, part)
    part = _RFC.sub(_rfc, part)
    part = _SUPPORT.sub(lambda m: f"[{m[0]}](https://support.apple.com/{m[1]})", part)
    return _ARTICLE.sub(lambda m: f"[{m[0]}]({_ARTICLES[m[0]]})", part)


def _rfc(found: re.Match[str]) -> str:
    section = f"#section-{found[2]}" if found[2] else ""
    return f"[{found[0]}](https://www.rfc-editor.org/rfc/rfc{found[1]}{section})"


def _file(found: re.Match[str]) -> str:
    path = _paths().get(found[0])
    if path is None:
        return found[0]
    table = _table()
    return f"[{found[0]}](https://github.com/{table['repository']}/blob/{table['release']}/{path})"


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        (Path(__file__).parent / "apple-source.toml").read_text(encoding="utf-8")
    )
    return found


@cache
def _paths() -> dict[str, str]:
    """Files of Apple's tree by their names: those that are followed, and headers and lists beside them."""
    followed = [file["path"] for file in _table()["file"]]
    return {path.rpartition("/")[2]: path for path in (*followed, *_BESIDE)}
