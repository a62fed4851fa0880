"""`evaluate --second-opinion`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki import Authority
from tests import clock
from tests.chains import DAY
from tests.report.test_schemas import validator

NAME = "api.test"
ASKED = ("--host", NAME, "--anchor", "root.pem", "--second-opinion")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server that lives too long, with its chain and alone, and the root."""
    now = clock.now()
    authority = Authority.create(name="Test CA", at=now)
    server = authority.issue_server(NAME, at=now - DAY, days=900)
    pem = [certificate.public_bytes(Encoding.PEM) for certificate in (server.certificate, server.issuers[0])]
    (tmp_path / "chain.pem").write_bytes(b"".join(pem))
    (tmp_path / "leaf.pem").write_bytes(pem[0])
    (tmp_path / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_who_differs_and_why_follows_the_verdict(trustrig: Any, files: Path) -> None:
    ran = trustrig("evaluate", "chain.pem", *ASKED)
    assert ran.code == 1, "the verdict is ours, whoever accepts the chain"
    verdict, _, opinions = ran.out.partition("Second opinions\n")
    assert "NOT TRUSTED" in verdict
    assert "cryptography" in opinions
    assert "DIFFERS, it accepts" in opinions
    assert "tls-validity-825: it does not check lifetime limits" in opinions
    assert max(map(len, ran.out.splitlines())) <= 80


def test_nobody_else_is_asked_unless_told(trustrig: Any, files: Path) -> None:
    assert "Second opinions" not in trustrig("evaluate", "chain.pem", *ASKED[:-1]).out
    document = json.loads(trustrig("evaluate", "chain.pem", *ASKED[:-1], "--json").out)
    assert document["second_opinions"] is None


def test_as_json_by_the_published_schema(trustrig: Any, files: Path) -> None:

    document = json.loads(trustrig("evaluate", "chain.pem", *ASKED, "--json").out)
    validator("trustrig.verdict/1").validate(document)
    said = {opinion["validator"]: opinion for opinion in document["second_opinions"]}
    assert said["OpenSSL"]["accepts"] is True
    assert said["OpenSSL"]["agrees"] is False


@pytest.mark.parametrize(
    ("target", "certificates"),
    [("leaf.pem", ["leaf.pem"]), ("chain.pem", ["sent-0.pem", "sent-1.pem"])],
)
def test_the_line_for_a_mac_reads_as_one_command(
    trustrig: Any, files: Path, target: str, certificates: list[str]
) -> None:
    _, _, line = trustrig("evaluate", target, *ASKED).out.partition("To ask a Mac itself")
    line, _, apart = line.partition("Not the same anchors")
    assert "add-trusted-cert" in apart
    words = shlex.split(line.partition(":\n")[2].replace("\\\n", " "))
    assert words[:2] == ["security", "verify-cert"]
    assert [words[n + 1] for n, word in enumerate(words) if word == "-c"] == certificates
    assert [words[words.index(flag) + 1] for flag in ("-r", "-n")] == ["root.pem", NAME]


def test_formats_without_a_place_for_it_are_refused(trustrig: Any, files: Path) -> None:
    ran = trustrig("evaluate", "chain.pem", *ASKED, "--format", "html", "-o", "page.html")
    assert ran.code == 2
    assert "--format html has no place for second opinions" in ran.err
    assert not (files / "page.html").exists()
