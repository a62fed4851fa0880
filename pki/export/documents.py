"""What the `export` commands answer to programs; no password and no key is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.report.document import TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal, NotRequired

    from pki.export.bundle import Bundle
    from pki.export.snippets import Snippet, SnippetValues
    from pki.report.fields import Sha256, Text


class ExportedJson(TypedDict):
    """What was written, by its format."""

    format: Literal["p12", "profile", "keystore", "truststore", "pfx", "pem"]
    certificates: NotRequired[int]  # Of a .p12 and of a profile.
    encryption: NotRequired[Text]  # Of a .p12, a .pfx, a key store and a trust store.
    client: NotRequired[Text | None]  # Of a profile: the first of `clients`.
    clients: NotRequired[list[Text]]
    signed: NotRequired[bool]
    password_files: NotRequired[list[Text]]  # Where the password is kept that nobody gave.
    type: NotRequired[Text]  # Of a key store or trust store.
    alias: NotRequired[Text]
    opens_on: NotRequired[Text]  # Of a .pfx.
    files: NotRequired[list[Text]]  # Of PEM.
    key_encrypted: NotRequired[bool]
    for_: NotRequired[Text]  # The server whose shape the files have.
    lines: NotRequired[list[str]]  # For its configuration.
    mutual: NotRequired[list[str]]  # The same where it asks clients for certificates.
    check: NotRequired[Text]
    note: NotRequired[Text | None]


class ExportDocument(ExportedJson):
    """A file that was written for somebody else, or several."""

    schema: Literal["trustrig.export/1"]
    file: Text
    warnings: list[Text]


class SnippetsDocument(TypedDict):
    """Swift and Info.plist keys to paste into an app."""

    schema: Literal["trustrig.snippets/1"]
    host: Text
    client_file: Text | None
    folder: Text | None
    snippets: list[SnippetJson]


class SnippetJson(TypedDict):
    """One snippet."""

    name: Text
    file: Text
    title: Text
    text: Text


class BundleDocument(TypedDict):
    """A folder that stands alone on another machine."""

    schema: Literal["trustrig.bundle/1"]
    folder: Text
    host: Text
    client: Text | None
    root_sha256: Sha256
    files: list[BundledFileJson]
    password_files: list[Text]  # Where the password is kept that nobody gave.
    warnings: list[Text]


class BundledFileJson(TypedDict):
    """One file of it."""

    path: Text
    sha256: Sha256
    secret: bool


def export_document(exported: ExportedJson, *, file: str, warnings: Iterable[str]) -> ExportDocument:
    """What was EXPORTED to FILE."""
    return {"schema": "trustrig.export/1", "file": file, **exported, "warnings": list(warnings)}


def snippets_document(
    values: SnippetValues, snippets: Iterable[Snippet], *, folder: str | None
) -> SnippetsDocument:
    """The SNIPPETS with VALUES filled in, and the FOLDER they were written to."""
    return {
        "schema": "trustrig.snippets/1",
        "host": str(values.host),
        "client_file": values.client.name if values.client is not None else None,
        "folder": folder,
        "snippets": [
            {"name": one.name, "file": one.file, "title": one.title, "text": one.text} for one in snippets
        ],
    }


def bundle_document(
    bundle: Bundle,
    values: SnippetValues,
    *,
    folder: str,
    client: str | None,
    warnings: Iterable[str],
    password_files: Iterable[str] = (),
) -> BundleDocument:
    """The BUNDLE that was written to FOLDER."""
    return {
        "schema": "trustrig.bundle/1",
        "folder": folder,
        "host": str(values.host),
        "client": client,
        "root_sha256": root_sha256(values),
        "files": [
            {"path": path, "sha256": file.sha256, "secret": file.secret}
            for path, file in bundle.files.items()
        ],
        "password_files": list(password_files),
        "warnings": list(warnings),
    }


def root_sha256(values: SnippetValues) -> str:
    """The root's fingerprint, to compare on the other side."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return values.root.fingerprint(SHA256()).hex()
