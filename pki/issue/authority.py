"""The test authority: what it may sign, and the identities it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

from cryptography import x509

from pki.errors import InvalidRequest
from pki.issue.builder import Signer, certify, new_serial
from pki.issue.constraints import constraints_of, parse_permitted
from pki.issue.keys import KeyType
from pki.issue.path_length import limiting_path_length
from pki.issue.profiles import CLIENT, INTERMEDIATE, ROOT, SERVER, CertificateKind
from pki.issue.purposes import parse_purposes, with_purposes
from pki.issue.randomness import RANDOM, Randomness
from pki.issue.requests import read_request
from pki.issue.revocation_urls import NO_URLS, RevocationUrls
from pki.issue.signing import SigningAuthority, read_names
from pki.issue.subjects import (
    Subject,
    authority_named,
    authority_subject,
    check_common_name,
    check_server_names,
    client_common_name,
    own_names,
    server_common_name,
)
from pki.issue.validity import Terms, plan
from pki.model.identity import Identity
from pki.model.names import SubjectName

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    Name = SubjectName | str

# How many authorities may stand below the issuing intermediate. One, so that `issue_intermediate` works and a
# chain of four can be tested; not more, because a path length is the cheapest limit on a leaked key.
_LEVELS_BELOW: Final = 1
INTERMEDIATE_SUFFIX: Final = " Intermediate"
"""What the issuing intermediate is called, behind the root's name."""


