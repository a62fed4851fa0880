"""What a source is, told by what stands in it and never by its name."""

from __future__ import annotations

import re
from enum import Enum, auto

from pki.audit.sources.byte_reader import ByteReader
from pki.audit.sources.columns import Columns
from pki.audit.sources.delimited import first_row, has_chains
from pki.audit.sources.hosts_file import is_hosts_file
from pki.audit.sources.objects import first_object, is_known
from pki.load.recognition import recognise

_BOM = b"\xef\xbb\xbf"
_KUBERNETES = re.compile(rb"^(?:- |  )?kind:[ \t]*[\"']?[A-Z]", re.MULTILINE)
_VERSION = re.compile(rb"^(?:- |  )?apiVersion:[ \t]*[\"']?[a-z]", re.MULTILINE)


class SourceKind(Enum):
    """What is told apart before anything is read."""

    CERTIFICATES = auto()  # whatever `pki.load` recognises, and what is nothing at all
    HOSTS = auto()
    DELIMITED = auto()
    JSON_LINES = auto()
    JSON_VALUES = auto()
    KUBERNETES_YAML = auto()
    PARQUET = auto()


def told_apart(reader: ByteReader, columns: Columns) -> SourceKind:
    """What the stream of READER holds.

    Raises:
        Unreadable: the system refuses.
        InvalidRequest: it is a table, and a column that was asked for is none of its.
    """
    head = reader.head()
    if head.startswith(b"PAR1"):  # Apache Parquet, File format
        return SourceKind.PARQUET
    text = head.removeprefix(_BOM).lstrip()
    if text[:1] in (b"{", b"["):
        return _json(head, text, columns)
    if b"\x00" in head or text.startswith(b"-----BEGIN "):
        return SourceKind.CERTIFICATES
    if is_kubernetes(head):
        return SourceKind.KUBERNETES_YAML
    first = first_row(head, columns, source=reader.name)
    if first is not None and (
        first.places.any or columns.given or (len(first.cells) > 1 and has_chains(first))
    ):
        return SourceKind.DELIMITED
    if b"-----BEGIN " in head or (reader.ends_within() and recognise(head).kind.certificates):
        return SourceKind.CERTIFICATES
    return SourceKind.HOSTS if is_hosts_file(head) else SourceKind.CERTIFICATES


def is_kubernetes(head: bytes) -> bool:
    """Whether a text in YAML begins with a resource of Kubernetes, or a list of them."""
    return _KUBERNETES.search(head) is not None and _VERSION.search(head) is not None


def _json(head: bytes, text: bytes, columns: Columns) -> SourceKind:
    from pki.audit.inputs import json_object
    from pki.errors import PkiError

    line, _, rest = text.partition(b"\n")
    try:
        first = json_object(line, name="line 1")
    except PkiError:
        known = first_object(head, columns)
        return SourceKind.JSON_VALUES if known else SourceKind.CERTIFICATES
    if is_known(first, columns) or rest.lstrip()[:1] == b"{":
        return SourceKind.JSON_LINES
    return SourceKind.CERTIFICATES
