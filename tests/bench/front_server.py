"""The front of `bench_front` as a process of its own: BEHIND is a port, FOLDER gets the root; its own port is printed."""

from __future__ import annotations

import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.front import Relay, ServerBehind, Shown
from pki.handshake import ClientCertificates, ServerSettings
from pki.issue import Authority
from tests import clock

HOST = "localhost"


def serve(behind: int, folder: Path) -> None:
    at = clock.now()
    authority = Authority.create(name="Bench CA", at=at)
    identity = authority.issue_server(HOST, "127.0.0.1", at=at)
    chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in identity.sent_chain)
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").touch(0o600)
    (folder / "key.pem").write_bytes(key)
    (folder / "chain.pem").write_bytes(chain)
    settings = ServerSettings(identity=identity, client_certificates=ClientCertificates.NONE)
    with Relay(ServerBehind("127.0.0.1", behind), Shown("good-ec", settings, HOST), at=at) as relay:
        print(relay.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
