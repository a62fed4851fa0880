"""`make fuzz`: the parsers and the evaluator against mutated input, for a bounded time.

python -m tests.fuzz [--seconds 60] [--max-bytes 32768] [--corpus DIR]   fuzz; exit code 0: nothing was found
python -m tests.fuzz FILE...                                             run inputs again, a crash for example
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

DEFAULT_CORPUS = Path("build/fuzz/corpus")
MEMORY_MIB = 1024  # the harness itself takes about 120
HANG_SECONDS = 20  # of processor time: what has not come back by then is a finding
# libFuzzer counts by the clock on the wall, which on a busy machine says nothing: it ends only what Python cannot.
WALL_SECONDS = 3600
TELL_SECONDS = 0.3  # of processor time: slower inputs than any before are told


def main() -> int:
    """Parse, and fuzz or replay; does not return from fuzzing, libFuzzer exits."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--max-bytes", type=int, default=32 * 1024)
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="kept between runs")
    parser.add_argument("files", metavar="FILE", nargs="*", type=Path)
    asked = parser.parse_args()
    if asked.files:
        return replay(asked.files)
    try:
        atheris: Any = import_module("atheris")  # untyped, and only here
    except ImportError:
        sys.stderr.write("atheris is not installed (Linux only): pip install atheris\n")
        return 2
    with atheris.instrument_imports(include=["pki"], enable_loader_override=False):
        from tests.fuzz import targets
    _write_seeds(asked.corpus)
    from tests.fuzz.derive import mutated

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        """Two times in three change DER as DER; else, or where it is none, change bytes."""
        if not data:
            return bytes(atheris.Mutate(data, max_size))
        head = targets.HEADS.get(targets.target_of(data), 1)  # the bytes that choose are not DER
        changed = mutated(data[head:], seed=seed, max_size=max_size - head) if seed % 3 else None
        return bytes(atheris.Mutate(data, max_size)) if changed is None else data[:head] + changed

    crashes = asked.corpus.parent / "crashes"
    crashes.mkdir(parents=True, exist_ok=True)
    flags = {
        "max_total_time": asked.seconds,
        "max_len": asked.max_bytes,
        "timeout": WALL_SECONDS,
        "report_slow_units": WALL_SECONDS,
        "rss_limit_mb": MEMORY_MIB,
        "artifact_prefix": f"{crashes}/",
        "print_final_stats": 1,
    }
    line = [sys.argv[0], *(f"-{name}={value}" for name, value in flags.items()), str(asked.corpus)]
    atheris.Setup(line, _bounded(targets.run), custom_mutator=mutate)
    atheris.Fuzz()
    return 0


def replay(files: list[Path]) -> int:
    """Run inputs without the fuzzer; what a target lets through is raised."""
    from tests.fuzz import targets

    for file in files:
        targets.run(file.read_bytes())
        sys.stdout.write(f"{file}: fine\n")
    return 0


def _bounded(run: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """RUN, ended by an exception after HANG_SECONDS of processor time; tells of the slowest input so far."""
    slowest = TELL_SECONDS

    def hang(*_: object) -> None:
        raise TimeoutError(f"{HANG_SECONDS} s of processor time, and not done")

    def bounded(data: bytes) -> None:
        nonlocal slowest
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)
        try:
            run(data)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        spent = time.process_time() - started
        if spent > slowest:
            slowest = spent
            sys.stderr.write(f"slowest so far: {spent:.2f} s, {len(data):,} bytes, target {data[0]}\n")

    signal.signal(signal.SIGPROF, hang)
    return bounded


def _write_seeds(folder: Path) -> None:
    from tests.fuzz.seeds import seeds

    folder.mkdir(parents=True, exist_ok=True)
    for data in seeds():
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
