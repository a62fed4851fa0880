"""Secrets as `kubectl get -o yaml` writes them and as manifests have them: documents of YAML, or items of a List.

They are read as events (PyYAML, libyaml's parser), so that a file may have any length: of each object a few scalars are
kept, no alias is followed, and no value but `tls.crt` is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pki.audit.inputs import AuditInput
from pki.audit.sources.byte_reader import ByteReader
from pki.audit.sources.extra import needed
from pki.audit.sources.json_values import MAX_VALUE
from pki.audit.sources.kubernetes import CERTIFICATE, Resource, secret_inputs
from pki.audit.sources.rows import PassedOver, failed

_DEPTH = 60  # levels of nesting; ours. A Secret has four.
_KIND, _TYPE = ("kind",), ("type",)
_NAME, _NAMESPACE = ("metadata", "name"), ("metadata", "namespace")
_DATA, _STRING_DATA = ("data", CERTIFICATE), ("stringData", CERTIFICATE)
_READ = frozenset({_KIND, _TYPE, _NAME, _NAMESPACE, _DATA, _STRING_DATA})
_ALIAS = object()  # in place of what is no text: an alias, a mapping


def kubernetes_yaml(reader: ByteReader, passed: PassedOver) -> Iterator[AuditInput]:
    """An input for each Secret.

    Raises:
        Unreadable: PyYAML is not installed.
    """
    yaml = needed(
        "yaml", f"{reader.name} is YAML", instead="`kubectl get secrets -A -o json` is read without it."
    )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    objects, stream = _Objects(), _Bounded(reader.pieces())
    number = 0
    try:
        for event in yaml.parse(stream, Loader=loader):
            stream.taken = 0
            found = objects.event(event)
            if found is not None:
                number += 1
                yield from secret_inputs(found, reader.name, passed, f"object {number}")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1:,}" if mark is not None else "some place"
        # `problem` alone: what else PyYAML says repeats the text, which may be a key.
        why = getattr(error, "problem", None) or "it does not parse"
        yield failed(
            reader.name, where, f"{reader.name} is no YAML from {where} on ({why}); nothing behind was read."
        )
    except _TooLong as error:
        yield failed(reader.name, "the rest", f"{reader.name}: {error}; nothing behind was read.")


class _TooLong(Exception):
    """Something in the text is larger than what is read."""


@dataclass(slots=True)
class _Bounded:
    """The stream as PyYAML reads it, of which no more than a value's bound may be `taken` between two events."""

    pieces: Iterator[bytes]
    taken: int = 0
    _rest: bytes = b""

    def read(self, size: int) -> bytes:
        """Up to SIZE octets."""
        if not self._rest:
            self._rest = next(self.pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        self.taken += len(piece)
        if self.taken > MAX_VALUE:
            raise _TooLong(f"a value is larger than {MAX_VALUE >> 20} MiB, or never ends")
        return piece


@dataclass(slots=True)
class _OpenNode:
    """A mapping or a sequence that is open: where it stands in its object, and the key whose value is due."""

    path: tuple[str, ...] | None  # None: nothing in it is read
    mapping: bool
    key: str | None = None
    seen: set[str] = field(default_factory=set)  # the keys that were met in it


@dataclass(slots=True)
class _Objects:
    """The objects that a stream of events comes to."""

    frames: list[_OpenNode] = field(default_factory=list)
    values: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def event(self, event: Any) -> Resource | None:
        """Take the next EVENT; what it completes, where it does."""
        match type(event).__name__:
            case "MappingStartEvent":
                self._open(mapping=True)
            case "SequenceStartEvent":
                self._open(mapping=False)
            case "MappingEndEvent" | "SequenceEndEvent":
                return self._close()
            case "ScalarEvent":
                return self._scalar(event.value)
            case "AliasEvent":
                return self._scalar(_ALIAS)
            case "DocumentStartEvent":
                self.frames.clear()
                self.values.clear()
        return None

    def _open(self, *, mapping: bool) -> None:
        if len(self.frames) >= _DEPTH:
            raise _TooLong(f"it is nested more than {_DEPTH} deep")
        above = self.frames[-1] if self.frames else None
        path: tuple[str, ...] | None = ()
        if above is not None:
            if above.path is None or (not above.mapping and above.path not in ((), ("items",))):
                path = None
            elif above.mapping:
                path = (*above.path, above.key or "")
                if path in _READ:  # `{{ .Values.crt }}`, of a template, is a mapping to YAML
                    self.values[path] = _ALIAS
            if not above.mapping and path is not None:  # an item: an object of its own
                path = ()
                self.values.clear()
            above.key = None
        if path is not None and len(path) > 2:
            path = None
        self.frames.append(_OpenNode(path, mapping))

    def _close(self) -> Resource | None:
        frame = self.frames.pop()
        return self._completed() if frame.path == () and frame.mapping else None

    def _completed(self) -> Resource | None:
        """What the values so far come to; they are forgotten."""
        found = {path: value for path, value in self.values.items() if value is not _ALIAS}
        aliased = self.values.get(_DATA) is _ALIAS or self.values.get(_STRING_DATA) is _ALIAS
        self.values.clear()
        kind = found.get(_KIND) or ("Secret" if aliased or _DATA in found or _STRING_DATA in found else "")
        if not kind or kind.endswith("List"):
            return None
        return Resource(
            kind,
            found.get(_NAME, "")[:300],
            found.get(_NAMESPACE, "")[:300],
            found.get(_TYPE, ""),
            _ALIAS if aliased else found.get(_DATA),
            found.get(_STRING_DATA),
        )

    def _scalar(self, value: Any) -> Resource | None:
        """Take a key or a value. A key that an object has already begins another one.

        That is no YAML, and what `kubectl label --local -o yaml` and `cat` make of several.
        """
        frame = self.frames[-1] if self.frames else None
        if frame is None or not frame.mapping or frame.path is None:
            return None
        if frame.key is None:
            frame.key = value if isinstance(value, str) else ""
            again = frame.path == () and frame.key in frame.seen
            if again:
                frame.seen.clear()
            frame.seen.add(frame.key)
            return self._completed() if again else None
        path = (*frame.path, frame.key)
        if path in _READ:
            self.values[path] = value
        frame.key = None
        return None
