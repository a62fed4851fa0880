"""What Apple's code distrusts by name, serial number or fingerprint.

Source: Security-61901, trust/trustd/SecPolicyServer.c. The lists Apple downloads (the Valid database, revoked and
distrusted keys) are not published; a verdict under a preinstalled root says that they were not consulted.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pki.model import der
from pki.model.distinguished import DistinguishedName


def _name(*attributes: tuple[int, str]) -> DistinguishedName:
    """A Name of PrintableStrings, one attribute in each part; by the last number of their types, 2.5.4.N."""
    parts = [
        der.encode(
            der.SET,
            der.encode(
                der.SEQUENCE,
                der.encode(der.OID, bytes((0x55, 4, number))),
                der.encode(der.PRINTABLE_STRING, text.encode("ascii")),
            ),
        )
        for number, text in attributes
    ]
    return DistinguishedName(der.encode(der.SEQUENCE, *parts))


BLOCKED_ISSUER = _name(
    (6, "US"),
    (8, "UT"),
    (7, "Salt Lake City"),
    (10, "The USERTRUST Network"),
    (11, "http://www.usertrust.com"),
    (3, "UTN-USERFirst-Hardware"),
)
BLOCKED_SERIALS = frozenset(
    {
        0xD8F35F4EB7872B2DAB0692E315382FB0,
        0x9239D5348F40D1695A745470E1F23F43,
        0xB0B7133ED096F9B56FAE91C874BD3AC0,
        0xE9028B9578E415DC1A710A2B88154447,
        0x392A434F0E07DF1F8AA305DE34E0C229,
        0x3E75CED46B693021218830AE86A82A71,
        0xD7558FDAF5F1105BB213282B707729A3,
        0x047ECBE9FCA55F7BD09EAE36E10CAE1E,
        0xF5C86AF36162F13A64F54F6DC9587C06,
    }
)
"""The nine certificates a broken-into reseller issued in March 2011 (SecPolicyCheckBlackListedLeaf)."""

DISTRUSTED_FROM = datetime(2016, 12, 1, tzinfo=UTC)
DISTRUSTED_ROOTS = dict.fromkeys(
    (
        "4b22d5a6aec99f3cdb79aa5ec06838479cd5ecba7164f7f22dc1d65f63d85708",  # Certification Authority of WoSign
        "d487a56f83b07482e85e963394c1ecc2c9e51d0903ee946b02c301581ed99e16",  # Certification Authority of WoSign G2
        "d6f034bd94aa233f0297eca4245b283973e447aa590f310c77f48fdf83112254",  # CA WoSign, Chinese name
        "8b45da1c06f791eb0cabf26be588f5fb23165c2e614bf885562d0dce50b29b02",  # CA WoSign ECC Root
        "c766a9bef2d4071c863a31aa4920e813b2d198608cb7b7cfe21143b836df09ea",  # StartCom Certification Authority
        "e17890ee09a3fbf4f48b9c414a17d637b7a50647e9bc752322727fcc1742a911",  # StartCom, re-signed
        "c7ba6567de93a798ae1faa791e712d378fae1f93c4397fea441bb7cbe6fd5995",  # StartCom G2
    ),
    DISTRUSTED_FROM,
)
"""Roots below which nothing issued from that moment on is trusted (SecPVCCheckIssuerDateConstraints)."""
