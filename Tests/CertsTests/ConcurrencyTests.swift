import Foundation
import Testing

@Suite("runs at the same time")
struct ConcurrencyTests {
    @Test("eight clients at once each get a certificate of their own")
    func clients() async throws {
        let folder = try await CertsFolder.initialised()
        let users = (1...8).map { "user\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for user in users { group.addTask { try await folder.expect(0, ["client", user]) } }
            try await group.waitForAll()
        }
        let listing = try await folder.list()
        #expect(Set(listing.certificates.map(\.identity)) == Set(users.map { "\($0)/default" } + ["server"]))
        #expect(Set(listing.certificates.map(\.serial)).count == 9)
        #expect(listing.crl.number == 9)
        try await folder.audit()
    }

    @Test("the same client eight times at once is made once")
    func sameClient() async throws {
        let folder = try await CertsFolder.initialised()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...8 { group.addTask { try await folder.expect(0, ["client", "alice"]) } }
            try await group.waitForAll()
        }
        #expect(try await folder.list().certificates.count == 2)
        try await folder.audit()
    }

    @Test("four inits at once make one CA")
    func inits() async throws {
        let folder = try CertsFolder()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...4 { group.addTask { try await folder.expect(0, ["init"]) } }
            try await group.waitForAll()
        }
        #expect(try await folder.list().certificates.count == 1)
        try await folder.audit()
    }

    @Test("a run that waits too long for another says so")
    func waiting() async throws {
        let folder = try await CertsFolder.initialised()
        // What the other run is making must not be touched.
        let line = "mkdir \"$CONCLAVE_CERTS/.building\"; flock \"$CONCLAVE_CERTS\" \"$0\" client alice"
        let run = try await Command.run(
            "bash", ["-c", line, CertsFolder.script],
            environment: ["CONCLAVE_CERTS": folder.url.path, "CONCLAVE_CERTS_WAIT": "1"])
        #expect(run.status == 69)
        #expect(run.errors.contains("waiting") && run.errors.contains("still at work"), "\(run.errors)")
        #expect(folder.exists(".building"))
        try await folder.expect(0, ["client", "alice"])
        try await folder.audit()
    }
}
