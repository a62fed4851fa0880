"""Input made to hurt: huge, deep, cyclic, cut short. An answer or a clear refusal, soon, in bounded memory.

Times are processor seconds with a wide margin: each of these takes a fraction of a second, and took ten or more
where work grew with the square of something.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from cryptography import x509

from pki.errors import PkiError, Unreadable
from pki.issue.defects import Defect, Draft, changing_extensions, sign_again
from pki.load import load_certificates
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.der import encode as tlv
from pki.model.verdict import Verdict
from pki.report.verdict import verdict_text
from pki.trust import issuers_above, search
from tests import clock
from tests.chains import AT, DAY, HOST, Made, headline, intermediate, judge, leaf, make, root
from tests.shell import environment

SECONDS = 30.0  # no claim of speed: what goes wrong here takes minutes, and coverage makes everything slow
SAN, EKU, POLICIES, MAPPINGS = (
    bytes.fromhex(oid) for oid in ("0603551d11", "0603551d25", "0603551d20", "0603551d21")
)
UNKNOWN = bytes.fromhex("06032a0304")


@contextmanager
def soon() -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS


def extension(oid: bytes, value: bytes, *, critical: bool = False) -> bytes:
    return tlv(0x30, oid, b"\x01\x01\xff" if critical else b"", tlv(0x04, value))


def with_only(*extensions: bytes) -> bytes:
    """A leaf of the common root with these extensions and no others."""
    return sign_again(leaf(root()).der, changing_extensions(lambda _: extensions), key=root().key)


def judged(*sent: bytes | Made, policy: str = "apple", anchors: tuple[Made, ...] = ()) -> Verdict:
    return judge(*sent, anchors=anchors or (root(),), policy=policy)


def oid(number: int) -> bytes:
    """One of 100,000 OBJECT IDENTIFIERs, 1.2.x."""
    arc = number + (1 << 14)
    return tlv(0x06, bytes((0x2A, 0x80 | arc >> 14, 0x80 | arc >> 7 & 0x7F, arc & 0x7F)))


@pytest.mark.parametrize("policy", ["apple", "webpki"])
@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(with_only(extension(UNKNOWN, bytes(1_000_000))), id="a megabyte nobody knows"),
        pytest.param(with_only(extension(SAN, tlv(0x30, b"\x82\x00" * 500_000))), id="500,000 empty names"),
        pytest.param(
            with_only(extension(SAN, tlv(0x30, tlv(0x82, b"a" * 1_000_000)))), id="one name of a megabyte"
        ),
        pytest.param(with_only(extension(EKU, tlv(0x30, *map(oid, range(100_000))))), id="100,000 purposes"),
        pytest.param(
            with_only(extension(POLICIES, tlv(0x30, *(tlv(0x30, oid(n)) for n in range(100_000))))),
            id="100,000 policies",
        ),
        pytest.param(with_only(*[extension(UNKNOWN, b"")] * 9_999), id="one extension 9,999 times"),
        pytest.param(
            with_only(*(extension(oid(n), b"", critical=True) for n in range(9_999))),
            id="9,999 critical extensions",
        ),
        pytest.param(
            leaf(root(), dns=tuple(f"h{n}.test.example" for n in range(10_000))).der, id="10,000 names"
        ),
        pytest.param(
            leaf(root(), dns=tuple(f"*.h{n}.example" for n in range(2_000))).der, id="2,000 wildcards"
        ),
    ],
)
def test_a_huge_certificate_is_judged_soon(certificate: bytes, policy: str) -> None:
    with soon():
        verdict = judged(certificate, policy=policy)
        assert len(verdict_text(verdict, name="x")) < 100_000


def test_the_one_good_name_is_found_as_the_last_that_apple_reads() -> None:
    with soon():
        assert judged(leaf(root(), dns=(*(f"h{n}.test.example" for n in range(8_192)), HOST))).trusted


def test_what_stands_behind_the_names_that_apple_reads_is_not_there() -> None:
    sent = leaf(root(), dns=(*(f"h{n}.test.example" for n in range(8_193)), HOST))
    verdict = judged(sent)
    assert headline(verdict) == "san-dns-match"
    assert "the first 8,193 names" in verdict.findings[0].evidence
    assert "rfc5280-encoding" in {found.rule_id for found in judged(sent, policy="rfc5280").findings}


def test_ten_thousand_extensions_are_refused_as_apple_refuses_them() -> None:
    with pytest.raises(Unreadable, match="more than 9,999 extensions"):
        CertFacts.parse(with_only(*[extension(UNKNOWN, b"")] * 10_000))


def test_sixteen_megabytes_are_refused_unread() -> None:
    with soon(), pytest.raises(Unreadable, match="16,777,217 bytes"):
        CertFacts.parse(bytes(16 * 1024 * 1024 + 1))


@pytest.mark.slow
@pytest.mark.parametrize("wrapper", [0x30, 0xA0, 0x31])
def test_deep_nesting_is_no_recursion(wrapper: int) -> None:
    deep = b"\x05\x00"
    while len(deep) < 500_000:
        deep = der.encode(wrapper, deep)
    with soon():
        judged(with_only(extension(SAN, deep), extension(UNKNOWN, deep)))
        for data in (deep, b"\x30\x80" * 500_000, b"\x24\x80" * 500_000):
            with pytest.raises(PkiError):
                load_certificates(data, name="deep")


def test_a_certificate_cut_anywhere_is_refused() -> None:
    whole = leaf(root(), ips=("192.0.2.1",)).der
    for end in range(len(whole)):
        with pytest.raises(PkiError):
            CertFacts.parse(whole[:end])
        with pytest.raises(PkiError):
            load_certificates(whole[:end], name="cut")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(1_000_000), id="a megabyte of zeros"),
        pytest.param(b"<!doctype html><title>404</title>", id="a web page"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(100), id="a picture"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n" * 10_000, id="10,000 BEGIN lines"),
        pytest.param(b"MIIB" * 250_000, id="a megabyte of base64"),
        pytest.param(b"\xff" * 1_000_000, id="a megabyte of ones"),
    ],
)
def test_what_is_no_certificate_is_refused_with_a_hint(data: bytes) -> None:
    with soon():
        for read in (lambda: load_certificates(data, name="x"), lambda: CertFacts.parse(data)):
            with pytest.raises(PkiError) as refusal:
                read()
            assert refusal.value.hint


def test_dates_whose_offset_leads_out_of_time() -> None:
    """The year 10000 does not fit a datetime: the last moment there is stands for it."""

    def changed(draft: Draft) -> Draft:
        times = (tlv(0x17, b"260101000000Z"), tlv(0x18, b"99991231235959-2359"))
        return replace(draft, validity=tlv(0x30, *times))

    odd = CertFacts.parse(sign_again(leaf(root()).der, changed, key=root().key))
    assert odd.not_after.year == 9999
    assert headline(judged(odd.der)) == "tls-validity-825"


class Counted:
    """How often something is called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.calls = 0
        original = getattr(search, name)

        def counting(*args: object, **named: object) -> object:
            self.calls += 1
            return original(*args, **named)

        for module in (search, issuers_above):
            monkeypatch.setattr(module, name, counting)


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Signature checks of the path search."""
    return Counted(monkeypatch, "verified")


def crossed(child: str, parent: str, seconds: int = 0) -> Made:
    """CHILD's certificate by PARENT; SECONDS tell several of a kind apart."""
    return make(
        child,
        root(parent),
        ca=True,
        sign_certs=True,
        start=AT - DAY - timedelta(seconds=seconds),
        end=AT + DAY,
    )


