from __future__ import annotations

import subprocess
import sys

import pki
from tests.shell import environment


def test_every_public_name_is_there_and_sorted() -> None:
    assert pki.__all__ == sorted(pki.__all__)
    for name in pki.__all__:
        assert getattr(pki, name) is not None


def test_the_table_of_homes_is_the_list_of_names() -> None:
    assert set(pki._HOMES) | {"__version__"} == set(pki.__all__)


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


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(pki, "certificate_authority")
    assert "evaluate" in dir(pki)
