"""What `dev` answers to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.report.document import TypedDict
from pki.store.documents import finding_json
from pki.store.layout import CERTIFICATE, FULL_CHAIN, KEY, FolderLayout
from pki.store.ledger import LedgerRowJson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Literal

    from pki.model.verdict import Finding
    from pki.report.fields import Text, Time
    from pki.store.documents import IssueFindingJson
    from pki.store.folder import AuthorityFolder
    from pki.store.server_identity import ReadyServer


class DevDocument(LedgerRowJson):
    """A server's identity that is ready to serve, and what comes next."""

    schema: Literal["trustrig.dev/1"]
    ca: Text
    authority_made: bool
    identity: Literal["kept", "issued", "renewed", "extended"]
    certificate_file: Text  # With its issuers: what a server sends.
    key_file: Text
    root_file: Text | None  # What clients trust; null where it is not at hand.
    servers: list[ServerLinesJson]
    next: list[NextStepJson]
    serving: ServingJson | None  # With --serve: it listens.
    findings: list[IssueFindingJson]


class ServerLinesJson(TypedDict):
    """What a server's configuration says, with these files."""

    server: Text
    lines: list[Text]


class NextStepJson(TypedDict):
    """A command, and what it is for."""

    what: Text
    command: Text


class ServingJson(TypedDict):
    """Where HTTPS is served."""

    addresses: list[Text]
    port: int
    url: Text
    until: Time


def dev_document(
    ready: ReadyServer,
    folder: AuthorityFolder,
    *,
    authority_made: bool,
    servers: Mapping[str, Sequence[str]],
    steps: Iterable[tuple[str, str]],
    serving: ServingJson | None,
    findings: Iterable[Finding],
) -> DevDocument:
    """READY in FOLDER: lines for SERVERS by their names, and STEPS, each a command behind what it is for."""
    root = root_file(folder)
    return {
        "schema": "trustrig.dev/1",
        **ready.row.as_json(),
        "ca": str(folder.path),
        "authority_made": authority_made,
        "identity": ready.readiness.value,
        "certificate_file": str(ready.folder / FULL_CHAIN),
        "key_file": str(ready.folder / KEY),
        "root_file": root,
        "servers": [{"server": server, "lines": list(lines)} for server, lines in servers.items()],
        "next": [{"what": what, "command": command} for what, command in steps],
        "serving": serving,
        "findings": [finding_json(finding) for finding in findings],
    }


def root_file(folder: AuthorityFolder) -> str | None:
    """Where the root's certificate is; None where it is not at hand."""
    return str(FolderLayout(folder.path).root / CERTIFICATE) if folder.members.has_root else None
