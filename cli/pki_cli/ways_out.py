"""What to type after an error: the library knows the way out, and the shell how it is typed."""

from __future__ import annotations

import contextlib
import shlex
import sys
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, WrongPassword
from pki.store.default_folder import ca_option, free_place
from pki_cli.wrong_usage import retyped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pki.issue.permitted import NotPermitted, Permitted
    from pki.model.names import SubjectName

_FLAGS = ("--lan", "--resume", "--force")  # of those that are taken out of a command; the others have a value
_LOST = "all that it issued is gone, and every device that trusts its root has to install the new one"


def again(*more: str, without: str | Sequence[str] = ()) -> str:
    """The command as it was typed, with MORE words and WITHOUT these options; no login of a URL is repeated."""
    words = list(_without([without] if isinstance(without, str) else without, sys.argv[1:]))
    end = words.index("--") if "--" in words else len(words)
    return retyped([*words[:end], *more, *words[end:]])


def _without(options: Sequence[str], words: Iterable[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        option, equals, _ = word.partition("=")
        if option not in options:
            yield word
        elif not equals and option not in _FLAGS:
            next(rest, None)


def permitting(lan: bool, permit: Iterable[str] | None) -> list[str]:
    """The words that say so."""
    return [*(["--lan"] if lan else []), *(word for name in permit or () for word in ("--permit", name))]


@contextlib.contextmanager
def flags_named(ca: Path | None = None, *, new: bool = False) -> Iterator[None]:
    """Add to an error of the library what to type: the library knows no options.

    CA is the authority it is about, or the NEW one that is to be made.
    """
    from pki.issue.permitted import NotPermitted
    from pki.store import AlreadyExists

    try:
        yield
    except AlreadyExists as error:
        beside = [again("--ca", str(free_place(ca)), without="--ca")] if ca is not None and new else []
        raise AlreadyExists(
            error.problem,
            hint=f"{error.hint}:",
            commands=[*error.commands, *beside, again("--force")],
            path=error.path,
        ) from None
    except WrongPassword as error:
        hint = f"{error.hint.rstrip('.')}; it is read from --ca-passphrase-file FILE or TRUSTRIG_PASSPHRASE"
        raise WrongPassword(error.problem, hint=hint, path=error.path) from None
    except NotPermitted as error:
        if ca is None or not error.names:
            raise
        raise _another_authority(error, ca) from None


def _another_authority(error: NotPermitted, ca: Path) -> InvalidRequest:
    """The same refusal with the authority that certifies what was asked for, and what --force in its place costs."""
    from pki.issue.limits import Limits
    from pki.store import AuthorityFolder

    own = Limits.of(AuthorityFolder.open(ca).issuers).permitted
    said = f"Permitted: {error.permitted}. "
    if all(one.allows(name) for one in own for name in error.names):
        return InvalidRequest(
            error.problem,
            hint=f"{said}That is the limit of --issuer; the authority above it can:",
            commands=[again(without="--issuer")],
        )
    options = ["--lan", *permitting(False, beyond_lan(own, error.names))]
    new = free_place(ca, *(["lan"] if len(options) == 1 else []))
    return InvalidRequest(
        error.problem,
        hint=f"{said}That stands in its certificates, for good; make another one beside it. (With --force in its "
        f"place {_LOST}.) So:",
        commands=[
            f"trustrig init {shlex.join(options)}{ca_option(new)}",
            again("--ca", str(new), without="--ca"),
        ],
    )


def beyond_lan(own: Iterable[Permitted], names: Iterable[SubjectName]) -> list[str]:
    """What one made with --lan has to permit besides, to certify NAMES and all that one limited by OWN does."""
    from pki.issue.constraints import parse_permitted
    from pki.issue.lan import LAN_NAMES

    lan, found = parse_permitted(LAN_NAMES), []
    for text in dict.fromkeys(
        (*(text.lstrip(".") for one in own for text in one.listed), *map(_permit, names))
    ):
        more = parse_permitted([text])
        if lan is None or more is None or not lan.covers(more):
            found.append(text)
    return found


def _permit(name: SubjectName) -> str:
    """What --permit is told for NAME, and no more."""
    from pki.model.names import NameKind

    match name.kind:
        case NameKind.DNS:
            return name.value.removeprefix("*.")
        case NameKind.UPN:
            return name.value.rpartition("@")[2]
        case NameKind.SRV:
            return name.value.partition(".")[2]
        case _:
            return str(name)
