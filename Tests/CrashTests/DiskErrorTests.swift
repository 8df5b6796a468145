import Foundation
import Testing

@Suite(
    "a disk that fails to flush", .enabled(if: Installation.isComplete, Installation.comment),
    .enabled(if: Faults.areThere, Faults.comment))
struct DiskErrorTests {
    @Test("ends the server at once, with a clear line, and nothing is acknowledged that it does not hold")
    func failedFlush() async throws {
        let certificates = try await Certificates.shared().folder
        // Where the power can be cut, what was written and not flushed is gone after it.
        let disk = Disk.isThere ? try await Disk() : nil
        let scratch = try Scratch()
        let data = (disk?.path ?? scratch.path) + "/data"
        for round in 1...Extent.rounds(20) {
            let folder = data + "\(round)"
            let talk = try await Talk(certificates: certificates)
            let faults = try await Faults(in: folder)
            let server = try await Victim(on: folder, certificates: certificates, environment: faults.environment)
            try await talk.connect(to: server.port)
            try await talk.acknowledged(50)
            try faults.order(.fail(.random(in: 1...5)))
            #expect(try await server.program.status() == 69)
            try await talk.isCut()
            let line = server.log.split(separator: "\n").last ?? ""
            #expect(
                line.contains("critical") && line.contains("the disk failed at the database")
                    && line.contains("has acknowledged nothing that is not stored"), "\(server.log)")
            #expect(line.contains(folder + "/conclave.db"))
            // Not tried again, and nothing written after it: nobody knows what the disk holds.
            let operations = faults.operations.filter { $0.contains(" conclave.db") }
            #expect(operations.last?.hasPrefix("fdatasync ") == true, "\(operations.suffix(5))")
            let ledger = try await talk.ledger()
            if let disk {
                let remains = try await disk.cut(.drive)
                let verdict = try await judge(
                    remains.path + "/data\(round)", of: talk, by: ledger, certificates: certificates)
                #expect(verdict.isClean, "\(verdict)")
            }
            // The same folder goes on when the disk is in order.
            let next = try await Victim(on: folder, certificates: certificates)
            try #require(next.listens, "\(next.log)")
            try await talk.connect(to: next.port)
            try await talk.isConnected()
            let verdict = try await talk.verdict()
            #expect(verdict.isClean, "\(verdict)")
            try await talk.close()
            try await next.stop()
            try await verify(folder)
        }
        if disk == nil { print("no power was cut after the failure: \(Disk.comment)") }
    }
}
