"""The catalogue, a module a theme. Importing one registers its rules."""

from importlib import import_module

THEMES = (
    "chain_end",
    "dead_ends",
    "inherited",
    "sent",
    "user_roots",
    "distrust",
    "dates",
    "shape",
    "revocation",
    "issuing",
    "keys",
    "names",
    "server",
    "public",
    "transparency",
    "client",
    "rfc5280",
    "validation",
    "inputs",
    "webpki",
    "ats",
    "transport",
    "ats_transport",
)
"""In the order in which the rules run and are listed."""


def load() -> None:
    """Import every theme, once."""
    for theme in THEMES:
        import_module(f"{__name__}.{theme}")
