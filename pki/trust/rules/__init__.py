"""The catalogue, a module a theme; importing the package registers all rules in order."""

from __future__ import annotations

from importlib import import_module

from pki.model.verdict import Rule
from pki.trust.catalogue import RULES

THEMES = (
    "chain_end",
    "dead_ends",
    "inherited",
    "sent",
    "user_roots",
    "distrust",
    "dates",
    "shape",
    "rfc5280",
    "revocation",
    "issuing",
    "keys",
    "names",
    "server",
    "lifetimes",
    "public",
    "transparency",
    "client",
    "validation",
    "inputs",
    "webpki",
    "ats",
    "transport",
    "ats_transport",
)
"""In the order in which the rules run and are listed."""

__all__ = ["RULES", "all_rules"]

for _theme in THEMES:
    import_module(f"{__name__}.{_theme}")


def all_rules() -> dict[str, Rule]:
    """The whole catalogue, by id: what is asked of certificates, and the lints of an Info.plist."""
    from pki.ats.lints import LINTS

    return {**RULES, **LINTS}
