"""A wrong manifest is told everything that is wrong with it, each with its line, and nothing is written."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest

from pki.manifest import ManifestError, read_manifest
from pki.manifest.errors import MOST_SHOWN
from tests.manifest.folders import AT, WHOLE, apply, planned, tree, write

FIVE = """
    [ca.main]
    permit = ["test"]
    pemit = ["example"]

    [server.api]
    ca = "mian"
    names = ["api.test"]
    days = "ninety"

    [server.www]
    ca = "main"
    names = ["www.example"]

    [revoke.bob]
"""

CA = '[ca.main]\npermit = ["test"]\n'
ALICE = CA + "[client.alice]\n"
SERVER = CA + '[server.api]\nnames = ["api.test"]\n'


def mistakes(text: str) -> list[tuple[int, str]]:
    with pytest.raises(ManifestError) as caught:
        read_manifest(textwrap.dedent(text).lstrip().encode(), name="pki.toml")
    assert str(caught.value).startswith(f"pki.toml has {len(caught.value.mistakes)} mistake")
    return [(mistake.line, str(mistake)) for mistake in caught.value.mistakes]


def test_five_mistakes_are_five() -> None:
    found = mistakes(FIVE)
    assert [line for line, _ in found] == [3, 6, 8, 12, 14]
    for (_, words), expected in zip(
        found,
        (
            "[ca.main]: no key is called 'pemit' here. Did you mean permit?",
            "[server.api] ca: no CA or intermediate is called 'mian'. Did you mean main?",
            "[server.api] days: found 'ninety', expected a whole number.",
            "[server.www] names: www.example is outside what this authority may certify. Permitted: test.",
            "[revoke.bob]: no server, client or intermediate is called 'bob'. Declared: api, www.",
        ),
        strict=True,
    ):
        assert words.startswith(expected)


def test_nothing_is_written_for_five_mistakes(tmp_path: Path) -> None:
    write(tmp_path, FIVE)
    before = tree(tmp_path)
    with pytest.raises(ManifestError):
        apply(tmp_path, FIVE)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("[sever.api]", 1, "no key is called 'sever' here. Did you mean server?", id="an unknown table"),
        pytest.param("[export]\nppem = 1", 2, "[export]: no key is called 'ppem' here. Did you mean pem?", id="an unknown export"),
        pytest.param(ALICE + 'password = "hunter2"', 4, "A manifest holds no password", id="a password"),
        pytest.param("[defaults]\ndays = true", 2, "[defaults] days: found true, expected a whole number", id="a flag for a number"),
        pytest.param("[defaults]\ndays = 0", 2, "found 0. Input should be greater than or equal to 1", id="no days"),
        pytest.param("[defaults]\nrenew = '30 days'", 2, "expected a span of time", id="a span in words"),
        pytest.param(CA + "[[export.profile]]\nto = 'a'\nremove_after = '0d'", 5, "expected a span of time", id="no span"),
        pytest.param("[defaults]\nkey = 'p265'", 2, "found 'p265'. Did you mean p256?", id="an unknown key type"),
        pytest.param("ca = 5", 1, "found 5, expected a table", id="a number for tables"),
        pytest.param("[ca]\nmain = 1", 2, "[ca.main]: found 1, expected a table", id="a number for a table"),
        pytest.param("ca.' ' = {}", 1, "cannot be a name", id="a table without a name"),
        pytest.param(CA + "[server.api]", 3, "[server.api]: names is missing", id="a server without names"),
        pytest.param(CA + "[server.api]\nnames = []", 4, "found an empty list", id="a server with no names"),
        pytest.param(CA + "[server.api]\nnames = 'api.test'", 4, "expected a list. Write it as [", id="a name that is no list"),
        pytest.param(CA + "[server.api]\nnames = [\n'api.test',\n'a b']", 6, "'a b' is not a name", id="no name, in a long list"),
        pytest.param(CA + "[server.api]\nnames = [\n5,\n'a b']", 5, "found 5, expected a text", id="a number among the names"),
        pytest.param("[ca.main]\npermit = ['*.test']", 2, "permits nothing a constraint can express. Write test", id="a wildcard permitted"),
        pytest.param("[ca.main]\nocsp = ['https://x.test']", 2, "is no http address", id="an OCSP address with TLS"),
        pytest.param(SERVER + "not_after = 'soon'", 5, "'soon' is not a time", id="no time"),
        pytest.param(SERVER + "not_after = 12:00:00", 5, "found 12:00:00, expected a text", id="a time without a day"),
        pytest.param(SERVER + "days = 5\nnot_after = '1y'", 3, "both days and not_after were given", id="two ends"),
        pytest.param(SERVER + "defect = 'expird'", 5, "no defect is called 'expird'. Did you mean expired?", id="an unknown defect"),
        pytest.param(SERVER + "defect = 'expired'\ndays = 5", 5, "expired sets the dates, and the table does as well", id="a defect and dates"),
        pytest.param(SERVER + "defect = 'rsa-1024'\nkey = 'p384'", 5, "rsa-1024 sets the key", id="a defect and a key"),
        pytest.param(ALICE + "defect = 'wrong-host'", 4, "wrong-host is a server's defect", id="a server's defect in a client"),
        pytest.param("[ca.main]\n[server.a]\nnames = ['10.0.0.1']\ndefect = 'wrong-host'", 3, "needs a host name", id="another host of an address"),
        pytest.param("[server.api]\nnames = ['api.test']", 1, "there is no CA. Declare one", id="no CA at all"),
        pytest.param("[ca.a]\n[ca.b]\n[client.x]", 3, "no ca is named. Name one of a, b", id="two CAs to choose from"),
        pytest.param("[ca.a]\n[defaults]\nca = 'b'\n[client.x]", 3, "[defaults] ca: no CA or intermediate is called 'b'", id="an unknown CA by default"),
        pytest.param("[ca.a]\n[ca.b]\nname = 'a'", 3, "the root of [ca.a] is called 'a', too", id="two roots of one name"),
        pytest.param("[ca.a]\n[ca.b]\nfolder = 'A/b'", 3, "A/b is taken by the folder of [ca.a]", id="a CA inside another"),
        pytest.param("[ca.a]\nfolder = '../a'", 2, "leads out of the manifest's folder", id="a CA's folder elsewhere"),
        pytest.param("[ca.a]\n[client.'a Intermediate']", 2, "a CA's own certificate is called so", id="a client called like the CA's intermediate"),
        pytest.param(f"[ca.{'a' * 60}]", 1, "has 73 characters and a CommonName holds 64", id="a CA whose intermediate's name is too long"),
        pytest.param("[ca.a]\n[intermediate.a]", 2, "there is [ca.a] already", id="an intermediate called like a CA"),
        pytest.param(ALICE + "[server.alice]\nnames = ['a.test']", 3, "there is [server.alice] already", id="a server called like a client"),
        pytest.param(ALICE + "[client.Alice]", 4, "there is [client.alice] already", id="two clients but for the case"),
        pytest.param(CA + "[intermediate.low]\npermit = ['example']", 4, "example reaches beyond the CA above. That permits test", id="an intermediate reaching beyond"),
        pytest.param(CA + "[intermediate.a]\n[intermediate.b]\nca = 'a'", 5, "is an intermediate, which certifies leaves alone", id="an intermediate below another"),
        pytest.param(CA + "exclude = ['no.test']\n[server.a]\nnames = ['no.test']", 5, "no.test is excluded", id="an excluded name"),
        pytest.param(CA + "[intermediate.low]\npermit = ['a.test']\n[server.b]\nca = 'low'\nnames = ['b.test']", 7, "Permitted: a.test", id="a name outside the intermediate's"),
        pytest.param(CA + "[client.'mail.example']", 3, "OpenSSL reads the name 'mail.example' as a host name", id="a client's name that reads as a host"),
        pytest.param(CA + "[client.'a@b c']", 3, "is not a name", id="a client's name that is no address"),
        pytest.param(CA + "[revoke.main]", 3, "a root cannot be revoked", id="a root revoked"),
        pytest.param(ALICE + "[revoke.alice]\nreason = 'whim'", 5, "'whim' is no reason to revoke", id="no reason"),
        pytest.param(SERVER + "[[export.pem]]\nleaf = 'api'", 5, "[[export.pem]]: to is missing", id="an export to nowhere"),
        pytest.param(SERVER + "[[export.pem]]\nto = '../api.pem'\nleaf = 'api'", 6, "leads out of the manifest's folder", id="an export elsewhere"),
        pytest.param(SERVER + "[[export.pem]]\nto = '/api.pem'\nleaf = 'api'", 6, "leads out of the manifest's folder", id="an absolute export"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'out/'\nleaf = 'api'", 6, "names no file", id="an export to a folder"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'a'\nleaf = 'ap'", 7, "no server or client is called 'ap'. Did you mean api?", id="an unknown leaf"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'a'", 5, "neither a leaf nor a ca is named", id="an export of nothing"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'a'\nca = 'main'\npart = 'key'", 5, "part is for leaves", id="a CA's key"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'a'\nleaf = 'api'\n[[export.pem]]\nto = './A'\nca = 'main'", 9, "./A is taken by the export of line 5", id="two exports to one path"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'a'\nleaf = 'api'\n[[export.pem]]\nto = 'a/b'\nca = 'main'", 9, "a/b is taken by the export of line 5", id="an export inside another"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'main/x'\nleaf = 'api'", 6, "main/x is taken by the folder of [ca.main]", id="an export into a CA's folder"),
        pytest.param(SERVER + "[[export.pem]]\nto = 'PKI.toml'\nleaf = 'api'", 6, "PKI.toml is taken by the manifest", id="an export over the manifest"),
        pytest.param(ALICE + "[[export.p12]]\nto = 'a'\nleaf = 'alice'", 4, "no password is named", id="a p12 without a password"),
        pytest.param(ALICE + "[[export.p12]]\nto = 'a'\nleaf = 'alice'\npassword_file = 'a'", 5, "a is taken by a password_file", id="a p12 over its password"),
        pytest.param(ALICE + "[[export.p12]]\nto = 'a'\nleaf = 'alice'\npassword_env = '$A'", 7, "is no name of an environment variable", id="a variable with its dollar"),
        pytest.param(ALICE + "key = 'ed25519'\n[[export.p12]]\nto = 'a'\nleaf = 'alice'\npassword_env = 'A'", 7, "no Apple release imports", id="a p12 of an Ed25519 key"),
        pytest.param(ALICE + "defect = 'p224'\n[[export.p12]]\nto = 'a'\nleaf = 'alice'\npassword_env = 'A'", 7, "the key of alice is of the type p224", id="a p12 of a P-224 key"),
        pytest.param(ALICE + "[[export.profile]]\nto = 'a'\nembed_password = true", 4, "there is no password to embed", id="nothing to embed"),
        pytest.param(ALICE + "[[export.profile]]\nto = 'a'\npassword_env = 'A'", 4, "there is no identity for the password", id="a password for nothing"),
        pytest.param(ALICE + "[[export.profile]]\nto = 'a'\nidentifier = 'x'", 6, "is not a profile identifier", id="no identifier"),
        pytest.param(ALICE + "[[export.profile]]\nto = 'a'\ndevice = 'iphon'", 6, "Did you mean iphone?", id="an unknown device"),
        pytest.param(CA + "[intermediate.low]\n[[export.crl]]\nto = 'a'\nca = 'low'\nroot = true", 7, "an intermediate has no root's list", id="the root's list of an intermediate"),
    ],
)  # fmt: skip
def test_one_mistake_is_told(text: str, line: int, words: str) -> None:
    found = mistakes(text)
    assert [one for one, _ in found if words in _] == [line]


def test_a_mistake_in_a_table_hides_none_behind_it() -> None:
    """The lines of later elements stay right when an earlier one is taken out."""
    found = mistakes("""
        [ca.main]
        [[export.pem]]
        to = 5
        ca = "main"
        [[export.pem]]
        to = "a"
        ca = "mian"
        [[export.pem]]
        to = "A"
        ca = "main"
        part = "keys"
    """)
    assert [line for line, _ in found] == [3, 7, 9, 11]


def test_what_is_wrong_is_declared_all_the_same() -> None:
    """No second mistake follows from the first: the server is there, though it has no names."""
    found = mistakes('[ca.main]\n[server.api]\n[revoke.api]\n[[export.ocsp]]\nleaf = "api"\nto = "a"')
    assert [line for line, _ in found] == [2]


def test_an_unknown_leaf_hides_no_taken_path() -> None:
    found = mistakes(
        CA + "[[export.pem]]\nleaf = 'ap'\nto = 'main/a'\n[[export.pem]]\nleaf = 'ap'\nto = 'pki.toml'\n"
    )
    assert [line for line, _ in found] == [4, 5, 7, 8]


def test_a_secret_is_never_repeated() -> None:
    for text in (ALICE + 'password = "hunter2"', ALICE + 'p12_password = "hunter2"', "password = 'hunter2'"):
        assert "hunter2" not in str(mistakes(text))


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        pytest.param(b"a = 1\nb = ", 2, "this is no TOML: Invalid value", id="an end in the middle"),
        pytest.param(b"a = 1\na = 2", 2, "this is no TOML: Cannot overwrite a value", id="a key twice"),
        pytest.param(b"[server.a]\n[server.a]", 2, "Cannot declare ('server', 'a') twice", id="a table twice"),
        pytest.param(b"a = 1\nb = '\x00'", 2, "this is no TOML", id="a NUL"),
        pytest.param(b"a = 1\nb = '\xff'", 2, "byte 0xff is not UTF-8", id="no UTF-8"),
        pytest.param(b"a = 1\n" + b"b = " + b"[" * 100_000, 2, "more than 16 keys or brackets are nested", id="lists without end"),
        pytest.param(b"a = 1\n" + b"b." * 100_000, 2, "more than 16 keys or brackets are nested", id="dots without end"),
        pytest.param(b"a = " + b"9" * 5_000, 1, "a number cannot be read", id="an endless number"),
        pytest.param(b"#" * 10_000_000, 1, "the file has 10,000,000 bytes, and a manifest at most 1,048,576", id="ten megabytes"),
    ],
)  # fmt: skip
def test_hostile_bytes_are_one_clear_mistake(data: bytes, line: int, words: str) -> None:
    start = time.process_time()
    with pytest.raises(ManifestError) as caught:
        read_manifest(data, name="pki.toml")
    (mistake,) = caught.value.mistakes
    assert mistake.line == line
    assert words in str(mistake)
    assert len(str(caught.value)) < 500
    assert time.process_time() - start < 5


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("".join(f"[server.s{n}]\nx = 1\n" for n in range(8_000)), id="unknown keys"),
        pytest.param("".join(f"[revoke.s{n}]\n" for n in range(15_000)), id="unknown references"),
        pytest.param("ca = [" + "1," * 100_000 + "]", id="a list for tables"),
        pytest.param(
            CA + "[server.a]\nnames = [" + "'a b'," * 30_000 + "]", id="thirty thousand wrong names"
        ),
    ],
)
def test_a_megabyte_of_mistakes_is_bounded(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ManifestError) as caught:
        read_manifest(text.encode(), name="pki.toml")
    assert len(str(caught.value).splitlines()) <= MOST_SHOWN + 2
    assert time.process_time() - start < 30


def test_a_file_of_windows_reads_the_same() -> None:
    plain = read_manifest(WHOLE.encode(), name="pki.toml")
    assert read_manifest(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode(), name="pki.toml") == plain


@pytest.mark.parametrize(
    ("before", "text", "words"),
    [
        pytest.param("x/y", "[ca.main]\nfolder = 'x'", "x has other things in it", id="a folder of something else"),
        pytest.param("x", "[ca.main]\nfolder = 'x'", "x is a file, and an authority is a folder", id="a file"),
        pytest.param("out", "[ca.main]\n[[export.pem]]\nca = 'main'\nto = 'out/a'", "out/a would be inside out, which is a file", id="a file in place of a folder"),
        pytest.param("out/a/b", "[ca.main]\n[[export.pem]]\nca = 'main'\nto = 'out/a'", "cannot be read: Is a directory", id="a folder in place of a file"),
        pytest.param("pw", ALICE + "[[export.p12]]\nleaf = 'alice'\nto = 'a'\npassword_file = 'pw'", "pw is empty", id="an empty password"),
        pytest.param("", ALICE + "[[export.p12]]\nleaf = 'alice'\nto = 'a'\npassword_env = 'UNSET'", "the environment variable UNSET is not set", id="no such variable"),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_told_before_anything_is_written(
    before: str, text: str, words: str, tmp_path: Path
) -> None:
    if before:
        (tmp_path / before).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / before).write_text("")
    was = tree(tmp_path)
    for act in (planned, apply):
        with pytest.raises(ManifestError) as caught:
            act(tmp_path, text, at=AT)
        assert words in str(caught.value)
    assert tree(tmp_path) == was


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param(SERVER + "not_after = 2020-01-01", 3, "[server.api]: the certificate would end (2020-01-01 00:00:00 UTC) before it begins", id="an end that is over"),
        pytest.param(CA + "[[export.crl]]\nto = 'a'\nnext_update = '-1d'", 3, "[[export.crl]] next_update: the next update, 2026-11-27 12:00:00 UTC, is not after", id="a list that is over before it begins"),
    ],
)  # fmt: skip
def test_what_time_makes_impossible_is_told_before_anything_is_written(
    text: str, line: int, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ManifestError) as caught:
        apply(tmp_path, text, at=AT)
    (mistake,) = caught.value.mistakes
    assert mistake.line == line
    assert words in str(mistake)
    assert not list(tmp_path.iterdir())


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "out").symlink_to(outside)
    for text in (
        "[ca.main]\n[[export.pem]]\nca = 'main'\nto = 'out/a'",
        "[ca.main]\nfolder = 'out/ca'",
        "[ca.main]\nfolder = 'out'",
        "[ca.main]\n[client.a]\n[[export.p12]]\nleaf = 'a'\nto = 'a'\npassword_file = 'out/pw'",
    ):
        with pytest.raises(ManifestError, match="by a symbolic link"):
            apply(inside, text)
    assert not list(outside.iterdir())
