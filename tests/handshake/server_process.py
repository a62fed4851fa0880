"""A server in a process of its own, so that what is measured of it is its own.

Usage: python server_process.py SERVER.P12 ROOT.PEM DEADLINE [LEFT]. Prints the port, and serves until its standard input ends. With
LEFT it first takes file descriptors until only so many are left, and lets them go at the first line it reads.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from pathlib import Path

from cryptography import x509

from pki.handshake import ChainsTo, LoopbackServer, ServerSettings
from pki.load import load_identity
from tests import clock
from tests.handshake.programs import PASSWORD

DESCRIPTORS = 256  # in a crowded server_process: what macOS gives a process


def main(p12: str, root: str, deadline: str, left: str | None = None) -> None:
    identity = load_identity(Path(p12).read_bytes(), name=p12, password=PASSWORD)
    anchor = x509.load_pem_x509_certificate(Path(root).read_bytes())
    hoard: list[int] = []
    settings = ServerSettings(identity=identity, policy=ChainsTo((anchor,)))
    with LoopbackServer(settings, at=clock.now(), deadline=float(deadline)) as server:
        if left is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
            with contextlib.suppress(OSError):
                while True:
                    hoard.append(os.open(os.devnull, os.O_RDONLY))
            for _ in range(int(left)):
                os.close(hoard.pop())
        print(server.port, flush=True)
        for _ in sys.stdin:
            for descriptor in hoard:
                os.close(descriptor)
            hoard.clear()


if __name__ == "__main__":
    main(*sys.argv[1:])
