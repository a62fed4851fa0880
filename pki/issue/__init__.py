"""Issuing: keys, profiles as data, validity, and the authority that signs."""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
