"""Fixtures beside what they are made of: the bare builder, and generating an RSA key for each.

Run: python -m tests.bench.bench_fixtures.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

from pki.issue import KeyType
from pki_fixtures import Rig
from tests import clock
from tests.bench.bench_issue import HOST, bare_builder
from tests.bench.timing import Row, interleaved, print_rows

LEAVES = 1_000  # one in turn with one of the other side: what slows the machine down hits both
RSA_ROUNDS = 21


def rows() -> list[Row]:
    """A thousand P-256 servers, and RSA servers whose keys come from the pool."""
    rig = Rig(at=clock.now(), host=HOST)
    ours, raw = interleaved(rig.server, bare_builder(), rounds=LEAVES)

    def generating() -> None:
        rsa.generate_private_key(65537, 2048)
        rig.server()

    pooled, generated = interleaved(
        lambda: rig.server(key_type=KeyType.RSA2048), generating, rounds=RSA_ROUNDS, per_round=4
    )
    return [
        Row("Rig.server, P-256, 1,000 leaves / bare cryptography builder", ours, raw, 1.25),
        Row("Rig.server, RSA-2048 of the pool / a new RSA key for each", pooled, generated, 1 / 20),
    ]


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
