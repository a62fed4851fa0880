"""A small fleet: a root, an intermediate, three leaves, and what they are written as."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.audit import AuditInput, open_sources
from tests.chains import Made, intermediate, leaf, root


class Fleet:
    """`leaves` are below `ca`, which is below `root`; `stranger` is nobody's relative."""

    def __init__(self) -> None:
        self.root = root("Fleet Root")
        self.ca = intermediate(self.root, "Fleet CA")
        self.leaves = tuple(leaf(self.ca, f"{name}.test", dns=(f"{name}.test",)) for name in ("a", "b", "c"))
        self.stranger = root("Stranger")

    def pem(self, *made: Made) -> str:
        return "".join(one.cert.public_bytes(Encoding.PEM).decode() for one in made)

    def key(self, made: Made) -> str:
        return str(made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    def base64(self, made: Made) -> str:
        return base64.b64encode(made.der).decode()


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    return Fleet()


def ders(*made: Made) -> tuple[bytes, ...]:
    return tuple(one.der for one in made)


Read = Callable[..., list[AuditInput]]


@pytest.fixture
def read(tmp_path: Path, remarks: list[str]) -> Read:
    """Write a source of the content given, and read it."""

    def reading(
        content: bytes | str, *, name: str = "source", columns: Iterable[str] = ()
    ) -> list[AuditInput]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        asked = dict(zip(("host_column", "chain_column"), columns, strict=False))
        found = list(open_sources([str(path)], remark=remarks.append, **asked))
        assert len({one.id for one in found}) == len(found)
        return found

    return reading


@pytest.fixture
def remarks() -> list[str]:
    return []
