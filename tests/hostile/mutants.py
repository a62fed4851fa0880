"""Real files, changed: what the readers make of them, in a process of its own with its time and memory measured.

python -m tests.hostile.mutants [COUNT] [--seed N]   3,000 mutants by default; exit code 1 when one is over a bound

The files are made by the programs that are found (openssl, keytool, ssh-keygen, certtool) and by this project; each
mutant goes through `load_certificates`, `load_identity` and an inspection with its text and JSON. Bounds: no traceback,
2 s of processor time for each of the three, 300 MB of resident memory.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from pki.errors import PkiError
from pki.load import load_certificates, load_identity
from pki.load.inspection import inspect_bytes
from pki.report.inspection import inspection_json, inspection_text

COUNT = 3_000
MAX_SECONDS, MAX_MEGABYTES = 2.0, 300
PASSWORD = "abc123"
_MAX_SIZE = 4 * 1024 * 1024


@dataclass
class Outcome:
    """What a run came to; `worst` are the slowest mutant's seconds, and `peak` the process's memory in MB."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    worst: float = 0.0
    slowest: str = ""
    peak: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.tried:,} mutants: {self.read:,} read, {self.refused:,} refused, {len(self.faults)} faults; slowest "
            f"{self.worst:.2f} s of processor time ({self.slowest}); at most {self.peak:.0f} MB"
        )


