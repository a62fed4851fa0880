"""Many realistic leaves, each judged once, beside `cryptography`'s verifier, Go's, and the bare signature.

Of every row this and the others read the leaf anew. Root, issuers, store and evaluator are made once. The others stop
at the first reason and say nothing of ATS; what overlooks a defect is counted as overlooking it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from pki.model.caching import forget
from pki.trust import Anchor, Evaluator
from tests import clock
from tests.bench.fleet import Fleet, fleet, p256, rsa_2048
from tests.bench.timing import Row, interleaved, print_rows

LEAVES = 2_000
MIXED = 5_000  # 25 of each CA: what is found out once for a CA counts, and does not count for all
ROUNDS = 7
DEFECTS = ("expired", "name", "lifetime", "purpose")
GO_SOURCE = Path(__file__).with_name("go_verifier") / "main.go"


class Go:
    """A process that verifies the fleet whenever it is asked; `seconds` is the processor time that took so far."""

    def __init__(self, process: subprocess.Popen[str], expected: int) -> None:
        self._process = process
        self._expected = expected
        self.seconds = 0.0

    def verify(self) -> None:
        """Once through the fleet."""
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise RuntimeError("the verifier in Go was started without pipes")
        asked.write("\n")
        asked.flush()
        spent, accepted = answers.readline().split()
        _same("Go", int(accepted), self._expected)
        self.seconds += int(spent) / 1e9


def rows() -> list[Row]:
    """P-256, RSA, and both below two hundred issuers with a tenth of the rows bad."""
    at = clock.now()
    mixed = [rsa_2048 if number % 10 < 3 else p256 for number in range(200)]
    with tempfile.TemporaryDirectory() as scratch:
        program = _built(Path(scratch))
        return [
            _row("leaves of 1 KB, P-256", fleet(LEAVES, at, issuers=[p256]), at, program, 1.0),
            _row("leaves of 1 KB, RSA 2048", fleet(LEAVES, at, issuers=[rsa_2048]), at, program, 1.25),
            _row(
                "leaves of 1 KB, 200 CAs, 10 % bad",
                fleet(MIXED, at, issuers=mixed, bad=DEFECTS),
                at,
                program,
                1.5,
            ),
        ]


def _row(label: str, many: Fleet, at: datetime, program: Path | None, limit: float) -> Row:
    ours, theirs, signatures = _ours(many, at), _theirs(many, at), _signatures(many)
    with ExitStack() as running:
        go = running.enter_context(_started(program, many, at)) if program is not None else None
        seconds = (lambda: time.process_time() + go.seconds) if go is not None else time.process_time
        candidates = (ours, theirs, signatures, *((go.verify,) if go is not None else ()))
        mine, peer, floor, *others = (
            taken / len(many.rows) for taken in interleaved(*candidates, rounds=ROUNDS, clock=seconds)
        )
    beside = (("its signature alone", floor), *(("Go", other) for other in others))
    return Row(f"{label} / cryptography", mine, peer, limit, beside)


def _ours(many: Fleet, at: datetime) -> Callable[[], None]:
    def judge() -> None:
        forget()
        evaluator = Evaluator(at=at, anchors=[Anchor.parse(many.root)])
        trusted = sum(evaluator.evaluate([row.leaf, row.issuer], host=row.host).trusted for row in many.rows)
        _same("pki", trusted, many.good())

    return judge


def _theirs(many: Fleet, at: datetime) -> Callable[[], None]:
    def judge() -> None:
        policy = PolicyBuilder().store(Store([x509.load_der_x509_certificate(many.root)])).time(at)
        issuers = {row.issuer: [x509.load_der_x509_certificate(row.issuer)] for row in many.rows[:200]}
        accepted = 0
        for row in many.rows:
            leaf = x509.load_der_x509_certificate(row.leaf)
            try:
                policy.build_server_verifier(x509.DNSName(row.host)).verify(leaf, issuers[row.issuer])
            except VerificationError:
                continue
            accepted += 1
        _same("cryptography", accepted, many.good("lifetime"))

    return judge


def _signatures(many: Fleet) -> Callable[[], None]:
    """One signature a row, with keys that are loaded: below this no validator comes."""
    checks: list[Callable[[], None]] = []
    keys = {row.issuer: x509.load_der_x509_certificate(row.issuer).public_key() for row in many.rows}
    for row in many.rows:
        leaf, key = x509.load_der_x509_certificate(row.leaf), keys[row.issuer]
        checks.append(_check(key, leaf.signature, leaf.tbs_certificate_bytes, leaf))

    def verify() -> None:
        for check in checks:
            check()

    return verify


def _check(key: object, signature: bytes, signed: bytes, leaf: x509.Certificate) -> Callable[[], None]:
    digest = leaf.signature_hash_algorithm
    if isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
        scheme = ec.ECDSA(digest)
        return lambda: key.verify(signature, signed, scheme)
    if isinstance(key, rsa.RSAPublicKey) and digest is not None:
        pkcs1 = padding.PKCS1v15()
        return lambda: key.verify(signature, signed, pkcs1, digest)
    raise TypeError(f"no check for {key!r}")


def _same(who: str, found: int, made: int) -> None:
    """What was made is what was found, or the times say nothing."""
    if found != made:
        raise RuntimeError(f"{who} accepts {found} rows, and {made} were made so")


def _built(folder: Path) -> Path | None:
    """The verifier in Go; None, and the reason on stderr, where there is no Go."""
    go = shutil.which("go")
    if go is None:
        print("no column for Go: apt-get install golang-go", file=sys.stderr)
        return None
    program = folder / "go_verifier"
    subprocess.run([go, "build", "-o", program, GO_SOURCE], cwd=folder, check=True)
    return program


@contextmanager
def _started(program: Path, many: Fleet, at: datetime) -> Iterator[Go]:
    records = [many.root]
    for row in many.rows:
        records += [row.leaf, row.issuer, row.host.encode()]
    written = program.with_name("fleet.bin")
    written.write_bytes(b"".join(len(record).to_bytes(4, "big") + record for record in records))
    line = [program, written, str(int(at.timestamp()))]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Go(process, many.good("lifetime"))
        finally:
            process.kill()


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
