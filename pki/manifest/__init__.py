"""A whole PKI in one TOML file: read with all its mistakes, planned, and applied."""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
