"""`report`: what goes with an issue holds what helps, and nothing that tells who somebody is or opens anything."""

from __future__ import annotations

import json
import platform
import re
import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki import Authority
from pki.report.problem_report import _words
from pki.store import AuthorityFolder
from pki_cli.commands.report import PACKAGES, SETTINGS
from pki_fixtures import LiveServer
from tests.packaging.test_dependencies import PROJECT
from tests.servers import free_port
from tests.shell import Trustrig, spawn

USER, COMPANY, HOST = "annabella", "Quuxcorp", "secret-project.quuxcorp.test"
PASSWORD = "correct horse battery"
NODE = platform.node() if len(platform.node()) > 4 else ""  # a short one is found in anything


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home with her authority in it, and a chain whose every name is hers."""
    home = tmp_path / "homes" / USER
    (home / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", USER)
    monkeypatch.setenv("TRUSTRIG_PASSWORD", PASSWORD)
    return home


@pytest.fixture
def folder(home: Path, at: datetime) -> Path:
    """The authority's folder, and beside it what was sent."""
    work = home / "work"
    authority = AuthorityFolder.create(work / "trustrig-ca", name=f"{COMPANY} Test CA", at=at)
    issued = authority.issue_server(HOST, "10.77.88.99", at=at)
    sent = Authority.create(name=f"{COMPANY} CA", at=at).issue_server(HOST, at=at)
    (work / f"{COMPANY}.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in sent.sent_chain))
    assert issued
    return work


def words_of_hers(home: Path) -> list[str]:
    """What no report may hold unasked, in any case of letters."""
    return [
        USER,
        COMPANY,
        "secret-project",
        "10.77.88.99",
        str(home),
        platform.node(),
        PASSWORD,
        "PRIVATE KEY-----",
    ]


def leaks(text: str, words: list[str]) -> list[str]:
    return [word for word in words if word and word.lower() in text.lower()]


QUESTIONS: list[list[str]] = [
    [],
    ["{file}", "--host", HOST, "--anchor", "{ca}"],
    ["{file}", "--host", "wrong-" + HOST],
    ["{ca}/issued/" + HOST + "/fullchain.pem", "--host", HOST, "--anchor", "{ca}"],
    ["{ca}/issued/" + HOST, "--host", "10.77.88.99", "--anchor", "{ca}"],
    ["{ca}/authority.json"],
    ["https://localhost:{port}/"],
]


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["Markdown", "JSON"])
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: " ".join(one) or "nothing asked")
def test_nothing_of_hers_is_in_it(
    home: Path, folder: Path, question: list[str], form: list[str], at: datetime
) -> None:
    """In a process of its own, in her folder, with her variables."""
    args = [
        one.format(file=folder / f"{COMPANY}.pem", ca=folder / "trustrig-ca", port=free_port())
        for one in question
    ]
    ran = spawn(
        "report",
        *args,
        "--at",
        at.isoformat(),
        *form,
        "-o",
        "out.md",
        cwd=folder,
        env={"TRUSTRIG_PASSWORD": PASSWORD},
    )
    assert ran.code == 0, ran.err
    text = (folder / "out.md").read_text(encoding="utf-8")
    assert leaks(text, words_of_hers(home)) == []
    assert "BEGIN" not in text
    assert not re.search(
        r"[0-9a-f]{40}", text
    )  # a fingerprint or a serial number would find a public certificate


def test_every_authority_s_certificate_by_its_bytes(folder: Path, trustrig: Trustrig, at: datetime) -> None:
    """Neither a key identifier nor a time to the second: what is searched for in logs of certificates."""
    file = folder / f"{COMPANY}.pem"
    text = trustrig("report", file, "--host", HOST, "--at", at.isoformat()).out
    for cert in x509.load_pem_x509_certificates(file.read_bytes()):
        assert f"{cert.serial_number:x}" not in text
        assert (
            cert.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex() not in text
        )
        assert cert.not_valid_before_utc.strftime("%H:%M:%S") not in text


