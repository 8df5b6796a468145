import Foundation
import TLSWire
import Testing

@testable import TLSMonitor

@Suite("Conformance, RFC 8446 and RFC 5246")
struct ConformanceTests {
    /// What a whole monitor makes of a connection.
    struct Outcome {
        var report: TrafficReport
        var flow: ConformanceSummary

        init(_ talk: Talk, keyLog: KeyLog? = nil) throws {
            let monitor = TrafficMonitor(keyLog: keyLog)
            for (index, packet) in Connection.whole(talk).enumerated() {
                packet.bytes.withUnsafeBytes { bytes in
                    monitor.receive(
                        CapturedPacket(
                            number: index + 1, time: Int64(index) * 1_000_000, link: packet.link,
                            originalLength: packet.originalLength), bytes)
                }
            }
            report = monitor.finish()
            flow = try #require(report.flows.first).conformance
        }

        func breaks(_ rule: ConformanceRule) -> Bool {
            flow.broken.contains(rule)
                && report.findings.contains { $0.topic == .rule(rule) && $0.weight == rule.weight && $0.packet != nil }
        }
    }

    /// Connections in which all is as it should be, and none of the rules that are named here is broken.
    static let good: [(name: String, talk: Talk, weak: [ConformanceRule])] = [
        ("TLS 1.3", TestTalks.new(), []),
        ("TLS 1.3 as the other tests have it", .clean(), []),
        ("TLS 1.3 resumed, with early data", TestTalks.new(.resuming, .resumed, early: true), []),
        ("TLS 1.3 after a HelloRetryRequest", TestTalks.retry(), []),
        ("TLS 1.2", TestTalks.old(), []),
        ("TLS 1.2 where TLS 1.3 was offered", TestTalks.old(.client), []),
        (
            "TLS 1.2 after a fallback",
            TestTalks.old(.oldClient.with { $0.suites.append(0x5600) }), []
        ),
        ("TLS 1.2 with Diffie-Hellman and blocks", TestTalks.blocks, []),
        ("TLS 1.2 with a heartbeat under keys", TestTalks.closedHeartbeat, []),
        ("TLS 1.1", TestTalks.tls11, [.oldVersion, .macFirst]),
        ("a refusal", TestTalks.refused([2, 40]), []),
        (
            "a warning before the refusal's hello",
            TestTalks.old().inserting(.server(Wire.record(21, [1, 112])), at: 1), []
        ),
        ("a heartbeat in the clear", TestTalks.heartbeats, [.heartbeatClear]),
    ]

    @Test("nothing is broken where all is as it should be", arguments: good.indices)
    func keeps(index: Int) throws {
        let (name, talk, weak) = Self.good[index]
        let outcome = try Outcome(talk)
        #expect(Set(outcome.flow.broken) == Set(weak), "\(name): \(outcome.flow.breakages.map(\.words))")
        #expect(!outcome.flow.checked.isEmpty)
        #expect(outcome.flow.kept.count == outcome.flow.checked.count - weak.count)
    }

    @Test("a breach is found under its rule", arguments: Breaches.all.indices)
    func finds(index: Int) throws {
        let (rule, name, talk) = Breaches.all[index]
        let outcome = try Outcome(talk)
        #expect(
            outcome.breaks(rule), "\(rule.rawValue), \(name): \(outcome.report.findings.map { ($0.topic, $0.words) })")
        if rule.weight == .violation { #expect(outcome.report.verdict == .refuted, "\(rule.rawValue), \(name)") }
        #expect(outcome.report.ledger.total == outcome.report.payloadBytes)
    }

    @Test("what only keys show is found under its rule", arguments: Breaches.inside.indices)
    func findsInside(index: Int) throws {
        let (rule, name, insides) = Breaches.inside[index]
        let outcome = try Outcome(InsideTalk.talk(insides), keyLog: InsideTalk.keyLog)
        #expect(outcome.report.unopened == 0)
        #expect(
            outcome.breaks(rule), "\(rule.rawValue), \(name): \(outcome.report.findings.map { ($0.topic, $0.words) })")
        #expect(try Outcome(InsideTalk.talk(insides)).flow.broken.isEmpty)
    }

    @Test("no rule is without a connection that keeps it and one that breaks it") func complete() throws {
        var kept = Set<ConformanceRule>()
        for (_, talk, _) in Self.good { kept.formUnion(try Outcome(talk).flow.kept) }
        let keyed = try Outcome(InsideTalk.talk(), keyLog: InsideTalk.keyLog)
        #expect(keyed.flow.broken.isEmpty, "\(keyed.flow.breakages.map(\.words))")
        kept.formUnion(keyed.flow.kept)
        let broken = Set(Breaches.all.map(\.rule) + Breaches.inside.map(\.rule))
        for rule in ConformanceRule.allCases {
            #expect(kept.contains(rule), "no connection keeps \(rule.rawValue)")
            #expect(broken.contains(rule), "no connection breaks \(rule.rawValue)")
        }
    }

    @Test("every rule has a name of its own, a place in an RFC and a sentence") func texts() {
        let rules = ConformanceRule.allCases
        #expect(rules.count <= 127)
        #expect(Set(rules.map(\.summary)).count == rules.count)
        for rule in rules {
            #expect(rule.rawValue.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
            #expect(rule.section.hasPrefix("RFC "))
            #expect(rule.summary.hasSuffix("."))
        }
        #expect(Set(rules.map(\.topic)) == Set(ConformanceRule.Topic.allCases))
    }

    @Test("the documentation lists every rule with its weight") func documented() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let text = try String(contentsOf: root.appending(path: "docs/conformance.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == ConformanceRule.allCases.count)
        for rule in ConformanceRule.allCases {
            let weight = rule.weight == .violation ? "violation" : "note"
            #expect(
                rows.contains {
                    $0.hasPrefix("| `\(rule.rawValue)` | \(rule.section) | \(rule.summary) |")
                        && $0.hasSuffix("| \(weight) |")
                }, "\(rule.rawValue)")
        }
    }
}
