"""Other validators asked the same question: where they agree, where they part, and the reason for it."""

from __future__ import annotations

import importlib
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from typing import NamedTuple

import pytest

from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.second_opinion import Difference, SecondOpinion
from pki.model.verdict import Level, Verdict
from pki.report.second_opinion import opinions_json, opinions_text
from pki.trust import Anchor, evaluate
from pki.trust.differences import BLIND_SPOTS, compare
from pki.trust.second_opinions import second_opinions
from pki.trust.verify_cert_command import mac_anchor_class, verify_cert_command
from pki_fixtures import SCENARIOS, Rig
from tests.chains import AT, DAY, HOST, Made, intermediate, leaf, make, root
from tests.fixtures.verdicts import ask_about, ask_about_client
from tests.shell import environment

FORK = "pyhanko-certvalidator"


def _imports(module: str) -> bool:
    try:
        importlib.import_module(module)
    except Exception:  # oscrypto raises errors of its own
        return False
    return True


ORIGINAL_IMPORTS = _imports("certvalidator")
needs_fork = pytest.mark.skipif(
    ORIGINAL_IMPORTS or not _imports("pyhanko_certvalidator"),
    reason="asked where certvalidator does not import: pip install pyhanko-certvalidator",
)


class Said(NamedTuple):
    """Our verdict, the opinions by name, and the differences by name."""

    verdict: Verdict
    opinions: dict[str, SecondOpinion]
    differences: dict[str, Difference]

    @classmethod
    def of(
        cls, verdict: Verdict, opinions: tuple[SecondOpinion, ...], given: tuple[CertFacts, ...] = ()
    ) -> Said:
        differences = compare(verdict, opinions, known=given)
        return cls(verdict, {o.who: o for o in opinions}, {d.opinion.who: d for d in differences})


def said_of(id: str, rig: Rig) -> Said:
    """Of a scenario of the catalogue; `ID client` is the identity that its client shows."""
    scenario = SCENARIOS[id.removesuffix(" client")]
    presented = scenario.build(rig)
    about = ask_about_client(presented) if id.endswith(" client") else None
    return Said.of(*(about or ask_about(presented, scenario.anchor_class)))


def said_of_chain(
    *sent: Made, anchors: tuple[Made, ...], host: str | None = HOST, anchor_class: str = "user"
) -> Said:
    chain = [made.der for made in sent]
    trusted = [Anchor.parse(anchor.der, anchor_class) for anchor in anchors]
    verdict = evaluate(chain, host=host, at=AT, anchors=trusted, ats_applies=anchor_class != "app")
    return Said.of(verdict, second_opinions(chain, host=host, at=AT, anchors=trusted))


@pytest.mark.parametrize(
    "id", ["good-ec", "good-rsa", "good-p384", "wildcard-ok", "ip-san", "chain-shuffled", "chain-with-root"]
)
def test_all_agree_on_a_good_server(id: str, rig: Rig) -> None:
    verdict, opinions, differences = said_of(id, rig)
    assert verdict.trusted
    assert not differences
    assert [opinions[who].accepts for who in ("cryptography", "OpenSSL")] == [True, True]


@pytest.mark.parametrize(
    "id",
    ["untrusted-root", "missing-intermediate", "expired-leaf", "not-yet-valid", "bad-signature", "not-a-ca"],
)
def test_all_agree_on_what_everybody_refuses(id: str, rig: Rig) -> None:
    verdict, opinions, differences = said_of(id, rig)
    assert not verdict.trusted
    assert not differences
    assert all(opinion.accepts is False for opinion in opinions.values() if opinion.available)


