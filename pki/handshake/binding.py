"""What OpenSSL can do and pyOpenSSL has no public name for: the one guarded door to its private binding.

pyOpenSSL 26.4 has no setter for groups (pyca/pyopenssl#1477) or signature algorithms (#851) and declined PSK (#704);
the functions are in the binding it ships with. Private names may go in any release, so each is looked for, and whoever
calls here is told when it is not there: nothing pretends to have restricted what it could not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from OpenSSL import SSL

# openssl/ssl.h of OpenSSL 3.0 and later: SSL_OP_NO_EXTENDED_MASTER_SECRET, SSL_OP_BIT(0); pyOpenSSL has no name for it.
OP_NO_EXTENDED_MASTER_SECRET = 0x1


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
    found, native = library(), getattr(context, "_context", None)
    if found is None or native is None or not hasattr(found[0], function):
        return False
    lib, _ = found
    if getattr(lib, function)(native, ":".join(names).encode("ascii")) == 1:
        return True
    lib.ERR_clear_error()  # or the next call that fails would be blamed for this one
    return False


def extended_master_secret(connection: SSL.Connection) -> bool | None:
    """Whether a TLS 1.2 handshake agreed on it (RFC 7627); None where it cannot be told. TLS 1.3 has nothing to ask."""
    return _ask("SSL_get_extms_support", connection)


def session_reused(connection: SSL.Connection) -> bool | None:
    """Whether the handshake resumed an earlier session; None where it cannot be told."""
    return _ask("SSL_session_reused", connection)


def _ask(function: str, connection: SSL.Connection) -> bool | None:
    found, native = library(), getattr(connection, "_ssl", None)
    if found is None or native is None or not hasattr(found[0], function):
        return None
    answer = getattr(found[0], function)(native)
    return None if answer < 0 else answer == 1
