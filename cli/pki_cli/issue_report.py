"""How `issue` and `renew` tell what they did: files, warnings with rule ids, the next step."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pki.store.default_folder import ca_option
from pki_cli.shell import note, say, say_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from pki.issue.purposes import Purpose
    from pki.issue.requests import LeftOut
    from pki.model.verdict import Finding
    from pki.store import Issued, LedgerRow
    from pki.trust import Anchor

_FILES = {
    "cert.pem": "the certificate alone",
    "chain.pem": "its issuers without the root",
    "fullchain.pem": "certificate and issuers: what a server or client sends",
    "key.pem": "the private key, readable by you alone",
}
OF_THE_ROOT = "ats-trust"
"""The cause of what asks who trusts the root, and cannot be answered where it is not at hand."""
_MOST_HOSTS = 20  # names of one certificate that are judged; the rules differ by kind of name, not by number


def tell(
    issued: Issued,
    *,
    done: str,
    ca: Path,
    at: datetime,
    as_json: bool,
    password: str | None = None,
    warnings: Sequence[str] = (),
    left_out: Sequence[LeftOut] = (),
) -> None:
    """Print what was ISSUED: the answer on stdout, what Apple will say of it on stderr, and WARNINGS.

    PASSWORD is the one made up for the .p12 and what is exported of it; None when the user gave one. LEFT_OUT is what a
    request asked for in vain.
    """
    from pki.report.layout import harmless

    findings = judged(issued.chain, issued.row, at=at)
    warnings = (*warnings, *_remarks(issued))
    if as_json:
        from pki.store.documents import issue_document

        say_json(issue_document(issued, findings, warnings, left_out))
        return
    row = issued.row
    days = round((row.not_after - row.not_before).total_seconds() / 86_400)
    period = f"{row.not_before:%Y-%m-%d} to {row.not_after:%Y-%m-%d}, {days} day{'' if days == 1 else 's'}"
    say(f"{done} {row.name} ({row.kind}), valid {period}.")
    if row.names and row.names != (row.name,):
        say(f"  names: {harmless(', '.join(row.names))}")
    for purpose in _unusual_purposes(issued):
        says = f"Apple's policy {purpose.apple} ({purpose.asked_by})" if purpose.asked_by else purpose.apple
        say(f"  for {purpose.name}: {says}")
    if row.kind != "intermediate" and not _is_for_tls(row, issued.chain[0]):
        say(f"  not for TLS: {'server' if row.kind == 'server' else 'client'}Auth is not among its purposes")
    for lost in left_out:
        say(f"  not taken over: {harmless(str(lost))}")
    say(f"  in {issued.folder}:")
    for file in sorted(issued.files):
        say(f"    {file:<18} {_described(file)}")
    if password is not None:
        say(f"  password: {password}  opens {_opened(issued)}, and what is exported of {row.name}")
    for warning in warnings:
        note(f"warning: {harmless(warning)}")
    if words := cut_short(issued):
        note(f"warning: {words}")
    for finding in findings:
        says = "Apple will refuse this: " if finding.fails else ""
        note(f"warning: {says}{finding.told}. {finding.fix}")
    say(f"Next: {_next_step(issued, ca)}")


def _described(file: str) -> str:
    if file.endswith(".password"):
        return "the password of its files, readable by you alone"
    return _FILES.get(file, "key and chain in one file, for Apple and others")


def _opened(issued: Issued) -> str:
    """The file of ISSUED that its password opens."""
    return next((str(issued.folder / file) for file in issued.files if file.endswith(".p12")), "nothing yet")


def cut_short(issued: Issued) -> str:
    """Say that the certificate ends with its issuer, and not when it was asked to; empty when it does not."""
    wanted, ends = issued.wanted_end, issued.row.not_after
    if wanted is None or wanted.date() == ends.date():
        return ""
    return f"the certificate ends on {ends:%Y-%m-%d} with its issuer, instead of on {wanted:%Y-%m-%d}"


def judged(chain: Sequence[x509.Certificate], row: LedgerRow, *, at: datetime) -> tuple[Finding, ...]:
    """Return what an Apple client will hold against ROW's certificate, its root (the last of CHAIN) being installed.

    Where the root is not at hand, what is asked of it is left out: whoever has it knows who trusts it.
    A certificate that is not valid yet is judged for that, and once more at its beginning on its other merits.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.model.codes import Severity
    from pki.trust import evaluate

    if row.kind == "intermediate":
        return ()
    ders = [certificate.public_bytes(Encoding.DER) for certificate in chain]
    anchor, rooted = highest(chain)
    # What is not for TLS is judged on its other merits.
    for_tls = _is_for_tls(row, chain[0])
    server = row.kind == "server" and for_tls
    found: dict[tuple[str, str], Finding] = {}
    for moment in sorted({at, max(at, row.not_before)}):
        for host in _hosts(chain[0]) if server else [None]:
            policy = ("apple" if server else "ssl-client") if for_tls else "basic"
            verdict = evaluate(ders[:-1], host=host, at=moment, anchors=[anchor], policy=policy)
            for finding in verdict.findings:
                asked = rooted or finding.rule.cause != OF_THE_ROOT
                if asked and finding.severity is not Severity.INFO and finding.same_fact_as is None:
                    found.setdefault((finding.rule_id, finding.evidence), finding)
    return tuple(found.values())


