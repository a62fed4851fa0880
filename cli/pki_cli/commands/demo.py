"""`demo`: the whole job in a temporary folder, offline, told in forty lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.shell import AsJson, moment_of, say_json
from pki_cli.shell import say as say_line

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from pki.model.transcript import Transcript
    from pki.model.verdict import Verdict
    from pki.store import AuthorityFolder
    from pki_fixtures.walkthrough import Walkthrough

Tell = Callable[[str], None]
INDENT = "   "


def say(text: str) -> None:
    """One paragraph of the story, at 80 columns; a line that starts indented goes on indented."""
    from pki.report.layout import wrapped

    for line in text.split("\n"):
        body = line.lstrip()
        margin = line[: len(line) - len(body)]
        say_line("\n".join(wrapped(body, indent=margin, hanging=margin or INDENT) if body else [""]))


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(demo)


def demo(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Leave everything in DIR, a new folder, instead of removing it.",
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="As of then: ISO 8601, or -1h, +30d.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the main job in a temporary folder, offline.

    Authority, identities, verdicts, mutual TLS, and the files for a device.

    \b
    Examples:
      trustrig demo
      trustrig demo -o look-at-it
    """
    from pki_fixtures.walkthrough import demo_document

    moment = moment_of(at)
    with _place(output) as top:
        walk = _walk(top, moment, (lambda text: None) if as_json else say)
        document = demo_document(walk, kept=output)
    if as_json:
        say_json(document)
    elif output is not None:
        say(f"\nEverything is in {output}; delete it when you have seen enough.")
    else:
        say("\nThe folder is gone; nothing on this machine has changed. `-o DIR` leaves it in place.")


@contextmanager
def _place(output: Path | None) -> Iterator[Path]:
    """Where the walk is made: beside OUTPUT, which appears when all is there; else where it is removed again."""
    from tempfile import TemporaryDirectory

    from pki.store.atomic import check_free, make_folder, refusals_about

    if output is None:
        with TemporaryDirectory(prefix="trustrig-demo-") as scratch:
            yield Path(scratch)
        return
    target = output.resolve()
    if target == Path.cwd():
        raise InvalidRequest("the folder is the current one", hint="Name a new one, such as ./demo.")
    check_free(output)
    with refusals_about(output):
        beside = TemporaryDirectory(prefix=f".{target.name[:100]}.", dir=target.parent)
    with beside as scratch:
        make_folder(building := Path(scratch) / "demo")
        yield building
        with refusals_about(output):
            check_free(output)
            building.rename(target)  # rename(2) replaces an empty folder and refuses a full one


def _walk(top: Path, at: datetime, tell: Tell) -> Walkthrough:
    from pki_fixtures import walkthrough as steps

    folder = _authority(top, at, tell)
    tell("\n2. Would an iPhone with this root installed trust the server?")
    tell(f"   $ trustrig evaluate .../fullchain.pem --host {steps.HOST} --anchor {steps.FOLDER}")
    verdicts = {"user": steps.judge_server(folder, anchor_class="user", at=at)}
    tell(_levels(verdicts["user"]))
    tell("   ... and an app that sets the root as an anchor in its own code?")
    verdicts["app"] = steps.judge_server(folder, anchor_class="app", at=at)
    tell(_levels(verdicts["app"]))
    handshakes = _shake_hands(folder, at, tell)
    files = _hand_over(folder, top, tell)
    tell("\n5. A server gone wrong: its chain works in your browser, and nowhere else")
    broken = steps.judge_broken_server(at=at)
    _tell_broken(broken, tell)
    return steps.Walkthrough(folder, verdicts, handshakes, files, broken)


def _authority(top: Path, at: datetime, tell: Tell) -> AuthorityFolder:
    from pki_fixtures.walkthrough import CLIENT, HOST, make_authority

    tell("1. A test authority, and two identities")
    tell("   $ trustrig init --permit test")
    tell(f"   $ trustrig issue server {HOST}\n   $ trustrig issue client {CLIENT}")
    folder = make_authority(top, at=at)
    for certificate in (folder.root, *folder.intermediates):
        tell(f"   {_name(certificate)}: P-256, good for names under .test alone")
    for row in folder.rows():
        tell(f"   {row.name} ({row.kind}): until {row.not_after:%Y-%m-%d}, key readable by you alone")
    return folder


def _shake_hands(folder: AuthorityFolder, at: datetime, tell: Tell) -> dict[str | None, Transcript]:
    from pki_fixtures.walkthrough import CLIENT, shake_hands_with

    tell("\n3. Mutual TLS, both ends in one transcript")
    tell(f"   $ trustrig handshake --client {CLIENT}")
    ended: dict[str | None, Transcript] = {}
    for client in (CLIENT, None):
        transcript = ended[client] = shake_hands_with(folder, client, at=at)
        done = f"{transcript.version}, {transcript.suite}: " if transcript.accepted else ""
        who = f"{client or 'nobody'}:"
        tell(f"   {who:<8}{done}{transcript.headline}")
        if not transcript.accepted and transcript.alert is not None and transcript.alert.after_peer_done:
            tell("           ... after the client believed itself done: TLS 1.3 refuses late")
    return ended


def _hand_over(folder: AuthorityFolder, top: Path, tell: Tell) -> tuple[Path, ...]:
    from pki_fixtures.walkthrough import write_for_device

    tell("\n4. Onto a device")
    tell("   $ trustrig export p12 alice -o alice.p12")
    tell("   $ trustrig export profile --client alice -o phone.mobileconfig")
    files = write_for_device(folder, top)
    tell("   alice.p12: key, certificate and chain; opens on every iOS and macOS, in OpenSSL, Java and NSS")
    tell("   phone.mobileconfig: root, intermediate and alice in one install. The one step no file can do:")
    tell("   Settings > General > About > Certificate Trust Settings, switch the root on")
    return files


def _tell_broken(verdict: Verdict, tell: Tell) -> None:
    tell(_levels(verdict))
    headline = verdict.headline
    if headline is not None and headline.rule.status is not None:
        code, symbol = headline.rule.status
        tell(f"   Apple reports {code} {symbol}; the app sees -1200, and nothing else")
        tell(f"   {headline.rule.named}")
        tell(f"   {headline.evidence}")
        tell(f"   Fix: {headline.fix}")
        tell(f"   More: trustrig explain {headline.rule_id}")


def _levels(verdict: Verdict) -> str:
    failed = {finding.level: finding for finding in reversed(verdict.failures)}
    words = []
    for level in verdict.levels:
        because = f" ({failed[level].rule.named})" if level in failed else ""
        words.append(f"{level.title}: {verdict.answer(level)}{because}")
    return f"   {', '.join(words)}"


def _name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.rfc4514_string().removeprefix("CN="))