@pytest.mark.parametrize(
    ("id", "who", "reason"),
    [
        pytest.param("validity-826", "cryptography", "tls-validity-825: it does not check lifetime limits",
                     id="nobody knows the 825 days"),
        pytest.param("validity-399-system", "OpenSSL", "tls-validity-398: it does not check lifetime limits",
                     id="nor the 398"),
        pytest.param("wrong-host", "OpenSSL",
                     "san-dns-match: it does not check the host name (pyOpenSSL gives no handle on it)",
                     id="OpenSSL is not asked for the name"),
        pytest.param("eku-client", "OpenSSL",
                     "tls-eku-compatible: it does not check purposes (pyOpenSSL gives no handle on them)",
                     id="nor for the purpose"),
        pytest.param("rsa1024", "cryptography",
                     "tls-rsa-2048: it does not check size and type of the keys of leaf and anchor",
                     id="a small key in the leaf"),
        pytest.param("sha1-leaf", "OpenSSL", "tls-sha2-signature: it does not check digests", id="SHA-1"),
        pytest.param("aki-mismatch", "cryptography",
                     "aki-ski-linkage: it does not check whether key identifiers match", id="key identifiers"),
        pytest.param("no-sct-system", "cryptography",
                     "tls-ct-required: it does not check Certificate Transparency", id="SCTs"),
        pytest.param("revoked", "OpenSSL", "cert-not-revoked: it does not check revocation", id="a CRL"),
        pytest.param("app-anchor", "cryptography",
                     "ats-default-trust: it does not check App Transport Security", id="ATS"),
        pytest.param("pin-leaf-mismatch", "OpenSSL",
                     "ats-pin-leaf: it does not check pinned keys", id="a pin"),
    ],
)  # fmt: skip
def test_why_they_accept_what_we_refuse(id: str, who: str, reason: str, rig: Rig) -> None:
    verdict, opinions, differences = said_of(id, rig)
    assert not verdict.trusted
    assert opinions[who].accepts
    assert reason in differences[who].reasons
    assert differences[who].explained


@pytest.mark.parametrize(
    ("id", "who", "said", "reason"),
    [
        pytest.param("eku-any", "cryptography", "required EKU not found", "wants the purpose by name",
                     id="anyExtendedKeyUsage under a root of one's own"),
        pytest.param("leaf-is-ca", "cryptography", "cA must not be asserted", "may not be the leaf",
                     id="a CA as a server"),
        pytest.param("self-signed-trusted", "cryptography", "missing required extension", "web PKI's profile",
                     id="a trusted leaf without authorityKeyIdentifier"),
        pytest.param("mtls-good client", "cryptography", "2.5.29.17", "web PKI's profile",
                     id="a client without subjectAltName"),
    ],
)  # fmt: skip
def test_why_they_refuse_what_we_accept(id: str, who: str, said: str, reason: str, rig: Rig) -> None:
    verdict, opinions, differences = said_of(id, rig)
    assert verdict.trusted
    assert opinions[who].accepts is False
    assert said in opinions[who].text
    assert reason in differences[who].reasons[0]


def test_sha_224_is_refused_by_both_for_reasons_of_their_own(rig: Rig) -> None:
    verdict, opinions, differences = said_of("sha224", rig)
    assert verdict.stopped_at is Level.ATS
    assert "Forbidden signature algorithm" in opinions["cryptography"].text
    assert set(differences) & {"cryptography", "OpenSSL"} == {"OpenSSL"}


def test_what_no_table_covers_is_called_unexplained(rig: Rig) -> None:
    verdict, _, _ = said_of("expired-leaf", rig)
    accepts = SecondOpinion("OpenSSL", "4", True, "")
    (difference,) = compare(verdict, [accepts])
    assert (difference.reasons, difference.unexplained) == ((), ("cert-not-expired",))
    assert not difference.explained
    good, _, _ = said_of("good-ec", rig)
    (difference,) = compare(good, [SecondOpinion("OpenSSL", "4", False, "a new complaint")])
    assert difference.unexplained == ("a new complaint",)


def test_an_opinion_without_an_answer_is_no_difference(rig: Rig) -> None:
    good, _, _ = said_of("good-ec", rig)
    assert compare(good, [SecondOpinion("OpenSSL", "4", None, "gave up")]) == ()


