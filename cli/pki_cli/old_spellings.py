"""What options were called before: translated before a command parses them, with a note for each.

So a command declares its new options alone, and help, completion and the reference page know no others. What scripts
rely on for good is no old spelling, and does not belong here.
"""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pki_cli.shell import note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GOES_IN: Final = "0.2"
_UNITS: Final = ("{}s", "{}m")
_NUMBER: Final = re.compile(r"[\d.]+", re.ASCII)

_CA_PASSPHRASE: Final = {"--passphrase-file": "--ca-passphrase-file {}"}
_RUN_OR_PRINT: Final = {"--run": "--no-dry-run", "--print": "--dry-run"}
_PSK: Final = {"--identity": "--psk-identity {}", "--key-file": "--psk-file {}"}

# The command's path: what was written, and what is written now. In the new words {} is the value that follows, and {,}
# all the values of an option that was repeated; without either it was a flag. A name without dashes was an argument:
# the first one beyond those the command takes still.
OLD_SPELLINGS: Final[dict[str, dict[str, str]]] = {
    "evaluate": {
        "--html": "--format html",
        "--markdown": "--format markdown",
        "--sarif": "--format sarif",
        "--junit": "--format junit",
    },
    "explain": {"--markdown": "--format markdown"},
    "handshake": {
        "--policy": "--admit {}",
        "--allow-only": "--admit list:{,}",
        "--markdown": "--format markdown",
    },
    "dtls handshake": {"--allow-only": "--admit list:{,}"},
    "dtls serve": {"--allow-only": "--admit list:{,}", "--seconds": "--for {}s"},
    "psk handshake": {
        **_PSK,
        "--server-key-file": "--server-psk-file {}",
        "--server-identity": "--server-psk-identity {}",
    },
    "psk serve": {**_PSK, "--seconds": "--for {}s"},
    "psk connect": _PSK,
    "demo": {"--keep": "--output {}"},
    "init": _CA_PASSPHRASE,
    "issue server": _CA_PASSPHRASE,
    "issue client": _CA_PASSPHRASE,
    "issue intermediate": _CA_PASSPHRASE,
    "issue csr": {**_CA_PASSPHRASE, "--for": "--kind {}"},
    "issue cross": _CA_PASSPHRASE,
    "renew": _CA_PASSPHRASE,
    "crl": _CA_PASSPHRASE,
    "ocsp answer": _CA_PASSPHRASE,
    "ocsp serve": {**_CA_PASSPHRASE, "--seconds": "--for {}s"},
    "apply": {**_CA_PASSPHRASE, "--plan": "--dry-run"},
    "export profile": {"--embed-password": "--include-password", "--sign-by": "--signer {}"},
    "export pem": {"--for": "--layout {}"},
    "export bundle": {"DIR": "--output {}", "--with-password": "--include-password"},
    "install simulator": {**_RUN_OR_PRINT, "--device": "--simulator {}"},
    "install mac": _RUN_OR_PRINT,
    "install device": {
        **_CA_PASSPHRASE,
        "--embed-password": "--include-password",
        "--minutes": "--for {}m",
    },
    "uninstall": _RUN_OR_PRINT,
    "serve": {"-o": "--anchors {}", "--seconds": "--for {}s", "--minutes": "--for {}m"},
}


class Renewed(NamedTuple):
    """Arguments as they are written now, and each old spelling found among them with its new one."""

    arguments: list[str]
    changes: list[tuple[str, str]]


class Shape(NamedTuple):
    """What tells an option of a command from a value: its options, and how many arguments it takes."""

    takes_value: Mapping[str, bool]
    places: float  # infinity: any number
    is_group: bool = False  # its own options end where a word begins
    short: Mapping[str, str] = {}  # of `--output`: `-o`, for those that have one


def accept_old_spellings(command: Any, path: str) -> Any:
    """COMMAND, whose words after the program's name are PATH, and all below it, with the table's spellings."""
    for name, below in getattr(command, "commands", {}).items():
        accept_old_spellings(below, f"{path} {name}")
    if path not in OLD_SPELLINGS:
        return command
    parse = command.parse_args

    def parse_args(ctx: Any, args: list[str]) -> Any:
        renewed = renew(args, OLD_SPELLINGS[path], _shape(command))
        if not ctx.resilient_parsing:  # which is a shell that completes a line
            for old, new in dict(renewed.changes).items():
                note(f"note: {old} is now {new}; the old spelling will go in {GOES_IN}")
            _retype(args, renewed.arguments)
        return parse(ctx, renewed.arguments)

    command.parse_args = parse_args
    return command


