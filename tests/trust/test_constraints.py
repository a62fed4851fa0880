"""Name constraints the way Apple matches them, and where that differs from RFC 5280."""

from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.model.der import encode as tlv
from pki.model.verdict import Outcome, Verdict
from tests.chains import HOST, Made, chain, headline, intermediate, judge, leaf, outcome, root


def below(*, permit: tuple = (), exclude: tuple = (), **changes) -> Verdict:
    return chain(mid={"permit": permit, "exclude": exclude}, host=changes.get("dns", (HOST,))[0], **changes)


def dns(name: str) -> x509.GeneralName:
    return x509.DNSName(name)


def net(text: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_network(text))


@pytest.mark.parametrize(
    ("permit", "changes", "trusted"),
    [
        pytest.param((dns("example"),), {}, True, id="a parent domain"),
        pytest.param((dns(".test.example"),), {}, False, id="a leading dot asks for a label more"),
        pytest.param((dns(".example"),), {}, True, id="and has it"),
        pytest.param(
            (dns("other.example"), dns("test.example")), {}, True, id="what one CA permits is a union"
        ),
        pytest.param(
            (dns("example"), dns("a.example")), {}, True, id="a narrower one beside it takes nothing away"
        ),
        pytest.param((dns("a.example"), dns("example")), {}, True, id="in whatever order"),
        pytest.param(
            (dns("TEST.example"), net("192.0.2.0/24")), {}, True, id="a kind the leaf has no name of"
        ),
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
        pytest.param((dns(".test.example"),), True, id="with a dot, not the name itself"),
        pytest.param((dns(".example"),), False, id="but what is below"),
        pytest.param(
            (dns(""),), True, id="the empty one: undefined on Apple, and excludes nothing as its code reads"
        ),
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


def test_a_leading_dot_is_explained() -> None:
    verdict = below(permit=(dns(".test.example"),))
    assert verdict.headline is not None
    assert verdict.headline.evidence == (
        "DNS name 'test.example' is not within DNS name '.test.example' (with that dot: names below it only)"
    )


NAMES = {
    "mailbox without case": (x509.RFC822Name("ann@a.example"), {"emails": ("ANN@A.example",)}, True),
    "hosts below a domain with case": (
        x509.RFC822Name(".a.example"),
        {"emails": ("ann@b.A.example",)},
        False,
    ),
    "a user name is taken for the host": (
        x509.UniformResourceIdentifier("a.example"),
        {"uris": ("https://ann@a.example/",)},
        False,
    ),
    "a host need only begin with its subtree": (
        x509.UniformResourceIdentifier("a.example"),
        {"uris": ("https://a.example.evil/",)},
        True,
    ),
}


@pytest.mark.parametrize(("tree", "names", "trusted"), NAMES.values(), ids=NAMES)
def test_e_mail_and_uri_as_apple_compares_them(tree: x509.GeneralName, names: dict, trusted: bool) -> None:
    assert below(permit=(tree,), **names).trusted is trusted


def test_a_mailbox_below_a_host_takes_its_place() -> None:
    """Apple's intersection: nc_intersect_tree_with_subtrees has no way out for e-mail."""
    top = root()
    upper = intermediate(top, "Upper", permit=(x509.RFC822Name("a.example"),))
    lower = intermediate(upper, "Lower", permit=(x509.RFC822Name("ann@a.example"),))
    for address, trusted in (("ann@a.example", True), ("bob@a.example", False)):
        assert judge(leaf(lower, emails=(address,)), lower, upper, anchors=(top,)).trusted is trusted


@pytest.mark.parametrize(
    ("outer", "inner", "permitted", "refused"),
    [
        pytest.param(
            ("other.test",), ("example", "a.example"), ("b.example", "a.other.test"), ("third.test",),
            id="nothing in common: a union, in which the wider tree stays",
        ),
        pytest.param(
            ("example",), ("test.example", "a.test.example", "b.example"), ("a.test.example", "b.example"),
            ("test.example", "c.example"),
            id="within the one in force: each takes the place of the one before, if within it",
        ),
        pytest.param(
            ("a.example", "b.example"), ("example",), ("a.example", "b.example"), ("c.example",),
            id="around those in force: it does not widen",
        ),
    ],
)  # fmt: skip
def test_a_second_list_is_held_against_what_is_in_force(
    outer: tuple, inner: tuple, permitted: tuple, refused: tuple
) -> None:
    """SecNameConstraintsIntersectSubtrees: what replaces is in force at once, what is added only after the walk."""
    top = root()
    upper = intermediate(top, "Upper", permit=tuple(map(dns, outer)))
    lower = intermediate(upper, "Lower", permit=tuple(map(dns, inner)))
    for host in (*permitted, *refused):
        verdict = judge(leaf(lower, dns=(host,)), lower, upper, anchors=(top,), host=host)
        assert verdict.trusted is (host in permitted), host


MANY = tuple(dns(f"n{number}.other.example") for number in range(1100))


@pytest.mark.parametrize(
    ("permit", "exclude", "position"),
    [
        pytest.param((*MANY[:1022], dns(HOST)), (), None, id="1,023 permitted"),
        pytest.param((*MANY[:1023], dns(HOST)), (), 1, id="1,024 permitted"),
        pytest.param((), MANY[:1023], None, id="1,023 excluded"),
        pytest.param((), MANY[:1024], 1, id="1,024 excluded"),
        pytest.param((*MANY[:700], dns(HOST)), MANY[:700], None, id="each half is counted alone"),
    ],
)
def test_so_many_subtrees_are_too_many(permit: tuple, exclude: tuple, position: int | None) -> None:
    """From 1,024 of one half on Apple refuses the CA, and does not take the half over."""
    verdict = below(permit=permit, exclude=exclude)
    assert [finding.position for finding in verdict.findings if finding.fails] == [position] * (
        position is not None
    )
    top = root()
    middle = intermediate(top, permit=permit, exclude=exclude)
    by_rfc5280 = judge(leaf(middle), middle, anchors=(top,), policy="rfc5280")
    assert by_rfc5280.trusted, "Apple's number does not bind the book"


def test_an_anchor_with_so_many_is_held_against_whatever_is_below() -> None:
    top = root(permit=(*MANY[:1023], dns(HOST)))
    assert headline(judge(leaf(top), anchors=(top,))) == "name-constraints"


def test_names_and_subtrees_without_end_are_not_compared_one_by_one() -> None:
    """Work is bounded by the limits, not by luck: what each validator gives up is refused, and said."""
    top = root()
    middle = intermediate(top, permit=tuple(dns(f"n{number}.example") for number in range(1023)))
    server = leaf(middle, dns=tuple(f"a.n{number % 1023}.example" for number in range(1100)))
    host = "a.n1.example"
    assert judge(server, middle, anchors=(top,), host=host).trusted
    refused = judge(server, middle, anchors=(top,), host=host, policy="rfc5280")
    assert refused.headline is not None
    assert refused.headline.evidence.startswith("more than 1,048,576 comparisons")


def other_name(oid: str = "1.3.6.1.4.1.311.20.2.3") -> x509.GeneralName:
    return x509.OtherName(x509.ObjectIdentifier(oid), tlv(0x0C, b"x"))


def test_a_kind_apple_cannot_compare_is_asked_below_the_anchor_only() -> None:
    top = root(permit=(other_name(),))
    assert judge(leaf(top), anchors=(top,)).trusted
    verdict = below(permit=(other_name(),))
    assert headline(verdict) == "name-constraints"
    assert verdict.headline is not None
    assert verdict.headline.position == 1
    assert "does not handle" in verdict.headline.evidence


def constraints(value: bytes, *, critical: bool = True) -> tuple:
    return (x509.UnrecognizedExtension(x509.oid.ExtensionOID.NAME_CONSTRAINTS, value), critical)


def subtree(*fields: bytes, tag: int = 0x30) -> bytes:
    return tlv(tag, *fields)


def half(number: int, *trees: bytes) -> bytes:
    return tlv(0xA0 + number, *trees)


ELSEWHERE = tlv(0x82, b"other.example")


@pytest.mark.parametrize(
    ("value", "because"),
    [
        pytest.param(half(0, subtree(ELSEWHERE, tlv(0x81, b"\5"))), "a maximum", id="maximum"),
        pytest.param(half(0, subtree(ELSEWHERE, tlv(0x80, b"\1"))), "a minimum", id="minimum 1"),
        pytest.param(half(0, subtree(ELSEWHERE, tlv(0x80, b"\xff"))), "a minimum", id="a negative minimum"),
        pytest.param(
            half(0, subtree(ELSEWHERE), subtree(ELSEWHERE, tlv(0x81, b"\5"))),
            "a maximum",
            id="of the second tree",
        ),
        pytest.param(half(0, subtree(ELSEWHERE, tag=0x31)), "no GeneralSubtree", id="a SET"),
    ],
)
def test_a_half_that_apple_drops_is_trusted_with_a_warning_and_refused_by_the_book(
    value: bytes, because: str
) -> None:
    top = root()
    middle = intermediate(top, extra=(constraints(tlv(0x30, value)),))
    verdict = judge(leaf(middle), middle, anchors=(top,))
    assert verdict.trusted
    (warning,) = (finding for finding in verdict.findings if finding.rule_id == "name-constraints-ignored")
    assert warning.position == 1
    assert because in warning.evidence
    refused = judge(leaf(middle), middle, anchors=(top,), policy="rfc5280")
    assert headline(refused) == "name-constraints"


def test_the_other_half_stays_in_force() -> None:
    dropped = half(0, subtree(ELSEWHERE, tlv(0x81, b"\5")))
    top = root()
    middle = intermediate(
        top, extra=(constraints(tlv(0x30, dropped, half(1, subtree(tlv(0x82, HOST.encode()))))),)
    )
    assert headline(judge(leaf(middle), middle, anchors=(top,))) == "name-constraints"


@pytest.mark.parametrize(
    ("exclude", "because"),
    [
        pytest.param((dns(""),), "an empty dNSName", id="an empty DNS subtree"),
        pytest.param((other_name(),), "OTHER", id="a kind that nobody compares"),
        pytest.param((dns("other.example"),), None, id="one that holds"),
    ],
)
def test_an_exclusion_that_excludes_nothing_is_told(exclude: tuple, because: str | None) -> None:
    top = root(exclude=exclude)
    verdict = judge(leaf(top), anchors=(top,))
    assert verdict.trusted
    said = [f.evidence for f in verdict.findings if f.rule_id == "name-constraints-ignored"]
    assert [because in evidence for evidence in said if because] == [True] * (because is not None)
    assert (
        outcome(judge(leaf(root()), anchors=(root(),)), "name-constraints-ignored") is Outcome.NOT_APPLICABLE
    )


def test_without_any_name_whatever_is_in_force_is_violated() -> None:
    """SecNameContraintsMatchSubtrees: neither subject nor subjectAltName is an invalid certificate."""
    top = root(permit=(dns(HOST),))
    verdict = judge(leaf(top, None, dns=()), anchors=(top,), host=None)
    assert any(f.rule_id == "name-constraints" and "neither" in f.evidence for f in verdict.findings)


def test_by_the_book_what_does_not_read_is_refused_wherever_names_are_constrained() -> None:
    top = root(exclude=(dns("other.example"),))
    for names, trusted in (({"emails": ("ann@a.example",)}, True), ({"dns": (HOST, ".example")}, False)):
        verdict = judge(leaf(top, **names), anchors=(top,), policy="rfc5280")
        violated = any(f.rule_id == "name-constraints" for f in verdict.findings if f.fails)
        assert violated is not trusted


def test_a_directory_subtree_that_does_not_read_is_shown_as_hex() -> None:
    """Found by fuzzing: nothing looks into a directoryName before it has to be shown."""
    broken = tlv(0x30, tlv(0xA0, tlv(0x30, tlv(0xA4, bytes.fromhex("300431028000")))))
    extension = x509.UnrecognizedExtension(x509.oid.ExtensionOID.NAME_CONSTRAINTS, broken)
    top = root()
    middle = intermediate(top, extra=((extension, True),))
    verdict = judge(leaf(middle), middle, anchors=(top,))
    assert headline(verdict) == "name-constraints"
    assert verdict.headline is not None
    assert "#300431028000" in verdict.headline.evidence
