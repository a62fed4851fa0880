"""Who may sign a list or an answer: a responder by Apple's policy, a delegate by RFC 6960, a CRL issuer by RFC 5280."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.extension_values import KeyUsage
from pki.model.signatures import signed_by
from pki.model.time_format import moment_text

if TYPE_CHECKING:
    from pki.trust.revocation.crl import Crl
    from pki.trust.revocation.ocsp import OcspAnswer

MAX_NAMESAKES = 32  # ours: certificates of one CRL issuer whose keys are tried


class EvaluateSigner(Protocol):
    """Judges a signer's certificate, as the evaluator does: it is above this package, and so it is handed in."""

    def __call__(
        self,
        cert: CertFacts,
        others: Iterable[CertFacts],
        anchors: Iterable[CertFacts],
        at: datetime,
        *,
        by_rfc5280: bool,
    ) -> tuple[tuple[CertFacts, ...], str]:
        """The path from CERT to one of ANCHORS at AT, and why it does not do, if so."""


class SignerQuestion(NamedTuple):
    """About which certificate, when, and what else is at hand: a question to revocation data.

    `above` is the rest of the path, from the issuer's issuer to the anchor; `others` are certificates besides it.
    """

    cert: CertFacts
    issuer: CertFacts
    at: datetime
    evaluate: EvaluateSigner
    above: tuple[CertFacts, ...] = ()
    others: tuple[CertFacts, ...] = ()

    @property
    def issuers(self) -> tuple[CertFacts, ...]:
        """The path from the issuer upwards."""
        return (self.issuer, *self.above)


def apple_signer(answer: OcspAnswer, asked: SignerQuestion, moment: datetime) -> str:
    """Why Apple discards ANSWER for its signer, judged at MOMENT; empty when it does not.

    SecOCSPResponseCopySigner takes the last certificate that came along whose name or key is the responder's and whose
    key made the signature, else the issuer. Any but the issuer's own certificate has to satisfy
    SecPolicyCreateOCSPSigner under the issuers of the path, and be signed by the issuer's key.
    """
    signer, problem = None, ""
    for sent in answer.delegates():
        if answer.names_responder(sent, exactly=True):
            problem = answer.signed.problem_to_apple(sent)
            signer = signer if problem else sent
    if signer is None and answer.names_responder(asked.issuer, exactly=True):
        problem = answer.signed.problem_to_apple(asked.issuer)
        signer = None if problem else asked.issuer
    if signer is None:
        return problem or "names a responder whose certificate neither came along nor is the issuer's"
    if signer == asked.issuer:
        return ""
    label = signer.subject.label
    if oids.OCSP_SIGNING not in (signer.extended_key_usage or ()):
        return f"is signed by {label}, which is not for OCSPSigning"
    if KeyUsage.DIGITAL_SIGNATURE not in (signer.key_usage or KeyUsage(0)):
        return f"is signed by {label}, whose keyUsage lacks digitalSignature"
    constraints = signer.basic_constraints
    if constraints is not None and constraints.ca:
        return f"is signed by {label}, which is a CA"
    _, refused = asked.evaluate(signer, answer.delegates(), asked.issuers, moment, by_rfc5280=False)
    if refused:
        return f"is signed by {label}, which Apple's OCSP signer policy refuses as of {moment_text(moment)}: {refused}"
    return (
        ""
        if signed_by(signer, asked.issuer)
        else f"is signed by {label}, which the issuer's key did not sign"
    )


def rfc_signer(
    answer: OcspAnswer, asked: SignerQuestion, moments: tuple[datetime, ...]
) -> tuple[CertFacts | None, str]:
    """Who signed ANSWER with the issuer's authority at one of MOMENTS (RFC 6960, 4.2.2.2), or why nobody did.

    The ResponderID has to name it (4.2.2.3). Only the key that signed the certificate asked about appoints delegates.
    """
    problem = ""
    for signer in (asked.issuer, *answer.delegates()):
        if not answer.names_responder(signer, exactly=False):
            continue
        problem = answer.signed.problem_under(signer)
        if not problem and signer != asked.issuer and signer.spki != asked.issuer.spki:
            problem = _delegate(signer, asked.issuer, moments)
        if not problem:
            return signer, ""
    return None, problem or "names a responder whose certificate neither came along nor is the issuer's"


def _delegate(signer: CertFacts, issuer: CertFacts, moments: tuple[datetime, ...]) -> str:
    label = signer.subject.label
    if not signed_by(signer, issuer):
        return f"is signed by {label}, which the issuer's key did not appoint"
    if oids.OCSP_SIGNING not in (signer.extended_key_usage or ()):
        return f"is signed by {label}, which is not for OCSPSigning"
    usage = signer.key_usage
    if usage is not None and not usage & (KeyUsage.DIGITAL_SIGNATURE | KeyUsage.NON_REPUDIATION):
        return f"is signed by {label}, whose keyUsage allows no such signature (RFC 5280, 4.2.1.12)"
    unknown = next(
        (e.oid for e in signer.extensions if e.critical and e.oid not in oids.CRITICAL_KNOWN_TO_APPLE), None
    )
    if unknown is not None:
        return f"is signed by {label}, which has the critical extension {unknown}"
    if not any(signer.not_before <= moment <= signer.not_after for moment in moments):
        return f"is signed by {label}, whose certificate is not valid at {moment_text(moments[0])}"
    return ""


def crl_signer(
    crl: Crl, asked: SignerQuestion, moments: tuple[datetime, ...]
) -> tuple[tuple[CertFacts, ...], str]:
    """Who signed CRL for its issuer, with the path above (RFC 5280, 6.3.3 (f), (g)); or nobody, and why.

    The key need not be the one that signed the certificate: any certificate of the list's issuer at hand will do, in
    the path or with a path of its own to the same anchor.
    """
    problem = f"is issued by {crl.issuer.label}, no certificate of which is at hand"
    namesakes = dict.fromkeys(
        cert for cert in (*asked.issuers, *asked.others) if cert.subject.key == crl.issuer.key
    )
    for number, cert in enumerate(list(namesakes)[:MAX_NAMESAKES]):
        path: tuple[CertFacts, ...] = ()
        wrong = crl.signed.problem_under(cert)
        usage = cert.key_usage
        if not wrong and usage is not None and KeyUsage.CRL_SIGN not in usage:
            wrong = f"is not for {cert.subject.label} to sign: its keyUsage lacks cRLSign"
        if not wrong:
            path, wrong = _path(cert, asked, moments)
        if not wrong:
            return path, ""
        if number == 0 or "is not signed by the key of" not in wrong:
            problem = (
                wrong  # what is wrong with the one that did sign it is worth more than that others did not
            )
    return (), problem


def _path(
    cert: CertFacts, asked: SignerQuestion, moments: tuple[datetime, ...]
) -> tuple[tuple[CertFacts, ...], str]:
    if cert in asked.issuers:
        return asked.issuers[asked.issuers.index(cert) :], ""
    known = (*asked.issuers, *asked.others)
    anchor = asked.issuers[-1:]
    refused = ""
    for moment in dict.fromkeys(moments):
        path, refused = asked.evaluate(cert, known, anchor, moment, by_rfc5280=True)
        if not refused:
            return path, ""
    return (), f"is signed by {cert.subject.label}, which no path leads from to the anchor: {refused}"
