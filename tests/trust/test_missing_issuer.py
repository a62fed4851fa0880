"""Where a chain breaks off: which of the two causes is likelier, and that both repairs are told."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki.model.verdict import Verdict
from tests.chains import AT, DAY, HOST, SERVER, Made, intermediate, judge, leaf, make, root

TOP = root("Example Root")
MIDDLE = intermediate(TOP, "Example Intermediate")
PLAIN = intermediate(TOP, "Example Authority")
LOGGED = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), b"\x04\x02\x00\x00")
AIA = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            x509.oid.AuthorityInformationAccessOID.CA_ISSUERS,
            x509.UniformResourceIdentifier("http://ca.example/ca.der"),
        )
    ]
)
STRANGER = root("Stranger")


def identified(issuer: Made) -> Verdict:
    """A leaf whose authorityKeyIdentifier names whoever issued ISSUER (RFC 5280, 4.2.1.1)."""
    plain = leaf(issuer)
    builder = x509.CertificateBuilder(
        plain.cert.issuer, plain.cert.subject, plain.key.public_key(), 7, AT - DAY, AT + DAY
    )
    names = [x509.DirectoryName(issuer.cert.issuer)]
    above = x509.AuthorityKeyIdentifier(None, names, issuer.cert.serial_number)
    signed = builder.add_extension(above, critical=False).sign(issuer.key, hashes.SHA256())
    return judge(Made(signed, plain.key), anchors=(STRANGER,))


def alone(issuer: Made, *extra: object) -> Verdict:
    return judge(leaf(issuer, extra=tuple((each, False) for each in extra)), anchors=(STRANGER,))


ROOT, PUBLIC, MIDDLE_FIRST = (
    "Likelier: install",
    "Likelier: nothing on a device",
    "Likelier: let the server send",
)


@pytest.mark.parametrize(
    ("verdict", "starts"),
    [
        pytest.param(judge(leaf(MIDDLE), MIDDLE, anchors=(STRANGER,)), ROOT, id="an intermediate was sent"),
        pytest.param(judge(leaf(MIDDLE), MIDDLE, anchors=()), ROOT, id="and nothing is trusted at all"),
        pytest.param(alone(MIDDLE), MIDDLE_FIRST, id="the issuer is called an intermediate"),
        pytest.param(alone(TOP), ROOT, id="the issuer is called a root"),
        pytest.param(alone(PLAIN), ROOT, id="a private CA whose name says nothing"),
        pytest.param(alone(PLAIN, AIA), MIDDLE_FIRST, id="its issuer can be fetched"),
        pytest.param(alone(PLAIN, LOGGED), MIDDLE_FIRST, id="a public CA issues nothing from its root"),
        pytest.param(
            identified(root("Somebody")), ROOT, id="its key identifier says that the issuer is a root"
        ),
        pytest.param(identified(PLAIN), MIDDLE_FIRST, id="its key identifier says who issued the issuer"),
        pytest.param(
            judge(leaf(PLAIN, extra=((LOGGED, False),)), PLAIN, anchors=(STRANGER,)),
            PUBLIC,
            id="a public CA's root, which devices have",
        ),
    ],
)
def test_the_likelier_repair_comes_first_and_the_other_is_told(verdict: Verdict, starts: str) -> None:
    worst = verdict.headline
    assert worst is not None
    assert worst.rule_id == "chain-complete"
    assert worst.fix.startswith(starts)
    assert "install" in worst.fix
    assert "let the server send" in worst.fix
    assert "likelier" in worst.evidence


def test_a_root_without_a_common_name_is_not_to_be_switched_on() -> None:
    worst = alone(root(None)).headline
    assert worst is not None
    assert worst.fix.startswith("Likelier: trust ")
    assert "on a Mac, as iOS has no switch for a root without a CommonName" in worst.fix


@pytest.mark.parametrize(
    ("verdict", "after"),
    [
        pytest.param(alone(TOP), "after its own certificate", id="the leaf's issuer"),
        pytest.param(
            judge(leaf(MIDDLE), MIDDLE, anchors=()), "after Example Intermediate", id="the next one"
        ),
    ],
)
def test_where_the_missing_one_is_to_be_sent_is_said(verdict: Verdict, after: str) -> None:
    worst = verdict.headline
    assert worst is not None
    assert after in worst.fix


@pytest.mark.parametrize(
    ("ca", "alone"),
    [
        pytest.param(None, "can be trusted on a Mac alone; iOS has no switch for it", id="no CA"),
        pytest.param(True, "Else install this very certificate", id="a CA, which iOS lists"),
    ],
)
def test_a_self_signed_server_is_not_told_to_install_a_root(ca: bool | None, alone: str) -> None:
    own = make(HOST, dns=(HOST,), purposes=SERVER, ca=ca)
    worst = judge(own, anchors=(STRANGER,)).headline
    assert worst is not None
    assert worst.fix.startswith("Make a test CA")
    assert alone in worst.fix


@pytest.mark.parametrize(
    ("top", "repair"),
    [
        pytest.param(TOP, "Install this root on the device", id="a root"),
        pytest.param(
            root(None), "Trust this root on a Mac; iOS has no switch for it", id="without a CommonName"
        ),
    ],
)
def test_a_root_that_was_sent_is_not_to_be_installed_where_ios_does_not_list_it(
    top: Made, repair: str
) -> None:
    found = judge(leaf(top), top, anchors=(STRANGER,)).findings
    assert [f.fix.startswith(repair) for f in found if f.rule_id == "chain-anchor-trusted"] == [True]
