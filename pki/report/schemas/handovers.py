"""What `export snippets` and `export bundle` say."""

from __future__ import annotations

from typing import Any

from pki.report.schemas.words import DIGEST, FLAG, TEXT, document, listing, or_null, record

SNIPPETS = "trustrig.snippets/1"
BUNDLE = "trustrig.bundle/1"


def snippets_schema() -> dict[str, Any]:
    """Describe the snippets for one host."""
    snippet = record(dict.fromkeys(("name", "file", "title", "text"), TEXT))
    fields = {
        "host": TEXT,
        **dict.fromkeys(("client_file", "folder"), or_null(TEXT)),
        "snippets": listing(snippet),
    }
    return document(SNIPPETS, "Swift and Info.plist keys to paste into an app.", fields, {})


def bundle_schema() -> dict[str, Any]:
    """Describe a folder that was written for another machine; no password is in the document."""
    file = record({"path": TEXT, "sha256": DIGEST, "secret": FLAG})
    fields = {
        "folder": TEXT,
        "host": TEXT,
        "client": or_null(TEXT),
        "root_sha256": DIGEST,
        "files": listing(file),
        "warnings": listing(TEXT),
    }
    return document(BUNDLE, "A folder that stands alone on another machine.", fields, {})