def test_a_pool_of_two_thousand_of_one_name(signatures: Counted) -> None:
    pool = [
        make("Root", ca=True, key_tag="other", start=AT - timedelta(seconds=n), end=AT + DAY)
        for n in range(2_000)
    ]
    with soon():
        verdict = judged(leaf(root()), *pool, anchors=(root("Elsewhere"),))
    assert headline(verdict) == "cert-signature-valid"
    assert signatures.calls <= search.MAX_SIGNATURES
    assert any("signature checks" in miss for miss in verdict.near_misses)


def test_thousands_of_strangers_in_the_pool_cost_nothing(signatures: Counted) -> None:
    pool = [make(f"Stranger {n}", key_tag="stranger", ca=True) for n in range(2_000)]
    middle = intermediate(root())
    with soon():
        assert judged(leaf(middle), *pool, middle).trusted
    assert signatures.calls == 2


def test_a_graph_of_exponentially_many_paths(signatures: Counted) -> None:
    """Twelve levels of six: two thousand million paths, and none of them ends in an anchor."""
    pool = [crossed(f"L{n}", f"L{n + 1}", seconds) for n in range(12) for seconds in range(6)]
    with soon():
        verdict = judged(leaf(root("L0")), *pool, anchors=(root("Elsewhere"),))
    assert headline(verdict) == "chain-complete"
    assert signatures.calls <= search.MAX_SIGNATURES
    assert verdict.near_misses == (f"the path search stopped after {search.MAX_PATHS} paths",)


