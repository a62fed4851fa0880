"""What OpenSSL can do and pyOpenSSL has no public name for: the one place where its private binding is used.

pyOpenSSL 26.4 has no setter for groups (pyca/pyopenssl#1477) or signature algorithms (#851) and declined PSK (#704);
the functions are in the binding it ships with. Private names may go in any release, so each is looked for, and whoever
calls here is told when it is not there: nothing pretends to have restricted what it could not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from OpenSSL import SSL, crypto

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# openssl/ssl.h of OpenSSL 3.0 and later: SSL_OP_NO_EXTENDED_MASTER_SECRET, SSL_OP_BIT(0); pyOpenSSL has no name for it.
OP_NO_EXTENDED_MASTER_SECRET = 0x1
OP_LEGACY_SERVER_CONNECT = 0x4
"""SSL_OP_BIT(2) of the same: go along with a server that does not know RFC 5746, as BoringSSL does, which is Apple's
(ssl/extensions.cc, ext_ri_parse_serverhello: without the extension there are servers it could not connect to).
"""

_HANDSHAKE, _CERTIFICATE, _CERTIFICATE_VERIFY = 22, 11, 15  # RFC 8446, 5.1 and 4


@lru_cache(maxsize=1)
def library() -> tuple[Any, Any] | None:
    """The cffi library and its `ffi`, None where pyOpenSSL no longer has them under these names."""
    lib, ffi = getattr(SSL, "_lib", None), getattr(SSL, "_ffi", None)
    return (lib, ffi) if lib is not None and ffi is not None else None


def offers(name: str) -> bool:
    """Whether the binding has a function called NAME."""
    found = library()
    return found is not None and hasattr(found[0], name)


def set_groups(context: SSL.Context, names: tuple[str, ...]) -> bool:
    """Offer and accept these groups alone, in this order; False where the binding or OpenSSL will not.

    Names as in SSL_CTX_set1_groups_list(3): `X25519`, `P-256`, `X25519MLKEM768`.
    """
    return _set_list("SSL_CTX_set1_curves_list", context, names)


def set_signature_algorithms(context: SSL.Context, names: tuple[str, ...]) -> bool:
    """The same for signature algorithms, by SSL_CTX_set1_sigalgs_list(3): `ECDSA+SHA256`, `rsa_pss_rsae_sha256`."""
    return _set_list("SSL_CTX_set1_sigalgs_list", context, names)


def _set_list(function: str, context: SSL.Context, names: tuple[str, ...]) -> bool:
    done = _call(function, getattr(context, "_context", None), ":".join(names).encode("ascii"))
    if done == 0 and (found := library()) is not None:
        found[0].ERR_clear_error()  # or the next call that fails would be blamed for this one
    return bool(done == 1)


def _call(function: str, native: Any, *arguments: object) -> Any:
    """What FUNCTION gives for pyOpenSSL's own handle and ARGUMENTS; None where either is not there."""
    found = library()
    if found is None or native is None or not hasattr(found[0], function):
        return None
    return getattr(found[0], function)(native, *arguments)


def offer_post_handshake_authentication(context: SSL.Context) -> bool:
    """Let a client of TLS 1.3 be asked for its certificate after the handshake (RFC 8446, 4.6.2); False: it cannot.

    SSL_CTX_set_post_handshake_auth(3).
    """
    native = getattr(context, "_context", None)
    possible = native is not None and offers("SSL_CTX_set_post_handshake_auth")
    _call("SSL_CTX_set_post_handshake_auth", native, 1)  # it gives nothing back
    return possible


def extended_master_secret(connection: SSL.Connection) -> bool | None:
    """Whether a TLS 1.2 handshake agreed on it (RFC 7627); None where it cannot be told. TLS 1.3 has nothing to ask."""
    return _ask("SSL_get_extms_support", connection)


def session_reused(connection: SSL.Connection) -> bool | None:
    """Whether the handshake resumed an earlier session; None where it cannot be told."""
    return _ask("SSL_session_reused", connection)


def _ask(function: str, connection: SSL.Connection) -> bool | None:
    answer = _call(function, getattr(connection, "_ssl", None))
    return None if answer is None or answer < 0 else answer == 1


def note_own_certificate(context: SSL.Context, on_own: Callable[[SSL.Connection, bool], None]) -> bool:
    """Tell ON_OWN, of a client, that its Certificate message goes out (False) and that its key has signed (True).

    A CertificateVerify follows a message with a certificate in it and never an empty one (RFC 8446, 4.4.3; RFC 5246,
    7.4.8). False where the binding cannot. SSL_CTX_set_msg_callback(3).
    """
    connections, found = getattr(SSL.Connection, "_reverse_mapping", None), library()
    if connections is None or found is None:
        return False
    ffi = found[1]

    def on_message(out: int, _version: int, kind: int, data: Any, length: int, ssl: Any, _: Any) -> None:
        if out and kind == _HANDSHAKE and length:
            message = ffi.buffer(data, 1)[0][0]
            if message in (_CERTIFICATE, _CERTIFICATE_VERIFY):
                on_own(connections[ssl], message == _CERTIFICATE_VERIFY)

    signature = "void (*)(int, int, int, const void *, size_t, SSL *, void *)"
    return _set_callback(context, "SSL_CTX_set_msg_callback", signature, on_message)


