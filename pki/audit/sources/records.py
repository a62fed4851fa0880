"""One record of a table or a list of objects, with a host, a chain or both, as an input."""

from __future__ import annotations

from collections.abc import Sequence

from pki.audit.inputs import AuditInput
from pki.audit.sources.hosts_file import asked
from pki.audit.sources.rows import chain_of_texts, failed, host_of_text, with_chain
from pki.errors import InvalidRequest, PkiError, Unreadable


def record_input(
    source: str, locator: str, *, host: object, chain: object, port: object = None, has_chain: bool
) -> AuditInput:
    """The input that a record comes to.

    HAS_CHAIN: there is a place for a chain, so that a record without one is an error and nobody is asked over the
    network for it. HOST and PORT are texts (a port also a number), CHAIN a text, octets, or a list of these.
    """
    name = f"{source}, {locator}"
    try:
        written = _text(host, "host", name).strip()
        if not has_chain:
            if not written:
                raise Unreadable(f"{name} has no host", hint="")
            return asked(written, source, locator, _text(port, "port", name).strip())
        wanted = host_of_text(written) if written else None
    except PkiError as error:
        return failed(source, locator, error)
    try:
        values = _values(chain, name)
        found = chain_of_texts(values, name=name)
    except PkiError as error:
        return failed(source, locator, error, host=wanted)
    return with_chain(source, locator, wanted, found)


def _text(value: object, what: str, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidRequest(f"{name}: the {what} is {value!r:.40}, where a text is due")


def _values(chain: object, name: str) -> list[str | bytes]:
    listed: Sequence[object] = chain if isinstance(chain, list) else [chain]
    found: list[str | bytes] = []
    for one in listed:
        if isinstance(one, (str, bytes)):
            found += [one] if one.strip() else []
        elif one is not None:
            raise Unreadable(f"{name}: the chain is {one!r:.40}, where PEM or base64 is due")
    if not found:
        raise Unreadable(f"{name} has no chain")
    return found
