"""`make bench`: every comparison in one run; exit code 1 when a limit does not hold."""

from __future__ import annotations

import sys

from tests.bench import bench_issue, bench_startup


def main() -> int:
    """Print each row as it is measured."""
    too_slow = 0
    for module in (bench_startup, bench_issue):
        for row in module.rows():
            print(row, flush=True)
            too_slow += not row.holds
    return 1 if too_slow else 0


if __name__ == "__main__":
    sys.exit(main())
