"""What is offered, read back from the ClientHello that goes on the wire."""

from __future__ import annotations

import pytest
from OpenSSL import SSL

from pki.ats import NEWEST, AtsSettings, OsVersion, policy_for, read_settings
from pki.handshake.ends.openssl_offer import make_offer
from pki.live.offers import OfferStep, offers_for
from pki.model.hosts import parse_host
from pki.model.suites import SUITES, SuiteGroup
from pki.model.transport import Offered

HOST = parse_host("api.example.test")
# Reference: Security-61901 for ATS's ten; the Safari captures for groups and signature algorithms.
ATS_SUITES = [0xC02C, 0xC02B, 0xCCA9, 0xC030, 0xC02F, 0xCCA8, 0xC00A, 0xC009, 0xC014, 0xC013]
STATIC_RSA = [0x9D, 0x9C, 0x35, 0x2F]
SIGNATURES = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201]
GROUPS = [0x001D, 0x0017, 0x0018, 0x0019]
SCSV = 0x00FF  # OpenSSL's sign for secure renegotiation, RFC 5746


def client_hello(step: OfferStep) -> tuple[list[int], dict[int, bytes]]:
    """The suites and the extensions of the ClientHello for this offer."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    make_offer(context, step.offer)
    if step.offer.alpn:
        context.set_alpn_protos([name.encode() for name in step.offer.alpn])
    connection = SSL.Connection(context)
    connection.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    hello = connection.bio_read(65536)[9:]
    at = 35 + hello[34]
    count = int.from_bytes(hello[at : at + 2], "big")
    suites = words(hello[at + 2 : at + 2 + count])
    at += 2 + count
    at += 1 + hello[at] + 2
    extensions = {}
    while at < len(hello):
        kind, length = words(hello[at : at + 4])
        extensions[kind] = hello[at + 4 : at + 4 + length]
        at += 4 + length
    return suites, extensions


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def ladder(dictionary: object = None, os: OsVersion = NEWEST) -> tuple[OfferStep, ...]:
    return offers_for(policy_for(HOST, read_settings(dictionary or {}), os=os), os)


def test_an_ats_connection_offers_apples_list_in_apples_order() -> None:
    suites, extensions = client_hello(ladder()[0])
    assert [suite for suite in suites if suite not in (0x1301, 0x1302, 0x1303, SCSV)] == ATS_SUITES
    assert {0x1301, 0x1302, 0x1303} <= set(suites)
    assert words(extensions[10][2:]) == [0x11EC, *GROUPS]
    assert words(extensions[13][2:]) == SIGNATURES
    assert words(extensions[43][1:]) == [0x0304, 0x0303]
    assert extensions[16][2:] == b"\x02h2\x08http/1.1"
    assert 23 in extensions  # extended_master_secret


def test_without_ats_static_rsa_and_old_versions_come_back_and_3des_is_missed() -> None:
    _, apple, _ = ladder()
    suites, extensions = client_hello(apple)
    assert [suite for suite in suites if suite not in (0x1301, 0x1302, 0x1303, SCSV)] == [
        *ATS_SUITES,
        *STATIC_RSA,
    ]
    assert words(extensions[43][1:]) == [0x0304, 0x0303, 0x0302, 0x0301]
    assert apple.lacking == ("ECDHE-ECDSA-DES-CBC3-SHA", "ECDHE-RSA-DES-CBC3-SHA", "DES-CBC3-SHA")


@pytest.mark.parametrize(
    ("keys", "versions", "more"),
    [
        ({"NSExceptionMinimumTLSVersion": "TLSv1.0"}, [0x0304, 0x0303, 0x0302, 0x0301], []),
        ({"NSExceptionMinimumTLSVersion": "TLSv1.3"}, [0x0304], []),
        ({"NSExceptionRequiresForwardSecrecy": False}, [0x0304, 0x0303], STATIC_RSA),
    ],
)
def test_a_domains_entry_changes_the_offer(keys: dict, versions: list[int], more: list[int]) -> None:
    suites, extensions = client_hello(ladder({"NSExceptionDomains": {HOST.text: keys}})[0])
    assert words(extensions[43][1:]) == versions
    old = [suite for suite in suites if suite not in (0x1301, 0x1302, 0x1303, SCSV)]
    assert old == ([*ATS_SUITES, *more] if 0x0303 in versions else [])


def test_the_niap_package_leaves_gcm_and_drops_sha1() -> None:
    keys = {"NSExceptionRequiresNIAPTLSPackageVersion": "FCP_v2.1"}
    suites, extensions = client_hello(ladder({"NSExceptionDomains": {HOST.text: keys}})[0])
    of_package = {suite.code_point for suite in SUITES if SuiteGroup.FCP in suite.groups}
    assert set(suites) - {0x1301, 0x1302, 0x1303, SCSV} == of_package
    assert words(extensions[13][2:]) == SIGNATURES[:-1]


def test_before_os_26_there_is_no_post_quantum_group() -> None:
    _, extensions = client_hello(ladder(os=OsVersion(18))[0])
    assert words(extensions[10][2:]) == GROUPS


def test_where_ats_does_not_apply_its_offer_is_not_made() -> None:
    lifted = policy_for(HOST, read_settings({"NSAllowsArbitraryLoads": True}))
    assert [step.offered for step in offers_for(lifted, NEWEST)] == [Offered.APPLE, Offered.ALL]


def test_everything_is_more_than_an_apple_client_offers_and_always_with_a_certificate() -> None:
    suites, extensions = client_hello(ladder()[-1])
    assert {0x009E, 0xC027, *ATS_SUITES, *STATIC_RSA} <= set(suites)
    assert {0x1304, 0x1305} <= set(suites)  # CCM of TLS 1.3
    assert {0x001E, 0x0100, 0x0201} <= set(words(extensions[10][2:]))  # X448, ffdhe2048, MLKEM768
    assert not {0x0034, 0xC018} & set(suites)  # ADH, AECDH


def test_mail_is_offered_no_protocol_of_the_web() -> None:
    offers = offers_for(policy_for(HOST, AtsSettings()), NEWEST, alpn=())
    assert all(not step.offer.alpn for step in offers)
