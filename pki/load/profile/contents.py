"""What the certificate and identity payloads carry: the one certificate or identity that Apple documents, or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from pki.errors import PkiError, WrongPassword
from pki.load.kinds import FileKind
from pki.load.p12.apple_readers import NONE
from pki.load.p12.kdf import TooCostly
from pki.load.profile.findings import LOCKED, ProfileFinding, brief, inside, refused
from pki.load.recognised import Form
from pki.model.codes import Severity
from pki.model.payloads import CERTIFICATE_PAYLOADS, PayloadType
from pki.model.signatures import self_signed
from pki.model.user_roots import unlisted_because, unlisted_text

if TYPE_CHECKING:
    from pki.load.inspected_file import Inspection
    from pki.load.p12.container import Container
    from pki.load.profile.reading import ConfigurationProfile
    from pki.load.recognised import Recognised
    from pki.model.certificate import CertFacts

    Content: TypeAlias = Inspection | PkiError | None

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
# Every VPN profile of trailofbits/algo has PEM text in its root payload; jeffmahoney/ikev2 says it of iOS.
_PEM_ALL_THE_SAME = (
    "Apple publishes DER for this type; profiles with PEM text install all the same (trailofbits/algo, "
    "jeffmahoney/ikev2), and Apple promises it of no release"
)
# docs/why/profile-checks.md has the whole of the evidence.
_CERTIFICATES_BESIDE = (
    "Apple's files say: only one certificate may be included. iPhones were reported to refuse such a container (must "
    "contain only one certificate and its private key: trailofbits/algo issue 828, iOS 11), and widely used profiles "
    "have one (hwdsl2/setup-ipsec-vpn); what decides it is not known. Macs take it"
)


def check_contents(
    profile: ConfigurationProfile, contents: Sequence[Content], *, at: datetime | None
) -> Iterator[ProfileFinding]:
    """Check what each payload carries; CONTENTS are what was found there, None where there is no data."""
    for_macs = profile.for_macs
    installed = [
        facts
        for payload, content in zip(profile.payloads, contents, strict=True)
        if payload.type in CERTIFICATE_PAYLOADS
        for facts in _certificates(content)
    ]
    for payload, content in zip(profile.payloads, contents, strict=True):
        where = inside(payload.path, "PayloadContent")
        if content is None:
            continue
        if payload.type in CERTIFICATE_PAYLOADS:
            yield from _certificate(PayloadType(payload.type), content, where, at)
        elif payload.type == PayloadType.PKCS12:
            yield from _identity(payload.raw, content, installed, where, at)
            yield from _certificates_beside(content, where, for_macs=for_macs)
    if installed and not any(map(self_signed, installed)):
        yield ProfileFinding(
            "no-root",
            _INFO,
            "PayloadContent",
            "there is no self-signed root in the profile",
            "the root of the certificates in it, unless the device has it already",
            "Without their root on the device none of them is trusted for TLS",
        )


def _certificate(
    kind: PayloadType, content: Inspection | PkiError, path: str, at: datetime | None
) -> Iterator[ProfileFinding]:
    if isinstance(content, PkiError):
        yield ProfileFinding(
            "wrong-content", _ERROR, path, content.problem, "one X.509 certificate", refused(9005)
        )
        return
    pem = content.form is Form.PEM
    if content.keys:
        yield ProfileFinding(
            "private-key",
            _WARNING,
            path,
            "a private key beside the certificate",
            "the certificate alone",
            "Whoever has the file has the private key",
        )
    if content.kind is not FileKind.CERTIFICATE:
        found = content.kind.described
        yield ProfileFinding("wrong-content", _ERROR, path, found, "one X.509 certificate", refused(9005))
        return
    if pem is not (kind is PayloadType.PEM):
        yield ProfileFinding(
            "wrong-encoding",
            _WARNING,
            path,
            "PEM text" if pem else "DER",
            "PEM text, as in -----BEGIN CERTIFICATE-----"
            if not pem
            else f"DER; PEM text belongs into {PayloadType.PEM}",
            _PEM_ALL_THE_SAME
            if pem
            else "Apple publishes PEM for this type; what a device does is not published",
        )
    if len(content.certificates) > 1:
        found = f"{len(content.certificates):,} certificates"
        yield ProfileFinding("too-many", _ERROR, path, found, "one for each payload", refused(9001))
    for certificate in content.certificates:
        if certificate.facts is None:
            yield ProfileFinding(
                "wrong-content", _ERROR, path, certificate.problem, "one X.509 certificate", refused(9005)
            )
            continue
        yield from _expired(certificate.facts, path, at)
        if kind is PayloadType.ROOT or self_signed(
            certificate.facts
        ):  # an intermediate elsewhere needs no switch
            yield from findings_about_root(certificate.facts, path)


def findings_about_root(root: CertFacts, path: str = "") -> Iterator[ProfileFinding]:
    """Say why iOS will not list a root, installed in whatever way, where trust in it is switched on."""
    missing = unlisted_because(root)
    if missing:
        yield ProfileFinding(
            "not-listed",
            _WARNING,
            path,
            " and ".join(missing),
            "a CA certificate whose subject has a CommonName",
            unlisted_text(repr(brief(root.subject.label))),
        )


def encrypted_part(content: Recognised, *, alone: bool) -> Iterator[ProfileFinding]:
    """Say whether what stands in place of the payloads is what a device decrypts: EnvelopedData, RFC 5652, 6.

    Where nothing else stands there (ALONE), nothing comes of a profile whose part is none; what a device does with
    payloads beside it is not published.
    """
    if content.kind is not FileKind.ENCRYPTED_CMS:
        yield ProfileFinding(
            "not-encrypted",
            _ERROR if alone else _WARNING,
            "EncryptedPayloadContent",
            content.described,
            "a CMS EnvelopedData in DER, encrypted to a certificate on the device",
            "There is nothing in it that a device could decrypt",
        )
    elif content.form is not Form.DER:
        yield ProfileFinding(
            "encrypted-not-der",
            _WARNING,
            "EncryptedPayloadContent",
            f"{content.described}, written as {content.form}",
            "a CMS EnvelopedData in DER",
            "Whether a device takes that off is not published",
        )


def _expired(facts: CertFacts, path: str, at: datetime | None) -> Iterator[ProfileFinding]:
    if at is not None and facts.not_after < at:
        yield ProfileFinding(
            "expired",
            _WARNING,
            path,
            f"a certificate that ended on {facts.not_after:%Y-%m-%d}",
            "one that is valid",
            "It installs, and nothing that it signed or proves is accepted",
        )


def _identity(
    payload: dict[str, Any],
    content: Inspection | PkiError,
    installed: Sequence[CertFacts],
    path: str,
    at: datetime | None,
) -> Iterator[ProfileFinding]:
    expected = "a PKCS #12 container with one identity"
    if isinstance(content, WrongPassword) and not payload.get("Password"):  # it was the reader's own try
        yield _locked("a container that the password given does not open", path, expected)
        return
    if isinstance(content, TooCostly):
        yield _locked(content.problem, path, expected, why="it would take too long")
        return
    if isinstance(content, PkiError):
        code = 9000 if isinstance(content, WrongPassword) else 9006
        yield ProfileFinding("wrong-content", _ERROR, path, content.problem, expected, refused(code))
        return
    if content.container is None:
        found = content.kind.described
        yield ProfileFinding("wrong-content", _ERROR, path, found, expected, refused(9006))
        return
    if payload.get("Password"):
        yield ProfileFinding(
            "embedded-password",
            _INFO,
            path.removesuffix("PayloadContent") + "Password",
            "the profile contains the password of its identity",
            "none: the device then asks at the install",
            "Whoever has the file has the private key, and Apple recommends leaving the password out",
        )
    yield from _count(content.container, path, expected)
    yield from _opening(content.container, path)
    for key in content.keys:
        leaf = content.certificates[key.certificate].facts if key.certificate is not None else None
        if leaf is None:
            continue
        yield from _expired(leaf, path, at)
        issuers = {facts.subject.key for facts in (*installed, *_certificates(content))}
        if not self_signed(leaf) and leaf.issuer.key not in issuers:
            yield ProfileFinding(
                "no-issuer",
                _WARNING,
                path,
                f"no certificate of the identity's issuer, {brief(leaf.issuer.label)}",
                f"the issuer's certificate in a payload {PayloadType.PKCS1} or {PayloadType.ROOT}",
                "The client sends its certificate alone, and a server that knows only the root refuses it",
            )


def _count(container: Container, path: str, expected: str) -> Iterator[ProfileFinding]:
    pfx = container.pfx
    keys = len(pfx.keys)
    if pfx.locked and keys <= 1:
        yield _locked("an encrypted container", path, expected)
    elif keys > 1 or container.identities > 1:
        count = max(keys, container.identities)
        yield ProfileFinding(
            "too-many",
            _ERROR,
            path,
            f"{count:,} private keys",
            expected,
            refused(9001),
        )
    elif container.identities == 0:
        found = "no private key" if not keys else "a private key without its certificate"
        yield ProfileFinding("no-identity", _ERROR, path, found, expected, refused(9006))


def _certificates_beside(
    content: Inspection | PkiError, path: str, *, for_macs: bool
) -> Iterator[ProfileFinding]:
    """Say what becomes of certificates beside the identity's own."""
    if isinstance(content, PkiError) or content.container is None or for_macs:
        return
    count = len(content.certificates)
    if count > 1 and content.container.identities == 1:
        yield ProfileFinding(
            "several-certificates",
            _WARNING,
            path,
            f"{count:,} certificates in the identity's container",
            f"the identity's own, and its issuers in payloads {PayloadType.PKCS1} and {PayloadType.ROOT}",
            _CERTIFICATES_BESIDE,
        )


def _locked(found: str, path: str, expected: str, *, why: str = "the password is wanting") -> ProfileFinding:
    return ProfileFinding(LOCKED, _INFO, path, found, expected, f"Its identity was not looked at: {why}")


def _opening(container: Container, path: str) -> Iterator[ProfileFinding]:
    apple = container.apple
    if not container.identities and not container.pfx.locked:
        return  # that no identity comes out is said by what is inside, and no encryption would change it
    if apple.newer:
        nobody = apple.opens_on == NONE
        yield ProfileFinding(
            "not-importable",
            _ERROR,
            path,
            "; ".join(apple.newer),
            "a container that Apple's importers open",
            "No Apple release imports the identity"
            if nobody
            else f"Not every release imports the identity: {apple.opens_on}",
        )
    elif apple.older:
        yield ProfileFinding(
            "newer-only",
            _WARNING,
            path,
            "; ".join(apple.older),
            "3DES and a SHA-1 MAC, which every release opens",
            "iOS 17, macOS 14 and earlier call the right password wrong",
        )


def _certificates(content: Content) -> Iterator[CertFacts]:
    if content is not None and not isinstance(content, PkiError):
        yield from (found.facts for found in content.certificates if found.facts is not None)
