"""Snippets parse, hold the authority's own values whatever those are, and do what they say of ATS and pins."""

from __future__ import annotations

import base64
import plistlib
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given
from hypothesis import strategies as st

from pki.ats import pins_for, read_info_plist
from pki.ats.lints import lint
from pki.errors import InvalidRequest
from pki.export.info_plists import spki_pin
from pki.export.pkcs12 import write_p12
from pki.export.snippets import NAMES, ClientFile, Snippet, SnippetValues, chosen, snippets_for
from pki.export.swift_text import literal
from pki.load import load_identity
from pki.model.codes import Severity
from pki.model.hosts import parse_host
from pki.model.identity import Identity
from pki.model.verdict import AnchorClass, Verdict
from pki.trust import Anchor, evaluate
from tests.chains import AT, HOST, Made, intermediate, leaf, root
from tests.export.swift import constants, parsed, walk
from tests.openssl import OPENSSL

HOSTILE = 'x"\\(exit())\n*/ // -->]]></dict> --\u2028\u202e'


@pytest.fixture(scope="session")
def server(issuing_ca: Made) -> Made:
    return leaf(issuing_ca, HOST)


@pytest.fixture(scope="session")
def values(root_ca: Made, issuing_ca: Made) -> SnippetValues:
    client = ClientFile("alice.p12", 1)
    return SnippetValues(
        parse_host(HOST), root_ca.cert, (issuing_ca.cert,), client, control="http://127.0.0.1:8474"
    )


def by_name(values: SnippetValues) -> dict[str, Snippet]:
    return {one.name: one for one in snippets_for(values)}


def swift(values: SnippetValues) -> dict[str, str]:
    return {one.name: one.text for one in snippets_for(values) if one.file.endswith(".swift")}


def test_every_snippet_has_its_name_its_file_and_a_first_line(values: SnippetValues) -> None:
    found = snippets_for(values)
    assert tuple(one.name for one in found) == NAMES
    assert len({one.file for one in found}) == len(NAMES)
    for one in found:
        assert one.title.endswith(".")
        assert len(one.title) <= 80
        assert "Since" in one.text
        assert "Avoids" in one.text
        assert "Source" in one.text
        assert max(map(len, one.text.splitlines())) <= 120


def test_no_snippet_holds_a_password_or_lets_everything_through(values: SnippetValues) -> None:
    for one in snippets_for(values):
        code = "\n".join(line for line in one.text.splitlines() if not line.lstrip().startswith("//"))
        code = re.sub(r"<!--.*?-->", "", code, flags=re.DOTALL)
        assert "NSAllowsArbitraryLoads" not in code
        assert not re.search(r'assword\w*\s*[:=]\s*"', code)
        assert "SecPolicyCreateBasicX509" not in code


@pytest.mark.parametrize("host", [HOST, "xn--bcher-kva.test", "localhost", "192.0.2.7", "2001:db8::7"])
def test_swift_parses_and_holds_the_values(host: str, values: SnippetValues, root_ca: Made) -> None:
    mine = swift(replace(values, host=parse_host(host)))
    assert len(mine) == 6
    assert '"http://127.0.0.1:8474"' in constants(mine["front-xctest"])["control"]
    identity, trust = constants(mine["client-identity"]), constants(mine["server-trust"])
    assert identity["host"] == trust["host"] == f'"{host}"'
    assert (identity["file"], identity["intermediatesInFile"]) == ('"alice.p12"', "1")
    embedded = base64.b64decode("".join(trust["rootInBase64"].strip('"').split()), validate=True)
    assert embedded == root_ca.der
    url = f"[{host}]" if ":" in host else host
    assert f'"https://{url}/"' in constants(mine["xctest"])["url"]
    for text in mine.values():
        parsed(text)
        assert "«" not in text


def test_the_swift_of_the_guides_parses() -> None:
    written = re.compile(r"^```swift\n(.*?)^```", re.MULTILINE | re.DOTALL)
    docs = Path(__file__).parents[2] / "docs"
    found = [
        block for page in docs.glob("**/*.md") for block in written.findall(page.read_text(encoding="utf-8"))
    ]
    assert found
    for block in found:
        parsed(block)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('let host = "a"b"', "a quotation mark that ends the string"),
        ("func f( {", "an open bracket"),
        ("struct {}", "no name"),
    ],
)
def test_the_parser_refuses(broken: str, why: str) -> None:
    with pytest.raises(AssertionError):
        parsed(broken)


