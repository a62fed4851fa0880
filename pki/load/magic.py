"""The kinds that their first octets tell."""

from __future__ import annotations

from pki.load.kinds import FileKind

_BLOBS = (b"\x06\x02\x00\x00", b"\x07\x02\x00\x00")
_RSA_ALGORITHMS = (b"\x00\xa4\x00\x00", b"\x00\x24\x00\x00")  # CALG_RSA_KEYX, CALG_RSA_SIGN
_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"\xfe\xed\xfe\xed", FileKind.KEYSTORE),
    (b"\xce\xce\xce\xce", FileKind.KEYSTORE),
    (b"\x1e\xf1\xb5\xb0", FileKind.MICROSOFT_KEY),
    (b"\x00\x00\x00\x00CERT", FileKind.MICROSOFT_STORE),
    # PUBLICKEYSTRUC, [MS-MQQB] 2.2: PUBLICKEYBLOB and PRIVATEKEYBLOB of version 2, for RSA
    *((head + algorithm, FileKind.MICROSOFT_BLOB) for head in _BLOBS for algorithm in _RSA_ALGORITHMS),
    (b"\x1f\x8b", FileKind.ARCHIVE),  # gzip
    (b"PK\x03\x04", FileKind.ARCHIVE),
    (b"BZh", FileKind.ARCHIVE),
    (b"\xfd7zXZ\x00", FileKind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", FileKind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", FileKind.ARCHIVE),  # zstd
    (b"xar!", FileKind.ARCHIVE),  # macOS packages
    (b"\x89PNG\r\n", FileKind.PICTURE),
    (b"\xff\xd8\xff", FileKind.PICTURE),  # JPEG
    (b"GIF8", FileKind.PICTURE),
    (b"%PDF-", FileKind.PDF),
    (b"SQLite format 3\x00", FileKind.DATABASE),
    (b"kych", FileKind.DATABASE),
    (b"\x7fELF", FileKind.PROGRAM),
    (b"\xcf\xfa\xed\xfe", FileKind.PROGRAM),  # Mach-O
    (b"\xca\xfe\xba\xbe", FileKind.PROGRAM),  # Mach-O universal, Java class
    (b"age-encryption.org/v1", FileKind.AGE),
)
# RFC 9580, 5: session key, signature, secret key, public key, each with the versions that are in use.
_PGP_VERSIONS = {1: (b"\3", b"\6"), 2: (b"\3", b"\4", b"\6"), 5: (b"\4", b"\6"), 6: (b"\4", b"\6")}
_TAR, _TAR_AT = b"ustar", 257  # POSIX.1-1988, the header block of pax and ustar
_BOUNCY_SALT = b"\x00\x00\x00\x14"  # 20 octets, what BcKeyStoreSpi writes behind its version, 1 or 2


def by_magic(data: bytes) -> FileKind | None:
    """The kind that the first octets of DATA tell, if they do."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:2] == b"MZ" and b"\x00" in data[:64]:  # PE and DOS programs; base64 may begin so, too
        return FileKind.PROGRAM
    if data[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return FileKind.ARCHIVE
    if data[:3] == b"\x00\x00\x00" and data[3:4] in (b"\x01", b"\x02") and data[4:8] == _BOUNCY_SALT:
        return FileKind.BOUNCY_KEYSTORE
    if _is_openpgp(data):
        return FileKind.PGP
    return FileKind.SCT_LIST if _is_sct_list(data) else None


def _is_openpgp(data: bytes) -> bool:
    """RFC 9580, 4.2 and 5: a packet with a length that fits, of a key, a signature or a session key by its version."""
    first = data[0]
    if first & 0xC0 == 0xC0 and len(data) > 6:  # the length in one octet, two or five
        kind, one = first & 0x3F, data[1]
        body = 2 if one < 192 else 3 if one < 224 else 6
        size = one if one < 192 else ((one - 192) << 8) + data[2] + 192
        size = int.from_bytes(data[2:6], "big") if one == 0xFF else size if one < 224 else 0
    elif first & 0xC0 == 0x80 and first & 3 < 3:
        kind, wide = first >> 2 & 0x0F, 1 << (first & 3)
        body, size = 1 + wide, int.from_bytes(data[1 : 1 + wide], "big")
    else:
        return False
    return 8 <= size <= len(data) - body and data[body : body + 1] in _PGP_VERSIONS.get(kind, ())


def _is_sct_list(data: bytes) -> bool:
    """RFC 6962, 3.3: a length over the whole, then of each SCT; its version is 0 and its log's name has 32 octets."""
    if not 49 <= len(data) <= 0xFFFF + 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
        return False
    pos = 2
    while pos < len(data):
        length = int.from_bytes(data[pos : pos + 2], "big")
        if length < 45 or data[pos + 2 : pos + 3] != b"\x00":
            return False
        pos += 2 + length
    return pos == len(data)
