"""`doctor`: gather what is here, and say what of it will get in the way."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pki_cli.issue_report import judged
from pki_cli.options.moment import At
from pki_cli.shell import DEFAULT_CA, EXIT_FINDING, AsJson, CaFolder, moment_of, say, say_json
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pki.doctor import MacFacts, Machine, ResolverAnswer
    from pki.model.remarks import DoctorRemark
    from pki.model.verdict import Finding
    from pki.store.health import FolderFacts

APPLICATIONS = Path("/Applications")
_POST_QUANTUM = (3, 5)  # OpenSSL's release with ML-KEM


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(doctor)


def doctor(ca: CaFolder = DEFAULT_CA, at: At = None, as_json: AsJson = False) -> None:
    """Say what will get in the way here, and what to do.

    Nothing is changed. The system's resolver is asked for one name under localhost; nothing else is sent. The exit
    code is 1 when there is a problem, 0 when there are warnings at most.

    \b
    Examples:
      trustrig doctor
      trustrig doctor --ca ../team-ca --at +30d
    """
    from pki.doctor import ask_resolver
    from pki.model.remarks import healthy
    from pki.report.doctor import checkup_json, checkup_text

    moment = moment_of(at)
    remarks = checkup(ca, moment, clock=moment_of(None) if at else None, ask=ask_resolver)
    if as_json:
        say_json(checkup_json(remarks, at=moment))
    else:
        say(checkup_text(remarks, style=answer_style()))
    if not healthy(remarks):
        raise typer.Exit(EXIT_FINDING)


def checkup(
    ca: Path,
    moment: datetime,
    *,
    clock: datetime | None = None,
    ask: Callable[[], ResolverAnswer] | None = None,
) -> Sequence[DoctorRemark]:
    """What is to be said of this environment and the folder CA at a MOMENT, when the CLOCK may say another one.

    ASK asks the system's resolver about names under `localhost`; without it nothing is said of them.
    """
    from pki.doctor import Snapshot, examine
    from pki.store.health import read_folder_facts
    from pki.store.posix import POSIX

    folder = read_folder_facts(ca)
    snapshot = Snapshot(
        at=moment,
        clock=clock,
        released=_released(),
        user=os.geteuid() if POSIX else 0,
        folder=folder,
        named_by=_named_by(ca),
        machine=_machine(ask),
        findings=_findings(folder, moment),
    )
    return examine(snapshot)


def _named_by(ca: Path) -> str:
    """Who chose the folder; nobody, when it is the one that is used unasked."""
    chosen = os.environ.get("TRUSTRIG_CA")
    if chosen and Path(chosen) == ca:
        return "TRUSTRIG_CA"
    return "" if ca == DEFAULT_CA else "--ca"


def _released() -> datetime:
    from datetime import UTC, datetime

    from pki.version import RELEASED

    return datetime.fromisoformat(RELEASED).replace(tzinfo=UTC)


def _findings(folder: FolderFacts, at: datetime) -> dict[str, tuple[Finding, ...]]:
    """What Apple will hold against each identity whose chain is whole."""
    roots = [one.certificate for one in folder.authorities if one.name == "root"]
    if not roots:
        return {}
    return {
        one.row.name: judged((*one.sent, roots[0]), one.row, at=at) for one in folder.issued if one.complete
    }


def _machine(ask: Callable[[], ResolverAnswer] | None) -> Machine:
    from importlib.util import find_spec

    from OpenSSL import SSL

    from pki.doctor import Machine
    from pki.handshake.ends.openssl_offer import built_in_suites
    from pki.model.suites import SUITES

    here = built_in_suites()
    version = SSL.OPENSSL_VERSION_NUMBER
    return Machine(
        python=platform.python_version(),
        openssl=SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode(),
        lacking=tuple(suite.openssl for suite in SUITES if suite.openssl not in here),
        has_post_quantum=(version >> 28, version >> 20 & 0xFF) >= _POST_QUANTUM,
        second_opinions=any(map(find_spec, ("certvalidator", "pyhanko_certvalidator"))),
        # The process's own stream: what is in its place takes every text.
        encoding=(sys.__stdout__ and sys.__stdout__.encoding) or "unknown",
        mac=_mac() if sys.platform == "darwin" else None,
        local_names=ask() if ask is not None else None,
    )


def _mac() -> MacFacts:
    from pki.doctor import read_mac
    from pki.install import run_process

    xcodes = sorted(map(str, APPLICATIONS.glob("Xcode*.app")))
    return read_mac(run_process, xcodes=xcodes, overridden="DEVELOPER_DIR" in os.environ)
