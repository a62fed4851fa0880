"""Authorities that were made elsewhere: what their certificates say is what issuing goes by."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from pki.errors import InvalidRequest
from pki.issue import Authority
from pki.issue.adoption import check_adoptable
from pki.issue.constraints import certifies_any_name, read_permitted
from pki.issue.limits import Limits
from pki.issue.path_length import levels_below
from pki.issue.permitted import NotPermitted
from pki.model.identity import Identity
from pki.trust import Anchor, evaluate
from tests.foreign import made
from tests.openssl import OPENSSL, openssl_refusal

DAY = timedelta(days=1)
Root = Callable[..., Identity]


def constraints(
    permitted: list[x509.GeneralName], excluded: list[x509.GeneralName] | None = None
) -> x509.NameConstraints:
    return x509.NameConstraints(permitted or None, excluded)


@OPENSSL
@pytest.mark.parametrize(
    ("limits", "allowed", "refused"),
    [
        pytest.param(
            constraints([x509.DNSName("a.test")]), ["x.a.test", "192.168.1.1", "me@b.test"], ["b.test"],
            id="hosts alone: every other type is free",
        ),
        pytest.param(
            constraints([x509.RFC822Name("a.test")]), ["any.test", "10.0.0.1", "me@a.test"], ["me@b.test"],
            id="mailboxes alone",
        ),
        pytest.param(
            constraints([x509.DNSName(".a.test")]), ["x.a.test"], ["a.test"],
            id="with a leading dot: names below it",
        ),
        pytest.param(
            constraints([], [x509.DNSName("a.test")]), ["b.test", "10.0.0.1"], ["a.test", "x.a.test"],
            id="only excluded",
        ),
    ],
)  # fmt: skip
def test_a_type_of_name_that_is_not_mentioned_is_free(
    limits: x509.NameConstraints, allowed: list[str], refused: list[str], at: datetime, tmp_path: Path
) -> None:
    """RFC 5280, 4.2.1.10; OpenSSL is asked about each that is issued."""
    authority = Authority(made(at, x509.SubjectKeyIdentifier(bytes(20)), limits))
    for name in allowed:
        leaf = authority.issue_client("who", name, at=at)
        chain = (leaf.certificate, *leaf.issuers)
        assert openssl_refusal(tmp_path, chain, "-attime", str(int(at.timestamp()))) == ""
    for name in refused:
        with pytest.raises(InvalidRequest):
            authority.issue_client("who", name, at=at)


def test_what_is_free_is_said_and_what_permits_any_host_permits_any_site(at: datetime) -> None:
    hosts = made(at, constraints([x509.DNSName("a.test")])).certificate
    assert str(read_permitted(hosts)) == "a.test, any address, any mailbox, any URI"
    assert not certifies_any_name(hosts)
    mailboxes = made(at, constraints([x509.RFC822Name("a.test")])).certificate
    assert certifies_any_name(mailboxes)
    with pytest.raises(NotPermitted, match=r"Permitted: @a\.test, any host, any address, any URI"):
        Authority(made(at, constraints([x509.RFC822Name("a.test")]))).issue_client("me@b.test", at=at)


def test_an_authority_below_is_held_to_what_is_constrained_alone(at: datetime) -> None:
    authority = Authority(made(at, constraints([x509.DNSName("a.test")])))
    authority.issue_intermediate("Below", at=at, permit=["x.a.test", "10.0.0.0/8"])
    with pytest.raises(InvalidRequest, match="reaches beyond"):
        authority.issue_intermediate("Below", at=at, permit=["b.test"])


def test_below_an_authority_without_a_key_identifier_its_key_is_named_all_the_same(at: datetime) -> None:
    leaf = Authority(made(at)).issue_server("api.test", at=at)
    named = leaf.certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = x509.SubjectKeyIdentifier.from_public_key(leaf.issuers[0].public_key())
    assert named.key_identifier == own.digest
    ders = [one.public_bytes(Encoding.DER) for one in (leaf.certificate, *leaf.issuers)]
    assert evaluate(ders[:1], host="api.test", at=at, anchors=[Anchor.parse(ders[1], "user")]).trusted


@pytest.mark.parametrize("digest", [b"\x01" * 8, b"\x02" * 32], ids=["eight bytes", "32 bytes"])
def test_a_key_identifier_of_anothers_making_is_repeated(digest: bytes, at: datetime) -> None:
    """RFC 7093 and others make them otherwise; Apple and OpenSSL compare what is written, not what could be computed."""
    foreign = made(at, x509.SubjectKeyIdentifier(digest))
    leaf = Authority(foreign).issue_server("api.test", at=at)
    named = leaf.certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert named.key_identifier == digest
    signer = Authority.create(name="Signer", at=at)
    across = signer.cross_certify(foreign.certificate, at=at)
    assert across.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest == digest
    ders = [one.public_bytes(Encoding.DER) for one in (leaf.certificate, across, *signer.chain)]
    assert evaluate(ders[:-1], host="api.test", at=at, anchors=[Anchor.parse(ders[-1], "user")]).trusted


@pytest.mark.parametrize(
    ("lengths", "room"),
    [
        pytest.param((None,), None, id="no limit"),
        pytest.param((0,), 0, id="0"),
        pytest.param((3,), 3, id="3"),
        pytest.param((None, 1), 0, id="used up above"),
        pytest.param((5, 2), 1, id="the nearer of two"),
        pytest.param((None, None, 1), -1, id="more below than allowed"),
    ],
)
def test_the_room_below_is_the_least_that_any_certificate_leaves(
    lengths: tuple[int | None, ...], room: int | None, at: datetime
) -> None:
    identity: Identity | None = None
    for length in reversed(lengths):
        identity = made(at, path_length=length, below=identity)
    assert identity is not None
    chain = (identity.certificate, *identity.issuers)
    assert levels_below(chain) == room
    if room is not None and room < 0:
        with pytest.raises(
            InvalidRequest, match="stands below more authorities than a path length above it allows"
        ):
            check_adoptable(identity, at=at)
        return
    check_adoptable(identity, at=at)
    if room == 0:
        with pytest.raises(InvalidRequest, match="may have no authority below it"):
            Authority(identity).issue_intermediate("Below", at=at)
    else:
        below = Authority(identity).issue_intermediate("Below", at=at)
        assert below.levels_below == (None if room is None else room - 1)


def test_a_self_issued_certificate_takes_no_room(at: datetime) -> None:
    """RFC 5280, 6.1.4 (l): a CA's new key, certified by its old one."""
    old = made(at, path_length=0)
    new = made(at, path_length=0, below=old, name=old.certificate.subject)
    assert levels_below((new.certificate, old.certificate)) == 0
    check_adoptable(new, at=at)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(_ASN1Type.UTF8String, "Größe", id="UTF8String"),
        pytest.param(_ASN1Type.PrintableString, "Acme CA", id="PrintableString"),
        pytest.param(_ASN1Type.IA5String, "Acme CA", id="IA5String"),
        pytest.param(_ASN1Type.BMPString, "Größe", id="BMPString"),
        pytest.param(_ASN1Type.T61String, "Acme CA", id="TeletexString, ASCII"),
    ],
)
def test_the_issuers_name_is_repeated_byte_for_byte(kind: _ASN1Type, text: str, at: datetime) -> None:
    """As another program encoded it: OpenSSL and Apple normalise some types of string and not others."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _type=kind)])
    identity = made(at, name=name)
    check_adoptable(identity, at=at)
    leaf = Authority(identity).issue_server("api.test", at=at)
    assert leaf.certificate.issuer.public_bytes() == identity.certificate.subject.public_bytes()


def test_a_root_alone_has_the_path_length_that_says_so(at: datetime) -> None:
    authority = Authority.create(name="Lone", at=at, root_only=True)
    assert authority.chain == (authority.root,)
    assert (authority.levels_below, authority.parent) == (0, None)
    leaf = authority.issue_server("api.test", at=at)
    assert leaf.sent_chain == (leaf.certificate,)
    assert leaf.root == authority.root


COMPANY = x509.DirectoryName(x509.Name.from_rfc4514_string("O=Acme,C=DE"))
UPN_TREE = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x0a@corp.test")
RID_TREE = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))


@pytest.mark.parametrize(
    ("permitted", "excluded", "names", "subject", "refusal"),
    [
        pytest.param(
            [COMPANY], None, ("a.test",), None, '--subject "O=Acme,C=DE"', id="no subject of theirs"
        ),
        pytest.param([COMPANY], None, ("a.test",), "O=Other,C=DE", "outside", id="another's subject"),
        pytest.param([COMPANY], None, ("a.test",), "OU=Web,O=Acme,C=DE", "", id="a subject of theirs"),
        pytest.param([COMPANY], None, ("a.test",), "O=ACME,C=DE", "", id="in other letters, RFC 5280, 7.1"),
        pytest.param(
            [COMPANY],
            None,
            ("a.test", "dirName:O=Other"),
            "O=Acme,C=DE",
            "O=Other is outside",
            id="a dirName",
        ),
        pytest.param(None, [COMPANY], ("a.test",), "O=Acme,C=DE", "is excluded", id="an excluded subject"),
        pytest.param(None, [COMPANY], ("a.test",), "O=Other,C=DE", "", id="one that is not"),
        pytest.param([UPN_TREE], None, ("a.test", "upn:a@corp.test"), None, "no verifier", id="a UPN"),
        pytest.param(
            [UPN_TREE], None, ("a.test", "srv:_imap.a.test"), None, "no verifier", id="an otherName"
        ),
        pytest.param([UPN_TREE], None, ("a.test", "RID:1.2.3"), None, "", id="a type that is not mentioned"),
        pytest.param(None, [RID_TREE], ("a.test", "RID:1.2.3.4"), None, "no verifier", id="a registered ID"),
        pytest.param([RID_TREE], None, ("a.test",), None, "", id="none of it"),
    ],
)
def test_what_no_verifier_would_take_is_refused_before_it_is_signed(
    permitted: list[x509.GeneralName] | None,
    excluded: list[x509.GeneralName] | None,
    names: tuple[str, ...],
    subject: str | None,
    refusal: str,
    at: datetime,
) -> None:
    """And what is signed passes by the book: subjects, and the types that nobody compares (RFC 5280, 4.2.1.10)."""
    root = made(at, x509.NameConstraints(permitted, excluded))
    authority, above = Authority(root), root.certificate
    with pytest.raises(InvalidRequest, match=refusal) if refusal else contextlib.nullcontext():
        leaf = authority.issue_server(*names, at=at, subject=subject)
    if not refusal:
        anchor = Anchor.parse(above.public_bytes(Encoding.DER), "user")
        ders = [leaf.certificate.public_bytes(Encoding.DER)]
        verdict = evaluate(ders, host="a.test", at=at, anchors=[anchor], policy="rfc5280")
        assert not [one.evidence for one in verdict.findings if one.rule_id == "name-constraints"]


@pytest.mark.parametrize(
    ("permitted", "excluded", "words"),
    [
        pytest.param(None, [x509.DNSName("bad.test")], "any name, but never bad.test", id="excluded alone"),
        pytest.param([COMPANY], None, "any name; only subjects below O=Acme,C=DE", id="subjects"),
        pytest.param(None, [COMPANY], "any name; no subject below O=Acme,C=DE", id="excluded subjects"),
        pytest.param([UPN_TREE], None, "any name; no name of the kinds upn, srv, otherName", id="UPNs"),
        pytest.param(
            [x509.DNSName("a.test")],
            [x509.DNSName("b.a.test")],
            "only a.test, any address, any mailbox, any URI, but never b.a.test",
            id="both",
        ),
    ],
)
def test_what_an_authority_may_certify_is_said_with_what_it_may_not(
    permitted: list[x509.GeneralName] | None,
    excluded: list[x509.GeneralName] | None,
    words: str,
    at: datetime,
) -> None:
    root = made(at, x509.NameConstraints(permitted, excluded))
    assert str(Limits.of([root.certificate])) == words
