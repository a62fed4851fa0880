"""`init`, `issue`, `list` and `renew` as a person or a script meets them."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from pki.issue import new_key
from pki.store import AuthorityFolder
from pki.trust import all_rules
from tests import clock
from tests.openssl import OPENSSL
from tests.shell import Trustrig, command, environment, heeding_interrupts, spawn


@pytest.fixture
def made(trustrig: Trustrig) -> Trustrig:
    """`trustrig`, in a folder with an authority."""
    assert trustrig("init", "--name", "Shell CA").code == 0
    return trustrig


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def test_init_says_what_it_made_and_what_to_do_next(trustrig: Trustrig, here: Path) -> None:
    ran = trustrig("init")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Made the authority 'Trustrig Test CA ")
    assert "nothing trusts it yet" in ran.out
    assert "Next: trustrig issue server api.test localhost\n" in ran.out
    assert sorted(p.name for p in here.iterdir()) == ["trustrig-ca"]


def test_two_authorities_that_nobody_named_are_told_apart(trustrig: Trustrig) -> None:
    names = [json.loads(trustrig("init", "--ca", ca, "--json").out)["root"]["common_name"] for ca in "ab"]
    assert names[0] != names[1]


def test_the_folder_comes_from_the_option_then_the_environment(
    trustrig: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTRIG_CA", str(here / "from-environment"))
    assert trustrig("init").code == 0
    assert trustrig("init", "--ca", "from-option").code == 0
    assert sorted(p.name for p in here.iterdir()) == ["from-environment", "from-option"]


@OPENSSL
def test_an_issued_server_is_what_openssl_and_evaluate_accept(made: Trustrig, here: Path) -> None:
    ran = made("issue", "server", "api.test", "localhost", "192.168.1.20")
    assert (ran.code, ran.err) == (0, "")
    assert "names: api.test, localhost, 192.168.1.20" in ran.out
    folder = "trustrig-ca/issued/api.test"
    trusted = ("-CAfile", "trustrig-ca/root/cert.pem", "-untrusted", f"{folder}/chain.pem")
    subprocess.run(["openssl", "verify", *trusted, f"{folder}/cert.pem"], check=True, capture_output=True)
    (step,) = [
        line.removeprefix("Next: trustrig ") for line in ran.out.splitlines() if line.startswith("Next")
    ]
    assert made(*step.split()).code == 0


def test_a_client_gets_a_p12_and_a_password_shown_once(made: Trustrig, here: Path) -> None:
    ran = made("issue", "client", "alice")
    assert (ran.code, ran.err) == (0, "")
    (password,) = re.findall(r"^  password: (\S+)  opens ", ran.out, re.MULTILINE)
    data = (here / "trustrig-ca/issued/alice/alice.p12").read_bytes()
    loaded = pkcs12.load_pkcs12(data, password.encode())
    assert loaded.cert is not None
    assert len(loaded.additional_certs) == 2
    assert (here / "trustrig-ca/issued/alice/alice.p12").stat().st_mode & 0o777 == 0o600
    assert all(password not in p.read_text() for p in here.rglob("*.json*"))


@pytest.mark.parametrize("source", ["file", "environment"])
def test_a_given_password_is_used_and_never_shown(
    made: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    options = []
    if source == "file":
        (here / "password").write_text("correct horse\n")
        options = ["--password-file", "password"]
    else:
        monkeypatch.setenv("TRUSTRIG_PASSWORD", "correct horse")
    ran = made("issue", "client", "alice", *options)
    assert ran.code == 0
    assert "correct horse" not in ran.out + ran.err
    pkcs12.load_pkcs12((here / "trustrig-ca/issued/alice/alice.p12").read_bytes(), b"correct horse")


def test_json_without_a_password_names_the_file_that_keeps_it(made: Trustrig, here: Path) -> None:
    ran = made("issue", "client", "alice", "--json")
    document = json.loads(ran.out)
    kept = here / document["folder"] / "alice.p12.password"
    assert (ran.code, kept.name in document["files"]) == (0, True)
    assert kept.read_text().strip() not in ran.out + ran.err


DOCUMENTS = [
    pytest.param(("init", "--ca", "other", "--json"), "trustrig.init/1", id="init"),
    pytest.param(("issue", "server", "b.test", "--json"), "trustrig.issue/1", id="issue server"),
    pytest.param(("issue", "client", "bob", "--json"), "trustrig.issue/1", id="issue client"),
    pytest.param(("issue", "intermediate", "team", "--json"), "trustrig.issue/1", id="issue intermediate"),
    pytest.param(("issue", "csr", "r.pem", "--name", "c.test", "--json"), "trustrig.issue/1", id="issue csr"),
    pytest.param(("renew", "a.test", "--json"), "trustrig.issue/1", id="renew"),
    pytest.param(("list", "--json"), "trustrig.list/1", id="list"),
]


@pytest.mark.parametrize(("args", "schema"), DOCUMENTS)
def test_json_is_one_document_with_its_schema_first(
    made: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], schema: str
) -> None:
    made("issue", "server", "a.test")
    (here / "r.pem").write_bytes(request())
    monkeypatch.setenv("TRUSTRIG_PASSWORD", "correct horse")
    ran = made(*args)
    assert (ran.code, ran.err) == (0, "")
    assert next(iter(json.loads(ran.out).items())) == ("schema", schema)
    assert "correct horse" not in ran.out
    assert "PRIVATE" not in ran.out


def request(common_name: str = "x") -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(new_key(), hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        pytest.param([], [], id="nothing against the usual certificate"),
        pytest.param(["--days", "825"], [], id="nothing against 825 days"),
        pytest.param(["--days", "826"], ["tls-validity-825"], id="826 days"),
        pytest.param(["--not-after", "3000-01-01"], ["tls-validity-825"], id="the year 3000"),
        pytest.param(["--not-before", "+2d"], ["cert-not-before"], id="not valid yet"),
        pytest.param(
            ["--not-before", "+2d", "--days", "900"],
            ["cert-not-before", "tls-validity-825"],
            id="both at once",
        ),
        pytest.param(["--not-before", "-9d", "--not-after", "-2d"], ["cert-not-expired"], id="expired"),
        pytest.param(["--key", "ed25519"], ["tls-key-type"], id="an Ed25519 key"),
        pytest.param(["*.test"], ["wildcard-not-tld"], id="a wildcard under a top-level domain"),
    ],
)
def test_what_apple_will_refuse_is_issued_and_said(
    made: Trustrig, options: list[str], rules: list[str]
) -> None:
    text, document = (
        made("issue", "server", "a.test", *options),
        made("issue", "server", "b.test", *options, "--json"),
    )
    assert (text.code, document.code) == (0, 0)
    for rule in rules:
        assert f"warning: Apple will refuse this: {all_rules()[rule].title}: " in text.err
        assert f"[{rule}]. " in text.err
    assert text.err.count("Apple will refuse") == len(rules)
    assert [finding["rule_id"] for finding in json.loads(document.out)["findings"]] == rules


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(("init", "--ca", "ed", "--key", "ed25519"), id="init"),
        pytest.param(("issue", "intermediate", "ed", "--key", "ed25519"), id="issue intermediate"),
        pytest.param(("issue", "client", "ed", "--key", "ed25519"), id="issue client"),
    ],
)
def test_ed25519_is_labelled(made: Trustrig, args: tuple[str, ...]) -> None:
    ran = made(*args)
    assert ran.code == 0
    assert "keys of the type ed25519 are refused by Apple for TLS [tls-key-type]" in ran.err


def test_a_client_whose_key_apple_does_not_import_gets_no_p12(made: Trustrig, here: Path) -> None:
    ran = made("issue", "client", "ed", "--key", "ed25519")
    assert "no .p12 was written" in ran.err
    assert "password" not in ran.out
    assert not list(here.rglob("*.p12"))


def test_a_certificate_that_was_cut_short_says_so(made: Trustrig) -> None:
    ran = made("issue", "server", "a.test", "--days", "3000")
    assert "ends on" in ran.err
    assert "with its issuer, instead of on" in ran.err


def test_permit_binds_and_says_what_is_permitted(trustrig: Trustrig) -> None:
    assert (
        "certifies only example.test, 10.0.0.0/8"
        in trustrig("init", "--permit", "example.test", "--permit", "10.0.0.0/8").out
    )
    assert trustrig("issue", "server", "a.example.test", "10.1.2.3").code == 0
    ran = trustrig("issue", "server", "evil.test")
    assert ran.code == 2
    assert "Permitted: example.test, 10.0.0.0/8" in ran.err


def test_an_intermediate_signs_when_named(made: Trustrig, here: Path) -> None:
    assert "--issuer team" in made("issue", "intermediate", "team", "--permit", "team.test").out
    assert made("issue", "server", "a.team.test", "--issuer", "team").code == 0
    chain = x509.load_pem_x509_certificates(
        (here / "trustrig-ca/issued/a.team.test/fullchain.pem").read_bytes()
    )
    assert [c.subject.rfc4514_string() for c in chain] == [
        "CN=a.team.test",
        "CN=team",
        "CN=Shell CA Intermediate",
    ]


def test_a_request_is_signed_from_a_file_and_from_stdin(made: Trustrig, here: Path) -> None:
    (here / "r.pem").write_bytes(request("Bob"))
    assert made("issue", "csr", "r.pem", "--kind", "client").code == 0
    ran = spawn("issue", "csr", "-", "--name", "a.test", cwd=here, input=request().decode())
    assert (ran.code, ran.err) == (0, "")
    assert [row.name for row in AuthorityFolder.open(here / "trustrig-ca").rows()] == ["Bob", "a.test"]


def test_a_list_fits_eighty_columns_and_marks_what_expired(made: Trustrig) -> None:
    made("issue", "server", "a" * 60 + ".example.test", *(f"h{n}.test" for n in range(12)))
    made("issue", "server", "old.test", "--not-before", "-9d", "--not-after", "-2d")
    made("issue", "server", "late.test", "--not-before", "+9d")
    made("issue", "client", "alice")
    made("renew", "alice")
    ran = made("list")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [
        line.split() for line in lines[lines.index("") + 2 : lines.index("Passwords of their files:") - 1]
    ]
    assert [(row[0][:9], row[-1]) for row in rows] == [
        ("aaaaaaaaa", "left"),
        ("old.test", "EXPIRED"),
        ("late.test", rows[2][-1]),
        ("alice", "replaced"),
        ("alice", "left"),
    ]
    assert rows[2][-2] == "from"


def test_a_list_does_not_cry_about_what_was_declared_so(made: Trustrig) -> None:
    Path("pki.toml").write_text(
        '[ca.own]\n[server.old]\nca = "own"\nnames = ["old.test"]\ndefect = "expired"\n'
        '[server.odd]\nca = "own"\nnames = ["odd.test"]\ndefect = "wrong-host"\n'
    )
    assert made("apply", "pki.toml").code == 0
    ran = made("list", "--ca", "own", "--color", "always")
    assert "EXPIRED" not in ran.out
    assert "\x1b" not in ran.out
    assert "expired as declared" in ran.out
    assert ran.out.endswith(
        "\nWrong on purpose, as declared in a manifest:\n  old: expired\n  odd: wrong-host\n"
    )
    rows = json.loads(made("list", "--ca", "own", "--json").out)["issued"]
    assert rows[0]["state"] == "EXPIRED"  # what programs go by


def test_an_empty_list_says_so(made: Trustrig) -> None:
    assert "Nothing was issued yet." in made("list").out


def test_renewing_a_client_shows_a_new_password(made: Trustrig, here: Path) -> None:
    made("issue", "client", "alice")
    ran = made("renew", "alice")
    (password,) = re.findall(r"^  password: (\S+)  opens ", ran.out, re.MULTILINE)
    pkcs12.load_pkcs12((here / "trustrig-ca/issued/alice/alice.p12").read_bytes(), password.encode())


def test_renewing_can_keep_the_key(made: Trustrig, here: Path) -> None:
    made("issue", "server", "a.test")
    key = (here / "trustrig-ca/issued/a.test/key.pem").read_bytes()
    assert made("renew", "a.test", "--keep-key").code == 0
    assert (here / "trustrig-ca/issued/a.test/key.pem").read_bytes() == key


def test_encrypted_ca_keys_need_their_passphrase(trustrig: Trustrig, here: Path) -> None:
    (here / "right").write_text("open sesame\n")
    (here / "wrong").write_text("open barley\n")
    assert "keys are encrypted" in trustrig("init", "--ca-passphrase-file", "right").out
    for options in ([], ["--ca-passphrase-file", "wrong"]):
        ran = trustrig("issue", "server", "a.test", *options)
        assert ran.code == 3
        assert "--ca-passphrase-file FILE" in ran.err
        assert "barley" not in ran.err
    assert trustrig("list").code == 0
    assert trustrig("issue", "server", "a.test", "--ca-passphrase-file", "right").code == 0


BAD = [
    pytest.param(("issue", "server", "a b"), 2, "is not a name", id="a name with a space"),
    pytest.param(("issue", "server", "-x.test-"), 2, "", id="an option that is none"),
    pytest.param(
        ("issue", "server", "--", "-x.test"), 2, "is not a host name", id="a host with a hyphen first"
    ),
    pytest.param(("issue", "server", "1.2.3.999"), 2, "broken IPv4", id="an address that is none"),
    pytest.param(("issue", "server"), 2, "", id="no name"),
    pytest.param(("issue", "server", "x.test", "--days", "0"), 2, "no lifetime", id="no days"),
    pytest.param(("issue", "server", "x.test", "--days", "soon"), 2, "", id="days that are no number"),
    pytest.param(("issue", "server", "x.test", "--not-after", "soon"), 2, "is not a time", id="no time"),
    pytest.param(
        ("issue", "server", "x.test", "--not-after", "-1d"), 2, "before it begins", id="an end first"
    ),
    pytest.param(
        ("issue", "server", "x.test", "--key", "dsa"), 2, "--key cannot be 'dsa'", id="no type of key"
    ),
    pytest.param(
        ("issue", "server", "x.test", "--issuer", "nobody"), 3, "nothing called", id="no such issuer"
    ),
    pytest.param(
        ("issue", "server", "a.test"), 3, "trustrig issue server a.test --force\n", id="a name that is taken"
    ),
    pytest.param(("issue", "client", "x" * 65), 2, "65 characters", id="a name that is too long"),
    pytest.param(("issue", "client", "x\ny"), 2, "cannot be a name", id="a name of two lines"),
    pytest.param(
        ("issue", "client", "x", "--password-file", "none"), 3, "none: No such", id="no password file"
    ),
    pytest.param(
        ("issue", "client", "x", "--password-file", "empty"), 2, "empty password", id="an empty password"
    ),
    pytest.param(
        ("issue", "client", "x", "--password-file", "-", "--ca-passphrase-file", "-"),
        2,
        "once only",
        id="stdin twice",
    ),
    pytest.param(("issue", "csr", "none"), 3, "none: No such file", id="no request"),
    pytest.param(("issue", "csr", "."), 3, "Is a directory", id="a folder for a request"),
    pytest.param(("issue", "csr", "empty"), 3, "an empty file, which is no", id="an empty request"),
    pytest.param(("issue", "csr", "html"), 3, "is no certificate signing request", id="HTML for a request"),
    pytest.param(("issue", "csr", "huge"), 2, "larger than any", id="a request of two megabytes"),
    pytest.param(("issue", "csr", "html", "--kind", "dogs"), 2, "--kind cannot be 'dogs'", id="no such kind"),
    pytest.param(
        ("issue", "csr", "trustrig-ca/root/key.pem"),
        3,
        "a private key, which is no",
        id="a key for a request",
    ),
    pytest.param(("renew", "nobody"), 3, "There is a.test", id="nobody to renew"),
    pytest.param(("renew", ""), 3, "nothing called ''", id="an empty name to renew"),
    pytest.param(("renew", "team"), 2, "would orphan", id="an authority to renew"),
    pytest.param(("init",), 3, "--force", id="an authority that is there"),
    pytest.param(("init", "--ca", "html"), 3, "is a file", id="an authority in a file"),
    pytest.param(("init", "--ca", "none/ca"), 3, "does not exist", id="an authority nowhere"),
    pytest.param(("init", "--ca", "b", "--name", "x" * 60), 2, "characters", id="a name too long for two"),
    pytest.param(("init", "--ca", "b", "--permit", "*.x"), 2, "Write x", id="a wildcard to permit"),
    pytest.param(
        ("init", "--ca", "b", "--ca-passphrase-file", "empty"), 2, "is empty", id="an empty passphrase"
    ),
    pytest.param(("list", "--ca", "none"), 3, "no authority in none", id="no authority to list"),
    pytest.param(("list", "--ca", "html"), 3, "no authority in html", id="a file for an authority"),
]


@pytest.mark.parametrize(("args", "code", "says"), BAD)
def test_bad_input_gets_one_message_and_changes_nothing(
    made: Trustrig, here: Path, args: tuple[str, ...], code: int, says: str
) -> None:
    made("issue", "server", "a.test")
    made("issue", "intermediate", "team")
    (here / "empty").touch()
    (here / "html").write_text("<html>")
    (here / "huge").write_bytes(b"x" * 2_000_000)
    before = snapshot(here)
    ran = made(*args)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert snapshot(here) == before


@pytest.mark.parametrize(
    "args", [("list",), ("list", "--json"), ("issue", "server", "b.test"), ("renew", "a.test")]
)
def test_a_corrupt_ledger_is_named_with_its_line(made: Trustrig, here: Path, args: tuple[str, ...]) -> None:
    made("issue", "server", "a.test")
    with (here / "trustrig-ca/ledger.jsonl").open("a") as ledger:
        ledger.write('{"serial": 12}\n')
    ran = made(*args)
    assert (ran.code, ran.answer) == (3, "")
    assert "trustrig-ca/ledger.jsonl, line 2: it is no row" in ran.err
    assert ran.err.count("\n") == 1


def test_force_replaces_and_without_it_nothing_is(made: Trustrig, here: Path) -> None:
    made("issue", "server", "a.test")
    before = (here / "trustrig-ca/issued/a.test/cert.pem").read_bytes()
    assert made("issue", "server", "a.test", "--force").code == 0
    assert (here / "trustrig-ca/issued/a.test/cert.pem").read_bytes() != before
    assert made("init", "--force").code == 0
    assert "Nothing was issued yet." in made("list").out


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3, 0.6])
def test_an_interruption_exits_130_and_leaves_nothing_half_done(
    made: Trustrig, here: Path, delay: float
) -> None:
    before = snapshot(here)
    os.mkfifo(here / "passphrase")
    with (here / "trustrig-ca/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # so that the process cannot end by itself
        with subprocess.Popen(
            command("issue", "server", "a.test", "--ca-passphrase-file", "passphrase"),
            cwd=here,
            env=environment(),
            preexec_fn=heeding_interrupts,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            with (here / "passphrase").open("w"):  # opens when the process opens its end
                time.sleep(delay / 2)
            time.sleep(delay / 2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=clock.PATIENCE)
    (here / "passphrase").unlink()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert snapshot(here) == before


def test_init_lan_serves_a_lan_and_permits_more_beside_it(made: Trustrig) -> None:
    ran = made("init", "--lan", "--permit", "staging.example", "--ca", "lan")
    assert "Next: trustrig issue server api.test localhost --ca lan\n" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    names = ("192.168.1.20", "api.test", "mac.local", "localhost", "::1", "staging.example")
    assert made("issue", "server", *names, "--ca", "lan").code == 0
    fullchain = "lan/issued/192.168.1.20/fullchain.pem"
    for name in names:
        assert made("evaluate", fullchain, "--host", name, "--anchor", "lan").code == 0, name
    assert made("issue", "server", "example.com", "--ca", "lan").code == 2
    listed = json.loads(made("init", "--lan", "--ca", "json", "--json").out)["permit"]
    assert {"local", "192.168.0.0/16", "fe80::/10"} <= set(listed)


def test_an_authority_below_serves_a_lan_too(made: Trustrig) -> None:
    assert made("issue", "intermediate", "LAN", "--lan").code == 0
    assert made("issue", "server", "mac.local", "10.0.0.1", "--issuer", "LAN").code == 0
    assert made("issue", "server", "example.com", "--issuer", "LAN").code == 2


NEXT = [
    pytest.param(("--permit", "test"), "server api.test", id="a top-level domain"),
    pytest.param(("--permit", "corp.example"), "server corp.example", id="a domain"),
    pytest.param(("--permit", "10.0.0.0/8"), "server 10.0.0.1", id="a range"),
    pytest.param(("--permit", "192.168.1.20"), "server 192.168.1.20", id="one address"),
    pytest.param(("--permit", "@corp.example"), "client alice", id="mailboxes"),
]


@pytest.mark.parametrize(("options", "words"), NEXT)
def test_the_next_command_of_init_is_one_that_works(
    options: tuple[str, ...], words: str, trustrig: Trustrig
) -> None:
    ran = trustrig("init", *options)
    assert f"Next: trustrig issue {words}\n" in ran.out
    assert trustrig("issue", *words.split()).code == 0
