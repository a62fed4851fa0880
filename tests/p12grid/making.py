"""Has each program make its files of the grid, cheaply: one JVM for all of Java's, one NSS database for a kind of key."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests import clock
from tests.p12 import KINDS as KEPT
from tests.p12grid.assembling import Item, Lock, container
from tests.p12grid.cases import Case
from tests.p12grid.material import KINDS, Material

HERE = Path(__file__).parent
NAME = "leaf"
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}  # passwords are typed in UTF-8


@dataclass(frozen=True)
class Made:
    """A file of the grid, and what is in it: keys, certificates, and keys that have theirs."""

    case: Case
    path: Path
    keys: int
    certificates: int
    identities: int

    @property
    def different(self) -> int:
        """Certificates, each counted once; NSS keeps no second one."""
        return self.certificates - (self.case.shape == "both")


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command, capture_output=True, check=False, cwd=cwd, env=ENVIRONMENT, timeout=clock.PATIENCE
    )


def make_all(cases: Iterable[Case], material: Material, folder: Path) -> list[Made]:
    """Make the files of CASES in FOLDER.

    Raises:
        AssertionError: a program did not make one.
    """
    made = [_made(case, folder / f"{number}.p12") for number, case in enumerate(cases)]
    _by_java([one for one in made if one.case.program == "java"], material, folder)
    makers = {
        "openssl": _by_openssl,
        "certtool": _by_certtool,
        "pk12util": _by_nss,
        "keytool": _by_keytool,
        "assembled": _by_hand,
        "kept": _kept,
    }
    for one in made:
        if one.case.program != "java":
            makers[one.case.program](one, material)
        assert one.path.is_file(), one.case.name
    return made


_CONTENTS = {  # keys, certificates, identities
    "chain": (1, 3, 1),
    "leaf alone": (1, 1, 1),
    "key alone": (1, 0, 0),
    "certificates": (0, 3, 0),
    "trust store": (0, 2, 0),
    "both": (1, 4, 1),
    "two identities": (2, 2, 2),
    "by name": (1, 3, 1),
    "unpaired": (1, 3, 1),
    "two unpaired": (2, 2, 2),
    "renewed": (1, 2, 1),
    "foreign certificate": (1, 1, 0),
    "swapped": (2, 2, 2),
    "certificates first": (1, 3, 1),
    "in UTF-16": (1, 3, 1),
}


def _made(case: Case, path: Path) -> Made:
    return Made(case, path, *_CONTENTS[case.shape])


def _by_openssl(made: Made, material: Material) -> None:
    case = made.case
    command = ["openssl", "pkcs12", "-export", "-out", str(made.path), "-passout", f"pass:{case.secret}"]
    command += ["-name", NAME, *case.options]
    if case.shape == "certificates":
        command += ["-nokeys", "-in", str(material.folder / "chain.crt")]
    else:
        command += ["-inkey", material.key_file(case.kind)]
        command += (
            ["-nocerts"] if case.shape == "key alone" else ["-in", material.certificate_file(case.kind)]
        )
    if case.shape == "chain":
        command += ["-certfile", str(material.folder / "issuers.crt")]
    done = run(*command)
    assert done.returncode == 0, (case.name, done.stderr)


def _kept(made: Made, material: Material) -> None:
    build, _ = KEPT[made.case.options[0]]
    made.path.write_bytes(build(material.folder))


def _by_certtool(made: Made, material: Material) -> None:
    case = made.case
    secret = ["--password", case.secret] if case.secret else ["--empty-password"]
    command = ["certtool", "--to-p12", "--outder", "--outfile", str(made.path), "--p12-name", NAME]
    command += [*case.options, *(() if case.bare else secret)]
    if case.shape != "certificates":
        command += ["--load-privkey", material.key_file(case.kind)]
    if case.shape == "leaf alone":
        command += ["--load-certificate", material.certificate_file(case.kind)]
    else:
        command += ["--load-certificate", str(material.folder / "chain.crt")]
    done = run(*command)
    assert done.returncode == 0, (case.name, done.stderr)


def _by_nss(made: Made, material: Material) -> None:
    case = made.case
    number = KINDS.index(case.kind)
    database = material.folder / f"nss-{number}-{case.shape == 'chain'}"
    if not database.is_dir():
        database.mkdir()
        given = database / "given.p12"
        _by_openssl(
            replace(made, path=given, case=Case("openssl", (), case.kind, shape=case.shape)), material
        )
        run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
        secret = Case("openssl", ()).secret
        done = run("pk12util", "-i", str(given), "-d", f"sql:{database}", "-W", secret)
        assert done.returncode == 0, (case.name, done.stdout)
    command = ("pk12util", "-o", str(made.path), "-n", NAME, "-d", f"sql:{database}", "-W", case.secret)
    done = run(*command, *case.options)
    assert done.returncode == 0, (case.name, done.stderr)


def _by_keytool(made: Made, material: Material) -> None:
    case = made.case
    store = ("-keystore", str(made.path), "-storetype", "PKCS12", "-storepass", case.secret, "-noprompt")
    if case.shape == "trust store":
        for alias, number in (("root", 1), ("issuing", 0)):
            file = material.folder / f"{alias}.der"
            file.write_bytes(material.issuers[number])
            done = run("keytool", *case.options, "-importcert", "-alias", alias, "-file", str(file), *store)
            assert done.returncode == 0, (case.name, done.stdout)
        return
    for alias in ("first", "second")[: made.keys]:
        command = ("-genkeypair", "-alias", alias, "-keyalg", "EC", "-dname", f"CN={alias}")
        done = run("keytool", *case.options, *command, *store)
        assert done.returncode == 0, (case.name, done.stdout)


_JAVA_NAMES = {"RSA-PSS": "RSASSA-PSS", "Ed25519": "EdDSA", "Ed448": "EdDSA", "DSA": "DSA"}


def _by_java(wanted: list[Made], material: Material, folder: Path) -> None:
    if not wanted:
        return
    files = folder / "java"
    files.mkdir()
    issuing, top = files / "issuing", files / "root"
    issuing.write_bytes(material.issuers[0])
    top.write_bytes(material.issuers[1])
    lines = []
    for one in wanted:
        case, number = one.case, KINDS.index(one.case.kind)
        own, certificate, second = (files / f"{number}.{end}" for end in ("key", "crt", "second"))
        own.write_bytes(material.pairs[case.kind].pkcs8)
        certificate.write_bytes(material.pairs[case.kind].certificate)
        algorithm = _JAVA_NAMES.get(case.kind, "EC" if case.kind.startswith("EC") else "RSA")
        chain = f"{certificate},{issuing},{top}" if case.shape in ("chain", "both") else f"{certificate}"
        entries = [f"leaf|{algorithm}|{own}|{chain}"]
        if case.shape == "two identities":
            second.with_suffix(".k2").write_bytes(material.second.pkcs8)
            second.write_bytes(material.second.certificate)
            entries.append(f"second|EC|{second.with_suffix('.k2')}|{second}")
        if case.shape == "trust store":
            entries = [f"root|||{top}", f"issuing|||{issuing}"]
        if case.shape == "both":
            entries.append(f"root|||{top}")
        secret = base64.b64encode(case.secret.encode()).decode()
        lines.append("\t".join((str(one.path), secret, *case.options, *entries)))
    (files / "lines").write_text("\n".join(lines) + "\n")
    done = run("java", str(HERE / "Writer.java"), str(files / "lines"))
    assert done.returncode == 0, done.stderr


def _by_hand(made: Made, material: Material) -> None:
    case = made.case
    cipher, prf, mac = case.options
    lock = Lock.of(case.secret, "" if cipher == "clear" else cipher, mac, prf)
    if case.bare:
        lock = replace(lock, utf8=b"", utf16=b"")
    pair, second = material.pairs[case.kind], material.second
    one, two = b"\x01" * 20, b"\x02" * 20
    issuers = [Item(encoded) for encoded in material.issuers]
    trusted = [Item(encoded, name=f"ca {at}", trusted=True) for at, encoded in enumerate(material.issuers)]
    key, leaf = Item(pair.pkcs8, one, NAME), Item(pair.certificate, one, NAME)
    other_key, other = Item(second.pkcs8, two, "second"), Item(second.certificate, two, "second")
    bare = {"key_id": None, "name": None}
    contents: dict[str, tuple[list[Item], list[Item]]] = {
        "chain": ([key], [leaf, *issuers]),
        "by name": ([replace(key, key_id=None)], [replace(leaf, key_id=None), *issuers]),
        "unpaired": ([replace(key, **bare)], [replace(leaf, **bare), *issuers]),
        "two identities": ([key, other_key], [leaf, other]),
        "two unpaired": (
            [replace(key, **bare), replace(other_key, **bare)],
            [replace(leaf, **bare), replace(other, **bare)],
        ),
        "renewed": ([key], [leaf, Item(material.renewed, None, None)]),
        "foreign certificate": ([key], [replace(other, key_id=None, name=None)]),
        "key alone": ([key], []),
        "certificates": ([], [replace(leaf, key_id=None, name=None), *issuers]),
        "trust store": ([], trusted),
        "swapped": ([replace(key, key_id=two), replace(other_key, key_id=one)], [leaf, other]),
        "certificates first": ([replace(key, **bare)], [replace(leaf, **bare), *issuers]),
        "in UTF-16": ([key], [leaf, *issuers]),
    }
    keys, certificates = contents[case.shape]
    if case.shape == "in UTF-16":  # as NSS once gave the password to PBES2, for the key alone
        hidden = replace(lock, utf8=lock.utf16[:-2])
        made.path.write_bytes(container(keys, certificates, lock, of_keys=hidden))
    else:
        first = case.shape == "certificates first"
        made.path.write_bytes(container(keys, certificates, lock, certificates_first=first))
