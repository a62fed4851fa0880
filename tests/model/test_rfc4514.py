"""Distinguished names as RFC 4514 writes them, within what RFC 5280, appendix A.1 lets each attribute hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest, PkiError
from pki.model.rfc4514 import Attribute, looks_like_name, parse_name, write_name

COUNTRY, ORGANIZATION, CN = "2.5.4.6", "2.5.4.10", "2.5.4.3"


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        pytest.param(
            "O=Acme,C=DE",
            [[(COUNTRY, "DE")], [(ORGANIZATION, "Acme")]],
            id="the last written is encoded first",
        ),
        pytest.param(
            " o = Acme , c = DE ",
            [[(COUNTRY, "DE")], [(ORGANIZATION, "Acme")]],
            id="space between parts, any case",
        ),
        pytest.param(r"O=Acme\, Inc.", [[(ORGANIZATION, "Acme, Inc.")]], id="an escaped comma"),
        pytest.param(
            r"O=\23 1\3D\C3\84", [[(ORGANIZATION, "# 1=Ä")]], id="pairs of hexadecimal digits are UTF-8"
        ),
        pytest.param(
            r"O=a\+b\;c\"d\\e\<f\>", [[(ORGANIZATION, 'a+b;c"d\\e<f>')]], id="every special character"
        ),
        pytest.param("O=a=b", [[(ORGANIZATION, "a=b")]], id="a bare equals sign"),
        pytest.param(
            "CN=a+UID=b,O=x",
            [[(ORGANIZATION, "x")], [(CN, "a"), ("0.9.2342.19200300.100.1.1", "b")]],
            id="two attributes in one part",
        ),
        pytest.param("2.5.4.97=NTR", [[("2.5.4.97", "NTR")]], id="a type by its OID"),
        pytest.param("OID.1.2.3=x", [[("1.2.3", "x")]], id="a type nobody named"),
        pytest.param("ST=Bayern,S=x,E=a@b.test", None, id="words of OpenSSL and Windows"),
    ],
)
def test_what_is_read(text: str, encoded: list[list[tuple[str, str]]] | None) -> None:
    found = parse_name(text)
    if encoded is not None:
        assert [[(one.oid, one.value) for one in part] for part in found] == encoded
    assert parse_name(write_name(found)) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("Alice", "TYPE=VALUE"),
        ("O=", "no value"),
        ("O=a,,C=DE", "an empty part"),
        ("O=a;C=DE", "semicolon"),
        ('O="Acme, Inc."', r"O=Acme\, Inc."),
        ("/C=DE/O=Acme, Inc./CN=x", r'Did you mean "CN=x,O=Acme\, Inc.,C=DE"?'),
        ("C=de", "Did you mean C=DE?"),
        ("C=Germany", "two capital letters"),
        ("C=D1", "two capital letters"),
        ("CN=" + "x" * 65, "holds 64"),
        ("O=" + "x" * 65, "holds 64"),
        ("L=" + "x" * 129, "holds 128"),
        ("serialNumber=a_b", "PrintableString"),
        ("DC=ü", "not ASCII"),
        ("X=1", "written as its OID"),
        ("Organisation=1", "Did you mean O?"),
        ("O=#0403", "hexadecimal"),
        (r"O=\q", "escapes nothing"),
        (r"O=\C3", "not UTF-8"),
        (r"O=a\0Ab", "no value"),
        ("O=a<b", r"Write \<"),
        ("CN=a+CN=b", "one type twice"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_name(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "holds"), [("CN=" + "x" * 64, True), ("L=" + "x" * 128, True), ("C=DE", True)]
)
def test_the_bounds_themselves_hold(text: str, holds: bool) -> None:
    assert bool(parse_name(text)) is holds


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("CN=Alice", True),
        ("/C=DE/CN=x", True),
        ("2.5.4.3=x", True),
        ("o = x", True),
        ("Alice", False),
        ("a=b", False),
    ],
)
def test_what_looks_like_one(text: str, is_one: bool) -> None:
    assert looks_like_name(text) is is_one


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (" a", r"CN=\ a"),
        ("a ", "CN=a\\ "),
        ("a\\ ", "CN=a\\\\\\ "),
        (" ", "CN=\\ "),
        ("#a", r"CN=\#a"),
    ],
)
def test_a_space_at_an_end_is_escaped(value: str, written: str) -> None:
    """RFC 4514, 2.4; a certificate of others may have one, after a backslash, too."""
    assert str(Attribute(CN, value)) == written


texts = st.text(min_size=1, max_size=20).filter(lambda text: text == text.strip() and text.isprintable())


@given(st.lists(st.tuples(st.sampled_from([CN, ORGANIZATION, "2.5.4.97"]), texts), min_size=1, max_size=4))
def test_what_is_written_reads_back(parts: list[tuple[str, str]]) -> None:
    rdns = tuple((Attribute(oid, value),) for oid, value in parts)
    assert parse_name(write_name(rdns)) == rdns


@given(st.text(max_size=60) | st.from_regex(r'(C|O|CN)=[\\",+=a-f0-9 #;]{0,12}', fullmatch=True))
def test_any_text_is_a_name_or_an_error_of_ours(text: str) -> None:
    try:
        found = parse_name(text)
    except PkiError:
        return
    assert parse_name(write_name(found)) == found
