"""What reports say beyond the rules: Apple's sentences, one fact once, and levels that were not reached."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from pki.model import der
from pki.model.app_errors import APP_ERRORS, AppCause
from pki.model.certificate import CertFacts
from pki.model.codes import APPLE_CHECKS, ErrorGroup
from pki.model.subject_summary import subject_summary
from pki.model.verdict import Level
from pki.report import apple_error as module
from pki.report.app_error import expected_error
from pki.report.apple_error import apple_error
from pki.report.summary import Judged, grouped
from pki.report.verdict import verdict_json, verdict_text
from pki.trust import stand_ins
from pki.trust.stand_ins import stand_in
from tests.chains import AT, CLIENT, DAY, HOST, SERVER, Made, intermediate, judge, key, leaf, make, root

TOP = root()
DESCRIPTION = x509.ObjectIdentifier("2.5.4.13")


def named(
    *attributes: tuple[x509.ObjectIdentifier, str], sans: tuple[x509.GeneralName, ...] = ()
) -> CertFacts:
    name = x509.Name([x509.NameAttribute(*each) for each in attributes])
    builder = x509.CertificateBuilder(name, name, key("p256").public_key(), 1, AT, AT + DAY)
    if sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
    return CertFacts.parse(Made(builder.sign(key("p256"), hashes.SHA256()), None).der)


CN, ORG, UNIT, COUNTRY, MAIL = (
    NameOID.COMMON_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.COUNTRY_NAME,
    NameOID.EMAIL_ADDRESS,
)


@pytest.mark.parametrize(
    ("cert", "summary"),
    [
        pytest.param(named((ORG, "Org"), (CN, "one")), "one", id="the CommonName"),
        pytest.param(named((CN, "one"), (CN, "two")), "two, one", id="several, the last first"),
        pytest.param(named((CN, "one"), (DESCRIPTION, "said")), "one (said)", id="with its description"),
        pytest.param(
            named((ORG, "Org"), sans=(x509.RFC822Name("a@b.test"), x509.DNSName("b.test"))),
            "a@b.test",
            id="without one, the first e-mail address",
        ),
        pytest.param(named((ORG, "Org"), (MAIL, "c@b.test")), "c@b.test", id="which may be the subject's"),
        pytest.param(
            named((ORG, "Org"), sans=(x509.DNSName("b.test"),)), "b.test", id="else the first DNS name"
        ),
        pytest.param(named((ORG, "Org"), (UNIT, "Unit"), (COUNTRY, "CH")), "Unit", id="else the unit"),
        pytest.param(named((COUNTRY, "CH"), (ORG, "Org")), "Org", id="else the organisation"),
        pytest.param(named((COUNTRY, "CH")), "CH", id="else what is there"),
        pytest.param(named(), None, id="and nothing of nothing"),
    ],
)
def test_what_apple_calls_a_certificate(cert: CertFacts, summary: str | None) -> None:
    """Security-61901 SecCertificate.c, SecCertificateCopySubjectSummary."""
    assert subject_summary(cert) == summary


def test_apples_texts_cover_every_group_and_check() -> None:
    assert set(module._SENTENCES) == set(ErrorGroup)
    assert set(module._DETAILS) == set(APPLE_CHECKS)


def test_apples_sentence_and_what_is_underneath() -> None:
    verdict = judge(leaf(TOP, end=AT - DAY), anchors=(TOP,), host="other.example")
    words = apple_error(verdict)
    assert words is not None
    assert words.status == -67602
    assert words.sentence == f"“{HOST}” certificate name does not match input"
    assert words.underlying.startswith(f"Certificate 0 “{HOST}” has errors: ")
    for detail in (
        "Certificate is not temporally valid",
        "SSL hostname does not match name(s) in certificate",
    ):
        assert detail in words.underlying
    assert words.log == "Trust evaluate failure: [leaf SSLHostname TemporalValidity]"
    text = " ".join(verdict_text(verdict, name="x").split())
    assert words.sentence in text
    assert verdict_json(verdict, name="x")["apple_error"]["description"] == words.sentence


def test_a_root_nobody_trusts_is_named_underneath() -> None:
    words = apple_error(judge(leaf(root("Stranger")), root("Stranger"), anchors=(TOP,)))
    assert words is not None
    assert words.sentence == "“Stranger” certificate is not trusted"
    assert words.underlying == "Certificate 1 “Stranger” has errors: Root is not trusted;"
    assert words.log == "Trust evaluate failure: [root AnchorTrusted]"


@pytest.mark.parametrize("policy", ["rfc5280", "webpki"])
def test_by_the_book_apple_says_nothing(policy: str) -> None:
    assert apple_error(judge(leaf(TOP), anchors=(TOP,), host="other.example", policy=policy)) is None


def test_a_small_key_is_one_fact_told_by_the_level_it_fails_first() -> None:
    verdict = judge(leaf(TOP, kind="rsa1024"), anchors=(TOP,))
    told = {f.rule_id: f.same_fact_as for f in verdict.findings if f.fails}
    assert told == {"tls-rsa-2048": None, "ats-key-size": "tls-rsa-2048"}
    (group,) = grouped([f for f in verdict.findings if f.fails])
    assert "ats-key-size" in group.same_fact
    assert verdict.answer(Level.TLS) == "fail"
    assert verdict.answer(Level.ATS) == "not reached"


def test_a_server_that_is_its_own_root_is_one_fact() -> None:
    own = make(HOST, dns=(HOST,), purposes=SERVER)
    verdict = judge(own, anchors=(own,), anchor_class="user-leaf")
    assert verdict.trusted
    (group,) = grouped(verdict.findings)
    assert group.rule.id == "anchor-not-listed"
    assert group.fix.startswith("Make a test CA")
    assert "leaf-self-signed" in group.same_fact


def test_of_two_limits_the_stricter_one_is_the_repair() -> None:
    verdict = judge(leaf(TOP, end=AT + 900 * DAY), anchors=(TOP,), anchor_class="system")
    worst = verdict.headline
    assert worst is not None
    assert worst.rule_id in ("tls-validity-825", "tls-validity-398")
    assert "825 days" not in worst.fix  # a certificate of 825 days would break the next limit


@pytest.mark.parametrize(
    ("verdict", "answers"),
    [
        pytest.param(
            judge(leaf(TOP), anchors=()), ("fail", "not reached", "not reached"), id="the path breaks off"
        ),
        pytest.param(
            judge(leaf(TOP), anchors=(), host="other.example"),
            ("fail", "fail", "not reached"),
            id="and the name is wrong, too",
        ),
        pytest.param(
            judge(leaf(TOP), anchors=(TOP,), anchor_class="app"), ("pass", "pass", "fail"), id="ATS alone"
        ),
        pytest.param(judge(leaf(TOP), anchors=(TOP,)), ("pass", "pass", "pass"), id="nothing"),
    ],
)
def test_a_level_that_was_not_reached_did_not_fail(verdict: object, answers: tuple[str, ...]) -> None:
    assert tuple(map(verdict.answer, Level)) == answers


def test_without_a_host_the_first_line_says_so() -> None:
    unasked = judge(leaf(TOP), anchors=(TOP,), host=None)
    assert unasked.trusted
    assert "trusted, name not checked" in Judged("x", unasked).opening
    assert verdict_json(unasked, name="x")["name_checked"] is False
    client = judge(leaf(TOP, purposes=CLIENT), anchors=(TOP,), host=None, policy="ssl-client")
    assert "name not checked" not in Judged("x", client).opening


def test_without_an_anchor_that_is_the_first_line() -> None:
    text = verdict_text(judge(leaf(TOP), anchors=()), name="x", offer="Give --anchor ROOT.pem.")
    first = " ".join(text.split("x for")[0].split())
    assert first == "no anchor was given: no chain is trusted without one. Give --anchor ROOT.pem."
    assert "no anchor was given" not in verdict_text(judge(leaf(TOP), anchors=(root("B"),)), name="x")[:40]


OFF = {"ats_applies": False}


@pytest.mark.parametrize(
    ("sent", "asked", "cause"),
    [
        pytest.param((make(HOST, dns=(HOST,)),), {}, AppCause.TRUST_UNDER_ATS, id="self-signed, ATS on"),
        pytest.param((make(HOST, dns=(HOST,)),), OFF, AppCause.TRUST_SELF_SIGNED, id="self-signed, ATS off"),
        pytest.param(
            (make(HOST, dns=(HOST,), end=AT + 4000 * DAY),),
            OFF,
            AppCause.TRUST_SELF_SIGNED,
            id="self-signed and living too long, ATS off",
        ),
        pytest.param((leaf(root("S")), root("S")), OFF, AppCause.TRUST_CHAIN, id="a chain, ATS off"),
        pytest.param((leaf(TOP, end=AT - DAY),), {}, AppCause.TRUST_UNDER_ATS, id="expired, ATS on"),
        pytest.param((leaf(TOP, end=AT - DAY),), OFF, AppCause.TRUST_CHAIN, id="expired, ATS off"),
        pytest.param((leaf(TOP),), {}, None, id="nothing"),
    ],
)
def test_what_an_app_sees(sent: tuple[Made, ...], asked: dict, cause: AppCause | None) -> None:
    error = expected_error(judge(*sent, anchors=(TOP,), **asked))
    assert (error.cause if error is not None else None) is cause


def test_every_row_of_what_an_app_sees_carries_its_evidence() -> None:
    assert set(APP_ERRORS) == set(AppCause)
    for row in APP_ERRORS.values():
        assert row.source, row.cause
        assert row.reason, row.cause


@pytest.mark.parametrize(
    ("attributes", "recognised"),
    [
        pytest.param(
            ((ORG, "Acme Co"), (CN, "Kubernetes Ingress Controller Fake Certificate")), True, id="ingress"
        ),
        pytest.param(((CN, "TRAEFIK DEFAULT CERT"),), True, id="Traefik"),
        pytest.param(((ORG, "Plesk"), (CN, "Plesk")), True, id="Plesk"),
        pytest.param(((CN, "host.example"), (ORG, "Unknown"), (MAIL, "ssl@host.example")), True, id="cPanel"),
        pytest.param(
            ((CN, "host.example"), (ORG, "Us"), (MAIL, "ssl@host.example")), False, id="somebody's own ssl@"
        ),
        pytest.param(((CN, "www.snakeoil.dom"), (ORG, "Snake Oil, Ltd")), True, id="snake oil"),
        pytest.param(((CN, "ingress.example.com"),), False, id="a host that is called ingress"),
    ],
)
def test_stand_ins_are_known_by_their_names(
    attributes: tuple[tuple[x509.ObjectIdentifier, str], ...], recognised: bool
) -> None:
    assert (stand_in(named(*attributes)) is not None) is recognised


def test_every_stand_in_of_the_table_has_a_word_that_is_looked_for_first() -> None:
    for _, pattern, _ in stand_ins._KNOWN:
        for name in [pattern] if "(" in pattern else pattern.split("|"):
            assert stand_ins._TELLING.search(name.replace("\\", "").lower().encode()), name


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-32-be"])
def test_a_stand_in_is_known_in_wide_letters(encoding: str) -> None:
    tag, value = {"utf-16-be": 0x1E, "utf-32-be": 0x1C}[encoding], "TRAEFIK DEFAULT CERT".encode(encoding)
    pair = der.encode(der.SEQUENCE, bytes.fromhex("0603550403"), der.encode(tag, value))
    assert stand_ins._fields(der.encode(der.SEQUENCE, der.encode(der.SET, pair))) == (
        ("CN", "TRAEFIK DEFAULT CERT"),
    )


def test_another_certificate_judged_as_a_servers_is_named() -> None:
    code = x509.oid.ExtendedKeyUsageOID.CODE_SIGNING
    worst = judge(leaf(TOP, purposes=(code,)), anchors=(TOP,)).headline
    assert worst is not None
    assert "code-signing certificate" in worst.evidence
    assert worst.fix.startswith("Give the server a certificate of its own")
    client = judge(leaf(TOP, purposes=CLIENT), anchors=(TOP,)).headline
    assert client is not None
    assert "client identity" in client.evidence
    server = judge(leaf(TOP, purposes=SERVER), anchors=(TOP,), policy="ssl-client", host=None).headline
    assert server is not None
    assert "server's certificate" in server.evidence


def test_a_verdict_of_two_certificates_tells_each_ones_facts() -> None:
    """One fact is about one certificate: a small key above is another one."""
    middle = intermediate(TOP, kind="rsa1024")
    verdict = judge(leaf(middle, kind="rsa1024"), middle, anchors=(TOP,))
    assert len([f for f in verdict.failures if f.rule_id == "tls-rsa-2048"]) == 2
    assert replace(verdict, findings=()).trusted
