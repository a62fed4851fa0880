"""Where a chain breaks off: is it the root that is not trusted, or an intermediate that was not sent?

Apple reports one code for both (-25318), and the repairs have nothing in common. What the certificates say makes one of
them likelier; it is told as that, with both repairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from pki.model import der, oids
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.signatures import signed_by
from pki.trust.request import Request

_MOST = 32  # certificates that are climbed, as many as a path may have
_SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"  # RFC 6962, 3.3: what a public CA embeds
_ORGANIZATION = "2.5.4.10"
_ROOT_WORDS = re.compile(r"\broot\b|\bmkcert\b|\bminica\b", re.IGNORECASE)
_MIDDLE_WORDS = re.compile(
    r"\b(intermediate|issuing|sub(ordinate)?[ -]?ca|server ca|tls (rsa|ecc?|ecdsa)?\s?ca)\b", re.IGNORECASE
)


class Likelier(Enum):
    """What the missing issuer probably is."""

    ROOT = "the root"
    PUBLIC_ROOT = "a public CA's root"
    INTERMEDIATE = "an intermediate"


class MissingIssuer(NamedTuple):
    """The last certificate at hand whose issuer is not, what that issuer probably is, and why so."""

    last: CertFacts
    likelier: Likelier
    because: str
    is_leaf: bool = True

    @property
    def repair(self) -> str:
        """The likelier repair first, then the other."""
        name = self.last.issuer.label
        below = "its own certificate" if self.is_leaf else self.last.subject.label
        send = f"let the server send {name} after {below}"
        if self.last.ca_issuers:
            send += f" ({self.last.ca_issuers[0]} has it)"
        install = f"install {name} on the device and switch its trust on"
        if not self.last.issuer.common_names:
            install = f"trust {name} on a Mac, as iOS has no switch for a root without a CommonName"
        if self.likelier is Likelier.INTERMEDIATE:
            return f"Likelier: {send}. If it is the root: {install}."
        if self.likelier is Likelier.PUBLIC_ROOT:
            return (
                f"Likelier: nothing on a device, where public CAs' roots are preinstalled; here, give {name} as an "
                f"anchor of the class system. If it is an intermediate: {send}."
            )
        return f"Likelier: {install}. If it is an intermediate: {send}."


def missing_issuer(cert: CertFacts, request: Request) -> MissingIssuer:
    """What is missing above CERT, where a path of REQUEST broke off."""
    last = _highest(cert, request.others)
    likelier, because = _judge(last, request)
    return MissingIssuer(last, likelier, because, is_leaf=last == request.leaf)


def _highest(cert: CertFacts, sent: Iterable[CertFacts]) -> CertFacts:
    """The last certificate above CERT that was sent: what is missing is missing there, wherever the path gave up."""
    seen = [cert]
    for _ in range(_MOST):
        last = seen[-1]
        above = next(
            (c for c in sent if c not in seen and c.subject.is_one_with(last.issuer) and signed_by(last, c)),
            None,
        )
        if above is None:
            return last
        seen.append(above)
    return seen[-1]


def _judge(last: CertFacts, request: Request) -> tuple[Likelier, str]:
    root = Likelier.PUBLIC_ROOT if _public(request) else Likelier.ROOT
    issued_by = _issuer_of_issuer(last)
    if issued_by is not None:
        if issued_by == last.issuer.raw:
            return root, "its authorityKeyIdentifier says that the issuer issued itself"
        above = DistinguishedName(issued_by).label
        return Likelier.INTERMEDIATE, f"its authorityKeyIdentifier says that {above} issued the issuer"
    if last != request.leaf:
        return root, "the server sent the intermediate below it, and roots are not sent"
    issuer = last.issuer
    related = _related_anchor(issuer, request)
    if related is not None:
        return Likelier.INTERMEDIATE, f"the anchor {related} is of the same organisation"
    words = " ".join(issuer.common_names)
    if _MIDDLE_WORDS.search(words):
        return Likelier.INTERMEDIATE, "its name is an intermediate's"
    if _ROOT_WORDS.search(words):
        return root, "its name is a root's"
    if root is Likelier.PUBLIC_ROOT:
        return Likelier.INTERMEDIATE, "public CAs issue nothing from a root"
    if last.ca_issuers:
        return Likelier.INTERMEDIATE, "the certificate says where its issuer can be fetched"
    return root, "nothing in it points to a public CA, and private ones mostly issue from the root"


def _public(request: Request) -> bool:
    """Whether the leaf has what a public CA puts into it."""
    leaf = request.leaf
    browser_policies = any(policy.startswith("2.23.140.1.") for policy in leaf.policies or ())
    return leaf.extension(_SCT_LIST) is not None or browser_policies


def _related_anchor(issuer: DistinguishedName, request: Request) -> str | None:
    """The first anchor of the same organisation, which a sibling of the missing issuer would have as well."""
    wanted = {text for oid, text in issuer.attributes if oid == _ORGANIZATION}
    for anchor in request.anchors:
        subject = anchor.certificate.subject
        if wanted & {text for oid, text in subject.attributes if oid == _ORGANIZATION}:
            return subject.label
    return None


def _issuer_of_issuer(cert: CertFacts) -> bytes | None:
    """The directoryName in authorityCertIssuer (RFC 5280, 4.2.1.1): who issued the issuer."""
    extension = cert.extension(oids.AUTHORITY_KEY_IDENTIFIER)
    if extension is None:
        return None
    value = extension.value
    try:
        for tag, _, start, stop in der.children(value, *der.only(value, der.SEQUENCE)):
            if tag != der.context(1, constructed=True):
                continue
            for kind, _, name_start, name_stop in der.children(value, start, stop):
                if kind == der.context(4, constructed=True):
                    return value[name_start:name_stop]
    except der.DerError:
        return None
    return None
