from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

import pytest

import pki
import pki_fixtures
from pki.export.pem import fullchain_pem
from tests import clock
from tests.shell import environment

LAZY = [
    ".".join((package.__name__, *path.parent.relative_to(root).parts))
    for package in (pki, pki_fixtures)
    for root in map(Path, package.__path__)
    for path in sorted(root.rglob("__init__.pyi"))
]


def test_every_public_name_is_there_and_sorted() -> None:
    assert pki.__all__ == sorted(pki.__all__)
    for name in pki.__all__:
        assert getattr(pki, name) is not None


@pytest.mark.parametrize("package", LAZY)
def test_the_list_of_names_is_read_as_a_type_checker_reads_it(package: str) -> None:
    """`pki.lazy` splits lines; that they are what Python takes them for, and lead somewhere, is held here."""
    module = import_module(package)
    listed = {}
    for node in ast.parse(Path(module.__file__).with_suffix(".pyi").read_text()).body:
        assert isinstance(node, ast.ImportFrom)
        assert node.level == 0
        [alias] = node.names
        assert alias.asname == alias.name, "mypy takes it for public only so"
        listed[alias.name] = node.module
    assert module.__all__ == dir(module) == sorted(listed)
    for name, home in listed.items():
        assert getattr(module, name) is getattr(import_module(home), name)
        assert find_spec(f"{package}.{name}") is None, "the module would hide the name once it is imported"
    assert not hasattr(module, "nothing")
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        module.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("package", "name", "today"),
    [
        pytest.param("pki", "OnTheList", "AllowList", id="a policy of acceptance"),
        pytest.param("pki.live", "identify", "present_client_certificate", id="a function"),
        pytest.param("pki.load", "Folder", "FoundCertificates", id="a value"),
        pytest.param("pki.export.profile", "Scope", "PayloadScope", id="of profiles"),
        pytest.param("pki.handshake.dtls", "Weather", "LinkConditions", id="of datagrams"),
        pytest.param("pki.issue.defects", "depart", "with_defects", id="of defects"),
        pytest.param("pki_fixtures", "Presented", "ServerSetup", id="of scenarios"),
    ],
)
def test_a_name_that_was_replaced_still_answers(package: str, name: str, today: str) -> None:
    module = import_module(package)
    with pytest.deprecated_call(match=f"{package}.{name} is called {today} now"):
        assert getattr(module, name) is getattr(module, today)
    assert name not in module.__all__


@pytest.mark.parametrize("room", [found.name for found in iter_modules(pki.__path__) if found.ispkg])
def test_every_room_has_what_it_names(room: str) -> None:
    """Most names are imported when they are first asked for, from a table that nothing else holds to the modules."""
    package = import_module(f"pki.{room}")
    assert [name for name in getattr(package, "__all__", ()) if not hasattr(package, name)] == []


def test_importing_the_library_costs_next_to_nothing() -> None:
    """Start-up time is a feature: the heavy rooms come with the first name asked for."""
    heavy = "{'cryptography', 'OpenSSL', 'dataclasses', 'typer', 'filelock', 'idna', 'pytest'}"
    code = f"import sys, pki, pki_cli; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_the_command_line_starts_without_its_rooms() -> None:
    code = "import sys, pki_cli.app; print(sorted(m for m in sys.modules if m.startswith(('cryptography', 'OpenSSL'))))"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_judging_a_file_does_without_the_library_of_certificates(tmp_path: Path) -> None:
    """`evaluate FILE` is to start quickly, and certificates are read by our own reader."""
    identity = pki.Authority.create(name="Start-up", at=clock.now()).issue_server("x.test", at=clock.now())
    chain = tmp_path / "chain.pem"
    chain.write_bytes(fullchain_pem(identity))
    code = (
        f"import sys; sys.argv = ['trustrig', 'evaluate', {str(chain)!r}, '--host', 'x.test']\n"
        "from pki_cli.app import run\n"
        "assert run() == 1, 'nothing is trusted without an anchor'\n"
        "print('cryptography.x509' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "False"


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(pki, "certificate_authority")
    assert "evaluate" in dir(pki)


def test_an_attribute_that_was_replaced_still_answers() -> None:
    from pki import AllowList, Explanation

    policy = AllowList(frozenset(), ())
    with pytest.deprecated_call(match="AllowList.words is called description now"):
        assert policy.words == policy.description
    with pytest.raises(AttributeError, match="is called text_explanation now"):
        _ = Explanation.told


def test_what_answers_by_an_old_name_is_there_by_the_new_one() -> None:
    from pki.renamed import Renamed

    owners = [value for name in pki.__all__ if isinstance(value := getattr(pki, name), type)]
    found = {
        (base.__name__, old, what._now): any(what._now in vars(one) for one in owner.__mro__)
        for owner in owners
        for base in owner.__mro__
        for old, what in vars(base).items()
        if isinstance(what, Renamed)
    }
    assert len(found) >= 6
    assert all(found.values()), found
