"""The options of `evaluate` that are inputs of path validation, RFC 5280 6.1.1: read into the library's value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.trust import PathInputs

PolicyOids = Annotated[
    list[str] | None,
    typer.Option("--policy-oid", metavar="OID", help="By the book: a certificate policy wanted. Repeatable."),
]
ExplicitPolicy = Annotated[
    bool, typer.Option("--explicit-policy", help="By the book: require a certificate policy all the way.")
]
InhibitPolicyMapping = Annotated[
    bool, typer.Option("--inhibit-policy-mapping", help="By the book: allow no policy mapping.")
]
InhibitAnyPolicy = Annotated[
    bool, typer.Option("--inhibit-any-policy", help="By the book: anyPolicy stands for no policy.")
]
BareAnchor = Annotated[
    bool, typer.Option("--bare-anchor", help="By the book: an anchor's dates and limits do not count.")
]
MaxIntermediates = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="By the book: so many between leaf and anchor.")
]
KeyUsages = Annotated[
    list[str] | None,
    typer.Option("--key-usage", metavar="BIT", help="By the book: a bit of keyUsage wanted. Repeatable."),
]
PurposeNamed = Annotated[
    bool, typer.Option("--purpose-named", help="By the book: the leaf must name its extendedKeyUsage.")
]


def path_inputs(
    *,
    policy_oids: Sequence[str] | None,
    explicit_policy: bool,
    inhibit_policy_mapping: bool,
    inhibit_any_policy: bool,
    bare_anchor: bool,
    max_intermediates: int | None,
    key_usages: Sequence[str] | None,
    purpose_named: bool,
) -> PathInputs:
    """The options as inputs.

    Raises:
        InvalidRequest: what should be an OID or the name of a bit is none.
    """
    from pki.model.extensions import KEY_USAGES, NO_KEY_USAGE
    from pki.model.oids import ANY_POLICY, is_oid
    from pki.trust import PathInputs

    for oid in policy_oids or ():
        if not is_oid(oid):
            raise InvalidRequest(
                f"--policy-oid {oid!r} is no object identifier",
                hint="Give it in dots, such as 2.23.140.1.2.1.",
            )
    by_name = {name.casefold(): bit for name, bit in KEY_USAGES.items()}
    usages = NO_KEY_USAGE
    for name in key_usages or ():
        if name.casefold() not in by_name:
            raise InvalidRequest(
                f"--key-usage {name!r} is no bit of keyUsage", hint=f"Choose one of {', '.join(KEY_USAGES)}."
            )
        usages |= by_name[name.casefold()]
    return PathInputs(
        policies=frozenset(policy_oids or (ANY_POLICY,)),
        explicit_policy=explicit_policy,
        inhibit_policy_mapping=inhibit_policy_mapping,
        inhibit_any_policy=inhibit_any_policy,
        bare_anchor=bare_anchor,
        max_intermediates=max_intermediates,
        key_usage=usages,
        purpose_named=purpose_named,
    )
