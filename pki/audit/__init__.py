"""Auditing: many chains and hosts out of whatever names them, each judged, with the moment and the rule that end it."""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
