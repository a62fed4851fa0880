"""The keyword arguments with which everything that judges is told what is trusted, and by which rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Required, TypedDict

from pki.ats import AtsSettings, OsVersion
from pki.trust.ca_issuers import Fetch
from pki.trust.evidence import Evidence
from pki.trust.request import Anchor, PathInputs, Policy


class Trust(TypedDict, total=False):
    """A question without its chain, host and moment; given as `**trust` where several are asked.

    `ats` are the settings of the app's Info.plist, None for an app that says nothing; `ats_applies` False is for
    connections outside URLSession, where the pins among the settings still hold. `evidence` is what else is known:
    trust settings, CT logs, revocation data. `os` decides which ATS keys and pins are read. `fetch` answers the bytes
    behind a caIssuers URL (AIA), or None; without it nothing is fetched. `inputs` are those of RFC 5280 6.1.1, for the
    policies by the book.
    """

    anchors: Required[Iterable[Anchor]]
    policy: str | Policy
    ats: AtsSettings | None
    ats_applies: bool
    evidence: Evidence
    os: OsVersion
    fetch: Fetch | None
    inputs: PathInputs
