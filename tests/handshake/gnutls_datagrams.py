"""`gnutls-serv --udp` before our client, run by `tests.handshake.namespaces`.

Usage: python -m tests.handshake.gnutls_datagrams OURS WHO PATH [OPTION...]. OURS is an authority's folder,
WHO one of its clients or an identity's folder or `-`, PATH one of PATHS. Prints the diagnosis as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pki.handshake import ClientSettings
from pki.handshake.dtls import diagnose_datagrams
from pki.report.dtls import diagnosis_document
from pki.store import AuthorityFolder
from pki.store.revocation import Revocations
from pki_cli.options.live import identity_named
from tests import clock
from tests.handshake.namespaces import bring_up
from tests.handshake.relay import LOOPBACK, narrow, relay, spoil_cookies, whole
from tests.handshake.relay import Path as Carrier

PATHS: dict[str, Carrier] = {"good": whole, "narrow": narrow(600), "spoiled": spoil_cookies}
_PORT = 5555


def main(ours: str, who: str, path: str, *options: str) -> None:
    bring_up()
    folder = AuthorityFolder.open(Path(ours))
    server = folder.path / "issued" / "localhost"
    command = [
        "gnutls-serv", "--udp", f"--port={_PORT}", f"--x509keyfile={server / 'key.pem'}",
        f"--x509certfile={server / 'fullchain.pem'}", f"--x509cafile={folder.path / 'root' / 'cert.pem'}", *options,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=sys.stderr, stderr=sys.stderr) as running:
        try:
            clock.until(lambda: running.poll() is not None or _bound())
            settings = ClientSettings(
                host="localhost",
                trusted_roots=(folder.root,),
                identity=identity_named(who if who != "-" else None, folder.path, None),
                revoked=Revocations(folder).ledger(),
            )
            with relay(_PORT, down=PATHS[path]) as port:
                found = diagnose_datagrams(settings, LOOPBACK, port, at=clock.now(), deadline=5)
            print(json.dumps(diagnosis_document(found)))
        finally:
            running.kill()


def _bound() -> bool:
    """Whether the port is taken: nothing may be sent to find out, since it serves one client at a time."""
    return f":{_PORT:04X} " in Path("/proc/net/udp").read_text()


if __name__ == "__main__":
    main(*sys.argv[1:])