def real_files(folder: Path) -> dict[str, bytes]:
    """One file of each sort that the programs on this machine write, and what people make of those."""

    def run(*command: str) -> bytes:
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True).stdout

    files: dict[str, bytes] = {}

    def keep(name: str, *command: str) -> None:
        run(*command)
        files[name] = (folder / name).read_bytes()

    secret = f"pass:{PASSWORD}"
    subject = [
        "-subj",
        "/CN=mutant.test",
        "-addext",
        "subjectAltName=DNS:mutant.test,IP:10.0.0.1,URI:https://a/",
    ]
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        *subject,
    )
    run("openssl", "req", "-new", "-key", "key.pem", "-out", "request.pem", *subject)
    for name in ("key.pem", "cert.pem", "request.pem"):
        files[name] = (folder / name).read_bytes()
    keep("cert.der", "openssl", "x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der")
    keep("text.pem", "openssl", "x509", "-in", "cert.pem", "-text", "-out", "text.pem")
    keep(
        "key.der",
        "openssl",
        "pkcs8",
        "-topk8",
        "-nocrypt",
        "-in",
        "key.pem",
        "-outform",
        "DER",
        "-out",
        "key.der",
    )
    keep(
        "old.pem",
        "openssl",
        "rsa",
        "-in",
        "key.pem",
        "-traditional",
        "-aes128",
        "-passout",
        secret,
        "-out",
        "old.pem",
    )
    for name, choice in {
        "modern.p12": [],
        "3des.p12": ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
        "clear.p12": ["-keypbe", "NONE", "-certpbe", "NONE"],
    }.items():
        pack = ["openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", secret]
        keep(name, *pack, *choice, "-out", name)
    keep(
        "bundle.p7b",
        "openssl",
        "crl2pkcs7",
        "-nocrl",
        "-certfile",
        "cert.pem",
        "-outform",
        "DER",
        "-out",
        "bundle.p7b",
    )
    (folder / "mail.txt").write_bytes(b"hello\n" * 30)
    sign = ["openssl", "cms", "-sign", "-signer", "cert.pem", "-inkey", "key.pem", "-in", "mail.txt"]
    keep("signed.eml", *sign, "-out", "signed.eml")
    keep("opaque.der", *sign, "-nodetach", "-binary", "-outform", "DER", "-out", "opaque.der")
    encrypt = ["openssl", "cms", "-encrypt", "-aes-256-cbc", "-in", "mail.txt", "-outform", "DER", "-out"]
    keep("enveloped.der", *encrypt, "enveloped.der", "cert.pem")
    keep("streamed.der", *encrypt[:-1], "-stream", "-out", "streamed.der", "cert.pem")
    keep("curve.pem", "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", "curve.pem")
    keep("dsa.der", "openssl", "dhparam", "-dsaparam", "-outform", "DER", "-out", "dsa.der", "512")
    if which("keytool"):
        for name, store in {"java.jks": "JKS", "java.p12": "PKCS12"}.items():
            make = [
                "keytool",
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "a",
                "-dname",
                "CN=java",
                "-storepass",
                PASSWORD,
            ]
            keep(name, *make, "-keypass", PASSWORD, "-keystore", name, "-storetype", store)
    if which("ssh-keygen"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ssh")
        files["ssh"] = (folder / "ssh").read_bytes()
        files["ssh.pub"] = (folder / "ssh.pub").read_bytes()
        files["ssh.rfc4716"] = run("ssh-keygen", "-e", "-m", "RFC4716", "-f", "ssh.pub")
    if which("certtool"):
        gnutls = [
            "certtool",
            "--to-p12",
            "--load-privkey",
            "key.pem",
            "--load-certificate",
            "cert.pem",
            "--p12-name",
            "a",
        ]
        keep("gnutls.p12", *gnutls, "--password", PASSWORD, "--outfile", "gnutls.p12")
    return files | dict(_made_of(files))


def _made_of(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """What people and their tools make of such files, and profiles."""
    import plistlib

    cert, key, p12 = files["cert.pem"], files["key.pem"], files["modern.p12"]
    coded = {name: base64.b64encode(data).decode() for name, data in (("tls.crt", cert), ("tls.key", key))}
    yield "chain.pem", cert + key + files["request.pem"]
    yield "bom.pem", b"\xef\xbb\xbf" + cert
    yield "utf16.pem", cert.decode().encode("utf-16")
    yield "joined.pem", (cert + cert).replace(b"-----\n-----BEGIN", b"----------BEGIN")
    yield "escaped.env", b'TLS="' + (cert + key).replace(b"\n", b"\\n") + b'"\n'
    yield "spaced.pem", cert.replace(b"\n", b" ")
    yield (
        "secret.yaml",
        ("kind: Secret\ndata:\n" + "".join(f"  {k}: {v}\n" for k, v in coded.items())).encode(),
    )
    yield "secret.json", json.dumps({"kind": "Secret", "data": coded}).encode()
    yield (
        "vault.json",
        json.dumps({"data": {"certificate": cert.decode(), "private_key": key.decode()}}).encode(),
    )
    yield "folded.yaml", b"store.p12: |\n  " + base64.encodebytes(p12).replace(b"\n", b"\n  ") + b"\n"
    yield "p12.b64", base64.encodebytes(p12)
    yield "cert.hex", files["cert.der"].hex().encode()
    yield (
        "saml.xml",
        b"<md><X509Certificate>" + base64.b64encode(files["cert.der"]) + b"</X509Certificate></md>",
    )
    yield "cert.pem.gz", gzip.compress(cert)
    payloads = [
        {"PayloadType": "com.apple.security.root", "PayloadContent": files["cert.der"], "PayloadUUID": "a"},
        {
            "PayloadType": "com.apple.security.pkcs12",
            "PayloadContent": files["3des.p12"],
            "Password": PASSWORD,
        },
    ]
    profile = {"PayloadType": "Configuration", "PayloadContent": payloads, "PayloadIdentifier": "a.b"}
    yield "xml.mobileconfig", plistlib.dumps(profile)
    yield "binary.mobileconfig", plistlib.dumps(profile, fmt=plistlib.FMT_BINARY)
    yield (
        "plain.mobileprovision",
        plistlib.dumps(
            {"Name": "a", "DeveloperCertificates": [files["cert.der"]], "Entitlements": {"a": ["b"]}}
        ),
    )


def mutants(files: dict[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """COUNT changed files with their names, the same for the same SEED and files."""
    chance = random.Random(seed)
    names = sorted(files)
    for number in range(count):
        name = names[number % len(names)]
        data, done = bytearray(files[name]), []
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            how = chance.choice(_HOW)
            how(data, files[chance.choice(names)], chance)
            done.append(how.__name__.strip("_"))
        yield f"{name} #{number} {'+'.join(done)}", bytes(data[:_MAX_SIZE])


def _place(data: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytearray, other: bytes, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, other: bytes, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _drop(data: bytearray, other: bytes, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.randint(1, 200)]


def _splice(data: bytearray, other: bytes, chance: random.Random) -> None:
    start = chance.randrange(len(other) + 1)
    at = _place(data, chance)
    data[at:at] = other[start : start + chance.randint(1, 2_000)]


def _double(data: bytearray, other: bytes, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = data[at : at + chance.randint(1, 500)] * chance.randint(1, 50)


def _length(data: bytearray, other: bytes, chance: random.Random) -> None:
    """One octet behind a tag of a SEQUENCE, SET, OCTET STRING or context becomes another length."""
    places = [at for at in range(len(data) - 1) if data[at] in (0x30, 0x31, 0x04, 0xA0)]
    if places:
        data[chance.choice(places) + 1] = chance.choice((0, 1, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF))


def _number(data: bytearray, other: bytes, chance: random.Random) -> None:
    """Four octets become a large number: rounds, lengths and counts."""
    at = _place(data, chance)
    data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"9999"))


def _text(data: bytearray, other: bytes, chance: random.Random) -> None:
    """Damage of texts: other line ends, escapes, case, a mark, quotes."""
    old, new = chance.choice(
        (
            (b"\n", b"\r\n"),
            (b"\n", b"\\n"),
            (b"\n", b""),
            (b"-----", b"----"),
            (b"=", b""),
            (b"BEGIN", b"END"),
            (b"CERTIFICATE", b"PKCS7"),
            (b"CERTIFICATE", b"X"),
            (b'"', b"'"),
            (b"M", b"m"),
            (b" ", b"\t"),
            (b"<", b"<!--"),
        )
    )
    data[:] = data.replace(old, new, chance.choice((1, -1)))


def _encode(data: bytearray, other: bytes, chance: random.Random) -> None:
    """Into another wrapping, as if by a tool that was asked for it."""
    wrap = chance.choice(
        (
            base64.b64encode,
            base64.encodebytes,
            lambda one: b"tls.crt: " + base64.b64encode(one),
            lambda one: json.dumps({"ca": one.decode("latin-1")}).encode(),
            lambda one: one.decode("latin-1").encode("utf-16"),
            lambda one: one.hex().encode(),
            lambda one: b"-----BEGIN CMS-----\n" + base64.encodebytes(one) + b"-----END CMS-----\n",
        )
    )
    data[:] = wrap(bytes(data[: 512 * 1024]))


_HOW: tuple[Callable[[bytearray, bytes, random.Random], None], ...] = (
    _flip,
    _cut,
    _drop,
    _splice,
    _double,
    _length,
    _number,
    _text,
    _encode,
)


def run(files: dict[str, bytes], count: int, *, seed: int) -> Outcome:
    """Have COUNT mutants read and measure: processor time of each, and the memory of the whole process."""
    outcome = Outcome()
    for name, data in mutants(files, count, seed):
        outcome.tried += 1
        for read in _READERS:
            started = time.process_time()
            try:
                known = read(data)
            except (
                Exception
            ):  # PkiError is caught in each reader; whatever else comes is a fault, and told as one
                outcome.faults.append(f"{name}: {traceback.format_exc(limit=-3)}")
                continue
            spent = time.process_time() - started
            if spent > outcome.worst:
                outcome.worst, outcome.slowest = spent, name
            if spent > MAX_SECONDS:
                outcome.faults.append(f"{name}: {spent:.1f} s of processor time, {len(data):,} bytes")
        outcome.read += known
    outcome.refused = outcome.tried - outcome.read
    outcome.peak = _peak()
    if outcome.peak > MAX_MEGABYTES:
        outcome.faults.append(f"{outcome.peak:.0f} MB of memory")
    return outcome


def _peak() -> float:
    """The most memory this program ever had, in MB: lifelong, so it covers each of them.

    Linux's getrusage counts the process that started this one, too, from before exec; VmHWM begins anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1e3
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1e6 if sys.platform == "darwin" else 1e3)  # bytes on a Mac


def _certificates(data: bytes) -> bool:
    return _loaded(lambda: load_certificates(data, name="x", password=PASSWORD))


def _identity(data: bytes) -> bool:
    return _loaded(lambda: load_identity(data, name="x", password=PASSWORD))


def _loaded(load: Callable[[], object]) -> bool:
    try:
        load()
    except PkiError as error:
        assert str(error).strip()
        return False
    return True


def _inspected(data: bytes) -> bool:
    """Whether an inspection came of it; it holds no key."""
    try:
        found = inspect_bytes(data, name="x", password=PASSWORD)
    except PkiError:
        return False
    text = inspection_text(found)
    json.dumps(inspection_json(found))
    assert "PRIVATE KEY-----" not in text
    return True


_READERS = (_certificates, _identity, _inspected)
"""What reads a stranger's file; each is measured by itself, as a command does one of them."""


def main() -> int:
    """Make the files, run the mutants, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.mutants", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=14)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = real_files(Path(folder))
    outcome = run(files, asked.count, seed=asked.seed)
    sys.stdout.write(f"{len(files)} real files; {outcome}\n")
    for fault in outcome.faults[:20]:
        sys.stdout.write(f"{fault}\n")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
