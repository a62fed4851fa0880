"""Apple's rules for the certificate payloads of a configuration profile, as a JSON Schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Any


@cache
def profile_schema() -> dict[str, Any]:
    """Load the JSON Schema (2020-12), once; `x-plist-type`, `x-references` and `x-cross-checks` are our own.

    It describes the property list with `data` as base64 text and `date` as RFC 3339 text. Source: Apple's
    github.com/apple/device-management, release iOS 18.1 / macOS 15.1, commit b6202ca. Unknown keys and
    payload types are errors on purpose: the system ignores a misspelt key without a word.
    """
    from importlib import resources  # 10 ms: for profiles only

    text = resources.files("pki.load.profile").joinpath("profile-schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
