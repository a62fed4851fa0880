"""What is declared is there afterwards, what is there stays, and what changes is told with its reason."""

from __future__ import annotations

import os
import plistlib
import random
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.errors import PkiError, StoreError, WrongPassword
from pki.load import load_identity
from pki.manifest import ManifestError
from pki.manifest import apply as apply_module
from pki.manifest.defects import DEFECTS
from pki.model.verdict import AnchorClass
from pki.store import AuthorityFolder
from pki.store.revocation import Revocations
from pki.trust import Anchor, evaluate
from tests import clock
from tests.foreign import made
from tests.manifest.folders import AT, ENVIRONMENT, WHOLE, apply, changed, planned, tree
from tests.openssl import OPENSSL, openssl_refusal

DAY = timedelta(days=1)
SMALL = """
[ca.main]
permit = ["test"]

[server.api]
names = ["api.test"]

[client.alice]

[[export.p12]]
leaf = "alice"
to = "out/alice.p12"
password_file = "out/alice.password"

[[export.crl]]
to = "out/main.crl"
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "pki"
    path.mkdir()
    apply(path, WHOLE)
    return path


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """The whole manifest, applied."""
    return Path(shutil.copytree(template, tmp_path / "pki"))


def test_everything_declared_is_created(tmp_path: Path) -> None:
    plan = planned(tmp_path, WHOLE)
    assert not list(tmp_path.iterdir())
    assert {str(step.action) for step in plan.steps} == {"create", "revoke"}
    assert apply(tmp_path, WHOLE) == plan
    main, other = (AuthorityFolder.open(tmp_path / name) for name in ("main", "cas/other"))
    assert [row.name for row in main.rows()] == ["Mobile CA", "api", "phone", "alice", "mallory"]
    assert [row.name for row in other.rows()] == ["old"]
    assert [one.name for one in Revocations(main).all()] == ["mallory"]
    assert main.row("api").names == ("api.test", "localhost")
    assert main.identity("phone").issuers[0].subject.rfc4514_string() == "CN=Mobile CA"


@OPENSSL
def test_openssl_accepts_what_is_good(folder: Path, tmp_path: Path) -> None:
    main = AuthorityFolder.open(folder / "main")
    for name in ("api", "phone", "alice", "mallory"):
        moment = ("-attime", str(int(AT.timestamp())))
        assert openssl_refusal(tmp_path, main.certificates(name), *moment) == "", name


def test_a_second_run_changes_no_byte_and_no_time(folder: Path) -> None:
    before = tree(folder)
    for later in (timedelta(), timedelta(minutes=1), 2 * DAY):
        plan = apply(folder, WHOLE, at=AT + later)
        assert changed(plan) == {}
        assert tree(folder) == before


def test_keys_and_passwords_are_for_the_owner_alone(folder: Path) -> None:
    secrets = {"api.pem", "alice.p12", "alice-modern.p12", "alice.mobileconfig", "alice.password", "key.pem"}
    for path in folder.rglob("*"):
        mode = path.stat().st_mode & 0o777
        if path.is_dir():
            assert mode == 0o700, path
        elif path.name in secrets:
            assert mode == 0o600, path
        elif path.parent.name == "out":
            assert mode == 0o644, path


def test_exports_hold_what_they_say(folder: Path) -> None:
    out, main = folder / "out", AuthorityFolder.open(folder / "main")
    api, alice = main.identity("api"), main.identity("alice")
    bundle = load_identity((out / "api.pem").read_bytes(), name="api")
    assert (bundle.certificate, bundle.key.public_key()) == (api.certificate, api.key.public_key())
    assert tuple(x509.load_pem_x509_certificates((out / "api-chain.pem").read_bytes())) == api.sent_chain
    assert x509.load_pem_x509_certificate((out / "main.pem").read_bytes()) == main.root
    password = (out / "alice.password").read_text().removesuffix("\n")
    for name, secret, issuers in (
        ("alice.p12", password, alice.issuers),
        ("alice-modern.p12", ENVIRONMENT["ALICE"], alice.intermediates),
    ):
        found = load_identity((out / name).read_bytes(), name=name, password=secret)
        assert (found.certificate, found.issuers) == (alice.certificate, issuers)
    profile = plistlib.loads((out / "alice.mobileconfig").read_bytes())
    assert [one["PayloadType"].rpartition(".")[2] for one in profile["PayloadContent"]] == [
        "root",
        "pkcs1",
        "pkcs12",
    ]
    assert "Password" not in profile["PayloadContent"][2]
    crl = x509.load_pem_x509_crl((out / "main.crl").read_bytes())
    assert [f"{one.serial_number:x}" for one in crl] == [main.row("mallory").serial]
    assert len(x509.load_der_x509_crl((out / "root.crl").read_bytes())) == 0
    statuses = [
        ocsp.load_der_ocsp_response((out / name).read_bytes()).certificate_status.name
        for name in ("api.ocsp", "mallory.ocsp")
    ]
    assert statuses == ["GOOD", "REVOKED"]


ALICE_S = ("out/alice.p12", "out/alice-modern.p12", "out/alice.mobileconfig")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            'names = ["api.test", "localhost"]',
            'names = ["api.test"]',
            {
                "api": ("renew", "names: api.test, localhost -> api.test"),
                **dict.fromkeys(("out/api.pem", "out/api-chain.pem", "out/api.ocsp"), ("rewrite", "api is issued again")),
            },
            id="names of one server",
        ),
        pytest.param("days = 90", "days = 90\nrenew = '2d'", {}, id="a rule that finds nothing to renew"),
        pytest.param('permit = ["test", "localhost", "@people.test"]', 'permit = ["@people.test", "localhost", "test"]', {}, id="the order of what a CA permits"),
        pytest.param(
            '[server.phone]\nca = "Mobile CA"',
            '[server.phone]\nkey = "p384"\nca = "Mobile CA"',
            {"phone": ("renew", "key: p256 -> p384")},
            id="the type of a key",
        ),
        pytest.param(
            'permit = ["mobile.test"]',
            'permit = ["mobile.test", "phone.test"]',
            {
                "Mobile CA": ("renew", "permit: mobile.test -> mobile.test, phone.test"),
                "phone": ("renew", "its issuer Mobile CA is issued again"),
            },
            id="an intermediate, and what it signed",
        ),
        pytest.param('defect = "expired"', 'defect = "no-eku"', {"old": ("renew", "defect: expired -> no-eku; days: none -> 90")}, id="another defect"),
        pytest.param(
            "[revoke.mallory]",
            "[revoke.alice]\n[revoke.mallory]",
            {"alice": ("revoke", "unspecified"), "out/main.crl": ("rewrite", "what is revoked changes")},
            id="a revocation",
        ),
        pytest.param(
            '[revoke.mallory]\nreason = "keyCompromise"',
            "",
            {"mallory": ("left over", "revoked for good, and not declared")},
            id="a revocation that is not declared any more",
        ),
        pytest.param("root = false", "root = true", {"out/alice-modern.p12": ("rewrite", "it holds other certificates")}, id="the root in a p12"),
        pytest.param('encryption = "modern"', "", {"out/alice-modern.p12": ("rewrite", "its encryption is not apple-any")}, id="the encryption of a p12"),
        pytest.param('part = "fullchain"', 'part = "chain"', {"out/api-chain.pem": ("rewrite", "its content is not this one's")}, id="the part of a PEM file"),
        pytest.param('to = "out/alice.mobileconfig"', 'to = "out/alice.mobileconfig"\norganization = "Us"', {"out/alice.mobileconfig": ("rewrite", "it says something else")}, id="a profile's words"),
        pytest.param('to = "out/alice.mobileconfig"', 'to = "out/alice.mobileconfig"\nembed_password = true', {"out/alice.mobileconfig": ("rewrite", "it says something else")}, id="a password in a profile"),
        pytest.param('to = "out/other.mobileconfig"', 'to = "out/other.mobileconfig"\nremove_after = "7d"', {"out/other.mobileconfig": ("rewrite", "it says something else")}, id="when a profile leaves"),
        pytest.param('to = "out/main.crl"', 'to = "out/main.crl"\nder = true', {"out/main.crl": ("rewrite", "it cannot be read")}, id="a list in DER"),
        pytest.param('to = "out/main.crl"', 'to = "out/main.crl"\nnext_update = "30d"', {"out/main.crl": ("rewrite", "it is valid for another time")}, id="how long a list holds"),
        pytest.param('to = "out/api.ocsp"', 'to = "out/api.ocsp"\nby_ca = true', {"out/api.ocsp": ("rewrite", "it is signed by somebody else")}, id="who signs an answer"),
        pytest.param('to = "out/api.ocsp"', 'to = "out/api.der"', {"out/api.der": ("create", "api"), "out/api.ocsp": ("left over", "not declared")}, id="where an answer goes"),
        pytest.param(
            "[client.mallory]\nca = \"main\"\n\n[revoke.mallory]\nreason = \"keyCompromise\"",
            "[client.bob]\nca = \"main\"\n\n[revoke.bob]",
            {"bob": ("revoke", "unspecified"), "mallory": ("left over", "issued, and not declared"), "out/main.crl": ("rewrite", "what is revoked changes"), "out/mallory.ocsp": ("create", "bob")},
            id="another client",
        ),
    ],
)  # fmt: skip
def test_a_change_touches_what_it_is_about_and_nothing_else(
    old: str, new: str, expected: dict[str, tuple[str, str]], folder: Path
) -> None:
    assert WHOLE.count(old) == 1
    text = WHOLE.replace(old, new)
    if "client.bob" in new:
        text = text.replace('leaf = "mallory"', 'leaf = "bob"')
        expected = {**expected, "out/mallory.ocsp": ("rewrite", "bob is new")}
    before = tree(folder)
    plan = planned(folder, text)
    found = {
        name: why
        for name, why in changed(plan).items()
        if (name, why) != ("bob", ("create", "signed by main"))
    }
    assert found == expected
    assert tree(folder) == before
    assert apply(folder, text) == plan
    kept = {step.name for step in plan.steps if step.name.startswith("out/") and not step.changes}
    after = tree(folder)
    assert {name for name in kept if after[name] != before[name]} == set()
    left = {name for name, (action, _) in expected.items() if action == "left over"}
    assert set(changed(apply(folder, text))) == left


@pytest.mark.slow
@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param(4 * DAY, {}, id="nothing within two thirds of everything"),
        pytest.param(
            5 * DAY,
            dict.fromkeys(("out/main.crl", "out/root.crl", "out/api.ocsp", "out/mallory.ocsp"), ("rewrite", "it ends soon")),
            id="lists and answers in the last third of their week",
        ),
        pytest.param(
            8 * DAY,
            dict.fromkeys(("out/main.crl", "out/root.crl", "out/api.ocsp", "out/mallory.ocsp"), ("rewrite", "it has ended")),
            id="lists and answers that have ended",
        ),
        pytest.param(
            61 * DAY,
            dict.fromkeys(("api", "phone", "alice", "mallory"), ("renew", "28 of 90 days are left")),
            id="leaves in the last third of their lifetime",
        ),
        pytest.param(
            100 * DAY,
            dict.fromkeys(("api", "phone", "alice", "mallory"), ("renew", "it has ended: 2027-02-26 11:00:00 UTC")),
            id="leaves that have ended, but the one that shall have",
        ),
    ],
)  # fmt: skip
def test_time_makes_things_anew(later: timedelta, expected: dict[str, tuple[str, str]], folder: Path) -> None:
    found = {
        step.name: (str(step.action), step.reason)
        for step in planned(folder, WHOLE, at=AT + later).steps
        if step.changes and (step.kind in ("server", "client") or later < 9 * DAY)
    }
    assert set(found) == set(expected)
    for name, (action, why) in expected.items():
        assert found[name][0] == action
        assert found[name][1].startswith(why)
    apply(folder, WHOLE, at=AT + later)
    assert changed(apply(folder, WHOLE, at=AT + later)) == {}


def test_a_hold_can_become_another_reason_and_nothing_else_can(tmp_path: Path) -> None:
    text = "[ca.main]\n[client.bob]\n[revoke.bob]\nreason = '{}'\n"
    for reason, expected in (
        ("certificateHold", {"main", "bob"}),
        ("keyCompromise", {"bob"}),
        ("superseded", set()),
    ):
        assert set(changed(apply(tmp_path, text.format(reason)))) == expected
    (taken,) = Revocations(AuthorityFolder.open(tmp_path / "main")).all()
    assert taken.reason == "keyCompromise"


def test_an_intermediate_is_exported_revoked_and_made_anew_with_its_list(tmp_path: Path) -> None:
    text = """
        [ca.main]
        [intermediate.low]
        [server.api]
        ca = "low"
        names = ["api.test"]
        [[export.pem]]
        ca = "low"
        to = "low.pem"
        [[export.pem]]
        leaf = "api"
        part = "certificate"
        to = "api.pem"
        [[export.pem]]
        leaf = "api"
        part = "root"
        to = "root.pem"
        [[export.crl]]
        ca = "low"
        to = "low.crl"
        [[export.profile]]
        ca = "low"
        to = "low.mobileconfig"
    """
    apply(tmp_path, text)
    chain = AuthorityFolder.open(tmp_path / "main").certificates("api")
    read = [
        x509.load_pem_x509_certificate((tmp_path / f"{name}.pem").read_bytes())
        for name in ("api", "low", "root")
    ]
    assert read == [chain[0], chain[1], chain[-1]]
    crl = x509.load_pem_x509_crl((tmp_path / "low.crl").read_bytes())
    assert crl.issuer == chain[1].subject
    assert len(plistlib.loads((tmp_path / "low.mobileconfig").read_bytes())["PayloadContent"]) == 3
    revoked = textwrap.dedent(text) + "[revoke.low]\n[[export.crl]]\nto = 'main.crl'\n"
    assert set(changed(apply(tmp_path, revoked))) == {"low", "main.crl"}
    again = revoked.replace("[intermediate.low]", "[intermediate.low]\nkey = 'p384'")
    names = {"low", "api", "low.pem", "api.pem", "low.crl", "low.mobileconfig", "main.crl"}
    assert set(changed(apply(tmp_path, again))) - {"root.pem"} == names
    assert changed(apply(tmp_path, again)) == {}


def test_a_renewed_certificate_is_revoked_like_the_one_before(folder: Path) -> None:
    plan = apply(folder, WHOLE, at=AT + 61 * DAY)
    assert [step.name for step in plan.steps if str(step.action) == "revoke"] == ["mallory"]
    main = AuthorityFolder.open(folder / "main")
    assert len(Revocations(main).all()) == 2
    crl = x509.load_pem_x509_crl((folder / "out" / "main.crl").read_bytes())
    assert main.row("mallory").serial in {f"{one.serial_number:x}" for one in crl}


@pytest.mark.parametrize(
    ("terms", "later", "expected"),
    [
        pytest.param("defect = 'not-yet-valid'", 29 * DAY, "", id="not yet valid stays so for a month"),
        pytest.param(
            "defect = 'not-yet-valid'",
            31 * DAY,
            "it is valid: 2026-12-28 12:00:00 UTC",
            id="and is made again when it begins",
        ),
        pytest.param("defect = 'expired'", 4000 * DAY, None, id="what its CA outlives no more"),
        pytest.param("not_after = 2026-12-10", 11 * DAY, "", id="an end that was declared is not moved"),
        pytest.param("not_after = 2026-12-10", 20 * DAY, "", id="not even when it has come"),
        pytest.param("not_before = 2026-12-01", 20 * DAY, "", id="nor a beginning"),
        pytest.param("not_before = '-30d'\nnot_after = '1d'", 3 * DAY, "it has ended", id="a distance moves"),
        pytest.param("days = 4000", 1000 * DAY, "", id="the end of the authority is not moved either"),
    ],
)
def test_dates_that_were_declared_stay(
    terms: str, later: timedelta, expected: str | None, tmp_path: Path
) -> None:
    text = f"[ca.main]\n[server.api]\nnames = ['api.test']\n{terms}\n"
    apply(tmp_path, text)
    if expected is None:
        with pytest.raises(ManifestError, match="it ended on 2031-11-27"):
            planned(tmp_path, text, at=AT + later)
        return
    found = changed(planned(tmp_path, text, at=AT + later))
    assert found.get("api", ("", ""))[1].startswith(expected)
    assert bool(found) is bool(expected)


@pytest.mark.parametrize(
    ("defect", "rule"),
    [
        pytest.param("expired", "cert-not-expired", id="expired"),
        pytest.param("not-yet-valid", "cert-not-before", id="not yet valid"),
        pytest.param("too-long", "tls-validity-825", id="too long"),
        pytest.param("wrong-host", "san-dns-match", id="another host"),
        pytest.param("no-san", "san-no-cn-fallback", id="no names"),
        pytest.param("no-eku", "tls-eku-server-auth", id="no purpose"),
        pytest.param("client-eku", "tls-eku-compatible", id="another purpose"),
        pytest.param("rsa-1024", "tls-rsa-2048", id="a weak key"),
        pytest.param("p224", "tls-ec-256", id="a short curve"),
        pytest.param("secp256k1", "key-not-broken", id="the curve of Bitcoin"),
        pytest.param("brainpool", "key-not-broken", id="a Brainpool curve"),
        pytest.param("bad-signature", "cert-signature-valid", id="a broken signature"),
        pytest.param("sha1", "tls-sha2-signature", id="a weak digest"),
        pytest.param("unknown-critical", "unknown-critical-extension", id="an unknown critical extension"),
        pytest.param("foreign-key-id", "aki-ski-linkage", id="another issuer's key"),
    ],
)
def test_a_defect_is_the_one_thing_that_is_wrong(defect: str, rule: str, tmp_path: Path) -> None:
    apply(tmp_path, f"[ca.main]\n[server.bad]\nnames = ['bad.test']\ndefect = '{defect}'\n")
    identity = AuthorityFolder.open(tmp_path / "main").identity("bad")
    chain = [one.public_bytes(Encoding.DER) for one in identity.sent_chain]
    assert identity.root is not None
    # A missing purpose is held against a server only below an anchor that the app set.
    kind = AnchorClass.APP if defect == "no-eku" else AnchorClass.USER
    anchor = Anchor.parse(identity.root.public_bytes(Encoding.DER), kind)
    verdict = evaluate(chain, host="bad.test", at=AT, anchors=[anchor])
    assert verdict.headline is not None
    assert verdict.headline.rule_id == rule


def test_every_defect_is_tried_above() -> None:
    tried = test_a_defect_is_the_one_thing_that_is_wrong.pytestmark[0].args[1]
    assert [row.values[0] for row in tried] == list(DEFECTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        pytest.param(lambda out: (out / "api.pem").unlink(), {"out/api.pem": ("create", "api")}, id="a file is gone"),
        pytest.param(lambda out: (out / "api.pem").chmod(0o644), {"out/api.pem": ("rewrite", "others can read it (mode 0644)")}, id="a key is readable"),
        pytest.param(lambda out: (out / "api.pem").write_bytes(b""), {"out/api.pem": ("rewrite", "its content is not this one's")}, id="a file is empty"),
        pytest.param(lambda out: (out / "alice.p12").write_bytes(b"x"), {"out/alice.p12": ("rewrite", "it cannot be read")}, id="a p12 is damaged"),
        pytest.param(lambda out: (out / "alice.mobileconfig").write_bytes(b"<plist><dict>"), {"out/alice.mobileconfig": ("rewrite", "it cannot be read")}, id="a profile is cut off"),
        pytest.param(lambda out: (out / "alice.mobileconfig").write_bytes(b"<plist/>"), {"out/alice.mobileconfig": ("rewrite", "it cannot be read")}, id="a profile is damaged"),
        pytest.param(lambda out: (out / "main.crl").write_bytes((out / "main.pem").read_bytes()), {"out/main.crl": ("rewrite", "it cannot be read")}, id="a list is a certificate"),
        pytest.param(lambda out: (out / "api.ocsp").write_bytes((out / "mallory.ocsp").read_bytes()), {"out/api.ocsp": ("rewrite", "it is about another certificate")}, id="an answer is another's"),
        pytest.param(lambda out: (out / "root.crl").write_bytes(x509.load_pem_x509_crl((out / "main.crl").read_bytes()).public_bytes(Encoding.DER)), {"out/root.crl": ("rewrite", "it is signed by another authority")}, id="a list is another's"),
        pytest.param(
            lambda out: (out / "alice.password").write_text("another\n"),
            dict.fromkeys(("out/alice.p12", "out/alice.mobileconfig"), ("rewrite", "it opens with another password")),
            id="a password was changed",
        ),
        pytest.param(
            lambda out: (out / "alice.password").unlink(),
            {"out/alice.password": ("create", "made up, for you alone"), **dict.fromkeys(("out/alice.p12", "out/alice.mobileconfig"), ("rewrite", "its password is new"))},
            id="a password was lost",
        ),
        pytest.param(lambda out: (out / "stray").write_text("x"), {"out/stray": ("left over", "not declared")}, id="a file nobody declared"),
        pytest.param(
            lambda out: shutil.rmtree(out.parent / "main" / "issued" / "phone"),
            {"phone": ("create", "phone.mobile.test")},
            id="an identity is gone",
        ),
        pytest.param(
            lambda out: (out.parent / "main" / "issued" / "phone" / "key.pem").unlink(),
            {"phone": ("create", "phone.mobile.test")},
            id="a key is gone",
        ),
        pytest.param(
            lambda out: AuthorityFolder.open(out.parent / "main").renew("phone", at=AT),
            {"phone": ("renew", "issued by a command, not as declared here")},
            id="an identity was renewed by hand",
        ),
        pytest.param(
            lambda out: AuthorityFolder.open(out.parent / "main").issue_client("eve", at=AT),
            {"eve": ("left over", "issued, and not declared")},
            id="an identity was issued by hand",
        ),
        pytest.param(
            lambda out: Revocations(AuthorityFolder.open(out.parent / "main")).revoke("api", at=AT),
            {"api": ("left over", "revoked for good, and not declared"), "out/main.crl": ("rewrite", "what is revoked has changed"), "out/api.ocsp": ("rewrite", "it says something else than the authority would")},
            id="an identity was revoked by hand",
        ),
        pytest.param(
            lambda out: AuthorityFolder.create(out.parent / "third", name="Third", at=AT),
            {"third": ("left over", "not declared")},
            id="an authority nobody declared",
        ),
    ],
)  # fmt: skip
def test_what_happened_by_hand_is_seen_and_put_right(
    harm: Callable[[Path], object], expected: dict[str, tuple[str, str]], folder: Path
) -> None:
    harm(folder / "out")
    assert changed(apply(folder, WHOLE)) == expected
    left = {name for name, (action, _) in expected.items() if action == "left over"}
    before = tree(folder)
    assert set(changed(apply(folder, WHOLE))) == left
    assert tree(folder) == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('name = "Main Test CA"', 'name = "CA"', "its name is 'Main Test CA', not 'CA'", id="its name"),
        pytest.param("[ca.other]", '[ca.other]\nkey = "p384"', "its key is P-256, not p384", id="its key"),
        pytest.param("[ca.other]", "[ca.other]\ndays = 5", "it lives 3650 days, not 5", id="its lifetime"),
        pytest.param('exclude = ["secret.test"]', "", "it excludes secret.test, not all names", id="what it excludes"),
        pytest.param('"@people.test"]', '"@people.test", "x.test"]', "it permits test, localhost, @people.test, not", id="what it permits"),
    ],
)  # fmt: skip
def test_a_ca_is_never_changed(old: str, new: str, words: str, folder: Path) -> None:
    before = tree(folder)
    with pytest.raises(ManifestError) as caught:
        apply(folder, WHOLE.replace(old, new))
    assert words in str(caught.value)
    assert "A CA cannot be changed. Remove" in str(caught.value)
    assert tree(folder) == before


def test_an_authority_made_by_command_can_be_declared(tmp_path: Path) -> None:
    AuthorityFolder.create(tmp_path / "main", name="main", at=AT, permit=["test"])
    plan = apply(tmp_path, SMALL)
    assert [(str(step.action), step.kind) for step in plan.steps][:2] == [
        ("keep", "ca"),
        ("create", "server"),
    ]


def test_an_encrypted_authority_wants_its_passphrase_before_anything_is_written(tmp_path: Path) -> None:
    apply(tmp_path, SMALL, passphrase=b"open sesame")
    apply(tmp_path, SMALL)  # nothing to sign, so no key is read
    before = tree(tmp_path)
    changed_text = SMALL.replace("[client.alice]", "[client.alice]\ndays = 5")
    for passphrase in (None, b"wrong"):
        with pytest.raises(WrongPassword):
            apply(tmp_path, changed_text, passphrase=passphrase)
    assert tree(tmp_path) == before
    assert "alice" in changed(apply(tmp_path, changed_text, passphrase=b"open sesame"))
    (tmp_path / "out" / "alice.p12").unlink()
    assert set(changed(apply(tmp_path, changed_text))) == {"out/alice.p12"}  # which no authority signs


@pytest.mark.slow
def test_a_step_that_fails_leaves_what_was_there_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail each step in turn, on the way from one manifest to another."""
    apply(tmp_path, SMALL)
    text = SMALL.replace('"api.test"', '"www.test"').replace(
        "[client.alice]", "[client.alice]\ndays = 5\n[revoke.alice]"
    )
    steps = [step for step in planned(tmp_path, text).steps if step.changes]
    assert len(steps) == 5
    do = apply_module._Runner.do
    for failing in range(len(steps)):
        work = tmp_path.with_name(f"work{failing}")
        shutil.copytree(tmp_path, work)
        before, left = tree(work), failing

        def write(*args: object, **how: object) -> object:
            nonlocal left
            if left == 0:
                raise StoreError("the disk is full")
            left -= 1
            return do(*args, **how)

        with monkeypatch.context() as patch:
            patch.setattr(apply_module._Runner, "do", write)
            with pytest.raises(StoreError, match="the disk is full"):
                apply(work, text)
        after = tree(work)
        assert all(after[path] == before[path] for path in before if path.startswith("out/") and failing < 4)
        assert [step.name for step in planned(work, text).steps if step.changes] == [
            step.name for step in steps[failing:]
        ]
        apply(work, text)
        assert changed(apply(work, text)) == {}


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_no_half_of_anything(tmp_path: Path) -> None:
    """At each system call that changes the disk; what is left is whole, and the next run completes it."""
    apply(tmp_path, SMALL)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.manifest.crashes", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr
    *problems, last = ran.stdout.splitlines()
    assert problems == []
    assert int(last.split()[0]) > 50


