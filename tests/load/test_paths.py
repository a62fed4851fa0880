"""Files and folders."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pki.errors import Unreadable
from pki.load import load_folder, load_path, paths, read_bytes


def test_a_file_is_recognised_whatever_it_is_called(material: Any, tmp_path: Path) -> None:
    path = tmp_path / "chain.txt"
    path.write_bytes(material.pem())
    assert load_path(path) == material.ders


def test_a_dash_is_a_file_called_so(material: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)  # a library reads no standard input
    with pytest.raises(Unreadable, match="-: No such file"):
        load_path(Path("-"))

    (tmp_path / "-").write_bytes(material.pem())
    assert load_path(Path("-")) == material.ders


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("missing.pem", "missing.pem: No such file", id="a missing file"),
        pytest.param("nul\x00byte", "embedded null", id="a NUL in the name"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=words):
        read_bytes(tmp_path / path)


def test_a_huge_file_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(Unreadable, match="larger than 16 MiB"):
        load_path(path)


def test_a_pipe_is_a_file_too(material: Any, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, material.pem())
    os.close(writing)
    try:
        assert load_path(Path(f"/dev/fd/{reading}")) == material.ders
    finally:
        os.close(reading)


@pytest.fixture
def folder(material: Any, tmp_path: Path) -> Path:
    top = tmp_path / "certs"
    (top / "below").mkdir(parents=True)
    (top / "below" / "hidden.pem").write_bytes(material.pem(material.root))
    (top / "b.der").write_bytes(material.intermediate.der)
    (top / "a.pem").write_bytes(material.pem(material.leaf, material.intermediate))
    (top / "c.key").write_bytes(material.key())
    (top / "d.p12").write_bytes(material.locked_p12)
    (top / "e.loop").symlink_to("e.loop")
    (top / "f.link").symlink_to("a.pem")
    (top / "g.self").symlink_to(".")
    (top / "h.txt").write_text("notes\n")
    return top


def test_a_folder_gives_its_files_by_name_and_says_what_it_skipped(folder: Path, material: Any) -> None:
    found = load_folder(folder)
    assert found.certificates == (material.leaf.der, material.intermediate.der)
    assert load_path(folder) == found.certificates
    assert [text.partition(" ")[0].rstrip(":") for text in found.skipped] == [
        "below",
        "c.key",
        "d.p12",
        "e.loop",
        "g.self",
        "h.txt",
    ]
    assert "below is a folder" in found.skipped
    assert "c.key is a private key, where a certificate is due" in found.skipped


def test_a_password_opens_the_containers_of_a_folder(folder: Path, material: Any) -> None:
    assert set(load_folder(folder, password="correct-horse-battery").certificates) == set(material.ders)


def test_a_folder_without_certificates_says_what_is_there(tmp_path: Path, material: Any) -> None:
    with pytest.raises(Unreadable, match=r"holds no certificate \(it is empty\)"):
        load_path(tmp_path)
    (tmp_path / "key.pem").write_bytes(material.key())
    with pytest.raises(Unreadable, match=r"no certificate \(key.pem is a private key"):
        load_path(tmp_path)


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [
        pytest.param("MAX_FOLDER_ENTRIES", 3, "more than 3 entries", id="too many entries"),
        pytest.param("MAX_FOLDER_BYTES", 100, "more than 0 MiB", id="too many bytes"),
        pytest.param("MAX_CERTIFICATES", 1, "more than 1 certificates", id="too many certificates"),
    ],
)
def test_folders_are_bounded(
    limit: str, value: int, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, limit, value)
    with pytest.raises(Unreadable, match=words):
        load_folder(folder)
