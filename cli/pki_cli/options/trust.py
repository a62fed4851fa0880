"""Chains, anchors and evidence as commands name them: files in, the library's values out."""

from __future__ import annotations

import errno
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, Unreadable
from pki.model.name_input import server_named
from pki_cli.input_file import called, load_input, read_beside
from pki_cli.options.choices import AnchorClassName
from pki_cli.options.group import OptionGroup, was_typed
from pki_cli.shell import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.ats import AtsSettings
    from pki.model.certificate import CertFacts
    from pki.trust import Anchor, Crl, Evidence
    from pki.trust.evidence_files import EvidenceFiles, NamedBytes

_HOST_AND_PORT = re.compile(r"[\w.-]+:\d{1,5}")

_HOST = "The name or IP address that is asked for."
host_option = typer.Option("--host", metavar="NAME", help=_HOST)
Host = Annotated[str | None, host_option]
Anchors = Annotated[
    list[Path] | None,
    typer.Option(
        "--anchor", metavar="FILE|DIR", help="A trusted certificate, or an authority's folder. Repeatable."
    ),
]
AnchorClassOption = Annotated[
    AnchorClassName, typer.Option("--anchor-class", help="How the anchors are trusted.")
]
InfoPlist = Annotated[
    Path | None,
    typer.Option("--info-plist", metavar="FILE", help="The app's Info.plist, for its ATS settings."),
]
System = Annotated[
    str | None,
    typer.Option(
        "--os", metavar="SYSTEM", help="Which system judges: ios26, macos15, a number. [default: 27]"
    ),
]
Crls = Annotated[list[Path] | None, typer.Option("--crl", metavar="FILE", help="A CRL at hand. Repeatable.")]
# A judge has no invisible settings: the folder that TRUSTRIG_CA names, and ./trustrig-ca, trust nothing by themselves.
JudgesCa = Annotated[
    Path,
    typer.Option(
        "--ca",
        metavar="DIR",
        envvar="TRUSTRIG_CA",
        help="The authority's folder; given here, it is an anchor, too.",
    ),
]

GIVE_AN_ANCHOR = (
    "Give --anchor ROOT.pem, or the folder of an authority; for a public CA: --anchor ROOTS.pem --anchor-class "
    "system."
)


class AnchorOptions(OptionGroup):
    """What a chain may end at."""

    anchor: Anchors = None
    anchor_class: AnchorClassOption = "user"

    def read(self, *more: Path) -> list[Anchor]:
        """The anchors and those in MORE places, all of the one class."""
        return anchors_in([*(self.anchor or ()), *more], self.anchor_class)


class EvidenceOptions(OptionGroup):
    """What is known besides the chain, in files."""

    ct_log_list: Annotated[
        Path | None,
        typer.Option(
            "--ct-log-list",
            metavar="FILE",
            help="A CT log list (JSON, version 3); else SCTs are only counted.",
        ),
    ] = None
    crl: Crls = None
    ocsp: Annotated[
        list[Path] | None,
        typer.Option("--ocsp", metavar="FILE", help="A stored OCSP response. Repeatable."),
    ] = None

    @property
    def files(self) -> list[Path]:
        """Every file that is named here."""
        return [*([self.ct_log_list] if self.ct_log_list else ()), *(self.crl or ()), *(self.ocsp or ())]

    def read(self) -> Evidence:
        """The evidence; an empty one where no file is named."""
        from pki.trust import Evidence

        if not self.files:
            return Evidence()
        from pki.trust.evidence_files import read_evidence

        return read_evidence(self.given())

    def given(self) -> EvidenceFiles:
        """What the files hold, not looked at yet."""
        from pki.trust.evidence_files import EvidenceFiles

        return EvidenceFiles(
            ct_log_list=named_bytes(self.ct_log_list) if self.ct_log_list else None,
            crls=tuple(map(named_bytes, self.crl or ())),
            ocsp=tuple(map(named_bytes, self.ocsp or ())),
        )


def named_bytes(path: Path) -> NamedBytes:
    """What the file PATH holds, which is no chain, under the name that messages use."""
    from pki.trust.evidence_files import NamedBytes

    return NamedBytes(called(path), read_beside(path))


