"""Which column or field of a record is the host, which the chain, and which the port."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pki.audit.sources.rows import shown
from pki.errors import InvalidRequest
from pki.model.suggestion import one_of

# What inventories call them, the likeliest first; compared in lower case, without what parts words and what is in
# brackets: `Certificate (PEM)`, `certificateChain`.
_HOSTS = (
    *("host", "hostname", "servername", "domain", "domainname", "fqdn", "dns", "dnsname"),
    *("server", "site", "endpoint", "url", "uri", "target", "address", "ip", "ipaddress"),
)
# All of a chain, or the issuers alone where the certificate has a column of its own.
_CHAINS = (
    *(
        "chain",
        "certificatechain",
        "certchain",
        "fullchain",
        "fullchainpem",
        "chainpem",
        "certificates",
        "certs",
    ),
    *("x5c", "cachain", "intermediates", "intermediatecertificates", "issuers", "cabundle", "bundle"),
)
_LEAVES = (
    *(
        "certificate",
        "cert",
        "certificatepem",
        "certpem",
        "pem",
        "leaf",
        "leafcertificate",
        "servercertificate",
    ),
    *("der", "certificateder", "certder", "crt", "x509"),
)
_PORTS = ("port",)
_PARTING = re.compile(r"[\s_-]|[(\[].*?[)\]]")


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
    """Where host, chain and port stand among the columns, counting from 0; None where there is none.

    `leaf` is where the certificate stands, if the `chain` is in a column of its own: that may have the issuers alone.
    """

    host: int | None = None
    chain: int | None = None
    port: int | None = None
    leaf: int | None = None

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
    port = _known(_PORTS, plain)
    if columns.chain:
        return Places(host, _asked(columns.chain, names, plain, source), port)
    chain, leaf = _known(_CHAINS, plain), _known(_LEAVES, plain)
    if host is None and chain is None and leaf is None and port is not None and len(names) == 2:
        host = 1 - port
    return Places(host, leaf, port) if chain is None else Places(host, chain, port, leaf)


def unknown_columns(names: Sequence[str], source: str) -> InvalidRequest:
    """That none of the columns called NAMES is known to be a host's or a chain's."""
    called = [name for name in names if name.strip()]
    listed = ", ".join(map(shown, called[:12])) + (", ..." if len(called) > 12 else "")
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
        f"{source} has no column {wanted!r}",
        hint=one_of(wanted, [name[:40] for name in names if name.strip()][:12]),
    )


def _known(known: Sequence[str], plain: Sequence[str]) -> int | None:
    return next((plain.index(name) for name in known if name in plain), None)


def _plain(name: str) -> str:
    return _PARTING.sub("", name.lower())
