"""The inputs of path validation, RFC 5280 6.1.1, on both sides of their edges; openssl answers the same questions."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.model.extension_values import KEY_USAGES
from pki.model.verdict import Outcome, Verdict
from pki.trust import POLICIES, PathInputs
from tests.chains import ANY, AT, CLIENT, DAY, HOST, SERVER, Made, intermediate, judge, leaf, outcome, root
from tests.trust.test_policy_tree import A, B, mapped, policies

PASSED, FAILED, ABSENT = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE
ANY_POLICY = "2.5.29.32.0"
C = "1.2.3.3"
BOOKS = ("rfc5280-path", "rfc5280", "webpki")


def path(mid: tuple = (), end: tuple = ()) -> tuple[Made, Made, Made]:
    top = root()
    middle = intermediate(top, extra=mid)
    return leaf(middle, extra=end), middle, top


def wanting(*wanted: str, **inputs: Any) -> PathInputs:
    return PathInputs(policies=frozenset(wanted), **inputs)


EXPLICIT = PathInputs(explicit_policy=True)
ALL_THREE = PathInputs(explicit_policy=True, inhibit_any_policy=True, inhibit_policy_mapping=True)

POLICY_ROWS = [
    pytest.param((), (), PathInputs(), True, id="nothing asked, nothing there"),
    pytest.param((), (), EXPLICIT, False, id="a policy asked for, none there"),
    pytest.param((policies(A),), (policies(A),), EXPLICIT, True, id="any policy will do"),
    pytest.param((policies(A),), (policies(B),), EXPLICIT, False, id="another policy in the leaf"),
    pytest.param((policies(A),), (policies(A),), wanting(A, explicit_policy=True), True, id="the wanted one"),
    pytest.param(
        (policies(A),), (policies(A),), wanting(B, explicit_policy=True), False, id="an unwanted one"
    ),
    pytest.param((policies(A),), (policies(A),), wanting(B), True, id="wanted, and no policy required"),
    pytest.param(
        (policies(A, B),),
        (policies(A, B),),
        wanting(B, explicit_policy=True),
        True,
        id="one of two is wanted",
    ),
    pytest.param(
        (policies(ANY_POLICY),),
        (policies(A),),
        wanting(A, explicit_policy=True),
        True,
        id="any above the wanted",
    ),
    pytest.param(
        (policies(ANY_POLICY),),
        (policies(A),),
        wanting(B, explicit_policy=True),
        False,
        id="any above an unwanted",
    ),
    pytest.param(
        (policies(ANY_POLICY),),
        (policies(ANY_POLICY),),
        wanting(B, explicit_policy=True),
        True,
        id="any all the way",
    ),
    pytest.param(
        (policies(A),),
        (policies(ANY_POLICY),),
        wanting(B, explicit_policy=True),
        False,
        id="any below an unwanted",
    ),
    pytest.param(
        (policies(ANY_POLICY),),
        (policies(A),),
        PathInputs(explicit_policy=True, inhibit_any_policy=True),
        False,
        id="any policy stands for none",
    ),
    pytest.param(
        (policies(A), mapped(A, B)),
        (policies(B),),
        wanting(A, explicit_policy=True),
        True,
        id="mapped: the anchor's name of it is wanted",
    ),
    pytest.param(
        (policies(A), mapped(A, B)),
        (policies(B),),
        wanting(B, explicit_policy=True),
        False,
        id="mapped: the leaf's name of it is not",
    ),
    pytest.param(
        (policies(ANY_POLICY), mapped(A, B)),
        (policies(B),),
        wanting(A, explicit_policy=True),
        True,
        id="mapped out of any policy",
    ),
    pytest.param(
        (policies(A), mapped(A, B)),
        (policies(B),),
        PathInputs(explicit_policy=True, inhibit_policy_mapping=True),
        False,
        id="mapping inhibited",
    ),
    pytest.param(
        (policies(A, C), mapped(A, B)), (policies(B, C),), ALL_THREE, True, id="what is not mapped is left"
    ),
]


@pytest.mark.parametrize("policy", ["rfc5280-path", "rfc5280"])
@pytest.mark.parametrize(("mid", "end", "inputs", "holds"), POLICY_ROWS)
def test_policies_asked_for(mid: tuple, end: tuple, inputs: PathInputs, holds: bool, policy: str) -> None:
    *sent, top = path(mid, end)
    verdict = judge(*sent, anchors=(top,), policy=policy, inputs=inputs)
    assert verdict.trusted is holds
    assert outcome(verdict, "policy-constraints") is (PASSED if holds else FAILED)


@pytest.mark.peer("openssl", "apt-get install openssl")
@pytest.mark.parametrize(("mid", "end", "inputs", "holds"), POLICY_ROWS)
def test_openssl_says_the_same_of_policies(
    mid: tuple, end: tuple, inputs: PathInputs, holds: bool, tmp_path: Path
) -> None:
    options = [
        "-policy_check",
        *(word for oid in inputs.policies for word in ("-policy", oid)),
    ]
    options += ["-explicit_policy"] * inputs.explicit_policy
    options += ["-inhibit_any"] * inputs.inhibit_any_policy + ["-inhibit_map"] * inputs.inhibit_policy_mapping
    assert openssl_verifies(path(mid, end), options, tmp_path) is holds


def openssl_verifies(made: tuple[Made, ...], options: list[str], folder: Path) -> bool:
    """Whether `openssl verify` takes the first of MADE under the last, through those between."""
    pems = [one.cert.public_bytes(Encoding.PEM) for one in made]
    for name, content in (("leaf", pems[0]), ("between", b"".join(pems[1:-1])), ("root", pems[-1])):
        (folder / f"{name}.pem").write_bytes(content)
    files = ["-CAfile", "root.pem", *(["-untrusted", "between.pem"] if pems[1:-1] else []), "leaf.pem"]
    line = ["openssl", "verify", "-attime", str(int(AT.timestamp())), *options, *files]
    return subprocess.run(line, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.peer("openssl", "apt-get install openssl")
@pytest.mark.parametrize(
    ("allowed", "holds"), [(0, False), (1, False), (2, True), (None, True)], ids=["0", "1", "2", "no limit"]
)
def test_intermediates_are_counted_the_self_issued_too(
    allowed: int | None, holds: bool, tmp_path: Path
) -> None:
    top = root()
    upper = intermediate(top, "Twice")
    lower = intermediate(upper, "Twice", key_tag="rolled over")
    server = leaf(lower)
    inputs = PathInputs(max_intermediates=allowed)
    verdict = judge(server, lower, upper, anchors=(top,), policy="rfc5280-path", inputs=inputs)
    assert verdict.trusted is holds
    assert outcome(verdict, "rfc5280-max-intermediates") is (
        ABSENT if allowed is None else PASSED if holds else FAILED
    )
    options = [] if allowed is None else ["-verify_depth", str(allowed)]
    assert openssl_verifies((server, lower, upper, top), options, tmp_path) is holds


def test_a_shorter_path_is_taken_where_a_longer_one_is_too_long() -> None:
    """The limit is asked of each path, so that a cross-signed CA does not hide the way that keeps it."""
    old, new = root("Old"), root("New")
    cross = intermediate(old, "New", key_tag="Newp256")
    issuer = intermediate(new, "Issuing")
    server = leaf(issuer)
    inputs = PathInputs(max_intermediates=1)
    assert judge(server, issuer, cross, anchors=(old, new), policy="rfc5280-path", inputs=inputs).trusted
    assert not judge(server, issuer, cross, anchors=(old,), policy="rfc5280-path", inputs=inputs).trusted


def one(**changes: Any) -> Callable[[PathInputs], Verdict]:
    def ask(inputs: PathInputs) -> Verdict:
        top = root()
        return judge(leaf(top, **changes), anchors=(top,), policy="rfc5280-path", inputs=inputs)

    return ask


SIGNATURE = PathInputs(key_usage=KEY_USAGES["digitalSignature"])
BOTH = PathInputs(key_usage=KEY_USAGES["digitalSignature"] | KEY_USAGES["keyEncipherment"])


@pytest.mark.parametrize(
    ("rule", "ask", "inputs", "expected"),
    [
        pytest.param("required-key-usage", one(sign_certs=False), SIGNATURE, PASSED, id="the bit is there"),
        pytest.param(
            "required-key-usage", one(sign_certs=False), BOTH, FAILED, id="one of two bits is missing"
        ),
        pytest.param(
            "required-key-usage", one(), SIGNATURE, ABSENT, id="without keyUsage every use is allowed"
        ),
        pytest.param(
            "required-key-usage", one(sign_certs=False), PathInputs(), ABSENT, id="no bit asked for"
        ),
        pytest.param("purpose-named", one(), PathInputs(purpose_named=True), PASSED, id="serverAuth named"),
        pytest.param(
            "purpose-named", one(purposes=()), PathInputs(purpose_named=True), FAILED, id="no purpose named"
        ),
        pytest.param(
            "purpose-named", one(purposes=ANY), PathInputs(purpose_named=True), FAILED, id="any purpose named"
        ),
        pytest.param("purpose-named", one(purposes=()), PathInputs(), ABSENT, id="a purpose may be left out"),
    ],
)
def test_what_the_leaf_must_say(
    rule: str, ask: Callable[[PathInputs], Verdict], inputs: PathInputs, expected: Outcome
) -> None:
    verdict = ask(inputs)
    assert outcome(verdict, f"rfc5280-{rule}") is expected
    assert verdict.trusted is (expected is not FAILED)


BARE = PathInputs(bare_anchor=True)


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"end": AT - DAY}, id="it has expired"),
        pytest.param({"ca": False}, id="it says that it is no CA"),
        pytest.param({"sign_certs": False}, id="its key may not sign certificates"),
        pytest.param({"path_length": 0}, id="it allows no intermediate"),
        pytest.param({"permit": (x509.DNSName("other.example"),)}, id="it permits other names"),
        pytest.param({"purposes": CLIENT}, id="it is for clients"),
        pytest.param(
            {"extra": ((x509.PolicyConstraints(0, None), True),)}, id="it requires a certificate policy"
        ),
        pytest.param(
            {"extra": ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True),)},
            id="it has a critical extension nobody knows",
        ),
    ],
)
def test_an_anchor_s_own_limits_count_unless_it_is_a_name_and_a_key(limits: dict) -> None:
    top = root(**limits)
    middle = intermediate(top)
    server = leaf(middle)
    assert not judge(server, middle, anchors=(top,), policy="rfc5280-path").trusted
    bare = judge(server, middle, anchors=(top,), policy="rfc5280-path", inputs=BARE)
    assert bare.trusted
    assert bare.answers[2] == {}


def test_a_bare_anchor_is_no_certificate_to_judge() -> None:
    top = root()
    itself = root(HOST, ca=None, sign_certs=None, dns=(HOST,), purposes=SERVER)
    for inputs, expected in ((PathInputs(), ABSENT), (BARE, FAILED)):
        verdict = judge(itself, anchors=(itself,), policy="rfc5280-path", inputs=inputs)
        assert outcome(verdict, "rfc5280-leaf-is-bare-anchor") is expected
    assert (
        outcome(
            judge(leaf(top), anchors=(top,), policy="rfc5280-path", inputs=BARE),
            "rfc5280-leaf-is-bare-anchor",
        )
        is ABSENT
    )


@pytest.mark.parametrize(
    ("extra", "end", "holds"),
    [
        pytest.param((policies(A),), (policies(A),), True, id="the anchor's policy"),
        pytest.param((policies(A),), (policies(B),), False, id="another than the anchor's"),
        pytest.param((), (policies(B),), True, id="an anchor that names none allows all"),
        pytest.param((policies(A), mapped(A, B)), (policies(B),), True, id="mapped by the anchor"),
        pytest.param((policies(A), mapped(A, B)), (policies(A),), False, id="mapped away by the anchor"),
    ],
)
def test_an_anchor_s_policies_are_where_the_walk_starts(extra: tuple, end: tuple, holds: bool) -> None:
    """RFC 5937, 3.2."""
    top = root(extra=extra)
    server = leaf(top, extra=end)
    verdict = judge(server, anchors=(top,), policy="rfc5280-path", inputs=EXPLICIT)
    assert verdict.trusted is holds
    assert judge(
        server,
        anchors=(top,),
        policy="rfc5280-path",
        inputs=PathInputs(explicit_policy=True, bare_anchor=True),
    ).trusted


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize(
    "inputs",
    [EXPLICIT, wanting(A), PathInputs(max_intermediates=3), SIGNATURE, BARE],
    ids=lambda i: i.description[0],
)
def test_sec_trust_takes_no_inputs_and_says_so(policy: str, inputs: PathInputs) -> None:
    top = root()
    server = leaf(top, extra=(policies(A),))
    if policy in BOOKS:
        assert judge(server, anchors=(top,), policy=policy, inputs=inputs).inputs == inputs.description
        return
    with pytest.raises(InvalidRequest, match=f"the policy {policy} takes no inputs") as refused:
        judge(server, anchors=(top,), policy=policy, inputs=inputs)
    assert "rfc5280-path" in str(refused.value)


def test_every_input_is_told_in_words() -> None:
    everything = PathInputs(
        policies=frozenset({A, B}),
        explicit_policy=True,
        inhibit_policy_mapping=True,
        inhibit_any_policy=True,
        bare_anchor=True,
        max_intermediates=1,
        key_usage=KEY_USAGES["cRLSign"],
        purpose_named=True,
    )
    assert everything.description == (
        f"certificate policies {A}, {B}",
        "an explicit policy",
        "no policy mapping",
        "no anyPolicy",
        "the anchor a name and a key",
        "at most 1 intermediates",
        "keyUsage cRLSign",
        "the purpose named",
    )
    assert PathInputs().description == ()
