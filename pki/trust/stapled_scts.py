"""Signed certificate timestamps inside an OCSP answer (RFC 6962, 3.3): one of the three ways they are delivered.

As Apple does, the answer's own signature and dates are not looked at: a timestamp is signed by its log.
Source: Security-61901, CertificateTransparency.m, copy_ocsp_scts; SecOCSPResponse.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from pki.model import der

OCSP_SCT_LIST = "1.3.6.1.4.1.11129.2.4.5"  # RFC 6962, 3.3
MAX_SINGLES = 64  # ours: a staple speaks of one certificate


def scts_in_ocsp(answer: bytes) -> tuple[bytes, ...]:
    """The SignedCertificateTimestampLists in a DER OCSP answer; none where it does not read."""
    try:
        return tuple(_lists(answer))
    except ValueError:  # no DER, or fewer elements than are due
        return ()


def _lists(answer: bytes) -> Iterator[bytes]:
    for start, stop in _single_responses(answer):
        for extensions in der.children(answer, start, stop):
            if extensions[0] != der.context(1, constructed=True):
                continue
            listed = der.expect(answer, extensions[2], extensions[3], der.SEQUENCE)
            for one in der.children(answer, listed[2], listed[3]):
                name, *_, value = der.children(answer, one[2], one[3])
                if name[0] == der.OID and der.oid(answer, name[2], name[3]) == OCSP_SCT_LIST:
                    inside = der.expect(answer, value[2], value[3], der.OCTET_STRING)
                    yield answer[inside[2] : inside[3]]


def _single_responses(answer: bytes) -> Iterator[tuple[int, int]]:
    """Where the contents of each SingleResponse lie (RFC 6960, 4.2.1)."""
    status, *rest = der.children(answer, *der.only(answer, der.SEQUENCE))
    if answer[status[2] : status[3]] != b"\0" or not rest:
        return
    wrapped = der.expect(answer, rest[0][2], rest[0][3], der.SEQUENCE)
    *_, octets = der.children(answer, wrapped[2], wrapped[3])
    basic = der.expect(answer, octets[2], octets[3], der.SEQUENCE)
    data = der.expect(answer, basic[2], basic[3], der.SEQUENCE)
    listed = next((e for e in der.children(answer, data[2], data[3]) if e[0] == der.SEQUENCE), None)
    if listed is not None:
        for _, single in zip(range(MAX_SINGLES), der.children(answer, listed[2], listed[3]), strict=False):
            yield single[2], single[3]
