import Foundation
import Testing

/// Lets servers die one operation later each time while they start on a copy of a folder.
/// - Parameters:
///   - template: the folder; `nil` for an empty one.
///   - check: looks at what one has left.
func dieWhileOpening(
    _ template: String?, certificates: String, check: (_ data: String) async throws -> Void
) async throws {
    func start(_ order: Faults.Order) async throws -> (data: String, folder: Scratch, died: Bool, operations: Int) {
        let folder = try Scratch()
        let data = folder.path + "/data"
        if let template { try FileManager.default.copyItem(atPath: template, toPath: data) }
        let faults = try await Faults(in: data)
        try faults.order(order)
        let server = try await Victim(on: data, certificates: certificates, environment: faults.environment)
        let died = !server.listens
        if died { #expect(try await server.program.status() == 128 + SIGKILL, "\(order): \(server.log)") }
        try await server.kill()
        return (data, folder, died, faults.operations.count)
    }
    let count = try await start(.count).operations
    #expect(count >= 3, "there are operations")
    var deaths = 0
    let points = Extent.some(Array(1...count))
    for point in points {
        for order in [Faults.Order.kill(point), .tear(point)] {
            let left = try await start(order)
            if left.died { deaths += 1 }
            try await check(left.data)
        }
    }
    #expect(deaths >= points.count, "it died \(deaths) times")
    print("opening: \(count) operations, \(points.count * 2) faults, \(deaths) deaths")
}