def test_hostile_names_stay_inside_their_literal(values: SnippetValues) -> None:
    mine = swift(SnippetValues(values.host, values.root, client=ClientFile(HOSTILE, 0)))
    written = constants(mine["client-identity"])["file"]
    assert unescaped(written) == HOSTILE
    assert written.isprintable()


def unescaped(written: str) -> str:
    """The value of a Swift string literal of the kinds we write."""
    inner = written.removeprefix('"').removesuffix('"')
    return re.sub(r"\\(?:u\{(\w+)\}|(.))", lambda m: chr(int(m[1], 16)) if m[1] else m[2], inner)


@pytest.mark.slow
@given(st.text())
@example(HOSTILE)
@example("\x00\x7f\x85")
@example("e\u0301 \U0001f512")
def test_any_text_is_one_literal_without_interpolation(text: str) -> None:
    written = literal(text)
    kinds = [node.type for node in walk(parsed(f"let x = {written}\n"))]
    assert kinds.count("line_string_literal") == 1
    assert "interpolated_expression" not in kinds
    assert unescaped(written) == text
    assert len(written.splitlines()) == 1


def test_a_lone_surrogate_is_no_character_of_swift() -> None:
    assert literal("a\udcff") == '"a\N{REPLACEMENT CHARACTER}"'


def test_the_count_of_intermediates_is_that_of_the_p12(values: SnippetValues, alice: Identity) -> None:
    assert values.client is not None
    written = load_identity(write_p12(alice, password="pw"), name="alice.p12", password="pw")
    assert len(written.intermediates) == values.client.intermediates


def test_without_a_client_nothing_is_said_of_an_identity(values: SnippetValues) -> None:
    mine = by_name(SnippetValues(values.host, values.root, values.intermediates))
    assert set(mine) == {"server-trust", "network-trust", "pinned-domains", "ats"}
    with pytest.raises(InvalidRequest, match="xctest is about a client identity"):
        chosen(mine.values(), ["xctest"])
    with pytest.raises(InvalidRequest, match=r"'nope'.* client-identity, server-trust"):
        chosen(mine.values(), ["nope"])
    assert [one.name for one in chosen(mine.values(), ["ats", "server-trust", "ats"])] == [
        "ats",
        "server-trust",
    ]


