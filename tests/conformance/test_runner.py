"""The runner itself, on small documents made here: what it counts, what it leaves out, and what it prints."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chains import AT, CLIENT, HOST, Made, intermediate, leaf, root
from tests.conformance.test_corpora import TOP
from tests.shell import Ran, environment

TOP_CA = root()
MIDDLE = intermediate(TOP_CA)
SERVER = leaf(MIDDLE)
PATH = "rfc5280 path only; purposes from `purpose`"


def case(name: str, *chain: Made, **changes: Any) -> dict[str, Any]:
    """A case of a suite: a good chain that is expected to be accepted, but for the CHANGES."""
    anchors = changes.pop("anchors", (TOP_CA,))
    plain = {
        "id": f"small/{name}",
        "chain": [_text(made) for made in chain or (SERVER, MIDDLE)],
        "anchors": [_text(made) for made in anchors],
        "host": None,
        "time": f"{AT:%Y-%m-%dT%H:%M:%SZ}",
        "purpose": "SERVER_AUTH",
        "crls": [],
        "ocsp": [],
        "policies": None,
        "hints": {},
        "expect": "accept",
        "judge_by": PATH,
    }
    return {**plain, **changes}


def _text(made: Made) -> str:
    return base64.b64encode(made.der).decode()


def run(form: str, document: Any, folder: Path) -> Ran:
    file = folder / "small.json.gz"
    file.write_bytes(gzip.compress(json.dumps(document).encode()))
    line = [sys.executable, "-m", "tests.conformance", "--format", form, str(file)]
    ran = subprocess.run(line, cwd=TOP, env=environment(), capture_output=True, text=True, check=False)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def suite(folder: Path, *cases: dict[str, Any]) -> Ran:
    return run("suite", {"suite": "small", "half": "all", "judge_by": PATH, "cases": cases}, folder)


CLIENT_ONLY = leaf(MIDDLE, purposes=CLIENT)
DELAYED = {"initial": ["2.5.29.32.0"], "explicit": False, "inhibit_mapping": False, "inhibit_any": False}
OPENSSL: dict[str, Any] = {"opts": [], "aux_trust": []}

AGREE = [
    case("a good chain"),
    case("the profile alone is broken", leaf(MIDDLE, dns=("a_b.test.example",)), MIDDLE),
    case("which counts by the whole book", leaf(MIDDLE, dns=("a_b.example",)), MIDDLE, judge_by="rfc5280 (whole)", expect="reject"),
    case("another purpose", CLIENT_ONLY, MIDDLE, expect="reject"),
    case("another purpose, and none asked for", CLIENT_ONLY, MIDDLE, purpose="ANY_EKU"),
    case("one of two purposes", CLIENT_ONLY, MIDDLE, hints={"ekus": [1, 2]}),
    case("a purpose that must be named", leaf(MIDDLE, purposes=()), MIDDLE, purpose="SERVER_AUTH_STRICT", expect="reject"),
    case("a policy that must be there", policies={**DELAYED, "explicit": True}, expect="reject"),
    case("an anchor that is a name and a key", leaf(root("Old", end=AT)), anchors=(root("Old", end=AT),), hints={"trust": "TRUSTED_ANCHOR"}),
    case("an anchor with its dates", leaf(root("Old", end=AT)), anchors=(root("Old", end=AT),), time="2028-01-01T00:00:00Z", expect="reject"),
    case("trusted as a leaf", hints={"trust": "TRUSTED_LEAF"}, expect="reject"),
    case("a depth", hints={**OPENSSL, "opts": ["-verify_depth", "0"]}, expect="reject"),
    case("openssl ends at roots", SERVER, anchors=(MIDDLE,), hints=OPENSSL, expect="reject"),
    case("unless told otherwise", SERVER, anchors=(MIDDLE,), hints={**OPENSSL, "opts": ["-partial_chain"]}),
    case("the name", host=HOST, judge_by="apple (or rfc5280); only the name rules"),
    case("another name", host="other.example", judge_by="apple (or rfc5280); only the name rules", expect="reject"),
    case("nothing is known", judge_by="RevocationData.status", expect="unknown"),
    case("it reads", judge_by="parse only", expect="parse"),
    case("whether it reads is not stated", judge_by="parse only", expect="unknown", chain=["AAAA"]),
    case("it does not read", judge_by="parse only", expect="refuse", chain=["AAAA"]),
]  # fmt: skip


def test_cases_that_agree(tmp_path: Path) -> None:
    ran = suite(tmp_path, *AGREE)
    count = f"agree {len(AGREE)}/{len(AGREE)}"
    assert ran.out.splitlines() == [f"small {count} false-accepts 0", count]
    assert ran.code == 0


def test_a_disagreement_is_told_and_a_false_accept_counted(tmp_path: Path) -> None:
    ran = suite(
        tmp_path,
        case("wrongly accepted", expect="reject"),
        case("wrongly rejected", CLIENT_ONLY, MIDDLE),
    )
    first, second, *closing = ran.out.splitlines()
    assert json.loads(first) == {
        "id": "small/wrongly accepted", "expected": "reject", "ours": "accept", "because": []
    }  # fmt: skip
    assert "tls-eku-compatible" in json.loads(second)["because"][0]
    assert closing == ["small agree 0/2 false-accepts 1", "agree 0/2"]
    assert ran.code == 1


@pytest.mark.parametrize(
    "hints",
    [
        {**OPENSSL, "aux_trust": ["ca+serverAuth"]},
        {**OPENSSL, "opts": ["-auth_level", "0"]},
        {**OPENSSL, "opts": ["-allow_proxy_certs"]},
        {**OPENSSL, "opts": ["-vfyopt", "distid:1234"]},
    ],
    ids=["trust of OpenSSL's own", "keys of any size", "proxy certificates", "an option with a value"],
)
def test_what_has_no_counterpart_is_left_out_and_counted(tmp_path: Path, hints: dict[str, Any]) -> None:
    ran = suite(tmp_path, case("good"), case("other", hints=hints, expect="reject"))
    assert ran.out.splitlines() == [
        "small left-out 1", "small agree 1/1 false-accepts 0", "agree 1/1"
    ]  # fmt: skip


def test_lint_results_are_counted_as_left_out(tmp_path: Path) -> None:
    ran = run("suite", {"suite": "lint", "rows": [["a_lint", "a.pem", "Error"]]}, tmp_path)
    assert ran.out.splitlines() == ["lint left-out 1", "lint agree 0/0 false-accepts 0", "agree 0/0"]


COMMAND = {"id": "cmd/version", "args": ["--version"], "exit": 0, "contains": ["trustrig"], "absent": []}


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"exit": 2}, ["exit 0, not 2"]),
        ({"contains": ["no such words"]}, ["lacks 'no such words'"]),
        ({"absent": ["trustrig"]}, ["says 'trustrig'"]),
        ({"json": {"trusted": True}}, ["trusted is 'JSONDecodeError', not True"]),
    ],
    ids=["as stated", "the exit code", "words missing", "words too many", "no document"],
)
def test_commands(tmp_path: Path, changes: dict[str, Any], faults: list[str]) -> None:
    (tmp_path / "small.json").mkdir()  # where the files of the cases would lie
    ran = run("commands", {"cases": [{**COMMAND, **changes}]}, tmp_path)
    *told, closing = ran.out.splitlines()
    assert [json.loads(line)["faults"] for line in told] == ([faults] if faults else [])
    assert closing == f"agree {0 if faults else 1}/1"
    assert ran.code == bool(faults)
