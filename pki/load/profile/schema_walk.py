"""Holding a property list against Apple's published keys: types, values, what is missing, what nobody knows.

Why a walk of our own over the schema and not the `jsonschema` package, and what makes an error:
docs/why/profile-checks.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pki.load.profile.findings import ProfileFinding, described, inside, refused
from pki.model.codes import Severity
from pki.model.payloads import PayloadType
from pki.model.suggestion import near_words

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
# An empty one; one in small letters, as profiles of Macs in use have it.
_UNDECIDED = ("Password", "PayloadScope")
_NUMBERS = (int, float, bool)
# trailofbits/algo writes <real>1.0</real> (tests/integration of its repository); microsoft/mdatp-xplat, issue 257.
_OTHER_NUMBER = (
    "Such profiles are installed widely, and macOS was seen to take one kind of number for another; Apple Business "
    "Manager refuses it at the upload"
)
_NO_VERSION = (
    "Macs were seen to install such a payload (microsoft/mdatp-xplat issue 257); Apple Business Manager refuses it at "
    "the upload, and an iPhone by Apple's list of errors (2002, Missing required field)"
)
_FOR_PHONES = "iPhone and iPad: it takes effect on supervised devices only, there it binds the user"
_FOR_MACS = "Mac: a profile installed by hand is then removed by an administrator only (macOS 10.15 on)"


class TooLargeError(Exception):
    """The walk was given up."""


class SchemaWalk:
    """One walk over one profile. SYSTEM is the one it says it is for; FOR_MACS where it has what only a Mac knows."""

    def __init__(self, schema: Rule, *, system: str | None, for_macs: bool) -> None:
        self.schema = schema
        self.system = system
        self.for_macs = for_macs
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
                Severity.WARNING,
                "PayloadContent",
                described(top["PayloadContent"]),
                "no such key beside IsEncrypted",
                "Apple's files say that it is not needed; what a device does with it is not published",
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
            yield self._wrong_type(path, value, expected, key)
            if not (type(value) in _NUMBERS and _TYPES[expected] in _NUMBERS):
                return
        wanted = _unmet(value, rule)
        if wanted is not None:
            yield self._wrong_value(path, value, wanted, rule, key)
        if isinstance(value, dict):
            yield from self.dictionary(value, rule, path)
        elif isinstance(value, list) and "items" in rule:
            for at, item in enumerate(value):
                yield from self.value(item, rule["items"], inside(path, at))

    def payload(self, value: object, path: str) -> Iterator[ProfileFinding]:
        """Check a payload by the rules of its type."""
        if not isinstance(value, dict):
            yield self._wrong_type(path, value, "dictionary", "")
            return
        definitions = self.schema["$defs"]
        known: list[str] = definitions["payload"]["properties"]["PayloadType"]["x-known"]
        kind = value.get("PayloadType")
        if kind in known:
            rule = definitions[kind]
            yield from self._on_this_system(rule.get("x-os", {}), kind, path)
            yield from self.dictionary(value, rule, path)
            return
        if isinstance(kind, str):
            yield from _unknown_type(kind, known, inside(path, "PayloadType"))
        yield from self.dictionary(value, definitions["commonPayload"], path)

    def dictionary(self, value: dict[str, Any], rule: Rule, path: str) -> Iterator[ProfileFinding]:
        """Check the keys of a dictionary and their values."""
        properties: Mapping[str, Rule] = rule.get("properties", {})
        for key in rule.get("required", ()):
            if key not in value:
                expected = f"<{properties.get(key, {}).get('x-plist-type', 'array')}>{_REMARKS.get(key, '')}"
                where = inside(path, key)
                severity, why = Severity.ERROR, refused(_code(path, 1002))
                if key == "PayloadVersion" and path and self.for_macs:
                    severity, why = Severity.WARNING, _NO_VERSION
                yield ProfileFinding("missing-key", severity, where, "nothing", expected, why)
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

    def _wrong_type(self, path: str, value: object, expected: str, key: str) -> ProfileFinding:
        found = _shown(value, key)
        wanted = f"<{expected}>{_REMARKS.get(key, '')}"
        if type(value) in _NUMBERS and _TYPES[expected] in _NUMBERS:
            return ProfileFinding("wrong-type", Severity.WARNING, path, found, wanted, _OTHER_NUMBER)
        return ProfileFinding("wrong-type", Severity.ERROR, path, found, wanted, refused(_code(path, 1003)))

    def _wrong_value(self, path: str, value: object, wanted: str, rule: Rule, key: str) -> ProfileFinding:
        severity, why = Severity.ERROR, refused(_code(path, 1010))
        if key == "PayloadVersion":
            why = refused(2001 if "[" in path else 1001)
        elif path == "PayloadContent":
            why = refused(1005)
        # Of URLs Apple says "must".
        elif key in _UNDECIDED or ("pattern" in rule and "https" not in rule["pattern"]):
            severity, why = Severity.WARNING, "What a device does with another is not published"
        return ProfileFinding(
            "wrong-value", severity, path, _shown(value, key), wanted + _REMARKS.get(key, ""), why
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
        named = self.system or ("macOS" if self.for_macs else None)
        facts = systems.get(named or "iOS", {})
        expected = "no such key"
        if self.system is not None and facts.get("introduced") == "n/a":
            found, why = f"{key} in a profile for {self.system}", f"{self.system} ignores or refuses it"
        elif "removed" in facts:
            found, why = f"{key}, which left {named or 'iOS'} in {facts['removed']}", "It is ignored"
            if named is None:
                why += " there; of the other systems Apple's files say nothing like it"
        elif facts.get("supervisedOnly") and value is True:
            found, why = f"{key} set", _FOR_PHONES
            if named is None:  # a profile for any device: each system's own words
                expected, why = "a TargetDeviceType, which says whom it binds", f"{_FOR_PHONES}. {_FOR_MACS}"
        else:
            return
        yield ProfileFinding("not-on-this-system", Severity.WARNING, path, found, expected, why)


def _shown(value: object, key: str) -> str:
    """VALUE in words; of a secret its type alone."""
    return described(value).partition(" ")[0] if key in _SECRETS and value else described(value)


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
        return f"text like {rule['pattern']}"
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


def _unknown_type(kind: str, known: list[str], path: str) -> Iterator[ProfileFinding]:
    """Say which type was probably meant; one of another trade is nothing odd."""
    meant = [*known, PayloadType.VPN, PayloadType.MDM, PayloadType.MAIL, PayloadType.DNS]
    near = near_words(kind, meant, likeness=0.93)  # half of a type is the same in all of them
    if near and kind not in meant:
        yield ProfileFinding(
            "unknown-payload-type",
            Severity.WARNING,
            path,
            described(kind),
            f"{near[0]}, perhaps: types count letter by letter",
            "What a device does with a type that it does not know is not published; it does not do what was meant",
        )


def _unknown_key(key: str, properties: Mapping[str, Rule], path: str) -> ProfileFinding:
    near = near_words(key, properties)
    return ProfileFinding(
        "unknown-key",
        Severity.WARNING,
        path,
        "a key that Apple's files do not have",
        f"{near[0]}, perhaps: names count letter by letter"
        if near
        else "a key that they list (iOS 18.1, macOS 15.1)",
        "The system ignores such a key without a word",
    )


def _code(path: str, code: int) -> int:
    """Apple counts faults of the profile from 1000, those of a payload from 2000 in the same words."""
    return {1002: 2002, 1003: 2003, 1010: 2004}[code] if "[" in path else code
