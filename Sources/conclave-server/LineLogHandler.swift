import Foundation
import Logging

/// Writes a line a message to standard error: for people, or as JSON.
struct LineLogHandler: LogHandler {
    enum Format: String, CaseIterable {
        case text
        case json
    }

    var format: Format
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    private let label: String

    init(label: String, format: Format, level: Logger.Level) {
        self.label = label
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let text =
            switch format {
            case .text: text(time, event.level, event.message, fields)
            case .json: json(time, event.level, event.message, fields)
            }
        // One write a line: lines of several threads do not mix.
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }

    private func text(
        _ time: String, _ level: Logger.Level, _ message: Logger.Message,
        _ fields: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        let tail = fields.map { " · \($0.key) \(Self.printable("\($0.value)"))" }.joined()
        return "\(time) \(level.rawValue) \(Self.printable("\(message)"))\(tail)"
    }

    private func json(
        _ time: String, _ level: Logger.Level, _ message: Logger.Message,
        _ fields: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var object = ["time": time, "level": level.rawValue, "message": "\(message)"]
        for field in fields { object[field.key] = "\(field.value)" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(object) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    /// A peer must not write lines of its own into the log.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