@pytest.mark.slow
def test_two_runs_at_once_do_the_work_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.manifest.folders import WHOLE, apply;"
        "plan = apply(Path(sys.argv[1]), WHOLE); print(sum(step.changes for step in plan.steps))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
        )
        for _ in range(3)
    ]
    outs = [process.communicate(timeout=clock.PATIENCE) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], outs
    assert sorted(int(out) for out, _ in outs)[:2] == [0, 0]
    assert len(AuthorityFolder.open(tmp_path / "main").rows()) == 5


def test_a_run_that_goes_on_too_long_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_module, "LOCK_PATIENCE", 0.1)
    (folder / "out" / "api.pem").unlink()
    with apply_module._alone(folder), pytest.raises(StoreError, match="another process has been applying"):
        apply(folder, WHOLE)


def test_no_secret_is_in_a_repr_or_a_plan(folder: Path) -> None:
    from pki.manifest.reading import read_manifest
    from pki.manifest.state import read_state

    declaration = read_manifest(WHOLE.encode(), name="pki.toml")
    state = read_state(declaration, folder, environment=ENVIRONMENT, passphrase=b"secret")
    password = (folder / "out" / "alice.password").read_text().strip()
    for text in (repr(state), repr(planned(folder, WHOLE)), repr(declaration)):
        assert password not in text
        assert ENVIRONMENT["ALICE"] not in text
        assert "PRIVATE KEY" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["alice.p12", "alice.mobileconfig", "main.crl", "root.crl", "api.ocsp", "api.pem"]
)
def test_whatever_lies_at_an_export_is_put_right(name: str, folder: Path) -> None:
    """Bytes of every other export, cut, or with a few bits flipped, are none of ours."""
    whole = (folder / "out" / name).read_bytes()
    others = [path.read_bytes() for path in (folder / "out").iterdir() if path.name != name]
    dice = random.Random(name)
    for data in (*others, *(_harmed(whole, dice) for _ in range(30))):
        (folder / "out" / name).write_bytes(data)
        found = changed(planned(folder, WHOLE))
        if (
            name not in ("main.crl", "alice.mobileconfig") or data in others
        ):  # text has bits that mean nothing
            assert data == whole or found[f"out/{name}"][0] == "rewrite"


