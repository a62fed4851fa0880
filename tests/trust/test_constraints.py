"""Name constraints the way Apple matches them, and where that differs from RFC 5280."""

from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.model.verdict import Verdict
from tests.chains import HOST, Made, headline, intermediate, judge, leaf, root


def below(*, permit: tuple = (), exclude: tuple = (), **changes) -> Verdict:
    top = root()
    middle = intermediate(top, permit=permit, exclude=exclude)
    return judge(leaf(middle, **changes), middle, anchors=(top,), host=changes.get("dns", (HOST,))[0])


def dns(name: str) -> x509.GeneralName:
    return x509.DNSName(name)


def net(text: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_network(text))


@pytest.mark.parametrize(
    ("permit", "changes", "trusted"),
    [
        pytest.param((dns("example"),), {}, True, id="a parent domain"),
        pytest.param((dns(".test.example"),), {}, True, id="a leading dot is ignored"),
        pytest.param((dns("TEST.example"),), {}, True, id="case is noise"),
        pytest.param((dns("st.example"),), {}, False, id="a suffix that is no label boundary"),
        pytest.param((dns("a.test.example"),), {}, False, id="a child"),
        pytest.param((dns("test.example"),), {"dns": (HOST, "other.example")}, False, id="every name counts"),
        pytest.param(
            (dns("test.example"),), {"ips": ("192.0.2.9",)}, True, id="types not constrained are free"
        ),
        pytest.param(
            (dns("test.example"), net("192.0.2.0/24")), {"ips": ("192.0.2.9",)}, True, id="an address inside"
        ),
        pytest.param((net("192.0.2.0/24"),), {"ips": ("198.51.100.1",)}, False, id="an address outside"),
        pytest.param(
            (net("192.0.2.0/24"),), {"ips": ("2001:db8::1",)}, False, id="an address of the other family"
        ),
        pytest.param(
            (x509.RFC822Name("example"),), {"emails": ("a@example",)}, True, id="a mailbox of the host"
        ),
        pytest.param(
            (x509.RFC822Name("example"),), {"emails": ("a@x.example",)}, False, id="of a host below"
        ),
        pytest.param(
            (x509.RFC822Name(".example"),), {"emails": ("a@x.example",)}, True, id="a dot admits it"
        ),
        pytest.param(
            (x509.UniformResourceIdentifier("example"),), {"uris": ("https://example/x",)}, True, id="a URI"
        ),
        pytest.param(
            (x509.UniformResourceIdentifier("example"),),
            {"uris": ("https://other/x",)},
            False,
            id="another URI",
        ),
    ],
)
def test_permitted(permit: tuple, changes: dict, trusted: bool) -> None:
    verdict = below(permit=permit, **changes)
    assert verdict.trusted is trusted
    if not trusted:
        assert headline(verdict) == "name-constraints"


@pytest.mark.parametrize(
    ("exclude", "trusted"),
    [
        pytest.param((dns("test.example"),), False, id="the name itself"),
        pytest.param((dns("example"),), False, id="its parent"),
        pytest.param((dns("other.example"),), True, id="another"),
        pytest.param((dns(""),), False, id="everything"),
    ],
)
def test_excluded(exclude: tuple, trusted: bool) -> None:
    assert below(exclude=exclude).trusted is trusted


def nested(*trees: str) -> tuple[Made, tuple[Made, ...]]:
    top = root()
    upper = intermediate(top, "Upper", permit=(dns(trees[0]),))
    lower = intermediate(upper, "Lower", permit=(dns(trees[1]),))
    return top, (lower, upper)


@pytest.mark.parametrize(
    ("outer", "inner", "trusted"),
    [
        pytest.param("example", "test.example", True, id="narrowed to the name"),
        pytest.param("example", "other.example", False, id="narrowed away from the name"),
        pytest.param("test.example", "example", True, id="a wider one below does not widen"),
        pytest.param("other.example", "example", False, id="nor admit what was not permitted"),
        pytest.param("other.test", "test.example", True, id="disjoint ones add up (Apple, not RFC 5280)"),
    ],
)
def test_successive_permitted_trees(outer: str, inner: str, trusted: bool) -> None:
    top, (lower, upper) = nested(outer, inner)
    assert judge(leaf(lower), lower, upper, anchors=(top,)).trusted is trusted


def test_a_common_name_is_never_a_dns_name() -> None:
    assert below(permit=(dns("test.example"),), name="other.example").trusted


def test_a_directory_name_must_be_longer_than_its_subtree() -> None:
    """Apple compares raw bytes and asks for more: the identical name does not match."""
    tree = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]))
    assert headline(below(permit=(tree,))) == "name-constraints"


def test_the_evidence_names_what_is_and_what_is_allowed() -> None:
    verdict = below(permit=(dns("other.example"),))
    assert verdict.headline is not None
    assert verdict.headline.evidence == "DNS name 'test.example' is not within DNS name 'other.example'"


def test_a_directory_subtree_that_does_not_read_is_shown_as_hex() -> None:
    """Found by fuzzing: nothing looks into a directoryName before it has to be shown."""
    from pki.model.der import encode as tlv

    broken = tlv(0x30, tlv(0xA0, tlv(0x30, tlv(0xA4, bytes.fromhex("300431028000")))))
    extension = x509.UnrecognizedExtension(x509.oid.ExtensionOID.NAME_CONSTRAINTS, broken)
    top = root()
    middle = intermediate(top, extra=((extension, True),))
    verdict = judge(leaf(middle), middle, anchors=(top,))
    assert headline(verdict) == "name-constraints"
    assert verdict.headline is not None
    assert "#300431028000" in verdict.headline.evidence
