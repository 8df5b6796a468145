import Audit
import Foundation
import ServerStore
import Settings

/// What a command says of a store: a line for a person, or JSON.
struct StoreSummary: Encodable {
    struct Finding: Encodable {
        var place: String
        var words: String
    }

    var file: String
    var whole: Bool
    var form: Int
    var rooms: Int
    var entries: UInt64
    var bytes: UInt64
    /// The time of the latest entry.
    var latest: String?
    var findings: [Finding]
    var findingsOmitted: Int

    init(_ report: VerificationReport, file: String) {
        self.file = file
        whole = report.isWhole
        form = report.form
        rooms = report.rooms
        entries = report.entries
        bytes = report.bytes
        latest = report.latest.map(Figures.stamp)
        findings = report.findings.map { Finding(place: $0.place, words: $0.words) }
        findingsOmitted = report.omitted
    }

    /// `3 rooms · 12,345 entries · 45.6 MiB · up to 2026-11-21 14:53:12 UTC`
    static func line(_ report: VerificationReport) -> String {
        let parts = [
            Figures.count(UInt64(clamping: report.rooms), "room", "rooms"),
            Figures.count(report.entries, "entry", "entries"), Figures.bytes(report.bytes),
            report.latest.map { "up to \(Figures.time(milliseconds: $0))" },
        ]
        return parts.compactMap { $0 }.joined(separator: " · ")
    }

    /// The findings, one a line.
    static func lines(_ report: VerificationReport) -> [String] {
        report.findings.map { "  \($0.place): \($0.words)" }
            + (report.omitted > 0 ? ["  and \(Figures.count(UInt64(clamping: report.omitted))) more"] : [])
    }
}

extension AuditInbox {
    /// Leaves a note, or says that it cannot.
    static func tell(_ kind: AuditKind, _ words: String, in folder: String) {
        do {
            try leave(AuditEvent(kind, at: .now, words), in: folder)
        } catch {
            Output.warn("the audit log will not tell of this: \(error)")
        }
    }
}

/// What commands write to standard output.
enum Output {
    static func warn(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("conclave-server: \(text)\n".utf8))
    }

    static func line(_ text: String) throws {
        try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

extension ProgramError {
    /// - Parameter remedy: what to do if the store is damaged; without it, what the error says itself.
    init(_ error: ServerStoreError, ifDamaged remedy: String? = nil) {
        switch error {
        case .damaged(let words):
            self = ProgramError(status: 1, remedy.map { "\(words); \($0)" } ?? error.description)
        case .newerSchema, .full, .unavailable: self = .unavailable(error.description)
        }
    }
}