@needs_fork
@pytest.mark.parametrize(
    ("id", "reason"),
    [
        pytest.param("expired-root", "cert-not-expired: it does not check the anchor itself", id="an expired anchor"),
        pytest.param("pathlen", "ca-path-length: it does not check path length and names that an anchor allows",
                     id="an anchor's path length"),
        pytest.param("duplicate-ext", "duplicate-extension: it does not check extensions that occur twice",
                     id="two subjectAltNames"),
        pytest.param("wrong-host", "san-dns-match: it does not check the host name", id="the name"),
    ],
)  # fmt: skip
def test_what_the_fork_does_not_see(id: str, reason: str, rig: Rig) -> None:
    _, opinions, differences = said_of(id, rig)
    assert opinions[FORK].accepts
    assert differences[FORK].reasons == (reason,)


@needs_fork
def test_the_fork_is_asked_only_what_it_can_finish() -> None:
    """It tries every path: among twelve CAs that all certify one another there are millions."""
    names = [f"CA {number}" for number in range(12)]
    cas = {name: root(name) for name in names}
    crossed = [
        make(child, cas[parent], ca=True, sign_certs=True, end=AT + DAY)
        for child, parent in permutations(names, 2)
    ]
    server = leaf(cas[names[0]])
    _, opinions, _ = said_of_chain(server, *crossed, anchors=(root("Elsewhere"),))
    assert opinions[FORK].accepts is None
    assert "too many paths" in opinions[FORK].text
    assert opinions["OpenSSL"].accepts is False


def test_certvalidator_is_asked_or_its_absence_said(rig: Rig) -> None:
    _, opinions, _ = said_of("good-ec", rig)
    original = opinions["certvalidator"]
    assert original.available is ORIGINAL_IMPORTS
    if not ORIGINAL_IMPORTS:
        assert original.accepts is None
        assert "does not import" in original.text or original.text == "it is not installed here"


def test_without_either_the_others_answer(monkeypatch: pytest.MonkeyPatch, rig: Rig) -> None:
    for name in ("certvalidator", "pyhanko_certvalidator"):
        monkeypatch.setitem(sys.modules, name, None)
    _, opinions, differences = said_of("good-ec", rig)
    absent = [opinion for opinion in opinions.values() if not opinion.available]
    assert [opinion.who for opinion in absent] == ["certvalidator", FORK]
    assert {opinion.text for opinion in absent} == {"it is not installed here"}
    assert not differences


def test_nothing_of_theirs_is_imported_before_they_are_asked() -> None:
    code = "import sys, pki.trust.second_opinions; print([m for m in sys.modules if 'OpenSSL' in m or 'certvalid' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_questions_it_does_not_take(rig: Rig) -> None:
    for said, words in (
        (said_of("profile-not-enabled", rig), "without an anchor"),
        (said_of_chain(leaf(root()), anchors=(root(),), host=None), "without a name"),
    ):
        assert said.opinions["cryptography"].accepts is None
        assert words in said.opinions["cryptography"].text


def test_a_certificate_one_of_them_cannot_read_is_a_refusal_with_its_place() -> None:
    server, anchor = leaf(root()), root()
    opinions = {o.who: o for o in second_opinions([server.der, b"\x30\x03\x02\x01\x01"], host=HOST, at=AT,
                                                  anchors=[Anchor.parse(anchor.der)])}  # fmt: skip
    assert opinions["cryptography"].text.startswith("does not read certificate 1")
    assert opinions["OpenSSL"].text.startswith("does not read certificate 1")


def test_all_answer_for_the_moment_asked() -> None:
    """Neither our clock nor a time zone matters."""
    server, anchor = leaf(root()), Anchor.parse(root().der)
    for moment, good in (
        (AT, True),
        (AT.astimezone(timezone(timedelta(hours=9))), True),
        (AT + 61 * DAY, False),
    ):
        opinions = second_opinions([server.der], host=HOST, at=moment, anchors=[anchor])
        assert {opinion.accepts for opinion in opinions if opinion.available} == {good}


