"""App Transport Security as values: what an Info.plist asks of a connection to one host.

settings = read_info_plist(data, name="App/Info.plist")
policy = policy_for(parse_host("api.test"), settings)
"""

from pki.ats.decision import DEFAULT_POLICY, AtsPolicy, is_local, policy_for
from pki.ats.pins import Pins, pins_for
from pki.ats.plist import read_info_plist
from pki.ats.settings import AtsSettings, DomainException, read_settings

__all__ = [
    "DEFAULT_POLICY",
    "AtsPolicy",
    "AtsSettings",
    "DomainException",
    "Pins",
    "is_local",
    "pins_for",
    "policy_for",
    "read_info_plist",
    "read_settings",
]
