"""A Swift parser for tests: the grammar of tree-sitter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import tree_sitter_swift
from tree_sitter import Language, Node, Parser


@lru_cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_swift.language()))


def parsed(source: str) -> Node:
    """The tree of SOURCE; a syntax error anywhere in it fails."""
    tree = _parser().parse(source.encode()).root_node
    wrong = [node for node in walk(tree) if node.is_error or node.is_missing]
    assert not wrong, [(node.start_point.row + 1, node.text) for node in wrong]
    return tree


def walk(node: Node) -> Iterator[Node]:
    """NODE and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def constants(source: str) -> dict[str, str]:
    """What each `let` is set to, as written; a later one of the same name wins."""
    found = {}
    for node in walk(parsed(source)):
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if node.type == "property_declaration" and name is not None and value is not None:
            found[(name.text or b"").decode()] = (value.text or b"").decode()
    return found