@OPENSSL
@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "ed25519"])
def test_28_given_pinned_domains_the_value_is_that_of_openssl(kind: str, tmp_path: Path) -> None:
    certificate = root(f"Root of {kind}", kind=kind).cert
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    done = subprocess.run(
        [
            "sh",
            "-ec",
            f"openssl x509 -pubkey -noout -in {shlex.quote(str(tmp_path / 'ca.pem'))} "
            "| openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | openssl base64",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert spki_pin(certificate) == done.stdout.strip()
    (name, pins) = next(iter(pinned(SnippetValues(parse_host("API.test."), certificate)).items()))
    assert name == "api.test"
    assert pins == {"NSPinnedCAIdentities": [{"SPKI-SHA256-BASE64": done.stdout.strip()}]}


def pinned(values: SnippetValues) -> dict[str, dict[str, list[dict[str, str]]]]:
    document = plistlib.loads(by_name(values)["pinned-domains"].text.encode())
    found: dict[str, dict[str, list[dict[str, str]]]] = document["NSAppTransportSecurity"]["NSPinnedDomains"]
    return found


def judged(chain: list[Made], anchor: Made, kind: AnchorClass, *plists: str) -> Verdict:
    """What becomes of CHAIN with the keys of PLISTS merged."""
    merged: dict[str, object] = {}
    for text in plists:
        merged |= plistlib.loads(text.encode())["NSAppTransportSecurity"]
    info = plistlib.dumps({"NSAppTransportSecurity": merged})
    return evaluate(
        [made.der for made in chain],
        host=HOST,
        at=AT,
        anchors=[Anchor.parse(anchor.der, kind)],
        ats=read_info_plist(info, name="Info.plist"),
    )


def test_the_ats_fragment_is_what_an_app_anchor_needs(
    values: SnippetValues, server: Made, issuing_ca: Made, root_ca: Made
) -> None:
    chain, fragment = [server, issuing_ca], by_name(values)["ats"].text
    without = judged(chain, root_ca, AnchorClass.APP)
    assert without.headline is not None
    assert without.headline.rule_id == "ats-default-trust"
    assert judged(chain, root_ca, AnchorClass.APP, fragment).trusted
    assert judged(chain, root_ca, AnchorClass.USER).trusted  # installed and switched on: no key is needed


def test_the_pins_admit_this_authority_and_no_other(
    values: SnippetValues, server: Made, issuing_ca: Made, root_ca: Made
) -> None:
    pins = by_name(values)["pinned-domains"].text
    assert judged([server, issuing_ca], root_ca, AnchorClass.USER, pins).trusted
    assert judged([server, issuing_ca], root_ca, AnchorClass.APP, pins, by_name(values)["ats"].text).trusted
    other = root("Another Root", key_tag="another")
    between = intermediate(other, "Another Issuing CA", key_tag="another")
    stranger = judged([leaf(between, HOST), between], other, AnchorClass.USER, pins)
    assert stranger.headline is not None
    assert stranger.headline.rule_id == "ats-pin-ca"


def test_a_pinned_leaf_must_match_as_well(
    values: SnippetValues, server: Made, issuing_ca: Made, root_ca: Made
) -> None:
    tight = SnippetValues(values.host, values.root, values.intermediates, pinned_leaf=server.cert)
    pins = by_name(tight)["pinned-domains"].text
    assert judged([server, issuing_ca], root_ca, AnchorClass.USER, pins).trusted
    renewed = leaf(issuing_ca, HOST, key_tag="renewed")
    refused = judged([renewed, issuing_ca], root_ca, AnchorClass.USER, pins)
    assert refused.headline is not None
    assert refused.headline.rule_id == "ats-pin-leaf"


@pytest.mark.parametrize(
    ("host", "needs_a_key"),
    [
        pytest.param("api.test", True, id="a name"),
        pytest.param("xn--bcher-kva.test", True, id="an A-label, with two hyphens"),
        pytest.param("API.Test", True, id="upper case"),
        pytest.param("api.test.", True, id="a trailing dot"),
        pytest.param("192.0.2.7", True, id="an address"),
        pytest.param("2001:db8::7", True, id="an IPv6 address"),
        pytest.param("localhost", False, id="an unqualified name"),
        pytest.param("printer.local", False, id="a .local name"),
        pytest.param("127.0.0.1", False, id="this machine"),
    ],
)
def test_property_lists_are_read_without_complaint(
    host: str, needs_a_key: bool, values: SnippetValues
) -> None:
    asked = parse_host(host)
    mine = by_name(SnippetValues(asked, values.root, values.intermediates))
    for name, about in (("pinned-domains", None), ("ats", asked)):
        assert re.fullmatch(r"[A-Z][^<>]*\.", mine[name].title)
        settings = read_info_plist(mine[name].text.encode(), name=name)
        loud = [one.rule_id for one in lint(settings.raw, host=about) if one.severity is not Severity.INFO]
        assert set(loud) <= {"ats-justification"}
    settings = read_info_plist(mine["ats"].text.encode(), name="ats")
    assert bool(settings.raw) is needs_a_key
    if not needs_a_key:
        assert "Why: local name or address" in mine["ats"].text
    pins = pins_for(asked, read_info_plist(mine["pinned-domains"].text.encode(), name="pins"))
    assert (pins.ca is None) is asked.is_address
    if pins.ca is not None:
        assert len(pins.ca) == 2


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=16))
@example("--")
@example("---")
@example("-->")
@example("-")
@example("]]>&<\x0b")
def test_any_name_of_an_authority_leaves_the_property_list_whole(name: str) -> None:
    from pki.export.info_plists import pinned_domains

    text = pinned_domains(parse_host("api.test"), [_named(name)])
    assert plistlib.loads(text.encode())["NSAppTransportSecurity"]["NSPinnedDomains"].keys() == {"api.test"}


def _named(name: str) -> x509.Certificate:
    return root(name).cert
