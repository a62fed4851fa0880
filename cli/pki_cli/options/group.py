"""Options that stand together as one value: a parameter whose type is a group is its fields on the command line."""

from __future__ import annotations

from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import typer


class OptionGroup:
    """Options read together or had by several commands: annotated as Typer wants a parameter, with defaults.

    No dataclass: what that generates for each group costs a third of a millisecond at every start.
    """

    def __init__(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """COMMAND as Typer may register it: each of its parameters that is a group has become the group's options."""
    hints = get_type_hints(command, include_extras=True)
    hints.pop("return", None)
    parameters: list[Parameter] = []
    groups: dict[str, tuple[type[OptionGroup], list[str]]] = {}
    for name, parameter in signature(command).parameters.items():
        hint: Any = hints[name]
        if not (isinstance(hint, type) and issubclass(hint, OptionGroup)):
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hint))
            continue
        own = get_type_hints(hint, include_extras=True)
        groups[name] = (hint, list(own))
        parameters += [
            Parameter(field, Parameter.KEYWORD_ONLY, default=getattr(hint, field), annotation=annotation)
            for field, annotation in own.items()
        ]

    def run(**given: Any) -> None:
        values = {
            name: group(**{field: given.pop(field) for field in own}) for name, (group, own) in groups.items()
        }
        command(**given, **values)

    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # Typer reads it by inspect.signature
    return run


def was_typed(ctx: typer.Context, name: str) -> bool:
    """Whether the parameter NAME stands on the command line; its default and a variable's value do not."""
    source = ctx.get_parameter_source(name)  # an enum of Click's, which Typer may carry inside
    return source is not None and source.name == "COMMANDLINE"


def check_combination(needed: Mapping[str, object], given: Mapping[str, object]) -> None:
    """Refuse options that mean nothing without another one.

    Raises:
        InvalidRequest: one of GIVEN is set, and the one NEEDED is not.
    """
    from pki.errors import InvalidRequest

    ((name, value),) = needed.items()
    lonely = next((flag for flag, there in given.items() if there), None)
    if lonely is not None and not value:
        raise InvalidRequest(f"{lonely} means nothing without {name}", hint=f"Add {name}.")
