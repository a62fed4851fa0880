"""`report`: what goes with an issue, and nothing that should not."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pki.errors import InvalidRequest, PkiError
from pki_cli.options.answer import Force, Output
from pki_cli.options.group import with_groups
from pki_cli.options.live import is_live, route_to
from pki_cli.options.moment import At
from pki_cli.options.trust import (
    AnchorOptions,
    Host,
    InfoPlist,
    JudgesCa,
    System,
    chain_in,
    named_ca,
    settings_in,
)
from pki_cli.output_file import STDOUT, deliver
from pki_cli.shell import DEFAULT_CA, AsJson, PasswordFile, moment_of, note, now, read_password, say

if TYPE_CHECKING:
    from pki.model.verdict import Verdict
    from pki.report.problem_report import FailureJson, ReportDocument, SoftwareJson
    from pki.trust import Anchor
    from pki_cli.question import EvaluateQuestion

# What trustrig needs to run: `[project] dependencies`, held against it by a test.
PACKAGES = (
    *("cryptography", "filelock", "h11", "idna", "platformdirs", "publicsuffixlist", "pydantic"),
    *("pyOpenSSL", "segno", "typer"),
)
# The variables that are read, held against docs/environment.md by a test. Another one's name is somebody's own word.
SETTINGS = (
    *("TRUSTRIG_CA", "TRUSTRIG_DOCS", "TRUSTRIG_PASSPHRASE", "TRUSTRIG_PASSWORD", "TRUSTRIG_PSK"),
    "TRUSTRIG_STATE",
)


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(with_groups(report))


# Long because each option is a parameter.
def report(
    ctx: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(metavar="[TARGET]", help="What evaluate was asked about: a file, folder, - or URL."),
    ] = None,
    *,
    host: Host = None,
    trusted: AnchorOptions,
    at: At = None,
    system: System = None,
    info_plist: InfoPlist = None,
    password_file: PasswordFile = None,
    include_names: Annotated[
        bool, typer.Option("--include-names", help="Put hosts, names and certificates in; never a key.")
    ] = False,
    ca: JudgesCa = DEFAULT_CA,
    output: Output = STDOUT,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write what goes with an issue: versions, remarks, a verdict.

    It says first what it holds. No key, no password, no folder and no user's
    name is in it, and no host or certificate without --include-names.
    Nothing is sent.

    \b
    Examples:
      trustrig report -o report.md
      trustrig report chain.pem --host api.test --anchor root.pem -o report.md
    """
    from pki.report.problem_report import report_json
    from pki.report.problem_report_markdown import contents_text, report_markdown
    from pki_cli.commands.doctor import checkup

    if output != STDOUT and output.exists() and not force:  # before a server is asked
        deliver(output, b"", secret=False, force=False)
    if target is None and (host is not None or trusted.anchor):
        raise InvalidRequest("nothing is named to be judged", hint="Give the file or URL as well.")
    anchors = trusted.read(*named_ca(ctx, ca, trusted.anchor))
    question = _question(anchors, at, system, info_plist)
    found = _Found(None) if target is None else _judged(target, host, question, read_password(password_file))
    remarks = checkup(ca, now())
    document = report_json(
        software(),
        remarks,
        verdict=found.verdict,
        failure=found.failure_json(include_names=include_names),
        name=found.name,
        sent=found.sent,
        include_names=include_names,
    )
    note(contents_text(document))
    text = _homeless(document)
    answer = json.dumps(text, indent=2, ensure_ascii=False) + "\n" if as_json else report_markdown(text)
    if output == STDOUT:
        say(answer.rstrip("\n"))
        return
    deliver(output, answer.encode(), secret=False, force=force)
    note(f"Wrote {output}: read it, then attach it.")


def _question(
    anchors: list[Anchor], at: str | None, system: str | None, info_plist: Path | None
) -> EvaluateQuestion:
    from pki.ats import NEWEST, OsVersion
    from pki_cli.question import EvaluateQuestion

    return EvaluateQuestion(
        [moment_of(at)],
        {
            "anchors": anchors,
            "ats": settings_in(info_plist),
            "os": OsVersion.parse(system) if system else NEWEST,
        },
    )


class _Found(NamedTuple):
    """The verdict about what is called NAME, with the chain as it came; or the error that came instead of one."""

    verdict: Verdict | None
    sent: tuple[bytes, ...] = ()
    name: str = ""
    failure: str = ""
    sentence: str = ""

    def failure_json(self, *, include_names: bool) -> FailureJson | None:
        """What came instead of a verdict; its sentence has names."""
        if not self.failure:
            return None
        return {"kind": self.failure, "says": self.sentence if include_names else None}


def _judged(target: str, host: str | None, question: EvaluateQuestion, password: str | None) -> _Found:
    """What comes of the question; an error as well, since an issue may be about that."""
    live = is_live(target, None)
    if live and host is not None:
        raise InvalidRequest(
            "a URL names its host already, and --host is for files", hint="Leave --host out."
        )
    name = re.split(r"[?#]", target)[0] if live else Path(target).name  # behind it may be what opens a door
    try:
        if live:
            chain, verdicts = question.ask_live(route_to(target), None, None)
            return _Found(verdicts[0], chain, name)
        chain = chain_in(target, password)
        return _Found(question.evaluators()[0].evaluate(chain, host=host), chain, name)
    except InvalidRequest:
        raise
    except (PkiError, OSError) as error:
        if not live and target != "-" and not Path(target).exists():  # a slip, and no issue of ours
            raise
        note(f"no verdict: {error}")
        return _Found(None, failure=type(error).__name__, sentence=str(error).replace(target, name))


def software() -> SoftwareJson:
    """What runs here, and on what."""
    from OpenSSL import SSL

    from pki.version import __version__

    packages = {}
    for package in PACKAGES:
        try:
            packages[package] = version(package)
        except PackageNotFoundError:  # unpacked by hand, or in one file
            packages[package] = "unknown"
    return {
        "trustrig": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": _system(),
        "machine": platform.machine() or "unknown",
        "openssl": SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode(),
        "packages": packages,
        "settings": [name for name in SETTINGS if name in os.environ],
    }


def _system() -> str:
    """The system and its release; not the kernel's, which some people name after themselves."""
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    if sys.platform == "win32":
        return f"Windows {platform.version()}"
    try:
        known = platform.freedesktop_os_release()
    except OSError:
        return platform.system() or sys.platform
    return f"{platform.system()}, {known.get('ID', 'unknown')} {known.get('VERSION_ID', '')}".rstrip()


def _homeless(document: ReportDocument) -> ReportDocument:
    """DOCUMENT without the folders of whoever runs this, wherever a sentence named one."""
    text = json.dumps(document)
    for folder in (Path("~").expanduser(), Path.cwd()):
        if folder not in (Path("~"), Path(folder.anchor)):
            text = text.replace(json.dumps(str(folder))[1:-1], "~")
    cleaned: ReportDocument = json.loads(text)
    return cleaned
