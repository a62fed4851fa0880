"""Programs we did not write, with files we exported, let in and refused by our server; and refusing it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.export.pkcs12 import P12Encryption
from pki.handshake import ChainsTo, LoopbackServer, ServerSettings, TlsVersion
from pki.issue.revoked import Revocation, RevocationLedger, RevocationReason
from pki.model.certificate import CertFacts
from pki.model.identity import Identity
from pki.model.transcript import Party
from pki.store import AuthorityFolder
from tests import clock
from tests.handshake.cast import Cast
from tests.handshake.programs import (
    CURL,
    JAVA,
    NODE,
    OPENSSL,
    PASSWORD,
    PEM,
    Program,
    Visit,
    curl,
    java,
    node,
    python,
    s_client,
)
from tests.shell import spawn

TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
APPLE_ANY, MODERN = P12Encryption
VERSIONS = [pytest.param(version, id=f"TLS {version}") for version in (TLS12, TLS13)]
MARKS = {curl: (CURL,), s_client: (OPENSSL,), python: (), node: (NODE,), java: (JAVA,)}
PROGRAMS = [pytest.param(program, id=program.__name__, marks=marks) for program, marks in MARKS.items()]
# Java's key store is a .p12 and nothing else; Python's ssl reads PEM and nothing else.
SHOWN = [
    pytest.param(program, container, id=f"{program.__name__} {container}", marks=MARKS[program])
    for program, containers in {
        curl: (PEM, APPLE_ANY, MODERN),
        s_client: (PEM, APPLE_ANY, MODERN),
        python: (PEM,),
        node: (PEM, APPLE_ANY, MODERN),
        java: (APPLE_ANY, MODERN),
    }.items()
    for container in containers
]


def _usual(program: Program) -> str:
    return APPLE_ANY if program is java else PEM


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("program", "container"), SHOWN)
def test_the_right_client_is_let_in_with_what_we_exported(
    program: Program, container: str, version: TlsVersion, files: Path, cast: Cast, at: datetime
) -> None:
    visit = {"trusting": files / "server/root.pem", "showing": files / "alice", "container": container}
    with LoopbackServer(cast.serving(version), at=at, deadline=clock.PATIENCE) as server:
        (said,) = program(Visit(port=server.port, version=version, **visit))  # type: ignore[arg-type] # a table's row
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.transcripts
    assert said.let_in, said.words
    assert "hello CN=alice" in said.words
    assert f"TLSv{version}" in said.words
    assert (seen.accepted, seen.version) == (True, f"TLSv{version}")
    sent = [cert.label for cert in seen.client.sent]
    assert sent[0] == "alice"
    # The root is in the .p12, and some send all that is there, in the order they found it.
    assert {"Our CA Intermediate"} <= set(sent[1:]) <= {"Our CA Intermediate", "Our CA"}


# Who comes, the number and the name of the alert in each version.
REFUSED = [
    pytest.param(None, {TLS12: 40, TLS13: 116}, id="nobody"),
    pytest.param("mallory", {TLS12: 48, TLS13: 48}, id="wrong CA"),
    pytest.param("expired", {TLS12: 45, TLS13: 45}, id="expired"),
]
NAMES = {
    40: "handshake_failure",
    45: "certificate_expired",
    48: "unknown_ca",
    116: "certificate_required",
}
TIMES = 20  # a refusal whose alert is lost to a reset is lost now and then, not always


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("who", "alerts"), REFUSED)
def test_a_refused_client_names_the_alert_twenty_times_in_a_row(
    who: str | None,
    alerts: dict[TlsVersion, int],
    program: Program,
    version: TlsVersion,
    files: Path,
    cast: Cast,
    at: datetime,
) -> None:
    alert = alerts[version]
    if program is java and who == "mallory":  # it shows nothing that is not of an acceptable CA
        alert = {TLS12: 40, TLS13: 116}[version]
    visit = {"trusting": files / "server/root.pem", "showing": files / who if who else None}
    with LoopbackServer(cast.serving(version), at=at, deadline=clock.PATIENCE) as server:
        said = program(
            Visit(port=server.port, version=version, container=_usual(program), times=TIMES, **visit)  # type: ignore[arg-type] # a table's row
        )
        server.wait_for(TIMES)
        stories = server.transcripts
    assert [one.let_in for one in said] == [False] * TIMES
    name = NAMES[alert]
    if (program, alert, version) == (curl, 45, TLS12):
        name = (
            "certificate"  # curl takes it for a complaint of its own: "SSL certificate verification failed"
        )
    assert [one.plain for one in said if name not in one.plain] == []
    assert len(stories) == TIMES * (2 if program is java and version is TLS13 else 1)  # it tries twice
    assert {(seen.refused_by, seen.alert_number) for seen in stories} == {(Party.SERVER, alert)}
    assert {seen.alert.after_peer_done for seen in stories if seen.alert} == {version is TLS13}


def _stranger(cast: Cast, at: datetime) -> Identity:
    return cast.impostor


def _misfit(cast: Cast, at: datetime) -> Identity:
    return cast.misfit


def _lapsed(cast: Cast, at: datetime) -> Identity:
    day = timedelta(days=1)
    return cast.authority.issue_server("localhost", at=at, not_before=at - 9 * day, not_after=at - 2 * day)


# What each program says of it; the same faults in the same order as the servers.
COMPLAINTS = {
    curl: [
        "unable to get local issuer",
        "no alternative certificate subject name",
        "certificate has expired",
    ],
    s_client: ["unable to get local issuer", "hostname mismatch", "certificate has expired"],
    python: ["unable to get local issuer", "hostname mismatch", "certificate has expired"],
    node: ["UNABLE_TO_GET_ISSUER_CERT", "ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED"],
    java: ["unable to find valid certification path", "DNS name matching localhost", "validity check failed"],
}
# The alert the server gets. None: the program lets the handshake finish, looks at the certificate only then, and
# leaves without a word, which is all the server can know.
TOLD = {
    curl: ["unknown_ca", None, "certificate_expired"],
    s_client: ["unknown_ca", "bad_certificate", "certificate_expired"],
    python: ["unknown_ca", "bad_certificate", "certificate_expired"],
    node: [None, None, None],
    java: ["certificate_unknown", "certificate_unknown", "certificate_"],  # _expired or _unknown
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("fault", "identity"),
    [
        pytest.param(0, _stranger, id="unknown root"),
        pytest.param(1, _misfit, id="wrong host"),
        pytest.param(2, _lapsed, id="expired"),
    ],
)
def test_a_program_refuses_our_server_and_the_server_says_so(
    fault: int, identity: object, program: Program, version: TlsVersion, files: Path, cast: Cast, at: datetime
) -> None:
    assert callable(identity)
    with LoopbackServer(
        cast.serving(version, identity=identity(cast, at)), at=at, deadline=clock.PATIENCE
    ) as server:
        (said,) = program(
            Visit(
                port=server.port,
                version=version,
                trusting=files / "server/root.pem",
                showing=files / "alice",
                container=_usual(program),
            )
        )
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.transcripts
    assert not said.let_in
    assert COMPLAINTS[program][fault].lower() in said.words.lower()
    assert not seen.client.believed_done
    told = TOLD[program][fault]
    if told is None:
        (record,) = server.records
        assert (seen.refused_by, seen.alert, seen.status, record.received_data) == (None, None, None, False)
    else:
        assert seen.refused_by is Party.CLIENT
        assert told in (seen.alert_name or "")


@pytest.mark.parametrize(("program", "container"), SHOWN)
def test_what_the_command_line_exports_is_let_in(
    program: Program, container: str, exported: Path, at: datetime
) -> None:
    folder = AuthorityFolder.open(exported / "trustrig-ca")
    settings = ServerSettings(identity=folder.identity("localhost"), policy=ChainsTo((folder.root,)))
    alice = exported / "alice"
    with LoopbackServer(settings, at=clock.now(), deadline=clock.PATIENCE) as server:
        (said,) = program(
            Visit(port=server.port, trusting=alice / "root.pem", showing=alice, container=container)
        )
    assert said.let_in, said.words
    assert "hello CN=alice" in said.words


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a user typed what it takes to hand alice over."""
    place = tmp_path_factory.mktemp("typed")
    for command in (
        ["init"],
        ["issue", "server", "localhost"],
        ["issue", "client", "alice"],
        ["export", "pem", "alice", "-o", "alice/"],
        *(
            ["export", "p12", "alice", "-o", f"alice/{kind}.p12", "--p12-encryption", kind]
            for kind in P12Encryption
        ),
    ):
        ran = spawn(*command, cwd=place, env={"TRUSTRIG_PASSWORD": PASSWORD} if "p12" in command else None)
        assert ran.code == 0, ran.err
    return place


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_client_that_our_ledger_revoked_reads_alert_44_as_from_any_server_with_a_crl(
    program: Program, version: TlsVersion, files: Path, cast: Cast, at: datetime
) -> None:
    issuer = CertFacts.parse(cast.alice.certificate.public_bytes(Encoding.DER)).issuer
    taken = Revocation(cast.alice.certificate.serial_number, at, RevocationReason.KEY_COMPROMISE)
    settings = replace(cast.serving(version), revoked=RevocationLedger("the ledger", ((issuer.key, taken),)))
    visit = Visit(
        port=0, version=version, trusting=files / "server/root.pem", showing=files / "alice", container=_usual(program)
    )  # fmt: skip
    with LoopbackServer(settings, at=at, deadline=clock.PATIENCE) as server:
        (said,) = program(replace(visit, port=server.port))
        server.wait_for(1, timeout=clock.PATIENCE)
        seen, *_ = server.transcripts  # Java comes once more
    assert not said.let_in
    assert "revoked" in said.plain
    assert (seen.code, seen.alert_number) == ("client-certificate-revoked", 44)
    assert "(keyCompromise), as the ledger says" in seen.reason
