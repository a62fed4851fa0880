"""Where mkcert keeps its authority: what `mkcert -CAROOT` says, or the folder it would choose were it installed.

Read from mkcert 1.4.4, main.go (getCAROOT) and cert.go: rootCA.pem and rootCA-key.pem, an RSA-3072 root of ten years
whose path length is 0 and whose keyUsage has keyCertSign alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pki.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

CERTIFICATE: Final = "rootCA.pem"
KEY: Final = "rootCA-key.pem"
_PATIENCE: Final = 10.0  # seconds for a program that prints one line


@dataclass(frozen=True, slots=True)
class MkcertFiles:
    """mkcert's two files, which are there."""

    certificate: Path
    key: Path


def find_mkcert(environment: Mapping[str, str], *, key_elsewhere: bool = False) -> MkcertFiles:
    """Find the authority of mkcert that ENVIRONMENT leads to.

    Raises:
        InvalidRequest: there is none, or its key is not there and not KEY_ELSEWHERE; the message says where was looked.
    """
    folder, named_by = _caroot(environment)
    if folder is None:
        raise InvalidRequest(
            "there is no place where mkcert would keep its authority: HOME is not set",
            hint="Name its files: --from rootCA.pem --key rootCA-key.pem",
        )
    return files_in(folder, named_by=named_by, key_elsewhere=key_elsewhere)


def files_in(folder: Path, *, named_by: str, key_elsewhere: bool = False) -> MkcertFiles:
    """The two files in FOLDER, which SAID_BY named.

    Raises:
        InvalidRequest: one of them is not there, and not KEY_ELSEWHERE.
    """
    files = MkcertFiles(folder / CERTIFICATE, folder / KEY)
    if not files.certificate.exists():
        raise InvalidRequest(
            f"mkcert has no authority in {folder} ({named_by}): there is no {CERTIFICATE}",
            hint="Let mkcert make one, or name the files with --from and --key:",
            commands=["mkcert -install"],
        )
    if not files.key.exists() and not key_elsewhere:
        raise InvalidRequest(
            f"{KEY} is missing in {folder} ({named_by}), so mkcert's authority signs nothing on this machine",
            hint="It is where the authority was made: copy it here yourself, or name it with --key FILE. "
            "Chains under that root can be judged without it: its certificate is what `--anchor` takes.",
        )
    return files


def _caroot(environment: Mapping[str, str]) -> tuple[Path | None, str]:
    """Mkcert's own answer, else what its code would answer; and who said so."""
    program = shutil.which("mkcert", path=environment.get("PATH"))
    if program is not None:
        try:
            ran = subprocess.run(  # noqa: S603  # the user's own program, with words of ours
                [program, "-CAROOT"],
                env=dict(environment),
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            pass  # one that does not start or end: its code is known
        else:
            answer = ran.stdout.decode(errors="surrogateescape").strip()
            if ran.returncode == 0 and answer and "\n" not in answer:
                return Path(answer), "as `mkcert -CAROOT` says"
    for name in ("CAROOT", "XDG_DATA_HOME"):
        if environment.get(name):
            place = Path(environment[name])
            return (place if name == "CAROOT" else place / "mkcert"), f"by the variable {name}"
    if not environment.get("HOME"):
        return None, ""
    home = Path(environment["HOME"])
    parts = ("Library", "Application Support") if sys.platform == "darwin" else (".local", "share")
    return home.joinpath(*parts, "mkcert"), "mkcert's usual place"