def test_an_intermediate_as_an_anchor_is_enough_for_all() -> None:
    middle = intermediate(root())
    _, opinions, differences = said_of_chain(leaf(middle), anchors=(middle,), anchor_class="app")
    assert not differences
    assert opinions["OpenSSL"].accepts


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"chain": []}, "holds no certificate", id="no certificate"),
        pytest.param({"purpose": "mail"}, "no purpose", id="another purpose"),
        pytest.param({"at": datetime(2026, 1, 1)}, "time zone", id="a naive time"),  # noqa: DTZ001  # the point
        pytest.param({"host": "https://x/"}, "not a host", id="a URL for a host"),
    ],
)
def test_questions_that_mean_nothing(changes: dict[str, object], problem: str) -> None:
    asked = {"chain": [leaf(root()).der], "host": HOST, "at": AT, "anchors": [], **changes}
    with pytest.raises(InvalidRequest, match=problem):
        second_opinions(asked.pop("chain"), **asked)  # type: ignore[arg-type]  # one of them is wrong on purpose


def test_every_blind_spot_names_checks_that_exist() -> None:
    from pki.model.codes import APPLE_CHECKS
    from pki.trust import all_rules

    named = {check for spots in BLIND_SPOTS.values() for spot in spots for check in spot.checks}
    assert named <= {*APPLE_CHECKS, *all_rules()}


def _words(opinions: Sequence[SecondOpinion], differences: Sequence[Difference]) -> str:
    return " ".join(opinions_text(opinions, differences).split())


def test_the_text_says_who_differs_and_why_in_80_columns(rig: Rig) -> None:
    _, opinions, differences = said_of("validity-826", rig)
    text = opinions_text([*opinions.values()], [*differences.values()])
    assert max(map(len, text.splitlines())) <= 80
    said = _words([*opinions.values()], [*differences.values()])
    assert "DIFFERS, it accepts - tls-validity-825: it does not check lifetime limits" in said
    assert "Never checked: lifetime limits;" in said


def test_the_text_of_agreement_absence_and_mystery() -> None:
    absent = SecondOpinion("certvalidator", "", None, "does not import", available=False)
    silent = SecondOpinion("OpenSSL", "4.0", None, "gave up")
    puzzling = SecondOpinion("cryptography", "50", False, "odd")
    said = _words([absent, silent, puzzling], [Difference(puzzling, (), ("odd",))])
    assert "certvalidator: not there, does not import" in said
    assert "OpenSSL 4.0: no answer, gave up" in said
    assert "cryptography 50 DIFFERS, it refuses: odd - unexplained: odd" in said
    assert "OpenSSL 4.0 agrees, it refuses: odd" in _words(
        [SecondOpinion("OpenSSL", "4.0", False, "odd")], []
    )


def test_the_json_says_the_same(rig: Rig) -> None:
    _, opinions, differences = said_of("validity-826", rig)
    document = json.loads(json.dumps(opinions_json([*opinions.values()], [*differences.values()])))
    assert document[0]["validator"] == "cryptography"
    assert (document[0]["agrees"], document[0]["accepts"], document[0]["unexplained"]) == (False, True, [])
    absent = [entry for entry in document if not entry["available"]]
    assert all(entry["agrees"] is None for entry in absent)


def test_the_line_for_a_mac() -> None:
    line = verify_cert_command(
        ["leaf.pem", "my ca.pem"], ["root.pem"], host="test.example", at=datetime(2027, 3, 15, 12, tzinfo=UTC)
    )
    assert line == (
        "security verify-cert -L -N -c leaf.pem -c 'my ca.pem' -r root.pem -p ssl -n test.example "
        "-d 2027-03-15-12:00:00"
    )
    assert "-n" not in shlex.split(verify_cert_command(["a"], ["r"], host=None, at=AT))
    assert "-r" not in shlex.split(verify_cert_command(["a"], [], host=None, at=AT))


@pytest.mark.parametrize(
    ("anchor_class", "words"),
    [
        pytest.param("app", "", id="the line asks just that"),
        pytest.param(
            "user", "add-trusted-cert -p ssl root.pem", id="the user's trust is a setting on that Mac"
        ),
        pytest.param("system", "398 days", id="a preinstalled root is bound by more"),
    ],
)
def test_the_line_for_a_mac_says_whose_anchors_it_asks_with(anchor_class: str, words: str) -> None:
    told = mac_anchor_class([Anchor.parse(root().der, anchor_class)], ["root.pem"])
    assert words in told
    assert bool(told) is bool(words)
