"""What the blocks of a text and the values of a document come to, as one answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pki.load.kinds import FileKind
from pki.load.labels import MIXED_UP, pem_kind, recognised_block
from pki.load.pem import Block, Damage, Scan
from pki.load.recognised import Form, Recognised

if TYPE_CHECKING:
    from pki.load.documents import DocumentValue

_NAMED = 6  # of a document's values that a remark names
# What a file of several kinds of block is taken for: the one that says most.
_PRECEDENCE = (
    FileKind.CERTIFICATE,
    FileKind.PKCS7,
    FileKind.PKCS12,
    FileKind.REQUEST,
    FileKind.REVOCATION_LIST,
    FileKind.PRIVATE_KEY,
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

REPAIR = {
    Form.PEM: "sed '/-----/d' FILE | base64 -d > NEW",
    Form.BASE64: "base64 -d FILE > NEW",
    Form.HEX: "xxd -r -p FILE > NEW",
    Form.MIME: "openssl cms -cmsout -inform SMIME -in FILE -outform DER -out NEW",
    Form.PERCENT: "perl -pe 's/%([0-9A-Fa-f]{2})/chr(hex($1))/ge' FILE > NEW",
}
"""What takes a wrapping off that is around the whole."""


def composed(pem: Scan, entries: list[tuple[DocumentValue, Recognised]], *, secret: bool) -> Recognised:
    """What the blocks and the values of one text come to, a leaf's place before an issuer's."""
    ranked = [(_rank(block), recognised_block(block)) for block in pem.blocks]
    damage = pem.damage
    for entry, inside in entries:
        ranked += [(entry.rank, block) for block in _blocks_of(entry, inside)]
        if damage is None and inside.damage is not None:
            damage = Damage(f", {entry.where}{inside.damage.text}", inside.damage.hint)
    ranked.sort(key=lambda one: one[0])
    blocks = tuple(block for _, block in ranked)
    if entries:  # documents repeat themselves: an issuer in a chain and alone, a Secret as it was applied
        once: dict[tuple[str, bytes], Block] = {}
        for block in blocks:
            once.setdefault((block.label, block.data), block)
        blocks = tuple(once.values())
    kinds = {block.kind for block in blocks}
    if damage is not None:
        kinds |= {pem_kind(label) or FileKind.OTHER_PEM for label in pem.labels}
        kinds |= {inside.kind for _, inside in entries}
    kind = next((one for one in _PRECEDENCE if one in kinds), min(kinds))
    detail = blocks[0].detail if len(blocks) == 1 else ""
    form = Form.DOCUMENT if entries else Form.PEM
    remarks = (*pem.remarks, *_mislabelled(blocks), *_about_document(entries, secret=secret))
    if len(blocks) == 1 and damage is None and kind in _WHOLE:
        return whole(blocks[0].data, kind, detail, form, remarks)
    return Recognised(kind, form, b"", blocks, detail, remarks, damage=damage)


def _rank(block: Block) -> int:
    if not block.origin:
        return 0
    from pki.load import documents

    return documents.rank(block.origin)


def _mislabelled(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        label = pem_kind(block.label)
        if not block.bare and label in MIXED_UP and label is not block.kind:
            yield (
                f"{block.where} holds {block.detail or block.kind.described}, and other programs go by the label: "
                "write it anew with its own, or without any."
            )


def _blocks_of(entry: DocumentValue, inside: Recognised) -> Iterator[Block]:
    if inside.blocks:
        yield from (replace(block, origin=entry.where, line=0) for block in inside.blocks)
    elif inside.damage is None:
        label = inside.kind.value.upper()
        yield Block(
            label, inside.content, 0, 1, origin=entry.where, bare=True, kind=inside.kind, detail=inside.detail
        )


def _about_document(entries: list[tuple[DocumentValue, Recognised]], *, secret: bool) -> Iterator[str]:
    if not entries:
        return
    places = [f"{entry.where}: {inside.described}" for entry, inside in entries[:_NAMED]]
    more = f"; and {len(entries) - _NAMED:,} more" if len(entries) > _NAMED else ""
    first = entries[0][0].key
    how = (
        rf"`kubectl get secret NAME -o jsonpath='{{.data.{_escaped(first)}}}' | base64 -d > FILE`"
        if secret
        else "decode a value with base64 -d"
        if any(entry.encoding == "base64" for entry, _ in entries)
        else "save a value as PEM"
    )
    yield f"Read from the values of a document ({'; '.join(places)}{more}). Other programs want files: {how}."
    twice = [entry.where for entry, inside in entries if inside.form in (Form.BASE64, Form.HEX)]
    if twice:
        yield f"Encoded twice: {', '.join(twice[:_NAMED])}. Whoever reads it will find base64 there, and no PEM."


def _escaped(key: str) -> str:
    return key.removeprefix("data.").replace(".", r"\.")


def whole(
    data: bytes, kind: FileKind, detail: str, form: Form, remarks: tuple[str, ...], repair: str = ""
) -> Recognised:
    """One thing in a wrapping that its own programs do not take off."""
    repair = repair or REPAIR.get(form, "base64 -d")
    if form is not Form.DOCUMENT:
        remarks = (
            *remarks,
            f"It is written as {form}; other programs want the octets: `{repair}` makes them.",
        )
    return Recognised(kind, form, data, (), detail, remarks, repair)
