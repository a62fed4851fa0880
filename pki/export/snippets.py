"""What to paste into an app: Swift for client identities and server trust, and the Info.plist keys that go with it.

The Swift is in `swift/`, one file for each snippet with its own account of what it avoids and where that is
documented; here the values of one authority are filled in. The property lists come from `info_plists`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.export.info_plists import pinned_domains, transport_security
from pki.export.swift_text import base64_lines, filled, literal
from pki.model.hosts import Host, in_url
from pki.model.suggestion import one_of

_SWIFT: Final = {
    "client-identity": "ClientIdentity.swift",
    "server-trust": "ServerTrust.swift",
    "network-identity": "NetworkIdentity.swift",
    "network-trust": "NetworkTrust.swift",
    "xctest": "MutualTLSTests.swift",
}
_ABOUT_AN_IDENTITY: Final = ("client-identity", "network-identity", "xctest")
_ABOUT_A_FRONT: Final = ("front-xctest", "front-pytest")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
NAMES: Final = (*_SWIFT, "pinned-domains", "ats", *_ABOUT_A_FRONT)


@dataclass(frozen=True, slots=True)
class ClientFile:
    """The .p12 an app carries: its file name, and how many intermediates are in it."""

    name: str
    intermediates: int


@dataclass(frozen=True, slots=True)
class SnippetValues:
    """Whose snippets: the server's host, its issuers, and what else is known.

    `intermediates` are the issuers between the server's certificate and the root. `pinned_leaf` is the server's own
    certificate, if its key is to be pinned as well. `control` is the control port of a front, as a URL.
    """

    host: Host
    root: x509.Certificate
    intermediates: tuple[x509.Certificate, ...] = ()
    client: ClientFile | None = None
    pinned_leaf: x509.Certificate | None = None
    control: str | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    """One snippet: what `--only` calls it, its file, and its text. The first line of a text says what it does."""

    name: str
    file: str
    text: str

    @property
    def title(self) -> str:
        """What it does, in one sentence."""
        first = next(line for line in self.text.splitlines() if line.startswith(("// ", "# ", "<!-- ")))
        return first.removeprefix("// ").removeprefix("# ").removeprefix("<!-- ").removesuffix(" -->")


def snippets_for(values: SnippetValues) -> tuple[Snippet, ...]:
    """Every snippet that VALUES are enough for: without a client or a front, those about one are left out."""
    url_host = in_url(values.host.text)
    swift = {
        "host": literal(values.host.text),
        "url": literal(f"https://{url_host}/"),
        "root": base64_lines(values.root.public_bytes(Encoding.DER)),
    }
    if values.client is not None:
        swift |= {"p12": literal(values.client.name), "intermediates": str(values.client.intermediates)}
    return (
        *(
            Snippet(name, file, filled(file, swift))
            for name, file in _SWIFT.items()
            if values.client is not None or name not in _ABOUT_AN_IDENTITY
        ),
        Snippet(
            "pinned-domains",
            "PinnedDomains.plist",
            pinned_domains(values.host, (*values.intermediates, values.root), leaf=values.pinned_leaf),
        ),
        Snippet("ats", "AppTransportSecurity.plist", transport_security(values.host)),
        *(_front_snippets(values.control) if values.control is not None else ()),
    )


def _front_snippets(control: str) -> tuple[Snippet, ...]:
    swift, python = filled("FrontTests.swift", {"control": literal(control)}), {"control": ascii(control)}
    return (
        Snippet("front-xctest", "FrontTests.swift", swift),
        Snippet("front-pytest", "test_front.py", filled("test_front.txt", python, folder="python")),
    )


def control_url(text: str) -> str:
    """Read where a front's control port is: `http://127.0.0.1:PORT`, `127.0.0.1:PORT` or `:PORT`.

    Raises:
        InvalidRequest: it is none, or not on this machine, where control ports are alone.
    """
    written = text if "://" in text else f"http://{'127.0.0.1' if text.startswith(':') else ''}{text}"
    try:
        url = urlsplit(written)
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    if url.scheme != "http" or url.hostname not in _LOOPBACK or not port or url.path not in ("", "/"):
        raise InvalidRequest(
            f"{text!r} is no control port of a front",
            hint="It is on this machine, and `trustrig front --control 8474` has it at http://127.0.0.1:8474.",
        )
    return f"http://{url.netloc}"


def chosen(snippets: Iterable[Snippet], names: Iterable[str]) -> tuple[Snippet, ...]:
    """Those of SNIPPETS that are called by NAMES, all of them when there is no name.

    Raises:
        InvalidRequest: no snippet has one of the names, or it is about an identity and there is none.
    """
    known = {snippet.name: snippet for snippet in snippets}
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name in known:
            continue
        if name in NAMES:
            if name in _ABOUT_A_FRONT:
                raise InvalidRequest(
                    f"{name} is about a front, and none was named",
                    hint="Name its control port: --front http://127.0.0.1:8474.",
                )
            raise InvalidRequest(
                f"{name} is about a client identity, and none was named", hint="Name the client."
            )
        raise InvalidRequest(f"no snippet is called {name!r}", hint=one_of(name, NAMES))
    return tuple(known[name] for name in wanted or known)
