// Your API behind a bad certificate: the app refuses, and a front saw that.
//
// Since     iOS 15, macOS 12 (async URLSession)
// Use       On the Mac: trustrig front http://localhost:3000 --name HOST --control PORT, where the API listens at
//           port 3000. A simulator and a test on the Mac reach the control port; a phone does not.
// Needs     The root of your authority trusted (trustrig install simulator). In a UI test, put taps and what the app
//           says into the place of `visit`.
// Avoids    - A pass that shows nothing: a client that goes by another way, to production say, meets no front. Each
//             test asks whether the front saw a connection since it was switched.
//           - A connection made before: each visit has a session of its own, and a switch closes all others.
// Source    Apple: XCTest; URLError.Code

import Foundation
import XCTest

final class FrontTests: XCTestCase {
    private let control = URL(string: «control»)!

    func testGoodCertificateIsAccepted() async throws {
        try await show("good-ec")
        try await visit()
        try await assertTheFrontWasMet()
    }

    func testExpiredCertificateIsRefused() async throws {
        try await assertRefused("expired-leaf")
    }

    func testCertificateForAnotherHostIsRefused() async throws {
        try await assertRefused("wrong-host")
    }

    func testStrangersRootIsRefused() async throws {
        try await assertRefused("untrusted-root")
    }

    /// What the app does with its API, once.
    private func visit() async throws {
        _ = try await URLSession(configuration: .ephemeral).data(from: try await state().url)
    }

    private func assertRefused(_ scenario: String) async throws {
        try await show(scenario)
        do {
            try await visit()
            XCTFail("\(scenario) was accepted")
        } catch let error as URLError {
            // Where ATS binds the host it is the first of them; without ATS it depends on the fault.
            let refused: [URLError.Code] = [
                .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
                .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid,
            ]
            XCTAssertTrue(refused.contains(error.code), "\(error)")
        }
        try await assertTheFrontWasMet()
    }

    private func show(_ scenario: String) async throws {
        var request = URLRequest(url: control.appendingPathComponent(scenario))
        request.httpMethod = "PUT"
        let (body, response) = try await URLSession(configuration: .ephemeral).data(for: request)
        XCTAssertEqual(
            (response as? HTTPURLResponse)?.statusCode, 204, String(decoding: body, as: UTF8.self))
    }

    private func assertTheFrontWasMet() async throws {
        let count = try await state().connectionsSinceSwitch
        XCTAssertGreaterThan(count, 0, "the front saw no connection: this test tested nothing")
    }

    private func state() async throws -> State {
        let (body, _) = try await URLSession(configuration: .ephemeral).data(from: control)
        return try JSONDecoder().decode(State.self, from: body)
    }

    private struct State: Decodable {
        let url: URL
        let connectionsSinceSwitch: Int

        enum CodingKeys: String, CodingKey {
            case url
            case connectionsSinceSwitch = "connections_since_switch"
        }
    }
}
