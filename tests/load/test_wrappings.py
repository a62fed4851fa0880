"""What people's tools wrap certificates and keys in: read through, and said, with the command that takes it off."""

from __future__ import annotations

import base64
import json
import plistlib
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from pki.errors import Unreadable
from pki.load import load_certificates, load_identity, recognise
from pki.load.inspection import inspect_bytes
from pki.load.kinds import FileKind
from pki.load.recognised import Form
from pki.report.inspection import inspection_json, inspection_text
from pki.trust.revocation.crl import Crl
from tests import clock
from tests.load.conftest import PASSWORD
from tests.load.every_kind import EVERY, pem, profile
from tests.shell import Trustrig


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def identity(m: Any) -> bytes:
    return bytes(m.pem() + m.key())


def secret(m: Any) -> bytes:
    """As `kubectl get secret -o yaml` writes it: sorted by name, so the CA comes first."""
    parts = {"ca.crt": m.pem(m.root), "tls.crt": m.pem(m.leaf, m.intermediate), "tls.key": m.key()}
    data = "".join(f"  {name}: {b64(part)}\n" for name, part in sorted(parts.items()))
    return f"apiVersion: v1\ndata:\n{data}kind: Secret\nmetadata:\n  name: tls\n".encode()


def applied(m: Any) -> bytes:
    """The same after `kubectl apply`, which keeps the whole Secret once more in an annotation."""
    whole = json.dumps({"data": {"tls.crt": b64(m.pem(m.root)), "tls.key": b64(m.key())}, "kind": "Secret"})
    note = f"    kubectl.kubernetes.io/last-applied-configuration: |\n      {whole}\n"
    return secret(m) + f"  annotations:\n{note}".encode()


def kubeconfig(m: Any) -> bytes:
    return (
        f"clusters:\n- cluster:\n    certificate-authority-data: {b64(m.pem(m.root))}\nusers:\n- name: a\n  user:\n"
        f"    client-certificate-data: {b64(m.pem(m.leaf, m.intermediate))}\n    client-key-data: {b64(m.key())}\n"
    ).encode()


def vault(m: Any) -> bytes:
    text = {
        "ca_chain": [m.pem(m.intermediate).decode(), m.pem(m.root).decode()],
        "certificate": m.pem(m.leaf).decode(),
        "issuing_ca": m.pem(m.intermediate).decode(),
        "private_key": m.key().decode(),
    }
    return json.dumps({"request_id": "1", "data": text}).encode()


def listing(m: Any) -> bytes:
    document = {"tls.crt": b64(m.pem()), "tls.key": b64(m.key())}
    return json.dumps({"kind": "List", "items": [{"kind": "Secret", "data": document}]}).encode()


def values(m: Any) -> bytes:
    """Helm's values, or stringData: block scalars, the CA first."""

    def block(data: bytes) -> str:
        return "".join(f"    {line}\n" for line in data.decode().splitlines())

    return (
        f"stringData:\n  ca.crt: |\n{block(m.pem(m.root))}  tls.crt: |-\n{block(m.pem(m.leaf, m.intermediate))}"
        f"  tls.key: |\n{block(m.key())}"
    ).encode()


def source(m: Any) -> bytes:
    return b"".join(b'    "' + line + b'\\n" +\n' for line in identity(m).splitlines())


