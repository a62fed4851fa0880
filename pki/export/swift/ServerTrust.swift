// Server trust for URLSession, with an anchor of the app's own.
//
// Since     iOS 13, macOS 10.15
// Use       URLSession(configuration: .default, delegate: ServerTrustDelegate(), delegateQueue: nil)
//           With a client identity too, one delegate answers both:
//           identity.answer(to: challenge) ?? trust.answer(to: challenge) ?? (.performDefaultHandling, nil)
// Needs     An ATS exception for the host (AppTransportSecurity.plist), or the answer below is overruled: -1200, -9802.
//           A root that is installed on the device and switched on needs neither the exception nor this file.
// Avoids    - Accepting everything. URLCredential(trust:) without an evaluation lets anybody be the server.
//           - Losing the name check. The policy that came with the trust object names the host and stays as it is;
//             SecPolicyCreateBasicX509, or SecPolicyCreateSSL with another name or none, would drop it.
//           - Public CAs beside our own: without SecTrustSetAnchorCertificatesOnly(trust, true) they count as well.
//           - Blocking the main thread: the evaluation may, and runs where the delegate is called.
// Source    Apple: "Performing manual server trust authentication"; SecTrustSetAnchorCertificates; TN2232

import Foundation
import Security

struct ServerTrust: @unchecked Sendable {  // SecCertificate never changes
    static let host = «host»

    let root: SecCertificate

    init() {
        guard let der = Data(base64Encoded: Self.rootInBase64, options: .ignoreUnknownCharacters),
            let root = SecCertificateCreateWithData(nil, der as CFData)
        else { preconditionFailure("the root in this file is damaged") }
        self.root = root
    }

    /// Whether TRUST leads to the root, by the policies it came with.
    func evaluate(_ trust: SecTrust) -> Bool {
        guard SecTrustSetAnchorCertificates(trust, [root] as CFArray) == errSecSuccess,
            SecTrustSetAnchorCertificatesOnly(trust, true) == errSecSuccess
        else { return false }
        var error: CFError?
        if SecTrustEvaluateWithError(trust, &error) { return true }
        // The app sees no more than -999 cancelled.
        NSLog("%@", "\(Self.host) is not trusted: \(String(describing: error))")
        return false
    }

    /// The answer to a question about the server's chain; nil when the challenge is about something else.
    func answer(
        to challenge: URLAuthenticationChallenge
    ) -> (URLSession.AuthChallengeDisposition, URLCredential?)? {
        let space = challenge.protectionSpace
        guard space.authenticationMethod == NSURLAuthenticationMethodServerTrust,
            space.host.caseInsensitiveCompare(Self.host) == .orderedSame,
            let trust = space.serverTrust
        else { return nil }
        return evaluate(trust) ? (.useCredential, URLCredential(trust: trust)) : (.cancelAuthenticationChallenge, nil)
    }

    private static let rootInBase64 = """
        «root»
        """
}

final class ServerTrustDelegate: NSObject, URLSessionDelegate {
    private let trust = ServerTrust()

    func urlSession(
        _ session: URLSession, didReceive challenge: URLAuthenticationChallenge
    ) async -> (URLSession.AuthChallengeDisposition, URLCredential?) {
        trust.answer(to: challenge) ?? (.performDefaultHandling, nil)
    }
}
