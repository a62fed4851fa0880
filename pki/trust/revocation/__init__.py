"""Revocation from lists and answers at hand, never the network, by two books.

Apple's plain policies consult stapled and cached OCSP answers and evaluate no CRL (Security-61901,
SecRevocationServer.c); RFC 5280, 6.3 and RFC 6960 say what the rest of the world makes of both. `checks.CHECKS` has
them side by side.
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
