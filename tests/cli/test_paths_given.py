"""Whatever stands where a file or a folder is due is told alike by every command: its name, what it is, what to do.

What is tried is read off the tree: a command or an option that is new and names a path is tried, too, and a line that
calls it is missing below until somebody writes it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from pki.store import AuthorityFolder
from tests import clock
from tests.cli.test_authority_commands import request
from tests.cli.test_option_table import commands, name_of
from tests.shell import Ran, Trustrig

# The words behind each command that has it read the path; @ is what it takes by position.
LINES = {
    "apply": "@",
    "ats": "@",
    "audit": "@ --anchor chain.pem",
    "crl": "-o out",
    "crl show": "@ --certificate chain.pem",
    "diagnose": "https://localhost:1 --connect 127.0.0.1:1",
    "doctor": "",
    "dtls diagnose": "127.0.0.1:1 --timeout 0.1s",
    "dtls handshake": "--client alice",
    "dtls serve": "--for 0.1s",
    "evaluate": "@ --host api.test",
    "explain": "error.txt --look",
    "export bundle": "-o out --client alice",
    "export keystore": "api.test -o out --password-file password",
    "export p12": "alice -o out --password-file password",
    "export pem": "api.test -o out",
    "export pfx": "alice -o out --password-file password",
    "export profile": "-o out --client alice",
    "export snippets": "--only ats --client alice",
    "front": ":1 --name api.test --for 0.1s --port 0",
    "handshake": "--client alice",
    "init": "--ca new --from root.pem",
    "inspect": "@",
    "install device": "--for 0.1s --address 127.0.0.1 --client alice",
    "install mac": "--dry-run --client alice",
    "install simulator": "--dry-run",
    "issue client": "bob",
    "issue cross": "intermediate --by other",
    "issue csr": "@",
    "issue intermediate": "Sub",
    "issue server": "b.test",
    "list": "",
    "ocsp answer": "@ -o out",
    "ocsp serve": "--for 0.1s --port 0",
    "ocsp show": "@ --certificate chain.pem",
    "override": "@ --host api.test",
    "psk connect": "127.0.0.1:1 --psk-identity a --psk-file psk.hex --timeout 0.1s",
    "psk handshake": "--psk-identity a --psk-file psk.hex",
    "psk serve": "--psk-identity a --psk-file psk.hex --for 0.1s",
    "renew": "alice",
    "report": "@ --anchor chain.pem",
    "revoke": "alice",
    "scenarios compare": "@",
    "serve": "good-ec --port 0 --for 0.1s --ca trustrig-ca",
}
# What is read where @ stands while an option is tried.
READ = {
    "apply": "pki.toml",
    "crl show": "crl.pem",
    "issue csr": "request.pem",
    "ocsp answer": "alice",
    "ocsp show": "answer.der",
}
# Lines for one option alone.
OWN_LINES = {
    "evaluate --client": "https://localhost:1 --connect 127.0.0.1:1",
    "export p12 --from": "-o out --password-file password",
    "export p12 --from-password-file": "--from alice.p12 -o out --password-file password",
    "export profile --from-password-file": "-o out --client alice.p12",
    "export profile --signer-password-file": "-o out --signer alice.p12",
    "export snippets --from-password-file": "--only ats --client alice.p12",
    "export bundle --from-password-file": "-o out --client alice.p12",
    "init --from": "--ca new",
    "install device --from-password-file": "--for 0.1s --address 127.0.0.1 --client alice.p12",
    "install device --profile": "--for 0.1s --address 127.0.0.1",
    "install mac --from-password-file": "--dry-run --client alice.p12",
    "ocsp answer NAME|SERIAL|FILE": "@ -o out",
}
# Places to write to, which are tried in test_replacing, and a keychain, which is the Mac's.
WRITTEN = {"--output", "--anchors", "--log", "--keylog", "--state", "--keychain"}
MADE = {"init --ca", "dev --ca", "dev --ca-passphrase-file", "scenarios compile [DIR] [ID|TAG]..."}
SECRET = re.compile("(password|passphrase|psk)-file")
NAMES_PATH = re.compile(r"\b(FILE|DIR|CERT|CRL|ANSWER|MANIFEST\.toml|TARGET|SOURCE|INFO\.PLIST)\b")


class Place(NamedTuple):
    """Something that a command reads: an option or an argument."""

    words: str
    name: str
    takes: str
    is_option: bool

    @property
    def key(self) -> str:
        return f"{self.words} {self.name}"

    def line(self, value: str) -> list[str]:
        """The command with VALUE in this place."""
        line = OWN_LINES.get(self.key) or LINES[self.words]
        words = shlex.split(line)
        if not self.is_option:
            return [*self.words.split(), *(value if word == "@" else word for word in words)]
        words = [READ.get(self.words, "chain.pem") if word == "@" else word for word in words]
        if self.name in words:
            at = words.index(self.name)
            del words[at : at + 2]
        return [*self.words.split(), *words, self.name, value]


def places() -> list[Place]:
    found = [
        Place(words, name_of(one) if one.is_option else one.metavar, one.metavar, one.is_option)
        for words, command in commands().items()
        for one in (*command.arguments, *command.options)
        if one.takes_value and NAMES_PATH.search(one.metavar)
    ]
    return [one for one in found if one.name not in WRITTEN and one.key not in MADE]


PLACES = places()
each_place = pytest.mark.parametrize("place", PLACES, ids=[one.key for one in PLACES])


@pytest.fixture(scope="module")
def rig_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, files of each kind that are right, and those that are not."""
    here, now = tmp_path_factory.mktemp("paths"), clock.now()
    for name in ("trustrig-ca", "other"):
        folder = AuthorityFolder.create(here / name, name=f"CA {name}", at=now)
        folder.issue_server("api.test", at=now)
        folder.issue_client("alice", at=now)
    issued = here / "trustrig-ca" / "issued"
    (here / "chain.pem").write_bytes((issued / "api.test" / "fullchain.pem").read_bytes())
    (here / "root.pem").write_bytes((here / "other" / "root" / "cert.pem").read_bytes())
    (here / "request.pem").write_bytes(request("b.test"))
    (here / "password").write_text("correct horse battery")
    (here / "psk.hex").write_text("00" * 32)
    (here / "error.txt").write_text("NSURLErrorDomain Code=-1202 https://localhost:1/")
    (here / "pki.toml").write_text("[ca.own]\n")
    (here / "full").mkdir()
    (here / "full" / "notes.txt").write_text("nothing of this trade")
    (here / "empty").mkdir()
    (here / "empty" / "file").write_bytes(b"")
    (here / "strange.bin").write_bytes(b"\xff\xfe\x00\xd8\x80\x81junk\xff" * 9)
    (here / "loop").symlink_to("loop")
    return here


