"""Plans are pure: which commands, for which simulators, with which way back."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InstallError, InvalidRequest, NotExportable
from pki.install import (
    LedgerEntry,
    Simulator,
    entries_named,
    plan_for_another_mac,
    plan_for_mac,
    plan_for_simulators,
    plan_to_take_back,
)
from pki.install.items import item_of
from pki.install.ledger import EntryState
from pki.issue import Authority, KeyType
from pki.model.identity import Identity
from pki.model.install_plan import InstalledItem, InstallPlace, InstallPlan, ItemKind, PlaceKind
from pki.report.install_plan import plan_script, plan_text
from tests.install.tools import IPAD, IPHONE, SPARE, WATCH

PHONE = Simulator(IPHONE, "iPhone 17", "iOS 26.1", "Booted")
PAD = Simulator(IPAD, "iPad Air", "iOS 26.1", "Booted")
OLD_PHONE = Simulator(WATCH, "iPhone 17", "iOS 18.4", "Booted")
ASLEEP = Simulator(SPARE, "iPhone 16", "iOS 26.1", "Shutdown")
ASLEEP_TOO = Simulator(WATCH, "iPhone 16", "iOS 18.4", "Shutdown")
WAKING = Simulator(SPARE, "iPhone 16", "iOS 26.1", "Booting")
BROKEN = Simulator(SPARE, "iPhone 8", "iOS 12.4", "Booted", available=False)
PREVIEW = Simulator(IPAD, "iPhone 17", "iOS 26.1", "Booted", device_set="previews")
KEYCHAIN = "/Users/me/Library/Keychains/login.keychain-db"


def lines(plan: InstallPlan) -> list[str]:
    """The plan's commands, with a certificate's file as FILE."""
    names = {file.name for file in plan.files}
    return [" ".join("FILE" if word in names else word for word in step.argv) for step in plan.steps]


def add(udid: str, device_set: str = "") -> str:
    chosen = f"--set {device_set} " if device_set else ""
    return f"xcrun simctl {chosen}keychain {udid} add-root-cert FILE"


@pytest.mark.parametrize(
    ("simulators", "wanted", "boot", "commands"),
    [
        pytest.param([PHONE], [], False, [add(IPHONE)], id="the one that is booted"),
        pytest.param(
            [PHONE, ASLEEP, PAD], [], False, [add(IPHONE), add(IPAD)], id="each that is booted, no other"
        ),
        pytest.param(
            [PHONE, PAD, OLD_PHONE], [], False, [add(IPHONE), add(IPAD), add(WATCH)], id="three of three"
        ),
        pytest.param([PHONE, BROKEN], [], False, [add(IPHONE)], id="none whose runtime is gone"),
        pytest.param(
            [PHONE, PREVIEW], [], False, [add(IPHONE), add(IPAD, "previews")], id="of two device sets"
        ),
        pytest.param([PHONE, PAD], [IPAD.lower()], False, [add(IPAD)], id="by UDID, in any case"),
        pytest.param([PHONE, PAD], ["ipad air"], False, [add(IPAD)], id="by name, in any case"),
        pytest.param(
            [PHONE, PAD, OLD_PHONE], ["iPhone 17"], False, [add(IPHONE), add(WATCH)], id="a name of two"
        ),
        pytest.param([PHONE], [IPHONE, "iPhone 17"], False, [add(IPHONE)], id="named twice, called once"),
        pytest.param(
            [WAKING],
            [],
            False,
            [f"xcrun simctl bootstatus {SPARE} -b", add(SPARE)],
            id="one that is booting is waited for",
        ),
        pytest.param(
            [PHONE, ASLEEP],
            ["iPhone 16"],
            True,
            [f"xcrun simctl bootstatus {SPARE} -b", add(SPARE)],
            id="one that sleeps is booted when asked",
        ),
        pytest.param(
            [PHONE, ASLEEP], ["iPhone 17"], True, [add(IPHONE)], id="one that is booted is not booted again"
        ),
    ],
)
def test_which_simulators_are_called(
    simulators: list[Simulator], wanted: list[str], boot: bool, commands: list[str], root: x509.Certificate
) -> None:
    assert lines(plan_for_simulators(simulators, [root], wanted=wanted, boot=boot)) == commands


@pytest.mark.parametrize(
    ("simulators", "wanted", "boot", "error", "words"),
    [
        pytest.param(
            [ASLEEP], [], False, InstallError, f"bootstatus {SPARE} -b", id="none booted: how to boot one"
        ),
        pytest.param(
            [ASLEEP], [], False, InstallError, "iPhone 16 (iOS 26.1)", id="none booted: which there are"
        ),
        pytest.param([], [], False, InstallError, "Settings > Components", id="none at all"),
        pytest.param([BROKEN], [], False, InstallError, "xcode-select -p", id="none that this Xcode can use"),
        pytest.param(
            [PHONE], ["iPhone 18"], False, InvalidRequest, "There is iPhone 17", id="an unknown name"
        ),
        pytest.param(
            [PHONE, ASLEEP], [SPARE], False, InvalidRequest, "bootstatus", id="named and not booted"
        ),
        pytest.param([BROKEN], ["iPhone 8"], True, InvalidRequest, "runtime", id="named and not usable"),
        pytest.param(
            [ASLEEP, ASLEEP_TOO], ["iPhone 16"], True, InvalidRequest, WATCH, id="two could be booted"
        ),
        pytest.param(
            [PHONE], [], True, InvalidRequest, "which simulator to boot", id="to boot nobody knows what"
        ),
    ],
)
def test_what_cannot_be_planned_says_what_to_do(
    simulators: list[Simulator],
    wanted: list[str],
    boot: bool,
    error: type[Exception],
    words: str,
    root: x509.Certificate,
) -> None:
    with pytest.raises(error) as refused:
        plan_for_simulators(simulators, [root], wanted=wanted, boot=boot)
    assert words in str(refused.value)


def test_simulators_that_are_not_called_are_reported(root: x509.Certificate) -> None:
    plan = plan_for_simulators(
        [PHONE, ASLEEP, Simulator(WATCH, "iPhone 8", "iOS 12.4", "Shutdown", False)], [root]
    )
    assert [(str(one.place), one.reason) for one in plan.left_out] == [
        ("iPhone 16 (iOS 26.1)", "it is not booted"),
        ("iPhone 8 (iOS 12.4)", "its runtime is not available to the selected Xcode"),
    ]
    assert "left out: iPhone 16 (iOS 26.1), it is not booted" in plan_text(plan)


def test_a_root_is_trusted_and_another_certificate_is_only_stored(authority: Authority, at: datetime) -> None:
    plan = plan_for_simulators([PHONE], [authority.root, authority.issuing.certificate])
    assert [step.argv[4] for step in plan.steps] == ["add-root-cert", "add-cert"]
    assert [step.puts.kind for step in plan.steps if step.puts] == [ItemKind.ROOT, ItemKind.CERTIFICATE]


def test_each_file_holds_one_certificate_and_the_command_names_it(authority: Authority) -> None:
    plan = plan_for_simulators([PHONE, PAD], [authority.root, authority.root, authority.issuing.certificate])
    assert [file.content.count(b"BEGIN CERTIFICATE") for file in plan.files] == [1, 1]
    assert {step.argv[-1] for step in plan.steps} == {file.name for file in plan.files}
    assert len(plan.steps) == 4


def test_equal_questions_give_equal_plans_and_other_commands_another_id(root: x509.Certificate) -> None:
    assert plan_for_simulators([PHONE], [root]) == plan_for_simulators([PHONE], [root])
    assert plan_for_simulators([PHONE], [root]).id != plan_for_simulators([PAD], [root]).id


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param("nameless", "no CommonName", id="a root without a CommonName"),
        pytest.param("no-ca", "CA:TRUE", id="a root that is no CA"),
        pytest.param("leaf", "None of the certificates is a root", id="no root at all"),
    ],
)
def test_what_ios_will_not_trust_is_said_beforehand(
    kind: str, words: str, alice: Identity, at: datetime
) -> None:
    certificate = alice.certificate if kind == "leaf" else odd_root(kind, at)
    assert words in " ".join(plan_for_simulators([PHONE], [certificate]).notes)
    assert words in " ".join(plan_for_mac([certificate]).notes)


def test_a_sound_root_earns_no_warning(root: x509.Certificate) -> None:
    assert plan_for_simulators([PHONE], [root]).notes == ()


def odd_root(kind: str, at: datetime) -> x509.Certificate:
    oid = x509.oid.NameOID
    subject = x509.Name(
        [x509.NameAttribute(oid.ORGANIZATION_NAME if kind == "nameless" else oid.COMMON_NAME, "Odd")]
    )
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, at, at + timedelta(days=365))
    basic = x509.BasicConstraints(ca=kind != "no-ca", path_length=None)
    return builder.add_extension(basic, critical=True).sign(key, hashes.SHA256())


def test_for_another_mac_the_lines_run_in_a_shell(root: x509.Certificate, tmp_path: Path) -> None:
    """The script with a stand-in for simctl that knows two booted simulators."""
    plan = plan_for_another_mac([root])
    (tmp_path / "xcrun").write_text(
        "#!/bin/sh\n"
        f'if [ "$2" = list ]; then echo "    iPhone 17 ({IPHONE}) (Booted)"; echo "    iPad Air ({IPAD}) (Booted)"; '
        'else echo "$@"; cat "$5" >> certificates; fi\n'
    )
    (tmp_path / "xcrun").chmod(0o755)
    ran = subprocess.run(
        ["sh", "-e"],
        input=plan_script(plan),
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    name = plan.files[0].name
    assert ran.stdout.splitlines() == [
        f"simctl keychain {udid} add-root-cert {name}" for udid in (IPHONE, IPAD)
    ]
    assert (tmp_path / "certificates").read_bytes() == root.public_bytes(Encoding.PEM) * 2
    assert not (tmp_path / name).exists()


def test_for_another_mac_without_a_booted_simulator_the_lines_fail(
    root: x509.Certificate, tmp_path: Path
) -> None:
    (tmp_path / "xcrun").write_text("#!/bin/sh\n")
    (tmp_path / "xcrun").chmod(0o755)
    ran = subprocess.run(
        ["sh"],
        input=plan_script(plan_for_another_mac([root])),
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "no simulator is booted" in ran.stderr


@pytest.mark.parametrize(
    ("wanted", "device_set", "line"),
    [
        pytest.param(
            [IPHONE.lower()], "default", f"xcrun simctl keychain {IPHONE} add-root-cert ", id="a UDID"
        ),
        pytest.param(
            ["iPhone 17"], "default", "xcrun simctl keychain 'iPhone 17' add-root-cert ", id="a name"
        ),
        pytest.param(
            ["x; rm -rf ~"],
            "default",
            "xcrun simctl keychain 'x; rm -rf ~' add-root-cert ",
            id="a hostile name",
        ),
        pytest.param(
            [], "previews", 'xcrun simctl --set previews keychain "$udid" add-root-cert ', id="another set"
        ),
        pytest.param(
            [IPAD],
            "~/My Sets",
            f"xcrun simctl --set ~/'My Sets' keychain {IPAD} add-root-cert ",
            id="a folder's set",
        ),
    ],
)
def test_lines_can_be_pasted(wanted: list[str], device_set: str, line: str, root: x509.Certificate) -> None:
    script = plan_script(plan_for_another_mac([root], wanted=wanted, device_sets=[device_set]))
    assert line in script
    assert "#" not in script.replace("$#", "")  # zsh would run a comment


def test_a_mac_trusts_a_root_for_tls_and_its_user_alone(root: x509.Certificate) -> None:
    plan = plan_for_mac([root], keychain=KEYCHAIN)
    assert lines(plan) == [
        f"security add-certificates -k {KEYCHAIN} FILE",
        "security add-trusted-cert -r trustRoot -p ssl -p basic FILE",
    ]
    sha1 = hashlib.sha1(root.public_bytes(Encoding.DER)).hexdigest().upper()
    assert [step.inverse for step in plan.steps] == [
        (("security", "delete-certificate", "-Z", sha1, KEYCHAIN),),
        (("security", "remove-trusted-cert", plan.files[0].name),),
    ]
    assert [step.dialog for step in plan.steps] == [False, True]
    assert not any(word in ("sudo", "-d", "-A") for step in plan.steps for word in step.argv)


def test_a_mac_gets_an_identity_with_its_issuers_apart(alice: Identity, root: x509.Certificate) -> None:
    plan = plan_for_mac([root], [alice], keychain=KEYCHAIN, password="correct-horse")
    assert [line.split()[1] for line in lines(plan)] == [
        *("import", "add-certificates", "add-trusted-cert", "add-certificates"),
    ]
    importing = plan.steps[0]
    (p12,) = [file.name for file in plan.files if file.secret]
    assert importing.argv == ("security", "import", p12, "-f", "pkcs12", "-k", KEYCHAIN)
    assert importing.secret == ("-P", "correct-horse")
    assert "correct-horse" not in f"{plan!r} {plan_script(plan)} {plan_text(plan)}"


def test_without_a_password_macos_asks_for_it(alice: Identity, root: x509.Certificate) -> None:
    plan = plan_for_mac([root], [alice])
    assert plan.steps[0].dialog
    assert not any(file.secret for file in plan.files)
    assert "security import alice.p12 -f pkcs12 -k ~/Library/Keychains/login.keychain-db\n" in plan_script(
        plan
    )


@pytest.mark.parametrize("keychain", ["-x", "/tmp/two\nlines"])
def test_what_is_no_keychain_is_refused(keychain: str, root: x509.Certificate) -> None:
    with pytest.raises(InvalidRequest, match="list-keychains"):
        plan_for_mac([root], keychain=keychain)


def test_a_key_that_no_mac_imports_is_refused(authority: Authority, at: datetime) -> None:
    odd = authority.issue_client("odd", at=at, key_type=KeyType.ED25519)
    with pytest.raises(NotExportable, match="RSA and EC"):
        plan_for_mac([], [odd])


def entry(
    certificate: x509.Certificate, simulator: Simulator | None, kind: ItemKind, at: datetime, plan: str = "p"
) -> LedgerEntry:
    place = simulator.place if simulator else InstallPlace(PlaceKind.KEYCHAIN, KEYCHAIN, "login.keychain-db")
    return LedgerEntry(InstalledItem(place, item_of(certificate, kind)), EntryState.DONE, at, plan)


def take_back(entries: Sequence[LedgerEntry], simulators: Sequence[Simulator], **how: bool) -> InstallPlan:
    return plan_to_take_back(entries, entries, simulators={"default": simulators}, **how)


def test_a_mac_is_cleared_in_the_reverse_order(root: x509.Certificate, alice: Identity, at: datetime) -> None:
    entries = [
        entry(alice.certificate, None, ItemKind.IDENTITY, at),
        entry(root, None, ItemKind.CERTIFICATE, at),
        entry(root, None, ItemKind.TRUST, at),
    ]
    plan = take_back(entries, [])
    assert [step.argv[1] for step in plan.steps] == [
        "remove-trusted-cert",
        "delete-certificate",
        "delete-identity",
    ]
    assert [held.key for step in plan.steps for held in step.takes] == [e.key for e in reversed(entries)]
    assert [file.content for file in plan.files] == [root.public_bytes(Encoding.PEM)]


def test_a_simulators_keychain_is_never_emptied_unasked(root: x509.Certificate, at: datetime) -> None:
    plan = take_back([entry(root, PHONE, ItemKind.ROOT, at)], [PHONE])
    assert (plan.steps, plan.forgets) == ((), ())
    assert "no command that removes one certificate" in plan.stays[0].reason


def test_one_reset_takes_back_all_that_a_simulator_holds(authority: Authority, at: datetime) -> None:
    first = entry(authority.root, PHONE, ItemKind.ROOT, at)
    second = entry(authority.issuing.certificate, PHONE, ItemKind.CERTIFICATE, at)
    elsewhere = entry(authority.root, PAD, ItemKind.ROOT, at)
    plan = plan_to_take_back(
        [first, second, elsewhere], [first], simulators={"default": [PHONE, PAD]}, reset_keychain=True
    )
    assert lines(plan) == [f"xcrun simctl keychain {IPHONE} reset"]
    assert [held.key for held in plan.steps[0].takes] == [first.key, second.key]
    assert "Erase All Content" in plan.notes[0]


@pytest.mark.parametrize(
    ("there", "how", "commands", "stays", "forgotten"),
    [
        pytest.param([], {}, [], 0, 1, id="deleted: forgotten"),
        pytest.param([], {"reset_keychain": True}, [], 0, 1, id="deleted: nothing to reset"),
        pytest.param([ASLEEP], {"reset_keychain": True}, [], 1, 0, id="shut down: stays"),
        pytest.param(
            [ASLEEP],
            {"reset_keychain": True, "boot": True},
            [f"xcrun simctl bootstatus {SPARE} -b", f"xcrun simctl keychain {SPARE} reset"],
            0,
            0,
            id="shut down: booted when asked",
        ),
        pytest.param([ASLEEP], {"boot": True}, [], 1, 0, id="booting alone empties nothing"),
        pytest.param([ASLEEP], {"forget": True}, [], 0, 1, id="forgotten when asked"),
    ],
)
def test_simulators_that_changed_meanwhile(
    there: list[Simulator],
    how: dict[str, bool],
    commands: list[str],
    stays: int,
    forgotten: int,
    root: x509.Certificate,
    at: datetime,
) -> None:
    plan = take_back([entry(root, ASLEEP, ItemKind.ROOT, at)], there, **how)
    assert (lines(plan), len(plan.stays), len(plan.forgets)) == (commands, stays, forgotten)


def test_a_set_that_could_not_be_asked_forgets_nothing(root: x509.Certificate, at: datetime) -> None:
    entries = [entry(root, PREVIEW, ItemKind.ROOT, at)]
    plan = plan_to_take_back(entries, entries, simulators={}, reset_keychain=True)
    assert lines(plan) == [f"xcrun simctl --set previews keychain {IPAD} reset"]
    assert plan.forgets == ()


def test_entries_are_named_by_fingerprint(authority: Authority, at: datetime) -> None:
    one, two = (entry(c, PHONE, ItemKind.ROOT, at) for c in (authority.root, authority.issuing.certificate))
    sha256, sha1 = one.held.item.sha256, one.held.item.sha1
    colons = ":".join(sha256[i : i + 2] for i in range(0, 64, 2)).upper()
    for name in (sha256, sha256[:8], colons, sha1):
        assert entries_named([one, two], [name]) == (one,)
    assert entries_named([one, two], []) == (one, two)
    assert entries_named([one, two], [two.held.item.sha256, sha1]) == (one, two)


def test_entries_are_named_by_where_they_are(root: x509.Certificate, alice: Identity, at: datetime) -> None:
    phone, mac = entry(root, PHONE, ItemKind.ROOT, at), entry(root, None, ItemKind.TRUST, at)
    other = entry(alice.certificate, None, ItemKind.IDENTITY, at)
    assert entries_named([phone, mac, other], ["simulator"]) == (phone,)
    assert entries_named([phone, mac, other], ["mac"]) == (mac, other)
    assert entries_named([phone, mac, other], ["mac", root.fingerprint(hashes.SHA256()).hex()]) == (mac,)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("abc", "8 or more", id="too short"),
        pytest.param("Rig CA", "8 or more", id="a name"),
        pytest.param("0" * 64, "The ledger has", id="of another certificate"),
    ],
)
def test_a_fingerprint_that_names_nothing(
    name: str, words: str, root: x509.Certificate, at: datetime
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        entries_named([entry(root, PHONE, ItemKind.ROOT, at)], [name])
