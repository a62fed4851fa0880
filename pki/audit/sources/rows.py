"""How what a source holds becomes an input: a chain with its host, a server to ask, or the sentence why neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from pki.audit.inputs import MAX_LINE, AuditInput
from pki.errors import InvalidRequest, PkiError, Unreadable
from pki.load.certificates import load_certificates
from pki.load.kinds import FileKind
from pki.load.recognition import recognise
from pki.model.hosts import parse_host
from pki.model.name_input import mistaken_name
from pki.report.layout import printable

Remark = Callable[[str], None]
MAX_CHAIN = MAX_LINE // 2
"""Octets of a chain, so that its line (base64 is four thirds of it) has place for the rest; ours."""
_SHOWN = 60  # characters of a strange text in a message
_TO_BLANKS = bytes.maketrans(b",;|", b"   ")


class PassedOver:
    """What is passed over, counted by kind, and what else is to be said once SOURCE was read, in one sentence each."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._told: list[str] = []

    def tell(self, words: str) -> None:
        """Have WORDS said once, however often they are told."""
        if words not in self._told:
            self._told.append(words)

    def count(self, one: str, many: str, number: int = 1, *, but: str = "") -> None:
        """Note NUMBER more of what is called ONE where it is one, and MANY where there are several; BUT: the way in."""
        if number:
            self._counts[one, many, but] += number

    def sentences(self) -> Iterator[str]:
        """One for each kind: `certs: 12 files without a certificate were passed over.`."""
        yield from self._told
        for (one, many, but), number in self._counts.items():
            what = f"1 {one} was" if number == 1 else f"{number:,} {many} were"
            yield f"{self.source}: {what} passed over{f'; {but}' if but else ''}."


def sentence(error: PkiError) -> str:
    """An error's text in one line: the problem, the next step, and the command that it is."""
    return " ".join([str(error).partition("\n")[0], *error.commands[:1]])


def shown(text: str) -> str:
    """A stranger's TEXT in a message: its beginning, in quotes, without what a URL logs in with."""
    if "@" in text:
        text = f"...@{text.rpartition('@')[2]}"
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def failed(
    source: str, locator: str, error: PkiError | str, *, host: str | None = None, endpoint: str | None = None
) -> AuditInput:
    """The input of which there is no chain, because of ERROR, which may repeat what strangers wrote."""
    words = sentence(error) if isinstance(error, PkiError) else error
    return AuditInput(source, locator, host, (), endpoint, printable(words))


def with_chain(source: str, locator: str, host: str | None, chain: tuple[bytes, ...]) -> AuditInput:
    """The input that is judged by CHAIN; one with an error where that is longer than half a mebioctet."""
    size = sum(map(len, chain))
    if size > MAX_CHAIN:
        words = f"The chain has {len(chain):,} certificates of {size:,} bytes, and at most {MAX_CHAIN:,} are read."
        return failed(source, locator, words, host=host)
    return AuditInput(source, locator, host, chain)


def chain_of_texts(values: Sequence[str | bytes], *, name: str) -> tuple[bytes, ...]:
    r"""The certificates that a cell or value called NAME has in it, or a list of VALUES has, in their order.

    PEM with its line breaks or with `\n` for them; base64 of DER, of several with blanks, commas, semicolons or bars
    between; octets of DER or PEM; or what else `pki.load` recognises. It is never taken for the path of a file.

    Raises:
        Unreadable: it is something else.
        WrongPassword: it is a PKCS #12 container.
    """
    return tuple(der for value in values for der in _chain_of(value, name))


def _chain_of(value: str | bytes, name: str) -> Iterator[bytes]:
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    parts = data.translate(_TO_BLANKS).split() if b"-----BEGIN" not in data else []
    if len(parts) > 1 and all(part.startswith(b"MI") for part in parts):  # a SEQUENCE of over 127 octets each
        for part in parts:
            yield from load_certificates(recognise(part, name=name), name=name)
        return
    found = recognise(data, name=name)
    if found.kind is FileKind.TEXT:
        raise Unreadable(
            f"{name}: the chain is {shown(data.decode('utf-8', 'replace'))}, neither PEM nor base64 of DER",
            hint="What stands in files is read where the folder or file itself is named.",
        )
    yield from load_certificates(found, name=name)


def host_of_text(text: str) -> str:
    """The name that is asked, out of a host, `host:port` or a URL.

    Raises:
        InvalidRequest: there is none in it.
    """
    found = mistaken_name(text)
    if found is not None and found.what in ("a URL", "a host and a port", "a host and a path"):
        text = found.host
    try:
        return parse_host(text).text
    except InvalidRequest:
        raise InvalidRequest(
            f"{shown(text)} is not a host name", hint="Give a DNS name or an IP address."
        ) from None
