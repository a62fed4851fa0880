"""Which column or field of a record is the host, which the chain, and which the port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pki.audit.sources.rows import shown
from pki.errors import InvalidRequest
from pki.model.suggestion import one_of

# What inventories call them, the likeliest first; compared in lower case, with blanks and hyphens as underscores.
_HOSTS = (
    *(
        "host",
        "hostname",
        "host_name",
        "server_name",
        "servername",
        "domain",
        "domain_name",
        "fqdn",
        "dns",
        "dns_name",
    ),
    *("server", "site", "endpoint", "url", "uri", "target", "address", "ip", "ip_address"),
)
_CHAINS = (
    *(
        "chain",
        "certificate_chain",
        "cert_chain",
        "fullchain",
        "full_chain",
        "chain_pem",
        "certificates",
        "certs",
    ),
    *("certificate", "cert", "certificate_pem", "cert_pem", "pem", "x5c", "leaf", "der", "certificate_der"),
)
_PORTS = ("port",)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that were asked for, by name or number from 1; empty: those that are called so."""

    host: str = ""
    chain: str = ""

    @property
    def given(self) -> bool:
        """Whether any was asked for."""
        return bool(self.host or self.chain)

    @property
    def numbered(self) -> bool:
        """Whether those that were asked for are numbers."""
        return self.given and all(one.isdecimal() for one in (self.host, self.chain) if one)


@dataclass(frozen=True, slots=True)
class Places:
    """Where host, chain and port stand among the columns, counting from 0; None where there is none."""

    host: int | None = None
    chain: int | None = None
    port: int | None = None

    @property
    def any(self) -> bool:
        """Whether a host or a chain is among them."""
        return self.host is not None or self.chain is not None


def places_of(names: Sequence[str], columns: Columns, *, source: str) -> Places:
    """Where the columns called NAMES have what an audit reads.

    Raises:
        InvalidRequest: a column that was asked for is none of SOURCE's.
    """
    plain = [_plain(name) for name in names]
    host = _asked(columns.host, names, plain, source) if columns.host else _known(_HOSTS, plain)
    chain = _asked(columns.chain, names, plain, source) if columns.chain else _known(_CHAINS, plain)
    return Places(host, chain, _known(_PORTS, plain))


def unknown_columns(names: Sequence[str], source: str) -> InvalidRequest:
    """That none of the columns called NAMES is known to be a host's or a chain's."""
    listed = ", ".join(map(shown, names[:12])) + (", ..." if len(names) > 12 else "")
    return InvalidRequest(
        f"{source} has no column that is known to be a host or a chain; it has {listed}",
        hint="Say which it is, by its name or by its number from 1: --host-column 1, --chain-column 2.",
    )


def _asked(wanted: str, names: Sequence[str], plain: Sequence[str], source: str) -> int:
    if wanted in names:
        return names.index(wanted)
    if _plain(wanted) in plain:
        return plain.index(_plain(wanted))
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise InvalidRequest(
        f"{source} has no column {wanted!r}", hint=one_of(wanted, [name[:40] for name in names[:12]])
    )


def _known(known: Sequence[str], plain: Sequence[str]) -> int | None:
    return next((plain.index(name) for name in known if name in plain), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
