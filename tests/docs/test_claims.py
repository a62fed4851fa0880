"""What the pages say of numbers and of places in the code, held against the code.

A row fails when a constant changes and its sentence does not, or the other way round; a name in backticks on the page
of the architecture fails when nothing is called so any more.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from pki.explain import scanning
from pki.export import pkcs12, repeatable_p12
from pki.handshake.serving import server_loop
from pki.install.portal import downloads, portal
from pki.load.profile import schema_walk, validation
from pki.model import caching, certificate, distinguished, extension_list, extensions
from pki.model.verdict import AnchorClass
from pki.store import layout
from pki.trust import apple_policy_tree, constraints, search, unanswerable
from pki.trust.rules import lifetimes
from pki_fixtures import keypool, rig_authorities
from tests import sources

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
PAGES = [DOCS / "architecture.md", *sorted((DOCS / "why").glob("*.md"))]
KIB, MIB = 1024, 1024 * 1024
WORDS = {3: "three", 4: "four", 10: "ten", 16: "sixteenth", 100: "a hundred"}

# The page, its sentence with {} for the number, and the number as the code has it.
NUMBERS = [
    ("architecture", "{} paths built", WORDS[search.MAX_PATHS]),
    ("architecture", "the {}- and {}-day limits", (lifetimes.DAYS_825.days, lifetimes.DAYS_398.days)),
    (
        "architecture",
        "The **anchor class** (`{}`) is an input",
        "`, `".join(one for one in AnchorClass if one is not AnchorClass.NONE),
    ),
    ("why/own-reader", "serial numbers of no or over {} bytes", certificate.MAX_SERIAL_BYTES),
    ("why/own-reader", "an empty extension list, {:,} extensions", extension_list.MAX_EXTENSIONS + 1),
    ("why/own-reader", "({:,} policies, mappings, distribution points", extensions.MAX_ENTRIES + 1),
    ("why/own-reader", "{:,} purposes", extensions.MAX_PURPOSES + 1),
    ("why/own-reader", "{} kinds in QcType", extensions.MAX_QC_TYPES + 1),
    ("why/own-reader", "names behind the {:,}rd", extensions.MAX_NAMES),
    ("why/own-reader", "{} MiB at most", certificate.MAX_CERTIFICATE_BYTES // MIB),
    ("why/own-reader", "{} KiB of a name", distinguished.MAX_BYTES // KIB),
    ("why/own-reader", "caches only for what is up to {} KiB", caching.CACHED_BYTES // KIB),
    ("why/own-evaluator", "from {:,} subtrees of one half on", constraints.MAX_SUBTREES),
    ("why/own-evaluator", "{} policy mappings of one certificate", WORDS[apple_policy_tree.MAX_MAPPINGS]),
    ("why/own-evaluator", "in the {} certificate below", WORDS[apple_policy_tree.MAX_DEPTH + 1]),
    ("why/certvalidator", "more than {} steps to walk", unanswerable.MAX_STEPS),
    ("why/p12-default", "a SHA-1 MAC, {:,} rounds", pkcs12.KDF_ROUNDS),
    (
        "why/compiled-folder",
        "{:,} rounds where other files have {:,}",
        (repeatable_p12.ROUNDS, pkcs12.KDF_ROUNDS),
    ),
    ("why/device-page", "gives one visitor {} places", portal.EACH),
    ("why/device-page", "the request's head ({} KiB)", portal.MAX_HEAD // KIB),
    ("why/device-page", "each connection ({:.0f} s)", portal.DEADLINE),
    ("why/device-page", "may be fetched again, {} times", WORDS[downloads.MAX_BROKEN_OFF]),
    ("why/device-page", "or {} minutes later", WORDS[int(portal.AFTER_THE_LAST) // 60]),
    (
        "why/profile-checks",
        "gives up after {:,} values and {} findings",
        (schema_walk.MAX_VALUES, validation.MAX_FINDINGS),
    ),
    ("why/pasted-texts", "{} megabytes take a few seconds", {5_000_000: "Five"}[scanning.MAX_BYTES]),
    ("why/adopting", "written as `{}`, as ever", layout.SCHEMA),
    ("why/adopting", "The others are `{}`", layout.SCHEMA_2),
    ("why/seeded-keys", "makes {} of a kind and role at most", WORDS[keypool.SIZE]),
    (
        "why/seeded-keys",
        "end {} after that moment",
        {180: "half a year"}[rig_authorities._AUTHORITY_LEFT.days],
    ),
]


@cache
def text(page: str) -> str:
    return " ".join((DOCS / f"{page}.md").read_text().split())


@pytest.mark.parametrize(
    ("page", "sentence", "number"), NUMBERS, ids=[f"{row[0]}: {row[1]}" for row in NUMBERS]
)
def test_numbers_on_the_pages_are_those_of_the_code(page: str, sentence: str, number: object) -> None:
    assert sentence.format(*(number if isinstance(number, tuple) else (number,))) in text(page)


def test_a_connection_has_room_beside_one_visitor() -> None:
    assert portal.EACH < server_loop.MAX_CONNECTIONS, (
        "why/device-page: two hundred silent ones use nothing up"
    )


@cache
def files() -> frozenset[str]:
    beside = (
        f"/{path.relative_to(TOP).as_posix()}{'/' if path.is_dir() else ''}"
        for root in ("tests", "docs")
        for path in (TOP / root, *(TOP / root).rglob("*"))
    )
    return frozenset([*beside, "/cli/", "/fixtures/", *(f"/{name}" for name in sources.paths())])


def exists(path: str) -> bool:
    """Whether PATH is there below some folder of ours; a test is named as one."""
    found = (one for one in files() if one.endswith(f"/{path}"))
    return any(path.startswith("tests/") or not one.startswith("/tests/") for one in found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_and_modules_on_the_pages_exist(page: Path) -> None:
    """A path in backticks is that of a file below any folder of ours; `pki.x.y` is a module, or a name in one."""
    found = page.read_text()
    paths = set(re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:pyi?|toml)|(?:[\w-]+/)+)`", found))
    paths -= {"pyproject.toml", "pylock.toml"}
    assert {path for path in paths if not exists(path)} == set()
    dotted = {
        name.replace(".", "/")
        for name in re.findall(r"`((?:pki|pki_cli|pki_fixtures|tests)(?:\.\w+)+)`", found)
    }
    modules = {one.removesuffix(".py").removesuffix("/") for one in files()}
    missing = {
        name
        for name in dotted
        if not any(one.endswith((f"/{name}", f"/{name.rpartition('/')[0]}")) for one in modules)
    }
    assert missing == set()


@cache
def identifiers() -> frozenset[str]:
    """Everything that our code calls by a name."""
    found: set[str] = set()
    for path in sources.modules().values():
        found |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.FunctionDef() | ast.ClassDef():
                    found.add(node.name)
                case ast.Name():
                    found.add(node.id)
                case ast.Attribute():
                    found.add(node.attr)
                case ast.arg():
                    found.add(node.arg)
                case ast.alias():
                    found.add((node.asname or node.name).rpartition(".")[2])
                case ast.Constant(value=str(value)) if (
                    value.isidentifier() or value.replace("-", "_").isidentifier()
                ):
                    found.add(value.replace("-", "_"))
    return frozenset(found)


def test_names_on_the_page_of_the_architecture_are_those_of_the_code() -> None:
    names = set(re.findall(r"`([A-Za-z_][\w.-]*)`", (DOCS / "architecture.md").read_text()))
    own = {name for name in names if not name.endswith((".py", ".pyi", ".toml"))} - NOT_OURS
    assert {name for name in own if not is_called(name.rpartition(".")[2].replace("-", "_"))} == set()


def is_called(name: str) -> bool:
    """Whether something of ours has this NAME, or begins with it where it ends in `_`."""
    return name in identifiers() or (
        name.endswith("_") and any(one.startswith(name) for one in identifiers())
    )


NOT_OURS = {"NSAppTransportSecurity", "tls.crt"}


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "why" / "README.md").read_text()))
    assert listed == {page.name for page in PAGES if page.parent.name == "why"} - {"README.md"}


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["second-opinion"]]
    pages = " ".join(text(f"why/{page}") for page in ("dependencies", "typer", "certvalidator"))
    names = [re.split(r"[<>=~!;\[ ]", one)[0] for one in wanted]
    assert [name for name in names if name.lower() not in pages.lower()] == []
    assert next(one for one in wanted if one.startswith("typer")) in text("why/typer")


def test_packages_are_those_of_the_page() -> None:
    built = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert f"packages = {built['packages']}".replace("'", '"') in text("why/nested-roots")
