"""The table of Apple's functions: it names what is there, and the next release shows as a difference."""

from __future__ import annotations

import tomllib
from importlib.util import find_spec

from pki.model.codes import APPLE_CHECKS
from pki.model.other_checks import OTHER_CHECKS
from pki.model.sources import CODE
from tests import apple_source

FOLLOWED = tomllib.loads(apple_source.TABLE.read_text(encoding="utf-8"))
C = """
bool SecOne(CFTypeRef a);
/* SecOne(a) { is a comment */
bool SecOne(CFTypeRef a,
            CFIndex b) {
    if (a) { return SecTwo(a); }
    return false;
}
static bool SecTwo(CFTypeRef a)
{
    return true;
}
"""


def test_every_row_names_a_module_that_is_there() -> None:
    for _, row in apple_source.rows(FOLLOWED):
        for ours in row["ours"]:
            assert find_spec(ours.removesuffix(".py").replace("/", ".")), row


def test_no_function_is_told_twice() -> None:
    named = [(path, row["function"]) for path, row in apple_source.rows(FOLLOWED)]
    assert len(named) == len(set(named))


def test_a_definition_is_found_behind_its_declaration_and_its_mention() -> None:
    found = apple_source.definition(C, "SecOne")
    assert found is not None
    assert found.startswith("bool SecOne(CFTypeRef a,")
    assert found.endswith("return false;\n}")
    assert apple_source.definition(C, "SecThree") is None


def test_white_space_is_no_change_and_a_character_is() -> None:
    found = apple_source.definition(C, "SecTwo")
    assert found is not None
    assert apple_source.digest(found) == apple_source.digest(found.replace("    ", "\t"))
    assert apple_source.digest(found) != apple_source.digest(found.replace("true", "false"))


def test_a_new_row_of_the_list_and_one_that_is_gone_are_told() -> None:
    names = [*APPLE_CHECKS, *OTHER_CHECKS]
    listed = "\n".join(f"POLICYCHECKMACRO({name}, R, N)" for name in [*names[1:], "Brandnew"])
    told = list(apple_source.unlike(listed))
    assert [line.split(": ")[1].split()[0] for line in told] == ["Brandnew", names[0]]


def test_reports_speak_of_the_release_that_was_read() -> None:
    assert CODE.startswith(f"{FOLLOWED['release']} ")
