"""What the value of each option and argument can be: by its name and its metavar, from the library's tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pki.ats.systems import FIRST, NEWEST, SHARED_SINCE
from pki.export.keystore import WINDOWS
from pki.export.servers import SHAPES
from pki.export.snippets import NAMES as SNIPPETS
from pki.issue.purposes import KNOWN as PURPOSES
from pki.issue.revoked import RevocationReason
from pki.model.alerts import ALERTS
from pki.model.causes import CAUSES, NOTES
from pki.model.codes import APPLE_CHECKS
from pki.model.other_checks import OTHER_CHECKS
from pki.model.suites import suite_names
from pki.report.explain import symbols
from pki.trust import all_rules
from pki.trust.policies import POLICIES
from pki_fixtures import SCENARIOS

if TYPE_CHECKING:
    from command_tree import Parameter

Value = dict[str, Any]
"""What a value can be: `words` with their lines, `kinds` of names, and `shell`: files or folders, which it finds."""

FILES: Final[Value] = {"shell": "files"}
FOLDERS: Final[Value] = {"shell": "folders"}


def _words(words: Iterable[object] | Mapping[str, str], **more: Any) -> Value:
    lines = dict(words) if isinstance(words, dict) else dict.fromkeys(map(str, words), "")
    return {"words": lines, **more}


def _systems() -> Value:
    numbers = [n for n in range(NEWEST.major, FIRST.major - 1, -1) if n >= SHARED_SINCE or n <= 18]
    return _words(
        {
            **{f"ios{n}": "" for n in numbers},
            **{f"macos{n if n >= SHARED_SINCE else n - 3}": "" for n in numbers if n >= 14},
        }
    )


_ADMIT: Final = {
    **_words(
        {
            "ca": "who chains to the anchors",
            "ca:": "who was issued below this intermediate",
            "list:": "these certificates alone",
            "spki:": "these keys alone",
            "name:": "names of this pattern",
        }
    ),
    "behind": {"ca:": "intermediate", "list:": "client", "spki:": "client"},
}
_KEYS: Final = _words(("p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"))

# By the option's name, or by a command's words with it where it means something else there.
BY_NAME: Final[dict[str, Value]] = {
    "--accept": _words({check.name: check.symbol for check in APPLE_CHECKS.values()}),
    "--acceptable-cas": _words(("policy", "empty"), kinds=["intermediate"]),
    "--admit": _ADMIT,
    "--ca": FOLDERS,
    "--client": {"kinds": ["client"]},
    "--eku": _words({purpose.name: purpose.oid for purpose in PURPOSES}),
    "--fail-on": _words({"now": "not trusted now", "30d": "broken within so long", "never": "nothing"}),
    "--host": {"kinds": ["server"]},
    "--issuer": {"kinds": ["intermediate"]},
    "--key": _KEYS,
    "--only": _words(SNIPPETS),
    "--os": _systems(),
    "--policy": _words({policy.name: policy.title for policy in POLICIES.values()}),
    "--reason": _words(RevocationReason),
    "--show": {"kinds": ["scenario"]},
    "--signer": {"kinds": ["leaf"]},
    "--server": {"kinds": ["server"]},
    "--set": _words(("default", "previews", "testing")),
    "--tag": {"kinds": ["tag"]},
    "--wifi-server": {"kinds": ["server"]},
    "--windows": _words(name for row in WINDOWS for name in row.names),
    "handshake --client": _words({"none": "no certificate"}, kinds=["client"]),
    "init --from": _words(("mkcert",), **FILES),
    "--layout": _words(list(SHAPES)),
    "install device --client": {"kinds": ["client"]},
    # Arguments, by their command.
    "audit SOURCE": {"shell": "files"},
    "explain TEXT": {"kinds": ["rule", "code"], **FILES},
    "export keystore NAME": {"kinds": ["leaf"]},
    "export p12 NAME": {"kinds": ["leaf"]},
    "export pem NAME": {"kinds": ["issued"]},
    "export pfx NAME": {"kinds": ["leaf"]},
    "issue cross NAME": {"kinds": ["intermediate"]},
    "ocsp answer NAME": {"kinds": ["issued"]},
    "renew NAME": {"kinds": ["issued"]},
    "revoke NAME": {"kinds": ["issued"]},
    "scenarios show ID": {"kinds": ["scenario"]},
    "scenarios compile DIR": {"kinds": ["scenario", "tag"], **FOLDERS},
    "serve ID": {"kinds": ["scenario", "tag"]},
    "uninstall simulator": _words(("simulator", "mac")),
}
_FILES: Final = frozenset({"FILE", "TARGET", "MANIFEST.toml", "INFO.PLIST", "CRL", "ANSWER", "CERT", "path"})
_FOLDERS: Final = frozenset({"DIR", "OTHER-CA"})


def long_lists() -> dict[str, dict[str, str]]:
    """What stands in words.json by kind, each word with its line: read when it is due."""
    numbers = symbols()
    codes = {
        **{str(number): symbol for symbol, number in numbers.items()},
        **{symbol: str(number) for symbol, number in numbers.items()},
        **{check.name: f"{check.status} {check.symbol}" for check in APPLE_CHECKS.values()},
        **{row.name: row.check.symbol if row.check else "" for row in OTHER_CHECKS.values()},
        **{alert.name: f"TLS alert {alert.number}" for alert in ALERTS.values()},
        **{code: cause.meaning for code, cause in CAUSES.items()},
        **NOTES,
        **dict.fromkeys(suite_names(), "cipher suite"),
    }
    return {
        "rule": {rule.id: rule.title for rule in all_rules().values()},
        "code": codes,
        "scenario": {entry.id: entry.title for entry in SCENARIOS.values()},
        "tag": {tag: _how_many(len(SCENARIOS.tagged(tag))) for tag in sorted(SCENARIOS.tags)},
    }


def _how_many(scenarios: int) -> str:
    return f"{scenarios} scenario{'s' if scenarios != 1 else ''}"


def value_of(parameter: Parameter, path: str) -> Value:
    """What the value of PARAMETER of the command PATH can be; empty where it is free."""
    found: Value = {}
    for row in rows_of(parameter, path):
        found.update(BY_NAME[row])
    if parameter.choices:
        lines = found.get("words", {})
        return _words({one: lines.get(one, "") for one in parameter.choices})
    pieces = set(_pieces(parameter))
    if _FILES & pieces:
        return {**FILES, **found}
    return {**FOLDERS, **found} if _FOLDERS & pieces else found


def rows_of(parameter: Parameter, path: str) -> list[str]:
    """The rows of the table that are about PARAMETER: by the command, or by its name alone."""
    names = parameter.names if parameter.is_option else tuple(_pieces(parameter)[:1])
    candidates = ([f"{path} {name}", name] for name in names)
    return [row for rows in candidates for row in [next((row for row in rows if row in BY_NAME), "")] if row]


def _pieces(parameter: Parameter) -> list[str]:
    """The words of a metavar: of `[ID|TAG]...` ID and TAG."""
    return re.findall(r"[^][{}<>|.\s]+(?:\.\w+)*", parameter.metavar)