READ: list[Any] = [
    pytest.param(lambda m: b"\xef\xbb\xbf" + identity(m), "byte order mark", id="a UTF-8 byte order mark"),
    pytest.param(lambda m: identity(m).decode().encode("utf-16"), "UTF-16 text", id="UTF-16, as PowerShell writes"),
    pytest.param(lambda m: identity(m).decode().encode("utf-16-le"), "UTF-16 text", id="UTF-16 without its mark"),
    pytest.param(
        lambda m: identity(m).replace(b"-----\n-----BEGIN", b"----------BEGIN"),
        "END and BEGIN share line",
        id="END and BEGIN on one line",
    ),
    pytest.param(
        lambda m: identity(m).replace(b"\n-----END", b"-----END"), "shares a line with", id="END behind the last line"
    ),
    pytest.param(
        lambda m: identity(m).replace(b"\n", b"\\n"), "the two characters \\n", id="line breaks as two characters"
    ),
    pytest.param(
        lambda m: b'export TLS="' + identity(m).replace(b"\n", b"\\r\\n") + b'"\n', "two characters", id=".env, CRLF"
    ),
    pytest.param(
        lambda m: identity(m).replace(b"\n", b"\\\\n"), "two characters", id="escaped twice, as JSON in a shell does"
    ),
    pytest.param(lambda m: identity(m).replace(b"\n", b" "), "on one line", id="blanks in place of line breaks"),
    pytest.param(lambda m: identity(m).replace(b"\n", b""), "on one line", id="no line breaks"),
    pytest.param(source, "two characters", id="strings of a program, one a line"),
    pytest.param(
        lambda m: b"const tls = `" + identity(m) + b"`;\n", "shares a line with", id="a raw string of Go or JavaScript"
    ),
    pytest.param(secret, "base64 under tls.crt", id="a Kubernetes Secret"),
    pytest.param(applied, "jsonpath='{.data.tls\\.crt}'", id="a Secret that was applied"),
    pytest.param(kubeconfig, "client-certificate-data", id="a kubeconfig"),
    pytest.param(values, None, id="block scalars of YAML, which are PEM as it stands"),
    pytest.param(vault, "data.certificate", id="JSON of Vault"),
    pytest.param(listing, "items[0].data.tls.crt", id="a List of Secrets as JSON"),
    pytest.param(
        lambda m: json.dumps({"Certificate": m.pem(m.leaf).decode(), "CertificateChain": m.pem(m.intermediate, m.root)
                              .decode(), "PrivateKey": m.key().decode()}).encode(),
        "CertificateChain",
        id="JSON of AWS's ACM",
    ),
    pytest.param(
        lambda m: json.dumps({"SecretString": json.dumps({"all": identity(m).decode()})}).encode(),
        "SecretString",
        id="JSON inside JSON",
    ),
    pytest.param(lambda m: b"TLS_PEM=" + b64(identity(m)).encode() + b"\n", "base64 under TLS_PEM", id=".env, base64"),
    pytest.param(lambda m: b'{tls: "' + b64(identity(m)).encode() + b'"}', "base64 under tls", id="YAML's flow style"),
    pytest.param(
        lambda m: b"tls.pem: !!binary |\n  " + base64.encodebytes(identity(m)).strip().replace(b"\n", b"\n  ") + b"\n",
        "base64 under tls.pem",
        id="YAML's !!binary",
    ),
    pytest.param(lambda m: base64.encodebytes(identity(m)), "PEM text written as base64", id="base64 of PEM"),
    pytest.param(
        lambda m: base64.urlsafe_b64encode(identity(m)).rstrip(b"="), "written as base64", id="base64url of PEM"
    ),
    pytest.param(
        lambda m: base64.b64encode(base64.b64encode(identity(m))), "written as base64", id="base64 of base64 of PEM"
    ),
    pytest.param(
        lambda m: b"data:application/x-pem-file;base64," + base64.b64encode(identity(m)), "base64", id="a data URL"
    ),
    pytest.param(
        lambda m: b"Cert=" + quote(identity(m).decode(), safe="").encode(), "percent-encoding", id="a proxy's header"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "words"), READ)
def test_what_wraps_an_identity_is_taken_off_and_said(make: Any, words: str | None, material: Any) -> None:
    data = make(material)
    found = recognise(data)
    assert found.kind is FileKind.CERTIFICATE
    assert recognise(found) is found
    assert load_certificates(data, name="given") == material.ders
    read = load_identity(data, name="given")
    assert read.certificate == material.leaf.cert
    inspection = inspect_bytes(found, name="given")
    assert len(inspection.keys) == 1
    assert inspection.keys[0].certificate == 0
    notes = " ".join(inspection.notes)
    assert (words in notes) if words else not notes
    text = inspection_text(inspection) + json.dumps(inspection_json(inspection))
    for secret_words in (
        "PRIVATE KEY-----",
        b64(material.key())[40:80],
        material.key().decode().splitlines()[2],
    ):
        assert secret_words not in text


