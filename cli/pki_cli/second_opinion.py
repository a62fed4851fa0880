"""`evaluate --second-opinion`: other validators on the same question, and the line that asks a Mac."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from pki_cli.shell import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.model.second_opinion import Difference, SecondOpinion
    from pki.model.verdict import Verdict
    from pki.trust import Anchor

COLUMNS = 80


def asked_elsewhere(
    verdict: Verdict, chain: Sequence[bytes], host: str | None, anchors: Sequence[Anchor]
) -> tuple[tuple[SecondOpinion, ...], tuple[Difference, ...]]:
    """What the others say of CHAIN at the verdict's moment, and where they part from VERDICT."""
    from pki.trust.differences import compare
    from pki.trust.second_opinions import read_what_reads, second_opinions

    purpose = "client" if verdict.policy == "ssl-client" else "server"
    opinions = second_opinions(chain, host=host, at=verdict.at, anchors=anchors, purpose=purpose)
    return opinions, compare(verdict, opinions, known=read_what_reads(chain, anchors))


def note_for_a_mac(
    verdict: Verdict, target: str, sent: int, paths: Sequence[Path], anchors: Sequence[Anchor]
) -> None:
    """Print the line that puts the question to macOS, and where it differs; it takes one certificate from each file."""
    from pki.report.layout import wrapped
    from pki.store.layout import CERTIFICATE, FolderLayout
    from pki.trust.verify_cert_command import mac_anchor_class, verify_cert_command

    alone = sent == 1 and Path(target).is_file()
    files = [target] if alone else [f"sent-{number}.pem" for number in range(sent)]
    roots = [str(FolderLayout(path).root / CERTIFICATE if path.is_dir() else path) for path in paths]
    policy = "basic" if verdict.policy == "basic" else "ssl"
    line = verify_cert_command(files, roots, host=verdict.host, at=verdict.at, policy=policy)
    how = "" if alone else ", with each certificate in a file of its own, the leaf first"
    say(f"\nTo ask a Mac itself{how}:")
    say(_folded(line))
    if apart := mac_anchor_class(anchors, roots):
        say("\n".join(wrapped(f"Not the same anchors: {apart}", indent="  ", hanging="  ")))


def _folded(line: str) -> str:
    """LINE as a shell still reads it, no longer than the terminal where words allow."""
    rows = [" "]
    for word in map(shlex.quote, shlex.split(line)):
        if len(rows[-1]) + 1 + len(word) > COLUMNS - 2:
            rows[-1] += " \\"
            rows.append("   ")
        rows[-1] += f" {word}"
    return "\n".join(rows)
