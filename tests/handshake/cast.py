"""Who takes part in the handshakes of these tests."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pki.handshake import (
    ChainsTo,
    ClientCertificates,
    ClientSettings,
    ClientTrust,
    Offer,
    ServerSettings,
    TlsVersion,
)
from pki.issue import Authority
from pki.model.identity import Identity


@dataclass(frozen=True)
class Cast:
    """Who takes part. All but `mallory` and `impostor` are of the one authority."""

    authority: Authority
    stranger: Authority
    server: Identity
    alice: Identity
    bob: Identity
    expired: Identity
    not_yet: Identity
    misfit: Identity  # a server identity shown as a client's
    mallory: Identity  # a client of the stranger's
    impostor: Identity  # a server of the stranger's

    @property
    def under_our_ca(self) -> ChainsTo:
        return ChainsTo((self.authority.root,))

    def client(self, identity: Identity | None, version: TlsVersion, **more: object) -> ClientSettings:
        settings = {
            "host": "localhost",
            "trusted_roots": (self.authority.root,),
            "identity": identity,
            **more,
        }
        return ClientSettings(offer=Offer.only(version), **settings)  # type: ignore[arg-type] # a table's row

    def serving(
        self,
        version: TlsVersion,
        *,
        identity: Identity | None = None,
        policy: ClientTrust | None = None,
        ask: ClientCertificates = ClientCertificates.REQUIRED,
        alpn: tuple[str, ...] = (),
    ) -> ServerSettings:
        return ServerSettings(
            identity=identity or self.server,
            policy=policy or self.under_our_ca,
            client_certificates=ask,
            offer=replace(Offer.only(version), alpn=alpn),
        )
