"""The catalogue, a module a theme. Importing one registers its rules; the order here is the order they run."""


def load() -> None:
    """Import every theme, once."""
    from pki.trust.rules import (  # noqa: F401  # imported for their registrations
        ats,
        client,
        dates,
        issuing,
        keys,
        linkage,
        names,
        server,
        shape,
    )
