"""Files beside TLS's own, by the programs that write them: named for what they are, with a step that works."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pki.errors import Unreadable
from pki.load.inspection import inspect_bytes
from pki.load.kinds import FileKind
from pki.load.recognition import recognise
from pki.model.foreign import read_certificate
from pki.report.inspection import inspection_text
from tests.load.every_kind import pem, tlv
from tests.openssl import OPENSSL

ARMOUR = b"-----BEGIN PGP {}-----\nVersion: GnuPG v2\n\nmDMEZ\n=aB3d\n-----END PGP {}-----\n"
CLEARSIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nhello\n" + ARMOUR.replace(
    b"{}", b"SIGNATURE"
)


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "text",
    [
        *(
            pytest.param(ARMOUR.replace(b"{}", label), id=label.decode())
            for label in (b"PUBLIC KEY BLOCK", b"PRIVATE KEY BLOCK", b"SIGNATURE", b"MESSAGE")
        ),
        pytest.param(CLEARSIGNED, id="clear text, signed"),
    ],
)
def test_armour_of_openpgp_is_named_and_not_called_damaged(text: bytes) -> None:
    """RFC 9580, 6.2: headers, and a checksum that is no base64; clear text (7) has no END."""
    assert recognise(text).kind is FileKind.PGP
    with pytest.raises(Unreadable, match="is an OpenPGP key or message") as told:
        inspect_bytes(text, name="file")
    assert "does not decode" not in str(told.value)
    assert "cut short" not in str(told.value)


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        pytest.param(b"\x99\x00\x20\x04" + bytes(31), FileKind.PGP, id="a public key, old format"),
        pytest.param(b"\xc6\x33\x04" + bytes(50), FileKind.PGP, id="a public key, new format"),
        pytest.param(b"\x89\x00\x20\x04" + bytes(31), FileKind.PGP, id="a signature"),
        pytest.param(b"\x84\x20\x03" + bytes(31), FileKind.PGP, id="a message to a key"),
        pytest.param(b"\x99\x00\x20\x09" + bytes(31), FileKind.BINARY, id="a version that there is not"),
        pytest.param(b"\x99\xff\xff\x04" + bytes(31), FileKind.BINARY, id="a length behind the end"),
    ],
)
def test_binary_openpgp_is_told_by_its_first_packet(packet: bytes, kind: FileKind) -> None:
    assert recognise(packet).kind is kind


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="apt-get install openssh-client")
def test_what_is_advised_for_an_openssh_key_makes_pkcs8(tmp_path: Path) -> None:
    key = tmp_path / "id_rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", key], check=True)
    notes = " ".join(inspect_bytes(key.read_bytes(), name="id_rsa").notes)
    command = notes.split("`")[3].replace("COPY", shlex.quote(str(key)))  # behind the one that makes a copy
    subprocess.run([*shlex.split(command), "-P", "", "-N", ""], check=True, capture_output=True)
    assert b"BEGIN PRIVATE KEY" in key.read_bytes()
    public = inspect_bytes(Path(f"{key}.pub").read_bytes(), name="id_rsa.pub")
    assert "PKCS8" not in " ".join(public.notes)


def test_a_putty_key_is_sent_to_puttygen_first() -> None:
    """OpenSSH's ssh-keygen does not read .ppk."""
    found = recognise(b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n")
    assert "puttygen FILE" in found.advice


@OPENSSL
@pytest.mark.parametrize(
    ("options", "said", "not_said"),
    [
        pytest.param(["-encrypt", "-pwri_password", "x"], "-pwri_password", "-recip", id="a password"),
        pytest.param(
            ["-encrypt", "-secretkey", "00" * 16, "-secretkeyid", "01"],
            "-secretkeyid",
            "-recip",
            id="a shared key",
        ),
        pytest.param(
            ["-EncryptedData_encrypt", "-secretkey", "00" * 16], "-EncryptedData_decrypt", "-recip", id="none"
        ),
    ],
)
def test_the_way_into_an_encrypted_message_is_that_of_its_recipients(
    options: list[str], said: str, not_said: str
) -> None:
    message = openssl("cms", *options, "-aes128", "-outform", "DER", given=b"hello")
    notes = " ".join(inspect_bytes(message, name="file").notes)
    assert said in notes
    assert not_said not in notes


@OPENSSL
def test_who_signed_is_told_whatever_the_wrapping(material: Any, tmp_path: Path) -> None:
    signer = tmp_path / "signer.pem"
    signer.write_bytes(material.pem(material.leaf) + material.key())
    told = set()
    for form in ("DER", "PEM"):
        signed = openssl(
            "cms", "-sign", "-nodetach", "-signer", str(signer), "-outform", form, given=b"hello"
        )
        (note,) = (note for note in inspect_bytes(signed, name="file").notes if "signed by" in note)
        told.add(note)
    assert len(told) == 1


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        pytest.param((1 << 1023, 2), "Diffie-Hellman", id="PKCS #3"),
        pytest.param((1 << 1023, 1 << 1000, 225), "Diffie-Hellman", id="PKCS #3 with a length"),
        pytest.param((1 << 1023, 1 << 159, 1 << 1000), "DSA", id="DSA: p, q, g"),
        pytest.param((1 << 1023, 1 << 1000, 1 << 159), "Diffie-Hellman (X9.42)", id="X9.42: p, g, q"),
    ],
)
def test_parameters_say_what_they_are_for(numbers: tuple[int, ...], said: str) -> None:
    data = tlv(0x30, *(tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in numbers))
    text = inspection_text(inspect_bytes(pem("DH PARAMETERS", data), name="file"))
    assert f"for           {said}\n" in text


@pytest.mark.parametrize("filler", [b"\\", b'"', b" ", b"\\r"])
def test_what_fills_a_block_costs_its_length_and_not_its_square(filler: bytes) -> None:
    body = filler * (200_000 // len(filler))
    start = time.process_time()
    recognise(b"-----BEGIN CERTIFICATE-----" + body + b"-----END CERTIFICATE-----")
    assert time.process_time() - start < 5  # the square of it takes minutes


def test_no_value_of_a_parser_stands_in_an_error() -> None:
    """`cryptography` passes Rust's `ParseError { kind: ... }` on; a certificate that does not parse says only that."""
    with pytest.raises(Unreadable, match="does not parse") as told:
        read_certificate(tlv(0x30, tlv(0x30, tlv(0x30), tlv(0x16, b"x")), tlv(0x30), tlv(3, b"\0")))
    assert "ParseError" not in str(told.value)
