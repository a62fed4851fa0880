"""What bytes turned out to be, and how they are written down: what recognition hands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pki.load.kinds import FileKind
from pki.load.next_steps import advice_about
from pki.load.pem import Block, Damage


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
    def holds_key(self) -> bool:
        """Whether a private key is in it, or may be: a PKCS #12 container is not opened for that."""
        return self.kind in (FileKind.PKCS12, FileKind.PRIVATE_KEY) or any(
            block.kind is FileKind.PRIVATE_KEY for block in self.blocks
        )

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
