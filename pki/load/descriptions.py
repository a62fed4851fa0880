"""What is neither certificate nor key of TLS: loaded by nobody here, described to whoever was sent one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pki.load.envelopes import BY_PASSWORD, BY_SHARED_KEY
from pki.load.kinds import FileKind
from pki.load.next_steps import advice_about
from pki.load.pkcs8 import curve_kind
from pki.model import der, oids
from pki.model.extensions import basic_constraints, extended_key_usage, general_names
from pki.model.foreign import read_crl, read_request, reading
from pki.model.general_names import general_name_text
from pki.model.keys import KeyAlgorithm, KeyFacts, key_facts
from pki.model.request_facts import RequestFacts
from pki.model.time_format import moment_text

Rows = tuple[tuple[str, str], ...]
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"  # RFC 2985, 5.4.2
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")  # rsaEncryption and its NULL, RFC 3279, 2.3.1
_INFORM = " (-inform PEM or SMIME where it is that)"
_LOADED = frozenset({"1.3.101.110", "1.3.101.111"})  # X25519 and X448, RFC 8410
_MICROSOFT_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14"  # the same, as certreq of old wrote it


@dataclass(frozen=True, slots=True)
class Described:
    """One of those things, as labels and values in the order a person reads them, and the certificates in it."""

    kind: FileKind
    details: Rows
    detail: str = ""  # a description finer than the kind's own
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """It as a sentence needs it."""
        return self.detail or self.kind.described


def describe_other(
    kind: FileKind, data: bytes, *, name: str, detail: str = "", at: datetime | None = None
) -> Described | None:
    """Describe DATA, the content of a KIND; None for kinds that are not described here.

    Raises:
        Unreadable: it does not parse.
    """
    what = f"{name} is {detail or kind.described}"
    if kind is FileKind.PROVISIONING:
        return _provisioning(data, name, at)
    if kind is FileKind.AUTHENTICODE:
        return _authenticode(data, what, detail)
    reader = _READERS.get(kind)
    if reader is None:
        return None
    with reading(what):  # a DerError is a ValueError
        rows = reader(data, what)
        notes = (advice_about(kind, detail),) if kind in (FileKind.SSH_KEY, FileKind.ENCRYPTED_CMS) else ()
        if kind is FileKind.ENCRYPTED_CMS and (other := _other_way_in(rows)):
            notes = (other,)
        return Described(kind, rows, detail, notes=notes)


def _other_way_in(rows: Rows) -> str:
    """The next step where no recipient has a key of its own: a password, or a key that was shared before."""
    recipients = {value for label, value in rows if label == "recipient"}
    if recipients and recipients <= {BY_PASSWORD}:
        return (
            "Nothing in it can be seen without the password: `openssl cms -decrypt -inform DER -in FILE "
            f"-pwri_password PW`{_INFORM}."
        )
    if recipients <= {BY_SHARED_KEY}:
        command = "-decrypt" if recipients else "-EncryptedData_decrypt"
        shared = " -secretkeyid HEX" if recipients else ""
        return (
            "Nothing in it can be seen without the key that was agreed upon before: "
            f"`openssl cms {command} -inform DER -in FILE -secretkey HEX{shared}`{_INFORM}."
        )
    return ""


def _provisioning(data: bytes, name: str, at: datetime | None) -> Described:
    from pki.load.provisioning import described, read_provisioning

    found = read_provisioning(data, name=name)
    return Described(FileKind.PROVISIONING, tuple(described(found, at)), certificates=found.certificates)


def _authenticode(data: bytes, what: str, detail: str) -> Described:
    from pki.load.pkcs7 import read_signed_data
    from pki.load.signers import read_signers

    with reading(what):
        signed = read_signed_data(data)
        rows = tuple(("signed by", signer.name) for signer in read_signers(signed))
    note = (
        "Whether the signature is right is not checked: osslsigncode verify does, with the program beside it."
    )
    return Described(FileKind.AUTHENTICODE, rows, detail, signed.certificates, (note,))


_OWN_SIGNATURE = {
    True: "valid",
    False: "NOT valid",
    None: "not checked: the key or the algorithm is of a kind that is not known here",
}


def _request(data: bytes, what: str) -> Rows:
    request = read_request(data, what=what)
    asked = _asked(data)
    listed = general_names(asked[oids.SUBJECT_ALT_NAME]) if oids.SUBJECT_ALT_NAME in asked else ()
    names = ", ".join(map(general_name_text, listed)) or "none"
    rows = [("subject", request.subject.rfc4514_string() or "(empty)"), ("names", names)]
    if oids.EXTENDED_KEY_USAGE in asked:
        purposes = extended_key_usage(asked[oids.EXTENDED_KEY_USAGE])
        rows.append(("purposes", ", ".join(map(oids.purpose_name, purposes))))
    if oids.BASIC_CONSTRAINTS in asked and basic_constraints(asked[oids.BASIC_CONSTRAINTS]).ca:
        rows.append(("CA", "it asks to be one"))
    # The key as it stands there: the library loads RSASSA-PSS as RSA, and a curve that is written out as its equal.
    facts = RequestFacts.parse(data)
    own = _OWN_SIGNATURE[facts.proves_possession]
    return (*rows, ("key", str(key_facts(facts.spki))), ("own signature", own))


def _info(data: bytes) -> list[der.Element]:
    """The parts of a CertificationRequestInfo (RFC 2986, 4.1): version, subject, key, attributes."""
    whole = der.expect(data, 0, len(data), der.SEQUENCE)
    info = der.expect(data, whole[2], whole[3], der.SEQUENCE)
    return der.elements(data, info[2], info[3], 8, "parts of a request")


def _asked(data: bytes) -> dict[str, bytes]:
    """The extensions a request asks for, by OID: read here, as cryptography refuses all names for one odd name."""
    parts = _info(data)
    found: dict[str, bytes] = {}
    if len(parts) < 4:
        return found
    for _, _, start, stop in der.elements(data, parts[3][2], parts[3][3], 64, "attributes of a request"):
        kind = der.expect(data, start, stop, der.OID)
        if der.oid(data, kind[2], kind[3]) not in (_EXTENSION_REQUEST, _MICROSOFT_EXTENSIONS):
            continue
        values = der.expect(data, kind[3], stop, der.SET)
        listed = der.expect(data, values[2], values[3], der.SEQUENCE)
        for _, _, inner, end in der.elements(data, listed[2], listed[3], 64, "extensions of a request"):
            fields = der.elements(data, inner, end, 3, "fields of an extension")
            name, value = fields[0], fields[-1]
            if name[0] == der.OID and value[0] == der.OCTET_STRING:
                found[der.oid(data, name[2], name[3])] = data[value[2] : value[3]]
    return found


def _revocation_list(data: bytes, what: str) -> Rows:
    crl = read_crl(data, what=what)
    following = crl.next_update_utc
    return (
        ("issuer", crl.issuer.rfc4514_string() or "(empty)"),
        ("issued", moment_text(crl.last_update_utc)),
        ("next", moment_text(following) if following else "not said"),
        ("revoked", f"{len(crl):,} certificates"),
    )


def _public_key(data: bytes, what: str) -> Rows:
    """By the words of the key itself, as private ones are named: a library has no word for half of the kinds."""
    start, stop = der.only(data, der.SEQUENCE)
    if der.element(data, start, stop)[0] == der.INTEGER:  # PKCS #1's own form: RFC 8017, A.1.1
        data = der.encode(der.SEQUENCE, _RSA, der.encode(der.BIT_STRING, b"\0" + data))
    return (("key", kind_description(key_facts(data))),)


def kind_description(facts: KeyFacts) -> str:
    """The kind of a key, and that it is none that is known here where nobody here could load it."""
    if facts.algorithm is not KeyAlgorithm.OTHER or facts.oid in _LOADED:
        return str(facts)
    name = oids.algorithm_name(facts.oid)
    called = name if name == facts.oid else f"{name} ({facts.oid})"
    return f"{called}, of a kind that is not known here"


def _parameters(data: bytes, what: str) -> Rows:
    """A curve's name, or numbers (RFC 3279, 2.3): what they are for and how large the first is."""
    tag, _, start, stop = der.element(data, 0, len(data))
    if tag == der.OID:
        return (("curve", str(curve_kind(data[:stop])).removeprefix("EC ")),)
    fields = der.elements(data, start, stop, 12, "parameters")
    if len(fields) > 1 and fields[1][0] == der.SEQUENCE:
        return (("curve", "explicit parameters, which Apple, Java and NSS do not take"),)
    numbers = [der.integer(data, start, stop) for _, _, start, stop in fields[:3]]
    return (
        ("for", _group(numbers, len(fields))),
        ("size", f"{numbers[0].bit_length() if numbers else 0:,} bits"),
    )


def _group(numbers: list[int], count: int) -> str:
    """PKCS #3 has p, g and perhaps a length in bits; Dss-Parms p, q, g; X9.42 p, g, q: q is the shorter one."""
    if count <= 2 or (count == 3 and numbers[2] <= numbers[0].bit_length()):
        return "Diffie-Hellman"
    if numbers[1].bit_length() < numbers[2].bit_length():
        return "DSA"
    return (
        "Diffie-Hellman (X9.42)"
        if numbers[2].bit_length() < numbers[1].bit_length()
        else "DSA or Diffie-Hellman (X9.42)"
    )


def _ssh(data: bytes, what: str) -> Rows:
    from pki.load.ssh import ssh_details

    return ssh_details(data)


def _envelope(data: bytes, what: str) -> Rows:
    from pki.load.envelopes import envelope_details

    return envelope_details(data)


_READERS: dict[FileKind, Callable[[bytes, str], Rows]] = {
    FileKind.REQUEST: _request,
    FileKind.REVOCATION_LIST: _revocation_list,
    FileKind.PUBLIC_KEY: _public_key,
    FileKind.PARAMETERS: _parameters,
    FileKind.SSH_KEY: _ssh,
    FileKind.ENCRYPTED_CMS: _envelope,
}
