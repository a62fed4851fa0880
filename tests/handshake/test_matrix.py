"""Identities against policies: the measured table of mutual TLS, in memory and over sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki.handshake import (
    AllowList,
    ByName,
    BySpki,
    ChainsTo,
    ClientCertificates,
    ClientSettings,
    ClientTrust,
    ServerSettings,
    TlsVersion,
    run_matrix,
)
from pki.model.matrix import Cell
from pki.model.transcript import Party
from pki.report.matrix import matrix_document, matrix_markdown, matrix_text
from tests.handshake.cast import Cast

VERSIONS = (TlsVersion.TLS12, TlsVersion.TLS13)
Policy = Callable[[Cast], ClientTrust]


def client(cast: Cast, who: str, **more: object) -> ClientSettings:
    identity = getattr(cast, who) if who != "none" else None
    return cast.client(identity, TlsVersion.TLS13, **more)


def cells(
    clients: dict[str, ClientSettings], server: ServerSettings, at: datetime, *, sockets: bool
) -> list[Cell]:
    return list(run_matrix(clients, {"it": server}, VERSIONS, at=at, sockets=sockets).cells)


def revoked_list(cast: Cast, at: datetime, *serials: int) -> x509.CertificateRevocationList:
    issuing = cast.authority.issuing
    builder = x509.CertificateRevocationListBuilder(issuing.certificate.subject, at, at + timedelta(days=7))
    for serial in serials:
        entry = x509.RevokedCertificateBuilder(serial, at - timedelta(days=1)).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuing.key, hashes.SHA256())


# Measured with OpenSSL servers: what the client presents, and the alert in TLS 1.2 and 1.3. In 1.2 the handshake fails;
# in 1.3 the client is done before the server judges, and reads the alert afterwards.
MEASURED = [
    pytest.param("none", {}, 40, 116, id="nothing, and it is required"),
    pytest.param("mallory", {}, 48, 48, id="of a wrong CA"),
    pytest.param("alice", {"leaf_alone": True}, 48, 48, id="without its intermediate"),
    pytest.param("expired", {}, 45, 45, id="expired"),
    pytest.param("not_yet", {}, 42, 42, id="not yet valid"),
    pytest.param("misfit", {}, 43, 43, id="for serverAuth alone"),
    pytest.param("alice", {"revoked": True}, 44, 44, id="revoked"),
]


@pytest.mark.parametrize("sockets", [False, True], ids=["memory", "sockets"])
@pytest.mark.parametrize(("who", "how", "alert12", "alert13"), MEASURED)
def test_the_measured_table(
    who: str, how: dict[str, bool], alert12: int, alert13: int, sockets: bool, cast: Cast, at: datetime
) -> None:
    chain = {"chain": (cast.alice.certificate,)} if how.get("leaf_alone") else {}
    server = cast.serving(TlsVersion.TLS13)
    if how.get("revoked"):
        server = replace(server, crls=(revoked_list(cast, at, cast.alice.certificate.serial_number),))
    found = cells({who: client(cast, who, **chain)}, server, at, sockets=sockets)
    assert [(cell.transcript.refused_by, cell.transcript.alert_number) for cell in found] == [
        (Party.SERVER, alert12),
        (Party.SERVER, alert13),
    ]
    assert [cell.transcript.client.believed_done for cell in found] == [False, True]
    assert all(cell.transcript.server.believed_done is False for cell in found)


@pytest.mark.parametrize("sockets", [False, True], ids=["memory", "sockets"])
def test_the_eighth_row_off_the_list_is_the_applications_choice(
    sockets: bool, cast: Cast, at: datetime
) -> None:
    server = cast.serving(TlsVersion.TLS13, policy=AllowList.of([cast.bob.certificate]))
    for cell in cells({"alice": client(cast, "alice")}, server, at, sockets=sockets):
        assert (cell.transcript.refused_by, cell.transcript.alert, cell.transcript.status) == (
            Party.SERVER,
            None,
            403,
        )


@pytest.mark.parametrize("sockets", [False, True], ids=["memory", "sockets"])
def test_the_other_way_round_the_client_refuses_the_server(sockets: bool, cast: Cast, at: datetime) -> None:
    server = cast.serving(TlsVersion.TLS13, identity=cast.impostor)
    for cell in cells({"alice": client(cast, "alice")}, server, at, sockets=sockets):
        assert (cell.transcript.refused_by, cell.transcript.alert_number) == (Party.CLIENT, 48)
        assert cell.transcript.server.believed_done is False


def test_one_who_is_not_on_the_crl_is_let_in(cast: Cast, at: datetime) -> None:
    server = replace(
        cast.serving(TlsVersion.TLS13),
        crls=(revoked_list(cast, at, cast.alice.certificate.serial_number),),
    )
    assert all(c.transcript.accepted for c in cells({"bob": client(cast, "bob")}, server, at, sockets=False))


# Who is let in by whom: a name in it is, everybody else is not.
POLICIES: list[tuple[str, Policy, set[str]]] = [
    ("the CA", lambda cast: cast.under_our_ca, {"alice", "bob"}),
    ("another CA", lambda cast: ChainsTo((cast.stranger.root,)), {"mallory"}),
    (
        "either CA",
        lambda cast: ChainsTo((cast.authority.root, cast.stranger.root)),
        {"alice", "bob", "mallory"},
    ),
    (
        "a list",
        lambda cast: AllowList.of([cast.alice.certificate, cast.mallory.certificate]),
        {"alice", "mallory"},
    ),
    ("an expired one on the list", lambda cast: AllowList.of([cast.expired.certificate]), set()),
    ("keys", lambda cast: BySpki.of([cast.bob.certificate]), {"bob"}),
    ("a name", lambda cast: ByName(("alice",), (cast.authority.root,)), {"alice"}),
    ("a pattern", lambda cast: ByName(("?o*", "BOB"), (cast.authority.root,)), {"bob"}),
    ("a stranger's name proves nothing", lambda cast: ByName(("mallory",), (cast.authority.root,)), set()),
]
EVERYBODY = ("none", "alice", "bob", "mallory", "expired")


@pytest.mark.parametrize(
    ("policy", "let_in"), [pytest.param(policy, let_in, id=name) for name, policy, let_in in POLICIES]
)
@pytest.mark.parametrize("sockets", [False, True], ids=["memory", "sockets"])
def test_policies(policy: Policy, let_in: set[str], sockets: bool, cast: Cast, at: datetime) -> None:
    server = cast.serving(TlsVersion.TLS13, policy=policy(cast))
    found = cells({who: client(cast, who) for who in EVERYBODY}, server, at, sockets=sockets)
    assert {cell.client for cell in found if cell.transcript.accepted} == let_in
    assert len({(cell.client, cell.transcript.accepted) for cell in found}) == len(
        EVERYBODY
    )  # in both versions alike


@pytest.mark.parametrize(
    ("ask", "let_in"), [("optional", {"none", "alice"}), ("none", {"none", "alice", "mallory"})]
)
def test_whether_a_certificate_is_asked_for(ask: str, let_in: set[str], cast: Cast, at: datetime) -> None:
    server = cast.serving(TlsVersion.TLS13, ask=ClientCertificates(ask))
    found = cells({who: client(cast, who) for who in ("none", "alice", "mallory")}, server, at, sockets=False)
    assert {cell.client for cell in found if cell.transcript.accepted} == let_in


@pytest.mark.parametrize("which", ["present", "empty", "wrong"])
def test_the_list_of_acceptable_cas_is_what_was_set_and_openssl_does_not_care(
    which: str, cast: Cast, at: datetime
) -> None:
    named = {"present": None, "empty": (), "wrong": (cast.stranger.root,)}[which]
    server = replace(cast.serving(TlsVersion.TLS13), acceptable_cas=named)
    for cell in cells({"alice": client(cast, "alice")}, server, at, sockets=False):
        assert cell.transcript.accepted
        assert (
            cell.transcript.acceptable_cas
            == {
                "present": ("CN=Our CA",),
                "empty": (),
                "wrong": ("CN=Their CA",),
            }[which]
        )


@pytest.mark.parametrize(
    ("length", "accepted"), [(1, False), (2, True), (3, True)], ids=["leaf", "chain", "root"]
)
def test_how_much_of_its_chain_a_client_sends(length: int, accepted: bool, cast: Cast, at: datetime) -> None:
    whole = (cast.alice.certificate, *cast.alice.issuers)
    visitor = client(cast, "alice", chain=whole[:length])
    for cell in cells({"alice": visitor}, cast.serving(TlsVersion.TLS13), at, sockets=False):
        assert cell.transcript.accepted is accepted
        assert len(cell.transcript.client.sent) == length


def test_the_reports(cast: Cast, at: datetime) -> None:
    clients = {who: client(cast, who) for who in ("none", "alice", "mallory")}
    servers = {"ca": cast.serving(TlsVersion.TLS13), "list:bob": cast.serving(
        TlsVersion.TLS13, policy=AllowList.of([cast.bob.certificate])
    )}  # fmt: skip
    matrix = run_matrix(clients, servers, VERSIONS, at=at)
    text = matrix_text(matrix)
    assert text.startswith("2 of 12 handshakes went through at ")
    assert max(map(len, text.splitlines())) <= 80
    assert "  alice    TLS 1.3  accepted" in text.splitlines()
    assert "after the client believed itself done" in " ".join(text.split())
    document = json.loads(json.dumps(matrix_document(matrix)))
    assert document["schema"] == "trustrig.matrix/1"
    assert [cell["outcome"] for cell in document["cells"]] == [
        cell.transcript.ending.name.lower() for cell in matrix.cells
    ]
    assert document["cells"][0]["alert_number"] == 40
    assert document["not_checked"] == list(matrix.not_checked)
    assert len(matrix.not_checked) == len(set(matrix.not_checked)) > 0
    assert matrix_markdown(matrix).count("\n") == 14 + len(matrix.not_checked)