def _retype(args: Sequence[str], renewed: Sequence[str]) -> None:
    """Let what is said of the command line, to be typed once more with another option, have the new spellings."""
    if args and sys.argv[-len(args) :] == list(args):
        sys.argv[-len(args) :] = renewed


def renew(args: Sequence[str], table: Mapping[str, str], shape: Shape) -> Renewed:
    """ARGS with the spellings of TABLE in place of the old ones; what stands behind `--` is left alone.

    An option's value is never taken for an option, whatever it looks like: the parser does not either.
    """
    found = Renewed([], [])
    lists: dict[str, int] = {}  # where the values of an option that was repeated are being gathered
    words = iter(args)
    places = 0
    for word in words:
        if word == "--":
            found.arguments.extend([word, *words])
            break
        name, value = _split(word, table)
        if name in table and (value is None or "{" in table[name]):
            if value is None and "{" in table[name]:
                value = next(words, None)
            _write(found, lists, name, table[name], value)
        elif len(word) > 1 and word.startswith("-"):
            found.arguments.append(word)
            if _wants_next(word, shape.takes_value):
                found.arguments.extend(behind for behind in [next(words, None)] if behind is not None)
        elif (
            (place := _argument(table))
            and places == shape.places
            and not shape.is_group
            and not _given(args, table[place], shape)
        ):
            places += (
                1  # the next one is one too many, and the parser says so; so is one beside the option itself
            )
            _write(found, lists, place, table[place], word)
        else:
            places += 1
            found.arguments.append(word)
            if shape.is_group:
                found.arguments.extend(words)
    return found


def _split(word: str, table: Mapping[str, str]) -> tuple[str, str | None]:
    """The option that WORD is, and the value that stands in the same word; None where none does."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    if word[:2] in table and word.startswith("-") and len(word) > 2:
        return word[:2], word[2:]
    return (word, None) if word.startswith("-") else ("", None)


def _wants_next(word: str, takes_value: Mapping[str, bool]) -> bool:
    """Whether the word behind the option WORD is its value."""
    if word in takes_value or word.startswith("--"):
        return takes_value.get(word, False)
    for at, letter in enumerate(word[1:], start=2):  # -vo FILE, and -oFILE
        if takes_value.get(f"-{letter}", False):
            return at == len(word)
    return False


def _write(found: Renewed, lists: dict[str, int], name: str, new: str, value: str | None) -> None:
    """Write the option NAME the NEW way; one whose value is missing is left to the parser, which says so."""
    option, space, form = new.partition(" ")
    old = name if name.startswith("-") else ""
    if not space or (value is None and "{" in form):
        found.arguments.append(option)
        found.changes.append((old, option))
        return
    if name in lists:
        found.arguments[lists[name]] = f"{found.arguments[lists[name]]},{value}"
    else:
        if form in _UNITS and not _NUMBER.fullmatch(value or ""):
            form = "{}"  # what is no number is refused as it was written
        found.arguments.extend([option, form.replace("{,}", "{}").replace("{}", value or "")])
        if "{,}" in form:
            lists[name] = len(found.arguments) - 1
    last = found.arguments[lists.get(name, -1)]
    found.changes.append((shlex.join(filter(None, [old, value])), shlex.join([option, last])))


def _given(args: Sequence[str], new: str, shape: Shape) -> bool:
    """Whether the option that an argument has become, NEW, is among ARGS itself, in whatever spelling."""
    option = new.partition(" ")[0]
    short = shape.short.get(option, option)
    return any(word.partition("=")[0] == option or word.startswith(short) for word in _before_the_end(args))


def _before_the_end(args: Sequence[str]) -> Sequence[str]:
    return args[: args.index("--")] if "--" in args else args


def _argument(table: Mapping[str, str]) -> str:
    """The argument that has become an option, if one has."""
    return next((name for name in table if not name.startswith("-")), "")


def _shape(command: Any) -> Shape:
    takes_value: dict[str, bool] = {}
    short: dict[str, str] = {}
    places = 0.0
    for param in command.params:
        if param.param_type_name == "argument":
            places += param.nargs if param.nargs >= 0 else float("inf")
            continue
        for spelling in (*param.opts, *param.secondary_opts):
            takes_value[spelling] = not (param.is_flag or getattr(param, "count", False))
            if len(spelling) == 2:
                short[param.opts[0]] = spelling
    return Shape(takes_value, places, is_group=hasattr(command, "commands"), short=short)
