import Glibc

/// Lines to standard error: with the time for people, with a priority for the journal (sd-daemon(3)).
enum ServiceLog {
    enum Level: Int {
        case error = 3
        case warning = 4
        case notice = 5
        case info = 6
    }

    private static let isJournal = getenv("JOURNAL_STREAM") != nil

    static func error(_ words: String) { write(.error, words) }
    static func warning(_ words: String) { write(.warning, words) }
    static func notice(_ words: String) { write(.notice, words) }
    static func info(_ words: String) { write(.info, words) }

    private static func write(_ level: Level, _ words: String) {
        let clean = String(
            String.UnicodeScalarView(words.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
        let line = isJournal ? "<\(level.rawValue)>\(clean)\n" : "\(time()) \(level) \(clean)\n"
        let bytes = Array(line.utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }

    private static func time() -> String {
        var now = Glibc.time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
