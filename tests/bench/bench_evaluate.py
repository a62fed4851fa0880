"""Judging beside `cryptography`'s verifier: one cold chain, and ten thousand leaves under one intermediate."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store

from pki.issue import Authority
from pki.model.caching import forget
from pki.trust import Anchor, Evaluator, evaluate
from tests import clock
from tests.bench.timing import Row, interleaved, print_rows

HOST = "api.example.test"
LEAVES = 10_000


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def rows() -> list[Row]:
    """Both sides start from the same DER."""
    at = clock.now()
    authority = Authority.create(name="Bench CA", at=at)
    chain = [_der(c) for c in authority.issue_server(HOST, at=at).sent_chain]
    root = _der(authority.root)

    def ours() -> object:
        forget()
        return evaluate(chain, host=HOST, at=at, anchors=[Anchor.parse(root)]).trusted

    def theirs() -> object:
        leaf, *others = (x509.load_der_x509_certificate(der) for der in chain)
        store = Store([x509.load_der_x509_certificate(root)])
        verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(HOST))
        return verifier.verify(leaf, others)

    one, peer = interleaved(ours, theirs, rounds=101, per_round=5)
    return [
        Row("one cold chain of three, full verdict / cryptography", one, peer, 4.0),
        _many(authority, root, at),
    ]


def _many(authority: Authority, root: bytes, at: datetime) -> Row:
    """Ten thousand leaves, each judged once: the store and the evaluator are made once, the leaves are read anew."""
    leaves = [_der(authority.issue_server(HOST, at=at).certificate) for _ in range(LEAVES)]
    issuing = _der(authority.issuing.certificate)

    def ours() -> object:
        forget()
        evaluator = Evaluator(at=at, anchors=[Anchor.parse(root)])
        return [evaluator.evaluate([leaf, issuing], host=HOST).trusted for leaf in leaves]

    def theirs() -> object:
        store = Store([x509.load_der_x509_certificate(root)])
        verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(HOST))
        issuer = x509.load_der_x509_certificate(issuing)
        return [verifier.verify(x509.load_der_x509_certificate(leaf), [issuer]) for leaf in leaves]

    batch, peer = interleaved(ours, theirs, rounds=5)
    return Row("10,000 leaves, all findings / cryptography, one store", batch / LEAVES, peer / LEAVES, 1.0)


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
