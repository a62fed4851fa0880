"""No answer of the table of readers contradicts OpenSSL, Java, NSS or GnuTLS over a grid of files that they all wrote.

A part of the grid is made each time; TRUSTRIG_P12_GRID=all makes all of it, some 170 s of CPU.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from pki.load.inspection import inspect_bytes
from pki.load.p12.container import Container
from pki.load.p12.reader_table import READERS
from pki.load.p12.readers import ReaderAnswer
from tests.p12grid import asking
from tests.p12grid.cases import Case, grid
from tests.p12grid.making import Made, make_all, run
from tests.p12grid.material import Material

ONE_IN = 1 if os.environ.get("TRUSTRIG_P12_GRID") == "all" else 12
PROGRAMS = ("openssl", "java", "keytool", "certtool", "pk12util", "assembled", "kept")
GRID = grid()
pytestmark = [
    pytest.mark.peer("openssl", "apt-get install openssl"),
    pytest.mark.peer("javac", "apt-get install default-jdk-headless"),  # which `java FILE.java` needs
    pytest.mark.peer("pk12util", "apt-get install libnss3-tools"),
    pytest.mark.peer("certtool", "apt-get install gnutls-bin"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    material, files = tmp_path_factory.mktemp("material"), tmp_path_factory.mktemp("grid")
    return make_all([case for case in GRID if case.sampled(ONE_IN)], Material(material), files)


@pytest.fixture(scope="module")
def judged(made: list[Made]) -> dict[Path, Container]:
    found = {}
    for one in made:
        secret = one.case.secret or None
        container = inspect_bytes(one.path.read_bytes(), name=one.case.name, password=secret).container
        assert container is not None
        found[one.path] = container
    return found


def test_the_grid_is_large_and_every_program_has_a_part_in_it() -> None:
    assert len(GRID) >= 400
    assert {case.program for case in GRID} == set(PROGRAMS)
    assert len({case.name for case in GRID}) == len(GRID)
    part = Counter(case.program for case in GRID if case.sampled(12))
    assert set(part) >= {"openssl", "java", "certtool", "pk12util", "assembled", "kept"}


def test_the_identities_are_those_that_were_packed(made: list[Made], judged: dict[Path, Container]) -> None:
    wrong = [
        (one.case.name, judged[one.path].identities)
        for one in made
        if judged[one.path].identities != one.identities and not judged[one.path].pfx.undecryptable
    ]
    assert wrong == []


@pytest.mark.parametrize("legacy", [False, True], ids=["default provider", "-legacy"])
def test_openssl(legacy: bool, made: list[Made], judged: dict[Path, Container]) -> None:
    version = version_of("openssl", "version")
    if version < (3,):
        pytest.skip("the table speaks of OpenSSL 3")
    reader = "openssl-legacy" if legacy else "openssl-3.4" if version >= (3, 4) else "openssl"
    hold(reader, version, made, judged, lambda one: asking.openssl(one, legacy=legacy))


def test_gnutls(made: list[Made], judged: dict[Path, Container], tmp_path: Path) -> None:
    version = version_of("certtool", "--version")
    hold("gnutls", version, made, judged, lambda one: asking.gnutls(one, tmp_path))


def test_nss(made: list[Made], judged: dict[Path, Container], tmp_path: Path) -> None:
    hold("nss", nss_version(), made, judged, lambda one: asking.nss(one, tmp_path))


def test_java(made: list[Made], judged: dict[Path, Container], tmp_path: Path) -> None:
    answers = asking.java(made, tmp_path)
    version = version_of("java", "-version")
    hold("java-17", version, made, judged, lambda one: asking.java_opened(one, answers[one.path]))


def hold(
    reader: str,
    version: tuple[int, ...],
    made: list[Made],
    judged: dict[Path, Container],
    opened: Callable[[Made], bool],
) -> None:
    """Hold the row's answers against what was seen; a version later than the table's may open more, never less."""
    row = next(one for one in READERS if one.id == reader)
    later = version[:2] > numbers(row.evidence)[:2]
    wrong = []
    for one in made:
        (opening,) = [found for found in judged[one.path].openings if found.reader is row]
        seen = ReaderAnswer.YES if opened(one) else ReaderAnswer.NO
        if opening.answer is seen or (later and seen is ReaderAnswer.YES):
            continue
        if opening.answer is ReaderAnswer.UNKNOWN and (unheard_of(one.case) or not row.measured):
            continue
        wrong.append((one.case.name, f"it says {seen}, the table {opening.answer}", opening.reasons))
    assert wrong == [], (reader, version)


def unheard_of(case: Case) -> bool:
    """Whether no table could know the kind of key."""
    return case.kind == "of an unknown kind"


def numbers(text: str) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(map(int, found.group().split("."))) if found else ()


@lru_cache
def version_of(*command: str) -> tuple[int, ...]:
    done = run(*command)
    return numbers((done.stdout + done.stderr).decode(errors="replace"))


def nss_version() -> tuple[int, ...]:
    """Of the library beside the tools, which do not tell."""
    library = ctypes.CDLL(ctypes.util.find_library("nss3") or "libnss3.so")
    library.NSS_GetVersion.restype = ctypes.c_char_p
    return numbers(library.NSS_GetVersion().decode())