def highest(chain: Sequence[x509.Certificate]) -> tuple[Anchor, bool]:
    """Return the last of CHAIN as an anchor, and whether it is a root: one is installed by a user.

    Else it stands in for a root that is not at hand, as an app's own anchor, which need not be self-signed.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.model.identity import is_self_signed
    from pki.trust import Anchor

    rooted = is_self_signed(chain[-1])
    return Anchor.parse(chain[-1].public_bytes(Encoding.DER), "user" if rooted else "app"), rooted


def _hosts(leaf: x509.Certificate) -> list[str | None]:
    """Return a host for each name of LEAF that an app would connect to; None when there is none."""
    from pki.issue.alternative_names import subject_names_in
    from pki.model.hosts import example_host

    hosts: list[str | None] = [example_host(name.value) for name in subject_names_in(leaf) if name.is_host]
    return hosts[:_MOST_HOSTS] or [None]


def _is_for_tls(row: LedgerRow, leaf: x509.Certificate) -> bool:
    from pki.issue.purposes import is_for_tls, purposes_in

    return is_for_tls(purposes_in(leaf), server=row.kind == "server")


def _remarks(issued: Issued) -> tuple[str, ...]:
    """What the certificate lacks for what it is for."""
    from pki.issue.alternative_names import subject_names_in
    from pki.issue.purposes import purposes_in, remarks

    if issued.row.kind == "intermediate":
        return ()
    leaf = issued.chain[0]
    return remarks(purposes_in(leaf), subject_names_in(leaf), server=issued.row.kind == "server")


def _unusual_purposes(issued: Issued) -> list[Purpose]:
    """Its purposes, unless they are what its kind has by itself."""
    from pki.issue.profiles import PROFILES, CertificateKind
    from pki.issue.purposes import purpose_of, purposes_in

    found = purposes_in(issued.chain[0])
    return (
        []
        if found == PROFILES[CertificateKind(issued.row.kind)].purposes
        else [purpose_of(oid) for oid in found]
    )


def _next_step(issued: Issued, ca: Path) -> str:
    row = issued.row
    name, folder = shlex.quote(row.name), shlex.quote(str(issued.folder))
    if row.kind == "intermediate":
        return f"trustrig issue server api.test --issuer {name}{ca_option(ca)}"
    if not _is_for_tls(row, issued.chain[0]) or not highest(issued.chain)[1]:
        return f"trustrig inspect {folder}/cert.pem"
    if row.kind == "client" and issued.key is None:
        return f"give {folder}/fullchain.pem to whoever made the request and has the key"
    if row.kind == "client":
        return f"trustrig handshake --client {name}{ca_option(ca)}"
    host = _hosts(issued.chain[0])[0]
    wanted = f" --host {shlex.quote(host)}" if host else ""
    return f"trustrig evaluate {folder}/fullchain.pem{wanted} --anchor {shlex.quote(str(ca))}"
