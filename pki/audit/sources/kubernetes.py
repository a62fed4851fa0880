"""Secrets of Kubernetes: the certificates in `tls.crt`, and nothing else of them.

`tls.key` is never decoded and never kept. `ca.crt` is the issuer's own, for clients: no server sends it, so it is no
part of the chain. Which names clients ask for, a Secret does not say: no name is checked, and the row says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pki.audit.inputs import AuditInput
from pki.audit.sources.rows import PassedOver, chain_of_texts, failed, with_chain
from pki.errors import PkiError, Unreadable

CERTIFICATE = "tls.crt"
TLS = "kubernetes.io/tls"


@dataclass(frozen=True, slots=True)
class Resource:
    """What an audit reads of one object of Kubernetes; `certificate` is base64 under `data`, PEM under `stringData`."""

    kind: str
    name: str
    namespace: str
    type: str
    data: object = None
    string_data: object = None

    @property
    def locator(self) -> str:
        """Namespace and name, as kubectl takes them."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def is_resource(found: Mapping[str, Any]) -> bool:
    """Whether an object of JSON is one of Kubernetes, or a list of them."""
    return (isinstance(found.get("kind"), str) and isinstance(found.get("apiVersion"), str)) or _is_item(
        found
    )


def _is_item(found: Mapping[str, Any]) -> bool:
    """Whether it is an item of a SecretList, as the API itself gives them: without kind and version."""
    return all(
        isinstance(found.get(key), kind) for key, kind in (("metadata", dict), ("data", dict), ("type", str))
    )


def resource_of(found: Mapping[str, Any]) -> Resource:
    """What is read of an object of JSON."""
    metadata = _mapping(found.get("metadata"))
    return Resource(
        _word(found.get("kind")) or ("Secret" if _is_item(found) else ""),
        _word(metadata.get("name")),
        _word(metadata.get("namespace")),
        _word(found.get("type")),
        _mapping(found.get("data")).get(CERTIFICATE),
        _mapping(found.get("stringData")).get(CERTIFICATE),
    )


def secret_inputs(found: Resource, source: str, passed: PassedOver, place: str) -> Iterator[AuditInput]:
    """The input of a Secret; none of what is no Secret, or is of another type and has no `tls.crt`: these are counted.

    PLACE is where it stands, for one without a name.
    """
    if found.kind != "Secret":
        passed.count("resource that is no Secret", "resources that are no Secrets")
        return
    if found.type != TLS and found.data is None and found.string_data is None:
        passed.count(
            f"Secret of another type without {CERTIFICATE}", f"Secrets of other types without {CERTIFICATE}"
        )
        return
    locator = found.locator or place
    name = f"{source}, Secret {locator}"
    try:
        yield with_chain(source, locator, None, _chain(found, name))
    except PkiError as error:
        yield failed(source, locator, error)


def _chain(found: Resource, name: str) -> tuple[bytes, ...]:
    if found.string_data is not None:  # the API server lets it win: core/v1, Secret
        if not isinstance(found.string_data, str):
            raise Unreadable(f"{name} has no text under stringData.{CERTIFICATE}", hint=_RENDER)
        text: str | bytes = found.string_data
    else:
        if found.data is None:
            raise Unreadable(f"{name} is of type {TLS} and has no {CERTIFICATE}", hint=_ISSUE)
        if found.data == "":
            raise Unreadable(f"{name} is of type {TLS} and its {CERTIFICATE} is empty", hint=_ISSUE)
        if not isinstance(found.data, str):
            of_json = isinstance(found.data, (int, float, list, dict))  # where templates are no JSON at all
            raise Unreadable(
                f"{name} has no base64 under data.{CERTIFICATE}", hint=_ISSUE if of_json else _RENDER
            )
        try:
            text = base64.b64decode("".join(found.data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise Unreadable(f"{name}: data.{CERTIFICATE} is no base64", hint=_ISSUE) from None
    if not text.strip():
        raise Unreadable(f"{name}: its {CERTIFICATE} is empty", hint=_ISSUE)
    return chain_of_texts([text], name=f"{name}: {CERTIFICATE}")


_RENDER = "A template is rendered first: `helm template CHART | trustrig audit -`."
_ISSUE = "See who is to fill it: `kubectl describe secret NAME`."


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str:
    return value[:300] if isinstance(value, str) else ""
