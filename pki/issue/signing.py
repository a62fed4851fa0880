"""What signs: the certificates above a leaf, what they leave, and the one place where a leaf is signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from cryptography import x509

from pki.errors import InvalidRequest
from pki.issue.builder import Signer, certify, new_serial
from pki.issue.keys import KeyType
from pki.issue.limits import Limits
from pki.issue.path_length import levels_below
from pki.issue.profiles import INTERMEDIATE
from pki.issue.randomness import RANDOM, Randomness
from pki.issue.revocation_urls import NO_URLS, RevocationUrls
from pki.issue.subjects import EMPTY_SUBJECT, Subject, authority_named, check_common_name
from pki.model.identity import Identity
from pki.model.names import SubjectName, parse_subject_name
from pki.renamed import Renamed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from pki.issue.profiles import CertificateProfile
    from pki.issue.validity import Validity
    from pki.model.identity import Identity

    Name = SubjectName | str


@dataclass(frozen=True, slots=True)
class SigningAuthority:
    """An identity that signs, and the chain above it."""

    issuing: Identity
    """The CA identity whose key signs here; its `issuers` run to the root."""
    parent: Self | None = None
    """The authority above where its key is at hand: None for a root, or where it is not known."""
    source: Randomness = field(default=RANDOM, repr=False, compare=False)
    """Where keys and serial numbers come from."""
    signer: Signer = field(init=False, repr=False, compare=False)
    """What makes the signatures."""
    limits: Limits = field(init=False, repr=False, compare=False)
    """What the name constraints of its chain leave."""
    _ends: datetime = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Read once: they are the same for every certificate below.
        signer = Signer.of(self.issuing.certificate, self.issuing.key, repeatable=self.source.repeatable)
        object.__setattr__(self, "signer", signer)
        object.__setattr__(self, "limits", Limits.of(self.chain))
        object.__setattr__(self, "_ends", min(certificate.not_valid_after_utc for certificate in self.chain))

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The authority's certificate and its issuers, the root last: the `issuers` of what it signs."""
        return (self.issuing.certificate, *self.issuing.issuers)

    @property
    def root(self) -> x509.Certificate:
        """The self-signed certificate to install and trust; the highest that is known, where that is not at hand."""
        return self.chain[-1]

    @property
    def ends(self) -> datetime:
        """The last second that anything signed here can have: the nearest end in the chain."""
        return self._ends

    @property
    def levels_below(self) -> int | None:
        """How many authorities may stand below this one; None means any number (RFC 5280, 4.2.1.9).

        Each certificate of the chain counts what stands between it and a leaf: the least room of all is what is left.
        """
        return levels_below(self.chain)

    def certify(
        self,
        profile: CertificateProfile,
        *,
        common_name: str,
        names: tuple[SubjectName, ...],
        public_key: CertificatePublicKeyTypes,
        validity: Validity,
        pointers: RevocationUrls = NO_URLS,
        subject: Subject = EMPTY_SUBJECT,
    ) -> x509.Certificate:
        """Sign one leaf by PROFILE, which may be a deliberately defective one; the methods above end here.

        SUBJECT is what stands beside the CommonName.

        Raises:
            InvalidRequest: a name that may not be certified here, an unusable CommonName, or a start after
                the authority's end.
        """
        if common_name:
            check_common_name(common_name)
        return certify(
            profile,
            signer=self.signer,
            subject=self.limits.check_leaf(names, common_name, subject),
            names=names,
            public_key=public_key,
            validity=validity.within(self._ends),
            serial=new_serial(self.source.octets),
            pointers=pointers,
        )

    make_below = Renamed("make_intermediate")

    def make_intermediate(
        self,
        name: str,
        *,
        key_type: KeyType,
        constraints: x509.NameConstraints | None,
        path_length: int | None,
        validity: Validity,
        subject: Subject = EMPTY_SUBJECT,
    ) -> Self:
        """Make an authority called NAME below this one; see `Authority.issue_intermediate`.

        Raises:
            InvalidRequest: NAME is taken further up, or as `certify`.
        """
        check_common_name(name)
        own = authority_named(name, public=self.source.repeatable, subject=subject)
        if any(certificate.subject == own for certificate in self.chain):
            raise InvalidRequest(f"{name!r} is the name of an authority above", hint="Choose another name.")
        self.limits.check(subject.email_names, "", own)
        key = self.source.key(key_type)
        certificate = certify(
            INTERMEDIATE,
            signer=self.signer,
            subject=own,
            names=(),
            public_key=key.public_key(),
            validity=validity.within(self.ends),
            serial=new_serial(self.source.octets),
            path_length=path_length,
            constraints=constraints,
        )
        return type(self)(Identity(certificate, key, self.chain), self, self.source)


def read_names(names: Iterable[Name]) -> tuple[SubjectName, ...]:
    """Read NAMES as subject alternative names, each once and in order.

    Raises:
        InvalidRequest: one of them is no name.
    """
    return tuple(dict.fromkeys(n if isinstance(n, SubjectName) else _read_name(n) for n in names))


# A test suite asks for the same few names again and again, and reading one costs a tenth of a certificate.
_read_name = lru_cache(maxsize=1024)(parse_subject_name)
