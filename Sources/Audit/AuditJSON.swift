import Chat
import Foundation

/// What programs get of the audit log: an object on a line each.
package enum AuditJSON {
    /// The record and what it says; `event` and `hash` are what the chain is made of, in hexadecimal digits.
    /// - Parameter isWhole: whether they are to be there.
    package static func line(for record: AuditRecord, isWhole: Bool = false) -> String {
        let event = record.decoded
        return encode(
            Line(
                record: record.number, time: event.map { AuditTime.precise($0.time) }, kind: event?.kind.name,
                count: event.flatMap { $0.count == 1 ? nil : $0.count },
                user: event?.user?.description, device: event?.device?.description, address: text(event?.address),
                room: event?.room?.description, sequence: event.flatMap { $0.sequence == 0 ? nil : $0.sequence },
                added: list(event?.added), removed: list(event?.removed), words: text(event?.words),
                event: isWhole ? Hexadecimal.text(record.event) : nil, hash: isWhole ? "\(record.hash)" : nil))
    }

    private struct Line: Encodable {
        var record: UInt64
        var time: String?
        var kind: String?
        var count: UInt64?
        var user: String?
        var device: String?
        var address: String?
        var room: String?
        var sequence: UInt64?
        var added: [String]?
        var removed: [String]?
        var words: String?
        var event: String?
        var hash: String?
    }

    private static func text(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : AuditText.clean($0, limit: AuditEvent.maximumWords) }
    }

    private static func list(_ devices: [PeerIdentity]?) -> [String]? {
        devices.flatMap { $0.isEmpty ? nil : $0.map(\.description) }
    }

    /// What was found.
    package static func line(for report: AuditReport) -> String {
        encode(
            ReportLine(
                intact: report.isIntact, records: report.count, first: report.first, last: report.last,
                head: "\(report.head)", since: report.times.map { AuditTime.precise($0.lowerBound) },
                until: report.times.map { AuditTime.precise($0.upperBound) }, checkpoints: report.checkpoints,
                latestCheckpoint: report.latest?.size, compared: report.given.isEmpty ? nil : report.given.map(\.size),
                dropped: report.cut?.size,
                keys: report.keys,
                findings: report.findings.map {
                    FindingLine(
                        kind: $0.name, first: $0.records?.lowerBound, last: $0.records?.upperBound, words: "\($0)")
                }, findingCount: report.findingCount))
    }

    private struct ReportLine: Encodable {
        var intact: Bool
        var records: UInt64
        var first: UInt64?
        var last: UInt64
        var head: String
        var since: String?
        var until: String?
        var checkpoints: Int
        var latestCheckpoint: UInt64?
        var compared: [UInt64]?
        var dropped: UInt64?
        var keys: [String]
        var findings: [FindingLine]
        var findingCount: Int
    }

    private struct FindingLine: Encodable {
        var kind: String
        var first: UInt64?
        var last: UInt64?
        var words: String
    }

    private static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
