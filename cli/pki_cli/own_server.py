"""Handshakes of which both ends are ours: a server identity where nobody named one, and how such a one is run again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pki.errors import HandshakeError, PkiError, StoreError
from pki.store.default_folder import ca_option
from pki_cli.options.issue import read_passphrase

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.identity import Identity
    from pki.model.transcript import Transcript
    from pki.store import AuthorityFolder


_LOCALHOST = "localhost"
_WRITES = ("--output", "-o", "--keylog")  # what is there would be in the way of the next run


def some_server(folder: AuthorityFolder, at: datetime) -> Identity:
    """The first server identity valid at AT, else one for localhost that lives in memory only."""
    for name in dict.fromkeys(row.name for row in folder.rows() if row.kind == "server"):
        with contextlib.suppress(StoreError):  # one that was issued from a request has its key elsewhere
            found = folder.identity(name)
            if found.certificate.not_valid_before_utc <= at <= found.certificate.not_valid_after_utc:
                return found
    try:
        return _passing_server(folder, at)
    except PkiError as error:
        raise HandshakeError(
            f"{folder.path} holds no server identity that is valid then, and one for {_LOCALHOST} "
            f"could not be made in passing: {error.problem}",
            hint="Issue one:",
            commands=[f"trustrig issue server {_LOCALHOST}{ca_option(folder.path)}"],
        ) from None


def _passing_server(folder: AuthorityFolder, at: datetime) -> Identity:
    from pki.store import AuthorityFolder

    authority = AuthorityFolder(folder.path, passphrase=read_passphrase(None)).authority()
    return authority.issue_server(_LOCALHOST, "127.0.0.1", at=at)


def own_name(serving: Identity) -> str:
    """A name the server's certificate carries, localhost for choice; `*` stands for any label."""
    from pki.issue.alternative_names import subject_names_in
    from pki.model.hosts import example_host

    names = [name.value for name in subject_names_in(serving.certificate) if name.is_host]
    if _LOCALHOST in names or not names:
        return _LOCALHOST
    return example_host(names[0])


def to_check_again(transcript: Transcript, folder: AuthorityFolder) -> Transcript:
    """TRANSCRIPT with the command as it was typed for what checks again; where a client's certificate lacks, with one.

    Nobody else's server is to be visited: once what was wrong is mended, the same is run again.
    """
    if not transcript.check:
        return transcript
    from dataclasses import replace

    from pki_cli.ways_out import again

    clients = [row.name for row in folder.rows() if row.kind == "client"]
    if transcript.code == "client-certificate-missing" and clients:
        return replace(transcript, check=again("--client", clients[-1], without=("--client", *_WRITES)))
    return replace(transcript, check=again(without=_WRITES))
