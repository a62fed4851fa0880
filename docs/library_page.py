"""docs/library.md: every name that `pki` and `pki_fixtures` export, its signature, what it is and what it raises."""

from __future__ import annotations

import inspect
import re
from enum import Enum
from types import ModuleType
from typing import is_typeddict

import pki
import pki_fixtures
from pki.renamed import Renamed

INTRO = """# The library

Everything `trustrig` does is a call to `pki`; `pki_fixtures` has the scenarios and what pytest's plugin hands
out.

```python
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding

from pki import Anchor, Authority, evaluate

now = datetime.now(UTC).replace(microsecond=0)
authority = Authority.create(name="Test CA", at=now)
server = authority.issue_server("api.test", at=now)
chain = [certificate.public_bytes(Encoding.DER) for certificate in server.sent_chain]
root = authority.root.public_bytes(Encoding.DER)
verdict = evaluate(chain, host="api.test", at=now, anchors=[Anchor.parse(root, "user")])
assert verdict.trusted
```

**Verbs.** `load_` reads a file's bytes, whatever format they are in, and answers with what is usable; `read_`
reads one format; `parse_` reads what a person types; `inspect_` says what is there and refuses as little as it
can. `build_` and `write_` give bytes and touch no disk. Time is an argument (`at`), and so is what is trusted:
everything that judges takes the arguments of [`Trust`](#trust), which can be kept and given as `**trust`.

```python
from pki import Evaluator, Trust

trust: Trust = {"anchors": [Anchor.parse(root, "app")], "policy": "apple"}
evaluator = Evaluator(at=now, **trust)
refused = evaluator.evaluate(chain, host="api.test").headline
assert refused is not None and refused.rule_id == "ats-default-trust"
assert evaluator.evaluate(chain, host="other.test").headline.rule_id == "san-dns-match"
```

When an answer changes is a question of its own, answered to the second; and so is what a renewal would meet.

```python
from datetime import timedelta

installed = Evaluator(at=now, anchors=[Anchor.parse(root, "user")])
timeline = installed.timeline(chain, host="api.test", until=now + timedelta(days=3 * 365))
assert timeline.breaks.verdict.headline.rule_id == "cert-not-expired"
assert timeline.breaks.at == timeline.verdict.chain[0].not_after + timedelta(seconds=1)
assert installed.renewed(chain, host="api.test", on=now + timedelta(days=365)).trusted
```

**A verdict is a value, an error is not an answer.** That a chain is not trusted is a `Verdict`; what could not
be answered raises a [`PkiError`](#pkierror), whose message ends in the next step (`hint`).

```python
from pki import PkiError, load_certificates

try:
    load_certificates(b"no certificate", name="chain.pem")
except PkiError as error:
    assert "chain.pem" in error.problem and error.hint
```

The tree of errors:

```text
{errors}
```

**Stability.** What is on this page is what `pki.__all__` and `pki_fixtures.__all__` name, and tests hold both
to it. Names, arguments and the meaning of errors stay within a major version; new arguments have defaults. A
name that is replaced stays for a minor version at least and warns (`DeprecationWarning`). Rule ids, scenario
ids, handshake codes and documented JSON fields are not renamed. Before 1.0 a minor version may remove what has
warned. Modules below `pki` may move at any time: import from the two packages.
"""
_RAISES = re.compile(r"^Raises:\n((?:[ \t]+.*\n?|\n)*)", re.MULTILINE)


def library_page() -> str:
    """The page."""
    errors = inspect.cleandoc(inspect.getmodule(pki.PkiError).__doc__ or "").split("\n\n")[1]
    lines = [INTRO.replace("{errors}", inspect.cleandoc(errors))]
    for package in (pki, pki_fixtures):
        lines += [f"## {package.__name__}", ""]
        for name in sorted(package.__all__, key=str.casefold):
            if not name.startswith("__"):
                lines += _entry(package, name)
    return "\n".join(lines).rstrip() + "\n"


def _entry(package: ModuleType, name: str) -> list[str]:
    value = getattr(package, name)
    lines = [f"### {name}", ""]
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        shown = f"`{value!r}`" if isinstance(value, str) else _summary(type(value))
        return [*lines, f"A constant: {shown}{'' if shown.endswith('.') else '.'}", ""]
    if is_typeddict(value):
        keys = [f"    {key}: {_type(kind)}," for key, kind in value.__annotations__.items()]
        text = [" ".join(part.split()) for part in (inspect.getdoc(value) or "").split("\n\n")]
        return [*lines, "```python", f"{name}(", *keys, ")", "```", "", "\n\n".join(text), ""]
    if inspect.isclass(value) and issubclass(value, Enum):
        shown = ", ".join(f"`{member.name}`" for member in value)
        return [*lines, _summary(value), "", f"Members: {shown}.", ""]
    if signature := _signature(name, value):
        lines += ["```python", signature, "```", ""]
    lines += [_summary(value), ""]
    if inspect.isclass(value):
        members = [
            _member(value, own)
            for own, what in vars(value).items()
            if not own.startswith("_") and not isinstance(what, Renamed)
        ]
        lines += [*filter(None, members), ""] if any(members) else []
    if raised := _raised(value):
        lines += [f"Raises: {raised}", ""]
    return lines


def _member(owner: type, name: str) -> str:
    """A public method or property, on a line; fields are in the signature."""
    value = inspect.getattr_static(owner, name)
    if isinstance(value, property) or hasattr(value, "func"):
        return f"- `{name}`: {_summary(value)}" if value.__doc__ else ""
    function = getattr(owner, name)
    if not callable(function) or inspect.isclass(function) or not inspect.getdoc(function):
        return ""
    taken = [p for p in inspect.signature(function).parameters if p != "self"]
    return f"- `{name}({', '.join(taken)})`: {_summary(function)}"


def _signature(name: str, value: object) -> str:
    """As it is written, a parameter a line where one line is too short."""
    if inspect.isclass(value) and (issubclass(value, Exception) or not hasattr(value, "__init__")):
        return ""
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]  # checked by the caller
    except (TypeError, ValueError):
        return ""
    shown: list[str] = []
    for parameter in signature.parameters.values():
        if (
            parameter.kind is parameter.KEYWORD_ONLY
            and "*" not in shown
            and not any(s.startswith("*") for s in shown)
        ):
            shown.append("*")
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = f"{star}{parameter.name}"
        if parameter.annotation is not parameter.empty:
            text += f": {_type(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {_default(parameter.default)}"
        shown.append(text)
    back = signature.return_annotation
    tail = "" if inspect.isclass(value) or back is signature.empty else f" -> {_type(back)}"
    line = f"{name}({', '.join(shown)}){tail}"
    return (
        line if len(line) <= 100 else "\n".join([f"{name}(", *(f"    {part}," for part in shown), f"){tail}"])
    )


def _type(annotation: object) -> str:
    if isinstance(annotation, str):
        return annotation
    name = getattr(annotation, "__forward_arg__", None) or getattr(annotation, "__name__", None)
    return str(name or annotation)


def _default(value: object) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    text = repr(value)
    return "..." if " object at 0x" in text or len(text) > 30 or text.startswith("<") else text


def _summary(value: object) -> str:
    """The first paragraph of the docstring, on one line."""
    return " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())


def _raised(value: object) -> str:
    found = _RAISES.search(inspect.getdoc(value) or "")
    return " ".join(found[1].split()) if found else ""
