"""Rules about what a connection negotiated, on both sides of their edge and where they do not apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes

from pki.ats import AtsSettings, read_settings
from pki.model.alerts import NO_APPLICATION_PROTOCOL
from pki.model.transport import (
    ClientCertificateRequest,
    Declined,
    Identified,
    IdentityAnswer,
    IdentityFault,
    Offered,
    Transport,
)
from pki.model.verdict import Outcome, Verdict
from pki.trust import all_rules
from tests.chains import HOST, chain, intermediate, judge, leaf, outcome, root

PASSED, FAILED, ABSENT = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE
Case = Callable[[], Verdict]
NIAP = {"NSExceptionRequiresNIAPTLSPackageVersion": "FCP_v2.1"}
GOOD = {"version": "1.3", "suite": "TLS_AES_128_GCM_SHA256", "group": "X25519MLKEM768"}
GCM = {
    "version": "1.2",
    "suite": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "group": "x25519",
    "extended_master_secret": True,
}
ALICE = Identified("alice", IdentityAnswer.ACCEPTED)
NOBODY = Identified(None, IdentityAnswer.REFUSED, "alert 116 certificate_required")
EXPIRED = IdentityFault("client-certificate-expired", "alice has expired", "Issue it again.")
ALERT = Declined(Offered.ATS, "alert 40 handshake_failure", 40)


def excepted(**keys: object) -> AtsSettings:
    return read_settings({"NSExceptionDomains": {HOST: keys}})


def met(
    transport: dict | None = None,
    *,
    ats: AtsSettings | None = None,
    ats_applies: bool = True,
    signed: hashes.HashAlgorithm | None = None,
    **changes: object,
) -> Verdict:
    """A good chain over a connection; CHANGES to a good one where TRANSPORT is None."""
    top = root()
    middle = intermediate(top)
    server = leaf(middle, **({"digest": signed} if signed else {}))
    told = Transport(**{**(transport or GOOD), **changes})
    return judge(server, middle, anchors=(top,), ats=ats, ats_applies=ats_applies, transport=told)


def asked(identified: Identified | None, cas: tuple[str, ...] = ("Some CA",)) -> Verdict:
    return met(client_certificate="required", acceptable_cas=cas, identified=identified)


CASES: list[tuple[str, str, Outcome, Case]] = [
    ("ats-tls12", "TLS 1.2", PASSED, lambda: met(GCM)),
    ("ats-tls12", "TLS 1.1", FAILED, lambda: met(GCM, version="1.1", taken=Offered.APPLE)),
    (
        "ats-tls12",
        "TLS 1.1 where the domain's floor is 1.1",
        PASSED,
        lambda: met(GCM, version="1.1", ats=excepted(NSExceptionMinimumTLSVersion="TLSv1.1")),
    ),
    (
        "ats-tls12",
        "TLS 1.2 where the domain's floor is 1.3",
        FAILED,
        lambda: met(GCM, ats=excepted(NSExceptionMinimumTLSVersion="TLSv1.3")),
    ),
    ("ats-tls12", "outside URLSession", ABSENT, lambda: met(GCM, version="1.0", ats_applies=False)),
    ("ats-tls12", "a file", ABSENT, chain),
    ("ats-forward-secrecy", "ECDHE", PASSED, lambda: met(GCM)),
    ("ats-forward-secrecy", "static RSA", FAILED, lambda: met(GCM, suite="AES128-GCM-SHA256", group=None)),
    (
        "ats-forward-secrecy",
        "static RSA, waived for the domain",
        ABSENT,
        lambda: met(
            GCM, suite="AES128-GCM-SHA256", group=None, ats=excepted(NSExceptionRequiresForwardSecrecy=False)
        ),
    ),
    ("ats-cipher-suite", "CBC with SHA-1", PASSED, lambda: met(GCM, suite="ECDHE-RSA-AES128-SHA")),
    ("ats-cipher-suite", "CBC with SHA-256", FAILED, lambda: met(GCM, suite="ECDHE-RSA-AES128-SHA256")),
    ("ats-cipher-suite", "no suite was agreed on", ABSENT, lambda: met(GCM, suite="")),
    ("ats-niap-suites", "GCM", PASSED, lambda: met(GCM, ats=excepted(**NIAP))),
    ("ats-niap-suites", "CBC", FAILED, lambda: met(GCM, suite="ECDHE-RSA-AES128-SHA", ats=excepted(**NIAP))),
    ("ats-niap-suites", "no package", ABSENT, lambda: met(GCM, suite="ECDHE-RSA-AES128-SHA")),
    ("ats-niap-ems", "with it", PASSED, lambda: met(GCM, ats=excepted(**NIAP))),
    ("ats-niap-ems", "without", FAILED, lambda: met(GCM, extended_master_secret=False, ats=excepted(**NIAP))),
    ("ats-niap-ems", "TLS 1.3 needs none", PASSED, lambda: met(ats=excepted(**NIAP))),
    ("ats-niap-ems", "no package", ABSENT, lambda: met(GCM, extended_master_secret=False)),
    ("ats-niap-offered-sigalg", "SHA-384", PASSED, lambda: met(signed=hashes.SHA384(), ats=excepted(**NIAP))),
    (
        "ats-niap-offered-sigalg",
        "ECDSA with SHA-512",
        FAILED,
        lambda: met(signed=hashes.SHA512(), ats=excepted(**NIAP)),
    ),
    ("ats-niap-offered-sigalg", "no package", ABSENT, lambda: met(signed=hashes.SHA512())),
    ("tls-suite-offered", "in every capture", PASSED, lambda: met(GCM, ats_applies=False)),
    (
        "tls-suite-offered",
        "finite-field DHE",
        FAILED,
        lambda: met(GCM, suite="DHE-RSA-AES128-GCM-SHA256", taken=Offered.ALL, ats_applies=False),
    ),
    ("tls-suite-offered", "a file", ABSENT, chain),
    ("tls-handshake-offered", "an Apple client's offer", PASSED, lambda: met(taken=Offered.APPLE)),
    (
        "tls-handshake-offered",
        "only everything",
        FAILED,
        lambda: met(taken=Offered.ALL, group="X448", declined=(ALERT,)),
    ),
    ("tls-handshake-offered", "a file", ABSENT, chain),
    ("ats-handshake-offered", "an ATS connection's offer", PASSED, met),
    (
        "ats-handshake-offered",
        "another offer than that of the domain",
        FAILED,
        lambda: met(taken=Offered.APPLE, declined=(ALERT,)),
    ),
    (
        "ats-handshake-offered",
        "outside URLSession",
        ABSENT,
        lambda: met(taken=Offered.APPLE, ats_applies=False),
    ),
    ("tls-legacy-version", "TLS 1.2", PASSED, lambda: met(GCM)),
    ("tls-legacy-version", "TLS 1.1", FAILED, lambda: met(GCM, version="1.1")),
    ("tls-legacy-version", "a file", ABSENT, chain),
    ("tls-3des", "GCM", PASSED, lambda: met(GCM)),
    ("tls-3des", "3DES", FAILED, lambda: met(GCM, suite="ECDHE-RSA-DES-CBC3-SHA", ats_applies=False)),
    ("tls-3des", "a file", ABSENT, chain),
    ("tls-pq-group", "X25519MLKEM768", PASSED, met),
    ("tls-pq-group", "X25519", FAILED, lambda: met(group="x25519")),
    ("tls-pq-group", "no group", ABSENT, lambda: met(group=None)),
    ("system-process-tls", "GCM with Extended Master Secret", PASSED, lambda: met(GCM)),
    ("system-process-tls", "without", FAILED, lambda: met(GCM, extended_master_secret=False)),
    ("system-process-tls", "CBC", FAILED, lambda: met(GCM, suite="ECDHE-RSA-AES128-SHA")),
    ("system-process-tls", "a file", ABSENT, chain),
    ("mtls-request", "not asked", PASSED, met),
    ("mtls-request", "asked", FAILED, lambda: asked(None)),
    ("mtls-request", "a file", ABSENT, chain),
    ("mtls-post-handshake", "in the handshake", ABSENT, lambda: asked(ALICE)),
    (
        "mtls-post-handshake",
        "after the request",
        FAILED,
        lambda: asked(replace(ALICE, asked=ClientCertificateRequest.POST_HANDSHAKE)),
    ),
    ("mtls-acceptable-cas", "on the list", PASSED, lambda: asked(replace(ALICE, listed=True))),
    ("mtls-acceptable-cas", "not on it", FAILED, lambda: asked(replace(ALICE, listed=False))),
    ("mtls-acceptable-cas", "an empty list", ABSENT, lambda: asked(ALICE, ())),
    ("mtls-acceptable-cas", "no identity", ABSENT, lambda: asked(NOBODY)),
    ("mtls-identity", "nothing speaks against it", ABSENT, lambda: asked(ALICE)),
    ("mtls-identity", "it has expired", FAILED, lambda: asked(replace(ALICE, faults=(EXPIRED,)))),
    ("mtls-identity-answer", "accepted", PASSED, lambda: asked(ALICE)),
    (
        "mtls-identity-answer",
        "closed without an answer",
        FAILED,
        lambda: asked(replace(ALICE, answer=IdentityAnswer.UNKNOWN)),
    ),
    (
        "mtls-identity-answer",
        "not asked for",
        FAILED,
        lambda: asked(Identified(None, IdentityAnswer.NOT_ASKED)),
    ),
    ("mtls-identity-answer", "no identity was given", ABSENT, lambda: asked(NOBODY)),
    ("tls-alpn-offered", "an Apple client's offer", PASSED, met),
    (
        "tls-alpn-offered",
        "alert 120 to an Apple client's, and nothing in ALPN was taken",
        FAILED,
        lambda: met(
            taken=Offered.ALL,
            declined=(Declined(Offered.APPLE, "alert 120", NO_APPLICATION_PROTOCOL),),
        ),
    ),
    ("tls-alpn-offered", "a file", ABSENT, chain),
]
TRUSTED_STILL = [
    "tls-legacy-version",
    "tls-3des",
    "tls-pq-group",
    "system-process-tls",
    "mtls-request",
    "mtls-post-handshake",
    "mtls-acceptable-cas",
    "mtls-identity",
    "mtls-identity-answer",
    "ats-niap-offered-sigalg",
]


@pytest.mark.parametrize(
    ("rule_id", "expected", "build"),
    [pytest.param(rule, expected, build, id=f"{rule}: {story}") for rule, story, expected, build in CASES],
)
def test_rule(rule_id: str, expected: Outcome, build: Case) -> None:
    assert outcome(build(), rule_id) is expected


def test_what_an_app_is_not_refused_for_leaves_the_chain_trusted() -> None:
    rules = all_rules()
    assert not [name for name in TRUSTED_STILL if rules[name].severity.fails]


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        ({**GCM, "version": "1.1", "taken": Offered.APPLE, "declined": (ALERT,)}, ["ats-tls12"]),
        (
            {**GCM, "suite": "AES128-GCM-SHA256", "group": None, "taken": Offered.APPLE},
            ["ats-forward-secrecy"],
        ),
        (
            {**GCM, "suite": "DHE-RSA-AES128-SHA", "taken": Offered.ALL},
            ["tls-suite-offered", "ats-cipher-suite"],
        ),
        ({**GOOD, "group": "X448", "taken": Offered.ALL}, ["tls-handshake-offered"]),
    ],
)
def test_one_cause_has_one_failure_at_its_level(transport: dict, expected: list[str]) -> None:
    verdict = met(transport)
    assert [finding.rule_id for finding in verdict.findings if finding.fails] == expected
    assert not verdict.trusted


def test_a_connection_leaves_less_unchecked() -> None:
    unsaid = "what a connection negotiates: TLS version, cipher suite, forward secrecy"
    assert unsaid in chain().not_checked
    assert unsaid not in met().not_checked
