"""The page that a device opens: a profile over the LAN, the steps, and a test of whether it works.

with Portal(handout, address="192.168.1.20", device_check=device_check, clock=clock) as portal:
    print(portal.url)
    portal.wait(900)
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
