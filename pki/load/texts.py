"""Texts that are no PEM: what their first words tell, how they are encoded, and what may be inside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.load.documents import decoded
from pki.load.kinds import FileKind
from pki.load.next_steps import OPENSSH_KEY, PUTTY_KEY, SSH_COM_KEY
from pki.load.structures import Named

_HEAD = 4096  # enough of a text to know what it is
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_PLIST = re.compile(rb"\s*(?:<\?xml|<!DOCTYPE\s+plist|<!--|<plist)")
_HTML = re.compile(rb"\s*(?:<!--[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|script|title)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_MIME = re.compile(
    rb"(?:[A-Za-z-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?(?:MIME-Version|Content-Type):", re.IGNORECASE
)
_PKCS7_PART = re.compile(
    rb"^Content-Type:[ \t]*application/(?:x-)?pkcs7-[a-z]{3,20}(?:[^\r\n]{0,300}+\r?\n){1,30}?\r?\n"
    rb"([A-Za-z0-9+/=\s]{40,}+)",
    re.IGNORECASE | re.MULTILINE,
)
_BASE64 = re.compile(rb"\s*MI[A-Za-z0-9+/]{22}[A-Za-z0-9+/=\s]*\Z")  # MI: a SEQUENCE over 127 bytes
_BARE = re.compile(rb"[A-Za-z0-9+/_\-\s]{16,}+[=\s]*\Z")
# With fewer hyphens than five, or with the dashes that word processors make of them (U+2010 to U+2015).
_MARK_OF_SORTS = re.compile(rb"(?:-|\xe2\x80[\x90-\x95]) ?BEGIN ?[A-Z0-9 ]{0,40}(?:CERTIFICATE|KEY|CRL|PKCS)")
_DATA_URL = re.compile(rb"\s*data:[a-zA-Z0-9/+.;=-]{0,200},")
_HEX = re.compile(rb"(?:0x)?(?:[0-9A-Fa-f]{2}(?:[\s:]{1,2}|,\s{0,2}(?:0x)?)?){16}")
_MAX_ESCAPED = (
    1024 * 1024
)  # octets of percent-encoding that are undone: ours, a header's value is far smaller
_DUMP = re.compile(
    rb"\s*0{6,8}:? {1,2}(?:[0-9a-fA-F]{2} ?){4}"
)  # of xxd, hexdump -C and od -t x1, from offset 0
_WORDS: tuple[tuple[bytes, FileKind, str], ...] = (
    (b"openssh-key-v1\x00", FileKind.SSH_KEY, OPENSSH_KEY),
    (b"PuTTY-User-Key-File", FileKind.SSH_KEY, PUTTY_KEY),
    (b"---- BEGIN SSH2 ENCRYPTED", FileKind.SSH_KEY, SSH_COM_KEY),
    (b"---- BEGIN SSH2", FileKind.SSH_KEY, "an SSH public key (RFC 4716)"),
    (b"untrusted comment:", FileKind.SIGNIFY, ""),
    (b"AGE-SECRET-KEY-", FileKind.AGE, "an age key"),
    (b"age1", FileKind.AGE, "an age recipient"),
)
_SSH = re.compile(
    rb"(?:[a-z-]{2,40}(?:=\"[^\"\r\n]{0,200}\")?,?[ \t]+){0,4}"  # an authorized_keys line may have options
    rb"((?:sk-)?(?:ssh|ecdsa-sha2)-[a-z0-9@.-]{2,60})[ \t]+AAAA[A-Za-z0-9+/]"
)


def as_text(data: bytes) -> tuple[bytes, str]:
    """DATA in UTF-8 without a byte order mark, and what was done; DATA itself when it says no other encoding."""
    if data.startswith(_BOM):
        return (
            data.removeprefix(_BOM),
            "It begins with a UTF-8 byte order mark: OpenSSL, GnuTLS and NSS pass over one, Java and Go find no PEM "
            "behind it; `tail -c +4 FILE > NEW` takes it away.",
        )
    if data[:2] in _UTF16 or _every_other_is_zero(data):
        codec = "utf-16" if data[:2] in _UTF16 else "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
        remark = (
            "It is UTF-16 text, which OpenSSL, Java and Go do not read: `iconv -f UTF-16 -t UTF-8 FILE > NEW` "
            "makes UTF-8 of it."
        )
        return data.decode(codec, "replace").encode("utf-8", "replace").removeprefix(_BOM), remark
    return data, ""


def of_mark(data: bytes, inside: FileKind) -> FileKind:
    """The kind of a text with a mark that holds nothing else: UTF-16 says more than what was found in it."""
    return FileKind.UTF16 if not data.startswith(_BOM) else inside


def is_property_list(text: bytes) -> bool:
    """Whether it is one as XML: so are profiles, even where a value in it is PEM."""
    head = text[:_HEAD]
    return _PLIST.match(head) is not None and b"<plist" in head


def by_words(text: bytes) -> Named | None:
    """The kind that the first words tell, if they do."""
    head = text[:_HEAD]
    words = head.lstrip()
    for begin, kind, detail in _WORDS:
        if words.startswith(begin):
            return kind, detail
    if (ssh := _SSH.match(words)) is not None:
        return FileKind.SSH_KEY, "an SSH certificate" if b"-cert-v0" in ssh[1] else "an SSH public key"
    if b"AGE-SECRET-KEY-" in head:
        return FileKind.AGE, "an age key"
    if b"[Interface]" in head and b"PrivateKey" in head:
        return FileKind.WIREGUARD, ""
    return None


def unwrappings(text: bytes) -> Iterator[tuple[str, bytes]]:
    """What TEXT may be a wrapping of: the form's name, and what is inside; most of it will be nothing."""
    if _MIME.match(text[:_HEAD]):
        for part in list(_PKCS7_PART.finditer(text))[:4]:
            if (data := decoded(part[1])) is not None:
                yield "MIME", data
    if len(text) <= _MAX_ESCAPED and (
        b"-----BEGIN%20" in text or b"-----BEGIN+" in text
    ):  # nginx's $ssl_client_escaped_cert, Envoy's XFCC
        from urllib.parse import unquote_to_bytes

        yield "percent-encoding", unquote_to_bytes(text.replace(b"+", b" ") if b"BEGIN+" in text else text)
    bare = _DATA_URL.sub(b"", text[:300], count=1) + text[300:] if text.lstrip()[:5] == b"data:" else text
    bare = bare.strip().strip(b"\"'")
    if _HEX.match(bare) and (data := _of_digits(bare)) is not None:
        yield "hex", data
    if b"-----" not in bare and _BARE.match(bare) and (data := decoded(bare)) is not None:
        yield "base64", data


def _of_digits(text: bytes) -> bytes | None:
    digits = text.replace(b"0x", b"").translate(None, b" \t\r\n:,")
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None


def rest(text: bytes) -> FileKind:
    """Name a text in which nothing was found."""
    head = text[:_HEAD]
    if b"\x00" in head:
        return FileKind.BINARY
    if _MIME.match(head):
        return FileKind.SMIME
    if _DUMP.match(head):
        return FileKind.HEX
    if b"-----BEGIN" in text or _MARK_OF_SORTS.search(text):
        return FileKind.BROKEN_PEM
    if _HTML.match(head):
        return FileKind.HTML
    if _JSON.match(head):
        return FileKind.JSON
    if _BASE64.match(head):
        return FileKind.BASE64
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return FileKind.BINARY
    return FileKind.TEXT


def _every_other_is_zero(data: bytes) -> bool:
    head = data[:64]
    even, odd = head[::2], head[1::2]
    letters = even if not any(odd) else odd if not any(even) else b""
    return len(letters) >= 8 and all(9 <= octet < 0x7F for octet in letters)
