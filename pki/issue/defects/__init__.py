"""Departures from what is right, by name: each makes one thing wrong with a certificate that is good otherwise.

bad = depart(good, duplicate_extension(oids.SUBJECT_ALT_NAME), key=issuer_key)

A departure changes a `Draft`, the certificate taken apart; `depart` signs it again. That is the one way to what
`cryptography` will not build: broken signatures, extensions that occur twice, explicit defaults, negative serials.
"""

from pki.issue.defects.draft import Departure, Draft, depart
from pki.issue.defects.extensions import (
    ca_false_spelled_out,
    critical_extension,
    duplicate_extension,
    for_purposes,
    foreign_key_id,
    not_a_ca,
    not_critical,
    permitting_only,
    second_names,
    unknown_critical_extension,
    with_extension,
    with_path_length,
    without_cert_sign,
    without_extension,
)
from pki.issue.defects.fields import (
    as_version_1,
    with_another_key,
    with_serial,
    with_validity,
    without_subject,
)
from pki.issue.defects.keys import WeakKey, weak_key
from pki.issue.defects.signatures import bad_signature, signed_with

__all__ = [
    "Departure",
    "Draft",
    "WeakKey",
    "as_version_1",
    "bad_signature",
    "ca_false_spelled_out",
    "critical_extension",
    "depart",
    "duplicate_extension",
    "for_purposes",
    "foreign_key_id",
    "not_a_ca",
    "not_critical",
    "permitting_only",
    "second_names",
    "signed_with",
    "unknown_critical_extension",
    "weak_key",
    "with_another_key",
    "with_extension",
    "with_path_length",
    "with_serial",
    "with_validity",
    "without_cert_sign",
    "without_extension",
    "without_subject",
]
