"""A pre-shared key and the name it goes by."""

from __future__ import annotations

from dataclasses import dataclass, field

from pki.errors import InvalidRequest

MIN_KEY, MAX_KEY = 16, 512  # bytes; ours (128 bits), and OpenSSL's PSK_MAX_PSK_LEN
MAX_IDENTITY = 128  # bytes, RFC 4279 5.3


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    """A name both ends know, which travels in the clear, and a secret, which does not.

    Raises:
        InvalidRequest: the identity cannot travel, or the key is too short or too long.
    """

    identity: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        name = self.identity.encode()
        if not name or len(name) > MAX_IDENTITY or b"\0" in name or not self.identity.isprintable():
            raise InvalidRequest(
                "that is no PSK identity", hint=f"Give 1 to {MAX_IDENTITY} bytes of printable UTF-8."
            )
        if not MIN_KEY <= len(self.key) <= MAX_KEY:
            raise InvalidRequest(
                f"the pre-shared key has {len(self.key)} bytes",
                hint=f"It needs {MIN_KEY} to {MAX_KEY}; `openssl rand -hex 32` makes one of 32.",
            )


def read_psk(text: bytes, *, identity: str, source: str) -> PreSharedKey:
    """A key as it lies in a file: hexadecimal digits, as `openssl rand -hex 32` prints them.

    Raises:
        InvalidRequest: what is in SOURCE is no such key; it is not repeated.
    """
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except (UnicodeDecodeError, ValueError):
        raise InvalidRequest(
            f"{source} holds no hexadecimal key",
            hint="Put the hex digits alone in it: `openssl rand -hex 32`, as for `openssl s_client -psk`.",
        ) from None
    return PreSharedKey(identity, key)
