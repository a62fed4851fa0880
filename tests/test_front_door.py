from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import pki
from pki.export.pem import fullchain_pem
from tests import clock
from tests.shell import environment


def test_every_public_name_is_there_and_sorted() -> None:
    assert pki.__all__ == sorted(pki.__all__)
    for name in pki.__all__:
        assert getattr(pki, name) is not None


def test_the_table_of_homes_is_the_list_of_names() -> None:
    assert set(pki._HOMES) | {"__version__"} == set(pki.__all__)


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
