"""Chains that other tools issued, and the verdict an Apple client gives them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from pki.load import load_certificates, load_path
from pki.model.certificate import CertFacts
from pki.model.verdict import Verdict
from pki.trust import Anchor, evaluate
from tests.chains import HOST, headline


def judged(chain: Path | bytes, anchor: Path | bytes, *, host: str = HOST, **asked: str) -> Verdict:
    """The verdict in the first second in which all of it is valid: no clock of ours is asked, whichever made it."""
    read = [
        load_path(x) if isinstance(x, Path) else load_certificates(x, name="pem") for x in (chain, anchor)
    ]
    at = max(CertFacts.parse(der).not_before for der in (*read[0], *read[1]))
    kind = asked.pop("anchor_class", "user")
    return evaluate(read[0], host=host, at=at, anchors=[Anchor.parse(der, kind) for der in read[1]])


def trustme_chain(**dates: datetime) -> tuple[bytes, bytes]:
    ca = trustme.CA()
    issued = ca.issue_cert(HOST, **dates)
    return b"".join(pem.bytes() for pem in issued.cert_chain_pems), ca.cert_pem.bytes()


def test_trustme_with_its_default_dates_outlives_apples_limit() -> None:
    """From 2000 to 3000, as trustme issues: too old for the 825-day rule, which binds issues since July 2019."""
    verdict = judged(*trustme_chain())
    assert verdict.trusted
    assert headline(judged(*trustme_chain(), host="other.example")) == "san-dns-match"


def test_trustme_issued_in_2024_outlives_apples_limit() -> None:
    verdict = judged(*trustme_chain(not_before=datetime(2024, 1, 1, tzinfo=UTC)))
    assert headline(verdict) == "tls-validity-825"
    assert verdict.headline is not None
    assert verdict.headline.rule.status == (-67901, "errSecCertificateValidityPeriodTooLong")


@pytest.mark.peer("mkcert", "apt-get install mkcert")
def test_mkcert_passes_where_its_root_is_installed(tmp_path: Path) -> None:
    subprocess.run(
        ["mkcert", "-cert-file", "cert.pem", "-key-file", "key.pem", HOST, "192.0.2.7"],
        cwd=tmp_path,
        env={"CAROOT": str(tmp_path / "ca"), "PATH": "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin"},
        check=True,
        capture_output=True,
    )
    root = tmp_path / "ca" / "rootCA.pem"
    assert judged(tmp_path / "cert.pem", root).trusted
    assert judged(tmp_path / "cert.pem", root, host="192.0.2.7").trusted
    assert headline(judged(tmp_path / "cert.pem", root, anchor_class="app")) == "ats-default-trust"
    assert headline(judged(tmp_path / "cert.pem", root, anchor_class="system")) == "tls-validity-398"


def openssl(folder: Path, *args: str) -> None:
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


@pytest.mark.peer("openssl", "apt-get install openssl")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param((), "san-no-cn-fallback", id="the name in the CommonName alone"),
        pytest.param(("-addext", f"subjectAltName=DNS:{HOST}"), None, id="with a SAN, and trusted itself"),
    ],
)
def test_openssl_req_x509(tmp_path: Path, options: tuple[str, ...], expected: str | None) -> None:
    """The one-liner everybody copies; its certificate is made a trusted one."""
    request = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}", "-days", "365")
    openssl(tmp_path, *request, "-keyout", "key.pem", "-out", "cert.pem", *options)
    cert = tmp_path / "cert.pem"
    assert headline(judged(cert, cert)) == expected
    stranger = tmp_path / "other.pem"
    openssl(tmp_path, *request, "-keyout", "key.pem", "-out", "other.pem", *options)
    assert headline(judged(cert, stranger)) == "chain-anchor-trusted"


EXTENSIONS = f"""
[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[server]
subjectAltName=DNS:{HOST}
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_an_openssl_chain_of_three_with_and_without_its_intermediate(tmp_path: Path) -> None:
    (tmp_path / "x.cnf").write_text(EXTENSIONS)
    for name in ("root", "inter", "server"):
        curve = ("ecparam", "-name", "prime256v1", "-genkey", "-noout")
        openssl(tmp_path, *curve, "-out", f"{name}.key")
        subject = HOST if name == "server" else f"OpenSSL {name}"
        openssl(
            tmp_path, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={subject}", "-out", f"{name}.csr"
        )
    sign = ("x509", "-req", "-days", "90", "-extfile", "x.cnf")
    openssl(
        tmp_path, *sign, "-in", "root.csr", "-signkey", "root.key", "-extensions", "ca", "-out", "root.pem"
    )
    for name, issuer, section in (("inter", "root", "ca"), ("server", "inter", "server")):
        authority = (
            "-CA",
            f"{issuer}.pem",
            "-CAkey",
            f"{issuer}.key",
            "-CAcreateserial",
            "-extensions",
            section,
        )
        openssl(tmp_path, *sign, "-in", f"{name}.csr", *authority, "-out", f"{name}.pem")
    pem = {name: (tmp_path / f"{name}.pem").read_bytes() for name in ("root", "inter", "server")}
    assert judged(pem["server"] + pem["inter"], pem["root"]).trusted
    assert judged(pem["server"] + pem["root"] + pem["inter"], pem["root"]).trusted
    missing = judged(pem["server"], pem["root"])
    assert headline(missing) == "chain-complete"
    assert missing.headline is not None
    assert "CN=OpenSSL inter" in missing.headline.evidence
