"""Values inside JSON, YAML, .env, HCL and XML that may be certificates or keys: bounded scanning, no parser of YAML.

Kubernetes and docker write base64 of a file under the file's name (`data` of a Secret, `client-certificate-data` of a
kubeconfig); Vault, AWS, Terraform and cfssl write PEM as a JSON string; SAML and OpenVPN base64 between tags.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_JSON = 2 * 1024 * 1024
"""Ours: what Python makes of more could fill the memory. Larger documents are scanned as text."""
MAX_ENTRIES = 2_000  # values of one document that are looked into
_MAX_VALUES = 400_000
_MAX_STEPS = 6  # of the way to a value that are shown
_SHORTEST = 56  # characters of base64: an Ed25519 key takes 64

_SCALAR = re.compile(
    rb"""(?:^|(?<=[\s{,"']))([A-Za-z0-9_][A-Za-z0-9_./-]{0,79})["']?[ \t]*[:=][ \t]*(?:!!binary[ \t]*)?(?:
    ["']?([A-Za-z0-9+/_-]{56,}+={0,2})["']?[ \t]*(?=[\r\n,}\]]|\Z)
    |[|>][0-9+-]{0,2}[ \t]*(?:\#[^\r\n]{0,200})?\r?\n((?:[ \t]+[A-Za-z0-9+/]+={0,2}[ \t]*(?:\r?\n|\Z))++))""",
    re.VERBOSE,
)
_TAGGED = re.compile(
    rb"<((?:[A-Za-z0-9]{1,20}:)?[A-Za-z0-9]{1,40})(?:[ \t][^<>]{0,200})?>([A-Za-z0-9+/=\s]{56,}+)</\1>"
)
# kubectl's annotation repeats the whole Secret as it was applied last.
_APPLIED = re.compile(
    rb"last-applied-configuration[\"']?:[ \t]*(?:[|>][+-]?[ \t]*\r?\n[ \t]*)?['\"]?\{[^\r\n]*"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]{56,}={0,2}\s*")
# What such keys say of a certificate: that it is an issuer's.
_ISSUERS = re.compile(
    r"(?:^|[^A-Za-z])(?:ca|CA)(?![a-z])|(?i:cacert|root|issu|trust|authorit|chain|bundle|intermed)"
)
_LEAF = re.compile(r"(?i)full.?chain|cert.?chain\.pem|tls\.crt")


@dataclass(frozen=True, slots=True)
class DocumentValue:
    """One value: the key it stands under, and its octets, decoded where it was base64."""

    key: str
    data: bytes = field(repr=False)
    encoding: str  # "base64" or "text"
    line: int = 0  # 0 where it is not known
    rank: int = (
        0  # 0 for a leaf's place and 1 for an issuer's: maps are sorted by name, ca.crt before tls.crt
    )

    @property
    def where(self) -> str:
        """How remarks call it."""
        of = "base64 under " if self.encoding == "base64" else ""
        return f"{of}{self.key}" + (f" (line {self.line})" if self.line else "")


def rank(key: str) -> int:
    """Whose certificate the value under KEY is: 0 the leaf's, or unknown; 1 an issuer's."""
    return int(bool(_ISSUERS.search(key)) and not _LEAF.search(key))


def in_json(text: bytes) -> tuple[tuple[DocumentValue, ...], Any] | None:
    """The values of a JSON document that may hold something, with the document; None for what is no JSON."""
    if len(text) > MAX_JSON or text.lstrip()[:1] not in (b"{", b"["):
        return None
    import json

    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = []
    for node, value in _candidates(document):
        entry = _entry(node.path, node.name, value)
        if entry is not None:
            found.append(entry)
        if len(found) == MAX_ENTRIES:
            break
    return tuple(found), document


def in_text(text: bytes) -> tuple[DocumentValue, ...]:
    """The base64 values of a document of lines or tags: YAML, .env, HCL, Java properties, XML."""
    if b"last-applied-configuration" in text:
        text = _APPLIED.sub(b"", text)
    found: list[DocumentValue] = []
    line, counted = 1, 0
    for match in _SCALAR.finditer(text):
        line += text.count(b"\n", counted, match.start(1))
        counted = match.start(1)
        data = decoded(match[2] or match[3])
        if data is not None:
            key = match[1].decode("ascii")
            found.append(DocumentValue(key, data, "base64", line, rank(key)))
        if len(found) == MAX_ENTRIES:
            return tuple(found)
    if b"</" in text:
        for match in _TAGGED.finditer(text):
            data = decoded(match[2])
            if data is not None:
                at = text.count(b"\n", 0, match.start(1)) + 1 if len(found) < 100 else 0
                found.append(DocumentValue(match[1].decode("ascii"), data, "base64", at))
            if len(found) == MAX_ENTRIES:
                break
    return tuple(found)


def is_jwk(document: Any) -> bool:
    """Whether a JSON document is a key or a set of keys (RFC 7517, 4 and 5)."""
    listed = document.get("keys") if isinstance(document, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else document
    return isinstance(first, dict) and "kty" in first


def decoded(text: bytes) -> bytes | None:
    """The octets of base64 or base64url (RFC 4648, 4 and 5), wrapped or not, with or without its padding."""
    body = text.translate(None, b" \t\r\n\v\f")
    if b"-" in body or b"_" in body:
        body = body.translate(bytes.maketrans(b"-_", b"+/"))
    body = body.rstrip(b"=")
    if len(body) % 4 == 1:
        return None
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4), validate=True)
    except binascii.Error:
        return None


def _entry(path: str, name: str, value: str) -> DocumentValue | None:
    if "-----BEGIN " in value or value.lstrip()[:1] == "{":
        return DocumentValue(path, value.encode("utf-8", "surrogatepass"), "text", rank=rank(name))
    data = decoded(value.encode("ascii"))
    return None if data is None else DocumentValue(path, data, "base64", rank=rank(name))


@dataclass(slots=True)
class _Node:
    """A value and the way to it; the way is written out only for what is looked into."""

    value: Any
    key: str | int = ""
    above: _Node | None = None

    @property
    def name(self) -> str:
        """The nearest key of an object."""
        node: _Node | None = self
        while node is not None and isinstance(node.key, int):
            node = node.above
        return node.key if node is not None and isinstance(node.key, str) else ""

    @property
    def path(self) -> str:
        """The last steps of the way, as in data.keys[0].x5c[1]."""
        steps: list[str | int] = []
        node: _Node | None = self
        while node is not None and node.above is not None and len(steps) < _MAX_STEPS:
            steps.append(node.key)
            node = node.above
        text = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:80]}" for step in reversed(steps))
        return text.removeprefix(".") or "the document"


def _candidates(document: Any) -> Iterator[tuple[_Node, str]]:
    """Every string of a document that may hold something, in order; no recursion."""
    waiting = [_Node(document)]
    left = _MAX_VALUES
    while waiting and left:
        left -= 1
        node = waiting.pop()
        value = node.value
        if isinstance(value, str):
            if "-----BEGIN " in value or value.lstrip()[:1] == "{" or _is_base64(value):
                yield node, value
        elif isinstance(value, dict):
            waiting += [_Node(one, key, node) for key, one in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [_Node(value[at], at, node) for at in reversed(range(len(value)))]


def _is_base64(value: str) -> bool:
    return len(value) >= _SHORTEST and _BASE64.fullmatch(value) is not None
