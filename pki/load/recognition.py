r"""Recognising bytes by their content, never by a file's name: once for each input, for every command.

What wraps a certificate or key and can be undone without a choice is undone (base64, a byte order mark, a Kubernetes
Secret, `\n` as two characters), and said; anything else is named by its row of `kinds.FileKind`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.load.composition import REPAIR, composed, whole
from pki.load.kinds import FileKind
from pki.load.magic import by_magic
from pki.load.pem import Scan, scan
from pki.load.recognised import Form, Recognised
from pki.load.structures import named, property_list
from pki.model import der

if TYPE_CHECKING:
    from pki.load.documents import DocumentValue

MAX_FILE_BYTES = 16 * 1024 * 1024
"""Ours. The largest bundle in use, all of Mozilla's roots, has 0.2 MB."""
_DEPTH = 3  # wrappings inside each other: YAML, base64, and base64 a second time by mistake

# Base64 and the lines around it (RFC 7468, 2): no sign of a key with a value, a quotation or an escape.
_OF_PEM = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=- \t\r\n"
_HEAD = 4096  # octets of a text that tell whether it is one
_SECRET = re.compile(rb"""kind["']?[ ]?:[ ]?["']?Secret""")  # of Kubernetes, as YAML or JSON
# What a wrapping is never undone for: it would be found in any text.
_NOTHING = frozenset(
    {
        FileKind.TEXT,
        FileKind.BINARY,
        FileKind.EMPTY,
        FileKind.BASE64,
        FileKind.HEX,
        FileKind.JSON,
        FileKind.HTML,
        FileKind.PICTURE,
        FileKind.PDF,
    }
    | {
        FileKind.PROGRAM,
        FileKind.UTF16,
        FileKind.ARCHIVE,
        FileKind.SCT_LIST,
        FileKind.DATABASE,
        FileKind.BROKEN_PEM,
        FileKind.SIGNIFY,
        FileKind.PGP,
    }
)

# base64url, a data: URL, quotes around it, padding that was left out: base64 -d refuses each of them.
_LOOSE = (
    r"perl -MMIME::Base64 -0777 -ne 's/^\s*data:[^,]*,//; tr/_-/\/+/; s/[^A-Za-z0-9+\/]//g; "
    r"print decode_base64($_ . q(=) x (-length($_) % 4))' FILE > NEW"
)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def recognise(source: bytes | Recognised, *, name: str | None = None) -> Recognised:
    """Tell what SOURCE is and how it is written down; what was recognised before comes back as it is.

    Enough is read to name it, not to promise that it is well-formed.

    Raises:
        Unreadable: it is called NAME, and larger than 16 MiB; nothing is raised without a name.
    """
    if isinstance(source, Recognised):
        return source
    if name is not None:
        check_size(source, name)
    return _recognised(source, _DEPTH)


def check_size(source: bytes, name: str) -> None:
    """Refuse a source larger than 16 MiB."""
    if len(source) > MAX_FILE_BYTES:
        raise Unreadable(
            f"{name} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="Give a file with certificates alone."
        )


def _recognised(data: bytes, left: int) -> Recognised:
    if not data.strip():
        return Recognised(FileKind.EMPTY, Form.OTHER, data)
    if data[0] == der.SEQUENCE and (found := named(data)) is not None:
        return Recognised(found[0], Form.DER, data, detail=found[1])
    if (
        data[0] == der.OID and 5 <= len(data) <= 20 and data[1] == len(data) - 2
    ):  # a curve's: RFC 5480, 2.1.1.1
        return Recognised(FileKind.PARAMETERS, Form.DER, data)
    magic = by_magic(data)
    if magic is not None:
        return Recognised(magic, Form.OTHER, data)
    if data.startswith(b"bplist00"):
        return Recognised(property_list(data), Form.OTHER, data)
    if _is_pem_alone(data) and (pem := scan(data)).labels:
        return composed(
            pem, [], secret=False
        )  # nearly all, and what tells other texts apart is not even loaded

    from pki.load import texts

    text, remark = texts.as_text(data)
    inside = _text(text, left)
    if inside.kind in (FileKind.PROFILE, FileKind.PLIST, FileKind.PROVISIONING) and inside.form is Form.OTHER:
        return replace(
            inside, content=data
        )  # Apple's own reader of property lists takes marks and other encodings
    if remark and inside.kind in _NOTHING:
        return Recognised(texts.of_mark(data, inside.kind), Form.OTHER, data)
    return replace(inside, remarks=(remark, *inside.remarks)) if remark else inside


