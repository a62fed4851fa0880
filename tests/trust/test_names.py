from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest
from pki.issue.defects import changing_extensions, sign_again
from pki.model import public_suffixes
from pki.model.der import encode as tlv
from pki.model.hosts import Host, is_dns_name, packed_address, parse_host, trust_address
from pki.model.verdict import Outcome
from pki.trust import Anchor, evaluate
from pki.trust.names import dns_match
from tests.chains import AT, judge, leaf, outcome, root


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        pytest.param("api.example.test", "API.example.test.", True, id="case and one root dot are noise"),
        pytest.param("api.example.test", "api.example.test..", False, id="two dots are not"),
        pytest.param(
            "api.example.test.", "api.example.test", False, id="a certificate's name has no root dot"
        ),
        pytest.param("*.example.test", "a.example.test", True, id="a wildcard spans one label"),
        pytest.param("*.example.test", "a.b.example.test", False, id="and not two"),
        pytest.param("*.example.test", "example.test", False, id="a wildcard is not the bare domain"),
        pytest.param("a*.example.test", "ab.example.test", False, id="no partial wildcard in front"),
        pytest.param("*b.example.test", "ab.example.test", False, id="nor behind"),
        pytest.param("a.*.test", "a.b.test", False, id="only the left-most label"),
        pytest.param("*.test", "a.test", False, id="three labels at least"),
        pytest.param("*.co.uk", "shop.co.uk", False, id="not under a public suffix"),
        pytest.param("*.googleapis.com", "storage.googleapis.com", True, id="a private suffix is allowed"),
        pytest.param("*", "localhost", False, id="a star alone"),
        pytest.param("localhost", "localhost", True, id="a single label"),
        pytest.param("under_score.example.test", "under_score.example.test", True, id="an underscore"),
        pytest.param("-a.example.test", "-a.example.test", False, id="a hyphen in front"),
        pytest.param("192.0.2.1", "192.0.2.1", False, id="no text of an address"),
        pytest.param("b\u00fccher.test", "xn--bcher-kva.test", False, id="A-labels only"),
        pytest.param("xn--bcher-kva.test", "xn--bcher-kva.test", True, id="A-labels match"),
    ],
)
def test_dns_match(pattern: str, host: str, matches: bool) -> None:
    assert dns_match(pattern, Host(host)) is matches


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        pytest.param("127.0.0.1", "7f000001", id="dotted quad"),
        pytest.param("010.0.0.001", "0a000001", id="leading zeros are tolerated"),
        pytest.param("1.2.3.256", None, id="256"),
        pytest.param("1.2.3", None, id="three octets"),
        pytest.param("::1", "00" * 15 + "01", id="IPv6"),
        pytest.param("[::1]", "00" * 15 + "01", id="brackets"),
        pytest.param("fe80::1%en0", None, id="a zone"),
        pytest.param("api.test", None, id="a name"),
    ],
)
def test_packed_address(text: str, packed: str | None) -> None:
    assert packed_address(text) == (bytes.fromhex(packed) if packed else None)


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        pytest.param("192.0.2.1", "c0000201", id="a dotted quad"),
        pytest.param("192.0.02.001", "c0000201", id="leading zeros"),
        pytest.param("10..1.23", "0a000117", id="an empty octet is 0"),
        pytest.param("1.1.1.256", None, id="an octet over 255"),
        pytest.param("1.2.3", None, id="three octets"),
        pytest.param("1..2.3", None, id="shorter than #.#.#.#"),
        pytest.param("0000.0000.0.01", "00000001", id="fifteen characters at most"),
        pytest.param("0000.0000.000.01", None, id="sixteen characters"),
        pytest.param("::1", "0" * 31 + "1", id="the loopback address"),
        pytest.param("::", "0" * 32, id="nothing but a gap"),
        pytest.param("[2001:DB8::1]", "20010db8" + "0" * 23 + "1", id="brackets and capitals"),
        pytest.param("1:2:3:4:5:6:7:8", "00010002000300040005000600070008", id="all eight fields"),
        pytest.param("1:2:3:4:5:6::8", "00010002000300040005000600000008", id="a gap of one field"),
        pytest.param("1:2:3:4:5:6:7::", None, id="a gap of one field at the end"),
        pytest.param("::2:3:4:5:6:7:8", None, id="a gap of one field at the beginning"),
        pytest.param("::ffff:10.0.0.1", None, id="IPv4 in dots inside IPv6"),
        pytest.param("::ffff:a00:1", "00000000000000000000ffff0a000001", id="IPv4 inside IPv6 in hex"),
        pytest.param("fe80::1%en0", None, id="a zone"),
        pytest.param("1:2", None, id="two fields"),
        pytest.param("12345::1", None, id="a field of five digits"),
    ],
)
def test_what_sectrust_takes_for_an_address(text: str, packed: str | None) -> None:
    assert trust_address(text) == (bytes.fromhex(packed) if packed else None)


