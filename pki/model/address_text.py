"""How an address is written: the same by every Python, and as SecTrust reads it."""

from __future__ import annotations

import ipaddress


def address_text(address: bytes | str) -> str:
    """ADDRESS, packed or as text, in its shortest form, without dots in an address of IPv6.

    Python writes `::ffff:10.0.0.1` from 3.13 on and wrote `::ffff:a00:1` before; SecTrust reads the latter alone.

    Raises:
        ValueError: it is none.
    """
    known = ipaddress.ip_address(address)
    if known.version == 6 and known.ipv4_mapped is not None:
        return (
            f"::ffff:{known.packed[12:14].hex().lstrip('0') or 0}:{known.packed[14:].hex().lstrip('0') or 0}"
        )
    return str(known)
