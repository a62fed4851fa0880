"""What a device is given: a profile, read for what the page has to say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from pki.errors import InvalidRequest
from pki.load.profile.reading import read_profile
from pki.model.foreign import read_certificate
from pki.model.payloads import CERTIFICATE_PAYLOADS, PayloadType

if TYPE_CHECKING:
    from cryptography import x509

WITHOUT_KEY, WITH_KEY = 20, 1  # downloads; ours


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileHandout:
    """What a device is given.

    `identity` is the name of the identity in the profile, None without one; `downloads` is how often the profile is
    given out.
    """

    profile: bytes = field(repr=False)
    root: x509.Certificate
    identity: str | None = None
    asks_password: bool = False
    downloads: int = WITH_KEY

    @classmethod
    def of(cls, profile: bytes, *, name: str = "the profile", downloads: int | None = None) -> Self:
        """Read PROFILE, plain or signed; it is given out as it is.

        Without `downloads` it is given out once, unless there is nothing in it but certificates: an identity is a
        secret, and so may be what else there is.

        Raises:
            Unreadable: it is no profile, or its root no certificate.
            InvalidRequest: it installs no root certificate, so there is nothing to trust.
        """
        read = read_profile(profile, name=name)
        root = next((payload.content for payload in read.payloads if payload.type == PayloadType.ROOT), None)
        if root is None:
            raise InvalidRequest(
                f"{name} installs no root certificate" + (" that can be read" if read.encrypted else ""),
                hint="Give a profile that does, or have one made.",
            )
        certificate = read_certificate(root, what=f"{name} installs a root certificate")
        identity = next((payload for payload in read.payloads if payload.type == PayloadType.PKCS12), None)
        harmless = all(payload.type in CERTIFICATE_PAYLOADS for payload in read.payloads)
        return cls(
            profile=profile,
            root=certificate,
            identity=(identity.name or "of no name") if identity is not None else None,
            asks_password=identity is not None and identity.password is None,
            downloads=downloads or (WITHOUT_KEY if harmless else WITH_KEY),
        )
