"""Evidence as it lies in files: a CT log list, CRLs, stored OCSP responses."""

from __future__ import annotations

from typing import NamedTuple

from pki.trust.ct_logs import read_log_list
from pki.trust.evidence import Evidence
from pki.trust.revocation import Crl, OcspAnswer, RevocationData
from pki.trust.stapled_scts import scts_in_ocsp


class NamedBytes(NamedTuple):
    """What a file holds, and what messages call it."""

    name: str
    data: bytes


class EvidenceFiles(NamedTuple):
    """The files of evidence that somebody named."""

    ct_log_list: NamedBytes | None = None
    crls: tuple[NamedBytes, ...] = ()
    ocsp: tuple[NamedBytes, ...] = ()


NO_FILES = EvidenceFiles()


def read_evidence(files: EvidenceFiles) -> Evidence:
    """The evidence in FILES; the SCTs inside OCSP responses count as delivered.

    Raises:
        Unreadable: one of them is not what it should be, or too large.
    """
    logs = files.ct_log_list
    return Evidence(
        ct_logs=read_log_list(logs.data, name=logs.name) if logs else None,
        revocation=RevocationData(
            crls=tuple(crl for file in files.crls for crl in Crl.parse_all(file.data, name=file.name)),
            ocsp=tuple(OcspAnswer.parse(file.data, name=file.name) for file in files.ocsp),
        ),
        delivered_scts=tuple(scts for file in files.ocsp for scts in scts_in_ocsp(file.data)),
    )
