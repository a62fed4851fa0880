"""Defects by name: each makes one thing wrong with a certificate that is good otherwise.

bad = with_defects(good, duplicate_extension(oids.SUBJECT_ALT_NAME), key=issuer_key)

A defect changes a `Draft`, the certificate taken apart; `with_defects` signs it again. That is the one way to what
`cryptography` will not build: broken signatures, extensions that occur twice, explicit defaults, negative serials.
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, renamed={"Departure": "Defect", "depart": "with_defects"})
