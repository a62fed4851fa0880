"""The three verdicts of every edge server in the reference's catalogue that can be judged from its chain."""

from __future__ import annotations

import pytest

from pki.errors import InvalidRequest
from pki.model.codes import Severity
from pki.model.verdict import Level, Verdict
from pki.trust import Anchor, evaluate
from tests.chains import AT, Made
from tests.section7 import MUTUAL, NOT_A_CHAIN, ROWS, Asked, Certificate, Row, excepted

# The first column of the table, in its order; the last row stands for the eight of section 5.
CATALOGUE = [
    "good-ec",
    "good-rsa",
    "good-rsa4096",
    "good-p384",
    "good-p521",
    "good-tls13-only",
    "untrusted-root",
    "profile-not-enabled",
    "app-anchor",
    "self-signed",
    "self-signed-trusted",
    "missing-intermediate",
    "missing-intermediate-aia",
    "chain-shuffled",
    "chain-extra",
    "chain-with-root",
    "expired-leaf",
    "expired-intermediate",
    "expired-root",
    "not-yet-valid",
    "bad-signature",
    "not-a-ca",
    "no-basic-constraints",
    "no-keycertsign",
    "pathlen",
    "name-constraint",
    "critical-unknown",
    "duplicate-ext",
    "aki-mismatch",
    "empty-subject",
    "empty-subject-critical",
    "rsa512",
    "rsa1024",
    "rsa1024-ca",
    "p224",
    "ed25519",
    "md5",
    "sha1-leaf",
    "sha1-intermediate",
    "sha1-root",
    "sha224",
    "wrong-host",
    "cn-only",
    "wildcard-ok",
    "wildcard-deep",
    "wildcard-apex",
    "wildcard-partial",
    "wildcard-tld",
    "san-uppercase",
    "host-trailing-dot",
    "ip-san",
    "ip-in-dns-san",
    "ip-in-cn",
    "eku-missing",
    "eku-any",
    "eku-client",
    "eku-subca-client",
    "validity-825",
    "validity-826",
    "validity-399-user",
    "validity-399-system",
    "validity-201-system",
    "validity-10y-2018",
    "no-sct-system",
    "no-sct-user",
    "revoked",
    "leaf-is-ca",
    "http-cleartext",
    "tls10-only",
    "tls11-only",
    "static-rsa-only",
    "dhe-only",
    "cbc-ecdhe-only",
    "cbc-sha256-only",
    "tls12-no-ems",
    "ffdhe-group-only",
    "mlkem-only",
    "pin-ca-mismatch",
    "pin-leaf-mismatch",
    "ats-exc-port",
    "ats-exc-case",
    "ats-exc-wildcard",
    "mtls-required-none",
]


def _der(certificate: Certificate) -> bytes:
    return certificate.der if isinstance(certificate, Made) else certificate


def judged(asked: Asked) -> Verdict:
    return evaluate(
        [_der(sent) for sent in asked.sent],
        host=asked.host,
        at=AT,
        anchors=[Anchor.parse(_der(anchor), asked.anchor_class) for anchor in asked.anchors],
        policy=asked.policy,
        ats=asked.ats,
        evidence=asked.evidence,
        fetch=asked.fetch,
    )


def _ids(rows: tuple[Row, ...]) -> list[str]:
    return [f"{row.id}: {row.cells or 'nothing to judge'}" for row in rows]


@pytest.mark.parametrize("row", ROWS + MUTUAL, ids=_ids(ROWS + MUTUAL))
def test_the_verdicts_of_the_table(row: Row) -> None:
    asked = row.build()
    if not row.cells:
        with pytest.raises(InvalidRequest, match="holds no certificate"):
            judged(asked)
        return
    verdict = judged(asked)
    assert "".join("P" if verdict.passes(level) else "F" for level in verdict.levels) == row.cells
    status = verdict.headline.rule.status if verdict.headline else None
    assert (status[0] if status else None) == row.status
    if verdict.trusted:
        warned = {finding.rule_id for finding in verdict.findings if finding.severity is Severity.WARNING}
        assert warned == ({row.warning} if row.warning else set())


def test_every_scenario_of_the_catalogue_is_accounted_for() -> None:
    judged_here = dict.fromkeys(row.id for row in ROWS)
    assert len(CATALOGUE) == 83
    assert set(CATALOGUE) == {*judged_here, *NOT_A_CHAIN, "mtls-required-none"}
    assert len(judged_here) + len(NOT_A_CHAIN) + 1 == len(CATALOGUE)


def test_the_rows_that_pass_with_a_warning_and_no_others_have_one() -> None:
    """The `w` of the table; cbc-ecdhe-only has one too, and only a connection shows it."""
    assert {row.id for row in ROWS if row.warning} == {
        "self-signed-trusted",
        "missing-intermediate-aia",
        "chain-shuffled",
        "chain-extra",
        "host-trailing-dot",
        "eku-missing",
        "eku-any",
        "validity-201-system",
        "leaf-is-ca",
    }


def test_the_exception_that_is_spelled_right_lets_the_app_decide() -> None:
    """What the three ats-exc rows miss by their spelling."""
    assert judged(excepted("test.example")()).passes(Level.ATS)
