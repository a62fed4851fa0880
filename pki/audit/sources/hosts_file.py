"""A list of hosts: a line each, as a name, host:port or a URL; comments begin with #."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.audit.inputs import AuditInput
from pki.audit.sources.byte_reader import ByteReader, Line
from pki.audit.sources.rows import failed, shown
from pki.errors import InvalidRequest, PkiError
from pki.live.target import Target, parse_target
from pki.model.hosts import in_url, packed_address
from pki.model.name_input import mistaken_name, scheme_of

_COMMENT = re.compile(r"(?:^|\s)#.*|^\s*(?:;|//).*")  # no host begins with the latter two
# `a.test 443`, `a.test;443`, `a.test,443`: the port apart, as tables without a header have it.
_PORT_APART = re.compile(r"(\S*?[^\s,;|:])(?:\s*[,;|]\s*|\s+)([0-9]{1,5})")
_NUMBERS = re.compile(r"[0-9.]*[0-9]")
_LONGEST = 2_000  # characters of a URL; ours, a name has 253 at most
_ONE = "Write one host a line."
_LOOKED_AT = 50  # lines that tell whether a text is such a list


def endpoint_of(target: Target, scheme: str = "https") -> str:
    """How a server to be asked is written: host:port for HTTPS, else a URL with the SCHEME it was named by."""
    place = in_url(target.host.text, target.port)
    if target.is_http:
        return place
    direct = "/?sslnegotiation=direct" if target.protocol.name == "postgres" and not target.starttls else ""
    return f"{scheme}://{place}{direct}"


def target_of(endpoint: str) -> Target:
    """The server that an endpoint names.

    Raises:
        InvalidRequest: it is none.
    """
    return parse_target(endpoint if "://" in endpoint else f"https://{endpoint}")


def server_of(text: str) -> Target:
    """The server that somebody wrote as a name, an address, host:port or a URL.

    Raises:
        InvalidRequest: it is none of these, or a name with a wildcard.
    """
    if len(text) > _LONGEST:
        raise InvalidRequest(f"{shown(text)} is no host: it has {len(text):,} characters", hint=_ONE)
    if _NUMBERS.fullmatch(text) and packed_address(text) is None:  # the system would take 1 for 0.0.0.1
        raise InvalidRequest(f"{shown(text)} is a number, and no host", hint=_ONE)
    if len(text.split()) != 1:
        raise InvalidRequest(f"{shown(text)} is no host: there are blanks in it", hint=_ONE)
    bare = (
        text if "://" in text or packed_address(text) is None or text.startswith("[") else in_url(text, 443)
    )
    mistake = mistaken_name(text)
    if mistake is not None and mistake.what in ("a range of addresses", "several names in one"):
        raise InvalidRequest(f"{shown(text)} is {mistake.what}", hint=_ONE)
    try:
        found = target_of(bare)
    except InvalidRequest as error:
        raise InvalidRequest(
            f"{shown(text)} is no host: {error.problem}", hint=error.hint, commands=error.commands
        ) from None
    if "*" in found.host.text:
        raise InvalidRequest(
            f"{found.host.text} is a pattern, and no server can be asked for it",
            hint="Name one host that it covers.",
        )
    return found


def hosts_file(reader: ByteReader) -> Iterator[AuditInput]:
    """A server for each line; a line that names none is an error."""
    for line in reader.lines():
        text = _content(line)
        if text:
            yield asked(text, reader.name, f"line {line.number}")


def asked(text: str, source: str, locator: str, port: str = "") -> AuditInput:
    """The input that asks the server called TEXT; PORT is where it stands apart, for a TEXT that has none."""
    known = mistaken_name(text)
    if port and "://" not in text and (known is None or known.port is None):
        text = f"{in_url(text.strip('[]'))}:{port}"
    try:
        target = server_of(text)
    except PkiError as error:
        return failed(source, locator, error)
    return AuditInput(source, locator, target.host.text, (), endpoint_of(target, scheme_of(text)))


def is_hosts_file(head: bytes) -> bool:
    """Whether at least half of the first lines of a text name servers."""
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[: _LOOKED_AT * 4]
    texts = [text for number, line in enumerate(lines, start=1) if (text := _content(Line(number, line)))][
        :_LOOKED_AT
    ]
    return bool(texts) and sum(map(_names_one, texts)) * 2 >= len(texts)


def _names_one(text: str) -> bool:
    if "://" in text:
        return True
    try:
        server_of(text)
    except PkiError:
        return False
    return True


def _content(line: Line) -> str:
    text = line.text.decode("utf-8", "replace")
    text = _COMMENT.sub("", text).strip()
    if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    apart = _PORT_APART.fullmatch(text)
    return text if apart is None or "://" in text else f"{in_url(apart[1].strip('[]'))}:{apart[2]}"


def why_no_hosts(head: bytes) -> str:
    """Why a text that begins with HEAD is no list of hosts: its first line that is none; empty where all are."""
    for number, line in enumerate(head.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        text = _content(Line(number, line))
        if text:
            try:
                server_of(text)
            except PkiError as error:
                return f"line {number}: {error.problem}"
    return ""
