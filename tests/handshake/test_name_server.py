"""The name server for one domain: what it says to each question, to resolvers we did not write, and to garbage."""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.errors import HandshakeError, InvalidRequest
from pki.handshake.serving.dns_answer import MAX_QUESTION, dns_answer
from pki.handshake.serving.name_server import NameServer
from tests import clock
from tests.handshake.namespaces import in_namespace
from tests.handshake.programs import NODE

BOTH = ("127.0.0.1", "::1")
A, NS, AAAA, HTTPS, ANY = 1, 2, 28, 65, 255
NOERROR, FORMERR, NOTIMP, REFUSED = 0, 1, 4, 5
DIG = pytest.mark.peer("dig", "apt-get install bind9-dnsutils")


def question(
    name: bytes = b"\x0cexpired-leaf\x09localhost\x00",
    kind: int = A,
    *,
    flags: int = 0x0100,
    count: int = 1,
    in_class: int = 1,
    more: bytes = b"",
) -> bytes:
    return struct.pack("!6H", 7, flags, count, 0, 0, 0) + name + struct.pack("!2H", kind, in_class) + more


def said(message: bytes, addresses: tuple[str, ...] = BOTH) -> tuple[int, list[bytes]] | None:
    """The response code and the data of each record; None for silence."""
    answer = dns_answer(message, domain="localhost", addresses=addresses)
    if answer is None:
        return None
    number, flags, questions, count, others, more = struct.unpack_from("!6H", answer)
    assert (number, flags & 0x8000, others, more) == (7, 0x8000, 0, 0)
    assert flags & 0x0100 == struct.unpack_from("!H", message, 2)[0] & 0x0100  # RD, as it was asked
    assert bool(flags & 0x0400) == (flags & 0xF == NOERROR)  # AA
    place = 12
    if questions:
        place = message.index(b"\0", 12) + 5
        assert answer[12:place] == message[12:place]  # case and all
    records = []
    for _ in range(count):
        pointer, _kind, in_class, ttl, length = struct.unpack_from("!HHHIH", answer, place)
        assert (pointer, in_class, ttl) == (0xC00C, 1, 5)
        records.append(answer[place + 12 : place + 12 + length])
        place += 12 + length
    assert place == len(answer)
    return flags & 0xF, records


V4, V6 = b"\x7f\0\0\1", bytes(15) + b"\1"


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        pytest.param(question(), (NOERROR, [V4]), id="A"),
        pytest.param(question(kind=AAAA), (NOERROR, [V6]), id="AAAA"),
        pytest.param(question(kind=ANY), (NOERROR, [V4, V6]), id="ANY"),
        pytest.param(question(kind=HTTPS), (NOERROR, []), id="HTTPS: the name is there and has none"),
        pytest.param(question(kind=NS), (NOERROR, []), id="NS: none either"),
        pytest.param(question(b"\x09localhost\0"), (NOERROR, [V4]), id="the domain itself"),
        pytest.param(question(b"\x01A\x09LocalHost\0"), (NOERROR, [V4]), id="case is noise"),
        pytest.param(question(b"\x01a\x01b\x09localhost\0"), (NOERROR, [V4]), id="two labels below"),
        pytest.param(question(flags=0), (NOERROR, [V4]), id="no recursion desired"),
        pytest.param(question(in_class=255), (NOERROR, [V4]), id="any class"),
        pytest.param(question(more=b"\0\0\x29\x04\xd0\0\0\0\0\0\0"), (NOERROR, [V4]), id="EDNS, which is not spoken"),
        pytest.param(question(in_class=3), (REFUSED, []), id="the class CH"),
        pytest.param(question(b"\x07example\x03com\0"), (REFUSED, []), id="another domain"),
        pytest.param(question(b"\x0bnolocalhost\0"), (REFUSED, []), id="a name that ends alike"),
        pytest.param(question(b"\x0bx.localhost\0"), (REFUSED, []), id="a dot within a label parts nothing"),
        pytest.param(question(b"\0"), (REFUSED, []), id="the root"),
        pytest.param(question(flags=0x2800), (NOTIMP, []), id="an update"),
        pytest.param(question(count=0), (FORMERR, []), id="no question"),
        pytest.param(question(count=2), (FORMERR, []), id="two questions"),
        pytest.param(question(b"\xc0\x0c"), (FORMERR, []), id="a name that points at itself"),
        pytest.param(question(b"\x40" + b"a" * 64 + b"\0"), (FORMERR, []), id="a label of 64 bytes"),
        pytest.param(question(b"\x01a" * 122 + b"\x09localhost\0"), (NOERROR, [V4]), id="a name of 255 bytes"),
        pytest.param(question(b"\x01a" * 123 + b"\x09localhost\0"), (FORMERR, []), id="a name of 257 bytes"),
        pytest.param(question()[:-1], (FORMERR, []), id="cut within the class"),
        pytest.param(question()[:20], (FORMERR, []), id="cut within the name"),
        pytest.param(question()[:12], (FORMERR, []), id="a header alone"),
        pytest.param(question()[:11], None, id="less than a header"),
        pytest.param(question(flags=0x8180), None, id="an answer, to which nothing is due"),
        pytest.param(b"", None, id="nothing"),
    ],
)  # fmt: skip
def test_what_is_said_to_a_question(message: bytes, answer: tuple[int, list[bytes]] | None) -> None:
    assert said(message) == answer