def _harmed(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed[: dice.choice((len(changed), dice.randrange(len(changed))))])


def test_a_damaged_folder_is_an_error_of_ours(folder: Path) -> None:
    (folder / "main" / "ledger.jsonl").write_text("{}\n")
    with pytest.raises(PkiError, match="ledger"):
        planned(folder, WHOLE)


def test_what_an_adopted_authority_may_not_certify_is_told_before_anything_is_issued(tmp_path: Path) -> None:
    """Its constraints are nobody's declaration: a plan that stops halfway would have been no plan."""
    company = x509.DirectoryName(x509.Name.from_rfc4514_string("O=Acme,C=DE"))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Theirs")])
    theirs = made(AT, x509.NameConstraints([company], None), name=name)
    AuthorityFolder.adopt(tmp_path / "main", theirs, at=AT, key_file=None)
    text = """
    [ca.main]
    name = "Theirs"

    [server.good]
    names = ["a.test"]
    subject = "O=Acme,C=DE"

    [server.bad]
    names = ["b.test"]
    """
    with pytest.raises(ManifestError, match=r"the subject CN=b\.test is outside"):
        apply(tmp_path, text)
    assert AuthorityFolder.open(tmp_path / "main").rows() == ()
    apply(tmp_path, text + '    subject = "OU=Web,O=Acme,C=DE"\n')
    assert [row.name for row in AuthorityFolder.open(tmp_path / "main").rows()] == ["good", "bad"]
