"""What `init`, `issue` and `renew` share: their options, and how those are read."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.choices import KeyTypeName
from pki_cli.options.group import OptionGroup
from pki_cli.shell import note, read_password

if TYPE_CHECKING:
    from pki.issue import KeyType
    from pki.issue.revocation_urls import RevocationUrls
    from pki.issue.validity import Terms
    from pki.store import AuthorityFolder

Key = Annotated[
    KeyTypeName,
    typer.Option(
        "--key",
        metavar="TYPE",
        case_sensitive=False,
        help="p256, p384, p521, rsa2048, rsa3072, rsa4096 or ed25519.",
    ),
]
Permit = Annotated[
    list[str] | None,
    typer.Option(
        "--permit", metavar="NAME", help="Certify nothing outside this host, CIDR or @host. Repeatable."
    ),
]
Lan = Annotated[
    bool,
    typer.Option(
        "--lan",
        help="Certify only .test, .local, localhost, .internal, home.arpa and addresses of a LAN, "
        "and what --permit adds.",
    ),
]
SubjectName = Annotated[
    str | None,
    typer.Option(
        "--subject", metavar="RDNS", help="What the subject says beside its name, by RFC 4514: O=Acme,C=DE."
    ),
]
Eku = Annotated[
    list[str] | None,
    typer.Option(
        "--eku",
        metavar="PURPOSE",
        help="For this, not as usual: codeSigning, smime, ike, an OID. Repeatable.",
    ),
]
Which = Annotated[
    str | None,
    typer.Option(
        "--identity",
        metavar="NAME",
        help="Of several in a file this one: its name there, its subject, or its certificate's SHA-256.",
    ),
]
PassphraseFile = Annotated[
    str | None,
    typer.Option(
        "--ca-passphrase-file",
        metavar="FILE",
        help="What opens the CA's keys; - is stdin. [env: TRUSTRIG_PASSPHRASE]",
    ),
]


class ValidityOptions(OptionGroup):
    """How long a certificate shall be valid."""

    days: Annotated[
        int | None, typer.Option("--days", metavar="N", help="How long it is valid, in days.")
    ] = None
    not_before: Annotated[
        str | None,
        typer.Option("--not-before", metavar="TIME", help="When it begins: ISO 8601, or -1h, +30d."),
    ] = None
    not_after: Annotated[
        str | None, typer.Option("--not-after", metavar="TIME", help="When it ends: ISO 8601, or 2w, 1y.")
    ] = None

    def terms(self) -> Terms:
        """The options as the store takes them."""
        return {"days": self.days, "not_before": self.not_before, "not_after": self.not_after}


class IssuerOptions(ValidityOptions):
    """How long a leaf shall be valid, and which intermediate signs it."""

    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="NAME", help="An issued intermediate that signs.")
    ] = None


class IssuedLeafOptions(IssuerOptions):
    """What a leaf shall say besides its names."""

    ocsp_url: Annotated[
        list[str] | None, typer.Option("--ocsp-url", metavar="URL", help="Where OCSP is asked. Repeatable.")
    ] = None
    crl_url: Annotated[
        list[str] | None, typer.Option("--crl-url", metavar="URL", help="Where the CRL is. Repeatable.")
    ] = None
    subject: SubjectName = None
    eku: Eku = None

    def pointers(self) -> RevocationUrls:
        """Where its status can be asked."""
        from pki.issue.revocation_urls import RevocationUrls

        return RevocationUrls.of(ocsp=self.ocsp_url or (), crl=self.crl_url or ())


def not_a_subject(name: str) -> tuple[str, ...]:
    """A warning where NAME, what something shall be called, is written as a subject is; it is taken as it stands."""
    from pki.model.oids import COMMON_NAME
    from pki.model.rfc4514 import looks_like_name, parse_name, write_name

    if not looks_like_name(name):
        return ()
    try:
        parts = parse_name(name)
    except InvalidRequest:
        parts = ()
    own = next((one.value for part in parts for one in part if one.oid == COMMON_NAME), "NAME")
    more = write_name(tuple(part for part in parts if not any(one.oid == COMMON_NAME for one in part)))
    option = f" --subject {shlex.quote(more or 'O=Acme,C=DE')}" if more or not parts else ""
    return (
        f"{name!r} looks like a subject, and was taken for a name as it stands: its CommonName is that whole text. "
        f"Did you mean {shlex.quote(own)}{option}?",
    )


def permitted_names(lan: bool, permit: list[str] | None) -> tuple[str, ...]:
    """What an authority shall certify, by --lan and --permit together; empty leaves it unlimited."""
    from pki.issue.lan import LAN_NAMES

    return tuple(dict.fromkeys((*(LAN_NAMES if lan else ()), *(permit or ()))))


def open_authority(ca: Path, passphrase_file: str | None) -> AuthorityFolder:
    """Open the authority in CA with the passphrase that was given, if one was.

    Raises:
        StoreError: there is none, or its ledger is damaged.
    """
    from pki.store import AuthorityFolder

    return AuthorityFolder.open(ca, passphrase=read_passphrase(passphrase_file))


def read_passphrase(passphrase_file: str | None) -> bytes | None:
    """Read the passphrase of the CA keys from FILE, stdin or TRUSTRIG_PASSPHRASE; None when nobody gave one."""
    text = read_password(passphrase_file, variable="TRUSTRIG_PASSPHRASE")
    return None if text is None else text.encode(errors="surrogateescape")


def read_key_type(text: str, *, labelled: bool = True) -> KeyType:
    """Read a type of key; say that Apple refuses it, unless the verdict on a leaf is about to."""
    from pki.issue import KeyType
    from pki.model.suggestion import one_of

    try:
        key_type = KeyType(text.lower())
    except ValueError:
        raise InvalidRequest(f"{text!r} is no type of key", hint=one_of(text, KeyType)) from None
    if labelled and key_type.refused_by_apple:
        note(f"warning: keys of the type {key_type} are {key_type.refused_by_apple} [tls-key-type]")
    return key_type
