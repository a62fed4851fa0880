"""What Apple calls a certificate in its sentences: SecCertificateCopySubjectSummary.

Source: Security-61901 SecCertificate.c, obtainSummaryFromX501Name and SecCertificateCopySubjectSummary.
"""

from __future__ import annotations

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.extension_values import NameType

_ORGANIZATION, _UNIT, _DESCRIPTION = "2.5.4.10", "2.5.4.11", "2.5.4.13"
# From the least wanted to the most; what is not named here comes before all of them.
_ORDER = {_ORGANIZATION: 1, _UNIT: 2, oids.COMMON_NAME: 3}


def subject_summary(cert: CertFacts) -> str | None:
    """The summary: CommonNames, else the first e-mail address, else the first DNS name, else OU, O or whatever it has.

    Several values of the kind that is used come in reverse order; a description is put behind a CommonName. None for a
    certificate without any name, which Apple's sentences show as `(null)`.
    """
    kind, values, descriptions = -1, list[str](), list[str]()
    for oid, text in cert.subject.attributes:
        value, wanted = text.removesuffix("\0"), _ORDER.get(oid, 0)
        if oid == _DESCRIPTION:
            descriptions.insert(0, value)
        if wanted > kind:
            kind, values = wanted, [value]
        elif wanted == kind:
            values.insert(0, value)
    summary = ", ".join(values) if values else None
    if kind == _ORDER[oids.COMMON_NAME]:
        return f"{summary} ({', '.join(descriptions)})" if descriptions else summary
    names = _email_addresses(cert) or _dns_names(cert)
    return names[0] if names else summary


def _email_addresses(cert: CertFacts) -> tuple[str, ...]:
    """SecCertificateCopyRFC822Names: those of subjectAltName first; one that is not ASCII discards all."""
    named = cert.names(NameType.EMAIL)
    if not all(name.value.isascii() for name in named):
        return ()
    return (*(name.text for name in named), *cert.subject.email_addresses)


def _dns_names(cert: CertFacts) -> tuple[str, ...]:
    return tuple(name.text for name in cert.names(NameType.DNS))