def test_asked_for_names_and_certificates_are_in_it_and_no_key(
    home: Path, folder: Path, trustrig: Trustrig, at: datetime
) -> None:
    file = folder / "trustrig-ca" / "issued" / HOST / "fullchain.pem"
    ran = trustrig(
        "report",
        file,
        "--host",
        HOST,
        "--anchor",
        folder / "trustrig-ca",
        "--at",
        at.isoformat(),
        "--include-names",
        "--json",
    )
    document = json.loads(ran.out)
    sent = x509.load_pem_x509_certificates("".join(document["certificates"]).encode())
    assert sent[:2] == x509.load_pem_x509_certificates(file.read_bytes())
    assert len(sent) == 3  # and the root that it ends at
    assert document["verdict"]["schema"] == "trustrig.verdict/1"
    assert document["verdict"]["host"] == HOST
    assert document["verdict"]["target"] == "fullchain.pem"
    assert "2 certificates" not in ran.err
    assert "3 certificates, with the names in them" in ran.err
    assert leaks(ran.out, ["PRIVATE KEY-----", PASSWORD, str(home), USER, NODE]) == []


def test_an_identity_s_key_stays_where_it_is(folder: Path, trustrig: Trustrig, at: datetime) -> None:
    """TARGET may be a folder or a file with the key in it."""
    identity = folder / "trustrig-ca" / "issued" / HOST
    both = folder / "both.pem"
    key = (identity / "key.pem").read_bytes()
    both.write_bytes((identity / "fullchain.pem").read_bytes() + key)
    body = key.decode().splitlines()[1]
    for target in (identity, both):
        ran = trustrig("report", target, "--host", HOST, "--at", at.isoformat(), "--include-names")
        assert ran.code == 0, ran.err
        assert leaks(ran.out, ["PRIVATE KEY-----", body]) == []


def test_it_says_what_it_holds_before_it_is_written(folder: Path, trustrig: Trustrig, at: datetime) -> None:
    file = folder / f"{COMPANY}.pem"
    ran = trustrig("report", file, "--host", HOST, "--at", at.isoformat(), "-o", folder / "report.md")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.index("This report holds:") < ran.err.index("It leaves out:") < ran.err.index("Wrote ")
    assert "--include-names puts them in" in ran.err
    assert stat.S_IMODE((folder / "report.md").stat().st_mode) == 0o644


def test_what_is_there_is_replaced_with_force_alone(folder: Path, trustrig: Trustrig) -> None:
    place = folder / "report.md"
    place.write_text("mine")
    ran = trustrig("report", "-o", place)
    assert ran.code == 3
    assert place.read_text() == "mine"
    assert "--force" in ran.err
    assert trustrig("report", "-o", place, "--force").code == 0
    assert place.read_text().startswith("## trustrig report\n")
    assert sorted(one.name for one in folder.iterdir() if one.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--host", "api.test"], 2, "nothing is named to be judged"),
        (["https://api.test/", "--host", "api.test"], 2, "names its host already"),
        (["chain.pem", "--at", "someday"], 2, "someday"),
        (["-o", "missing/report.md"], 3, "missing"),
        (["missing.pem"], 3, "missing.pem: No such file"),
    ],
)
def test_wrong_use_is_one_clear_error(
    here: Path, trustrig: Trustrig, args: list[str], code: int, said: str
) -> None:
    ran = trustrig("report", *args)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert list(here.iterdir()) == []


def test_a_file_that_does_not_read_is_what_is_reported(here: Path, trustrig: Trustrig) -> None:
    (here / "broken.pem").write_text("nothing of a certificate")
    document = json.loads(trustrig("report", "broken.pem", "--json").out)
    assert document["failure"] == {"kind": "Unreadable", "says": None}
    assert document["judged"] is None
    named: dict[str, Any] = json.loads(trustrig("report", "broken.pem", "--json", "--include-names").out)
    assert "broken.pem" in named["failure"]["says"]