@pytest.fixture
def here(rig_folder: Path, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(rig_folder)
    if not Path("answer.der").exists():
        for line in (
            "crl -o crl.pem",
            "ocsp answer alice -o answer.der",
            "export p12 alice -o alice.p12 --password-file password",
        ):
            assert trustrig(*line.split()).code == 0
    for made in (Path("out"), Path("new")):
        if made.is_dir():
            shutil.rmtree(made)
        made.unlink(missing_ok=True)
    return rig_folder


def told(ran: Ran) -> str:
    """The one complaint; notes and warnings before it are about what was read by then."""
    lines = [line for line in ran.err.splitlines() if not line.startswith(("note: ", "warning: "))]
    assert lines, ran
    assert lines[0].startswith("trustrig: "), ran
    assert [line for line in lines[1:] if not line.startswith("  ")] == [], ran
    return lines[0].removeprefix("trustrig: ")


def looked_into(place: Place) -> bool:
    """Whether somebody's bad file is an error, and no part of the answer."""
    return place.words not in ("doctor", "report") and place.key != "install simulator --set"


@each_place
def test_what_is_not_there(place: Place, here: Path, trustrig: Trustrig) -> None:
    if not looked_into(place):
        return
    ran = trustrig(*place.line("full/nothing.pem"))
    assert ran.code == 3, ran
    if place.takes == "DIR":
        assert (
            told(ran) == "there is no authority in full/nothing.pem. Name its folder with --ca, or make one:"
        )
    else:
        assert told(ran).startswith("full/nothing.pem: No such file or directory. "), ran


@each_place
def test_a_folder_where_a_file_is_due(place: Place, here: Path, trustrig: Trustrig) -> None:
    if not looked_into(place):
        return
    ran = trustrig(*place.line("full/"))
    assert ran.code in (2, 3), ran
    said = told(ran)
    assert said == "full: Is a directory. Name a file in it." or re.match(
        "full/? (holds no certificate|has no certificate in it|is a folder)|there is no authority in full",
        said,
    ), said


@each_place
def test_a_url_where_a_folder_is_due(place: Place, here: Path, trustrig: Trustrig) -> None:
    if place.takes != "DIR" or not looked_into(place):
        return
    ran = trustrig(*place.line("https://me:pw@example.test/ca"))
    assert ran.code == 2, ran
    assert told(ran).startswith("a URL of https stands where the folder of an authority is due. "), ran
    assert "pw" not in ran.err


@each_place
def test_what_leads_to_itself(place: Place, here: Path, trustrig: Trustrig) -> None:
    """Of an authority it is its first file that cannot be read."""
    if not looked_into(place):
        return
    ran = trustrig(*place.line("./loop"))
    assert ran.code == 3, ran
    assert re.match(r"loop(/authority\.json)?: Too many levels of symbolic links\. ", told(ran)), ran


@pytest.mark.parametrize("file", ["empty/file", "strange.bin"])
@each_place
def test_a_file_that_is_none_of_this_trade(file: str, place: Place, here: Path, trustrig: Trustrig) -> None:
    if not looked_into(place) or (
        file == "empty/file" and (SECRET.search(place.name) or place.words == "apply")
    ):
        return  # a password may be empty, where what it opens was packed so; an empty manifest declares nothing
    ran = trustrig(*place.line(f"./{file}"))
    assert ran.code in (2, 3), ran
    assert file in told(ran), ran


@pytest.mark.skipif(os.name != "posix", reason="no pipes with names")
@each_place
def test_a_pipe_is_read_as_a_file_is(place: Place, here: Path, trustrig: Trustrig, tmp_path: Path) -> None:
    """`<(command)` is one to bash and zsh."""
    if not looked_into(place) or place.takes == "DIR" or SECRET.search(place.name):
        return
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"nothing of this trade",), daemon=True)
    writer.start()
    ran = trustrig(*place.line(str(pipe)))
    assert ran.code in (2, 3), ran
    assert "nothing called" not in told(ran)
    writer.join(timeout=clock.PATIENCE)
    assert not writer.is_alive(), ran


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("export bundle -o out --password-file password", "--client"),
        ("export bundle -o out --from-password-file password", "--client"),
        ("export profile -o out --password-file password", "--client"),
        ("export snippets --only ats --from-password-file password", "--client"),
        ("install mac --dry-run --from-password-file password", "--client"),
        ("serve good-ec --port 0 --for 0.1s --ca-passphrase-file password", "--ca"),
    ],
)
def test_what_means_nothing_alone_is_not_taken_in_silence(
    line: str, needed: str, here: Path, trustrig: Trustrig
) -> None:
    ran = trustrig(*line.split())
    assert (ran.code, ran.answer) == (2, "")
    assert f" means nothing without {needed}. Add {needed}." in ran.err
    assert not Path("out").exists()
