"""Profiles after public reports, kept outside of the project: each gets its right answer where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.consistency.cases import SHARED
from tests.shell import Trustrig

FILES = SHARED / "field" / "files"


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        pytest.param("uuid-free", 0, ["nothing found"], id="a free-form UUID"),
        pytest.param("real-version", 0, ["warning", "<real>", "installed widely"], id="a version with a decimal point"),
        pytest.param("vpn-dangling", 1, ["error", "PayloadCertificateUUID", "no payload of this profile"], id="a VPN that names nobody"),
        pytest.param("mdm-noident", 1, ["error", "IdentityCertificateUUID"], id="an enrolment without an identity"),
        pytest.param("mac-removal", 0, ["iPhone", "supervised", "Mac", "administrator"], id="removal disallowed for any device"),
        pytest.param("mac-removal-mac", 0, ["nothing found"], id="removal disallowed on a Mac"),
        pytest.param("leadingnl", 0, ["nothing found", "white space before the XML declaration"], id="a line before the declaration"),
        pytest.param("amp", 3, ["line 35, column 16", "unescaped &"], id="an ampersand"),
        pytest.param("empty", 1, ["1005, Empty profile"], id="no payload"),
        pytest.param("nocn", 0, ["CommonName", "iOS will not list"], id="a root without a CommonName"),
    ],
)  # fmt: skip
def test_reports_from_the_field_get_their_answer(
    name: str, code: int, words: list[str], trustrig: Trustrig
) -> None:
    path: Path = FILES / f"{name}.mobileconfig"
    if not path.exists():
        pytest.skip(f"{path.name} of the field's reports is not at hand")
    ran = trustrig("inspect", "--check", path)
    told = " ".join((ran.out + ran.err).split())
    assert ran.code == code, told
    for word in words:
        assert word in told
    assert ("warning" in told) == (name in ("real-version", "mac-removal", "nocn"))
