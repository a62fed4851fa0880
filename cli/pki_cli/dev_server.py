"""The server of `dev --serve`: HTTPS with the identity, and a line for each connection."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING

from pki.store.default_folder import ca_option
from pki_cli.shell import note, now
from pki_cli.stay import Stay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from pki.handshake.serving.recording_server import RecordingServer
    from pki.model.transcript import Transcript
    from pki.store.dev_document import ServingJson
    from pki_cli.dev_report import DevReport
    from pki_cli.options.span import Span

_GLANCE = 0.2  # seconds between looks at what has ended
_UNKNOWN_CA = 48  # RFC 8446, 6.2


def serve_https(
    report: DevReport, *, addresses: Sequence[str], port: int, lasting: Span, as_json: bool
) -> None:
    """Serve at ADDRESSES and PORT for as long as it is LASTING; tell REPORT once it listens.

    Raises:
        HandshakeError: the port cannot be had.
        StoreError: the identity's files are damaged.
    """
    from pki.handshake import ClientCertificates, ServerSettings
    from pki.handshake.ends.contexts import ServerContext
    from pki.handshake.ends.site import Site
    from pki.handshake.explaining.transcript import build_transcript
    from pki.handshake.serving.https_end import HttpsEnd
    from pki.handshake.serving.listeners import ListenAddress
    from pki.handshake.serving.recording_server import RecordingServer

    settings = ServerSettings(
        identity=report.folder.identity(report.ready.row.name),
        client_certificates=ClientCertificates.NONE,
        site=Site(preface=f"{report.ready.row.name}: TLS works here, and this is `trustrig dev`."),
    )
    context = ServerContext.prepare(settings, at=report.at)
    with RecordingServer(
        ListenAddress(new_end=lambda *_: HttpsEnd(context), addresses=tuple(addresses), port=port),
        at=report.at,
    ) as server:
        if any(ip_address(address).is_global for address in addresses):
            note(
                f"warning: {addresses[0]} is a public address: the server can be reached from beyond your network"
            )
        stay = Stay(lasting)
        report.tell(_serving(report, server, addresses, stay.until), as_json=as_json)
        sys.stdout.flush()
        note(
            f"Serving HTTPS on {' and '.join(addresses)}, port {server.port}, for {lasting}; Ctrl-C ends it."
        )
        told = 0

        def tell(timeout: float) -> None:
            nonlocal told
            told, records = server.finished_since(told, timeout=timeout)
            for record in records:
                seen = build_transcript(None, record, at=now(), transport="sockets")
                note(_visit(seen, report.folder.path))

        try:
            while (left := stay.left) > 0:
                tell(min(left, _GLANCE))
        finally:
            tell(0)  # who came in the moment before the end


def _serving(
    report: DevReport, server: RecordingServer, addresses: Sequence[str], until: datetime
) -> ServingJson:
    from pki.model.hosts import in_url
    from pki.model.time_format import utc_text

    return {
        "addresses": list(addresses),
        "port": server.port,
        "url": f"https://{in_url(report.name, server.port)}/",
        "until": utc_text(until),
    }


def _visit(seen: Transcript, ca: Path) -> str:
    """How one connection went, and what to do where it did not."""
    from pki.report.layout import harmless

    if seen.accepted:
        told = f"{seen.headline}, {seen.version}"
    elif seen.alert is not None and seen.alert.kind.number == _UNKNOWN_CA:
        root = f"Trust the root there; on a phone: trustrig install device{ca_option(ca)}"
        told = f"{seen.headline}: that client does not trust the root. {root}"
    else:
        told = ": ".join(filter(None, (seen.headline, seen.reason)))
    return f"{now():%H:%M:%S} {harmless(told)}"