def test_a_good_path_through_that_graph_is_found() -> None:
    pool = [crossed(f"L{n}", f"L{n + 1}", seconds) for n in range(5) for seconds in range(6)]
    with soon():
        assert judge(leaf(root("L0")), *pool, anchors=(root("L5"),)).trusted


def test_cas_that_certify_each_other_in_circles() -> None:
    names = [f"Circle {n}" for n in range(10)]
    pool = [crossed(child, parent) for child, parent in permutations(names, 2)]
    with soon():
        verdict = judged(leaf(root(names[0])), *pool, anchors=(root("Elsewhere"),))
    assert headline(verdict) == "chain-complete"
    with soon():
        assert judge(leaf(root(names[0])), *pool, anchors=(root(names[9]),)).trusted


def subtrees(count: int, *more: str) -> tuple[x509.GeneralName, ...]:
    return tuple(x509.DNSName(name) for name in (*(f"h{n}.invalid" for n in range(count)), *more))


NAMES = (*(f"h{n}.example" for n in range(8_192)), HOST)


@pytest.mark.parametrize(
    ("changes", "trusted"),
    [
        pytest.param({"permit": subtrees(999, "example")}, True, id="permitted by the last of a thousand"),
        pytest.param({"exclude": subtrees(1_000)}, True, id="excluded by none of a thousand"),
        pytest.param({"permit": subtrees(1_000)}, False, id="permitted by none"),
        pytest.param(
            {"permit": subtrees(8_000, "example")}, False, id="eight thousand: more than Apple takes"
        ),
    ],
)
def test_name_constraints_on_as_many_names_as_apple_reads(
    changes: dict[str, tuple[x509.GeneralName, ...]], trusted: bool
) -> None:
    middle = intermediate(root(), permit=changes.get("permit", ()), exclude=changes.get("exclude", ()))
    with soon():
        verdict = judged(leaf(middle, dns=NAMES), middle)
    assert verdict.trusted is trusted
    assert trusted or headline(verdict) == "name-constraints"


MAIL = tuple(f"a{n}@test.example" for n in range(5_000))


def test_by_the_book_a_million_comparisons_are_the_limit() -> None:
    """OpenSSL, BoringSSL and cryptography refuse what takes more, so a standard validator does."""
    middle = intermediate(root(), exclude=tuple(x509.RFC822Name(f"h{n}.invalid") for n in range(1_000)))
    with soon():
        verdict = judged(leaf(middle, emails=MAIL), middle, policy="rfc5280")
    assert headline(verdict) == "name-constraints"
    assert "1,048,576 comparisons" in verdict.findings[0].evidence
    with soon():
        assert judged(leaf(middle, emails=MAIL[:500]), middle, policy="rfc5280").trusted


