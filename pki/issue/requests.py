"""Certificate signing requests (PKCS#10, RFC 2986): what is taken from them, and what is not."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest, Unreadable
from pki.issue.alternative_names import checked_name, names_in, subject_name
from pki.issue.extension_value import extension_value
from pki.issue.keys import check_key
from pki.issue.permitted import NotPermitted
from pki.issue.possession import check_signature, check_type
from pki.issue.profiles import CertificateKind
from pki.issue.subjects import Subject, check_server_names, server_common_name
from pki.model import oids
from pki.model.common_names import common_name_in
from pki.model.foreign import parser_errors, public_key_of
from pki.model.foreign import read_request as read_csr
from pki.model.names import NameKind, parse_subject_name
from pki.model.request_facts import RequestFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from pki.issue.permitted import Permitted
    from pki.issue.profiles import CertificateProfile
    from pki.model.names import SubjectName

_OTHER_THINGS = {
    b"-----BEGIN CERTIFICATE-----": "a certificate",
    b"PRIVATE KEY-----": "a private key",
    b"-----BEGIN PUBLIC KEY-----": "a public key",
}
_HOW = "Make one, with its own host in place of HOST:"
MAKING = "openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -addext subjectAltName=DNS:HOST"
"""The command that makes a request."""
_NEW_KEY = "Have it made again with a key that Apple takes:"
_MAKING_EC = (
    "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem "
    "-addext subjectAltName=DNS:HOST"
)
_IN_ITS_PLACE = "--name NAME certifies other names in place of the request's."
# RFC 2985 and Microsoft's [MS-WCCE], 2.2.2.7: the attributes that programs really write.
_ATTRIBUTES = {
    "1.2.840.113549.1.9.7": "challengePassword",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.840.113549.1.9.8": "unstructuredAddress",
    "1.3.6.1.4.1.311.13.2.1": "Microsoft's enrollment name and value",
    "1.3.6.1.4.1.311.13.2.2": "Microsoft's enrollment CSP",
    "1.3.6.1.4.1.311.13.2.3": "Microsoft's OS version",
    "1.3.6.1.4.1.311.21.20": "Microsoft's client information",
}
_EXTENSION_REQUESTS = ("1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14")  # the latter is Microsoft's own


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What an authority takes from a request: everything else in it is the requester's wish."""

    public_key: CertificatePublicKeyTypes
    common_name: str
    request: x509.CertificateSigningRequest

    def check_key(self) -> None:
        """Refuse a key that no Apple client would take.

        Raises:
            InvalidRequest: see `pki.issue.keys.check_key`.
        """
        try:
            check_key(self.public_key)
        except InvalidRequest as error:
            raise InvalidRequest(
                error.problem, hint=f"{error.hint} {_NEW_KEY}", commands=[_MAKING_EC]
            ) from None

    def names(self) -> tuple[SubjectName, ...]:
        """The names it asks for.

        Raises:
            InvalidRequest: one is none, or of a kind that is not issued here.
        """
        try:
            return tuple(dict.fromkeys(map(checked_name, _general_names(self.request))))
        except InvalidRequest as error:
            raise InvalidRequest(
                f"the request's names cannot be certified: {error.problem}",
                hint=f"{error.hint} {_IN_ITS_PLACE}".strip(),
            ) from None

    @property
    def host_in_common_name(self) -> str:
        """The CommonName where it is a host name, which is where old programs put it; else empty."""
        try:
            name = parse_subject_name(self.common_name)
        except InvalidRequest:
            return ""
        return name.value if name.kind in (NameKind.DNS, NameKind.IP) else ""

    def common_name_for(
        self,
        profile: CertificateProfile,
        names: tuple[SubjectName, ...],
        subject: Subject,
        limits: tuple[Permitted, ...],
    ) -> str:
        """The CommonName of its certificate by PROFILE for NAMES, with SUBJECT beside it.

        Raises:
            InvalidRequest: there is nothing to call it by, or nothing that a client could connect to.
        """
        common_name = subject.common_name or self.common_name
        if profile.kind is CertificateKind.CLIENT:
            if not common_name and not names:
                raise InvalidRequest(
                    "the request names nobody",
                    hint="Give a name with --name alice@corp.test, or a CommonName with --subject CN=Alice.",
                )
            return common_name
        if not names:
            raise InvalidRequest(
                f"the request (CommonName {common_name!r}) carries no subject alternative name",
                hint="Apple reads no CommonName: give the hosts with --name "
                f"{quote(self.host_in_common_name or 'HOST')}, or put them into the request.",
            )
        check_server_names(names, profile)
        # CA/Browser Forum Baseline Requirements 7.1.4.3: a server's CommonName repeats one of its names.
        if not subject.common_name and common_name not in {name.value for name in names}:
            return server_common_name(names, limits)
        return common_name

    @contextlib.contextmanager
    def with_option_hints(self) -> Iterator[None]:
        """Add to a refusal of what the request names which option names it otherwise."""
        try:
            yield
        except NotPermitted as error:
            raise InvalidRequest(error.problem, hint=f"{error.hint} {_IN_ITS_PLACE}") from None
        except InvalidRequest as error:
            if self.common_name and self.common_name in error.problem:
                hint = f"{error.hint} --subject CN=NAME replaces the request's own."
                raise InvalidRequest(error.problem, hint=hint) from None
            raise


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something a request asks for that its certificate does not have."""

    what: str
    """The extension or attribute, with what was asked for as text."""
    instead: str = ""
    """The option that gives it after all; empty where there is none."""

    def __str__(self) -> str:
        return f"{self.what}{f' ({self.instead})' if self.instead else ''}"


def read_request(data: bytes) -> SigningRequest:
    """Read a request in PEM or DER and check that its maker holds the key (RFC 2986, 4.2).

    Raises:
        Unreadable: the bytes are something else, or the signature does not verify.
        InvalidRequest: the key's algorithm is unknown or its curve is written out, or what it asks for does not read.
    """
    try:
        is_pem = b"-----BEGIN" in data
        request = read_csr(data, pem=is_pem)
    except Unreadable:
        raise Unreadable(
            f"{_looks_like(data)} is no certificate signing request", hint=_HOW, commands=[MAKING]
        ) from None
    try:
        facts = RequestFacts.parse(request.public_bytes(Encoding.DER))
        check_type(facts, hint=_NEW_KEY, command=_MAKING_EC)
        public_key = public_key_of(request, what="the request has a key")
        check_signature(facts)
        common_name = common_name_in(request.subject)
        _ = tuple(_general_names(request))
    except Unreadable as error:
        if "signature" in error.problem:
            raise
        raise InvalidRequest(
            f"the request cannot be used: {error.problem}", hint=_NEW_KEY, commands=[_MAKING_EC]
        ) from None
    except parser_errors():  # and DerError, a ValueError
        raise InvalidRequest(
            "the request cannot be used: one of its names or extensions is malformed",
            hint="Look at it with `openssl req -noout -text -in FILE`, or make another one:",
            commands=[MAKING],
        ) from None
    return SigningRequest(public_key, common_name, request)


def left_out(asked: SigningRequest, certificate: x509.Certificate) -> tuple[LeftOut, ...]:
    """Say what ASKED asks for that CERTIFICATE, which was issued for it, does not have; names and values as text."""
    return tuple(_left_out(asked.request, certificate))


def _left_out(request: x509.CertificateSigningRequest, certificate: x509.Certificate) -> Iterator[LeftOut]:
    wanted, has = Subject.read(request.subject), Subject.read(certificate.subject)
    lost = [part for part in wanted.rdns if part not in has.rdns]
    if lost:
        yield LeftOut(f"of the subject {Subject(tuple(lost))}", f'--subject "{wanted}" certifies all of it')
    own = {extension.oid: extension for extension in certificate.extensions}
    for extension in request.extensions:
        mine = own.get(extension.oid)
        if mine is not None and mine.value == extension.value:
            continue
        if (found := _extension(extension, names_in(certificate))) is not None:
            yield found
    for attribute in request.attributes:
        oid = attribute.oid.dotted_string
        if oid not in _EXTENSION_REQUESTS:
            yield LeftOut(f"the attribute {_ATTRIBUTES.get(oid, oid)}")


def _extension(extension: x509.Extension[Any], certified: tuple[str, ...]) -> LeftOut | None:
    match extension.value:
        case x509.SubjectAlternativeName() as names:
            lost = [text for text in dict.fromkeys(map(_text, names)) if text not in certified]
            return (
                LeftOut(f"the names {', '.join(lost)}", "--name was given in their place") if lost else None
            )
        case x509.BasicConstraints(ca=False):
            return None
        case x509.BasicConstraints():
            return LeftOut(
                "basicConstraints CA:TRUE", "an authority is made by: trustrig issue intermediate NAME"
            )
        case x509.ExtendedKeyUsage() as purposes:
            listed = [oids.purpose_name(oid.dotted_string) for oid in purposes]
            flags = " ".join(f"--eku {name}" for name in listed)
            return LeftOut(f"extendedKeyUsage {', '.join(listed)}", f"{flags} gives it")
        case x509.KeyUsage() as usage:
            return LeftOut(f"keyUsage {', '.join(_usages(usage))}", "the key and --eku decide it")
        case x509.SubjectKeyIdentifier():
            return None  # every certificate has one, and which is the authority's choice
    return LeftOut(oids.extension_name(extension.oid.dotted_string))


def _usages(usage: x509.KeyUsage) -> Iterator[str]:
    """RFC 5280, 4.2.1.3, in its words."""
    words = {
        "digital_signature": "digitalSignature",
        "content_commitment": "nonRepudiation",
        "key_encipherment": "keyEncipherment",
        "data_encipherment": "dataEncipherment",
        "key_agreement": "keyAgreement",
        "key_cert_sign": "keyCertSign",
        "crl_sign": "cRLSign",
    }
    yield from (word for bit, word in words.items() if getattr(usage, bit))


def _text(name: x509.GeneralName) -> str:
    try:
        return str(subject_name(name))
    except InvalidRequest:
        return f"of the kind {type(name).__name__}"


def _general_names(request: x509.CertificateSigningRequest) -> Iterable[x509.GeneralName]:
    return extension_value(request.extensions, x509.SubjectAlternativeName) or ()


def _looks_like(data: bytes) -> str:
    if not data.strip():
        return "an empty file"
    return next((thing for marker, thing in _OTHER_THINGS.items() if marker in data), "this")