@dataclass(frozen=True, slots=True)
class Authority(SigningAuthority):
    """A certificate authority in memory: `create` makes a root and who issues, `issue_intermediate` one below."""

    @classmethod
    def create(
        cls,
        *,
        name: str,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        permit: Iterable[Name] = (),
        exclude: Iterable[Name] = (),
        intermediate_days: int | None = None,
        levels_below: int = _LEVELS_BELOW,
        root_only: bool = False,
        source: Randomness = RANDOM,
        subject: str | None = None,
        **terms: Unpack[Terms],
    ) -> Authority:
        """Make a root called NAME and the intermediate below it, and return the intermediate's authority.

        With `root_only` there is no intermediate: the root signs leaves itself, and its path length is 0.

        `permit` limits all that can ever be certified here (see `parse_permitted`). Root and intermediate
        both carry the constraints, because a leaked folder holds both keys; Apple starts from the root's own
        (Security-61901, SecPolicyServer.c, name constraints), and so does OpenSSL. `exclude` is read alike and takes
        away from that. The terms (`days`, `not_before`, `not_after`) are the root's; the intermediate begins with it
        where its beginning was given, and lives `intermediate_days`, no longer than the root.
        `levels_below` is how many authorities may stand below the intermediate; the path lengths follow (RFC 5280,
        4.2.1.9). `source` is what this authority and those below it draw keys and serial numbers from. `subject` is
        what both say beside their names, by RFC 4514: `O=Acme,C=DE`.

        Raises:
            InvalidRequest: NAME does not fit a CommonName, a constraint is no name, or the terms are no lifetime.
        """
        check_common_name(name)
        if not root_only:
            check_common_name(name + INTERMEDIATE_SUFFIX)
        permitted, excluded = parse_permitted(permit), parse_permitted(exclude)
        more = authority_subject(subject, name)
        key, own = source.key(key_type), authority_named(name, public=source.repeatable, subject=more)
        certificate = certify(
            ROOT,
            signer=Signer.self_signed(own, key, repeatable=source.repeatable),
            subject=own,
            names=(),
            public_key=key.public_key(),
            validity=plan(ROOT, at=at, **terms),
            serial=new_serial(source.octets),
            path_length=0 if root_only else levels_below + 1,
            constraints=constraints_of(permitted, excluded),
        )
        made = cls(Identity(certificate, key), source=source)
        if root_only:
            return made
        return made.make_intermediate(
            name + INTERMEDIATE_SUFFIX,
            key_type=key_type,
            constraints=constraints_of(permitted, excluded),
            path_length=levels_below,
            validity=plan(INTERMEDIATE, at=at, days=intermediate_days, not_before=terms.get("not_before")),
            subject=more,
        )

    def issue_server(
        self,
        *names: Name,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        common_name: str | None = None,
        pointers: RevocationUrls = NO_URLS,
        subject: str | None = None,
        purposes: Iterable[str] = (),
        **terms: Unpack[Terms],
    ) -> Identity:
        """Issue a server's identity for NAMES: host names, wildcards, IP addresses, what `parse_subject_name` reads.

        The CommonName is for people: the first host name that fits, unless given; "" leaves it out. `subject` is what
        the subject says beside it (RFC 4514: `O=Acme,C=DE`); a CN in it is the CommonName. `purposes` take the place of
        serverAuth (see `pki.issue.purposes`). The end is cut where the authority ends. `pointers` say where a client
        may ask about revocation.

        Raises:
            InvalidRequest: no name, one that is none or may not be certified here, names of people alone, no subject,
                an unknown purpose, an impossible time.
        """
        subject_names = read_names(names)
        if not subject_names:
            raise InvalidRequest("a server needs a name", hint="Give its host names or IP addresses.")
        more, profile = Subject.of(subject), with_purposes(SERVER, parse_purposes(purposes))
        check_server_names(subject_names, profile)
        if common_name is None:
            common_name = more.common_name or server_common_name(subject_names, self.limits.permitted)
        key = self.source.key(key_type)
        leaf = self.certify(
            profile,
            common_name=common_name,
            names=subject_names,
            public_key=key.public_key(),
            validity=plan(profile, at=at, **terms),
            pointers=pointers,
            subject=more,
        )
        return Identity(leaf, key, self.chain)

    def issue_client(
        self,
        name: str,
        *names: Name,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        pointers: RevocationUrls = NO_URLS,
        subject: str | None = None,
        purposes: Iterable[str] = (),
        **terms: Unpack[Terms],
    ) -> Identity:
        """Issue a client's identity called NAME, which may be any short text.

        An e-mail address or a URI becomes a subject alternative name as well, and so do further NAMES. `subject` and
        `purposes` are as for `issue_server`: a CN in the subject is the CommonName in place of NAME.

        Raises:
            InvalidRequest: as `issue_server`.
        """
        check_common_name(name)
        more, profile = Subject.of(subject), with_purposes(CLIENT, parse_purposes(purposes))
        own = own_names(name)
        key = self.source.key(key_type)
        leaf = self.certify(
            profile,
            common_name=more.common_name or client_common_name(name),
            names=read_names((*own, *names)),
            public_key=key.public_key(),
            validity=plan(profile, at=at, **terms),
            pointers=pointers,
            subject=more,
        )
        return Identity(leaf, key, self.chain)

    def issue_intermediate(
        self,
        name: str,
        *,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        permit: Iterable[Name] = (),
        exclude: Iterable[Name] = (),
        subject: str | None = None,
        **terms: Unpack[Terms],
    ) -> Authority:
        """Make an authority called NAME below this one, limited by `permit` and `exclude` beside what limits this one.

        `subject` is what it says beside its name, by RFC 4514.

        Raises:
            InvalidRequest: the path length leaves no room, `permit` reaches beyond this authority, NAME is
                taken further up, or as `issue_server`.
        """
        permitted = parse_permitted(permit)
        for mine in self.limits.permitted:
            if permitted is not None and not mine.covers(permitted):
                raise InvalidRequest(
                    f"{permitted} reaches beyond what the authority above may certify",
                    hint=f"Permitted: {mine}.",
                )
        levels = self.levels_below
        if levels is not None and levels < 1:
            raise InvalidRequest(
                f"{self.issuing.common_name!r} may have no authority below it: {limiting_path_length(self.chain)}",
                hint="It signs servers and clients itself. A path length is for good: issue from an authority further "
                "up, or make another one with `trustrig init`.",
            )
        return self.make_intermediate(
            name,
            key_type=key_type,
            constraints=constraints_of(permitted, parse_permitted(exclude)),
            path_length=None if levels is None else levels - 1,
            validity=plan(INTERMEDIATE, at=at, **terms),
            subject=authority_subject(subject, name),
        )

    def sign_csr(
        self,
        request: bytes,
        *,
        kind: CertificateKind,
        at: datetime,
        names: Iterable[Name] = (),
        subject: str | None = None,
        purposes: Iterable[str] = (),
        **terms: Unpack[Terms],
    ) -> tuple[x509.Certificate, ...]:
        """Sign a PKCS#10 request (PEM or DER): return its certificate and the issuers, the root last.

        Taken from the request are its key, its CommonName and its subject alternative names, which NAMES
        replace. Whatever else it asks for is ignored (`pki.issue.requests.left_out` says what that was): the profile
        for KIND, server or client, decides, with SUBJECT and PURPOSES as for `issue_server`.

        Raises:
            Unreadable: the bytes are no request, or its signature does not verify.
            InvalidRequest: its key is too weak or unsupported, it names nothing, or as `issue_server`.
        """
        profile = {CertificateKind.SERVER: SERVER, CertificateKind.CLIENT: CLIENT}.get(kind)
        if profile is None:
            raise InvalidRequest(f"a request is signed for a server or a client, and {kind} is neither")
        profile = with_purposes(profile, parse_purposes(purposes))
        asked, more = read_request(request), Subject.of(subject)
        asked.check_key()
        subject_names = read_names(names) or asked.names()
        common_name = asked.common_name_for(profile, subject_names, more, self.limits.permitted)
        with asked.with_option_hints():
            if kind is CertificateKind.CLIENT:
                own_names(common_name)  # for its refusal
            leaf = self.certify(
                profile,
                common_name=common_name,
                names=subject_names,
                public_key=asked.public_key,
                validity=plan(profile, at=at, **terms),
                subject=more,
            )
        return (leaf, *self.chain)

    def cross_certify(
        self, other: x509.Certificate, *, at: datetime, **terms: Unpack[Terms]
    ) -> x509.Certificate:
        """Certify the name and key of OTHER, an authority's certificate, beside who certified it first.

        What OTHER says of itself is repeated: its key identifier, by which everything below it finds its issuer, and
        its name constraints. Its path length is cut to what the one here leaves.

        Raises:
            InvalidRequest: OTHER is no authority, is one of the chain here, or may not stand below this one.
        """
        from pki.issue.cross_certification import check_cross_certification, cross_certificate

        levels = self.levels_below
        check_cross_certification(other, issuers=self.chain, levels=levels)
        self.limits.check((), "", other.subject)
        return cross_certificate(
            other,
            signer=self.signer,
            validity=plan(INTERMEDIATE, at=at, **terms).within(min(self.ends, other.not_valid_after_utc)),
            serial=new_serial(self.source.octets),
            path_length=None if levels is None else levels - 1,
        )
