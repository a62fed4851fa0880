"""A folder and all below it: its files of certificates and its Secrets of Kubernetes.

A list of hosts in it is not read, so that nothing is asked over the network because of a file that nobody named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pki.audit.inputs import AuditInput
from pki.audit.sources.byte_reader import HEAD, ByteReader
from pki.audit.sources.certificate_file import certificate_file, holds_certificates, recognised_file
from pki.audit.sources.columns import Columns
from pki.audit.sources.content import is_kubernetes
from pki.audit.sources.full_chains import FullChains
from pki.audit.sources.kubernetes_yaml import kubernetes_yaml
from pki.audit.sources.objects import json_values
from pki.audit.sources.rows import PassedOver, Remark, failed
from pki.errors import PkiError
from pki.load.kinds import FileKind
from pki.load.paths import opened
from pki.load.recognised import Form, Recognised
from pki.load.recognition import MAX_FILE_BYTES, recognise
from pki.load.tree import Tree

_NO_COLUMNS = Columns()
# An expression where YAML has a value or begins a line. In what kubectl writes it stands in a text of somebody's alone.
_TEMPLATE = re.compile(rb"^[ \t]*(?:[\w./\"'-]+:[ \t]*)?\{\{", re.MULTILINE)
_LIST = re.compile(rb"^kind:[ \t]*[\"']?\w*List\b", re.MULTILINE)
_KEYSTORES = frozenset({FileKind.KEYSTORE, FileKind.BOUNCY_KEYSTORE, FileKind.MICROSOFT_STORE})
_BUT = "one that is named itself is read"


def tree_files(
    folder: Path, passed: PassedOver, remark: Remark, met: set[tuple[int, int]]
) -> Iterator[AuditInput]:
    """The inputs of a FOLDER, file by file in the order of their names; MET has the files that were read before."""
    tree, full = Tree(folder, met), FullChains()
    for file in tree.files():
        source = str(file.path)
        if file.problem is not None:
            yield failed(source, "", file.problem)
            continue
        try:
            with opened(file.path) as stream:
                found = _file(ByteReader(stream, source), passed, remark)
                yield from _without_lone(found, file.path, full, passed)
        except PkiError as error:
            yield failed(source, "", error)
    passed.count("hidden file or folder", "hidden files and folders", tree.hidden, but=_BUT)
    passed.count(
        "folder of installed packages or a cache",
        "folders of installed packages or caches",
        tree.filled,
        but=_BUT,
    )
    passed.count(
        "folder of certbot's earlier certificates",
        "folders of certbot's earlier certificates",
        tree.earlier,
        but=_BUT,
    )
    passed.count(
        "other name of a file or folder read already",
        "other names of files and folders read already",
        tree.again,
    )
    passed.count("socket, pipe or device", "sockets, pipes and devices", tree.special)


def _without_lone(
    found: Iterator[AuditInput], path: Path, full: FullChains, passed: PassedOver
) -> Iterator[AuditInput]:
    """FOUND in the file at PATH, unless it is a leaf alone whose chain is beside it: no server sends that."""
    first, second = next(found, None), next(found, None)
    if (
        first is not None
        and second is None
        and len(first.chain) == 1
        and full.begin_with(first.chain[0], path)
    ):
        passed.count(
            "certificate whose full chain is in the file beside it",
            "certificates whose full chains are in files beside them",
        )
        return
    yield from (one for one in (first, second) if one is not None)
    yield from found


def _file(reader: ByteReader, passed: PassedOver, remark: Remark) -> Iterator[AuditInput]:
    head = reader.head()
    if _is_secret(head):
        if _TEMPLATE.search(head) and not _LIST.search(head):
            passed.count("template of a Secret", "templates of Secrets")
        elif head.lstrip()[:1] in (b"{", b"["):
            yield from json_values(reader, _NO_COLUMNS, passed)
        else:
            yield from kubernetes_yaml(reader, passed)
    elif not reader.ends_within(MAX_FILE_BYTES):
        if b"-----BEGIN CERTIFICATE-----" in head:
            yield from certificate_file(reader, remark)
        else:
            passed.count("file too large for certificates", "files too large for certificates")
    else:
        data = reader.whole()
        found = recognise(data)
        if holds_certificates(found):
            yield from _rows(found, data, reader.name, passed, remark)
        elif found.kind in _KEYSTORES:
            passed.count(
                "keystore of a kind that is not read here",
                "keystores of kinds that are not read here",
                but="one that is named itself is told how to be converted",
            )
        elif found.holds_key:
            passed.count("private key without a certificate", "private keys without a certificate")
        else:
            passed.count("file without a certificate", "files without a certificate")


def _rows(
    found: Recognised, data: bytes, source: str, passed: PassedOver, remark: Remark
) -> Iterator[AuditInput]:
    """The rows of a file; of a text of something else, as a program is, not those of what does not read in it."""
    own = found.form is not Form.PEM or data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"-----BEGIN ")
    for one in recognised_file(found, data, source, remark):
        if own or not one.error:
            yield one
        else:
            passed.count("text in a file that is no certificate", "texts in files that are no certificates")


def _is_secret(head: bytes) -> bool:
    """Whether a file is a Secret of Kubernetes: then nothing but `kubernetes` reads it, since it has a key in it."""
    if head.lstrip()[:1] in (b"{", b"["):
        return b'"Secret"' in head and b'"apiVersion"' in head
    return is_kubernetes(head) and (b"Secret" in head or len(head) == HEAD)