def chain_in(target: str, password: str | None) -> tuple[bytes, ...]:
    """The certificates of TARGET, a path or `-`, the leaf first; what a folder holds besides is named on stderr."""
    path = Path(target)
    if _HOST_AND_PORT.fullmatch(target) and not path.exists():
        raise InvalidRequest(f"there is no file {target}", hint=f"For a live server write https://{target}.")
    if "://" not in target and (server := server_named(target)) and not os.path.lexists(path):
        raise Unreadable(
            f"{target}: {os.strerror(errno.ENOENT)}",
            hint="Check the path; a live server is judged by:",
            commands=(f"trustrig evaluate {shlex.quote(f'https://{server}')}",),
            path=target,
        )
    place = load_input(path, password=password)
    for skipped in place.skipped:
        note(f"left out: {skipped}")
    for remark in place.remarks:
        note(f"note: {remark}")
    return place.certificates


def anchors_in(paths: Sequence[Path], anchor_class: AnchorClassName) -> list[Anchor]:
    """The anchors PATHS name, all of one class."""
    from pki.model.verdict import AnchorClass
    from pki.trust import Anchor

    return [Anchor(cert, AnchorClass(anchor_class)) for path in paths for cert in certificates_in(path)]


def named_ca(ctx: typer.Context, ca: Path, anchors: Sequence[Path] | None) -> tuple[Path, ...]:
    """The folder CA where the command line names it and no anchor is the same: an anchor of what is judged.

    Raises:
        StoreError: it is no authority's.
    """
    if not was_typed(ctx, "ca"):
        return ()
    from pki_cli.options.issue import open_authority

    folder = open_authority(ca, None).path
    return () if any(path.resolve() == folder.resolve() for path in anchors or ()) else (ca,)


def anchor_offer(ca: Path, chain: Sequence[CertFacts]) -> str:
    """Which anchor could be given for CHAIN: the authority in the folder CA, where that issued it."""
    if _issued_by(ca, chain):
        return f"The authority in {ca} issued it: trust that with --anchor {shlex.quote(str(ca))}."
    return GIVE_AN_ANCHOR


def _issued_by(ca: Path, chain: Sequence[CertFacts]) -> bool:
    from pki.errors import PkiError
    from pki.load import load_path
    from pki.model.certificate import CertFacts
    from pki.model.signatures import signed_by
    from pki.store.layout import CERTIFICATE, FolderLayout

    layout = FolderLayout(ca)
    if not chain or not layout.marker.is_file():
        return False
    try:
        own = [
            CertFacts.parse(der)
            for place in (layout.root, layout.intermediate)
            if (place / CERTIFICATE).is_file()
            for der in load_path(place / CERTIFICATE)
        ]
    except (OSError, PkiError):  # a broken folder is no offer, and not what was asked about
        return False
    return any(cert in chain or signed_by(chain[-1], cert) for cert in own)


def certificates_in(path: Path) -> list[CertFacts]:
    """The facts of the certificates in PATH; of an authority's folder, of its root alone."""
    from pki.errors import Unreadable
    from pki.model.certificate import CertFacts

    try:
        return [CertFacts.parse(der) for der in _authority_root(path) or _remarked(path)]
    except Unreadable as error:
        known = error.problem if str(path) in error.problem else f"{path}: {error.problem}"
        raise Unreadable(known, hint=error.hint, path=error.path or path) from None


def _remarked(path: Path) -> tuple[bytes, ...]:
    """The certificates in PATH; how it is written down, where others may not read it so, is said on stderr."""
    place = load_input(path)
    for remark in place.remarks:
        note(f"note: {remark}")
    return place.certificates


def _authority_root(path: Path) -> tuple[bytes, ...]:
    """The root alone, when PATH is an authority's folder: its leaves and intermediates are no anchors."""
    from pki.store.layout import CERTIFICATE, FolderLayout

    layout = FolderLayout(path)
    if not layout.marker.is_file():
        return ()
    from pki.load import load_path

    if not layout.root.is_dir():
        from pki.store.members import Members

        _ = Members.read(
            layout
        ).root  # an intermediate that was adopted alone: says what is missing, and what adds it
    return load_path(layout.root / CERTIFICATE)


def settings_in(path: Path | None) -> AtsSettings | None:
    """The ATS settings of an Info.plist; None without one."""
    if path is None:
        return None
    from pki.ats import read_info_plist

    return read_info_plist(read_beside(path), name=called(path))


def crls_in(files: list[Path] | None) -> tuple[Crl, ...]:
    """The revocation lists in FILES.

    Raises:
        Unreadable: one of them is no CRL, or too large.
    """
    from pki.trust import Crl

    return tuple(crl for path in files or () for crl in Crl.parse_all(read_beside(path), name=called(path)))
