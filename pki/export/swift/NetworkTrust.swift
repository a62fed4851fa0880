// Server trust for Network framework, with an anchor of the app's own.
//
// Since     iOS 13, macOS 10.15
// Use       let tls = NWProtocolTLS.Options()
//           tls.trust(only: ServerTrust(), queue: DispatchQueue(label: "trust"))
//           NWConnection(host: NWEndpoint.Host(ServerTrust.host), port: 443, using: NWParameters(tls: tls))
// Needs     ServerTrust.swift; no ATS exception, as ATS does not bind Network framework
// Avoids    - complete(true) without an evaluation, the commonest verify block there is: anybody can be the server.
//           - Losing the name check: the policy is set to TLS for this host, whatever the connection was made with.
//           - Blocking the main thread: give a queue of its own.
//           - A block bound to the main actor, which crashes when the framework calls it: hence @Sendable.
// Source    Apple: sec_protocol_options_set_verify_block; SecPolicyCreateSSL; TN2232

import Dispatch
import Network
import Security

extension NWProtocolTLS.Options {
    /// Lets SERVER decide about the peer's chain, on QUEUE.
    func trust(only server: ServerTrust, queue: DispatchQueue) {
        sec_protocol_options_set_verify_block(
            securityProtocolOptions,
            { @Sendable _, peer, complete in
                let trust = sec_trust_copy_ref(peer).takeRetainedValue()
                let named = SecPolicyCreateSSL(true, ServerTrust.host as CFString)
                complete(SecTrustSetPolicies(trust, named) == errSecSuccess && server.evaluate(trust))
            },
            queue
        )
    }
}
