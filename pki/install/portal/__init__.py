"""The page that a device opens: a profile over the LAN, the steps, and a test of whether it works.

with Portal(parcel, address="192.168.1.20", examination=examination, clock=clock) as portal:
    print(portal.url)
    portal.wait(900)
"""

from pki.install.portal.addresses import LocalAddress, choose_address, own_addresses
from pki.install.portal.device_check import CheckOutcome, CheckResult, DeviceCheck
from pki.install.portal.handout import ProfileHandout
from pki.install.portal.portal import Event, Portal, PortalEnd

__all__ = [
    "CheckOutcome",
    "CheckResult",
    "DeviceCheck",
    "Event",
    "LocalAddress",
    "Portal",
    "PortalEnd",
    "ProfileHandout",
    "choose_address",
    "own_addresses",
]
