"""What exported names take and give back is exported, too: nobody has to reach behind the front door for a type."""

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pki
import pki_fixtures

PACKAGES = ("pki", "pki_fixtures")
KEPT_BACK = {
    "Away": "found out by a relay, which says it in its own words",
    "Block": "what was read of one PEM block, beside the certificates that everybody asks for",
    "CertificateProfile": "the rows of issuing; `issue_server`, `issue_client` and `sign_csr` choose one",
    "ConnectionDocument": "a document, whose fields docs/json.md and its schema have",
    "Deadline": "made by `Route` itself",
    "Defect": "a scenario's own departure, any callable over a certificate",
    "End": "what runs in a server's loop",
    "EndRecord": "what runs in a server's loop",
    "ExtraFiles": "any callable that writes more files",
    "Fetch": "any callable from a URL to bytes or None",
    "FrontDocument": "a document, whose fields docs/json.md and its schema have",
    "LedgerRowJson": "a document, whose fields docs/json.md and its schema have",
    "ListenAddress": "what runs in a server's loop",
    "NewFolder": "any callable that makes a folder",
    "PemFiles": "the base class of what has files",
    "Permitted": "the words of a refusal",
    "RecordingEnd": "what runs in a server's loop",
    "Style": "what a terminal is told with; plain unless the command line has another",
    "TrustQuestion": "made by `assert_trusted` and `assert_untrusted`",
}


@cache
def names_in(module: str) -> dict[str, str]:
    """Where the names in MODULE come from, imports for type checkers included."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    found = {node.name: module for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= dict.fromkeys((alias.name for alias in node.names), node.module)
    return found


def annotations_of(value: object) -> Iterator[tuple[str, str]]:
    """The annotations of a function, or of a class's public methods, each with the module it is written in."""
    functions = [value] if inspect.isfunction(value) else []
    for owner in value.__mro__ if inspect.isclass(value) else ():
        made = "__init__" if not (dataclasses.is_dataclass(owner) or issubclass(owner, tuple)) else ""
        functions += [
            getattr(member, "__func__", member)
            for name, member in vars(owner).items()
            if owner.__module__.split(".")[0] in PACKAGES and (name == made or not name.startswith("_"))
        ]
    for function in filter(inspect.isfunction, functions):
        yield from ((str(text), function.__module__) for text in function.__annotations__.values())


def test_types_at_the_front_door_are_exported() -> None:
    public = {name: getattr(package, name) for package in (pki, pki_fixtures) for name in package.__all__}
    behind: dict[str, list[str]] = {}
    for name, value in public.items():
        for text, module in annotations_of(value):
            for word in re.findall(r"[A-Za-z_]\w*", text):
                home = names_in(module).get(word, "")
                if home.split(".")[0] in PACKAGES and word not in public:
                    behind.setdefault(word, []).append(name)
    assert {word: users for word, users in behind.items() if word not in KEPT_BACK} == {}
    assert set(KEPT_BACK) <= set(behind), "no longer needed"


def test_the_typed_consumer_uses_the_front_door_alone() -> None:
    consumer = Path(__file__).parent / "typing" / "consumer.py"
    modules = {
        node.module for node in ast.walk(ast.parse(consumer.read_text())) if isinstance(node, ast.ImportFrom)
    }
    assert {module for module in modules if module and module.split(".")[0] in PACKAGES} == set(PACKAGES)
