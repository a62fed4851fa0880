"""Who is shown to servers that others wrote: an authority on disk with good and bad clients, and another authority.

The programs go by the machine's clock and not by the session's moment, so all of them are issued for this moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from pki.store import AuthorityFolder
from pki.store.revocation import RevocationReason, Revocations
from tests import clock
from tests.handshake.programs import export

GOOD, EXPIRED, EARLY, REVOKED, STRANGER = "alice", "late", "early", "mallory", "eve"
SERVER = "localhost"  # what the server's identity is called, and one of its names
FAR = "api.test"  # another of them: ATS does not bind local names
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class People:
    """One folder for each, as `tests.handshake.programs.export` writes it; STRANGER alone is of the other authority."""

    folder: Path

    @property
    def ours(self) -> Path:
        """The authority's folder; REVOKED is in its ledger."""
        return self.folder / "ours"

    @property
    def theirs(self) -> Path:
        """The folder of the other authority."""
        return self.folder / "theirs"

    @property
    def root(self) -> Path:
        """The authority's root certificate, PEM."""
        return self.files(SERVER) / "root.pem"

    @property
    def crls(self) -> Path:
        """What both of the authority's CAs revoked, PEM: OpenSSL and GnuTLS want a list for each CA in the path."""
        return self.folder / "crls.pem"

    def files(self, who: str) -> Path:
        """The folder of WHO: cert.pem, chain.pem, fullchain.pem, key.pem, root.pem, and .p12 files."""
        return self.folder / who

    def one_file(self, who: str) -> Path:
        """Certificate, issuers and key of WHO in one PEM file."""
        return self.files(who) / "all.pem"

    def shown(self, who: str | None) -> tuple[str | Path, ...]:
        """The options of `evaluate` and `diagnose` that show WHO."""
        return ("--client", who, "--ca", self.theirs if who == STRANGER else self.ours) if who else ()

    @property
    def trusting(self) -> tuple[str | Path, ...]:
        """The options of `evaluate` and `diagnose` that trust the server."""
        return ("--anchor", self.ours)


def assemble(folder: Path) -> People:
    """Issue and export everybody into FOLDER."""
    now = clock.now()
    people = People(folder)
    ours = AuthorityFolder.create(people.ours, name="Our CA", at=now)
    theirs = AuthorityFolder.create(people.theirs, name="Their CA", at=now)
    ours.issue_server(SERVER, FAR, "127.0.0.1", at=now)
    ours.issue_client(GOOD, at=now)
    ours.issue_client(EXPIRED, at=now, not_before=now - 9 * _DAY, not_after=now - _DAY)
    ours.issue_client(EARLY, at=now, not_before=now + 3 * _DAY)
    ours.issue_client(REVOKED, at=now)
    theirs.issue_client(STRANGER, at=now)
    for who in (SERVER, GOOD, EXPIRED, EARLY, REVOKED, STRANGER):
        place = people.files(who)
        export((theirs if who == STRANGER else ours).identity(who), place)
        people.one_file(who).touch(mode=0o600)
        people.one_file(who).write_bytes(
            (place / "fullchain.pem").read_bytes() + (place / "key.pem").read_bytes()
        )
    revocations = Revocations(ours)
    revocations.revoke(REVOKED, at=now, reason=RevocationReason.KEY_COMPROMISE)
    lists = (revocations.crl(None, at=now, next_update=now + 7 * _DAY, root=root) for root in (False, True))
    people.crls.write_bytes(b"".join(crl.public_bytes(Encoding.PEM) for crl in lists))
    return people
