"""Names against subtrees: the ordered lists say what comparing each with each says, for both readings."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from pki.model.der import encode as tlv
from pki.model.extension_values import GeneralName, NameType
from pki.trust.intersection import MAX_PAIRS, TooManyPairs, intersected
from pki.trust.name_matching import APPLE, HANDLED, RFC_5280, mailbox
from pki.trust.subtree_index import Prefixes
from pki.trust.subtrees import Subtrees

LABELS = ("a", "b", "A", "aa", "")
ROUNDS = 300


def dns(rng: random.Random) -> bytes:
    return ".".join(rng.choice(LABELS) for _ in range(rng.randint(1, 4))).encode()


def mail(rng: random.Random) -> bytes:
    host = dns(rng)
    return rng.choice([host, rng.choice([b"u@", b"U@", b"v@", b"@", b"u@v@"]) + host])


def uri(rng: random.Random) -> bytes:
    host = dns(rng)
    return rng.choice(
        [host, rng.choice([b"x://", b"://", b"x://u@"]) + host + rng.choice([b"", b":1", b"/p", b"?q"])]
    )


def address(rng: random.Random) -> bytes:
    return bytes(rng.choice((0, 1, 255)) for _ in range(rng.choice((4, 4, 8, 8, 16, 32, 3))))


def directory(rng: random.Random) -> bytes:
    parts = [tlv(0x31, bytes([rng.choice(b"ab")])) for _ in range(rng.randint(0, 3))]
    return tlv(0x30, *parts, rng.choice([b"", b"", b"", b"1"]))


MAKERS: dict[NameType, Callable[[random.Random], bytes]] = {
    NameType.DNS: dns, NameType.EMAIL: mail, NameType.URI: uri, NameType.IP: address, NameType.DIRECTORY: directory,
}  # fmt: skip


# What Security-61901, nameconstraints.c does with one name and one subtree, function by function.
def dns_match(name: str, tree: str) -> bool:
    if len(name) < len(tree):
        return False
    first = tree[0] if tree else "\0"
    if len(name) != len(tree) and first != "." and name[len(name) - len(tree) - 1] != ".":
        return False
    return name[len(name) - len(tree) :].lower() == tree.lower()


def mail_match(name: str, tree: str) -> bool:
    if "@" in tree:
        return name.lower() == tree.lower()
    at = name.find("@")
    if at < 0:
        return False
    if not tree.startswith("."):
        return name[at + 1 :].lower() == tree.lower()
    return name[at + 1 : at + 2] != "." and name.endswith(tree)


def uri_match(name: str, tree: str) -> bool:
    scheme = name.find("://")
    if scheme < 0:
        return False
    host = name[scheme + 3 :]
    ends = [host.find(c) for c in ":/" if c in host]
    host = host[: min(ends)] if ends else host
    if host.startswith(".") or len(host) < len(tree):
        return False
    start = len(host) - len(tree) if tree.startswith(".") else 0
    return host[start : start + len(tree)].lower() == tree.lower()


def ip_match(name: bytes, tree: bytes) -> bool:
    size = len(name)
    if size not in (4, 16) or len(tree) not in (8, 32) or len(tree) != 2 * size:
        return False
    return all(tree[i] & tree[size + i] == name[i] & tree[size + i] for i in range(size))


def directory_match(name: bytes, tree: bytes) -> bool:
    return len(name) > len(tree) and name[2:].startswith(tree[2:])


def apple_match(kind: NameType, name: bytes, tree: bytes) -> bool:
    match kind:
        case NameType.IP:
            return ip_match(name, tree)
        case NameType.DIRECTORY:
            return directory_match(name, tree)
        case _:
            texts = {NameType.DNS: dns_match, NameType.EMAIL: mail_match, NameType.URI: uri_match}
            return texts[kind](name.decode(), tree.decode())


def apple_intersection(before: list[GeneralName], new: list[GeneralName]) -> list[GeneralName]:
    """SecNameConstraintsIntersectSubtrees, line by line."""
    if not before:
        return list(new)
    state, append = list(before), []
    for tree in new:
        if tree.type not in (NameType.DIRECTORY, NameType.DNS):
            append.append(tree)
        for place, known in enumerate(state):
            if known.type is not tree.type or tree.type not in HANDLED:
                continue
            if apple_match(tree.type, tree.value, known.value):
                state[place] = tree
                break
            if apple_match(tree.type, known.value, tree.value):
                break
        else:
            append.append(tree)
    return state + append


def cases(kind: NameType) -> Iterator[tuple[list[bytes], list[bytes]]]:
    rng = random.Random(kind.value)
    for _ in range(ROUNDS):
        yield [MAKERS[kind](rng) for _ in range(rng.randint(1, 6))], [MAKERS[kind](rng) for _ in range(8)]


@pytest.mark.parametrize("kind", MAKERS, ids=lambda kind: kind.name)
def test_apples_matcher_says_what_apples_functions_say(kind: NameType) -> None:
    said = set()
    for trees, names in cases(kind):
        matcher = APPLE[kind](trees)
        for name in names:
            expected = any(apple_match(kind, name, tree) for tree in trees)
            assert matcher.permit(name) is matcher.exclude(name) is expected, (name, trees)
            said.add(expected)
    assert said == {True, False}


@pytest.mark.parametrize("kind", MAKERS, ids=lambda kind: kind.name)
def test_what_remains_permitted_is_what_apples_loop_leaves(kind: NameType) -> None:
    changed = 0
    for before, new in cases(kind):
        whole = [value for value in before if not value.endswith(b"1")]  # directory names without rubbish
        above = [GeneralName(kind, value) for value in whole]
        own = [GeneralName(kind, value) for value in new if not value.endswith(b"1")]
        expected = apple_intersection(above, own)
        assert list(intersected(above, own)) == expected
        changed += expected != above + own
    assert changed


def test_kinds_do_not_meet_and_what_nobody_compares_gets_in_twice() -> None:
    """nc_intersect_tree_with_subtrees appends what is neither DNS nor directory, and goes on to append it again."""
    name = GeneralName(NameType.DNS, b"example")
    other = GeneralName(NameType.OTHER, b"x")
    assert intersected([name], [other]) == (name, other, other)
    assert intersected([], [other]) == (other,)


def test_mailboxes_of_two_long_lists_are_not_all_compared() -> None:
    boxes = [GeneralName(NameType.EMAIL, f"u{n}@example.com".encode()) for n in range(200)]
    with pytest.raises(TooManyPairs):
        intersected(boxes, boxes)
    few = boxes[: int(MAX_PAIRS**0.5) // 2]
    assert len(intersected(few, few)) == 2 * len(few)


def test_a_list_of_prefixes_keeps_the_shortest() -> None:
    prefixes = Prefixes(["ab", "abc", "b", "abd"])
    assert [prefixes.begin(key) for key in ("", "a", "ab", "abcd", "ac", "b", "c")] == [
        False, False, True, True, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "tree", "name", "permitted", "excluded"),
    [
        pytest.param("DNS", "a.b", "x.a.b", True, True, id="a name below its tree"),
        pytest.param("DNS", "a.b", "xa.b", False, False, id="no label boundary"),
        pytest.param("DNS", ".a.b", "x.a.b", True, True, id="a leading dot: a name below"),
        pytest.param("DNS", ".a.b", "a.b", False, False, id="a leading dot: not the name itself"),
        pytest.param("DNS", ".a.b", "xa.b", False, False, id="a leading dot: no label boundary"),
        pytest.param("DNS", ".a.b", "*.a.b", True, True, id="a leading dot: a wildcard below"),
        pytest.param("DNS", ".x.a.b", "*.a.b", False, False, id="a leading dot: a wildcard that does not reach so far"),
        pytest.param("DNS", "", "x.a.b", True, True, id="the empty DNS tree is everything"),
        pytest.param("DNS", "x.a.b", "*.a.b", False, True, id="a wildcard reaches one label below"),
        pytest.param("DNS", "y.x.a.b", "*.a.b", False, False, id="and not two"),
        pytest.param("DNS", "a.b", "*.a.b", True, True, id="a wildcard within"),
        pytest.param("EMAIL", "u@A", "u@a", True, True, id="a mailbox with the host's case"),
        pytest.param("EMAIL", "U@a", "u@a", False, False, id="but not that of the local part"),
        pytest.param("EMAIL", "foo@a", r'"f\oo"@a', True, True, id="a quoted local part"),
        pytest.param("EMAIL", ".a", "u@b.A", True, True, id="a host below a domain"),
        pytest.param("EMAIL", ".a", "u@a", False, False, id="and not the domain"),
        pytest.param("EMAIL", "", "u@a", True, True, id="an empty one is every mailbox"),
        pytest.param("EMAIL", "a", "u@u@a", False, True, id="a name with two @ fails closed both ways"),
        pytest.param("URI", "a.b", "x://u@a.b:1/", True, True, id="the host of a URI"),
        pytest.param("URI", "a.b", "x://a.b.c/", False, False, id="no more than that host"),
        pytest.param("URI", ".a.b", "x://c.a.b?q", True, True, id="a host below"),
        pytest.param("URI", "", "x://a/", True, True, id="an empty URI tree is every host"),
        pytest.param("URI", "a", "urn:a", False, True, id="a URI without a host fails closed both ways"),
        pytest.param("URI", "a", "x://192.0.2.1/", False, True, id="and one with an address in its place"),
    ],
)  # fmt: skip
def test_by_the_book(kind: str, tree: str, name: str, permitted: bool, excluded: bool) -> None:
    matcher = RFC_5280[NameType[kind]]([tree.encode()])
    assert (matcher.permit(name.encode()), matcher.exclude(name.encode())) == (permitted, excluded)


@pytest.mark.parametrize(
    "text", ["", "u", "@a", "u@", "u@a@b", "u v@a", 'u"@a', '"u@a', "u@a..b", None], ids=repr
)
def test_what_is_no_mailbox(text: str | None) -> None:
    assert mailbox(text) is None


@pytest.mark.parametrize("reading", [APPLE, RFC_5280], ids=["Apple", "RFC 5280"])
def test_a_text_that_is_not_utf_8_is_within_nothing(reading: dict) -> None:
    for kind in (NameType.DNS, NameType.EMAIL, NameType.URI):
        assert not reading[kind]([b"a"]).permit(b"x@\xff://a")
        assert not reading[kind]([b"\xff"]).permit(b"x@a://a")


def test_an_address_costs_a_search_for_each_mask_that_is_no_prefix() -> None:
    odd = [bytes((10, 0, 0, 0, 255, 0, number, 0)) for number in range(1, 9)]
    plain = [bytes((10, number, 0, 0, 255, 255, 0, 0)) for number in range(8)]
    assert APPLE[NameType.IP](odd).searches == 9
    assert APPLE[NameType.IP](plain).searches == 1


def test_an_unknown_kind_of_subtree_constrains_nothing() -> None:
    trees = Subtrees((GeneralName(NameType.UNKNOWN, b"x"),), APPLE)
    assert trees.against((GeneralName(NameType.OTHER, b"x"), GeneralName(NameType.DNS, b"a")), 5) == ()