def test_an_address_that_sectrust_does_not_read_is_told_with_one_that_it_does() -> None:
    server = leaf(root(), ips=("::ffff:10.0.0.1",))
    verdict = judge(server, anchors=(root(),), host="::ffff:10.0.0.1")
    assert outcome(verdict, "san-ip-type") is Outcome.FAILED
    assert "::ffff:a00:1 would be one" in verdict.findings[0].evidence
    assert judge(server, anchors=(root(),), host="::ffff:a00:1").trusted


@pytest.mark.parametrize("name", ["*.test", "w*.x.test", "a.*.test"])
def test_a_host_that_spells_out_a_wildcard_is_not_covered_by_it(name: str) -> None:
    assert not dns_match(name, Host(name))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("https://api.test", "not a host alone", id="a URL"),
        pytest.param("api.test:8443", "not a host alone", id="a port"),
        pytest.param("api test", "not a host name", id="a space"),
        pytest.param("", "not a host name", id="nothing"),
        pytest.param(".test", "not a host name", id="a leading dot"),
        pytest.param("a" * 64 + ".test", "not a host name", id="a label too long"),
        pytest.param("xn--\u00e9.test", "not a host name", id="half an IDN"),
    ],
)
def test_parse_host_refuses(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        parse_host(text)


def test_parse_host_turns_an_idn_into_a_labels() -> None:
    assert parse_host("b\u00fccher.test").text == "xn--bcher-kva.test"


@given(st.text(max_size=40))
def test_any_text_is_a_host_or_a_refusal(text: str) -> None:
    is_dns_name(text)
    try:
        parse_host(text)
    except InvalidRequest as error:
        assert error.hint


@given(st.text(alphabet="ab.*-", max_size=12), st.text(alphabet="ab.-", min_size=1, max_size=12))
def test_a_match_means_the_same_number_of_labels(pattern: str, host: str) -> None:
    if dns_match(pattern, Host(host)):
        assert len(pattern.split(".")) == len(Host(host).labels)


def test_one_address_of_a_wrong_length_discards_them_all() -> None:
    top = root()
    good = leaf(top, ips=("192.0.2.1",))
    names = tlv(0x30, tlv(0x87, b"\xc0\0\2\1"), tlv(0x87, b"\1\2\3"))
    san = tlv(0x30, bytes.fromhex("0603551d11"), tlv(4, names))
    swap = changing_extensions(lambda extensions: [san if b"\x55\x1d\x11" in e else e for e in extensions])
    odd = sign_again(good.der, swap, key=top.key)
    verdict = evaluate([odd], host="192.0.2.1", at=AT, anchors=[Anchor.parse(top.der)])
    assert outcome(verdict, "san-none-discarded") is Outcome.FAILED
    assert "an iPAddress of 3 bytes is among them" in verdict.findings[0].evidence
    assert judge(good, anchors=(top,), host="192.0.2.1").trusted


def test_the_suffix_list_is_read_once_however_many_wildcards_there_are() -> None:
    """It takes longer to read than a chain to judge; a certificate with hundreds of names took seconds."""
    public_suffixes._list.cache_clear()
    assert all(dns_match(f"*.s{n}.example", parse_host(f"a.s{n}.example")) for n in range(50))
    assert public_suffixes._list.cache_info().misses == 1
