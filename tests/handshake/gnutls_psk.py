"""`gnutls-serv` with pre-shared keys before our client; run by `tests.handshake.namespaces`.

Usage: python -m tests.handshake.gnutls_psk KEYS VERSION. Prints what comes of the key of alice, of another key for
her, and of an identity that is not in KEYS, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys

from pki.handshake import TlsVersion
from pki.handshake.psk import call_with_psk
from pki.report.dtls import psk_document
from tests import clock
from tests.handshake.namespaces import bring_up
from tests.handshake.test_psk_handshakes import NOBODY, OURS, WRONG_KEY

_PORT = 5556
_PRIORITY = "NORMAL:-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK"


def main(keys: str, version: str) -> None:
    bring_up()
    command = ["gnutls-serv", f"--port={_PORT}", f"--pskpasswd={keys}", f"--priority={_PRIORITY}", "--echo"]
    with subprocess.Popen(command, stdout=sys.stderr, stderr=sys.stderr) as running:
        try:
            clock.until(lambda: running.poll() is not None or clock.listens(_PORT))
            people = {"alice": OURS, "wrong": WRONG_KEY, "nobody": NOBODY}
            found = {
                name: call_with_psk(psk, _PORT, version=TlsVersion(version), at=clock.now(), deadline=30)
                for name, psk in people.items()
            }
            print(json.dumps({name: psk_document(outcome) for name, outcome in found.items()}))
        finally:
            running.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
