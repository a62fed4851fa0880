from __future__ import annotations

import json
import plistlib
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import clock
from tests.chains import DAY, HOST, Made, intermediate, leaf, root
from tests.shell import command, environment, heeding_interrupts, spawn

PEM_CACHE: dict[str, Made] = {}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    from cryptography.hazmat.primitives.serialization import Encoding

    now = clock.now()
    span = {"start": now - DAY, "end": now + 30 * DAY}
    top = root(**span)
    middle = intermediate(top, **span)
    server = leaf(middle, **span)
    for name, made in (("root", top), ("intermediate", middle), ("server", server)):
        (tmp_path / f"{name}.pem").write_bytes(made.cert.public_bytes(Encoding.PEM))
    chain = (tmp_path / "server.pem").read_bytes() + (tmp_path / "intermediate.pem").read_bytes()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "server.der").write_bytes(server.der)
    return tmp_path


def test_a_trusted_chain_exits_0(trustrig: Any, files: Path) -> None:
    ran = trustrig("evaluate", files / "chain.pem", "--host", HOST, "--anchor", files / "root.pem")
    assert (ran.code, ran.err) == (0, "")
    assert "trusted" in ran.out.splitlines()[0]
    assert all(len(line) <= 80 for line in ran.out.splitlines()[1:])


def test_an_untrusted_chain_exits_1_with_the_headline(trustrig: Any, files: Path) -> None:
    ran = trustrig("evaluate", files / "server.der", "--host", HOST, "--anchor", files / "root.pem")
    assert ran.code == 1
    assert "-25318 errSecCreateChainFailed" in ran.out
    assert "chain-complete" in ran.out
    assert "-1200" in ran.out


def test_without_an_anchor_that_is_the_first_line_and_the_default_authority_is_offered_for_its_own(
    trustrig: Any, files: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(files)

    def first_words(file: str, host: str) -> str:
        ran = trustrig("evaluate", file, "--host", host)
        assert ran.code == 1
        return " ".join(ran.out.split(" for ")[0].split())

    assert first_words("chain.pem", HOST).startswith("no anchor was given")
    assert trustrig("init").code == 0
    assert trustrig("issue", "server", "own.test").code == 0
    # An authority that did not issue the chain would not help.
    assert "--anchor trustrig-ca" not in first_words("chain.pem", HOST)
    for file in ("fullchain.pem", "cert.pem"):
        assert "--anchor trustrig-ca" in first_words(f"trustrig-ca/issued/own.test/{file}", "own.test")


def test_an_authority_that_is_named_is_an_anchor_and_one_that_is_not_is_none(
    trustrig: Any, files: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(files)
    assert trustrig("init", "--ca", "mine").code == 0
    assert trustrig("issue", "server", "own.test", "--ca", "mine").code == 0
    asked = ("evaluate", "mine/issued/own.test/fullchain.pem", "--host", "own.test")
    assert trustrig(*asked).code == 1
    named = trustrig(*asked, "--ca", "mine", "--json")
    assert (named.code, named.err) == (0, "")
    assert json.loads(named.out)["anchor_class"] == "user"
    assert trustrig(*asked, "--ca", "mine", "--anchor", "./mine").code == 0
    as_system = json.loads(trustrig(*asked, "--ca", "mine", "--anchor-class", "system", "--json").out)
    assert as_system["anchor_class"] == "system"
    assert trustrig("evaluate", "chain.pem", "--host", HOST, "--ca", "mine").code == 1
    monkeypatch.setenv("TRUSTRIG_CA", "mine")
    silent = trustrig(*asked)
    assert silent.code == 1
    assert "--anchor mine" in " ".join(silent.out.split())
    missing = trustrig(*asked, "--ca", "nowhere")
    assert (missing.code, missing.out) == (3, "")
    assert "nowhere" in missing.err


def test_without_a_host_the_first_line_says_that_no_name_was_checked(trustrig: Any, files: Path) -> None:
    ran = trustrig("evaluate", files / "chain.pem", "--anchor", files / "root.pem")
    assert ran.code == 0
    assert "trusted, name not checked" in " ".join(ran.out.split("(policy")[0].split())


def test_json_is_one_document_and_nothing_beside_it(trustrig: Any, files: Path) -> None:
    ran = trustrig(
        "evaluate", files / "chain.pem", "--host", "other.test", "--anchor", files / "root.pem", "--json"
    )
    document = json.loads(ran.out)
    assert ran.code == 1
    assert next(iter(document)) == "schema"
    assert document["schema"] == "trustrig.verdict/1"
    assert document["headline"]["rule"] == "san-dns-match"
    assert document["headline"]["os_status"] == -67602
    assert document["levels"] == {"x509": "pass", "tls": "fail", "ats": "not reached"}
    assert document["rules"]["tls-validity-398"] == "does not apply"
    assert len(document["chain"]) == 3


def test_the_anchor_class_decides(trustrig: Any, files: Path) -> None:
    asked = (
        "evaluate",
        files / "chain.pem",
        "--host",
        HOST,
        "--anchor",
        files / "root.pem",
        "--anchor-class",
        "app",
    )
    refused = trustrig(*asked)
    assert (refused.code, "ats-default-trust" in refused.out) == (1, True)
    plist = files / "Info.plist"
    open_host = {"NSExceptionDomains": {HOST: {"NSExceptionAllowsInsecureHTTPLoads": True}}}
    plist.write_bytes(plistlib.dumps({"NSAppTransportSecurity": open_host}))
    assert trustrig(*asked, "--info-plist", plist).code == 0
    assert trustrig(*asked, "--no-ats").code == 0


@pytest.mark.parametrize("moment", ["+60d", "2040-01-01", "2040-01-01T00:00:00Z"])
def test_the_time_can_be_given(trustrig: Any, files: Path, moment: str) -> None:
    ran = trustrig(
        "evaluate", files / "chain.pem", "--host", HOST, "--anchor", files / "root.pem", "--at", moment
    )
    assert ran.code == 1
    assert "cert-not-expired" in ran.out


def test_several_targets_share_one_exit_code(trustrig: Any, files: Path) -> None:
    ran = trustrig(
        "evaluate", files / "chain.pem", files / "server.pem", "--host", HOST, "--anchor", files / "root.pem"
    )
    assert ran.code == 1
    assert ran.out.count("Not checked") == 2


def test_standard_input(files: Path) -> None:
    ran = spawn(
        "evaluate",
        "-",
        "--host",
        HOST,
        "--anchor",
        "root.pem",
        cwd=files,
        input=(files / "chain.pem").read_text(),
    )
    assert (ran.code, ran.out.splitlines()[0].startswith("standard input")) == (0, True)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        pytest.param(
            ("chain.pem", "--host", "https://test.example"), 2, "not a host alone", id="a URL as the host"
        ),
        pytest.param(("chain.pem", "--host", "a b"), 2, "not a host name", id="no host name"),
        pytest.param(
            ("chain.pem", "--anchor-class", "root"), 2, "There is user, app, system", id="no anchor class"
        ),
        pytest.param(("chain.pem", "--policy", "mozilla"), 2, "There is apple, ssl-client", id="no policy"),
        pytest.param(("chain.pem", "--at", "tomorrow"), 2, "tomorrow", id="no time"),
        pytest.param(("api.test:443",), 2, "https://api.test:443", id="a live server without its scheme"),
        pytest.param(("nowhere.pem",), 3, "nowhere.pem", id="no file"),
        pytest.param(("page.html",), 3, "an HTML page", id="HTML"),
        pytest.param(("empty.pem",), 3, "empty", id="an empty file"),
        pytest.param(("broken.der",), 3, "cut short", id="a DER file cut short"),
        pytest.param(("chain.pem", "--anchor", "page.html"), 3, "an HTML page", id="HTML as the anchor"),
        pytest.param(
            ("chain.pem", "--info-plist", "page.html"), 3, "not a property list", id="HTML as Info.plist"
        ),
        pytest.param((), 2, "TARGET", id="no target"),
        pytest.param(("chain.pem", "--colour"), 2, "--colour", id="an unknown option"),
    ],
)
def test_bad_input_gets_one_clear_message(
    trustrig: Any, files: Path, monkeypatch: Any, args: tuple[str, ...], code: int, said: str
) -> None:
    (files / "page.html").write_text("<!DOCTYPE html><html><body>404</body></html>")
    (files / "empty.pem").write_text("")
    (files / "broken.der").write_bytes((files / "server.der").read_bytes()[:100])
    monkeypatch.chdir(files)
    ran = trustrig("evaluate", *args)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("tls-validity-825", "825 days"),
        ("-67901", "tls-validity-398"),
        ("-1202", "NSURLErrorServerCertificateUntrusted"),
        ("-9802", "errSSLFatalAlert"),
        ("-9831", "unknown_ca"),
        ("-9884", "ats-hash-sha256"),
        ("errSecHostNameMismatch", "san-dns-match"),
        ("AnchorTrusted", "Certificate Trust"),
        ("unknown_ca", "alert 48"),
        ("116", "certificate_required"),
    ],
)
def test_explain(trustrig: Any, asked: str, said: str) -> None:
    ran = trustrig("explain", asked)
    assert ran.code == 0
    assert said in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert json.loads(trustrig("explain", asked, "--json").out)["asked"] == asked


