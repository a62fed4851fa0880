"""A folder that stands alone on a Mac where nothing may be installed: what is in it, and what each file is for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.export.manual import ManualContents, manual_html
from pki.export.pem import certificates_pem
from pki.export.pkcs12 import write_p12
from pki.export.profile import ProfileIdentity, build_profile, profile_warnings
from pki.export.snippets import SnippetValues, snippets_for
from pki.model.certificate import CertFacts

MANUAL: Final = "README.html"
SCRIPT: Final = "install-simulator.sh"
PROFILE: Final = "test-ca.mobileconfig"
PASSWORD: Final = "password.txt"  # noqa: S105 - the name of a file
CHECKSUMS: Final = "SHA256SUMS"
_CERTIFICATES: Final = "certificates"
_SNIPPETS: Final = "snippets"


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file: its bytes, and whether it is for the owner's eyes alone or can be run."""

    data: bytes = field(repr=False)
    secret: bool = False
    program: bool = False

    @property
    def sha256(self) -> str:
        """The digest as SHA256SUMS has it."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files by their path below the folder, and what will not work on a device, one sentence each."""

    files: Mapping[str, BundleFile]
    warnings: tuple[str, ...]


def build_bundle(
    values: SnippetValues,
    *,
    server_chain: tuple[x509.Certificate, ...] = (),
    identity: ProfileIdentity | None = None,
    with_password: bool = False,
) -> Bundle:
    """Put the folder together in memory.

    `server_chain` is what the server of `values.host` sends, the leaf first. The IDENTITY goes into the profile and
    into a .p12 called as `values.client` says, both under its password, which is in the folder only `with_password`.

    Raises:
        InvalidRequest: the identity's password cannot be used.
        NotExportable: Apple imports no key of the identity's type.
    """
    authorities = (
        values.root,
        *values.intermediates,
        *(identity.identity.intermediates if identity is not None else ()),  # may be another one's
    )
    files = {
        f"{_CERTIFICATES}/{name}": BundleFile(data)
        for name, data in _certificates(values, server_chain).items()
    }
    profile = build_profile(authorities, identities=[identity] if identity is not None else [])
    files[PROFILE] = BundleFile(profile, secret=identity is not None)
    p12 = values.client.name if values.client is not None and identity is not None else None
    if p12 is not None and identity is not None:
        files[p12] = BundleFile(write_p12(identity.identity, password=identity.password), secret=True)
        if with_password:
            files[PASSWORD] = BundleFile(f"{identity.password}\n".encode(), secret=True)
    snippets = snippets_for(values)
    files |= {f"{_SNIPPETS}/{one.file}": BundleFile(one.text.encode()) for one in snippets}
    files[SCRIPT] = BundleFile(resources.files("pki.export").joinpath(SCRIPT).read_bytes(), program=True)
    contents = ManualContents(
        root=CertFacts.parse(values.root.public_bytes(Encoding.DER)),
        profile=PROFILE,
        script=SCRIPT,
        der=f"{_CERTIFICATES}/root.cer",
        several=f"{_CERTIFICATES}/chain.pem",
        checksums=CHECKSUMS,
        snippet_folder=_SNIPPETS,
        snippets=tuple((one.file, one.title) for one in snippets),
        p12=p12,
        password=PASSWORD if with_password and p12 is not None else None,
    )
    files[MANUAL] = BundleFile(manual_html(contents).encode())
    # As shasum(1) and sha256sum(1) write and check it.
    sums = "".join(f"{file.sha256}  {path}\n" for path, file in sorted(files.items()))
    return Bundle({**files, CHECKSUMS: BundleFile(sums.encode())}, profile_warnings(profile))


def _certificates(values: SnippetValues, server_chain: tuple[x509.Certificate, ...]) -> dict[str, bytes]:
    """Each authority as PEM, and as DER under both its names; then those that go together, in the order TLS sends."""
    several = len(values.intermediates) > 1
    named = {
        "root": values.root,
        **{
            f"intermediate-{number}" if several else "intermediate": certificate
            for number, certificate in enumerate(values.intermediates, start=1)
        },
    }
    found: dict[str, bytes] = {}
    for name, certificate in named.items():
        der = certificate.public_bytes(Encoding.DER)
        found |= {f"{name}.pem": certificates_pem([certificate]), f"{name}.der": der, f"{name}.cer": der}
    found["chain.pem"] = certificates_pem((*values.intermediates, values.root))
    if server_chain:
        found["server-fullchain.pem"] = certificates_pem(server_chain)
    return found
