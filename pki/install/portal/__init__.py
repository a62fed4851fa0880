"""The page that a device opens: a profile over the LAN, the steps, and a test of whether it works.

with Portal(parcel, address="192.168.1.20", examination=examination) as portal:
    print(portal.url)
    portal.wait(900)
"""

from pki.install.portal.addresses import Local, choose_address, own_addresses
from pki.install.portal.examination import Examination, Outcome, Seen
from pki.install.portal.parcel import Parcel
from pki.install.portal.portal import End, Event, Portal

__all__ = [
    "End",
    "Event",
    "Examination",
    "Local",
    "Outcome",
    "Parcel",
    "Portal",
    "Seen",
    "choose_address",
    "own_addresses",
]
