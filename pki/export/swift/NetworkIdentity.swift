// A client identity for Network framework, sent with its intermediates.
//
// Since     iOS 13, macOS 10.15
// Use       let tls = NWProtocolTLS.Options()
//           try tls.present(identity)
//           NWConnection(host: NWEndpoint.Host(ClientIdentity.host), port: 443, using: NWParameters(tls: tls))
// Needs     ClientIdentity.swift
// Avoids    - A leaf sent alone: sec_identity_create takes no intermediates.
//           - An identity for whoever asks: these options are for connections to one host. With several hosts, make
//             options for each, or choose in sec_protocol_options_set_challenge_block.
// Source    Apple: sec_identity_create_with_certificates; sec_protocol_options_set_local_identity

import Network
import Security

extension NWProtocolTLS.Options {
    /// Presents CLIENT when the server asks for a certificate.
    func present(_ client: ClientIdentity) throws {
        guard
            let identity = sec_identity_create_with_certificates(
                client.identity, client.intermediates as CFArray)
        else { throw ClientIdentity.Failure.noIdentityInside }
        sec_protocol_options_set_local_identity(securityProtocolOptions, identity)
    }
}
