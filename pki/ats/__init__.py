"""App Transport Security as values: what an Info.plist asks of a connection to one host.

settings = read_info_plist(data, name="App/Info.plist")
policy = policy_for(parse_host("api.test"), settings)

What is wrong with a dictionary is in `pki.ats.lints`, the smallest change that lets a server through in
`pki.ats.advice`; a verdict needs neither, so they are imported on their own.
"""

from pki.ats.addresses import is_local
from pki.ats.decision import DEFAULT_POLICY, AtsPolicy, Caller, lets_through, policy_for
from pki.ats.pins import Pins, pins_for
from pki.ats.plist import read_info_plist
from pki.ats.settings import AtsSettings, DomainException, NiapPackage, read_settings
from pki.ats.systems import NEWEST, OsVersion

__all__ = [
    "DEFAULT_POLICY",
    "NEWEST",
    "AtsPolicy",
    "AtsSettings",
    "Caller",
    "DomainException",
    "NiapPackage",
    "OsVersion",
    "Pins",
    "is_local",
    "lets_through",
    "pins_for",
    "policy_for",
    "read_info_plist",
    "read_settings",
]
