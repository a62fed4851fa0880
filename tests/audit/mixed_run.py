"""A small mixed inventory as an audit is given it, and a process that audits it with parts of a few rows.

python -m tests.audit.mixed_run FOLDER INPUTS SETTINGS ENGINE ROWS [--resume]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.audit.engines.cluster import Cluster
from pki.audit.engines.engine import Engine
from pki.audit.engines.loop import Loop
from pki.audit.engines.pool import ProcessPool
from pki.audit.inputs import AuditInput
from pki.audit.manifest import Manifest
from pki.audit.parts import cut
from pki.audit.places import Folder, RunPlace
from pki.audit.run import Progress, Run, clear
from pki.audit.settings import AuditSettings
from pki.model.verdict import AnchorClass
from tests.audit.mixed_fleet import MixedFleet, Row


@dataclass(frozen=True)
class Inventory:
    """Rows with what has to come of them, and the question that is asked of them."""

    rows: tuple[Row, ...]
    settings: AuditSettings
    anchors: bytes  # PEM

    @classmethod
    def of(cls, at: datetime, rows: int, *, issuers: int = 10) -> Inventory:
        fleet = MixedFleet(at, issuers=issuers)
        anchors = tuple(
            (one.public_bytes(Encoding.DER), AnchorClass.USER)
            for one in x509.load_pem_x509_certificates(fleet.anchors)
        )
        settings = AuditSettings(at, at + timedelta(days=3 * 365), anchors)
        return cls(tuple(fleet.rows(rows)), settings, fleet.anchors)

    def inputs(self) -> Iterator[AuditInput]:
        return (AuditInput("inventory", f"row {row.number}", row.host, row.chain) for row in self.rows)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The inputs as lines and the settings, as files in FOLDER."""
        inputs, settings = folder / "inputs.ndjson", folder / "settings.json"
        inputs.write_bytes(b"".join(one.encode() for one in self.inputs()))
        settings.write_bytes(self.settings.encode())
        return inputs, settings


def run_audit(
    place: RunPlace,
    settings: bytes,
    inputs: Callable[[], Iterable[AuditInput]],
    engine: Engine,
    *,
    rows: int,
    resume: bool = False,
    told: Callable[[Progress], None] = lambda _: None,
) -> bytes:
    """Audit INPUTS in PLACE with parts of ROWS, and answer `rows.ndjson`."""
    with place.held():
        if not resume:
            clear(place)
        run = Run(place, settings, inputs, rows=rows)
        run.begin(Manifest.blank(settings, ["inventory"]).counting(cut(inputs(), rows=rows)), resume=resume)
        for progress in run.judge(engine):
            told(progress)
        return place.read("rows.ndjson") or b""


def engine_named(name: str) -> Engine:
    """`loop`, `pool:2` or a Dask scheduler's address."""
    if name == "loop":
        return Loop()
    return ProcessPool(int(name[5:])) if name.startswith("pool:") else Cluster(name)


def main() -> None:
    folder, inputs, settings, engine, rows, *resume = sys.argv[1:]

    def read() -> Iterator[AuditInput]:
        with Path(inputs).open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield AuditInput.decode(line, name=f"line {number}")

    run_audit(
        Folder(Path(folder)),
        Path(settings).read_bytes(),
        read,
        engine_named(engine),
        rows=int(rows),
        resume=bool(resume),
    )


if __name__ == "__main__":
    main()
