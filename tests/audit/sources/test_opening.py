"""What was named, as one stream: folders, links, what is named twice, what is not there, and memory."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.audit import fingerprint, open_sources
from pki.audit.sources import certificate_file
from pki.errors import InvalidRequest, PkiError, Unreadable
from tests.audit.conftest import Fleet, ders


@pytest.fixture
def tree(fleet: Fleet, tmp_path: Path) -> Path:
    top = tmp_path / "certs"
    (top / "b" / "deep").mkdir(parents=True)
    (top / ".git").mkdir()
    (top / ".git" / "hidden.pem").write_text(fleet.pem(fleet.leaves[0]))
    (top / "a.pem").write_text(fleet.pem(fleet.leaves[0], fleet.ca))
    (top / "a.key").write_text(fleet.key(fleet.leaves[0]))
    (top / "b" / "deep" / "c.der").write_bytes(fleet.leaves[2].der)
    (top / "b" / "loop").symlink_to("..")
    (top / "b" / "self").symlink_to("self")
    (top / "b" / "again.pem").symlink_to("../a.pem")
    (top / "c-half.pem").write_text(fleet.pem(fleet.leaves[1])[:-50])
    (top / "hosts.txt").write_text("never.asked.test\n")
    (top / "notes.md").write_text("# Notes\n")
    (top / "d.py").write_text('PEM = "-----BEGIN CERTIFICATE-----"\n')
    return top


def test_a_folder_gives_its_files_in_order(tree: Path, fleet: Fleet, remarks: list[str]) -> None:
    found = list(open_sources([str(tree)], remark=remarks.append))
    assert [(Path(one.source).relative_to(tree).as_posix(), one.chain, bool(one.error)) for one in found] == [
        ("a.pem", ders(fleet.leaves[0], fleet.ca), False),
        ("b/deep/c.der", ders(fleet.leaves[2]), False),
        ("b/self", (), True),
        ("c-half.pem", (), True),
    ]
    assert not any(one.to_be_asked for one in found)
    said = " ".join(remarks)
    assert "1 private key without a certificate was passed over" in said
    assert "3 files without a certificate were passed over" in said
    assert "1 hidden file or folder was passed over; one that is named itself is read." in said
    assert "2 other names of files and folders read already were passed over" in said


def test_of_certbot_what_is_in_use_is_read_and_what_was_before_is_not(
    fleet: Fleet, tmp_path: Path, remarks: list[str]
) -> None:
    live, archive = tmp_path / "live" / "a.test", tmp_path / "archive" / "a.test"
    for folder in (live, archive):
        folder.mkdir(parents=True)
    for number, made in enumerate(fleet.leaves[:2], start=1):
        (archive / f"fullchain{number}.pem").write_text(fleet.pem(made, fleet.ca))
        (archive / f"cert{number}.pem").write_text(fleet.pem(made))
    for name in ("fullchain", "cert"):
        (live / f"{name}.pem").symlink_to(Path("..") / ".." / "archive" / "a.test" / f"{name}2.pem")
    (one,) = open_sources([str(tmp_path)], remark=remarks.append)
    assert (Path(one.source).name, one.chain) == ("fullchain.pem", ders(fleet.leaves[1], fleet.ca))
    assert any("1 folder of certbot's earlier certificates was passed over" in remark for remark in remarks)
    assert len(list(open_sources([str(tmp_path / "archive")]))) > 1


def test_a_keystore_that_is_not_read_is_said_to_be_one(
    fleet: Fleet, tmp_path: Path, remarks: list[str]
) -> None:
    (tmp_path / "a.pem").write_text(fleet.pem(fleet.leaves[0]))
    (tmp_path / "trust.jks").write_bytes(
        bytes.fromhex("feedfeed00000002") + bytes(100)
    )  # JKS, of Sun's JavaKeyStore
    assert len(list(open_sources([str(tmp_path)], remark=remarks.append))) == 1
    assert any(
        "1 keystore of a kind that is not read here was passed over; one that is named" in text
        for text in remarks
    )
    with pytest.raises(Unreadable, match="Java keystore") as caught:
        next(open_sources([str(tmp_path / "trust.jks")]))
    assert "keytool -importkeystore" in caught.value.hint


@pytest.mark.parametrize(
    ("folder", "marks", "read"),
    [
        pytest.param("node_modules", {}, False, id="packages of npm"),
        pytest.param("env", {"pyvenv.cfg": b"home = /usr/bin"}, False, id="a virtual environment"),
        pytest.param(
            "target",
            {"CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# by cargo"},
            False,
            id="what is marked as a cache",
        ),
        pytest.param("target", {}, True, id="a folder that is called as one"),
        pytest.param("target", {"CACHEDIR.TAG": b"no such mark"}, True, id="a mark that is none"),
        pytest.param("vendor", {}, True, id="what somebody checked in"),
    ],
)
def test_a_folder_that_a_tool_fills_is_read_where_it_is_named(
    folder: str, marks: dict[str, bytes], read: bool, fleet: Fleet, tmp_path: Path, remarks: list[str]
) -> None:
    (tmp_path / "own.pem").write_text(fleet.pem(fleet.leaves[1]))
    inside = tmp_path / folder / "deep" / "node_modules"
    inside.mkdir(parents=True)
    (tmp_path / folder / "test.pem").write_text(fleet.pem(fleet.leaves[0]))
    (inside / "test.pem").write_text(fleet.pem(fleet.leaves[2]))
    for name, content in marks.items():
        (tmp_path / folder / name).write_bytes(content)
    found = list(open_sources([str(tmp_path)], remark=remarks.append))
    assert len(found) == 1 + read
    words = "1 folder of installed packages or a cache was passed over; one that is named itself is read."
    assert any(words in remark for remark in remarks)
    named = [str(tmp_path / folder)] if not read else [str(tmp_path / folder), str(inside)]
    assert len(list(open_sources(named))) == 2
    # What tells that the input changed goes the same way.
    before = fingerprint([str(tmp_path)])
    (inside / "test.pem").write_text(fleet.pem(fleet.leaves[0]))
    assert fingerprint([str(tmp_path)]) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_an_error(tree: Path) -> None:
    (tree / "a.pem").chmod(0)
    first = next(open_sources([str(tree)]))
    assert "Permission denied" in first.error


def test_an_error_of_the_system_in_the_middle_is_an_error(fleet: Fleet) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 2_000_000:
                raise OSError(5, "Input/output error")
            return super().read(size)

    found = list(open_sources(["-", "-"], stdin=Broken(b"a.test\n" * 1_000_000)))
    assert found[-1].error.startswith("standard input: Input/output error")


def test_what_is_named_twice_is_read_once(tree: Path, remarks: list[str]) -> None:
    named = str(tree / "a.pem")
    found = list(
        open_sources([named, named, str(tree / "b" / ".." / "a.pem"), str(tree)], remark=remarks.append)
    )
    assert [one.source for one in found].count(named) == 1
    assert "A source that was named twice is read once." in remarks
    assert any("was read before, by another name" in words for words in remarks)


@pytest.mark.parametrize(
    ("places", "says", "kind"),
    [
        pytest.param([], "no source was named", InvalidRequest, id="nothing"),
        pytest.param(["-"], "- is standard input, and there is none", InvalidRequest, id="no standard input"),
        pytest.param(
            [""], "the name of a source is empty", InvalidRequest, id="an unset variable of a shell"
        ),
        pytest.param(["missing.pem"], "missing.pem: No such file", Unreadable, id="a missing file"),
        pytest.param(["https://api.test"], "a URL stands where a file is due", Unreadable, id="a URL"),
        pytest.param(["nul\0"], "embedded null", Unreadable, id="a NUL"),
    ],
)
def test_a_mistake_is_told_before_anything_is_read(
    places: list[str], says: str, kind: type[PkiError]
) -> None:
    with pytest.raises(kind) as caught:
        open_sources(places)
    assert says in caught.value.problem
    assert caught.value.hint


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="has no certificate in it"):
        list(open_sources([str(tmp_path)]))


def test_a_hosts_file_in_a_folder_is_not_asked_and_by_itself_is(tree: Path) -> None:
    assert [one.host for one in open_sources([str(tree / "hosts.txt")])] == ["never.asked.test"]


class Endless(io.RawIOBase):
    """A stream of so many octets, made as they are read."""

    def __init__(self, unit: bytes, size: int) -> None:
        self.unit, self.left = unit, size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = (self.unit * (size // len(self.unit) + 1))[: min(size, self.left)]
        if size % len(self.unit):
            piece = piece[: len(piece) - len(piece) % len(self.unit)] or piece
        self.left -= len(piece)
        return piece


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hosts", "csv", "ndjson", "pem", "json"])
def test_memory_is_flat_in_the_length_of_a_source(
    fleet: Fleet, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = fleet.pem(fleet.leaves[0])
    unit, begin = {
        "hosts": (f"api.test  # {'x' * 1000}\n", ""),
        "csv": (f'a.test,"{pem}"\n' * 4, "host,chain\n"),
        "ndjson": (f'{{"host": "a.test", "chain": "{fleet.base64(fleet.leaves[0])}"}}\n' * 4, ""),
        "pem": (pem * 4, ""),
        "json": (f'{{"host": "a.test", "chain": "{fleet.base64(fleet.leaves[0])}"}},\n' * 4, "["),
    }[kind]

    def peak(size: int) -> int:
        class Begun(Endless):
            begun = False

            def read(self, size: int = -1) -> bytes:
                if not self.begun:
                    self.begun = True
                    return begin.encode() or super().read(size)
                return super().read(size)

        tracemalloc.start()
        count = sum(1 for _ in open_sources(["-"], stdin=Begun(unit.encode(), size)))  # type: ignore[arg-type]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count
        return most

    monkeypatch.setattr(certificate_file, "MAX_FILE_BYTES", 1 << 20)
    short, long = peak(3 << 20), peak(8 << 20)
    assert long < 1.2 * short


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [b"", b"host,chain\n", b"PAR1", b"apiVersion: v1\nkind: Secret\n", b"[{", b"{", b"a.test\n"]
    ),
)
def test_any_bytes_are_inputs_or_a_refusal(data: bytes, begin: bytes) -> None:
    def inputs() -> Iterator[str]:
        try:
            yield from (one.id for one in open_sources(["-"], stdin=io.BytesIO(begin + data)))
        except PkiError as error:
            assert error.problem

    found = list(inputs())
    assert len(set(found)) == len(found)


class TestFingerprint:
    """Equal for equal names and contents, another for any change."""

    def test_it_tells_every_change(self, tree: Path) -> None:
        seen = {
            fingerprint([str(tree)]),
            fingerprint([str(tree)], host_column="x"),
            fingerprint([str(tree), "-"]),
        }
        (tree / "a.pem").write_text("another")
        seen.add(fingerprint([str(tree)]))
        (tree / "z.pem").write_text("")
        seen.add(fingerprint([str(tree)]))
        (tree / "z.pem").rename(tree / "y.pem")
        seen.add(fingerprint([str(tree)]))
        assert len(seen) == 6

    def test_it_is_the_same_for_the_same(self, tree: Path) -> None:
        assert fingerprint([str(tree), str(tree)]) == fingerprint([str(tree)])
        (tree / "a.pem").touch()
        assert fingerprint([str(tree)]) == fingerprint([str(tree)])

    def test_what_is_missing_is_refused(self) -> None:
        with pytest.raises(Unreadable):
            fingerprint(["missing"])


def test_a_leaf_alone_beside_its_full_chain(fleet: Fleet, tmp_path: Path, remarks: list[str]) -> None:
    """As certbot writes them: a server is given fullchain.pem, and nobody sends cert.pem."""
    leaf, other, ca = fleet.leaves[0], fleet.leaves[1], fleet.ca
    for folder, begins in (("live", leaf), ("elsewhere", other)):
        place = tmp_path / "certs" / folder
        place.mkdir(parents=True)
        (place / "cert.pem").write_text(fleet.pem(leaf))
        (place / "chain.pem").write_text(fleet.pem(ca))
        (place / "fullchain.pem").write_text(fleet.pem(begins, ca))
    (tmp_path / "certs" / "live" / "fullchain-old.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    found = list(open_sources([str(tmp_path / "certs")], remark=remarks.append))
    assert [(Path(one.source).relative_to(tmp_path / "certs").as_posix(), one.chain) for one in found] == [
        ("elsewhere/cert.pem", ders(leaf)),
        ("elsewhere/chain.pem", ders(ca)),
        ("elsewhere/fullchain.pem", ders(other, ca)),
        ("live/chain.pem", ders(ca)),
        ("live/fullchain-old.pem", ()),
        ("live/fullchain.pem", ders(leaf, ca)),
    ]
    assert remarks == [
        f"{tmp_path / 'certs'}: 1 certificate whose full chain is in the file beside it was passed over."
    ]
