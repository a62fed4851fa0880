"""The .p12 that a client's identity gets beside its PEM files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki_cli.output_file import refuse_lost_password
from pki_cli.shell import note, read_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.model.identity import Identity


class ClientP12:
    """The .p12 beside a client's PEM files, and its password."""

    def __init__(self, password: str, *, generated: bool) -> None:
        self._password = password
        self._generated = generated
        self.to_show: str | None = None  # a password that nobody knows yet, once there is a file for it

    @classmethod
    def asked(cls, password_file: str | None, as_json: bool) -> ClientP12:
        """Take the password that was given, or make one up where it can be shown."""
        given = read_password(password_file)
        if given is not None:
            return cls(given, generated=False)
        refuse_lost_password(generated=True, as_json=as_json)
        from pki.export.pkcs12 import generate_password

        return cls(generate_password(), generated=True)

    def files(self, identity: Identity) -> Mapping[str, bytes]:
        """Return the .p12 by its file name; nothing where Apple would not import the key."""
        from pki.errors import NotExportable
        from pki.export.pkcs12 import write_p12
        from pki.store.layout import slug

        try:
            data = write_p12(identity, password=self._password)
        except NotExportable as error:
            note(f"warning: no .p12 was written: {error}")
            return {}
        self.to_show = self._password if self._generated else None
        return {f"{slug(identity.common_name)}.p12": data}