def test_apple_knows_no_such_limit_and_a_search_is_short() -> None:
    middle = intermediate(root(), exclude=tuple(x509.RFC822Name(f"h{n}.invalid") for n in range(1_000)))
    with soon():
        assert judged(leaf(middle, emails=MAIL), middle).trusted


def test_addresses_under_masks_that_are_no_prefix_are_searched_up_to_a_limit() -> None:
    masks = [tlv(0x30, tlv(0x87, bytes((10, 9, 9, 1, 8, n % 256, n // 256, 1)))) for n in range(1_000)]
    value = tlv(0x30, tlv(0xA1, *masks))
    middle = intermediate(
        root(), extra=((x509.UnrecognizedExtension(x509.oid.ExtensionOID.NAME_CONSTRAINTS, value), True),)
    )
    addresses = tuple(f"192.0.{n // 256}.{n % 256}" for n in range(1_000))
    with soon():
        verdict = judged(leaf(middle, ips=addresses), middle)
    assert headline(verdict) == "name-constraints"
    assert "262,144 searches" in verdict.findings[0].evidence
    with soon():
        assert judged(leaf(middle, ips=addresses[:200]), middle).trusted


@pytest.mark.parametrize("policy", ["apple", "rfc5280"])
def test_policies_mapped_each_to_each(policy: str) -> None:
    """Three CAs, 1,023 mappings each, as many as Apple reads: the textbook's tree would have 32 to the third leaves."""
    policies = extension(POLICIES, tlv(0x30, *(tlv(0x30, oid(n)) for n in range(200))))
    pairs = [tlv(0x30, oid(a), oid(b)) for a in range(32) for b in range(32)][:1_023]
    mappings = extension(MAPPINGS, tlv(0x30, *pairs))
    issuer, sent = root(), list[Made]()
    for name in ("One", "Two", "Three"):
        plain = intermediate(issuer, name)
        data = sign_again(plain.der, changing_extensions(lambda e: [*e, policies, mappings]), key=issuer.key)
        issuer = Made(x509.load_der_x509_certificate(data), plain.key)
        sent.insert(0, issuer)
    server = sign_again(leaf(issuer).der, changing_extensions(lambda e: [*e, policies]), key=issuer.key)
    with soon():
        assert judged(server, *sent, policy=policy).trusted


MEBIBYTE = 1 << 20
ROOM = 64 * MEBIBYTE


def in_little_memory() -> None:
    """Judge hostile certificates one by one; what is remembered of all of them must fit in ROOM."""
    import resource

    def judge_and_forget(certificate: bytes) -> None:
        with suppress(PkiError):
            judged(leaf(root()), certificate)

    attribute = tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(0x0C, b"x")))

    def long_name(number: int) -> Defect:
        own = tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(0x0C, b"%d" % number)))
        return lambda draft: replace(draft, subject=tlv(0x30, own, attribute * 40_000))

    many_names = extension(SAN, tlv(0x30, b"\x82\x00" * 7_500))
    for number in range(200):
        judge_and_forget(with_only(many_names, extension(oid(number), b"")))
        judge_and_forget(with_only(extension(UNKNOWN, bytes(MEBIBYTE) + b"%d" % number)))
        if number % 8 == 0:
            judge_and_forget(sign_again(leaf(root()).der, long_name(number), key=root().key))
        if number == 0:  # everything is imported by now
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            limit = pages * resource.getpagesize() + ROOM
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    print("done")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits on address space are Linux's")
def test_what_is_remembered_of_strangers_is_bounded() -> None:
    code = "from tests.trust.test_hostile_input import in_little_memory; in_little_memory()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr[-2000:]
