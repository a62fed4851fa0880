"""What an authority revoked, on disk, and the CRLs and OCSP answers that say so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, StoreError
from pki.issue.path_length import label
from pki.issue.revoked import Revocation, RevocationLedger, RevocationReason
from pki.model.common_names import common_name_in
from pki.model.foreign import is_issued_by, reading
from pki.model.identity import is_self_signed
from pki.store import staging
from pki.store.layout import FolderLayout, is_serial
from pki.store.revocation_record import Revoked, read_record, write_record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography import x509

    from pki.issue.ocsp import Responder, Status
    from pki.store.folder import AuthorityFolder

    Chain = tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class RevocationSubject:
    """A certificate that can be revoked or asked about."""

    serial: str
    name: str
    issuer: str


class Revocations:
    """The revocations of one authority's folder. Reading them needs no key; CRLs and OCSP answers do.

    Every method may raise:
        StoreError: the folder is busy or damaged, or the system refused.
    """

    __slots__ = ("_folder", "_layout")

    def __init__(self, folder: AuthorityFolder) -> None:
        self._folder = folder
        self._layout = FolderLayout(folder.path)

    def all(self) -> tuple[Revoked, ...]:
        """Read what was revoked, in the order in which it was recorded."""
        return read_record(self._layout.revocations).revoked

    def ledger(self) -> RevocationLedger:
        """Read the same as servers look it up, by the issuer's name and the serial number; no key is needed."""
        from pki.model.distinguished import DistinguishedName

        names = {chain[0].subject.rfc4514_string(): chain[0].subject for chain in self._folder.authorities()}
        keys = {text: DistinguishedName(name.public_bytes()).key for text, name in names.items()}
        return RevocationLedger(
            source=str(self._layout.revocations),
            entries=tuple(
                (keys[one.issuer], Revocation(int(one.serial, 16), one.at, one.reason))
                for one in self.all()
                if one.issuer in keys
            ),
        )

    def find(self, name: str) -> RevocationSubject:
        """Find what NAME means: an issued name (its latest certificate), a serial, or an authority's CommonName.

        Raises:
            StoreError: nothing here is called so.
            InvalidRequest: it is a root, or an authority that was issued elsewhere.
        """
        rows = self._folder.rows()
        serial = name.replace(":", "").lower().removeprefix("0x").lstrip("0")
        if is_serial(serial):
            for row in rows:
                if row.serial == serial:
                    return RevocationSubject(row.serial, row.name, row.issuer)
        signing = [chain[0] for chain in self._folder.members.signing]
        foreign = None
        for certificate in signing:
            own = f"{certificate.serial_number:x}"
            if name == common_name_in(certificate.subject) or serial == own:
                if is_self_signed(certificate) or certificate.issuer not in [one.subject for one in signing]:
                    foreign = certificate
                    continue
                issuer = certificate.issuer.rfc4514_string()
                return RevocationSubject(own, common_name_in(certificate.subject), issuer)
        try:
            row = self._folder.row(name)
        except StoreError:
            if foreign is not None:
                raise _issued_elsewhere(foreign) from None
            raise
        return RevocationSubject(row.serial, row.name, row.issuer)

    def revoke(
        self, name: str, *, at: datetime, reason: RevocationReason = RevocationReason.UNSPECIFIED
    ) -> tuple[Revoked, bool]:
        """Revoke what `find` finds; return the record, and whether it is new.

        What was revoked stays so, with its first date and reason; only a hold can become another reason
        (RFC 5280, 5.3.1).

        Raises:
            StoreError: nothing here is called so.
        """
        subject = self.find(name)
        with staging.locked(self._layout):
            record = read_record(self._layout.revocations)
            old = next((one for one in record.revoked if one.serial == subject.serial), None)
            if old is not None and (
                old.reason is not RevocationReason.CERTIFICATE_HOLD
                or reason in (RevocationReason.CERTIFICATE_HOLD, RevocationReason.UNSPECIFIED)
            ):
                return old, False
            new = Revoked(subject.serial, subject.name, subject.issuer, old.at if old else at, reason)
            others = tuple(one for one in record.revoked if one is not old)
            write_record(self._layout.revocations, replace(record, revoked=(*others, new)))
        return new, True

    def crl(
        self, issuer: str | None, *, at: datetime, next_update: datetime, root: bool = False
    ) -> x509.CertificateRevocationList:
        """Sign the full CRL of the issuing intermediate, the authority called ISSUER, or the root.

        Its number is one more than that of the authority's last list, also when that list was never published.

        Raises:
            InvalidRequest: the list would end before it begins, or ISSUER is no authority.
            WrongPassword: the key is encrypted, and the passphrase is missing or wrong.
        """
        from cryptography.hazmat.primitives import hashes

        from pki.issue.adoption import check_lists
        from pki.issue.crl import check_period, sign_crl

        check_period(at, next_update)
        chain = self._authority(issuer, root=root)
        check_lists(chain[0])
        signing = self._folder.signing(chain)
        fingerprint = chain[0].fingerprint(hashes.SHA256()).hex()
        with staging.locked(self._layout):
            record = read_record(self._layout.revocations)
            numbers = dict(record.crl_numbers)
            number = numbers[fingerprint] = numbers.get(fingerprint, 0) + 1
            crl = sign_crl(
                signing, _issued_by(chain[0], record.revoked), number=number, at=at, next_update=next_update
            )
            # Recorded before anybody has the list: a number is skipped by a crash, and never given twice.
            write_record(self._layout.revocations, replace(record, crl_numbers=tuple(numbers.items())))
        return crl

    def status(self, issuer: x509.Certificate, serial: int) -> Status:
        """What ISSUER, an authority here, says of SERIAL; unknown when it did not issue it."""
        from pki.issue.ocsp import GOOD, UNKNOWN, Status

        revoked = next((one for one in _issued_by(issuer, self.all()) if one.serial == serial), None)
        if revoked is not None:
            return Status(known=True, revocation=revoked)
        text, name = f"{serial:x}", issuer.subject.rfc4514_string()
        rows = self._folder.rows()
        issued = any(row.serial == text and row.issuer == name for row in rows)
        above = any(
            chain[0].serial_number == serial and chain[0].issuer == issuer.subject and chain[0] != issuer
            for chain in self._folder.members.signing
        )
        return GOOD if issued or above else UNKNOWN

    def responders(self, *, at: datetime, until: datetime, delegated: bool = True) -> tuple[Responder, ...]:
        """Make one responder for each authority here, delegated by it from AT until UNTIL, or itself.

        Raises:
            WrongPassword: a key is encrypted, and the passphrase is missing or wrong.
        """
        return tuple(
            self._responder(chain, at=at, until=until, delegated=delegated)
            for chain in self._folder.authorities()
        )

    def answer(
        self, name: str, *, at: datetime, next_update: datetime, delegated: bool = True
    ) -> tuple[bytes, RevocationSubject, Status]:
        """Sign an OCSP answer about what `find` finds: what a server staples.

        Raises:
            InvalidRequest: the answer would end before it begins.
            WrongPassword: the key is encrypted, and the passphrase is missing or wrong.
        """
        subject = self.find(name)
        chain = next(
            (
                chain
                for chain in reversed(self._folder.authorities())
                if chain[0].subject.rfc4514_string() == subject.issuer
            ),
            None,
        )
        if chain is None:
            raise StoreError(
                f"{subject.issuer}, which issued {subject.name}, is not here any more",
                hint="Only who issued a certificate can answer for it: issue it again.",
            )
        return self._answer(chain, subject, at=at, next_update=next_update, delegated=delegated)

    def answer_about(
        self, certificate: x509.Certificate, *, at: datetime, next_update: datetime, delegated: bool = True
    ) -> tuple[bytes, RevocationSubject, Status]:
        """Sign an OCSP answer about CERTIFICATE, which an authority here signed.

        Raises:
            InvalidRequest: no authority here signed it, or as `answer`.
            Unreadable: its names do not parse.
        """
        with reading("this is a certificate", hint="Issue it again."):
            name, issuer = common_name_in(certificate.subject), certificate.issuer.rfc4514_string()
        for chain in self._folder.authorities():
            if is_issued_by(certificate, chain[0]):
                serial = f"{certificate.serial_number:x}"
                subject = RevocationSubject(serial, name or f"serial {serial}", issuer)
                return self._answer(chain, subject, at=at, next_update=next_update, delegated=delegated)
        raise InvalidRequest(
            f"the certificate {name!r} was not issued by {self._folder.path}",
            hint="Only its issuer can answer for it.",
        )

    def _answer(
        self,
        chain: Chain,
        subject: RevocationSubject,
        *,
        at: datetime,
        next_update: datetime,
        delegated: bool,
    ) -> tuple[bytes, RevocationSubject, Status]:
        serial = int(subject.serial, 16)
        status = self.status(chain[0], serial)
        responder = self._responder(chain, at=at, until=next_update, delegated=delegated)
        return responder.answer(serial, status, at=at, next_update=next_update), subject, status

    def _responder(self, chain: Chain, *, at: datetime, until: datetime, delegated: bool) -> Responder:
        from pki.issue.crl import check_period
        from pki.issue.ocsp import Responder

        check_period(at, until)
        signing = self._folder.signing(chain)
        return Responder.delegated(signing, at=at, until=until) if delegated else Responder.by_issuer(signing)

    def _authority(self, name: str | None, *, root: bool) -> Chain:
        members = self._folder.members
        if root:
            if not is_self_signed(members.signing[0][0]):
                raise InvalidRequest(
                    f"the key of the root above {label(members.issuers[0])} is not here",
                    hint="Who has it signs the root's list.",
                )
            return members.signing[0]
        if name is None:
            return members.issuers
        chains = self._folder.authorities()
        wanted = self._folder.certificates(name)
        if wanted not in chains:
            raise InvalidRequest(
                f"{name} is no authority", hint="Name one that was issued as an intermediate."
            )
        return wanted


def _issued_elsewhere(certificate: x509.Certificate) -> InvalidRequest:
    name = label(certificate)
    if is_self_signed(certificate):
        return InvalidRequest(
            f"{name} is a root: nobody revokes a root, and nobody is asked about one",
            hint="Take it out of the stores that trust it.",
        )
    return InvalidRequest(
        f"{name} was issued by {certificate.issuer.rfc4514_string()}, whose key is not here",
        hint="Only who issued a certificate can revoke it, or answer for it.",
    )


def _issued_by(issuer: x509.Certificate, revoked: Iterable[Revoked]) -> list[Revocation]:
    name = issuer.subject.rfc4514_string()
    return [Revocation(int(one.serial, 16), one.at, one.reason) for one in revoked if one.issuer == name]
