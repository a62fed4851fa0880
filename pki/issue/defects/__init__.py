"""Defects by name: each makes one thing wrong with a certificate that is good otherwise.

bad = with_defects(good, duplicate_extension(oids.SUBJECT_ALT_NAME), key=issuer_key)

A defect changes a `Draft`, the certificate taken apart; `with_defects` signs it again. That is the one way to what
`cryptography` will not build: broken signatures, extensions that occur twice, explicit defaults, negative serials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import lazy_names

if TYPE_CHECKING:
    from pki.issue.defects.draft import Defect, Draft, sign_again, with_defects
    from pki.issue.defects.extensions import (
        ca_false_spelled_out,
        changing_extensions,
        critical_extension,
        duplicate_extension,
        for_purposes,
        foreign_key_id,
        is_a_ca,
        not_a_ca,
        not_critical,
        permitting_only,
        permitting_with_maximum,
        second_names,
        unknown_critical_extension,
        with_extension,
        with_issuer_url,
        with_path_length,
        without_cert_sign,
        without_extension,
        written_names,
    )
    from pki.issue.defects.fields import (
        as_version_1,
        with_another_key,
        with_printable_subject,
        with_serial,
        with_subject,
        with_validity,
        without_subject,
    )
    from pki.issue.defects.keys import WeakKey, weak_key
    from pki.issue.defects.signatures import bad_signature, signed_with, signed_with_pss

__all__ = [
    "Defect",
    "Draft",
    "WeakKey",
    "as_version_1",
    "bad_signature",
    "ca_false_spelled_out",
    "changing_extensions",
    "critical_extension",
    "duplicate_extension",
    "for_purposes",
    "foreign_key_id",
    "is_a_ca",
    "not_a_ca",
    "not_critical",
    "permitting_only",
    "permitting_with_maximum",
    "second_names",
    "sign_again",
    "signed_with",
    "signed_with_pss",
    "unknown_critical_extension",
    "weak_key",
    "with_another_key",
    "with_defects",
    "with_extension",
    "with_issuer_url",
    "with_path_length",
    "with_printable_subject",
    "with_serial",
    "with_subject",
    "with_validity",
    "without_cert_sign",
    "without_extension",
    "without_subject",
    "written_names",
]

_HOMES = {
    "Defect": "draft",
    "Draft": "draft",
    "WeakKey": "keys",
    "as_version_1": "fields",
    "bad_signature": "signatures",
    "ca_false_spelled_out": "extensions",
    "changing_extensions": "extensions",
    "critical_extension": "extensions",
    "with_defects": "draft",
    "duplicate_extension": "extensions",
    "for_purposes": "extensions",
    "foreign_key_id": "extensions",
    "is_a_ca": "extensions",
    "not_a_ca": "extensions",
    "not_critical": "extensions",
    "permitting_only": "extensions",
    "permitting_with_maximum": "extensions",
    "second_names": "extensions",
    "sign_again": "draft",
    "signed_with": "signatures",
    "signed_with_pss": "signatures",
    "unknown_critical_extension": "extensions",
    "weak_key": "keys",
    "with_another_key": "fields",
    "with_extension": "extensions",
    "with_issuer_url": "extensions",
    "with_path_length": "extensions",
    "with_printable_subject": "fields",
    "with_serial": "fields",
    "with_subject": "fields",
    "with_validity": "fields",
    "without_cert_sign": "extensions",
    "without_extension": "extensions",
    "without_subject": "fields",
    "written_names": "extensions",
}

# Naming a defect costs nothing.
__getattr__ = lazy_names(__name__, _HOMES)
