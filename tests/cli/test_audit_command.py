"""`trustrig audit`: what is printed, what is written, which exit code, and how an audit is gone on with."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import ssl
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.audit.places import Folder
from pki.handshake import ChainsTo, ClientCertificates, LoopbackServer, ServerSettings
from pki.model.time_format import moment_text
from pki.report.audit.formats import FORMATS
from pki.store import AuthorityFolder
from pki_cli.options.audit import AuditForm
from tests import chains, clock
from tests.audit.mixed_run import Inventory
from tests.report.test_schemas import validator
from tests.servers import free_port
from tests.shell import Trustrig, command, environment, heeding_interrupts


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, at: datetime) -> Path:
    """Two good chains, one for a year and one for twenty days, and one that nobody trusts; `bad/` has rubbish."""
    folder = tmp_path_factory.mktemp("audit")
    root, stranger = chains.root("Audit Root"), chains.root("Stranger")
    middle = chains.intermediate(root, "Audit CA")
    start = at - chains.DAY
    made = {
        "long": chains.leaf(middle, "long.test", dns=("long.test",), start=start, end=at + 365 * chains.DAY),
        "soon": chains.leaf(middle, "soon.test", dns=("soon.test",), start=start, end=at + 20 * chains.DAY),
    }
    (folder / "good").mkdir()
    for name, leaf in made.items():
        (folder / "good" / f"{name}.pem").write_bytes(pem(leaf, middle))
    (folder / "strange").mkdir()
    (folder / "strange" / "strange.pem").write_bytes(pem(chains.leaf(stranger, "strange.test"), stranger))
    (folder / "bad").mkdir()
    (folder / "bad" / "half.pem").write_bytes(pem(made["long"])[:200])
    (folder / "root.pem").write_bytes(pem(root))
    return folder


def pem(*made: chains.Made) -> bytes:
    return b"".join(one.cert.public_bytes(Encoding.PEM) for one in made)


@pytest.fixture
def audit(place: Path, at: datetime, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> Trustrig:
    monkeypatch.chdir(place)

    def run(*words: str) -> object:
        return trustrig("audit", *words, "--anchor", "root.pem", "--at", moment_text(at))

    return run


@pytest.fixture(scope="module")
def inventory(at: datetime) -> Inventory:
    return Inventory.of(at, 300)


@pytest.fixture(scope="module")
def large(inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """9,000 rows of 300 chains, each asked for under thirty names, so that each is work."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "root.pem").write_bytes(inventory.anchors)
    with (folder / "fleet.ndjson").open("wb") as lines:
        for number in range(30):
            for row in inventory.rows:
                document = json.loads(row.line) | {"host": f"{'www.' * number}{row.host}"[-250:].lstrip(".")}
                lines.write(json.dumps(document).encode() + b"\n")
    return folder


def test_the_forms_are_the_librarys() -> None:
    assert {form.value for form in AuditForm} == {"text", *FORMATS}


def test_few_rows_are_a_table(audit: Trustrig) -> None:
    ran = audit("good")
    assert ran.code == 0
    rows = [line.split()[0] for line in ran.out.splitlines() if line.startswith("good/")]
    assert rows == ["good/long.pem", "good/soon.pem"]
    assert "2 chains: 2 trusted" in ran.out
    assert "the name: no host was given" in ran.out
    assert "cert-not-expired" in ran.out
    assert ran.err == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["good"], 0, id="nothing fails now"),
        pytest.param(["good", "--fail-on", "19d"], 0, id="what breaks later does not fail"),
        pytest.param(["good", "--fail-on", "21d"], 1, id="what breaks by then fails"),
        pytest.param(["strange"], 1, id="untrusted now"),
        pytest.param(["strange", "--fail-on", "never"], 0, id="nothing fails by request"),
        pytest.param(["good", "bad"], 1, id="no answer counts as failing"),
        pytest.param(["good", "--fail-on", "soon"], 2, id="no time"),
        pytest.param(["good", "--until", "-1d"], 2, id="an end before the beginning"),
        pytest.param(["good", "--rate", "0"], 2, id="no rate"),
        pytest.param(["good", "--resume"], 2, id="nothing to go on with"),
        pytest.param(["good", "--format", "csv", "--format", "junit"], 2, id="two forms on stdout"),
        pytest.param(["good", "--json", "--format", "csv"], 2, id="JSON and another form on stdout"),
        pytest.param(["good", "--cluster", "tcp://127.0.0.1:1", "--workers", "2"], 2, id="two engines"),
        pytest.param(["good", "--cluster", "there"], 2, id="no address"),
        pytest.param(["nowhere"], 3, id="no such source"),
        pytest.param(["good", "--crl", "root.pem"], 3, id="evidence that is none"),
    ],
)
def test_exit_codes(audit: Trustrig, words: list[str], code: int) -> None:
    ran = audit(*words)
    assert ran.code == code, ran
    if code > 1:
        assert ran.answer == ""
        assert ran.err.startswith("trustrig: ")


