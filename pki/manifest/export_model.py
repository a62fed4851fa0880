"""The files that a manifest exports, as pydantic models: each kind with what it is made of."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, Strict, model_validator

from pki.export.pem import PemPart
from pki.export.pkcs12 import P12Encryption
from pki.manifest.values import (
    TABLE,
    Device,
    File,
    Moment,
    ProfileId,
    Span,
    Variable,
    value_error,
)


class Export(BaseModel):
    """One file to hand over."""

    model_config = TABLE

    to: Annotated[File, Field(description="The file, relative to the manifest.")]


class Pem(Export):
    """PEM, for servers and tools that are not Apple's."""

    leaf: str | None = None
    ca: Annotated[str | None, Field(description="A CA's root, or an intermediate.")] = None
    part: Annotated[
        Annotated[PemPart, Strict(False)] | None, Field(description="Without it, key and chain in one.")
    ] = None

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.leaf is None) == (self.ca is None):
            found = "neither a leaf nor a ca" if self.leaf is None else "both a leaf and a ca"
            raise value_error(f"{found} is named", "Give one of them.")
        if self.ca is not None and self.part is not None:
            raise value_error("part is for leaves", "Of a CA its certificate alone is exported.")
        return self


class _WithPassword(Export):
    password_file: Annotated[
        File | None, Field(description="Read from there; where it is missing, one is made up and put there.")
    ] = None
    password_env: Annotated[Variable | None, Field(description="Read from this environment variable.")] = None

    def _check_password(self, *, wanted: bool) -> None:
        given = [one for one in (self.password_file, self.password_env) if one is not None]
        if wanted and len(given) != 1:
            raise value_error(
                "both password_file and password_env are named" if given else "no password is named",
                "Give password_file or password_env; a file that is missing is made, with a new password.",
            )
        if given and not wanted:
            raise value_error(
                "there is no identity for the password", "Name a leaf, or leave the password out."
            )


class P12(_WithPassword):
    """A PKCS #12 file that Apple's importers open."""

    leaf: str
    encryption: Annotated[
        Annotated[P12Encryption, Strict(False)], Field(description="apple-any opens everywhere.")
    ] = P12Encryption.APPLE_ANY
    root: Annotated[bool, Field(description="Whether the root goes in as well.")] = True

    @model_validator(mode="after")
    def _password(self) -> Self:
        self._check_password(wanted=True)
        return self


class ProfileExport(_WithPassword):
    """A configuration profile: a CA's root and intermediate, and perhaps one identity."""

    ca: str | None = None
    leaf: Annotated[str | None, Field(description="The identity that goes in as well.")] = None
    embed_password: bool = False
    remove_after: Annotated[Span | None, Field(description="Leave the device so long after the install.")] = (
        None
    )
    organization: str | None = None
    identifier: Annotated[
        ProfileId | None, Field(description="Replaces a profile of this identifier; without it, derived.")
    ] = None
    device: Device = "iphone"

    @model_validator(mode="after")
    def _password(self) -> Self:
        self._check_password(wanted=self.leaf is not None)
        if self.embed_password and self.leaf is None:
            raise value_error("there is no password to embed", "Name the identity with leaf.")
        return self


class _Dated(Export):
    at: Annotated[Moment | None, Field(description="As of then; without it, when it is made.")] = None
    next_update: Annotated[Moment, Field(description="Until when it holds, counted from at.")] = "7d"


class CrlExport(_Dated):
    """What an authority revoked."""

    ca: Annotated[
        str | None, Field(description="A CA, whose intermediate's list it is, or an intermediate.")
    ] = None
    root: Annotated[bool, Field(description="The root's list, not the intermediate's.")] = False
    der: Annotated[bool, Field(description="DER, not PEM.")] = False


class Ocsp(_Dated):
    """An answer about one leaf: what a server staples."""

    leaf: str
    by_ca: Annotated[bool, Field(description="Signed by the authority itself, not by a responder.")] = False


class Exports(BaseModel):
    """Files to hand over, each an [[export.KIND]]."""

    model_config = TABLE

    pem: list[Pem] = []
    p12: list[P12] = []
    profile: list[ProfileExport] = []
    crl: list[CrlExport] = []
    ocsp: list[Ocsp] = []


EXPORTS: Final[dict[str, type[BaseModel]]] = {
    "pem": Pem,
    "p12": P12,
    "profile": ProfileExport,
    "crl": CrlExport,
    "ocsp": Ocsp,
}
