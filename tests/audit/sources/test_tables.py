"""CSV, NDJSON, JSON and Parquet: which column is what, and what a broken record costs."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from pki.audit import AuditInput, open_sources
from pki.audit.sources import extra
from pki.errors import InvalidRequest, PkiError, Unreadable
from tests.audit.conftest import Fleet, Read, ders


def written(*rows: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda fleet, a: fleet.pem(a, fleet.ca), id="PEM"),
        pytest.param(
            lambda fleet, a: fleet.pem(a, fleet.ca).replace("\n", "\\n"), id="PEM with escaped line breaks"
        ),
        pytest.param(
            lambda fleet, a: f"{fleet.base64(a)} {fleet.base64(fleet.ca)}", id="base64 with a blank between"
        ),
        pytest.param(
            lambda fleet, a: f"{fleet.base64(a)}|{fleet.base64(fleet.ca)}", id="base64 with a bar between"
        ),
        pytest.param(lambda fleet, a: base64.b64encode(a.der + fleet.ca.der).decode(), id="base64 of both"),
        pytest.param(
            lambda fleet, a: json.dumps([fleet.base64(a), fleet.base64(fleet.ca)]), id="a list of base64"
        ),
    ],
)
def test_chains_in_a_column(fleet: Fleet, read: Read, delimiter: str, form: Any) -> None:
    a = fleet.leaves[0]
    text = written(["id", "Host Name", "chain"], ["7", "a.test", form(fleet, a)], delimiter=delimiter)
    (one,) = read("\ufeff" + text)
    assert (one.host, one.chain, one.locator, one.endpoint) == ("a.test", ders(a, fleet.ca), "row 2", None)


def test_a_name_in_a_url_is_the_name(fleet: Fleet, read: Read) -> None:
    pem = fleet.pem(fleet.leaves[0])
    found = read(written(["url", "cert"], ["https://a.test:8443/x", pem], ["b.test:443", pem], ["", pem]))
    assert [one.host for one in found] == ["a.test", "b.test", None]


def test_hosts_alone_are_asked(read: Read, remarks: list[str]) -> None:
    found = read("host,port,owner\na.test,8443,me\nb.test,,you\n[::1],443,we\nc.test:99,443,they\n")
    assert [one.endpoint for one in found] == ["a.test:8443", "b.test:443", "[::1]:443", "c.test:99"]
    assert "each is asked" in remarks[0]
    assert [one.endpoint for one in read("hostname\na.test\n")] == ["a.test:443"]


def test_a_row_without_its_chain_asks_nobody(fleet: Fleet, read: Read) -> None:
    found = read(written(["host", "chain"], ["a.test", ""], ["b.test", fleet.pem(fleet.leaves[1])]))
    assert [(one.host, bool(one.error), one.to_be_asked) for one in found] == [
        ("a.test", True, False),
        ("b.test", False, False),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_row_of_empty_cells_is_none_and_counted_and_a_blank_line_is_none(
    fleet: Fleet, read: Read, remarks: list[str], delimiter: str
) -> None:
    rows = [["host", "chain"], ["", ""], ["b.test", fleet.pem(fleet.leaves[1])], ["", ""], [" ", "", "", ""]]
    found = read(f"{written(*rows, delimiter=delimiter)}\n  \n")
    assert [(one.locator, one.host, bool(one.error)) for one in found] == [("row 3", "b.test", False)]
    assert remarks[-1].endswith("source: 3 rows with nothing in them were passed over.")


def test_a_row_with_anything_in_it_is_a_row(fleet: Fleet, read: Read) -> None:
    rows = [["host", "chain", "owner"], ["", "", "me"], ["b.test", fleet.pem(fleet.leaves[1]), ""]]
    assert [(one.locator, bool(one.error)) for one in read(written(*rows))] == [
        ("row 2", True),
        ("row 3", False),
    ]


def test_issuers_in_a_column_of_their_own_go_behind_the_certificate(
    fleet: Fleet, read: Read, remarks: list[str]
) -> None:
    a, b, c = fleet.leaves
    rows = [
        ["host", "CertificateChain", "Certificate (PEM)"],  # as ACM and others have them
        ["a.test", fleet.pem(fleet.ca, fleet.root), fleet.pem(a)],
        ["b.test", fleet.pem(b, fleet.ca), fleet.pem(b)],
        ["c.test", "", fleet.pem(c)],
        ["d.test", fleet.pem(fleet.ca), ""],
        ["a.test", fleet.pem(a, fleet.ca), "NULL"],
        ["a.test", fleet.pem(a, fleet.ca), "wildcard-2026"],
    ]
    found = read(written(*rows))
    assert [one.chain for one in found] == [
        ders(a, fleet.ca, fleet.root),
        ders(b, fleet.ca),
        ders(c),
        (),  # judged as the CA's it would be trusted
        ders(a, fleet.ca),
        ders(a, fleet.ca),
    ]
    assert found[3].error.endswith("row 5 has issuers, and not the certificate that they are for.")
    assert "the columns 'Certificate (PEM)' and 'CertificateChain', hosts from 'host'" in remarks[0]
    document = {"Certificate": fleet.pem(a), "CertificateChain": fleet.pem(fleet.ca)}
    (one,) = read(json.dumps(document, indent=4))
    assert one.chain == ders(a, fleet.ca)


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(lambda fleet, a: fleet.pem(a), id="PEM"),
        pytest.param(lambda fleet, a: fleet.base64(a), id="base64"),
        pytest.param(lambda fleet, a: rf"\x{a.der.hex()}", id="bytea of PostgreSQL"),
        pytest.param(lambda fleet, a: f"0x{a.der.hex().upper()}", id="varbinary of SQL Server"),
        pytest.param(lambda fleet, a: a.der.hex(), id="hexadecimal"),
    ],
)
def test_nobody_is_asked_where_the_certificate_is_at_hand(fleet: Fleet, read: Read, cell: Any) -> None:
    a = fleet.leaves[0]
    text = cell(fleet, a)
    for name in ("what the server had", "cert"):
        (one,) = read(written(["host", name, "note"], ["a.test", text, "MII and others"]))
        assert (one.host, one.chain, one.to_be_asked) == ("a.test", ders(a), False)
        (one,) = read(json.dumps({"host": "a.test", name: text}) + "\n")
        assert (one.host, one.chain, one.to_be_asked) == ("a.test", ders(a), False)


def test_what_scanners_write_is_read_and_nobody_is_asked(
    fleet: Fleet, read: Read, remarks: list[str]
) -> None:
    a = fleet.leaves[0]
    sent = {
        "certificate": {"raw": fleet.base64(a), "parsed": {"signature": {"value": "MEUCIQ=="}}},
        "chain": [{"raw": fleet.base64(fleet.ca)}],
    }
    log = {"handshake_log": {"server_certificates": sent}}
    silent = {"ip": "192.0.2.1", "data": {"tls": {"status": "connection-timeout", "error": "dial"}}}
    zgrab = [silent, {"domain": "a.test", "data": {"tls": {"status": "success", "result": log}}}]
    tlsx = [
        {"host": "a.test", "port": "443", "probe_status": True, "certificate": fleet.pem(a),
         "chain": [{"certificate": fleet.pem(fleet.ca)}]},
        {"host": "b.test", "port": "443", "probe_status": False, "error": "refused"},
    ]  # fmt: skip
    for lines, sent_at, silent_at in ((zgrab, 1, 0), (tlsx, 0, 1)):
        found = read("".join(f"{json.dumps(line)}\n" for line in lines))
        assert (found[sent_at].host, found[sent_at].chain) == ("a.test", ders(a, fleet.ca))
        assert found[silent_at].error.endswith("has no chain.")
        assert not any(one.to_be_asked for one in found)
    assert remarks == []


def test_a_list_of_findings_is_no_list_of_hosts(read: Read) -> None:
    finding = {
        "id": "cert_commonName",
        "ip": "a.test/192.0.2.1",
        "port": "443",
        "severity": "OK",
        "finding": "a",
    }
    with pytest.raises(Unreadable, match="no field of it is known to be a host"):
        read(json.dumps([finding]))
    (one,) = read(json.dumps([finding]), columns=["ip"])
    assert one.endpoint == "a.test:443"


def test_hosts_in_objects_are_told_to_be_asked_once(read: Read, remarks: list[str]) -> None:
    read('{"host":"a.test","port":443.0}\n{"host":"b.test","port":null}\n')
    assert [remark.partition(": ")[2] for remark in remarks] == [
        "hosts are read from the field 'host', and each is asked."
    ]


@pytest.mark.parametrize(
    ("port", "endpoint"),
    [("8443.0", "a.test:8443"), ("1,443", None), ("0", None), ("70000", None), ("NULL", "a.test:443")],
)
def test_a_port_is_a_number(read: Read, port: str, endpoint: str | None) -> None:
    (one,) = read(written(["host", "port", "owner"], ["a.test", port, "me"]))
    assert one.endpoint == endpoint
    assert ("where a number up to 65535 is due" in one.error) == (endpoint is None)


@pytest.mark.parametrize(
    ("before", "row"),
    [
        pytest.param("sep=;\r\n", 2, id="Excel's word on the delimiter, which it does not show"),
        pytest.param("\ufeffsep=;\r\n", 2, id="behind a mark of order of bytes"),
        pytest.param(";;\r\n\r\n", 4, id="rows with nothing in them"),
    ],
)
def test_what_stands_before_the_header_is_no_header(read: Read, before: str, row: int) -> None:
    (one,) = read(f"{before}Host;Owner, Team;Port\r\na.test;me;8443\r\n")
    assert (one.endpoint, one.locator) == ("a.test:8443", f"row {row}")


def test_a_table_without_a_header_asks_for_the_numbers(fleet: Fleet, read: Read) -> None:
    text = written(["mine", "a.test", fleet.base64(fleet.leaves[0])])
    with pytest.raises(InvalidRequest, match=r"no column that is known.*'MI") as caught:
        read(text)
    assert "--chain-column 2" in caught.value.hint


def test_columns_by_number_are_told_by_number(fleet: Fleet, tmp_path: Path, remarks: list[str]) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text(written(["mine", "a.test", fleet.base64(fleet.leaves[0])]))
    (one,) = open_sources([str(file)], host_column="2", chain_column="3", remark=remarks.append)
    assert (one.host, one.locator) == ("a.test", "row 1")
    assert remarks == [f"{file}: chains are read from the column number 3, hosts from number 2."]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        pytest.param("certs/a.pem", "'certs/a.pem', neither PEM nor base64", id="a path"),
        pytest.param("-----BEGIN CERTIFICATE-----\nMIIB", "cut short", id="half a PEM"),
        pytest.param("MIIB", "", id="half a certificate"),
        pytest.param("~", "neither PEM nor base64", id="nonsense"),
    ],
)
def test_a_chain_that_is_none(fleet: Fleet, read: Read, cell: str, says: str) -> None:
    first, second = read(written(["host", "chain"], ["a.test", cell], ["b.test", fleet.pem(fleet.leaves[1])]))
    assert first.error
    assert says in first.error
    assert "row 2" in first.error
    assert second.chain


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param('x.test,"-----BEGIN', id="a quote that never ends"),
        pytest.param('x.test,"a"b', id="text behind a quote"),
        pytest.param("x.test", id="a cell too few"),
        pytest.param("x.test,a,b,c", id="cells too many"),
        pytest.param("not a host," + "A" * 200_000, id="a cell of 200,000 characters"),
    ],
)
def test_a_broken_record_costs_no_other(fleet: Fleet, read: Read, broken: str) -> None:
    good = written(["b.test", fleet.pem(fleet.leaves[1])])
    found = read(f"host,chain\r\n{good}{broken}\r\n{good}{good}")
    assert [bool(one.error) for one in found if "row 3" in one.locator] == [True]
    assert sum(one.chain == ders(fleet.leaves[1]) for one in found) == 3


def test_columns_by_name_and_by_number(fleet: Fleet, read: Read) -> None:
    rows = ["x", "a.test", fleet.pem(fleet.leaves[0])]
    named, numbered = written(["n", "Wo", "Was"], rows), written(rows)
    for text, columns in ((named, ("wo", "Was")), (named, ("2", "3")), (numbered, ("2", "3"))):
        (one,) = read(text, columns=columns)
        assert (one.host, one.chain) == ("a.test", ders(fleet.leaves[0]))


def test_a_column_that_is_not_there(fleet: Fleet, read: Read) -> None:
    with pytest.raises(InvalidRequest, match=r"has no column 'hots'.*Did you mean hosts\?"):
        read("hosts,pem\na.test,x\n", columns=("hots",))


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("together", [list, lambda rows: {"items": rows}], ids=["a list", "items"])
def test_json_of_objects(fleet: Fleet, read: Read, indent: int | None, together: Any) -> None:
    a = fleet.leaves[0]
    rows = [
        {
            "host": "a.test",
            "chain": [fleet.base64(a), fleet.pem(fleet.ca)],
            "x": {"deep": [1, 2.5e3, None, "ü"]},
        },
        {"host": "b.test", "chain": "nothing"},
        {"host": "c.test", "chain": fleet.pem(fleet.leaves[2])},
    ]
    found = read(json.dumps(together(rows), indent=indent))
    assert [(one.host, one.chain) for one in found] == [
        ("a.test", ders(a, fleet.ca)),
        ("b.test", ()),
        ("c.test", ders(fleet.leaves[2])),
    ]
    assert found[1].error


def test_ndjson(fleet: Fleet, read: Read) -> None:
    own = AuditInput("before.txt", "line 9", "a.test", ders(fleet.leaves[0]), "a.test:443")
    lines = [
        own.encode().decode(),
        "\n",
        '{"host": "b.test"}\n',
        "{half\n",
        '["a list"]\n',
        '{"schema": "trustrig.verdict/1"}\n',
        '{"colour": "red"}\n',
        json.dumps({"name": "c", "hostname": "c.test", "pem": fleet.pem(fleet.leaves[2])}),
    ]
    found = read("".join(lines))
    assert found[0] == own
    assert found[1].endpoint == "b.test:443"
    assert [bool(one.error) for one in found] == [False, False, True, True, True, True, False]
    assert [one.locator for one in found[1:]] == [f"line {n}" for n in (3, 4, 5, 6, 7, 8)]
    assert "tells of certificates and has none in it" in found[4].error
    assert "it has `colour`" in found[5].error
    assert found[6].chain == ders(fleet.leaves[2])


def test_our_own_lines_from_standard_input(fleet: Fleet) -> None:
    own = [AuditInput("x", f"line {n}", "a.test", ders(fleet.leaves[0])) for n in range(3)]
    assert list(open_sources(["-"], stdin=io.BytesIO(b"".join(one.encode() for one in own)))) == own


def test_json_that_breaks_says_where(fleet: Fleet, read: Read) -> None:
    text = json.dumps([{"host": "a.test", "chain": fleet.pem(fleet.leaves[0])}] * 3, indent=1)
    found = read(text[:-30])
    assert [bool(one.error) for one in found] == [False, False, True]
    assert "nothing behind was read" in found[-1].error


class TestParquet:
    """By pyarrow, in batches; and without it."""

    def made(self, path: Path, **columns: Any) -> str:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table(columns), path, row_group_size=100)
        return str(path)

    def test_texts_octets_and_lists(self, fleet: Fleet, tmp_path: Path, remarks: list[str]) -> None:
        a = fleet.leaves[0]
        for chain in (
            fleet.pem(a, fleet.ca),
            a.der + fleet.ca.der,
            [a.der, fleet.ca.der],
            [fleet.base64(a), fleet.base64(fleet.ca)],
        ):
            path = self.made(tmp_path / "x.parquet", n=[1, 2], host=["a.test", None], chain=[chain, chain])
            found = list(open_sources([path], remark=remarks.append))
            assert [(one.host, one.chain) for one in found] == [
                (host, ders(a, fleet.ca)) for host in ("a.test", None)
            ]
            assert [one.locator for one in found] == ["row 1", "row 2"]

    def test_hosts_and_many_row_groups(self, tmp_path: Path) -> None:
        path = self.made(tmp_path / "x.parquet", host=[f"h{n}.test" for n in range(1000)], port=[8443] * 1000)
        assert [one.endpoint for one in open_sources([path])] == [f"h{n}.test:8443" for n in range(1000)]

    def test_damaged(self, tmp_path: Path) -> None:
        path = Path(self.made(tmp_path / "x.parquet", host=["a.test"]))
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(Unreadable, match="is Parquet that does not read"):
            list(open_sources([str(path)]))

    def test_another_table(self, tmp_path: Path) -> None:
        path = self.made(tmp_path / "x.parquet", colour=["red"])
        with pytest.raises(
            InvalidRequest, match="no column that is known to be a host or a chain; it has 'colour'"
        ):
            list(open_sources([path]))

    def test_from_a_pipe(self) -> None:
        class Pipe(io.BytesIO):
            def seekable(self) -> bool:
                return False

        with pytest.raises(Unreadable, match="comes from a pipe"):
            list(open_sources(["-"], stdin=Pipe(b"PAR1" + bytes(100))))

    @pytest.mark.parametrize(
        ("content", "module"), [(b"PAR1", "pyarrow"), (b"apiVersion: v1\nkind: Secret\n", "PyYAML")]
    )
    def test_without_the_extra(
        self, content: bytes, module: str, read: Read, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def missing(name: str) -> Any:
            raise ImportError(name)

        monkeypatch.setattr(extra, "import_module", missing)
        with pytest.raises(PkiError) as caught:
            read(content)
        assert module in caught.value.problem
        assert caught.value.commands == ("python3 -m pip install 'trustrig[audit]'",)
