"""What is answered where a name stands for nothing that was issued here, or for something of another kind."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, StoreError
from pki.model.names import names_host
from pki.model.suggestion import did_you_mean
from pki.store.default_folder import ca_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pki.store.ledger import LedgerRow

_MOST = 3  # names that a message lists; `trustrig list` has them all


def unknown_name(name: str, rows: Sequence[LedgerRow], folder: Path) -> StoreError:
    """The error for a NAME that none of ROWS has: whose it is, what comes near, and the command that goes on."""
    kinds = {row.name: row.kind for row in rows}
    problem = f"nothing called {name!r} was issued in {folder}"
    if not kinds:
        return StoreError(problem, hint="Issue it first:", commands=[f"{_issuing(name)}{ca_option(folder)}"])

    def shown(one: str) -> str:
        return f"{one} ({kinds[one]})"

    known = sorted(kinds)
    bearers = [row.name for row in rows if name.casefold() in map(str.casefold, row.names)]
    if bearers:  # issued under its first name, and asked for by another of its names
        hint = f"{shown(bearers[-1])} has that name: it is called by its first one."
    else:
        hint = did_you_mean(name, known, most=_MOST, shown=shown) or f"There is {_listed(known, shown)}."
    listing = f"trustrig list{ca_option(folder)}"
    return StoreError(problem, hint=f"{hint.rstrip()} All of them:", commands=[listing], path=folder)


def no_authority(row: LedgerRow, rows: Sequence[LedgerRow], folder: Path) -> InvalidRequest:
    """The error where ROW, which is a server's or a client's, was named to sign."""
    return _another(
        f"{row.name} is a {row.kind}, and no authority that could sign",
        sorted({one.name for one in rows if one.kind == "intermediate"}),
        "an intermediate",
        f"trustrig issue intermediate NAME{ca_option(folder)}",
    )


def no_client(row: LedgerRow, rows: Sequence[LedgerRow], folder: Path) -> InvalidRequest:
    """The error where ROW, which is no client's, was named as a client."""
    return _another(
        f"{row.name} is {'an' if row.kind == 'intermediate' else 'a'} {row.kind}, and a client was asked for",
        sorted({one.name for one in rows if one.kind == "client"}),
        "a client",
        f"trustrig issue client NAME{ca_option(folder)}",
    )


def _another(problem: str, names: Sequence[str], kind: str, issuing: str) -> InvalidRequest:
    if not names:
        return InvalidRequest(problem, hint=f"Issue {kind} first:", commands=[issuing])
    return InvalidRequest(problem, hint=f"Name one that was issued as {kind}: {_listed(names, str)}.")


def _listed(names: Sequence[str], shown: Callable[[str], str]) -> str:
    more = " and more" if len(names) > _MOST else ""
    return f"{', '.join(map(shown, names[:_MOST]))}{more}"


def _issuing(name: str) -> str:
    is_host = name == "localhost" or (
        "." in name and names_host(name)
    )  # one word alone is a person's, rather
    kind = "server" if is_host else "client"
    return f"trustrig issue {kind} {shlex.quote(name or 'NAME')}"
