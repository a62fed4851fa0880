"""A diagnosis as values: the sixteen dictionaries of `nscurl --ats-diagnostics` and NIAP's, and what came of each.

Source of their order and titles: public transcripts of `nscurl --ats-diagnostics --verbose` and Apple, "Identifying
the Source of Blocked Connections". How Apple's tool calls the NIAP test is not known, so that title is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pki.ats.keys import NIAP_SINCE
from pki.ats.systems import NEWEST, OsVersion

if TYPE_CHECKING:
    from datetime import datetime

    from pki.ats.advice import Advice
    from pki.model.app_errors import AppError
    from pki.model.hosts import Host
    from pki.model.verdict import Verdict

_OF_APPLE = 16
_VERSIONS = ("1.3", "1.2", "1.1", "1.0")
_INSECURE = {"NSExceptionAllowsInsecureHTTPLoads": True}
_NO_SECRECY = {"NSExceptionRequiresForwardSecrecy": False}


@dataclass(frozen=True, slots=True)
class Configuration:
    """One NSAppTransportSecurity dictionary and its place in the report."""

    number: int
    section: str
    title: str
    dictionary: Mapping[str, Any]

    @property
    def of_apple(self) -> bool:
        """Whether Apple's tool is known to try it; NIAP's is ours."""
        return self.number <= _OF_APPLE


@dataclass(frozen=True, slots=True)
class DiagnosisRow:
    """What comes of one configuration. `why` is ours: empty where it passes, `rule` where a rule said so.

    `error` is what an app is expected to see.
    """

    configuration: Configuration
    passed: bool
    why: str = ""
    rule: str | None = None
    error: AppError | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All rows, the verdict under Apple's default, and what would help.

    `verdict` is None where the server took no offer at all, `advice` where no key is needed or none helps: `conclusion`
    says which.
    """

    host: Host
    at: datetime
    os: str
    rows: tuple[DiagnosisRow, ...]
    verdict: Verdict | None
    advice: Advice | None
    conclusion: str

    @property
    def passed(self) -> bool:
        """Whether ATS lets an app without any exception through."""
        return self.rows[0].passed

    @property
    def connects(self) -> bool:
        """Whether such an app connects: the server has to take its identity, or to do without one."""
        transport = self.verdict.transport if self.verdict is not None else None
        answer = transport.identified if transport is not None else None
        return self.passed and (answer is None or answer.accepted)


def configurations(host: Host, os: OsVersion = NEWEST) -> tuple[Configuration, ...]:
    """The sixteen in Apple's order, and NIAP's where OS knows it."""
    name = host.text
    found: list[tuple[str, str, Mapping[str, Any]]] = [
        ("Default ATS Secure Connection", "ATS Default Connection", {}),
        ("Allowing Arbitrary Loads", "Allow All Loads", {"NSAllowsArbitraryLoads": True}),
    ]

    def excepted(section: str, title: str, keys: Mapping[str, Any]) -> None:
        found.append((section, title, {"NSExceptionDomains": {name: dict(keys)}}))

    def for_versions(section: str, title: str, keys: Mapping[str, Any]) -> None:
        for version in _VERSIONS:
            floor = {"NSExceptionMinimumTLSVersion": f"TLSv{version}"}
            excepted(section, title.format(version=f"TLSv{version}"), {**keys, **floor})

    for_versions(f"Configuring TLS exceptions for {name}", "{version}", {})
    excepted(f"Configuring PFS exceptions for {name}", "Disabling Perfect Forward Secrecy", _NO_SECRECY)
    excepted(
        f"Configuring PFS exceptions and allowing insecure HTTP for {name}",
        "Disabling Perfect Forward Secrecy and Allowing Insecure HTTP",
        {**_INSECURE, **_NO_SECRECY},
    )
    for_versions(
        f"Configuring TLS exceptions with PFS disabled for {name}", "{version} with PFS disabled", _NO_SECRECY
    )
    for_versions(
        f"Configuring TLS exceptions with PFS disabled and insecure HTTP allowed for {name}",
        "{version} with PFS disabled and insecure HTTP allowed",
        {**_INSECURE, **_NO_SECRECY},
    )
    if os >= NIAP_SINCE:
        excepted(
            f"Requiring the NIAP package for {name}",
            "NIAP FCP_v2.1",
            {"NSExceptionRequiresNIAPTLSPackageVersion": "FCP_v2.1"},
        )
    return tuple(Configuration(number, *row) for number, row in enumerate(found, start=1))