def filter_info_callback(context: SSL.Context, asked: Callable[[SSL.Connection], None] | None = None) -> None:
    """Call the info callback for alerts alone, and ASKED where a server wants a certificate of a client.

    OpenSSL reports some fifty steps a handshake, and pyOpenSSL looks the connection up for each of them. Call it after
    Context.set_info_callback, whose callback is kept and must work unfiltered too: where the binding has other names
    than these, it is called for everything, and ASKED never.
    """
    callback = getattr(context, "_info_callback", None)
    connections = getattr(SSL.Connection, "_reverse_mapping", None)
    found = library()
    if found is None or callback is None or connections is None:
        return
    alert = SSL.SSL_CB_ALERT

    def forward(ssl: Any, where: int, value: int) -> None:
        if where & alert:
            callback(ssl, where, value)

    def note(ssl: Any, _: Any) -> int:
        if asked is not None:
            asked(connections[ssl])
        return 1

    # SSL_CTX_set_cert_cb(3): on a client it is called when the server asks, before a certificate is chosen.
    if asked is None or _set_callback(
        context, "SSL_CTX_set_cert_cb", "int (*)(SSL *, void *)", note, after=(found[1].NULL,)
    ):
        _set_callback(context, "SSL_CTX_set_info_callback", "void (*)(const SSL *, int, int)", forward)


def filter_verify_callback(
    context: SSL.Context,
    mode: int,
    judge: Callable[[SSL.Connection, list[crypto.X509]], int] | None = None,
) -> None:
    """Call the verify callback for errors alone, and ask JUDGE once about the whole path, leaf first.

    It answers with an X509_V_ERR number, by which OpenSSL chooses the alert, or with 0 for a path it is content with.

    Call it after Context.set_verify with the same MODE, and with a callback that does without: where the binding has
    other names than these, it is called for each certificate that passed.
    """
    helper = getattr(context, "_verify_helper", None)
    callback, problems = getattr(helper, "callback", None), getattr(helper, "_problems", None)
    connections = getattr(SSL.Connection, "_reverse_mapping", None)
    needed = ("X509_STORE_CTX_get1_chain", "X509_STORE_CTX_set_error")
    found = library() if all(map(offers, needed)) else None
    if found is None or callback is None or problems is None or connections is None:
        return
    lib, _ = found
    depth, index = lib.X509_STORE_CTX_get_error_depth, lib.SSL_get_ex_data_X509_STORE_CTX_idx()

    def forward(ok: int, store: Any) -> int:
        if not ok:
            return int(callback(ok, store))
        if judge is None or depth(store) > 0:  # they pass from the root down
            return 1
        chain = lib.X509_STORE_CTX_get1_chain(store)
        try:
            path = [own(lib.sk_X509_value(chain, at)) for at in range(lib.sk_X509_num(chain))]
            errno = judge(connections[lib.X509_STORE_CTX_get_ex_data(store, index)], path)
            if errno:
                lib.X509_STORE_CTX_set_error(store, errno)
            return int(not errno)
        except Exception as error:  # pyOpenSSL raises it again where Python called OpenSSL
            problems.append(error)
            return 0
        finally:
            lib.sk_X509_free(chain)

    own = crypto.X509._from_raw_x509_ptr
    _set_callback(context, "SSL_CTX_set_verify", "int (*)(int, X509_STORE_CTX *)", forward, before=(mode,))


def set_psk_client(context: SSL.Context, identity: bytes, key: bytes) -> bool:
    """Let a client offer this identity and key, up to TLS 1.3; False where the binding cannot.

    SSL_CTX_set_psk_client_callback(3).
    """

    def offer(_ssl: Any, _hint: Any, into: Any, room: int, secret: Any, secret_room: int) -> int:
        if len(identity) + 1 > room or len(key) > secret_room:
            return 0
        ffi.memmove(into, identity + b"\0", len(identity) + 1)
        ffi.memmove(secret, key, len(key))
        return len(key)

    found = library()
    if found is None:
        return False
    _, ffi = found
    signature = "unsigned int (*)(SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int)"
    return _set_callback(context, "SSL_CTX_set_psk_client_callback", signature, offer)


def set_psk_server(context: SSL.Context, keys: Mapping[bytes, bytes], asked: Callable[[bytes], None]) -> bool:
    """Let a server look identities up in KEYS, and tell `asked` each one; False where the binding cannot.

    SSL_CTX_set_psk_server_callback(3).
    """

    def look_up(_ssl: Any, identity: Any, secret: Any, room: int) -> int:
        name = bytes(ffi.string(identity)) if identity != ffi.NULL else b""
        asked(name)
        key = keys.get(name)
        if key is None or len(key) > room:
            return 0  # "not found": OpenSSL refuses
        ffi.memmove(secret, key, len(key))
        return len(key)

    found = library()
    if found is None:
        return False
    _, ffi = found
    signature = "unsigned int (*)(SSL *, const char *, unsigned char *, unsigned int)"
    return _set_callback(context, "SSL_CTX_set_psk_server_callback", signature, look_up)


def _set_callback(
    context: SSL.Context,
    setter: str,
    signature: str,
    python: Callable[..., int | None],
    *,
    before: tuple[int, ...] = (),
    after: tuple[Any, ...] = (),
) -> bool:
    """Hand PYTHON to OpenSSL by SETTER and keep it for as long as CONTEXT lives; False where that cannot be."""
    found, native = library(), getattr(context, "_context", None)
    if found is None or native is None or not offers(setter):
        return False
    lib, ffi = found
    try:
        callback: object = ffi.callback(signature, python)  # an exception in PYTHON is answered with 0
    except (MemoryError, SystemError):  # a hardened system without executable pages: cffi's closures need one
        return False
    getattr(lib, setter)(native, *before, callback, *after)
    # OpenSSL keeps no reference; a connection keeps its context, and so all that is tied to it.
    vars(context).setdefault("_callbacks", []).append(callback)
    return True