def test_what_fails_later_is_said_to(audit: Trustrig) -> None:
    ran = audit("good", "strange", "--fail-on", "21d")
    assert "note: 1 of 3 are trusted now, break by " in ran.err
    assert ran.err.endswith(", and count as failing by --fail-on 21d.\n")
    assert "trusted now" not in audit("good", "strange").err


def test_one_form_goes_to_stdout(audit: Trustrig) -> None:
    summary = json.loads(audit("good", "strange", "--json").out)
    validator("trustrig.audit/1").validate(summary)
    assert (summary["rows"], summary["trusted"], summary["untrusted"]) == (3, 2, 1)
    rows = [json.loads(line) for line in audit("good", "strange", "--format", "ndjson").out.splitlines()]
    assert [(row["source"], row["trusted"]) for row in rows] == [
        ("good/long.pem", True),
        ("good/soon.pem", True),
        ("strange/strange.pem", False),
    ]
    assert audit("good", "--format", "csv").out.count("\n") == 3


def test_a_folder_gets_a_file_for_each_form(audit: Trustrig, tmp_path: Path) -> None:
    out = tmp_path / "report"
    forms = [word for form in AuditForm if form != "text" for word in ("--format", form.value)]
    ran = audit("good", "-o", str(out), *forms)
    assert ran.code == 0, ran
    files = {one.name for one in out.iterdir()} - {".lock", "manifest.json"}
    assert files == {form.file for form in FORMATS.values()}
    assert json.loads(ran.out) == json.loads((out / "summary.json").read_text())


