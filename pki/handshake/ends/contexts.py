"""Settings become OpenSSL contexts. A context is frozen once used, and serves any number of connections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from OpenSSL import SSL, crypto

from pki.errors import InvalidRequest
from pki.handshake.acceptance.revoked_peers import revoked_client, revoked_text
from pki.handshake.acceptance.server_judge import ServerJudge
from pki.handshake.acceptance.stapling import check_staple
from pki.handshake.ends import binding
from pki.handshake.ends.certificates import Encoder, ders
from pki.handshake.ends.openssl_offer import make_offer
from pki.handshake.ends.recorder import install_callbacks, on_path, on_staple, on_verify
from pki.handshake.ends.settings import ClientCertificates, ClientSettings, ServerSettings
from pki.trust import Anchor

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import Certificate, CertificateRevocationList

    from pki.handshake.acceptance.client_policies import Refusal
    from pki.handshake.ends.recorder import JudgePath
    from pki.handshake.ends.tls_offer import Offer
    from pki.model.identity import Identity

_CLIENTS = frozenset({SSL.TLS_CLIENT_METHOD, SSL.DTLS_CLIENT_METHOD})
_DATAGRAMS = frozenset({SSL.DTLS_CLIENT_METHOD, SSL.DTLS_SERVER_METHOD})
_DTLS12 = 0xFEFD  # RFC 6347, 4.1: the ones' complement of 1.2; pyOpenSSL has no name for it
# openssl/ssl.h: SSL_MODE_NO_AUTO_CHAIN, which pyOpenSSL has no name for. Without it OpenSSL completes the chain it
# sends from its own verify store, and a client that should send its leaf alone sends the intermediates too.
_NO_AUTO_CHAIN = 0x8
_VERIFY = {
    ClientCertificates.REQUIRED: SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
    ClientCertificates.OPTIONAL: SSL.VERIFY_PEER,
    ClientCertificates.NONE: SSL.VERIFY_NONE,
}


@dataclass(frozen=True, slots=True)
class ClientContext:
    """A client made ready: its settings in OpenSSL's hands, and what its records repeat, as DER."""

    settings: ClientSettings
    tls: SSL.Context
    judge: ServerJudge
    server_name: str | None  # SNI
    own_chain: tuple[bytes, ...]
    own_issuers: tuple[bytes, ...]
    anchors: tuple[bytes, ...]
    known: Encoder  # the anchors, by what OpenSSL makes of them

    @classmethod
    def prepare(cls, settings: ClientSettings, *, at: datetime, datagrams: bool = False) -> ClientContext:
        """Make a client ready that judges certificates as of `at`; with `datagrams` it speaks DTLS 1.2.

        Raises:
            InvalidRequest: AT has no time zone, or OpenSSL will not present this identity.
        """
        tls = _context(SSL.DTLS_CLIENT_METHOD if datagrams else SSL.TLS_CLIENT_METHOD, settings.offer, at=at)
        if settings.identity is not None:
            use_identity(tls, settings.identity, settings.sent_chain)
        tls.set_verify(SSL.VERIFY_PEER, on_verify)
        binding.filter_verify_callback(tls, SSL.VERIFY_PEER, on_path)
        tls.set_ocsp_client_callback(on_staple)
        known = _trust(tls, settings.trusted_roots, at=at)
        if settings.keylog is not None:
            log = settings.keylog
            tls.set_keylog_callback(lambda _, line: log(line))
        if settings.offer.alpn:
            tls.set_alpn_protos([protocol.encode("ascii") for protocol in settings.offer.alpn])
        return cls(
            settings,
            tls,
            ServerJudge(
                settings.host,
                [Anchor.parse(root, settings.anchor_class) for root in ders(settings.trusted_roots)],
                policy=settings.policy,
                os=settings.os,
                revoked=settings.revoked,
                at=at,
            ),
            settings.server_name,
            ders(settings.sent_chain),
            ders(settings.identity.issuers) if settings.identity is not None else (),
            ders(settings.trusted_roots),
            known,
        )