@pytest.mark.parametrize(
    ("make", "form"),
    [
        pytest.param(lambda p: pem("PKCS12", p), Form.PEM, id="PEM, as GnuTLS writes it"),
        pytest.param(base64.b64encode, Form.BASE64, id="base64 in one line"),
        pytest.param(base64.encodebytes, Form.BASE64, id="base64 in many"),
        pytest.param(
            lambda p: base64.encodebytes(p).replace(b"\n", b"\r\n"), Form.BASE64, id="base64 with CRLF"
        ),
        pytest.param(lambda p: p.hex().encode(), Form.HEX, id="hexadecimal digits"),
        pytest.param(lambda p: p.hex(":").upper().encode() + b"\n", Form.HEX, id="digits with colons"),
        pytest.param(
            lambda p: b"data:\n  keystore.p12: " + base64.b64encode(p) + b"\n", Form.DOCUMENT, id="a Secret"
        ),
        pytest.param(
            lambda p: b"<pkcs12>\n" + base64.encodebytes(p) + b"</pkcs12>\n", Form.DOCUMENT, id="OpenVPN"
        ),
        pytest.param(
            lambda p: json.dumps({"pfx": b64(p), "password": "?"}).encode(), Form.DOCUMENT, id="JSON"
        ),
    ],
)
def test_a_container_is_read_through_its_wrapping(make: Any, form: Form, material: Any) -> None:
    data = make(material.locked_p12)
    found = recognise(data)
    assert (found.kind, found.form) == (FileKind.PKCS12, form)
    assert load_identity(data, name="x", password=PASSWORD).certificate == material.leaf.cert
    inspection = inspect_bytes(data, name="x", password=PASSWORD)
    assert inspection.container is not None
    assert inspection.form is form
    assert "base64 -d" in " ".join(inspection.notes) or "xxd -r -p" in " ".join(inspection.notes)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        pytest.param(lambda m: m.locked_p12, FileKind.PKCS12, id="certutil -encode of a .pfx"),
        pytest.param(lambda m: m.request(Encoding.DER), FileKind.REQUEST, id="a request"),
        pytest.param(lambda m: m.crl(Encoding.DER), FileKind.REVOCATION_LIST, id="a list"),
        pytest.param(lambda m: m.key(encoding=Encoding.DER), FileKind.PRIVATE_KEY, id="a key"),
        pytest.param(
            lambda m: pkcs7.serialize_certificates([m.leaf.cert], Encoding.DER),
            FileKind.PKCS7,
            id="certutil -encode, .p7b",
        ),
        pytest.param(EVERY[FileKind.AUTHENTICODE], FileKind.AUTHENTICODE, id="certutil -encode of a .cat"),
        pytest.param(EVERY[FileKind.PROVISIONING], FileKind.PROVISIONING, id="a provisioning profile"),
    ],
)
def test_a_block_is_what_it_holds_where_its_label_says_something_else(
    make: Any, kind: FileKind, material: Any
) -> None:
    """`certutil -encode` writes CERTIFICATE around whatever it is given."""
    data = pem("CERTIFICATE", make(material))
    assert recognise(data).kind is kind
    found = inspect_bytes(data, name="x", password=PASSWORD)
    assert found.kind is kind
    assert "other programs go by the label" in " ".join(found.notes) or "written as PEM" in " ".join(
        found.notes
    )


def test_a_certificate_labelled_as_a_key_is_a_certificate(material: Any) -> None:
    data = pem("PRIVATE KEY", material.leaf.der)
    assert load_certificates(data, name="x") == (material.leaf.der,)
    assert "go by the label" in " ".join(recognise(data).remarks)


def test_a_revocation_list_under_the_shorter_label_is_one_for_inspection_and_evaluation(
    material: Any,
) -> None:
    made = material.crl(Encoding.DER)
    data = pem("CRL", made)
    assert inspect_bytes(data, name="x").kind is FileKind.REVOCATION_LIST
    assert [found.data for found in Crl.parse_all(data)] == [made]


