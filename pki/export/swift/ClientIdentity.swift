// A client identity for URLSession, sent with its intermediates.
//
// Since     iOS 13, macOS 10.15
// Use       let identity = try ClientIdentity(p12: data, password: password)
//           URLSession(configuration: .default, delegate: ClientIdentityDelegate(identity), delegateQueue: nil)
//           Keep the password out of the source: ask the person, or read it from the test's environment.
// Avoids    - A leaf sent alone. `certificates: nil` leaves the intermediates out, and a server that knows the root
//             only refuses; the app sees -1205, -1206 or -1200.
//           - An import that succeeds with nothing in it, as with a key that is not encrypted.
//           - An identity for whoever asks. This one goes to one host; everything else gets the default handling.
//           - An identity installed by a profile: Safari and Mail see it, other apps never do (QA1745).
// Source    Apple: SecPKCS12Import; URLCredential init(identity:certificates:persistence:); "Handling an
//           authentication challenge"; DTS, "TLS for App Developers"

import Foundation
import Security

struct ClientIdentity: @unchecked Sendable {  // SecIdentity and SecCertificate never change
    static let host = «host»
    static let file = «p12»
    static let intermediatesInFile = «intermediates»

    enum Failure: Error {
        /// -25293 says wrong password, and before iOS 18 and macOS 15 also: encrypted as this release cannot read it.
        case notImported(OSStatus)
        case noIdentityInside
        case intermediates(found: Int, expected: Int)
    }

    let identity: SecIdentity
    let intermediates: [SecCertificate]

    init(p12: Data, password: String) throws {
        var options: [String: Any] = [kSecImportExportPassphrase as String: password]
        #if os(macOS)
            if #available(macOS 15, *) {  // before, the identity also goes into the default keychain
                options[kSecImportToMemoryOnly as String] = true
            }
        #endif
        var imported: CFArray?
        let status = SecPKCS12Import(p12 as CFData, options as CFDictionary, &imported)
        guard status == errSecSuccess else { throw Failure.notImported(status) }
        guard let item = (imported as? [[String: Any]])?.first,
            let found = item[kSecImportItemIdentity as String]
        else { throw Failure.noIdentityInside }
        identity = found as! SecIdentity  // a Core Foundation type: the cast cannot be a question
        let chain = item[kSecImportItemCertChain as String] as? [SecCertificate] ?? []  // leaf first
        intermediates = chain.dropFirst().filter { !Self.isSelfSigned($0) }
        guard intermediates.count == Self.intermediatesInFile else {
            throw Failure.intermediates(found: intermediates.count, expected: Self.intermediatesInFile)
        }
    }

    var credential: URLCredential {
        URLCredential(
            identity: identity,
            certificates: intermediates.isEmpty ? nil : intermediates,  // without the leaf: the identity has it
            persistence: .forSession
        )
    }

    /// The answer to a request for a client certificate; nil when the challenge is about something else.
    func answer(
        to challenge: URLAuthenticationChallenge
    ) -> (URLSession.AuthChallengeDisposition, URLCredential?)? {
        let space = challenge.protectionSpace
        guard space.authenticationMethod == NSURLAuthenticationMethodClientCertificate,
            space.host.caseInsensitiveCompare(Self.host) == .orderedSame
        else { return nil }
        return (.useCredential, credential)
    }

    private static func isSelfSigned(_ certificate: SecCertificate) -> Bool {
        SecCertificateCopyNormalizedSubjectSequence(certificate) as Data?
            == SecCertificateCopyNormalizedIssuerSequence(certificate) as Data?
    }
}

final class ClientIdentityDelegate: NSObject, URLSessionDelegate {
    private let identity: ClientIdentity

    init(_ identity: ClientIdentity) {
        self.identity = identity
    }

    func urlSession(
        _ session: URLSession, didReceive challenge: URLAuthenticationChallenge
    ) async -> (URLSession.AuthChallengeDisposition, URLCredential?) {
        identity.answer(to: challenge) ?? (.performDefaultHandling, nil)
    }
}
