extension FeedError {
    static let lookAtAddress = "Look at the feed's url with a browser; the publisher may have moved the list."
    static let formatChanged = "Look whether the url and the format of the feed belong together."
    static let triedAgain = "It is tried again by itself; the last good list stays in force."

    static func tooLarge(_ bytes: Int) -> FeedError {
        let size = bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes) bytes"
        return FeedError(
            "the list is larger than \(size)",
            remedy: "If it is meant to be, allow more with --max-mib (at most \(FeedLimits.largest >> 20)).")
    }

    static func longLine(_ line: Int) -> FeedError {
        FeedError(line: line, "the line is longer than \(FeedParser.longestLine) bytes", remedy: formatChanged)
    }

    static func cutOff(_ line: Int) -> FeedError {
        FeedError(line: line, "the list ends within a line: it was cut off", remedy: triedAgain)
    }

    static func disagreeing(_ said: Int, _ found: Int, line: Int?) -> FeedError {
        FeedError(
            line: line, "the list says that it has \(said) entries, and \(found) came: it was cut off or changed",
            remedy: triedAgain)
    }

    /// A part of a foreign text for a person: at most 60 characters, none that a terminal obeys.
    static func quoted(_ text: Span<UInt8>, from start: Int, to end: Int) -> String {
        "\"" + plain(text, from: start, to: end) + "\""
    }

    static func plain(_ text: Span<UInt8>, from start: Int, to end: Int) -> String {
        var bytes: [UInt8] = []
        for index in start..<min(end, start + 60) {
            bytes.append((32...126).contains(text[index]) ? text[index] : UInt8(ascii: "?"))
        }
        return String(decoding: bytes, as: UTF8.self) + (end - start > 60 ? "..." : "")
    }
}

extension FeedError {
    static func behindEnd(_ line: Int) -> FeedError {
        FeedError(line: line, "the list goes on behind its end", remedy: formatChanged)
    }

    static func noObject(_ text: Span<UInt8>, line: Int) -> FeedError {
        FeedError(
            line: line, "\(quoted(text, from: 0, to: text.count)) is not an object of JSON with plain values",
            remedy: formatChanged)
    }

    /// Foreign words for a terminal: without control characters, and not too long.
    static func displayed(_ words: String, most: Int) -> String {
        let scalars = words.unicodeScalars.lazy.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars.prefix(most)))
    }
}
