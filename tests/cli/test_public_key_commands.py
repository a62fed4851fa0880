"""Roots whose key everybody can have: what they vouch for, what they are known by, and who refuses to hand them out."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.export.pem import certificates_pem, key_pem
from pki.export.profile import build_profile
from pki.issue.defects import Defect, with_defects, with_subject, without_extension, written_names
from pki.issue.subjects import subject_named
from pki.load import load_certificates
from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.public_keys import ONCE_PRINTED, public_key_because
from pki.store import AuthorityFolder
from pki.store.marker import Marker
from pki.store.new_folder import create, parts_of
from pki.trust import Anchor, evaluate
from pki_fixtures import SCENARIOS, Rig
from pki_fixtures.authority import TlsAuthority
from tests import clock
from tests.openssl import OPENSSL, openssl_refusal
from tests.shell import Trustrig

FLAG = "--i-know-this-key-is-public"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def public() -> Rig:
    return Rig(at=clock.now(), seed=3)


def facts(certificate: x509.Certificate) -> CertFacts:
    return CertFacts.parse(certificate.public_bytes(Encoding.DER))


def forged(rig: Rig, host: str) -> bytes:
    """What anybody who knows the seed signs for HOST, with the intermediate, as PEM."""
    authority = rig.authority()
    forgery = with_defects(rig.server().identity.certificate, written_names(host), key=authority.issuing.key)
    return certificates_pem([forgery, authority.issuing.certificate])


@OPENSSL
@pytest.mark.parametrize("seed", [pytest.param(3, id="a public root"), pytest.param(None, id="a random one")])
def test_a_scenario_root_vouches_for_nobodys_site(
    seed: int | None, tmp_path: Path, trustrig: Trustrig
) -> None:
    rig = Rig(at=clock.now(), seed=seed)
    anchor, chain = tmp_path / "anchor.pem", tmp_path / "chain.pem"
    anchor.write_bytes(certificates_pem([rig.authority().root]))
    for host, trusted in (("www.apple.com", False), ("test.example", True)):
        chain.write_bytes(forged(rig, host))
        assert trustrig("evaluate", chain, "--host", host, "--anchor", anchor).code == (0 if trusted else 1)
        certificates = tuple(x509.load_pem_x509_certificates(chain.read_bytes() + anchor.read_bytes()))
        assert ("permitted subtree violation" in openssl_refusal(tmp_path, certificates)) is not trusted


@pytest.mark.slow
def test_scenario_authorities_live_for_months_and_what_a_seed_signs_is_marked(public: Rig) -> None:
    random = Rig(at=public.at)
    for entry in SCENARIOS.values():
        for rig in (public, random):
            built = entry.build(rig)
            for anchor in built.anchors:
                assert anchor.not_valid_after_utc <= rig.at + 400 * DAY, entry.id
                constraints = facts(anchor).name_constraints
                self_signed_leaf = constraints is None and facts(anchor).basic_constraints is None
                assert self_signed_leaf or (constraints and constraints.permitted), entry.id
            because = [public_key_because(facts(one)) for one in (*built.anchors, *built.sent)]
            assert all(because) if rig is public else not any(because), entry.id


def test_a_seeded_authority_of_tests_certifies_reserved_names_alone(tmp_path: Path) -> None:
    def authority(seed: int | None) -> TlsAuthority:
        return TlsAuthority(Rig(at=clock.now(), seed=seed), name="Test CA", new_folder=lambda: tmp_path)

    assert not public_key_because(facts(authority(None).authority.root))
    authority(None).issue_server("www.apple.com")
    assert public_key_because(facts(authority(1).authority.root))
    authority(1).issue_server("api.test", "localhost", "127.0.0.1")
    with pytest.raises(InvalidRequest, match=r"www\.apple\.com is outside .* without a seed"):
        authority(1).issue_server("www.apple.com")


@pytest.mark.parametrize(
    "stripped",
    [
        pytest.param(without_extension(oids.PUBLIC_KEY_MARK), id="without the extension"),
        pytest.param(with_subject(subject_named("Mine").public_bytes()), id="under another name"),
    ],
)
def test_a_mark_that_was_half_taken_off_is_one(stripped: Defect, public: Rig) -> None:
    root = public.authority().parent
    assert root is not None
    assert public_key_because(facts(with_defects(root.root, stripped, key=root.issuing.key)))


def test_the_keys_that_documentation_once_printed_are_known_without_a_mark() -> None:
    found = set()
    for seed in (1, 7):
        rig = Rig(at=clock.now(), seed=seed)
        for kind, name in (
            ("p256", "Scenario CA"),
            ("rsa2048", "Scenario RSA CA"),
            ("p384", "Scenario P-384 CA"),
            ("p256", "Another CA"),
        ):
            made = rig.authority(kind, name=name)
            found |= {facts(one).spki_sha256.hex() for one in made.chain}
    assert found == ONCE_PRINTED
    bare = rig.authority()
    assert bare.parent is not None
    unmarked = with_defects(
        bare.root,
        without_extension(oids.PUBLIC_KEY_MARK),
        with_subject(subject_named("Scenario CA").public_bytes()),
        key=bare.parent.issuing.key,
    )
    assert "documentation" in public_key_because(facts(unmarked))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, public: Rig) -> Path:
    """Whatever holds a public key: PEM, a profile, an identity, and the folder of an authority."""
    path = tmp_path_factory.mktemp("public")
    identity = public.server().identity
    (path / "root.pem").write_bytes(certificates_pem([public.authority().root]))
    (path / "root.mobileconfig").write_bytes(build_profile([public.authority().root]))
    (path / "server.pem").write_bytes(
        key_pem(identity) + certificates_pem([identity.certificate, *identity.issuers])
    )
    marker, parts = Marker("Copied CA", public.at.isoformat()), parts_of(public.authority())
    create(path / "ca", marker, parts, passphrase=None, force=False)
    AuthorityFolder.open(path / "ca").issue_server("api.test", at=public.at)
    return path


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("install mac --certificate {}/root.pem --dry-run", id="mac, a file"),
        pytest.param("install simulator --certificate {}/root.pem --dry-run", id="simulator, a file"),
        pytest.param("install mac --ca {}/ca --dry-run", id="mac"),
        pytest.param("install simulator --ca {}/ca --dry-run --json", id="simulator, as JSON"),
        pytest.param("export profile --ca {}/ca -o {out}/x.mobileconfig", id="profile"),
        pytest.param("export p12 api.test --ca {}/ca -o {out}/x.p12", id="p12"),
        pytest.param("export p12 --from {}/server.pem -o {out}/x.p12", id="p12 packed anew"),
        pytest.param("export pem api.test --ca {}/ca -o {out}/pem/", id="pem"),
        pytest.param("export bundle -o {out}/bundle --ca {}/ca --host api.test", id="bundle"),
        pytest.param("export snippets --ca {}/ca --host api.test -o {out}/snippets", id="snippets"),
    ],
)
def test_a_public_root_is_handed_out_to_those_who_know_it_alone(
    asked: str, folder: Path, trustrig: Trustrig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTRIG_PASSWORD", "secret")
    words = asked.format(folder, out=tmp_path).split()
    refused = trustrig(*words)
    assert (refused.code, refused.answer) == (2, "")
    assert "was signed with a public test key" in refused.err
    assert "trustrig init" in refused.err
    assert FLAG in refused.err
    assert list(tmp_path.iterdir()) == []
    done = trustrig(*words, FLAG)
    assert done.code == 0, done.err
    assert "warning: " in done.err
    assert "public test key" in done.err


def test_a_device_is_offered_none(folder: Path, trustrig: Trustrig) -> None:
    for what in (("--profile", folder / "root.mobileconfig"), ("--ca", folder / "ca")):
        refused = trustrig("install", "device", *what, "--address", "127.0.0.1")
        assert (refused.code, FLAG in refused.err) == (2, True)


def test_adopting_it_warns_and_nobody_certifies_it_across(
    folder: Path, trustrig: Trustrig, tmp_path: Path
) -> None:
    (own,) = (folder / "ca/root").glob("cert.pem")
    adopted = trustrig("init", "--from", own, "--key", own.with_name("key.pem"), "--ca", tmp_path / "adopted")
    assert (adopted.code, "was signed with a public test key" in adopted.err) == (0, True)
    assert trustrig("init", "--ca", tmp_path / "mine").code == 0
    for ca in (folder / "ca", tmp_path / "adopted"):
        refused = trustrig("issue", "cross", "root", "--ca", ca, "--by", tmp_path / "mine")
        assert (refused.code, "anybody can have the key of" in refused.err) == (2, True)
    assert not (tmp_path / "adopted/cross").exists()


def test_doctor_and_inspect_name_it(folder: Path, trustrig: Trustrig) -> None:
    looked = trustrig("doctor", "--ca", folder / "ca", "--json")
    said = {one["id"]: one for one in json.loads(looked.out)["remarks"]}
    assert (looked.code, said["public-key"]["grade"]) == (1, "problem")
    assert "a test key that anybody can have" in " ".join(
        trustrig("inspect", folder / "root.pem").out.split()
    )
    document = json.loads(trustrig("inspect", folder / "root.pem", "--json").out)
    assert document["certificates"][0]["public_test_key"]


def test_what_is_compiled_with_a_seed_is_refused_and_without_one_is_not(
    tmp_path: Path, trustrig: Trustrig
) -> None:
    for more, code in ((("--seed", "12"), 2), ((), 0)):
        rig = tmp_path / "rig"
        assert trustrig("scenarios", "compile", rig, "expired-leaf", *more).code == 0
        anchors = rig / "scenarios/expired-leaf/anchors.pem"
        assert trustrig("install", "mac", "--certificate", anchors, "--dry-run").code == code
        (root,) = load_certificates(anchors.read_bytes(), name="anchors")
        assert bool(public_key_because(CertFacts.parse(root))) is (code == 2)
        shutil.rmtree(rig)


def test_an_unconstrained_root_is_said_when_it_comes_to_be_trusted(
    tmp_path: Path, trustrig: Trustrig
) -> None:
    for more, wide in (((), True), (("--permit", "api.test"), False)):
        ca = tmp_path / f"ca-{wide}"
        assert trustrig("init", "--ca", ca, *more).code == 0
        looked = json.loads(trustrig("doctor", "--ca", ca, "--json").out)["remarks"]
        assert any(one["id"] == "unconstrained" for one in looked) is wide
        device = trustrig(
            "install", "device", "--ca", ca, "--address", "127.0.0.1", "--minutes", "0.01", "--no-check"
        )
        assert ("this root may certify any name" in device.err) is wide
        mac = trustrig("install", "mac", "--ca", ca, "--dry-run")
        assert ("this root may certify any name" in mac.err) is wide


def test_known_keys_are_digests_and_no_keys() -> None:
    assert all(len(bytes.fromhex(digest)) == hashlib.sha256().digest_size for digest in ONCE_PRINTED)


def test_the_verdict_on_a_forgery_names_the_constraints(public: Rig) -> None:
    chain = [
        cert.public_bytes(Encoding.DER)
        for cert in x509.load_pem_x509_certificates(forged(public, "www.apple.com"))
    ]
    anchor = Anchor.parse(public.authority().root.public_bytes(Encoding.DER))
    verdict = evaluate(chain, host="www.apple.com", at=public.at, anchors=[anchor])
    assert verdict.headline is not None
    assert verdict.headline.rule_id == "name-constraints"
