"""`make bench`: every comparison in one run; exit code 1 when a limit does not hold."""

from __future__ import annotations

import sys

from tests.bench import (
    bench_evaluate,
    bench_fixtures,
    bench_fleet,
    bench_front,
    bench_handshake,
    bench_issue,
    bench_live,
    bench_startup,
    bench_timeline,
)
from tests.bench.timing import print_rows

if __name__ == "__main__":
    benches = (
        bench_startup,
        bench_issue,
        bench_fixtures,
        bench_evaluate,
        bench_fleet,
        bench_timeline,
        bench_handshake,
        bench_front,
        bench_live,
    )
    sys.exit(max(print_rows(module.rows()) for module in benches))
