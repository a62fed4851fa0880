"""Holding a property list against Apple's published keys: types, values, what is missing, what nobody knows.

A walk of our own over the schema, and not the `jsonschema` package: docs/why/profile-checks.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pki.load.profile.findings import ProfileFinding, brief, described, inside, refused
from pki.model.codes import Severity

MAX_VALUES = 100_000
"""Ours. A binary property list may name one part many times over, so the bytes are no bound for the walk."""

Rule = Mapping[str, Any]

_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "real": float,
    "boolean": bool,
    "data": bytes,
    "date": datetime,
    "array": list,
    "dictionary": dict,
}
_SECRETS = ("Password", "UserPassword", "ProxyPassword", "RemovalPassword", "Challenge")
_REMARKS = {
    "PayloadVersion": ": the version of the format, never of your profile",
    "DurationUntilRemoval": ": seconds, with a decimal point",
    "Password": "; leave the key out, and the device asks at the install",
}


class TooLargeError(Exception):
    """The walk was given up."""


class Shape:
    """One walk over one profile. SYSTEM is the one it is meant for, None where it does not say."""

    def __init__(self, schema: Rule, *, types: Mapping[str, str], system: str | None) -> None:
        self.schema = schema
        self.types = types  # of the payloads, by UUID
        self.system = system
        self.left = MAX_VALUES

    def profile(self, top: dict[str, Any]) -> Iterator[ProfileFinding]:
        """Check the whole of it.

        Raises:
            TooLargeError: there are more than 100,000 values to look at.
        """
        rule = dict(self.schema)
        encrypted = top.get("IsEncrypted") is True
        needed = "EncryptedPayloadContent" if encrypted else "PayloadContent"
        rule["required"] = [*rule["required"], needed]
        yield from self.dictionary(top, rule, "")
        if encrypted and "PayloadContent" in top:
            yield ProfileFinding(
                "unexpected-key",
                Severity.ERROR,
                "PayloadContent",
                described(top["PayloadContent"]),
                "no such key beside IsEncrypted",
                refused(1010),
            )

    def value(self, value: object, rule: Rule, path: str, key: str = "") -> Iterator[ProfileFinding]:
        """Check one value, and what is in it."""
        self.left -= 1
        if self.left < 0:
            raise TooLargeError
        if "$ref" in rule:
            yield from self.payload(value, path)
            return
        expected = rule.get("x-plist-type")
        if expected is not None and type(value) is not _TYPES[expected]:
            yield self._wrong(path, value, f"<{expected}>", "wrong-type", key)
            return
        wanted = _unmet(value, rule)
        if wanted is not None:
            yield self._wrong(path, value, wanted, "wrong-value", key)
        if "x-references" in rule and isinstance(value, str):
            yield from self.reference(value, rule["x-references"], path)
        if isinstance(value, dict):
            yield from self.dictionary(value, rule, path)
        elif isinstance(value, list) and "items" in rule:
            for at, item in enumerate(value):
                yield from self.value(item, rule["items"], inside(path, at))

    def payload(self, value: object, path: str) -> Iterator[ProfileFinding]:
        """Check a payload by the rules of its type."""
        if not isinstance(value, dict):
            yield self._wrong(path, value, "<dictionary>", "wrong-type")
            return
        definitions = self.schema["$defs"]
        known: list[str] = definitions["payload"]["properties"]["PayloadType"]["enum"]
        kind = value.get("PayloadType")
        if kind in known:
            rule = definitions[kind]
            yield from self._on_this_system(rule.get("x-os", {}), kind, path)
            yield from self.dictionary(value, rule, path)
            return
        if isinstance(kind, str):
            yield _unknown_type(kind, known, inside(path, "PayloadType"))
        yield from self.dictionary(value, definitions["commonPayload"], path)

    def dictionary(self, value: dict[str, Any], rule: Rule, path: str) -> Iterator[ProfileFinding]:
        """Check the keys of a dictionary and their values."""
        properties: Mapping[str, Rule] = rule.get("properties", {})
        for key in rule.get("required", ()):
            if key not in value:
                expected = f"<{properties.get(key, {}).get('x-plist-type', 'array')}>{_REMARKS.get(key, '')}"
                where = inside(path, key)
                yield ProfileFinding(
                    "missing-key", Severity.ERROR, where, "nothing", expected, refused(_code(path, 1002))
                )
        others = rule.get("additionalProperties", True)
        for key, inner in value.items():
            where = inside(path, key)
            if key in properties:
                yield from self.value(inner, properties[key], where, key)
                yield from self._for_this_system(properties[key].get("x-os", {}), key, inner, where)
            elif isinstance(others, dict):
                yield from self.value(inner, others, where)
            elif others is False:
                yield _unknown_key(key, properties, where)

    def reference(self, uuid: str, allowed: list[str], path: str) -> Iterator[ProfileFinding]:
        """Check that a PayloadUUID is one of a payload here, of an allowed type."""
        kind = self.types.get(uuid)
        if kind in allowed:
            return
        found = f"{described(uuid)}, which is {f'a payload {brief(kind)}' if kind else 'no payload of this profile'}"
        yield ProfileFinding(
            "dangling-reference",
            Severity.ERROR,
            path,
            found,
            f"the PayloadUUID of one of {', '.join(allowed)}",
            "The payload has no certificate to use: a reference does not leave its profile",
        )

    def _wrong(self, path: str, value: object, expected: str, word: str, key: str = "") -> ProfileFinding:
        found = described(value)
        if key in _SECRETS and value:
            found = found.partition(" ")[0]  # the type alone
        numbers = {type(value), _TYPES.get(expected.strip("<>"), object)}
        if numbers == {int, float}:
            consequence = (
                "Apple publishes the other number type; what a release does with this one is not published"
            )
        elif key == "PayloadVersion" and word == "wrong-value":
            consequence = refused(2001 if "[" in path else 1001)
        else:
            consequence = refused(_code(path, 1003 if word == "wrong-type" else 1010))
        return ProfileFinding(
            word, Severity.ERROR, path, found, expected + _REMARKS.get(key, ""), consequence
        )

    def _on_this_system(self, systems: Mapping[str, str], kind: str, path: str) -> Iterator[ProfileFinding]:
        if self.system is not None and systems.get(self.system) == "n/a":
            there = ", ".join(name for name, since in systems.items() if since != "n/a")
            yield ProfileFinding(
                "not-on-this-system",
                Severity.ERROR,
                path,
                f"{kind} in a profile for {self.system}",
                f"a profile for {there}",
                f"{self.system} ignores or refuses the payload",
            )

    def _for_this_system(
        self, systems: Mapping[str, Mapping[str, Any]], key: str, value: object, path: str
    ) -> Iterator[ProfileFinding]:
        """Check a key that some systems do not know, no longer know, or know when they are supervised."""
        facts = systems.get(self.system or "iOS", {})
        if self.system is not None and facts.get("introduced") == "n/a":
            found, why = f"{key} in a profile for {self.system}", f"{self.system} ignores or refuses it"
        elif "removed" in facts:
            found, why = f"{key}, which left {self.system or 'iOS'} in {facts['removed']}", "It is ignored"
        elif facts.get("supervisedOnly") and value is True:
            found, why = f"{key} set", "It takes effect on supervised devices only; there it binds the user"
        else:
            return
        yield ProfileFinding("not-on-this-system", Severity.WARNING, path, found, "no such key", why)


def _unmet(value: object, rule: Rule) -> str | None:
    """What RULE wants of a value of the right type, and does not get."""
    choices = rule.get("enum", [rule["const"]] if "const" in rule else None)
    if choices is not None and value not in choices:
        return (
            choices[0]
            if len(choices) == 1 and isinstance(choices[0], str)
            else " or ".join(map(str, choices))
        )
    if isinstance(value, str) and "pattern" in rule and not re.search(rule["pattern"], value):
        return "a UUID, as uuidgen prints it" if "{12}" in rule["pattern"] else f"text like {rule['pattern']}"
    if isinstance(value, (str, bytes, list)):
        size = (
            len(value) if not isinstance(value, bytes) else -(-len(value) // 3) * 4
        )  # the schema's is base64
        low = rule.get("minItems" if isinstance(value, list) else "minLength", 0)
        high = rule.get("maxItems" if isinstance(value, list) else "maxLength", size)
        if size < low and low == 1:
            return "one that is not empty"
        if not low <= size <= high:
            return rule.get("x-content") or f"{low} to {high} of them"
    return None


def _unknown_type(kind: str, known: list[str], path: str) -> ProfileFinding:
    near = _near(kind, known, likeness=0.93)  # half of a type is the same in all of them
    return ProfileFinding(
        "unknown-payload-type",
        Severity.ERROR if near else Severity.WARNING,
        path,
        described(kind),
        f"{near}, perhaps" if near else "a type that has to do with certificates; no other is checked here",
        "A type that the system does not know is refused or ignored"
        if near
        else "Whether a device accepts the payload was not checked",
    )


def _unknown_key(key: str, properties: Mapping[str, Rule], path: str) -> ProfileFinding:
    near = _near(key, list(properties), likeness=0.8)
    return ProfileFinding(
        "unknown-key",
        Severity.ERROR if near else Severity.WARNING,
        path,
        "a key that Apple's files do not have",
        f"{near}, perhaps: names count letter by letter"
        if near
        else "a key that they list (iOS 18.1, macOS 15.1)",
        "The system ignores such a key without a word",
    )


def _near(word: str, known: list[str], *, likeness: float) -> str | None:
    """The known word that WORD was probably meant to be; LIKENESS is difflib's, from 0 to 1."""
    from difflib import get_close_matches

    if len(word) > 2 * max(map(len, known)):
        return None
    folded = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), folded, n=1, cutoff=likeness)
    return folded[close[0]] if close else None


def _code(path: str, code: int) -> int:
    """Apple counts faults of the profile from 1000, those of a payload from 2000 in the same words."""
    return {1002: 2002, 1003: 2003, 1010: 2004}[code] if "[" in path else code
