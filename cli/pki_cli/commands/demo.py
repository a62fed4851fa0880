"""`demo`: the whole job in a temporary folder, offline, told in forty lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.shell import now
from pki_cli.shell import say as say_line

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from pki.model.verdict import Verdict
    from pki.store import AuthorityFolder

HOST = "api.test"
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
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Leave everything in DIR instead of removing it.")
    ] = None,
) -> None:
    """Walk the main job in a temporary folder, offline.

    Authority, identities, verdicts, mutual TLS, and the files for a device.
    """
    from tempfile import TemporaryDirectory

    if keep is not None:
        _walk(keep, now())
        say(f"\nEverything is in {keep}; delete it when you have seen enough.")
        return
    with TemporaryDirectory(prefix="trustrig-demo-") as scratch:
        _walk(Path(scratch), now())
    say("\nThe folder is gone; nothing on this machine has changed. `--keep DIR` leaves it in place.")


def _walk(top: Path, at: datetime) -> None:
    folder = _authority(top / "trustrig-ca", at)
    _judge_good_server(folder, at)
    _shake_hands(folder, at)
    _hand_over(folder, top)
    _judge_bad_server(at)


def _authority(path: Path, at: datetime) -> AuthorityFolder:
    from pki.store import AuthorityFolder

    say("1. A test authority, and two identities")
    say(
        f"   $ trustrig init --permit test\n   $ trustrig issue server {HOST}\n   $ trustrig issue client alice"
    )
    folder = AuthorityFolder.create(path, name="Demo CA", at=at, permit=("test",))
    folder.issue_server(HOST, at=at)
    folder.issue_client("alice", at=at)
    for certificate in (folder.root, *folder.intermediates):
        say(f"   {_name(certificate)}: P-256, good for names under .test alone")
    for row in folder.rows():
        say(f"   {row.name} ({row.kind}): until {row.not_after:%Y-%m-%d}, key readable by you alone")
    return folder


def _judge_good_server(folder: AuthorityFolder, at: datetime) -> None:
    say("\n2. Would an iPhone with this root installed trust the server?")
    say(f"   $ trustrig evaluate .../fullchain.pem --host {HOST} --anchor trustrig-ca")
    sent = folder.identity(HOST).sent_chain
    _levels(_verdict(sent, folder.root, HOST, at))
    say("   ... and an app that sets the root as an anchor in its own code?")
    _levels(_verdict(sent, folder.root, HOST, at, anchor_class="app"))


def _shake_hands(folder: AuthorityFolder, at: datetime) -> None:
    from pki.handshake import ChainsTo, ClientSettings, ServerSettings, shake_hands

    say("\n3. Mutual TLS, both ends in one transcript")
    say("   $ trustrig handshake --client alice")
    root = folder.root
    server = ServerSettings(identity=folder.identity(HOST), policy=ChainsTo((root,)))
    for words, identity in (("alice", folder.identity("alice")), ("nobody", None)):
        client = ClientSettings(host=HOST, trusted_roots=(root,), identity=identity)
        transcript = shake_hands(client, server, at=at)
        done = f"{transcript.version}, {transcript.suite}: " if transcript.accepted else ""
        say(f"   {words + ':':<8}{done}{transcript.headline}")
        if not transcript.accepted and transcript.alert is not None and transcript.alert.after_peer_done:
            say("           ... after the client believed itself done: TLS 1.3 refuses late")


def _hand_over(folder: AuthorityFolder, top: Path) -> None:
    from pki.export.pkcs12 import generate_password, write_p12
    from pki.export.profile import ProfileIdentity, build_profile
    from pki.store.atomic import write_atomically

    say("\n4. Onto a device")
    say("   $ trustrig export p12 alice -o alice.p12")
    say("   $ trustrig export profile --client alice -o phone.mobileconfig")
    alice, password = folder.identity("alice"), generate_password()
    profile = build_profile(
        (folder.root, *folder.intermediates), identities=[ProfileIdentity(alice, password=password)]
    )
    for name, data in (("alice.p12", write_p12(alice, password=password)), ("phone.mobileconfig", profile)):
        write_atomically(top / name, data, mode=0o600)
    say("   alice.p12: key, certificate and chain; opens on every iOS and macOS, in OpenSSL, Java and NSS")
    say("   phone.mobileconfig: root, intermediate and alice in one install. The one step no file can do:")
    say("   Settings > General > About > Certificate Trust Settings, switch the root on")


def _judge_bad_server(at: datetime) -> None:
    from pki_fixtures import SCENARIOS, Rig, judge

    scenario = SCENARIOS["missing-intermediate"]
    say("\n5. A server gone wrong: its chain works in your browser, and nowhere else")
    verdict = judge(scenario.build(Rig(at=at)))
    _levels(verdict)
    headline = verdict.headline
    if headline is not None and headline.rule.status is not None:
        code, symbol = headline.rule.status
        say(f"   Apple reports {code} {symbol}; the app sees -1200, and nothing else")
        say(f"   {headline.rule_id}: {headline.rule.title.lower()}")
        say(f"   {headline.evidence}")
        say(f"   Fix: {headline.fix}")
        say(f"   More: trustrig explain {headline.rule_id}")


def _verdict(
    sent: tuple[x509.Certificate, ...],
    root: x509.Certificate,
    host: str,
    at: datetime,
    *,
    anchor_class: str = "user",
) -> Verdict:
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.trust import Anchor, evaluate

    chain = [certificate.public_bytes(Encoding.DER) for certificate in sent]
    anchor = Anchor.parse(root.public_bytes(Encoding.DER), anchor_class)
    return evaluate(chain, host=host, at=at, anchors=[anchor])


def _levels(verdict: Verdict) -> None:
    failed = {finding.level: finding for finding in reversed(verdict.failures)}
    words = []
    for level in verdict.levels:
        because = f" ({failed[level].rule_id})" if level in failed else ""
        words.append(f"{level.title}: {verdict.answer(level)}{because}")
    say(f"   {', '.join(words)}")


def _name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.rfc4514_string().removeprefix("CN="))
