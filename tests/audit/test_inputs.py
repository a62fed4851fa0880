"""One line of JSON for each input: read back as it was, and refused with a sentence where it is something else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.audit import AuditInput
from pki.audit.inputs import MAX_LINE
from pki.errors import PkiError, Unreadable
from pki.model.transport import Declined, Offered, Transport

CONNECTION = Transport(
    version="1.2",
    suite="ECDHE-RSA-AES128-GCM-SHA256",
    group="X25519",
    extended_master_secret=False,
    alpn="h2",
    taken=Offered.APPLE,
    declined=(Declined(Offered.ATS, "alert 40 handshake_failure", 40, "no-common-parameters"),),
    address="192.0.2.7",
    through="proxy.test:3128",
    protocol="imap",
    client_certificate="requested",
    acceptable_cas=("CN=A", "CN=B"),
    stapled=True,
    not_offered=("TLS_X",),
)
FILE = AuditInput("certs/a.pem", "", None, (b"0\x00", b"0\x01\x02"))
SERVED = AuditInput(
    "hosts.txt", "line 17", "api.test", (b"0\x00",), "api.test:443", transport=CONNECTION, staple=b"0\x03"
)
REFUSED = AuditInput("hosts.txt", "line 18", "b.test", (), "b.test:443", error="b.test port 443 refuses.")
ASKED = AuditInput("hosts.txt", "line 19", "c.test", (), "c.test:443")

texts = st.text(max_size=30)
inputs = st.one_of(
    st.builds(AuditInput, texts.filter(bool), texts, st.none() | texts, st.tuples(st.binary(min_size=1))),
    st.builds(
        lambda source, error: AuditInput(source, "", None, (), error=error),
        texts.filter(bool),
        texts.filter(bool),
    ),
)


@pytest.mark.parametrize("one", [FILE, SERVED, REFUSED, ASKED], ids=["file", "served", "refused", "asked"])
def test_a_line_comes_back_as_it_was(one: AuditInput) -> None:
    line = one.encode()
    assert AuditInput.decode(line, name="line 1") == one
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


@given(inputs)
def test_whatever_is_in_it(one: AuditInput) -> None:
    back = AuditInput.decode(one.encode(), name="it")
    assert back == one
    assert back.encode() == one.encode()


def test_a_file_name_that_is_no_utf_8_is_kept() -> None:
    name = b"\xff.pem".decode("utf-8", "surrogateescape")
    assert AuditInput.decode(replace(FILE, source=name).encode(), name="it").source == name


def test_an_input_is_named_by_source_and_locator() -> None:
    assert (FILE.id, SERVED.id) == ("certs/a.pem", "hosts.txt#line 17")
    assert [one.to_be_asked for one in (FILE, SERVED, REFUSED, ASKED)] == [False, False, False, True]


@pytest.mark.parametrize(("chain", "error"), [((), ""), ((b"0\x00",), "no chain")], ids=["neither", "both"])
def test_an_input_is_a_chain_or_an_error(chain: tuple[bytes, ...], error: str) -> None:
    with pytest.raises(ValueError, match=r"a\.pem has "):
        AuditInput("a.pem", "", None, chain, error=error)


def _changed(**fields: object) -> bytes:
    return json.dumps(json.loads(SERVED.encode()) | fields).encode()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param(b"", "line 3 is not JSON", id="nothing"),
        pytest.param(b"\xff\xfe{", "line 3 is not JSON", id="no UTF-8"),
        pytest.param(b"[1]", "not an object", id="a list"),
        pytest.param(b"[" * 100_000, "not JSON", id="nested"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "not JSON", id="a number of 5,000 digits"),
        pytest.param(b" " * (MAX_LINE + 1), "longer than 1 MiB", id="too long"),
        pytest.param(b"{}", "schema None", id="another object"),
        pytest.param(
            _changed(schema="trustrig.verdict/1"), "schema 'trustrig.verdict/1'", id="another document"
        ),
        pytest.param(
            _changed(chain="AA=="), "no list of base64 texts under `chain`", id="a chain that is no list"
        ),
        pytest.param(_changed(chain=["?"]), "`chain` has a text that is no base64", id="no base64"),
        pytest.param(_changed(chain=[""]), "`chain` has a text that is no base64", id="an empty certificate"),
        pytest.param(_changed(chain=[], endpoint=None), "has neither a chain", id="no chain"),
        pytest.param(_changed(host=1), "`host` is 1, where a text is due", id="a host that is a number"),
        pytest.param(_changed(source=""), "no `source`", id="no source"),
        pytest.param(_changed(error="it broke"), "has a chain and an error", id="chain and error"),
        pytest.param(_changed(connection={"version": 1}), "`connection` is not what", id="half a connection"),
        pytest.param(_changed(connection=[]), "`connection` is not what", id="a connection that is a list"),
    ],
)
def test_what_is_something_else_is_refused(line: bytes, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        AuditInput.decode(line, name="line 3")
    assert says in str(caught.value)
    assert caught.value.hint


@given(st.binary(max_size=200))
def test_any_bytes_are_an_input_or_a_refusal(line: bytes) -> None:
    try:
        AuditInput.decode(line, name="it")
    except PkiError as error:
        assert error.problem.startswith("it")
