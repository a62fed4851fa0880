"""The options of `evaluate` that are inputs of path validation, RFC 5280 6.1.1: read into the library's value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.choices import KeyUsageName
from pki_cli.options.group import OptionGroup

if TYPE_CHECKING:
    from pki.trust import PathInputs


class PathInputOptions(OptionGroup):
    """The inputs of RFC 5280 6.1.1 that the policies by the book take."""

    policy_oid: Annotated[
        list[str] | None,
        typer.Option(
            "--policy-oid", metavar="OID", help="By the book: a certificate policy wanted. Repeatable."
        ),
    ] = None
    explicit_policy: Annotated[
        bool, typer.Option("--explicit-policy", help="By the book: require a certificate policy all the way.")
    ] = False
    inhibit_policy_mapping: Annotated[
        bool, typer.Option("--inhibit-policy-mapping", help="By the book: allow no policy mapping.")
    ] = False
    inhibit_any_policy: Annotated[
        bool, typer.Option("--inhibit-any-policy", help="By the book: anyPolicy stands for no policy.")
    ] = False
    bare_anchor: Annotated[
        bool, typer.Option("--bare-anchor", help="By the book: an anchor's dates and limits do not count.")
    ] = False
    max_intermediates: Annotated[
        int | None,
        typer.Option(
            "--max-intermediates", min=0, metavar="N", help="By the book: so many between leaf and anchor."
        ),
    ] = None
    key_usage: Annotated[
        list[KeyUsageName] | None,
        typer.Option(
            "--key-usage",
            metavar="BIT",
            case_sensitive=False,
            help="By the book: a bit of keyUsage wanted, as digitalSignature. Repeatable.",
        ),
    ] = None
    purpose_named: Annotated[
        bool, typer.Option("--purpose-named", help="By the book: the leaf must name its extendedKeyUsage.")
    ] = False

    def read(self) -> PathInputs:
        """The options as inputs.

        Raises:
            InvalidRequest: what should be an OID is none.
        """
        from pki.model.extension_values import KEY_USAGES, NO_KEY_USAGE
        from pki.model.oids import ANY_POLICY, is_oid
        from pki.trust import PathInputs

        for oid in self.policy_oid or ():
            if not is_oid(oid):
                raise InvalidRequest(
                    f"--policy-oid {oid!r} is no object identifier",
                    hint="Give it in dots, such as 2.23.140.1.2.1.",
                )
        usages = NO_KEY_USAGE
        for name in self.key_usage or ():
            usages |= KEY_USAGES[name]
        return PathInputs(
            policies=frozenset(self.policy_oid or (ANY_POLICY,)),
            explicit_policy=self.explicit_policy,
            inhibit_policy_mapping=self.inhibit_policy_mapping,
            inhibit_any_policy=self.inhibit_any_policy,
            bare_anchor=self.bare_anchor,
            max_intermediates=self.max_intermediates,
            key_usage=usages,
            purpose_named=self.purpose_named,
        )
