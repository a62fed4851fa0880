"""What glibc's own resolver finds, alone and with our name server as its DNS; run by `tests.handshake.namespaces`.

Prints, for each of two names, the addresses that getaddrinfo gives in three states: no server listens, the server of
another domain does, that of the name's domain does.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from pathlib import Path

from pki.handshake.serving.name_server import NameServer
from tests.handshake.namespaces import bring_up

NAMES = ("expired-leaf.localhost", "Api.TEST")


def main(folder: Path) -> None:
    bring_up()
    # `files dns` is what Debian's glibc has without further modules; the DNS server is ours alone.
    for place, text in (
        ("/etc/nsswitch.conf", "hosts: files dns\n"),
        ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
    ):
        file = folder / Path(place).name
        file.write_text(text)
        subprocess.run(["mount", "--bind", str(file), place], check=True)
    told = {}
    for name in NAMES:
        domain = name.lower().rpartition(".")[2]
        alone = found(name)
        with NameServer("elsewhere.example", port=53):
            refused = found(name)
        with NameServer(domain, port=53):
            told[name] = {"alone": alone, "refused": refused, "served": found(name)}
    print(json.dumps(told))


def found(name: str) -> list[str]:
    with contextlib.suppress(socket.gaierror):
        return sorted({str(row[4][0]) for row in socket.getaddrinfo(name, 443)})
    return []


if __name__ == "__main__":
    main(Path(sys.argv[1]))
