import ChatWire
import Foundation
import Testing

@Suite("a server whose disk is slow, whose connections break, and that crashes")
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let isFull = environment["CONCLAVE_FULL"] == "1"

    /// `CONCLAVE_SEED=n` is one that went wrong before.
    private static let seeds: [UInt64] =
        environment["CONCLAVE_SEED"].flatMap(UInt64.init).map { [$0] } ?? Array(1...(isFull ? 2_000 : 60))

    @Test("keeps every rule of delivery", arguments: seeds)
    func keepsRules(seed: UInt64) throws {
        try Self.run(seed, steps: 4_000)
    }

    @Test("does the same again with the same seed", arguments: [1, 2, 3, 5] as [UInt64])
    func isReplayed(seed: UInt64) throws {
        let runs = try (0..<2).map { _ in
            let simulation = try ServerSimulation(seed: seed)
            try simulation.run(steps: 2_000)
            return simulation.fingerprint
        }
        #expect(runs[0] == runs[1])
    }

    @Test("and so had lives in which much happens")
    func isWorthwhile() throws {
        var kinds: [EntryKind: Int] = [:]
        var counts: [String: Int] = [:]
        for seed in 1...12 as ClosedRange<UInt64> {
            let simulation = try ServerSimulation(seed: seed)
            try simulation.run(steps: 4_000)
            kinds.merge(simulation.truth.kinds, uniquingKeysWith: +)
            counts.merge(simulation.counts, uniquingKeysWith: +)
        }
        for kind in [.created, .message, .proposal, .commit, .removalRequest, .readdRequest, .leave, .voided]
            as [EntryKind]
        {
            #expect(kinds[kind, default: 0] >= 5, "too few of \(kind) to be a test")
        }
        for (what, count) in counts { #expect(count >= 5, "too few of \(what) to be a test") }
        if Self.environment["CONCLAVE_SEED"] != nil { print(kinds, counts) }
    }

    @Test("would be found out if it made a mistake", arguments: Fault.allCases)
    func findsFault(fault: Fault) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            do {
                try ServerSimulation(seed: seed, fault: fault).run(steps: 4_000)
            } catch let violation as Violation {
                if fault.isSeen(by: violation.rule) { return }
            }
        }
        Issue.record("nobody has found the mistake")
    }

    /// - Throws: nothing but what is recorded.
    private static func run(_ seed: UInt64, steps: Int) throws {
        var step = 0
        do {
            let simulation = try ServerSimulation(seed: seed)
            defer {
                step = simulation.steps
                if environment["CONCLAVE_SEED"] != nil {
                    print(simulation.truth.story.joined(separator: "\n"), simulation.fingerprint, separator: "\n")
                }
            }
            try simulation.run(steps: steps)
        } catch {
            let again = "CONCLAVE_SEED=\(seed) swift test --filter SimulationTests"
            Issue.record("\(error)\n  seed \(seed), step \(step); again: \(again)")
        }
    }
}
