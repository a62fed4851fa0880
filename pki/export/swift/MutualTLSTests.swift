// Mutual TLS as a test: with the identity it works, without it does not.
//
// Since     iOS 15, macOS 12 (async URLSession)
// Use       Add the .p12 to the test target's resources, never to the app's, and give its password when you test:
//           TEST_RUNNER_P12_PASSWORD=... xcodebuild test ...   (xcodebuild(1) hands it on as P12_PASSWORD)
// Needs     ClientIdentity.swift; ServerTrust.swift with its ATS exception, unless the simulator trusts the root
// Avoids    - Bundle.main, which in a unit test is the app that hosts it.
//           - A test that only succeeds: a server that asks for nothing passes the first half.
//           - A connection made before: URLSession reuses them, so each test has a session of its own.
// Source    Apple: XCTest; URLError.Code

import Foundation
import XCTest

final class MutualTLSTests: XCTestCase {
    private let url = URL(string: «url»)!  // add port and path

    func testServerAcceptsTheIdentity() async throws {
        let password = try XCTUnwrap(
            ProcessInfo.processInfo.environment["P12_PASSWORD"], "set TEST_RUNNER_P12_PASSWORD")
        let file = try XCTUnwrap(
            Bundle(for: Self.self).url(forResource: ClientIdentity.file, withExtension: nil),
            "\(ClientIdentity.file) is not among the test target's resources")
        let identity = try ClientIdentity(p12: Data(contentsOf: file), password: password)
        let (_, response) = try await session(identity).data(from: url)
        XCTAssertEqual((response as? HTTPURLResponse)?.statusCode, 200)
    }

    func testServerRefusesAClientWithoutIdentity() async {
        do {
            let (_, response) = try await session(nil).data(from: url)
            // Some servers finish the handshake and say no in HTTP.
            XCTAssertEqual((response as? HTTPURLResponse)?.statusCode, 403)
        } catch let error as URLError {
            // Which one depends on the TLS version and on the release of the system.
            let refused: [URLError.Code] = [
                .clientCertificateRequired, .clientCertificateRejected, .secureConnectionFailed, .networkConnectionLost,
            ]
            XCTAssertTrue(refused.contains(error.code), "\(error)")
        } catch {
            XCTFail("\(error)")
        }
    }

    private func session(_ identity: ClientIdentity?) -> URLSession {
        URLSession(configuration: .ephemeral, delegate: Answers(identity: identity), delegateQueue: nil)
    }

    private final class Answers: NSObject, URLSessionDelegate {
        let identity: ClientIdentity?
        let trust = ServerTrust()

        init(identity: ClientIdentity?) {
            self.identity = identity
        }

        func urlSession(
            _ session: URLSession, didReceive challenge: URLAuthenticationChallenge
        ) async -> (URLSession.AuthChallengeDisposition, URLCredential?) {
            identity?.answer(to: challenge) ?? trust.answer(to: challenge) ?? (.performDefaultHandling, nil)
        }
    }
}
