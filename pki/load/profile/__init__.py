"""Configuration profiles as others hand them over: read, and held against what Apple publishes about them."""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
