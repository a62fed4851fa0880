"""A stranger's program. `mypy --strict` must accept it, and knows what each name gives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import assert_type

from cryptography.hazmat.primitives.serialization import Encoding

from pki import (
    Anchor,
    AnchorClass,
    AtsPolicy,
    AtsSettings,
    Authority,
    AuthorityFolder,
    CertFacts,
    Explanation,
    Finding,
    Identity,
    KeyType,
    Level,
    LiveVerdict,
    ManifestPlan,
    PkiError,
    ProfileFinding,
    ProfileIdentity,
    ProfileOptions,
    Route,
    Rule,
    Survey,
    Trust,
    Verdict,
    WifiNetwork,
    all_rules,
    build_profile,
    evaluate,
    evaluate_live,
    evaluate_live_moments,
    explain_text,
    inspect_bytes,
    load_path,
    parse_host,
    parse_target,
    plan_manifest,
    policy_for,
    read_info_plist,
    read_manifest,
    sign_profile,
)
from pki_fixtures import (
    SCENARIOS,
    Catalogue,
    Expected,
    LiveServer,
    NotServed,
    Rig,
    Scenario,
    ScenarioListing,
    ScenarioServer,
    Served,
    ServerSetup,
    StdlibClientContext,
    StdlibServerContext,
    TlsAuthority,
    TlsClientIdentity,
    TlsClients,
    TlsRoot,
    TlsScenario,
    TlsServer,
    assert_trusted,
    assert_untrusted,
    judge_client,
)
from pki_fixtures import judge as judged


def judge(chain_file: Path, root_file: Path, info_plist: bytes) -> str:
    """Load, judge, explain."""
    now = datetime.now(UTC)
    chain = load_path(chain_file)
    assert_type(chain, tuple[bytes, ...])
    anchors = [Anchor.parse(der, AnchorClass.USER) for der in load_path(root_file)]
    settings = read_info_plist(info_plist, name="Info.plist")
    assert_type(settings, AtsSettings)
    assert_type(policy_for(parse_host("api.test"), settings), AtsPolicy)
    verdict = evaluate(chain, host="api.test", at=now, anchors=anchors, ats=settings)
    assert_type(verdict, Verdict)
    assert_type(verdict.stopped_at, Level | None)
    assert_type(verdict.headline, Finding | None)
    assert_type(verdict.chain, tuple[CertFacts, ...])
    return verdict.headline.fix if verdict.headline else "trusted"


def look(url: str, root: bytes) -> str:
    """The same trust for a file and for a live server, at one moment and at several."""
    now = datetime.now(UTC)
    trust: Trust = {"anchors": [Anchor.parse(root)], "policy": "apple"}
    found = evaluate_live(Route(parse_target(url)), at=now, **trust)
    assert_type(found, LiveVerdict)
    assert_type(found.survey, Survey)
    verdicts, _ = evaluate_live_moments(Route(parse_target(url)), [now], **trust)
    assert_type(verdicts, tuple[Verdict, ...])
    return evaluate(found.survey.chain, host=None, at=now, **trust).ats_summary


def read_log(log: str) -> str:
    """What a log says, and whose decision it reports."""
    explanation = explain_text(log)
    assert_type(explanation, Explanation)
    return (
        explanation.text_explanation.decided_by.text
        if explanation.text_explanation is not None
        else explanation.name
    )


def would_change(manifest: Path) -> bool:
    """Look at a manifest and what is beside it."""
    declaration = read_manifest(manifest.read_bytes(), name=str(manifest))
    plan = plan_manifest(declaration, manifest.parent, at=datetime.now(UTC), environment={})
    assert_type(plan, ManifestPlan)
    return plan.changes


def issue(folder: Path) -> Identity:
    """Make an authority in memory and one in a folder."""
    now = datetime.now(UTC)
    authority = Authority.create(name="Test CA", at=now, key_type=KeyType.P256, permit=("test",))
    server = authority.issue_server("api.test", "192.0.2.1", at=now, days=90)
    assert_type(server, Identity)
    try:
        return AuthorityFolder.create(folder, name="Test CA", at=now).identity("api.test")
    except PkiError as error:
        raise SystemExit(error.hint) from error


def go_on(place: Path, identity: Identity, now: datetime) -> tuple[int | None, bool]:
    """An authority that is there already: its key stays in a file of its own."""
    folder = AuthorityFolder.adopt(place, identity, at=now, key_file=place.with_name("rootCA-key.pem"))
    lone = Authority.create(name="Lone", at=now, root_only=True)
    return lone.levels_below, folder.issuers == (folder.root,)


def hand_over(folder: AuthorityFolder) -> bytes:
    """Write a profile, sign it, and have it checked."""
    alice = folder.identity("alice")
    profile = build_profile(
        (folder.root, *folder.intermediates),
        identities=[ProfileIdentity(alice, "correct-horse-battery")],
        settings=[WifiNetwork("Corp", alice.certificate, server_names=("radius.test",))],
        options=ProfileOptions(organization="Rig", consent=(("default", "For tests only."),)),
    )
    signed = sign_profile(profile, folder.identity("api.test"))
    found = inspect_bytes(signed, name="x.mobileconfig", at=datetime.now(UTC))
    assert_type(found.findings, tuple[ProfileFinding, ...])
    assert_type(found.faulty, bool)
    return signed


def scenarios() -> dict[str, bytes]:
    """Build what the catalogue offers."""
    rig = Rig(at=datetime.now(UTC))
    for entry in SCENARIOS.values():
        assert_type(entry, Scenario)
        assert_type(entry.build(rig), ServerSetup)
        assert_type(entry.expected[entry.anchor_class], Expected)
        assert_type(judged(entry.build(rig.serving("api.test")), entry.anchor_class), Verdict)
        assert_type(judge_client(entry.build(Rig(at=rig.at, seed=7))), Verdict | None)
    for rule in all_rules().values():
        assert_type(rule, Rule)
    return {e.id: e.build(rig).identity.certificate.public_bytes(Encoding.DER) for e in SCENARIOS.values()}


def serve() -> bytes:
    """Serve two scenarios."""
    with ScenarioServer(["good-ec", "expired-leaf"], at=datetime.now(UTC)) as server:
        assert_type(server, ScenarioServer)
        assert_type(server["good-ec"], Served)
        assert_type(server.not_served, tuple[NotServed, ...])
        assert_type(server.listing, ScenarioListing)
        assert_type(SCENARIOS, Catalogue)
        assert_type(server.url("expired-leaf"), str)
        assert_type(server.port, int)
        return server.anchors_pem


def test_with_fixtures(
    tls_ca: TlsAuthority,
    tls_server: TlsServer,
    tls_client: TlsClients,
    tls_client_identity: TlsClientIdentity,
    tls_https_server: LiveServer,
    tls_scenario: TlsScenario,
) -> None:
    """A test of pytest's, with the fixtures of the plugin."""
    assert_type(tls_server.client_context(tls_client_identity), StdlibClientContext)
    assert_type(tls_server.ca, TlsRoot)
    assert_type(tls_server.server_context(clients=tls_ca, required=False), StdlibServerContext)
    assert_type(tls_ca.issue_server("api.test", key_type="rsa2048", not_after="+1d"), TlsServer)
    assert_type(tls_ca.issue_client("alice").key_file, Path)
    assert_type(assert_trusted(tls_server, at="+30d"), Verdict)
    assert_type(
        assert_untrusted(tls_https_server.url, anchors=[tls_ca, tls_server.cert_file], code=-67818), Verdict
    )
    assert_type(assert_trusted(tls_server.chain, host=None, anchors=tls_ca, anchor_class="app"), Verdict)
    assert_type(tls_client.httpx_client().get(tls_https_server.url).text, str)
    assert_type(tls_scenario.expected, Expected)
    with tls_scenario.serve() as server:
        assert_type(server, LiveServer)
