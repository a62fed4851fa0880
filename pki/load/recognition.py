r"""Recognising bytes by their content, never by a file's name: once for each input, for every command.

What wraps a certificate or key and can be undone without a choice is undone (base64, a byte order mark, a Kubernetes
Secret, `\n` as two characters), and said; anything else is named by its row of `kinds.KINDS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.load.kinds import FileKind
from pki.load.labels import MIXED_UP, block_named, pem_kind
from pki.load.magic import by_magic
from pki.load.next_steps import advice_about
from pki.load.pem import Block, Damage, Scan, scan
from pki.load.structures import Named, named, property_list
from pki.model import der

if TYPE_CHECKING:
    from pki.load.documents import DocumentValue

_DEPTH = 3  # wrappings inside each other: YAML, base64, and base64 a second time by mistake
_TOLD = 6  # of a document's values that a remark names

# Base64 and the lines around it (RFC 7468, 2): no sign of a key with a value, a quotation or an escape.
_OF_PEM = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=- \t\r\n"
_HEAD = 4096  # octets of a text that tell whether it is one
_SECRET = re.compile(rb"""kind["']?[ ]?:[ ]?["']?Secret""")  # of Kubernetes, as YAML or JSON
# What a file of several kinds of block is taken for: the one that says most.
_PRECEDENCE = (
    FileKind.CERTIFICATE,
    FileKind.PKCS7,
    FileKind.PKCS12,
    FileKind.REQUEST,
    FileKind.REVOCATION_LIST,
    FileKind.PRIVATE_KEY,
)
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

# What is one file by itself and stands in PEM or a document only as that.
_WHOLE = frozenset(
    {
        FileKind.PKCS12,
        FileKind.PROFILE,
        FileKind.PROVISIONING,
        FileKind.AUTHENTICODE,
        FileKind.KEYSTORE,
        FileKind.BOUNCY_KEYSTORE,
    }
)


class Form(StrEnum):
    """How the bytes are written down."""

    PEM = "PEM"
    DER = "DER"  # or BER
    BASE64 = "base64"
    HEX = "hex"
    MIME = "MIME"
    PERCENT = "percent-encoding"
    DOCUMENT = "document"  # values inside JSON, YAML and the like
    OTHER = "other"


_REPAIR = {
    Form.PEM: "sed '/-----/d' FILE | base64 -d > NEW",
    Form.BASE64: "base64 -d FILE > NEW",
    Form.HEX: "xxd -r -p FILE > NEW",
    Form.MIME: "openssl cms -cmsout -inform SMIME -in FILE -outform DER -out NEW",
    Form.PERCENT: "perl -pe 's/%([0-9A-Fa-f]{2})/chr(hex($1))/ge' FILE > NEW",
}
"""What takes a wrapping off that is around the whole."""
# base64url, a data: URL, quotes around it, padding that was left out: base64 -d refuses each of them.
_LOOSE = (
    r"perl -MMIME::Base64 -0777 -ne 's/^\s*data:[^,]*,//; tr/_-/\/+/; s/[^A-Za-z0-9+\/]//g; "
    r"print decode_base64($_ . q(=) x (-length($_) % 4))' FILE > NEW"
)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What bytes are. `content` is what is inside the wrapping, or else PEM's `blocks` are."""

    kind: FileKind
    form: Form
    content: bytes = field(repr=False)
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    detail: str = ""  # a description finer than the kind's own
    remarks: tuple[str, ...] = ()  # what was undone, and what other programs need
    repair: str = ""  # the command that takes the wrapping off, where there is one around the whole
    damage: Damage | None = None

    @property
    def described(self) -> str:
        """It as a sentence needs it: "an OpenSSH private key"."""
        return self.detail or self.kind.described

    @property
    def advice(self) -> str:
        """What to do when certificates were due and this came."""
        return advice_about(self.kind, self.detail)

    @property
    def wrapped(self) -> bool:
        """Whether what is inside stands in a form that Apple's importers are not known to take off."""
        return bool(self.repair) or self.form not in (Form.PEM, Form.DER, Form.OTHER)

    def readable_blocks(self, name: str) -> tuple[Block, ...]:
        """Its blocks. NAME stands in messages.

        Raises:
            Unreadable: one of them is damaged, or there are too many.
        """
        if self.damage is not None:
            raise self.damage.error(name)
        return self.blocks


def sniff(data: bytes) -> FileKind:
    """Name what DATA is. Enough is read to name it, not to promise that it is well-formed."""
    return recognise(data).kind


def recognise(source: bytes | Recognised) -> Recognised:
    """Tell what SOURCE is and how it is written down; what was recognised before comes back as it is."""
    if isinstance(source, Recognised):
        return source
    return _recognised(source, _DEPTH)


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
        return _composed(
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
        return _composed(pem, entries, secret=_SECRET.search(text) is not None)
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
        return _composed(Scan((), frozenset(), None, (), ""), inside, secret=_SECRET.search(text) is not None)
    return Recognised(FileKind.JWK if documents.is_jwk(document) else FileKind.JSON, Form.OTHER, text)


def _looked_into(entries: Iterable[DocumentValue], left: int) -> list[tuple[DocumentValue, Recognised]]:
    looked = ((entry, _recognised(entry.data, left - 1)) for entry in entries)
    found = [(entry, inside) for entry, inside in looked if inside.kind not in _NOTHING]
    return sorted(found, key=lambda one: one[0].rank)


def _composed(pem: Scan, entries: list[tuple[DocumentValue, Recognised]], *, secret: bool) -> Recognised:
    """What the blocks and the values of one text come to, a leaf's place before an issuer's."""
    ranked = [(_rank(block), block) for block in pem.blocks]
    damage = pem.damage
    for entry, inside in entries:
        ranked += [(entry.rank, block) for block in _blocks_of(entry, inside)]
        if damage is None and inside.damage is not None:
            damage = Damage(f", {entry.where}{inside.damage.words}", inside.damage.hint)
    ranked.sort(key=lambda one: one[0])
    blocks = tuple(block for _, block in ranked)
    if entries:  # documents repeat themselves: an issuer in a chain and alone, a Secret as it was applied
        once: dict[tuple[str, bytes], Block] = {}
        for block in blocks:
            once.setdefault((block.label, block.data), block)
        blocks = tuple(once.values())
    found = [block_named(block) for block in blocks]
    kinds = {kind for kind, _ in found}
    if damage is not None:
        kinds |= {pem_kind(label) or FileKind.OTHER_PEM for label in pem.labels}
        kinds |= {inside.kind for _, inside in entries}
    kind = next((one for one in _PRECEDENCE if one in kinds), min(kinds))
    detail = found[0][1] if len(found) == 1 else ""
    form = Form.DOCUMENT if entries else Form.PEM
    remarks = (*pem.remarks, *_mislabelled(blocks, found), *_told(entries, secret=secret))
    if len(blocks) == 1 and damage is None and kind in _WHOLE:
        return _whole(blocks[0].data, kind, detail, form, remarks)
    return Recognised(kind, form, b"", blocks, detail, remarks, damage=damage)


def _rank(block: Block) -> int:
    if not block.origin:
        return 0
    from pki.load import documents

    return documents.rank(block.origin)


def _mislabelled(blocks: Iterable[Block], found: Iterable[Named]) -> Iterator[str]:
    for block, (kind, detail) in zip(blocks, found, strict=True):
        label = pem_kind(block.label)
        if block.kind is None and label in MIXED_UP and label is not kind:
            yield (
                f"{block.where} holds {detail or kind.described}, and other programs go by the label: "
                "write it anew with its own, or without any."
            )


def _blocks_of(entry: DocumentValue, inside: Recognised) -> Iterator[Block]:
    if inside.blocks:
        yield from (replace(block, origin=entry.where, line=0) for block in inside.blocks)
    elif inside.damage is None:
        label = inside.kind.value.upper()
        yield Block(label, inside.content, 0, 1, origin=entry.where, kind=inside.kind, detail=inside.detail)


def _told(entries: list[tuple[DocumentValue, Recognised]], *, secret: bool) -> Iterator[str]:
    if not entries:
        return
    places = [f"{entry.where}: {inside.described}" for entry, inside in entries[:_TOLD]]
    more = f"; and {len(entries) - _TOLD:,} more" if len(entries) > _TOLD else ""
    first = entries[0][0].key
    how = (
        rf"`kubectl get secret NAME -o jsonpath='{{.data.{_escaped(first)}}}' | base64 -d > FILE`"
        if secret
        else "decode a value with base64 -d"
        if any(entry.how == "base64" for entry, _ in entries)
        else "save a value as PEM"
    )
    yield f"Read from the values of a document ({'; '.join(places)}{more}). Other programs want files: {how}."
    twice = [entry.where for entry, inside in entries if inside.form in (Form.BASE64, Form.HEX)]
    if twice:
        yield f"Encoded twice: {', '.join(twice[:_TOLD])}. Whoever reads it will find base64 there, and no PEM."


def _escaped(key: str) -> str:
    return key.removeprefix("data.").replace(".", r"\.")


def _whole(
    data: bytes, kind: FileKind, detail: str, form: Form, remarks: tuple[str, ...], repair: str = ""
) -> Recognised:
    """One thing in a wrapping that its own programs do not take off."""
    repair = repair or _REPAIR.get(form, "base64 -d")
    if form is not Form.DOCUMENT:
        remarks = (
            *remarks,
            f"It is written as {form}; other programs want the octets: `{repair}` makes them.",
        )
    return Recognised(kind, form, data, (), detail, remarks, repair)


def _unwrapped(text: bytes, left: int) -> Recognised | None:
    """What is inside base64, hexadecimal digits, percent signs or MIME; None where that is nothing known."""
    from pki.load import texts

    for form, data in texts.unwrappings(text):
        inside = _recognised(data, left - 1)
        if inside.kind in _NOTHING:
            continue
        form = Form(form)
        repair = _REPAIR.get(form, "")
        if form is Form.BASE64 and not _decodes(text):
            repair = _LOOSE
        elif form is Form.PERCENT and b"BEGIN+" in text:
            repair = repair.replace("'s", "'tr/+/ /; s")
        if inside.blocks or inside.damage is not None:
            how = f": `{repair}` makes it" if repair else ""
            words = f"It is PEM text written as {form}; other programs want the text itself{how}."
            return replace(inside, form=form, remarks=(words, *inside.remarks))
        return _whole(inside.content, inside.kind, inside.detail, form, inside.remarks, repair)
    return None


def _decodes(text: bytes) -> bool:
    """Whether `base64 -d` takes TEXT as it is: that alphabet, with its padding and nothing around it."""
    digits = b"".join(text.split())
    return len(digits) % 4 == 0 and not digits.rstrip(b"=").translate(None, _ALPHABET)
