"""What comes out of a PKCS #12 file, by kinds: identities, trust stores, keys alone, odd keys, parts that do not decrypt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest, NotExportable, Unreadable, WrongPassword
from pki.export.pkcs12 import write_p12
from pki.load import load_identity
from pki.load.inspected_file import Inspection
from pki.load.inspection import inspect_bytes
from pki.load.p12.container import Container
from pki.load.p12.kdf import MAX_ROUNDS
from pki.load.p12.pfx import PasswordKind
from pki.load.p12.readers import ReaderAnswer
from pki.load.p12.reading import read_pfx
from pki.report.inspection import inspection_json, inspection_text
from tests.p12grid import assembling
from tests.p12grid.assembling import Item, Lock, container
from tests.p12grid.cases import Case
from tests.p12grid.making import make_all
from tests.p12grid.material import Material
from tests.report.test_schemas import validator

PASSWORD = "correct-horse"
OPENSSL = ("openssl", "apt-get install openssl")
pytestmark = pytest.mark.peer(*OPENSSL)  # it writes the curve out, and some of the files
PUBLISHED = validator("trustrig.inspection/1")
ONE = b"\x01" * 20


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material(tmp_path_factory.mktemp("material"))


def packed(
    material: Material, shape: str, kind: str = "RSA", folder: Path | None = None, **more: object
) -> Inspection:
    """A container of ours, looked into."""
    case = Case("assembled", ("3des", "sha256", "sha1"), kind=kind, shape=shape, **more)  # type: ignore[arg-type]
    (made,) = make_all([case], material, folder or material.folder)
    return inspect_bytes(made.path.read_bytes(), name="x.p12", password=case.secret or None)


def held(found: Inspection) -> Container:
    assert found.container is not None
    PUBLISHED.validate(inspection_json(found))
    return found.container


def said(found: Inspection) -> str:
    return " ".join(inspection_text(found).split())


def answer(found: Inspection, reader: str) -> ReaderAnswer:
    (opening,) = [one for one in held(found).openings if one.reader.id == reader]
    return opening.answer


@pytest.mark.parametrize(
    ("shape", "kind", "outcome", "first", "faulty"),
    [
        pytest.param("chain", "RSA", "identities", "1: leaf, RSA 2048 opens on every", False, id="one"),
        pytest.param("two identities", "RSA", "identities", "2, of which a reader", False, id="two"),
        pytest.param(
            "certificates",
            "RSA",
            "certificates only",
            "none: certificates only: a trust store (3 certificates)",
            False,
            id="certificates alone",
        ),
        pytest.param(
            "trust store",
            "RSA",
            "certificates only",
            "none: certificates only: a trust store (2 certificates)",
            False,
            id="certificates as keytool imports them",
        ),
        pytest.param(
            "key alone",
            "EC P-256",
            "key without certificate",
            "none: a key without its certificate (EC P-256)",
            True,
            id="a key alone",
        ),
        pytest.param(
            "foreign certificate",
            "RSA",
            "key without certificate",
            "none: a key without its certificate (RSA 2048); 1 certificate of other keys beside it",
            True,
            id="a key and another's certificate",
        ),
        pytest.param(
            "chain", "RSA-PSS", "identities", "1: leaf, RSA-PSS 2048 opens on no", True, id="RSA-PSS"
        ),
        pytest.param(
            "chain",
            "RSA key, RSA-PSS certificate",
            "identities",
            "1: leaf, RSA 2048 (its certificate says RSA-PSS 2048) opens on no Apple release",
            True,
            id="a certificate that says more than the key",
        ),
        pytest.param(
            "chain",
            "EC explicit parameters",
            "identities",
            "1: leaf, EC explicit parameters",
            True,
            id="explicit",
        ),
        pytest.param(
            "chain", "EC secp256k1", "identities", "1: leaf, EC secp256k1", True, id="a foreign curve"
        ),
        pytest.param("chain", "Ed25519", "identities", "1: leaf, Ed25519", True, id="Ed25519"),
        pytest.param("chain", "X25519", "identities", "1: leaf, X25519", True, id="X25519"),
        pytest.param("chain", "DSA", "identities", "1: leaf, DSA", True, id="DSA"),
        pytest.param("chain", "ML-DSA", "identities", "1: leaf, ML-DSA-44", True, id="ML-DSA"),
        pytest.param("chain", "ML-KEM", "identities", "1: leaf, ML-KEM-768", True, id="ML-KEM"),
        pytest.param(
            "chain",
            "of an unknown kind",
            "identities",
            "1: leaf, key of type 1.2.3.4.5.6.7",
            True,
            id="unknown",
        ),
        pytest.param("chain", "damaged", "identities", "1: leaf, key that does not read", True, id="damaged"),
    ],
)
def test_the_outcome_comes_first(
    shape: str, kind: str, outcome: str, first: str, faulty: bool, material: Material
) -> None:
    found = packed(material, shape, kind)
    assert inspection_json(found)["pkcs12"]["outcome"] == outcome
    assert f"a PKCS #12 container identities {first}" in said(found)
    assert (found.faulty, held(found).faulty) == (faulty, faulty)


def test_certificates_alone_are_a_fault_where_no_importer_takes_their_container(material: Material) -> None:
    certificates = [Item(encoded) for encoded in material.issuers]
    data = container([], certificates, Lock.of(PASSWORD, mac=""))
    found = inspect_bytes(data, name="x.p12", password=PASSWORD)
    assert held(found).certificates_alone
    assert held(found).faulty


def test_java_shows_no_certificate_without_oracles_attribute(material: Material) -> None:
    plain, marked = packed(material, "certificates"), packed(material, "trust store")
    assert (answer(plain, "java-17"), answer(marked, "java-17")) == (ReaderAnswer.NO, ReaderAnswer.YES)
    assert "lack Oracle's trustedKeyUsage" in said(plain)
    assert "trustedKeyUsage" not in said(marked)


def test_several_identities_are_listed_and_one_is_chosen(material: Material, tmp_path: Path) -> None:
    found = packed(material, "two identities", folder=tmp_path)
    second = found.certificates[1].facts
    assert second is not None
    assert "identity 1 leaf, RSA 2048, certificate 1, SHA-256" in said(found)
    assert f"identity 2 second, EC P-256, certificate 2, SHA-256 {second.sha256}" in said(found)
    data = (tmp_path / "0.p12").read_bytes()
    for name in ("second", second.sha256, second.sha256.upper()):
        chosen = load_identity(data, name="x.p12", password=PASSWORD, identity=name)
        assert chosen.common_name == "second"
    with pytest.raises(
        Unreadable, match=rf"holds 2 identities.*leaf \(SHA-256 .*second \(SHA-256 {second.sha256}"
    ):
        load_identity(data, name="x.p12", password=PASSWORD)
    with pytest.raises(InvalidRequest, match="no identity that answers to 'third'"):
        load_identity(data, name="x.p12", password=PASSWORD, identity="third")


def test_what_our_loader_makes_rsa_of_is_not_promised_to_apple(material: Material, tmp_path: Path) -> None:
    """`cryptography` loads an RSA-PSS key as any RSA key; its certificate remains one that Apple has no key for."""
    for kind, words in (("RSA-PSS", "RSA-PSS 2048"), ("RSA key, RSA-PSS certificate", "RSA-PSS 2048")):
        case = Case("assembled", ("3des", "sha256", "sha1"), kind=kind)
        folder = tmp_path / words / str(len(kind))
        folder.mkdir(parents=True)
        (made,) = make_all([case], material, folder)
        identity = load_identity(made.path.read_bytes(), name="x.p12", password=case.secret)
        with pytest.raises(NotExportable, match=f"is {words}; Apple imports RSA and EC"):
            write_p12(identity, password=PASSWORD)


def test_the_certificate_that_the_local_key_id_names_goes_with_the_key(
    material: Material, tmp_path: Path
) -> None:
    """After a renewal two certificates have one key."""
    pair = material.pairs["RSA"]
    certificates = [Item(material.renewed), Item(pair.certificate, ONE)]
    data = container([Item(pair.pkcs8, ONE)], certificates, Lock.of(PASSWORD))
    found = inspect_bytes(data, name="x.p12", password=PASSWORD)
    (identity,) = held(found).packed
    leaf = found.certificates[identity.chain[0]].facts
    assert leaf is not None
    assert leaf.der == pair.certificate
    chosen = load_identity(data, name="x.p12", password=PASSWORD)
    assert chosen.certificate.public_bytes(Encoding.DER) == pair.certificate
    assert read_pfx(data, name="x", password=PASSWORD).certificates[0].content == pair.certificate


def test_a_part_that_does_not_decrypt_is_told_from_a_wrong_password(material: Material) -> None:
    lock = Lock.of(PASSWORD, "aes-256", "sha256")
    pair = material.pairs["RSA"]
    keys, certificates = [Item(pair.pkcs8, ONE)], [Item(pair.certificate, ONE)]
    data = container(keys, certificates, lock, of_keys=replace(lock, utf8=b"something else"))
    found = inspect_bytes(data, name="x.p12", password=PASSWORD)
    text = said(found)
    assert found.faulty
    assert "identities none that can be seen: a part does not decrypt" in text
    assert (
        "password right, for the MAC fits; this does not decrypt: private key 1, encrypted by PBES2" in text
    )
    assert "UTF-16" not in text
    assert {opening.answer for opening in held(found).openings} == {ReaderAnswer.NO}
    with pytest.raises(Unreadable, match="whose password is right, for its MAC fits"):
        load_identity(data, name="x.p12", password=PASSWORD)
    with pytest.raises(WrongPassword):
        inspect_bytes(data, name="x.p12", password="another")


def test_a_key_under_the_password_in_utf16_is_one_for_nss(material: Material) -> None:
    lock = Lock.of(PASSWORD, "aes-256", "sha256")
    pair = material.pairs["RSA"]
    hidden = replace(lock, utf8=lock.utf16[:-2])
    data = container([Item(pair.pkcs8, ONE)], [Item(pair.certificate, ONE)], lock, of_keys=hidden)
    found = inspect_bytes(data, name="x.p12", password=PASSWORD)
    assert (answer(found, "nss"), answer(found, "openssl")) == (ReaderAnswer.YES, ReaderAnswer.NO)
    assert "It decrypts with the password in UTF-16, as NSS once had it: pk12util -i reads it" in said(found)


@pytest.mark.parametrize(
    ("bare", "kind", "yes", "no"),
    [
        pytest.param(False, PasswordKind.EMPTY, "openssl", "macos", id="two NULs"),
        pytest.param(True, PasswordKind.BARE, "security-import", "apple", id="no bytes"),
    ],
)
def test_the_two_empty_passwords_are_told_apart(
    bare: bool, kind: PasswordKind, yes: str, no: str, material: Material
) -> None:
    found = packed(material, "chain", password="empty", bare=bare)
    assert held(found).pfx.password is kind
    assert (answer(found, yes), answer(found, no)) == (ReaderAnswer.YES, ReaderAnswer.NO)
    assert answer(found, "macos") is (ReaderAnswer.YES if bare else ReaderAnswer.NO)
    assert answer(found, "apple") is (ReaderAnswer.NO if bare else ReaderAnswer.UNKNOWN)
    assert "no Apple release" not in said(found)


@pytest.mark.parametrize("word", ["Latin-1", "other letters", "beyond the BMP"])
def test_a_password_beyond_ascii_is_none_for_java(word: str, material: Material) -> None:
    found = packed(material, "chain", password=word)
    answers = [answer(found, reader) for reader in ("apple", "openssl", "nss", "gnutls")]
    assert answers == [ReaderAnswer.YES] * 4
    assert {answer(found, reader) for reader in ("java-17", "java-8", "java-old")} == {ReaderAnswer.NO}


def test_rc2_hides_neither_a_second_identity_nor_a_local_key_id(material: Material, tmp_path: Path) -> None:
    """What `openssl pkcs12 -export -legacy` writes."""
    case = Case("openssl", ("-legacy",), kind="EC P-256")
    (made,) = make_all([case], material, tmp_path)
    found = inspect_bytes(made.path.read_bytes(), name="x.p12", password=case.secret)
    assert {scheme.cipher for scheme in held(found).pfx.schemes} == {"RC2-40", "3DES"}
    assert found.certificates[0].local_key_id == found.keys[0].local_key_id is not None
    assert held(found).packed[0].chain == (0, 1, 2)


def test_what_gnutls_writes_by_default_is_read_and_the_sum_of_more_is_told(material: Material) -> None:
    pair = material.pairs["RSA"]
    keys, certificates = [Item(pair.pkcs8, ONE)], [Item(pair.certificate, ONE)]
    assert MAX_ROUNDS >= 600_000 * (1 + 3 + 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembling, "ROUNDS", 700_000)
        patch.setattr(assembling, "derive", lambda *given, **_: bytes(given[4]))  # nobody gets to open it
        data = container(keys, certificates, Lock.of(PASSWORD))
    words = (
        r"comes to 4,900,000 rounds or more: MAC 700,000, 3DES 2,100,000, 3DES 2,100,000\. At most 4,500,000"
    )
    with pytest.raises(Unreadable, match=words):
        read_pfx(data, name="x.p12", password=PASSWORD)


def test_an_encryption_that_is_not_known_here_is_no_damage(material: Material, tmp_path: Path) -> None:
    """OpenSSL reads what it wrote with Camellia; the MAC fits, and nobody may be told that it does not decrypt."""
    case = Case("openssl", ("-keypbe", "CAMELLIA-256-CBC", "-certpbe", "AES-256-CBC"))
    (made,) = make_all([case], material, tmp_path)
    found = inspect_bytes(made.path.read_bytes(), name="x.p12", password=case.secret)
    assert held(found).pfx.proven
    assert held(found).pfx.undecryptable == ()
    assert answer(found, "openssl") is ReaderAnswer.UNKNOWN
    assert "what is encrypted by PBES2, 1.2.392.200011.61.1.1.1.4" in said(found)
    assert "identities unknown: its encryption is not undone here" in said(found)
    with pytest.raises(Unreadable, match="an encryption that cannot be undone here"):
        load_identity(made.path.read_bytes(), name="x.p12", password=case.secret)


def test_what_holds_neither_a_key_nor_a_certificate_says_so(material: Material) -> None:
    found = inspect_bytes(container([], [], Lock.of(PASSWORD)), name="x.p12", password=PASSWORD)
    assert inspection_json(found)["pkcs12"]["outcome"] == "nothing"
    assert "identities none: neither a key nor a certificate" in said(found)
    assert found.faulty
