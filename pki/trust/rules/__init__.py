"""The catalogue, a module a theme; importing the package registers all rules in order."""

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
    "rfc5280",
    "revocation",
    "issuing",
    "keys",
    "names",
    "server",
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

for _theme in THEMES:
    import_module(f"{__name__}.{_theme}")
