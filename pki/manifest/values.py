"""The values of a manifest's keys: each type with the function of the library that judges it, for pydantic."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from pki.errors import InvalidRequest, PkiError
from pki.export.profile import ProfileOptions, TargetDevice
from pki.issue.authority import INTERMEDIATE_SUFFIX
from pki.issue.constraints import parse_permitted
from pki.issue.keys import KeyType
from pki.issue.purposes import parse_purposes
from pki.issue.revocation_urls import RevocationUrls
from pki.issue.revoked import RevocationReason, parse_reason
from pki.issue.subjects import check_common_name
from pki.issue.validity import parse_moment
from pki.manifest.defects import DEFECTS
from pki.model.names import parse_subject_name
from pki.model.rfc4514 import parse_name
from pki.model.suggestion import one_of

OURS: Final = "manifest"  # the type of the errors made here; their context has `problem` and `hint`
MOST_DAYS: Final = 36_500  # ours: a century, which outlives every test
_NOW = datetime(2026, 1, 1, tzinfo=UTC)  # distances are read from here, to see whether they can be read


def value_error(problem: str, hint: str) -> PydanticCustomError:
    """Return the error of a key or table, as `value_errors` takes it apart again."""
    return PydanticCustomError(OURS, "{problem}", {"problem": problem, "hint": hint})


def _checked(read: Callable[[str], object]) -> AfterValidator:
    """Let READ, a function of the library, judge a text; what it refuses becomes the error of this key."""

    def check(text: str) -> str:
        try:
            read(text)
        except PkiError as error:
            raise value_error(error.problem, error.hint) from None
        return text

    return AfterValidator(check)


def _as_text(value: Any) -> Any:
    """TOML's own dates and times beside the texts that commands take."""
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _inside(text: str) -> None:
    path = PurePosixPath(text)
    if not text or path.is_absolute() or ".." in path.parts or "\\" in text or not text.isprintable():
        raise InvalidRequest(
            f"{text!r} leads out of the manifest's folder",
            hint="Write a path below that folder, with / between its parts.",
        )
    if text.endswith("/") or path == PurePosixPath():
        raise InvalidRequest(f"{text!r} names no file", hint="Give the file's own name, too.")


def _variable(text: str) -> None:
    if not text.isidentifier() or not text.isascii():
        raise InvalidRequest(
            f"{text!r} is no name of an environment variable", hint="Write it without the $."
        )


def _one_of(words: Collection[str], what: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text not in words:
            raise InvalidRequest(f"no {what} is called {text!r}", hint=one_of(text, words))

    return check


DEVICES: Final = tuple(device.name.lower().replace("_", "-") for device in TargetDevice)

Id = Annotated[str, _checked(check_common_name)]
CaName = Annotated[str, _checked(lambda text: check_common_name(text + INTERMEDIATE_SUFFIX))]
Name = Annotated[str, _checked(parse_subject_name)]
Constraint = Annotated[str, _checked(lambda text: parse_permitted([text]))]
SubjectText = Annotated[str, _checked(parse_name)]
PurposeWord = Annotated[str, _checked(lambda text: parse_purposes([text]))]
Url = Annotated[str, _checked(lambda text: RevocationUrls.of(ocsp=[text]))]
CommonName = Annotated[str, _checked(lambda text: check_common_name(text) if text else None)]
Moment = Annotated[
    str,
    BeforeValidator(_as_text),
    _checked(lambda text: parse_moment(text, at=_NOW)),
    WithJsonSchema({"type": "string", "description": "A date, a time, or a distance: -1h, +30d, 2w, 1y."}),
]
Span = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}[smhdwy]$", examples=["30d"])]
File = Annotated[str, _checked(_inside)]
Variable = Annotated[str, _checked(_variable)]
Key = Annotated[KeyType, Strict(False)]
Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
Defect = Annotated[
    str,
    _checked(_one_of(DEFECTS, "defect")),
    WithJsonSchema({"enum": list(DEFECTS)}),
]
Reason = Annotated[
    str, _checked(parse_reason), WithJsonSchema({"enum": [str(reason) for reason in RevocationReason]})
]
ProfileId = Annotated[str, _checked(lambda text: ProfileOptions(identifier=text))]
Device = Annotated[str, _checked(_one_of(DEVICES, "device")), WithJsonSchema({"enum": list(DEVICES)})]

TABLE: Final = ConfigDict(extra="forbid", frozen=True, strict=True)
"""The settings of every table: each of its keys is known, and takes values of its own type alone."""
