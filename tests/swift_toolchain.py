"""What a Swift compiler says of the witness: `python -m tests.swift_toolchain CHROOT`, as root.

CHROOT is a Debian 13 with Swift in it (3 GB, which is why CI has none):

    debootstrap --variant=minbase --include=swiftlang,libc6-dev,libstdc++-14-dev trixie CHROOT

Swift for Linux has none of Apple's frameworks. So the package is built and run without them, which writes a witness that
could ask nothing; and what calls them is type-checked beside declarations of ours (`fixtures/swift_stubs`), as Swift 5
and as Swift 6 with complete checking of concurrency.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from pki.store.atomic import write_folder
from pki_fixtures.compiling import Order, compile_scenarios
from pki_fixtures.witness import GapKind, compare_witness, read_witness
from tests import clock
from tests.report.test_schemas import validator

STUBS = Path(__file__).parent / "fixtures" / "swift_stubs" / "Security.swift"
PLACE = "root/trustrig-witness"
# Swift finds its libraries by /proc, which is mounted for this one process.
INSIDE = 'mount -t proc proc "$0/proc" && exec chroot "$0" bash -c "$1"'
STEPS = (
    "cd rig/witness && swift build",
    "rig/witness/.build/debug/witness -o witness.json",
    "swiftc -emit-module -module-name Security -parse-as-library Security.swift -o Security.swiftmodule",
    *(
        f"swiftc -typecheck -warnings-as-errors -swift-version {version} -strict-concurrency=complete -I . "
        "rig/witness/Sources/Witness/*.swift"
        for version in (5, 6)
    ),
)


def main() -> int:
    """Each step with what it came to; 1 where one failed."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "usr/bin/swiftc").exists():
        print(__doc__)
        return 2
    chroot = Path(sys.argv[1])
    work = chroot / PLACE
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    now = clock.now()
    write_folder(work / "rig", compile_scenarios(Order(), at=now, seed=1))
    shutil.copy(STUBS, work)
    for step in STEPS:
        ran = subprocess.run(
            ["unshare", "--mount", "sh", "-c", INSIDE, chroot, f"cd /{PLACE} && {step}"],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        print("ok  " if ran.returncode == 0 else "FAIL", step)
        if ran.returncode != 0:
            print(ran.stdout + ran.stderr)
            return 1
    data = (work / "witness.json").read_bytes()
    validator("trustrig.witness/1").validate(json.loads(data))
    found = compare_witness(read_witness(data, name="witness.json"))
    kinds = {gap.kind for gap in found.gaps}
    print(f"ok   {len(found.gaps)} gaps, {len(found.compared)} compared")
    return 0 if not found.compared and kinds <= {GapKind.NOT_ASKED, GapKind.MISSING} else 1


if __name__ == "__main__":
    sys.exit(main())