def _is_pem_alone(data: bytes) -> bool:
    """Whether DATA begins with a PEM block and has nothing that a document or a program's text is known by."""
    if not data.startswith(b"-----BEGIN ") or data.translate(None, _OF_PEM):
        return False
    return b"=" not in data or not any(b"=" in line.rstrip(b"= \t") for line in data.splitlines())


def _text(text: bytes, left: int) -> Recognised:
    from pki.load import documents, texts

    if texts.is_property_list(text):
        return Recognised(property_list(text), Form.OTHER, text)
    found = _in_json(text, left) if left else None
    if found is not None:
        return found
    pem = scan(text)
    entries = _looked_into(documents.in_text(text), left) if left else []
    if pem.labels or entries:
        return composed(pem, entries, secret=_SECRET.search(text) is not None)
    known = texts.by_words(text)
    if known is not None:
        return Recognised(known[0], Form.OTHER, text, detail=known[1])
    if left and (unwrapped := _unwrapped(text, left)) is not None:
        return unwrapped
    if pem.stray and b"\x00" not in text[:_HEAD]:
        return Recognised(
            FileKind.BROKEN_PEM, Form.OTHER, text, detail=f"text without a PEM block: {pem.stray}"
        )
    return Recognised(texts.rest(text), Form.OTHER, text)


def _in_json(text: bytes, left: int) -> Recognised | None:
    from pki.load import documents

    found = documents.in_json(text)
    if found is None:
        return None
    entries, document = found
    inside = _looked_into(entries, left)
    if inside:
        return composed(Scan((), frozenset(), None, (), ""), inside, secret=_SECRET.search(text) is not None)
    return Recognised(FileKind.JWK if documents.is_jwk(document) else FileKind.JSON, Form.OTHER, text)


def _looked_into(entries: Iterable[DocumentValue], left: int) -> list[tuple[DocumentValue, Recognised]]:
    looked = ((entry, _recognised(entry.data, left - 1)) for entry in entries)
    found = [(entry, inside) for entry, inside in looked if inside.kind not in _NOTHING]
    return sorted(found, key=lambda one: one[0].rank)


def _unwrapped(text: bytes, left: int) -> Recognised | None:
    """What is inside base64, hexadecimal digits, percent signs or MIME; None where that is nothing known."""
    from pki.load import texts

    for form, data in texts.unwrappings(text):
        inside = _recognised(data, left - 1)
        if inside.kind in _NOTHING:
            continue
        form = Form(form)
        repair = REPAIR.get(form, "")
        if form is Form.BASE64 and not _decodes(text):
            repair = _LOOSE
        elif form is Form.PERCENT and b"BEGIN+" in text:
            repair = repair.replace("'s", "'tr/+/ /; s")
        if inside.blocks or inside.damage is not None:
            how = f": `{repair}` makes it" if repair else ""
            words = f"It is PEM text written as {form}; other programs want the text itself{how}."
            return replace(inside, form=form, remarks=(words, *inside.remarks))
        return whole(inside.content, inside.kind, inside.detail, form, inside.remarks, repair)
    return None


def _decodes(text: bytes) -> bool:
    """Whether `base64 -d` takes TEXT as it is: that alphabet, with its padding and nothing around it."""
    digits = b"".join(text.split())
    return len(digits) % 4 == 0 and not digits.rstrip(b"=").translate(None, _ALPHABET)