def test_an_address_family_that_nobody_listens_on_has_no_record() -> None:
    assert said(question(kind=AAAA), ("127.0.0.1",)) == (NOERROR, [])
    assert said(question(kind=A), ("::1",)) == (NOERROR, [])


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer("localhost", port=0) as serving:
        yield serving


def dig(server: NameServer, *words: str) -> str:
    ran = subprocess.run(
        ["dig", "@127.0.0.1", "-p", str(server.port), "+tries=1", *words],
        capture_output=True, text=True, timeout=clock.PATIENCE, check=True,
    )  # fmt: skip
    return ran.stdout


@DIG
@pytest.mark.parametrize("edns", ["+edns", "+noedns"])
def test_dig_is_content(server: NameServer, edns: str) -> None:
    answer = dig(server, edns, "expired-leaf.localhost", "A")
    assert "status: NOERROR" in answer
    assert "expired-leaf.localhost.\t5\tIN\tA\t127.0.0.1" in answer
    assert "malformed" not in answer
    assert "SERVER: 127.0.0.1" in answer
    assert dig(server, edns, "+short", "expired-leaf.localhost", "AAAA") == "::1\n"
    assert "status: NOERROR" in dig(server, edns, "expired-leaf.localhost", "HTTPS")
    assert "status: REFUSED" in dig(server, edns, "www.example.com", "A")


@NODE
def test_c_ares_finds_the_names(server: NameServer) -> None:
    """Node's own resolver, which asks without the system's."""
    script = (
        "const r = new (require('dns').promises.Resolver)(); r.setServers([`127.0.0.1:${process.argv[1]}`]);"
        "Promise.all([r.resolve4('a.localhost'), r.resolve6('a.localhost'), r.resolve4('a.example').catch(e => e.code)])"
        ".then(found => console.log(JSON.stringify(found)))"
    )
    ran = subprocess.run(
        ["node", "-e", script, str(server.port)],
        capture_output=True, text=True, timeout=clock.PATIENCE, check=True,
    )  # fmt: skip
    assert json.loads(ran.stdout) == [["127.0.0.1"], ["::1"], "EREFUSED"]


def test_glibc_finds_names_under_localhost_by_our_server_alone(tmp_path: Path) -> None:
    """What the guide says of it: with `files dns` in nsswitch.conf it does not answer for them itself."""
    page = (Path(__file__).parents[2] / "docs/guides/scenarios.md").read_text()
    assert re.search(r"^\| Linux with `hosts: files dns` there [^|]*\| no;", page, re.MULTILINE)
    assert "lead to this machine everywhere" not in page
    told = in_namespace("tests.handshake.glibc_resolver", tmp_path)
    for name, found in told.items():
        assert found["alone"] == found["refused"] == [], name
        assert found["served"] == ["127.0.0.1", "::1"], name


def test_garbage_costs_nobody_else_an_answer(server: NameServer) -> None:
    dice = random.Random(53)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.2)
        asker.connect(("127.0.0.1", server.port))
        for _ in range(200):
            asker.send(dice.randbytes(dice.randrange(0, 2 * MAX_QUESTION)))
            whole = bytearray(question())
            whole[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
            asker.send(bytes(whole))

        def answered() -> bool:
            """Asked again until it is: a datagram may be lost where a queue is full."""
            asker.send(question(kind=AAAA))
            with contextlib.suppress(TimeoutError):
                while answer := asker.recv(65536):
                    assert len(answer) <= MAX_QUESTION
                    if answer.endswith(V6):
                        return True
            return False

        clock.until(answered)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: NameServer("127.0.0.1"), "is an address", id="an address for a domain"),
        pytest.param(lambda: NameServer("a b"), "is not a host name", id="no name"),
        pytest.param(lambda: NameServer("test", ("here.test",)), "here.test is no address", id="no address"),
    ],
)
def test_what_cannot_be_served_is_said(make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(InvalidRequest, match=words):
        make()


def test_a_port_that_is_taken_is_named(server: NameServer) -> None:
    with pytest.raises(HandshakeError, match=rf"UDP port {server.port} on 127\.0\.0\.1 cannot be had"):
        NameServer("test", port=server.port).__enter__()


@pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="reads /proc/net/udp")
def test_it_listens_on_loopback_alone(server: NameServer) -> None:
    rows = [line.split()[1] for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    mine = [place for place in rows if int(place.rpartition(":")[2], 16) == server.port]
    assert mine == [f"0100007F:{server.port:04X}"]