def test_several_containers_are_shown_one_by_one_and_none_is_chosen(material: Any) -> None:
    stores = {"keystore.p12": b64(material.locked_p12), "truststore.p12": b64(material.p12(password="other"))}
    data = json.dumps({"data": stores}).encode()
    inspection = inspect_bytes(data, name="x")
    assert [part.kind for part in inspection.parts] == [FileKind.PKCS12] * 2
    assert "keystore.p12" in inspection_text(inspection)
    assert len(inspection_json(inspection)["parts"]) == 2
    for load in (load_certificates, load_identity):
        with pytest.raises(Unreadable, match=r"holds 2 PKCS #12 containers .*keystore\.p12.*base64 -d"):
            load(data, name="x")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(base64.encodebytes, id="base64"),
        pytest.param(lambda p: json.dumps({"profile": b64(p)}).encode(), id="JSON"),
    ],
)
def test_a_profile_in_a_wrapping_is_no_profile_to_a_device(make: Any, material: Any) -> None:
    for read in (inspect_bytes, load_certificates):
        with pytest.raises(
            Unreadable, match=r"x is a profile as \w+, and devices take the profile itself.*base64 -d"
        ):
            read(make(profile(material)), name="x")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda m: base64.encodebytes(m.root.der), id="base64 of DER"),
        pytest.param(lambda m: b"ca: " + base64.b64encode(m.pem(m.root)), id="YAML"),
    ],
)
def test_what_a_device_would_have_to_unwrap_in_a_payload_is_an_error(make: Any, material: Any) -> None:
    content = plistlib.loads(profile(material))
    content["PayloadContent"][0]["PayloadContent"] = make(material)
    data = plistlib.dumps(content)
    found = inspect_bytes(data, name="x")
    assert found.faulty
    assert "devices do not take that off" in " ".join(inspection_text(found).split())
    with pytest.raises(Unreadable, match="devices do not take that off"):
        load_certificates(data, name="x")


def test_a_mark_before_pem_in_a_payload_stays_a_note(material: Any) -> None:
    content = plistlib.loads(profile(material))
    content["PayloadContent"][0] |= {
        "PayloadType": "com.apple.security.pem",
        "PayloadContent": b"\xef\xbb\xbf" + material.pem(material.root),
    }
    assert "UTF-8 byte order mark" in " ".join(
        inspection_text(inspect_bytes(plistlib.dumps(content), name="x")).split()
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda t: t.rpartition("-----END")[0], "has no END", id="an end that is missing"),
        pytest.param(lambda t: t.replace("MII", "M!I", 1), "does not decode", id="a foreign character"),
    ],
)
def test_damage_inside_a_document_names_the_value(change: Any, words: str, material: Any) -> None:
    data = json.dumps({"a": {"tls.crt": change(material.pem(material.leaf).decode())}}).encode()
    with pytest.raises(Unreadable, match=rf"x, a\.tls\.crt.*{words}"):
        load_certificates(data, name="x")


def test_a_stray_end_is_said_and_the_rest_is_read(material: Any) -> None:
    headless = material.pem(material.root).split(b"\n", 1)[1]
    data = headless + material.pem(material.leaf)
    assert load_certificates(data, name="x") == (material.leaf.der,)
    assert "END CERTIFICATE at line" in " ".join(inspect_bytes(data, name="x").notes)
    with pytest.raises(Unreadable, match="has no BEGIN"):
        load_certificates(headless, name="x")


def test_commands_say_on_stderr_what_was_undone(material: Any, tmp_path: Path, trustrig: Trustrig) -> None:
    given, password = tmp_path / "joined.pem", tmp_path / "password"
    given.write_bytes(identity(material).replace(b"-----\n-----BEGIN", b"----------BEGIN"))
    password.write_text("a new password\n")
    for args in (
        ("evaluate", given, "--host", "load.test", "--anchor", given),
        ("export", "p12", "--from", given, "-o", tmp_path / "new.p12", "--password-file", password),
    ):
        ran = trustrig(*args)
        assert ran.code in (0, 1)
        assert f"note: {given}: END and BEGIN share line" in ran.err


def test_a_request_is_signed_out_of_its_wrapping_and_anything_else_is_named(
    material: Any, tmp_path: Path, trustrig: Trustrig
) -> None:
    folder = tmp_path / "ca"
    assert trustrig("init", "--ca", folder).code == 0
    given = tmp_path / "request"
    given.write_bytes(b"csr: " + base64.b64encode(material.request()) + b"\n")
    ran = trustrig("issue", "csr", given, "--ca", folder)
    assert ran.code == 0
    assert "base64 under csr" in ran.err
    given.write_bytes(base64.encodebytes(material.leaf.der))
    ran = trustrig("issue", "csr", given, "--ca", folder)
    assert ran.code == 3
    assert "is a certificate, which is no certificate signing request" in ran.err


