"""What each reader makes of a file: whether everything that is in it comes out."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.p12grid.making import HERE, NAME, Made, run

_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----\n", re.DOTALL)


def openssl(made: Made, *, legacy: bool) -> bool:
    """Whether `openssl pkcs12` shows every key and every certificate."""
    more = ("-legacy",) if legacy else ()
    done = run(
        "openssl", "pkcs12", "-in", str(made.path), "-passin", f"pass:{made.case.secret}", "-nodes", *more
    )
    out = done.stdout.decode(errors="replace")
    keys = len(re.findall(r"BEGIN (?:[A-Z]+ )?PRIVATE KEY", out))
    seen = keys, out.count("BEGIN CERTIFICATE")
    return done.returncode == 0 and seen == (made.keys, made.certificates)


def gnutls(made: Made, folder: Path) -> bool:
    """Whether `certtool` shows every key, decrypted by a second command, and every certificate."""
    secret = ("--password", made.case.secret) if made.case.secret else ("--empty-password",)
    if made.case.bare:
        secret = ("--null-password",)
    done = run("certtool", "--p12-info", "--inder", "--infile", str(made.path), *secret)
    out = done.stdout.decode(errors="replace")
    blocks = list(_BLOCK.finditer(out))
    keys = [found.group() for found in blocks if found.group(1).endswith("PRIVATE KEY")]
    certificates = [found for found in blocks if found.group(1) == "CERTIFICATE"]
    if done.returncode or (len(keys), len(certificates)) != (made.keys, made.certificates):
        return False
    file = folder / "key.pem"
    for key in keys:
        file.write_text(key)
        if run("certtool", "--key-info", "--pkcs8", "--infile", str(file), *secret).returncode:
            return False
    return True


def nss(made: Made, folder: Path) -> bool:
    """Whether `pk12util` brings every key and every certificate into an empty database."""
    empty, used = folder / "empty", folder / "used"
    if not empty.is_dir():
        empty.mkdir()
        run("certutil", "-N", "-d", f"sql:{empty}", "--empty-password")
    shutil.rmtree(used, ignore_errors=True)
    shutil.copytree(empty, used)
    run("pk12util", "-i", str(made.path), "-d", f"sql:{used}", "-W", made.case.secret)
    keys = run("certutil", "-K", "-d", f"sql:{used}").stdout.decode(errors="replace")
    certificates = run("certutil", "-L", "-d", f"sql:{used}").stdout.decode(errors="replace")
    shown = re.findall(r"^\S.*\s+[a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*\s*$", certificates, re.MULTILINE)
    # SSL,S/MIME,JAR/XPI stands in the head of the table, and looks like trust.
    count = sum("SSL,S/MIME" not in line for line in shown)
    seen = len(re.findall(r"^<\s*\d+>", keys, re.MULTILINE)), count
    return seen == (made.keys, made.different) and (made.case.shape != "swapped" or _belongs(used, made))


def _belongs(database: Path, made: Made) -> bool:
    """Whether what NSS calls an identity is one: key and certificate of one nickname have the same public half."""
    out = database / "out.p12"
    secret = made.case.secret
    run("pk12util", "-o", str(out), "-n", NAME, "-d", f"sql:{database}", "-W", secret)
    shown = run("openssl", "pkcs12", "-in", str(out), "-passin", f"pass:{secret}", "-nodes").stdout
    (database / "shown.pem").write_bytes(shown)
    key = run("openssl", "pkey", "-in", str(database / "shown.pem"), "-pubout").stdout
    certificate = run("openssl", "x509", "-in", str(database / "shown.pem"), "-noout", "-pubkey").stdout
    return bool(key) and key == certificate


def java_opened(made: Made, answer: tuple[int, int, str]) -> bool:
    """Whether every identity comes out, or, where there is none and no key either, every certificate."""
    keys, certificates, _ = answer
    if made.identities:
        return keys == made.identities
    return not made.keys and certificates == made.certificates


def java(made: Iterable[Made], folder: Path) -> Mapping[Path, tuple[int, int, str]]:
    """How many identities and trusted certificates an app in Java sees, and what went wrong."""
    asked = folder / "asked"
    lines = (f"{one.path}\t{base64.b64encode(one.case.secret.encode()).decode()}\n" for one in made)
    asked.write_text("".join(lines))
    done = run("java", str(HERE / "Reader.java"), str(asked))
    assert done.returncode == 0, done.stderr
    answers = {}
    for line in done.stdout.decode().splitlines():
        path, keys, certificates, problem = line.split("\t")
        answers[Path(path)] = (int(keys), int(certificates), problem)
    return answers