def test_markdown_holds_the_same_document(folder: Path, trustrig: Trustrig, at: datetime) -> None:
    args = ("report", folder / f"{COMPANY}.pem", "--host", HOST, "--at", at.isoformat(), "--include-names")
    text = trustrig(*args).out
    fenced = re.search(r"```json\n(.*?)\n```\n", text, re.DOTALL)
    assert fenced is not None
    assert json.loads(fenced[1]) == json.loads(trustrig(*args, "--json").out)


def test_a_name_cannot_leave_the_fence(here: Path, trustrig: Trustrig, at: datetime) -> None:
    """A certificate says what it likes; a report with names is pasted into somebody's page."""
    sent = Authority.create(name="``` </details><script>", at=at).issue_server("api.test", at=at)
    (here / "chain.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in sent.sent_chain))
    text = trustrig(
        "report", "chain.pem", "--host", "api.test", "--at", at.isoformat(), "--include-names"
    ).out
    assert text.count("```") == 2
    assert text.count("</details>") == 1 + text.count(r"</details><script>")
    assert "<script>" not in text.split("```")[0] + text.split("```")[2]


def test_every_dependency_is_named_with_its_release() -> None:
    wanted = {re.split(r"[<>=]", one)[0] for one in PROJECT["project"]["dependencies"]}
    assert set(PACKAGES) == wanted


def test_a_company_s_own_oids_are_cut(folder: Path, trustrig: Trustrig, at: datetime) -> None:
    """Whoever gave the number out, it names who has it; what everybody's certificates have is told whole."""
    theirs = [
        "1.3.6.1.4.1.77777.1",
        "2.16.840.1.99999.1.2",
        "1.2.826.0.1.88888",
        "2.25.66666",
        "1.2.752.55555",
    ]
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string("CN=somebody")
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, at, at + timedelta(days=9))
    for oid in theirs:
        builder = builder.add_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\5\0"), critical=False
        )
    purposes = [x509.ObjectIdentifier("1.2.752.55555.1"), ExtendedKeyUsageOID.SERVER_AUTH]
    made = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False).sign(key, hashes.SHA256())
    (folder / "own.der").write_bytes(made.public_bytes(Encoding.DER))
    document = json.loads(trustrig("report", folder / "own.der", "--at", at.isoformat(), "--json").out)
    (cert,) = document["judged"]["chain"]
    assert sorted(cert["extensions"]) == ["1.2....", "1.3....", "2.16....", "2.25....", "2.5.29.37"]
    assert cert["purposes"] == ["1.2....", "1.3.6.1.5.5.7.3.1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("key of type 1.2.752.55555.1", "key of type 1.2...."),
        ("EC 1.3.36.3.3.2.8.1.1.7", "EC 1.3.36.3.3.2.8.1.1.7"),
        ("RSA 2048", "RSA 2048"),
    ],
)
def test_an_algorithm_without_a_name_is_cut_alike(text: str, told: str) -> None:
    assert _words(text) == told


def test_a_variable_that_is_none_of_ours_is_not_named(
    here: Path, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"TRUSTRIG_{COMPANY.upper()}", "1")
    monkeypatch.setenv("TRUSTRIG_STATE", str(here))
    assert json.loads(trustrig("report", "--json").out)["software"]["settings"] == ["TRUSTRIG_STATE"]


def test_every_variable_of_ours_is_one_of_the_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "environment.md").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"`(TRUSTRIG_\w+)`", page))) == sorted(SETTINGS)


def test_what_opens_a_door_in_a_url_is_left_out(tls_https_server: LiveServer, trustrig: Trustrig) -> None:
    url = f"{tls_https_server.url}/reset?token=sesame#open"
    ran = trustrig("report", url, "--include-names", "--json")
    assert ran.code == 0, ran.err
    target = json.loads(ran.out)["verdict"]["target"]
    assert target == f"{tls_https_server.url}/reset"
    assert "sesame" not in ran.out + ran.err