@pytest.mark.peer("openssl", "apt-get install openssl")
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda c: c.replace(b"\n", b"\\n"), id="line breaks as two characters"),
        pytest.param(lambda c: c.replace(b"\n", b" "), id="blanks in place of line breaks"),
        pytest.param(lambda c: (c + c).replace(b"-----\n-----BEGIN", b"----------BEGIN"), id="END and BEGIN"),
        pytest.param(lambda c: c.decode().encode("utf-16"), id="UTF-16"),
    ],
)
def test_openssl_does_not_read_what_the_remarks_say_it_does_not(make: Any, material: Any) -> None:
    data = make(material.leaf.cert.public_bytes(Encoding.PEM))
    assert "OpenSSL" in " ".join(recognise(data).remarks)
    done = subprocess.run(
        ["openssl", "x509", "-noout"], input=data, capture_output=True, timeout=clock.PATIENCE, check=False
    )
    assert done.returncode != 0


def _program(text: bytes, line: bytes) -> bytes:
    """A string of a program, a line of source for each line of it."""
    return b"cert =\n" + b"\n".join(line % one for one in text.splitlines()) + b"\n"


@pytest.mark.peer("perl", "apt-get install perl-base")
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda c: c.replace(b"\n", b"\\n"), id="line breaks as two characters"),
        pytest.param(lambda c: c.replace(b"\n", b"\\r\\n"), id="the same with CR"),
        pytest.param(lambda c: c.replace(b"-----\n-----BEGIN", b"----------BEGIN"), id="END and BEGIN"),
        pytest.param(
            lambda c: c.replace(b"-----\n-----BEGIN", b"----- -----BEGIN"), id="END, a blank and BEGIN"
        ),
        pytest.param(lambda c: b"\xef\xbb\xbf" + c, id="a byte order mark"),
        pytest.param(lambda c: c.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(base64.encodebytes, id="base64"),
        pytest.param(lambda c: base64.urlsafe_b64encode(c).rstrip(b"="), id="base64url without its padding"),
        pytest.param(lambda c: b"data:;base64," + base64.b64encode(c), id="a data URL"),
        pytest.param(lambda c: b'"' + base64.b64encode(c) + b'"', id="base64 in quotes"),
        pytest.param(lambda c: quote(c).encode(), id="percent signs"),
        pytest.param(lambda c: quote_plus(c).encode(), id="percent signs, and plus for a blank"),
        pytest.param(lambda c: b'CERT="' + c.replace(b"\n", b"\\n") + b'"\n', id=".env"),
        pytest.param(lambda c: repr(c.decode()).encode(), id="Python's repr"),
        pytest.param(lambda c: json.dumps(json.dumps(c.decode())).encode(), id="JSON in JSON"),
        pytest.param(lambda c: _program(c, b'"%s\\n" +'), id="Java, C#"),
        pytest.param(lambda c: _program(c, b'+ "%s\\n"'), id="JavaScript, with leading signs"),
        pytest.param(lambda c: _program(c, b'"%s\\n"'), id="C"),
        pytest.param(
            lambda c: c.partition(b"-----END")[0].replace(b"\n", b"") + b"-----END CERTIFICATE-----",
            id="one line",
        ),
        pytest.param(lambda c: b"cert: '" + c.strip() + b"'\n", id="BEGIN behind something else"),
        pytest.param(
            lambda c: b"kind: Secret\ndata:\n  tls.crt: " + base64.b64encode(c) + b"\n", id="a Secret"
        ),
    ],
)
def test_the_command_in_a_remark_makes_a_file_without_remarks(
    make: Any, material: Any, tmp_path: Path
) -> None:
    """What is offered is carried out, with FILE and NEW filled in; a Secret's needs a cluster."""
    (tmp_path / "given").write_bytes(make(material.pem()))
    shown = inspection_text(inspect_bytes((tmp_path / "given").read_bytes(), name="given"))
    commands = re.findall("`(.*)`", shown)  # on one line, as it is pasted
    if "kubectl get secret" in shown:
        return
    command = commands[0].replace("FILE", "given").replace("NEW.pem", "NEW").replace("NEW", "made")
    subprocess.run(["bash", "-c", command], cwd=tmp_path, timeout=clock.PATIENCE, check=True)
    mended = recognise((tmp_path / "made").read_bytes())
    assert mended.remarks == ()
    made = load_certificates(mended, name="x")
    assert made == material.ders[: len(made)]
    assert made == load_certificates((tmp_path / "given").read_bytes(), name="x")
