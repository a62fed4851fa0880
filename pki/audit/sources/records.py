"""One record of a table or a list of objects, with a host, a chain or both, as an input."""

from __future__ import annotations

from collections.abc import Sequence

from pki.audit.inputs import AuditInput
from pki.audit.sources.cells import certificates_within, is_certificate, is_nothing, octets_of
from pki.audit.sources.chains import link_of
from pki.audit.sources.hosts_file import asked
from pki.audit.sources.rows import chain_of_texts, failed, host_of_text, shown, with_chain
from pki.errors import InvalidRequest, PkiError, Unreadable


def record_input(
    source: str,
    locator: str,
    *,
    host: object,
    chain: object,
    leaf: object = None,
    port: object = None,
    has_chain: bool,
    has_leaf: bool = False,
) -> AuditInput:
    """The input that a record comes to.

    HAS_CHAIN: there is a place for a chain, so that a record without one is an error and nobody is asked over the
    network for it. HOST and PORT are texts (a port also a number), CHAIN a text, octets, or a list or an object of
    these; HAS_LEAF: the certificate stands apart, as LEAF, so that the chain may have its issuers alone.
    """
    name = f"{source}, {locator}"
    try:
        written = _text(host, "host", name).strip()
        if not has_chain:
            if not written:
                raise Unreadable(f"{name} has no host", hint="")
            return asked(written, source, locator, _port(port, name))
        wanted = host_of_text(written) if written else None
    except PkiError as error:
        return failed(source, locator, error)
    try:
        found = _chain(leaf, chain, name, apart=has_leaf)
    except PkiError as error:
        return failed(source, locator, error, host=wanted)
    return with_chain(source, locator, wanted, found)


def _chain(leaf: object, chain: object, name: str, *, apart: bool) -> tuple[bytes, ...]:
    # A column called so may have the certificate's name or serial number instead.
    values = [one for one in _values(leaf, name) if isinstance(one, bytes) or is_certificate(one)]
    own = chain_of_texts(values, name=name)
    rest = chain_of_texts(_values(chain, name), name=name)
    if own:
        return tuple(dict.fromkeys((*own, *rest)))
    if not rest:
        raise Unreadable(f"{name} has no chain")
    if apart and not link_of(rest[0]).leaf:  # a CA's, which would be judged as one
        raise Unreadable(f"{name} has issuers, and not the certificate that they are for")
    return rest


def _text(value: object, what: str, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return "" if is_nothing(value) else value
    if isinstance(value, float) and value.is_integer():  # as pandas writes a column of numbers with gaps
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidRequest(f"{name}: the {what} is {value!r:.40}, where a text is due")


def _port(value: object, name: str) -> str:
    text = _text(value, "port", name).strip().removesuffix(".0")
    if text and not (text.isdecimal() and 0 < int(text[:9]) < 65_536):
        raise InvalidRequest(f"{name}: the port is {shown(text)}, where a number up to 65535 is due")
    return text


def _values(chain: object, name: str) -> list[str | bytes]:
    if isinstance(chain, dict) or (isinstance(chain, list) and any(isinstance(one, dict) for one in chain)):
        inside = certificates_within(chain)
        if not inside and chain:
            raise Unreadable(f"{name}: the chain is {chain!r:.40}, and no certificate is in it")
        return [*inside]
    listed: Sequence[object] = chain if isinstance(chain, list) else [chain]
    found: list[str | bytes] = []
    for one in listed:
        if isinstance(one, str):
            found += [] if is_nothing(one) else [octets_of(one)]
        elif isinstance(one, bytes):
            found += [one] if one.strip() else []
        elif one is not None:
            raise Unreadable(f"{name}: the chain is {one!r:.40}, where PEM or base64 is due")
    return found