@dataclass(frozen=True, slots=True)
class ServerContext:
    """A server made ready."""

    settings: ServerSettings
    tls: SSL.Context
    own_chain: tuple[bytes, ...]
    own_issuers: tuple[bytes, ...]
    anchors: tuple[bytes, ...]
    acceptable_cas: tuple[bytes, ...]  # names
    policy: str  # in words
    known: Encoder  # the anchors, by what OpenSSL makes of them
    unchecked: tuple[str, ...]
    taken_back: str  # its own certificates, by the ledger
    # Inside the handshake, once OpenSSL is content; None: nothing more is asked there.
    judge: JudgePath | None

    @classmethod
    def prepare(cls, settings: ServerSettings, *, at: datetime, datagrams: bool = False) -> ServerContext:
        """Make a server ready that judges certificates as of `at`; with `datagrams` it speaks DTLS 1.2.

        Raises:
            InvalidRequest: AT has no time zone, or OpenSSL will not serve this identity (key and certificate
                differ, a key is too weak), or the staple is not about it.
        """
        tls = _context(SSL.DTLS_SERVER_METHOD if datagrams else SSL.TLS_SERVER_METHOD, settings.offer, at=at)
        use_identity(tls, settings.identity, settings.sent_chain)
        # No resumption: every connection judges the client anew. (OpenSSL also refuses to resume a session in
        # which a certificate was shown unless a session id context is set.)
        tls.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        tls.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        mode = _VERIFY[settings.client_certificates]
        tls.set_verify(mode, on_verify)
        judge = _judging(settings, at=at, datagrams=datagrams)
        binding.filter_verify_callback(tls, mode, on_path if judge is not None else None)
        roots = settings.policy.roots if settings.policy is not None else ()
        known = _trust(tls, roots, at=at, crls=settings.crls)
        named = roots if settings.acceptable_cas is None else settings.acceptable_cas
        for certificate in named:
            tls.add_client_ca(certificate)
        if settings.staple is not None:
            staple = settings.staple
            check_staple(staple, settings.sent_chain[0])
            tls.set_ocsp_server_callback(lambda _, __: staple)
        if settings.offer.alpn:
            ours = tuple(protocol.encode("ascii") for protocol in settings.offer.alpn)
            tls.set_alpn_select_callback(lambda _, offered: _chosen(ours, offered))
        return cls(
            settings,
            tls,
            ders(settings.sent_chain),
            ders(settings.identity.issuers),
            ders(roots),
            tuple(certificate.subject.public_bytes() for certificate in named),
            settings.policy.description if settings.policy is not None else "",
            known,
            tuple(settings.unchecked()),
            revoked_text(ders(settings.sent_chain), settings.revoked, at=at),
            judge,
        )


def _judging(settings: ServerSettings, *, at: datetime, datagrams: bool) -> JudgePath | None:
    """What a server asks of a client's path inside the handshake.

    Its list or names come after it, where an HTTP answer carries the refusal; over datagrams there is none.
    """
    policy = settings.policy if datagrams else None
    if settings.revoked is None and policy is None:
        return None

    def judge(path: tuple[bytes, ...]) -> Refusal | None:
        found = revoked_client(path, settings.revoked, at=at)
        return found if found is not None or policy is None else policy.judge(path[0])

    return judge


def _chosen(ours: tuple[bytes, ...], offered: list[bytes]) -> bytes:
    """The first protocol of ours that the client offers.

    Raises:
        SSL.Error: none is; OpenSSL then sends no_application_protocol, as RFC 7301, 3.2 wants.
    """
    found = next((protocol for protocol in ours if protocol in offered), None)
    if found is None:
        raise SSL.Error([("SSL routines", "", "no application protocol")])
    return found


def _context(method: int, offer: Offer, *, at: datetime) -> SSL.Context:
    if at.tzinfo is None:
        raise InvalidRequest("the time to judge at has no time zone", hint="Pass an aware datetime.")
    context = SSL.Context(method)
    make_offer(context, offer)
    if method in _DATAGRAMS:  # the offer's TLS versions mean nothing here: DTLS numbers its own, downwards
        context.set_min_proto_version(_DTLS12)
        context.set_max_proto_version(_DTLS12)
        context.set_options(SSL.OP_NO_QUERY_MTU)  # or OpenSSL forgets the MTU it was told
    context.set_mode(_NO_AUTO_CHAIN)
    install_callbacks(context, client=method in _CLIENTS)
    return context


def use_identity(context: SSL.Context, identity: Identity, chain: tuple[Certificate, ...]) -> None:
    """Make CONTEXT present IDENTITY with CHAIN, leaf first.

    Raises:
        InvalidRequest: OpenSSL will not use it.
    """
    key = identity.key
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey)):
        raise InvalidRequest(
            f"the identity {identity.common_name!r} has a key of a type that TLS servers and clients do not use",
            hint="Issue it again with an elliptic-curve or RSA key.",
        )
    try:
        context.use_certificate(identity.certificate)
        context.use_privatekey(key)
        context.check_privatekey()
        for certificate in chain[1:]:
            context.add_extra_chain_cert(certificate)
    except SSL.Error as error:
        raise InvalidRequest(
            f"OpenSSL will not use the identity {identity.common_name!r}: {openssl_reason(error)}",
            hint="Issue it again with a key of the default type.",
        ) from None


def _trust(
    context: SSL.Context,
    anchors: tuple[Certificate, ...],
    *,
    at: datetime,
    crls: tuple[CertificateRevocationList, ...] = (),
) -> Encoder:
    store = context.get_cert_store()
    if store is None:
        raise AssertionError("a fresh SSL_CTX always has a store")
    known = Encoder()
    for certificate in anchors:
        added = crypto.X509.from_cryptography(certificate)
        store.add_cert(added)
        known(added)
    # An anchor is an anchor, self-signed or not: "chains to this CA" may name an intermediate.
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    for crl in crls:
        store.add_crl(crl)
    if crls:
        # Of the leaf; of the whole chain it would be CRL_CHECK_ALL.
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    store.set_time(at.astimezone(UTC))
    return known


def openssl_reason(error: SSL.Error) -> str:
    """The reason strings in an exception of pyOpenSSL's, without library names."""
    details = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return (
        ", ".join(str(entry[-1]) for entry in details)
        or " ".join(map(str, error.args))
        or type(error).__name__
    )
