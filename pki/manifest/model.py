"""The tables of a manifest, as pydantic models: the editor's JSON Schema and the check of every value come from here.

Only shapes and single values are judged here; what one table says about another is `checking`'s. Beside `values`, no
other module imports pydantic.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, model_validator

from pki.errors import InvalidRequest
from pki.issue.keys import KeyType
from pki.issue.purposes import parse_purposes
from pki.issue.revoked import RevocationReason
from pki.manifest.export_model import EXPORTS, Exports
from pki.manifest.values import (
    TABLE,
    CaName,
    CommonName,
    Constraint,
    Days,
    Defect,
    File,
    Id,
    Key,
    Moment,
    Name,
    PurposeWord,
    Reason,
    Span,
    SubjectText,
    Url,
    value_error,
)


class _Table(BaseModel):
    model_config = TABLE


class Defaults(_Table):
    """What holds where a table says nothing else."""

    ca: Annotated[str | None, Field(description="Who signs.")] = None
    key: Annotated[Key, Field(description="The type of key of leaves.")] = KeyType.P256
    days: Annotated[Days | None, Field(description="How long leaves are valid.")] = None
    renew: Annotated[
        Span | None,
        Field(description="Issue again when less than this is left; without it, when a third is left."),
    ] = None


class Ca(_Table):
    """A root and the intermediate that issues, in a folder of their own."""

    name: Annotated[
        CaName | None, Field(description="The root's CommonName; without it, the table's name.")
    ] = None
    folder: Annotated[File | None, Field(description="Where it lies; without it, the table's name.")] = None
    subject: Annotated[
        SubjectText | None,
        Field(description="What its subjects say beside the name, by RFC 4514: O=Acme,C=DE."),
    ] = None
    key: Annotated[Key, Field(description="The type of key of root and intermediate.")] = KeyType.P256
    days: Annotated[Days | None, Field(description="How long the root is valid.")] = None
    permit: Annotated[
        list[Constraint], Field(description="Certify nothing outside these: hosts, CIDR ranges, @host.")
    ] = []
    exclude: Annotated[list[Constraint], Field(description="Certify nothing inside these.")] = []
    ocsp: Annotated[list[Url], Field(description="Where OCSP is asked about its leaves.")] = []
    crl: Annotated[list[Url], Field(description="Where its list is.")] = []


class Intermediate(_Table):
    """An authority below a CA's own intermediate; leaves name it as their `ca`. The table's name is its CommonName."""

    ca: Annotated[str | None, Field(description="The CA above it.")] = None
    subject: Annotated[
        SubjectText | None, Field(description="What it says beside the name: O=Acme,C=DE.")
    ] = None
    key: Key = KeyType.P256
    days: Days | None = None
    permit: list[Constraint] = []
    exclude: list[Constraint] = []


class Leaf(_Table):
    """A certificate with its key, called by the table's name."""

    ca: Annotated[str | None, Field(description="The CA or intermediate that signs.")] = None
    subject: Annotated[
        SubjectText | None,
        Field(description="What the subject says beside the CommonName, by RFC 4514: O=Acme,C=DE."),
    ] = None
    eku: Annotated[
        list[PurposeWord],
        Field(description="What it is for, in place of what is usual: codeSigning, smime, ike, an OID."),
    ] = []
    key: Key | None = None
    days: Days | None = None
    not_before: Moment | None = None
    not_after: Moment | None = None
    ocsp: Annotated[list[Url] | None, Field(description="In place of the CA's.")] = None
    crl: Annotated[list[Url] | None, Field(description="In place of the CA's.")] = None
    defect: Annotated[Defect | None, Field(description="What is wrong with it, on purpose.")] = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.days is not None and self.not_after is not None:
            raise value_error("both days and not_after were given", "Give one of them.")
        return self

    @model_validator(mode="after")
    def _fitting_purposes(self) -> Self:
        try:
            parse_purposes(self.eku)
        except InvalidRequest as error:
            raise value_error(error.problem, error.hint) from None
        return self


class Server(Leaf):
    """A server's identity."""

    names: Annotated[list[Name], Field(min_length=1, description="Host names, wildcards, IP addresses.")]
    common_name: Annotated[
        CommonName | None, Field(description='Without it, the first host name; "" leaves it out.')
    ] = None


class Client(Leaf):
    """A client's identity."""

    names: Annotated[list[Name], Field(description="E-mail addresses, URIs.")] = []
    common_name: Annotated[Id | None, Field(description="Without it, the table's name.")] = None


class Revoke(_Table):
    """A leaf or an intermediate that is revoked."""

    reason: Annotated[Reason, Field(description="RFC 5280, 5.3.1.")] = str(RevocationReason.UNSPECIFIED)
    at: Annotated[Moment | None, Field(description="From then on; without it, when it is first applied.")] = (
        None
    )


class Document(_Table):
    """A whole PKI."""

    defaults: Defaults = Defaults()
    ca: dict[CaName, Ca] = {}
    intermediate: dict[Id, Intermediate] = {}
    server: dict[Id, Server] = {}
    client: dict[Id, Client] = {}
    revoke: dict[str, Revoke] = {}
    export: Exports = Exports()


SECTIONS: Final[dict[str, type[BaseModel]]] = {
    "ca": Ca,
    "intermediate": Intermediate,
    "server": Server,
    "client": Client,
    "revoke": Revoke,
}


def table_at(path: tuple[str | int, ...]) -> type[BaseModel]:
    """Return the model of the table at PATH in a manifest."""
    match path:
        case ("defaults", *_):
            return Defaults
        case ("export", str(kind), *_) if kind in EXPORTS:
            return EXPORTS[kind]
        case ("export", *_):
            return Exports
        case (str(section), _, *_) if section in SECTIONS:
            return SECTIONS[section]
    return Document