def test_equal_input_is_equal_bytes(audit: Trustrig, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        assert audit("good", "strange", "-o", str(tmp_path / name), "--format", "html").code == 1
        files = (tmp_path / name).iterdir()
        written.append({file.name: file.read_bytes() for file in files})
    assert written[0] == written[1]


def test_a_file_is_no_folder(audit: Trustrig, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        ran = audit("good", "-o", str(place))
        assert ran.code == 3
        assert ran.err == f"trustrig: {tmp_path / 'file'} is there and is no folder. Choose another name.\n"


def test_an_earlier_audit_is_replaced_when_that_is_asked_for(audit: Trustrig, tmp_path: Path) -> None:
    out = str(tmp_path / "report")
    assert audit("good", "-o", out, "--format", "csv").code == 0
    ran = audit("strange", "-o", out)
    assert ran.code == 3
    assert (
        "has an audit in it. Choose another folder, or replace it:\n  trustrig audit strange -o " in ran.err
    )
    assert audit("strange", "-o", out, "--force").code == 1
    assert {one.name for one in Path(out).iterdir()} == {
        ".lock",
        "manifest.json",
        "rows.ndjson",
        "summary.json",
    }


def test_going_on_keeps_the_moment_and_refuses_another_question(
    audit: Trustrig, trustrig: Trustrig, tmp_path: Path, at: datetime
) -> None:
    out = str(tmp_path / "report")
    assert audit("good", "-o", out).code == 0
    rows = (tmp_path / "report" / "rows.ndjson").read_bytes()
    ran = trustrig("audit", "good", "--anchor", "root.pem", "-o", out, "--resume", "--format", "csv")
    assert ran.code == 0, ran
    assert (tmp_path / "report" / "rows.ndjson").read_bytes() == rows
    assert (tmp_path / "report" / "rows.csv").exists()
    ran = trustrig("audit", "good", "--anchor", "root.pem", "-o", out, "--resume", "--no-ats")
    assert ran.code == 3
    assert f"{out} was begun with other settings: ats-applies differs" in ran.err
    assert f"trustrig audit good --anchor root.pem -o {out} --no-ats --force" in ran.err
    ran = trustrig("audit", "strange", "--anchor", "root.pem", "-o", out, "--resume")
    assert f"{out} was begun with other sources: good" in ran.err


def test_a_changed_file_is_refused(audit: Trustrig, place: Path, trustrig: Trustrig, tmp_path: Path) -> None:
    source = tmp_path / "one.pem"
    source.write_bytes((place / "good" / "long.pem").read_bytes())
    out = str(tmp_path / "report")
    assert audit(str(source), "-o", out).code == 0
    source.write_bytes((place / "good" / "soon.pem").read_bytes())
    ran = trustrig("audit", source, "--anchor", "root.pem", "-o", out, "--resume")
    assert ran.code == 3
    assert f"the input has changed since {out} was begun: the first change is in part 1 of 1" in ran.err


def test_rows_that_somebody_changed_are_told_by_their_file(audit: Trustrig, tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert audit("good", "-o", str(out)).code == 0
    (out / "rows.ndjson").write_bytes(b'{"schema":"trustrig.audit-row/1"}\n')
    ran = audit("good", "-o", str(out), "--resume")
    assert ran.code == 3
    assert f"{out}/rows.ndjson is not as the audit left it: Line 1 is no row" in ran.err
    assert "Judge everything again:\n" in ran.err
    assert ran.err.endswith(" --force\n")


def test_a_terminal_gets_no_parquet(place: Path) -> None:
    ours, theirs = pty.openpty()
    line = command("audit", "good", "--anchor", "root.pem", "--format", "parquet")
    ran = subprocess.run(
        line, cwd=place, env=environment(), stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(theirs)
    assert (ran.returncode, _read(ours)) == (2, b"")
    os.close(ours)
    assert "Parquet is binary, and standard output is a terminal. Name a folder with -o DIR" in ran.stderr


def test_renewals_are_told_for_the_days_that_rules_begin(audit: Trustrig, at: datetime) -> None:
    ran = audit(
        "good", "--anchor-class", "system", "--renew", "--renew-on", "2040-01-01", "--format", "ndjson"
    )
    row = json.loads(ran.out.splitlines()[0])
    days = [one["on"] for one in row["renewals"]]
    assert {at.date().isoformat(), "2027-03-15", "2029-03-15", "2040-01-01"} <= set(days)
    last = row["renewals"][-1]
    assert "tls-validity-47" in last["warned_by"]
    assert "tls-validity-47" not in row["failed"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX's")
def test_a_pipe_is_read_once_and_kept(audit: Trustrig, place: Path, tmp_path: Path) -> None:
    """As a shell's `<(kubectl get ...)` is."""
    pipe, out = tmp_path / "pipe", tmp_path / "out"
    os.mkfifo(pipe)
    filling = threading.Thread(target=lambda: pipe.write_bytes((place / "good" / "long.pem").read_bytes()))
    filling.start()
    ran = audit(str(pipe), "-o", str(out))
    filling.join()
    assert (ran.code, ran.err) == (0, ""), ran
    (row,) = (out / "rows.ndjson").read_text().splitlines()
    assert (json.loads(row)["source"], json.loads(row)["trusted"]) == (str(pipe), True)
    assert audit(str(pipe), "-o", str(out), "--resume").code == 0  # nobody writes into it any more


def test_what_is_said_of_a_source_is_said_of_standard_input_too(audit: Trustrig, place: Path) -> None:
    ran = subprocess.run(
        command("audit", "-", "--anchor", "root.pem"),
        cwd=place,
        env=environment(),
        input=b"host,what it sent,note\n,,\na.test,"
        + base64.b64encode(ssl.PEM_cert_to_DER_cert((place / "root.pem").read_text()))
        + b",\n",
        capture_output=True,
        check=False,
    )
    assert b"note: -: chains are read from the column 'what it sent', hosts from 'host'.\n" in ran.stderr
    assert b"note: -: 1 row with nothing in it was passed over.\n" in ran.stderr


def test_servers_are_judged_again_from_what_they_sent(
    trustrig: Trustrig, at: datetime, tmp_path: Path
) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Live CA", at=at)
    folder.issue_server("localhost", "127.0.0.1", at=at)
    settings = ServerSettings(
        identity=folder.identity("localhost"),
        policy=ChainsTo((folder.root,)),
        client_certificates=ClientCertificates.NONE,
    )
    words = ("--anchor", tmp_path / "ca", "--at", moment_text(at))
    live, again = tmp_path / "live", tmp_path / "again"
    with LoopbackServer(settings, at=at) as serving:
        hosts = (
            f"# ours\nlocalhost:{serving.port}\nhttps://127.0.0.1:{serving.port}/\nlocalhost:{free_port()}\n"
        )
        (tmp_path / "hosts").write_text(hosts)
        ran = trustrig("audit", tmp_path / "hosts", *words, "--rate", "50/s", "-o", live)
    rows = [json.loads(line) for line in (live / "rows.ndjson").read_text().splitlines()]
    assert [row["trusted"] for row in rows] == [True, True, None]
    assert (ran.code, ran.err) == (1, "note: 1 of 3 have no answer, and count as failing.\n")
    trustrig("audit", live / "chains.ndjson", *words, "-o", again)
    assert (again / "rows.ndjson").read_bytes() == (live / "rows.ndjson").read_bytes()
    assert not (again / "chains.ndjson").exists()
    # All that was asked is there; still, a list that has changed since is another question.
    assert trustrig("audit", tmp_path / "hosts", *words, "-o", live, "--resume").code == 1
    (tmp_path / "hosts").write_text(f"{hosts}new.test\n")
    ran = trustrig("audit", tmp_path / "hosts", *words, "-o", live, "--resume")
    assert ran.code == 3
    assert f"the input has changed since {live} was begun: {tmp_path / 'hosts'}#line 5 is new" in ran.err


@pytest.mark.slow
def test_interrupted_it_says_how_to_go_on(large: Path, at: datetime, tmp_path: Path) -> None:
    words = ["audit", "fleet.ndjson", "--anchor", "root.pem", "--workers", "2", "-o", str(tmp_path / "out")]
    started = subprocess.Popen(
        command(*words, "--at", moment_text(at)),
        cwd=large,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heeding_interrupts,
    )
    with started:
        clock.until(lambda: Folder(tmp_path / "out").names("parts") or started.poll() is not None)
        os.killpg(started.pid, signal.SIGINT)  # as a terminal does: to the workers as well
        out, err = started.communicate(timeout=clock.PATIENCE)
    assert started.returncode == 130, err
    assert out == ""
    going_on = f"trustrig audit fleet.ndjson --anchor root.pem --workers 2 -o {tmp_path / 'out'} --resume"
    assert err == f"What is there stays; go on with: {going_on}\n"
    done = subprocess.run(
        command(*words, "--resume"), cwd=large, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    again = subprocess.run(
        command(*words[:-1], str(tmp_path / "again"), "--at", moment_text(at)),
        cwd=large, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 1, again.stderr
    rows = [(tmp_path / name / "rows.ndjson").read_bytes() for name in ("out", "again")]
    assert rows[0] == rows[1]


@pytest.mark.slow
def test_a_terminal_sees_how_far_it_is(large: Path, at: datetime) -> None:
    ours, theirs = pty.openpty()
    line = command("audit", "fleet.ndjson", "--anchor", "root.pem", "--workers", "1", "--at", moment_text(at))
    started = subprocess.Popen(
        line, cwd=large, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    with started:
        assert started.stdout is not None
        started.stdout.read()
        while piece := _read(ours):
            seen += piece
    os.close(ours)
    assert b"judged " in seen
    assert b" of 9,000, " in seen
    assert b" left, " in seen
    assert b" failing" in seen
    assert b"\r\x1b[2K" in seen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody is at the other end
        return b""


@pytest.mark.slow
def test_a_dask_cluster_that_is_not_there_can_be_gone_on_without(
    audit: Callable[..., object], trustrig: Trustrig, tmp_path: Path
) -> None:
    out = str(tmp_path / "report")
    ran = audit("good", "-o", out, "--cluster", "tcp://127.0.0.1:1")
    assert ran.code == 3
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in ran.err
    assert ran.err.endswith("--cluster tcp://127.0.0.1:1 --anchor root.pem --resume\n")
    assert trustrig("audit", "good", "-o", out, "--resume", "--anchor", "root.pem").code == 0


def test_an_unset_variable_of_a_shell_is_no_folder(audit: Trustrig) -> None:
    ran = audit("good", "-o", "")
    assert (ran.code, ran.out) == (2, "")
    assert "the name of the folder is empty" in ran.err


def test_a_reader_that_leaves_ends_it_as_it_ends_others(large: Path, at: datetime) -> None:
    words = ["audit", "fleet.ndjson", "--anchor", "root.pem", "--at", moment_text(at), "--format", "ndjson"]
    with subprocess.Popen(
        command(*words), cwd=large, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        assert ran.stdout.readline().startswith(b'{"schema":"trustrig.audit-row/1"')
        ran.stdout.close()
        said = ran.stderr.read()
    assert (ran.returncode, said) == (141, b"")


def test_the_last_year_has_no_later(place: Path, trustrig: Trustrig) -> None:
    last = "9999-12-30T00:00:00Z"
    ran = trustrig("audit", place / "good", "--anchor", place / "root.pem", "--at", last, "--fail-on", "400d")
    assert (ran.code, "2 not trusted at 9999-12-30T00:00:00Z" in ran.out) == (1, True)
