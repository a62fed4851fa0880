"""A bundle stands alone: every file in it opens, nothing in it points elsewhere, and its parts agree with each other."""

from __future__ import annotations

import plistlib
import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest, NotExportable
from pki.export.bundle import CHECKSUMS, MANUAL, PASSWORD, PROFILE, SCRIPT, Bundle, build_bundle
from pki.export.profile import ProfileIdentity
from pki.export.snippets import ClientFile, SnippetValues, snippets_for
from pki.load import load_certificates, load_identity
from pki.model.hosts import parse_host
from pki.model.identity import Identity
from tests import clock
from tests.chains import HOST, Made, intermediate, leaf
from tests.openssl import OPENSSL

SECRET = "correct-horse-battery"


@pytest.fixture(scope="session")
def values(root_ca: Made, issuing_ca: Made) -> SnippetValues:
    return SnippetValues(parse_host(HOST), root_ca.cert, (issuing_ca.cert,), ClientFile("alice.p12", 1))


@pytest.fixture(scope="session")
def bundle(values: SnippetValues, issuing_ca: Made, alice: Identity) -> Bundle:
    chain = (leaf(issuing_ca, HOST).cert, issuing_ca.cert)
    return build_bundle(values, server_chain=chain, identity=ProfileIdentity(alice, SECRET))


@pytest.fixture
def folder(bundle: Bundle, tmp_path: Path) -> Path:
    for path, file in bundle.files.items():
        place = tmp_path / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(file.data)
    return tmp_path


def test_what_is_in_it(bundle: Bundle, values: SnippetValues) -> None:
    forms = {
        f"certificates/{name}.{form}" for name in ("root", "intermediate") for form in ("pem", "der", "cer")
    }
    chains = {"certificates/chain.pem", "certificates/server-fullchain.pem"}
    snippets = {f"snippets/{one.file}" for one in snippets_for(values)}
    rest = {MANUAL, SCRIPT, PROFILE, "alice.p12", CHECKSUMS}
    assert set(bundle.files) == forms | chains | snippets | rest
    assert {path for path, file in bundle.files.items() if file.secret} == {PROFILE, "alice.p12"}
    assert {path for path, file in bundle.files.items() if file.program} == {SCRIPT}
    assert bundle.warnings == ()


def test_the_password_is_in_it_only_when_asked(
    bundle: Bundle, values: SnippetValues, alice: Identity
) -> None:
    assert not any(SECRET.encode() in file.data for file in bundle.files.values())
    told = build_bundle(values, identity=ProfileIdentity(alice, SECRET), with_password=True)
    assert told.files[PASSWORD].data == f"{SECRET}\n".encode()
    assert told.files[PASSWORD].secret
    assert [path for path, file in told.files.items() if SECRET.encode() in file.data] == [PASSWORD]
    assert SECRET not in repr(told)


def test_without_an_identity_nothing_is_secret(values: SnippetValues) -> None:
    plain = build_bundle(SnippetValues(values.host, values.root, values.intermediates))
    assert not any(file.secret for file in plain.files.values())
    assert not any(path.endswith(".p12") for path in plain.files)
    assert b"alice" not in plain.files[MANUAL].data


def test_the_parts_agree(bundle: Bundle, values: SnippetValues, alice: Identity, root_ca: Made) -> None:
    files = bundle.files
    assert files["certificates/root.cer"].data == files["certificates/root.der"].data == root_ca.der
    chain = load_certificates(files["certificates/chain.pem"].data, name="chain")
    assert chain == tuple(c.public_bytes(Encoding.DER) for c in (*values.intermediates, values.root))
    assert (
        load_identity(files["alice.p12"].data, name="p12", password=SECRET).certificate == alice.certificate
    )
    payloads = plistlib.loads(files[PROFILE].data)["PayloadContent"]
    assert [one["PayloadType"].rpartition(".")[2] for one in payloads] == ["root", "pkcs1", "pkcs12"]
    assert (
        load_identity(payloads[2]["PayloadContent"], name="p12", password=SECRET).certificate
        == alice.certificate
    )
    page = files[MANUAL].data.decode()
    for path in re.findall(r"certificates/[\w.-]+|snippets/[\w.]+|[\w-]+\.(?:p12|mobileconfig|sh)\b", page):
        assert path in files, path


def test_the_client_s_own_issuers_are_in_the_profile(values: SnippetValues, root_ca: Made) -> None:
    team = intermediate(root_ca, "Team CA", key_tag="team")
    made = leaf(team, "bob", dns=())
    identity = ProfileIdentity(Identity(made.cert, made.key, (team.cert, root_ca.cert)), SECRET)
    files = build_bundle(values, identity=identity).files
    held = [one["PayloadContent"] for one in plistlib.loads(files[PROFILE].data)["PayloadContent"]]
    assert team.der in held


def test_two_intermediates_are_numbered(root_ca: Made, issuing_ca: Made) -> None:
    below = intermediate(issuing_ca, "Team CA", key_tag="below")
    two = SnippetValues(parse_host(HOST), root_ca.cert, (below.cert, issuing_ca.cert))
    files = build_bundle(two).files
    assert files["certificates/intermediate-1.der"].data == below.der
    assert files["certificates/intermediate-2.der"].data == issuing_ca.der
    assert "certificates/server-fullchain.pem" not in files


@pytest.mark.parametrize("kind", ["ed25519"])
def test_a_key_apple_does_not_import_is_refused(kind: str, values: SnippetValues, issuing_ca: Made) -> None:
    made = leaf(issuing_ca, "edward", kind=kind, dns=())
    identity = Identity(made.cert, made.key, (issuing_ca.cert,))
    with pytest.raises(NotExportable, match="RSA and EC"):
        build_bundle(values, identity=ProfileIdentity(identity, SECRET))
    with pytest.raises(InvalidRequest, match="empty password"):
        build_bundle(values, identity=ProfileIdentity(identity, ""))


@pytest.mark.peer("sha256sum", "apt-get install coreutils")
def test_the_checksums_are_those_of_the_files(folder: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", CHECKSUMS], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = {line.split("  ", 1)[1] for line in (folder / CHECKSUMS).read_text().splitlines()}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert listed == there - {CHECKSUMS}


@OPENSSL
def test_openssl_opens_every_certificate_and_the_p12(folder: Path) -> None:
    certificates = folder / "certificates"
    assert len(list(certificates.iterdir())) == 8
    for path in certificates.iterdir():
        form = "PEM" if path.suffix == ".pem" else "DER"
        openssl("x509", "-in", str(path), "-inform", form, "-noout", "-subject")
    shown = openssl("pkcs12", "-in", str(folder / "alice.p12"), "-passin", f"pass:{SECRET}", "-nodes")
    assert shown.count("BEGIN CERTIFICATE") == 3
    trusted = (
        "-CAfile",
        str(certificates / "root.pem"),
        "-untrusted",
        str(certificates / "server-fullchain.pem"),
    )
    verified = openssl(
        "verify", "-no-CApath", "-attime", "1795262400", *trusted, str(certificates / "server-fullchain.pem")
    )
    assert verified.strip().endswith("OK")


def openssl(*arguments: str) -> str:
    done = subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, timeout=clock.PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
