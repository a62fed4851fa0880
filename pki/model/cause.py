"""One reason for which a handshake ends: its code, where it belongs, what it means and what to look at."""

from __future__ import annotations

import re
from typing import NamedTuple

from pki.model.app_errors import AppCause
from pki.model.hosts import in_url
from pki.model.stages import StageName

_SAFE_HOST = re.compile(r"[A-Za-z0-9._:*-]+")  # a stranger's SNI may hold anything, and this is to be pasted
_BOTH_OURS = "trustrig handshake --client NAME --server NAME --host {host}"


class Cause(NamedTuple):
    """One code. `stage` None: wherever the handshake had got to. `check` is the command that tries again.

    `seen` is what an app takes it for; None: a failure of trust, or nothing that a source speaks of.
    """

    code: str
    meaning: str
    check: str = ""
    seen: AppCause | None = None
    stage: StageName | None = None

    def check_for(self, host: str | None, *, both_ours: bool = False) -> str:
        """The command for HOST; words in capitals are left for the reader. BOTH_OURS: there is no server to visit."""
        check = _BOTH_OURS if both_ours and self.check else self.check
        named = host if host and _SAFE_HOST.fullmatch(host) else "HOST"
        return check.replace("{host}:PORT", f"{in_url(named)}:PORT").replace("{host}", named)
