"""Cipher suites: what they are called, and which Apple clients offer them.

Sources, by the keys used in the rows:
SEC: Security-61901 (macOS 26.0), SecProtocolTypes.h and SecProtocolHelper.m, the groups of `tls_ciphersuite_group_t`;
the group `ats_fcp_v2_1` is in the headers of Security 26.5.
CURLI: Safari captures of curl-impersonate (tests/signatures/safari_*.yaml), up to Safari 18.4, iOS 26.0, macOS 26.0.
UTLS: the iOS 14 capture of refraction-networking/utls (u_parrots.go, HelloIOS_14).
TLSG: Apple Platform Security guide, TLS security. ATS: Apple, Preventing Insecure Network Connections, and the list
it archived for iOS 9. NIAP: Apple, NSRequiresNIAPTLSPackageVersion.
Names and code points: IANA "TLS Cipher Suites" registry; openssl-ciphers(1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class SuiteGroup(StrEnum):
    """A list of suites that some Apple client offers."""

    ATS = "ats"
    NO_FORWARD_SECRECY = "ats_compatibility"
    FCP = "ats_fcp_v2_1"
    SAFARI = "safari"
    SAFARI_IOS_14 = "safari_ios_14"

    @property
    def client(self) -> str:
        """Whose list it is."""
        return _GROUPS[self][0]

    @property
    def source(self) -> str:
        """Where the list was read."""
        return _GROUPS[self][1]


_SEC = "Security-61901 SecProtocolTypes.h (groups default, ats, ats_compatibility)"
_GROUPS = {
    SuiteGroup.ATS: ("URLSession under ATS, the default", _SEC),
    SuiteGroup.NO_FORWARD_SECRECY: ("URLSession, NSExceptionRequiresForwardSecrecy NO", _SEC),
    SuiteGroup.FCP: (
        "URLSession, NIAP package FCP_v2.1 (OS 26.4)",
        "Apple, NSRequiresNIAPTLSPackageVersion, and the Security 26.5 headers (group ats_fcp_v2_1)",
    ),
    SuiteGroup.SAFARI: ("Safari, captured up to macOS 26.0", "Safari captures of curl-impersonate"),
    SuiteGroup.SAFARI_IOS_14: ("Safari on iOS 14, captured", "uTLS HelloIOS_14"),
}


class KeyExchange(StrEnum):
    """How the two sides agree on keys, and which kind of server certificate that takes."""

    TLS13 = "TLS 1.3, any certificate"
    ECDHE_ECDSA = "ECDHE, ECDSA certificate"
    ECDHE_RSA = "ECDHE, RSA certificate"
    DHE_RSA = "DHE, RSA certificate"
    RSA = "static RSA, RSA certificate"
    UNKNOWN = "not in our table"


class CipherSuite(NamedTuple):
    """One row: its names, how it agrees on keys, and who offers it since or until when.

    `code_point` is None, `iana` and `openssl` are empty where they are not known.
    """

    code_point: int | None
    iana: str
    openssl: str
    key_exchange: KeyExchange
    groups: tuple[SuiteGroup, ...] = ()
    since: str = ""
    until: str = ""

    @property
    def number(self) -> str:
        """`0xC027`; empty where no code point is known."""
        return "" if self.code_point is None else f"0x{self.code_point:04X}"

    @property
    def known(self) -> bool:
        """Whether it has a row in our table."""
        return self.key_exchange is not KeyExchange.UNKNOWN

    @property
    def forward_secrecy(self) -> bool | None:
        """Whether a stolen server key leaves recorded traffic closed; None where it is not known."""
        return self.key_exchange is not KeyExchange.RSA if self.known else None

    @property
    def aead(self) -> bool:
        """Whether it is GCM or ChaCha20, by its name."""
        return "GCM" in self.iana or "CHACHA20" in self.iana

    def offered(self, group: SuiteGroup) -> bool | None:
        """Whether GROUP's client offers it; None where the source does not say.

        FCP_v2.1 is documented for TLS 1.2 alone: what it leaves of TLS 1.3 is not said.
        """
        if group is SuiteGroup.FCP and self.key_exchange is KeyExchange.TLS13:
            return None
        return group in self.groups


_EVERYWHERE = tuple(SuiteGroup)
_NOT_NIAP = tuple(group for group in SuiteGroup if group is not SuiteGroup.FCP)
_WAIVED = (SuiteGroup.NO_FORWARD_SECRECY, SuiteGroup.SAFARI, SuiteGroup.SAFARI_IOS_14)
_SAFARI = (SuiteGroup.SAFARI, SuiteGroup.SAFARI_IOS_14)
_OLD = (SuiteGroup.SAFARI_IOS_14,)

_AFTER_IOS_9 = "after iOS 9, whose published ATS list lacks it"
_LAST_IN_IOS_14 = "iOS 14: in that capture, in no later one"


def _rows(
    groups: tuple[SuiteGroup, ...], *rows: tuple[int, str, str], since: str = "", until: str = ""
) -> Iterator[CipherSuite]:
    """Rows with one history; the key exchange is what their IANA names start with."""
    for code_point, name, openssl in rows:
        before, found, _ = name.partition("_WITH_")
        exchange = KeyExchange[before] if found else KeyExchange.TLS13
        yield CipherSuite(code_point, f"TLS_{name}", openssl, exchange, groups, since, until)


SUITES = (
    *_rows(
        _NOT_NIAP,
        (0x1301, "AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        (0x1302, "AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
        (0x1303, "CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
        since="iOS 12.2, which made TLS 1.3 the default of URLSession (Apple Platform Security guide)",
    ),
    *_rows(
        _EVERYWHERE,
        (0xC02C, "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (0xC02B, "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (0xC030, "ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        (0xC02F, "ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    ),
    *_rows(
        _NOT_NIAP,
        (0xCCA9, "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (0xCCA8, "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
        (0xC014, "ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"),
        since=_AFTER_IOS_9,
    ),
    *_rows(
        _NOT_NIAP,
        (0xC00A, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"),
        (0xC009, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"),
        (0xC013, "ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
    ),
    *_rows(
        _WAIVED,
        (0x009D, "RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        (0x009C, "RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        (0x0035, "RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"),
        (0x002F, "RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
    ),
    *_rows(
        _SAFARI,
        (0xC008, "ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-ECDSA-DES-CBC3-SHA"),
        (0xC012, "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA"),
        (0x000A, "RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"),
        until=(
            "no end seen: Safari was captured with it up to macOS 26.0; its constant is deprecated from iOS 18 and "
            "macOS 15 on (Security-61901)"
        ),
    ),
    *_rows(
        _OLD,
        (0xC024, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384"),
        (0xC023, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"),
        (0xC028, "ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384"),
        (0xC027, "ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"),
        until=f"{_LAST_IN_IOS_14}; the ATS list published for iOS 9 still names it",
    ),
    *_rows(
        _OLD,
        (0x003D, "RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256"),
        (0x003C, "RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"),
        until=_LAST_IN_IOS_14,
    ),
    *_rows(
        (),
        (0xC007, "ECDHE_ECDSA_WITH_RC4_128_SHA", "ECDHE-ECDSA-RC4-SHA"),
        (0xC011, "ECDHE_RSA_WITH_RC4_128_SHA", "ECDHE-RSA-RC4-SHA"),
        (0x0005, "RSA_WITH_RC4_128_SHA", "RC4-SHA"),
        (0x0004, "RSA_WITH_RC4_128_MD5", "RC4-MD5"),
        until="iOS 10 and macOS 10.12 switched RC4 off (Apple Platform Security guide)",
    ),
    *_rows(
        (),
        (0xCCAA, "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "DHE-RSA-CHACHA20-POLY1305"),
        (0x009F, "DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE-RSA-AES256-GCM-SHA384"),
        (0x009E, "DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE-RSA-AES128-GCM-SHA256"),
        (0x006B, "DHE_RSA_WITH_AES_256_CBC_SHA256", "DHE-RSA-AES256-SHA256"),
        (0x0067, "DHE_RSA_WITH_AES_128_CBC_SHA256", "DHE-RSA-AES128-SHA256"),
        (0x0039, "DHE_RSA_WITH_AES_256_CBC_SHA", "DHE-RSA-AES256-SHA"),
        (0x0033, "DHE_RSA_WITH_AES_128_CBC_SHA", "DHE-RSA-AES128-SHA"),
    ),
)
"""Every suite our sources speak of. Nothing is said here of the others."""

_BY_CODE_POINT = {suite.code_point: suite for suite in SUITES}
_BY_NAME = {name.upper(): suite for suite in SUITES for name in (suite.iana, suite.openssl)}
_IN_PREFERENCE = (0x1302, 0x1301, 0xC02C, 0xC02B, 0xCCA9, 0xC030, 0xC02F, 0xCCA8)

# The words that names of suites are made of; a name with another one is a slip of the pen, not a suite.
_CIPHER = "(?:AES|CAMELLIA|ARIA)(?:128|256)?|3?DES|CBC3|RC[24]|CHACHA20|SEED|IDEA|NULL|SM4"
_WORD = (
    f"(?:{_CIPHER}|TLS|SSL|WITH|(?:EC)?DHE?|EDH|A(?:EC)?DH|ECDSA|RSA|DSS|ANON|PSK|SRP|KRB5|EXP(?:ORT)?|40|56|128|256|8|"
    "CBC|GCM|CCM8?|EDE|POLY1305|MD5|SHA(?:256|384)?|SM3)"
)
_SUITE_NAME = re.compile(rf"(?=.*(?:{_CIPHER})){_WORD}(?:[-_]{_WORD})+", re.IGNORECASE)
_CODE_POINT = re.compile(r"(?:0x)?([0-9a-f]{2})(?:, *(?:0x)?)?([0-9a-f]{2})", re.IGNORECASE)


def find_suite(text: str) -> CipherSuite | None:
    """Read a code point (0xC027, C027, 0xC0,0x27), an IANA name or an OpenSSL name; case does not count.

    What has the form of a suite and no row here comes back as unknown; None is for what has not.
    A bare number of four decimal digits is a suite only where there is a row: it could be an error code.
    """
    known = _BY_NAME.get(text.upper())
    if known is not None:
        return known
    digits = _CODE_POINT.fullmatch(text)
    if digits is not None:
        code_point = int(digits[1] + digits[2], 16)
        unknown = None if text.isdecimal() else CipherSuite(code_point, "", "", KeyExchange.UNKNOWN)
        return _BY_CODE_POINT.get(code_point, unknown)
    if _SUITE_NAME.fullmatch(text):
        name = text.upper()
        iana, openssl = (name, "") if name.startswith(("TLS_", "SSL_")) else ("", name)
        return CipherSuite(None, iana, openssl, KeyExchange.UNKNOWN)
    return None


def better_suites(suite: CipherSuite) -> tuple[CipherSuite, ...]:
    """What a server should offer Apple clients in SUITE's place, best first; empty when it does well already.

    A suite of TLS 1.2 is answered by those that the same certificate serves, where the name tells its kind.
    """
    if suite.offered(SuiteGroup.ATS) and suite.aead:
        return ()
    name = suite.iana or suite.openssl
    wanted = "ECDSA" if "ECDSA" in name else "RSA" if suite.known or "RSA" in name else ""
    offers = [_BY_CODE_POINT[code_point] for code_point in _IN_PREFERENCE]
    return tuple(
        s for s in offers if s.key_exchange is KeyExchange.TLS13 or f"_{wanted}_" in s.iana or not wanted
    )


def suite_names() -> tuple[str, ...]:
    """Every name of the table, for suggestions."""
    return tuple(dict.fromkeys(name for suite in SUITES for name in (suite.iana, suite.openssl)))
