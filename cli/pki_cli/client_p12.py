"""The .p12 that a client's identity gets beside its PEM files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki_cli.shell import note, read_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.model.identity import Identity
    from pki.store.kept_password import KeptPassword


class ClientP12:
    """The .p12 beside a client's PEM files, and its password, which is kept there where nobody gave one."""

    def __init__(self, password: str, *, generated: bool) -> None:
        self._password = password
        self._generated = generated
        self.to_show: str | None = None  # one that was made up, once there is a file for it

    @classmethod
    def asked(cls, password_file: str | None, *, before: KeptPassword | None = None) -> ClientP12:
        """Take the password that was given, that of the identity BEFORE this one, or one that is made up."""
        given = read_password(password_file)
        if given is not None:
            return cls(given, generated=False)
        from pki.export.pkcs12 import generate_password

        return cls(before.text if before is not None else generate_password(), generated=True)

    def files(self, identity: Identity) -> Mapping[str, bytes]:
        """Return the .p12 by its file name; nothing where Apple would not import the key."""
        from pki.errors import NotExportable
        from pki.export.pkcs12 import write_p12
        from pki.store.kept_password import ENDING
        from pki.store.layout import slug

        try:
            data = write_p12(identity, password=self._password)
        except NotExportable as error:
            note(f"warning: no .p12 was written: {error}")
            return {}
        file = f"{slug(identity.common_name)}.p12"
        if not self._generated:
            return {file: data}
        self.to_show = self._password
        return {file: data, f"{file}{ENDING}": f"{self._password}\n".encode()}