def test_explain_offers_what_comes_near(trustrig: Any) -> None:
    ran = trustrig("explain", "tls-validity-852")
    assert (ran.code, ran.out) == (2, "")
    assert "tls-validity-825" in ran.err


def test_every_rule_and_code_has_its_explanation(trustrig: Any) -> None:
    from pki.model.codes import APPLE_CHECKS, OTHER_CODES
    from pki.trust import all_rules

    for asked in (*all_rules(), *APPLE_CHECKS, *map(str, OTHER_CODES)):
        assert trustrig("explain", asked).code == 0, asked


def test_a_reader_that_leaves_is_no_error(files: Path) -> None:
    """`trustrig ... | head -1`: quiet, and no traceback from the interpreter's own exit."""
    line = " ".join(command("evaluate", *["chain.pem"] * 60, "--host", HOST, "--anchor", "root.pem"))
    done = subprocess.run(
        ["bash", "-c", f"{line} | head -1; echo ${{PIPESTATUS[0]}}"],
        cwd=files,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == ("141", "")


def test_an_interrupt_exits_130_without_a_traceback(files: Path) -> None:
    process = subprocess.Popen(
        command("evaluate", "-", "--host", HOST),
        cwd=files,
        env=environment(),
        preexec_fn=heeding_interrupts,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdin.write("x" * 1_000_000)  # more than a pipe holds: it is read, so the command is at work
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=clock.PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_an_authority_folder_as_anchor_means_its_root_alone(
    trustrig: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert trustrig("init").code == 0
    assert trustrig("issue", "server", "api.test").code == 0
    issued = next(tmp_path.glob("trustrig-ca/issued/api.test*/fullchain.pem"))
    assert trustrig("evaluate", issued, "--host", "api.test", "--anchor", "trustrig-ca").code == 0
    alone = issued.with_name("cert.pem")
    assert trustrig("evaluate", alone, "--host", "api.test", "--anchor", "trustrig-ca").code == 1
