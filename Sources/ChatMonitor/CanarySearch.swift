import NIOCore
import TLSMonitor

/// Looks for canaries in what one side says inside of TLS: in its stream, and in what becomes whole from pieces of it.
struct CanarySearch {
    struct Hit: Hashable {
        /// Harmless for a terminal.
        var text: String
        var encoding: String
        /// Where it was found.
        var manner: String
    }

    private struct Form: Hashable {
        var marker: Int
        var encoding: String
    }

    private let canaries: [Marker]
    private var stream: MarkerSearch
    private var bodies: MarkerSearch
    private var beside: MarkerSearch
    private var ends = (stream: 0, bodies: 0, beside: 0)
    /// Forms that were found in the stream itself: what is put together of it would find them again.
    private var found: Set<Form> = []

    init(_ canaries: [Marker]) {
        self.canaries = canaries
        stream = MarkerSearch(canaries)
        bodies = MarkerSearch(canaries)
        beside = MarkerSearch(canaries)
    }

    /// The next bytes of the stream.
    mutating func feedStream(_ bytes: [UInt8]) -> [Hit] {
        guard !canaries.isEmpty else { return [] }
        let hits = bytes.withUnsafeBytes { stream.feed($0, at: ends.stream) }
        ends.stream += bytes.count
        for hit in hits { found.insert(Form(marker: hit.marker, encoding: hit.encoding)) }
        return hits.map { name($0, "as it passes") }
    }

    /// Something is missing: what comes next does not join what came before.
    mutating func cut() {
        ends.stream += 1
        ends.bodies += 1
        ends.beside += 1
    }

    /// The next bytes of TLS's own messages.
    mutating func feedBeside(_ bytes: [UInt8]) -> [Hit] {
        guard !canaries.isEmpty else { return [] }
        defer { ends.beside += bytes.count }
        return bytes.withUnsafeBytes { beside.feed($0, at: ends.beside) }.map { name($0, "in TLS's own messages") }
    }

    /// The body of the next frame, which joins that of the one before.
    mutating func feedBody(_ body: ByteBuffer, isWhole: Bool) -> [Hit] {
        guard !canaries.isEmpty else { return [] }
        defer { ends.bodies += body.readableBytes }
        let hits = body.withUnsafeReadableBytes { bodies.feed($0, at: ends.bodies) }
        return unknown(hits).map { name($0, isWhole ? "in a frame put together" : "across frames") }
    }

    /// Something that was put together of parts.
    mutating func feedWhole(_ bytes: [UInt8]) -> [Hit] {
        guard !canaries.isEmpty else { return [] }
        var search = MarkerSearch(canaries)
        return unknown(bytes.withUnsafeBytes { search.feed($0, at: 0) }).map { name($0, "in a blob put together") }
    }

    private func unknown(_ hits: [MarkerSearch.Hit]) -> [MarkerSearch.Hit] {
        hits.filter { !found.contains(Form(marker: $0.marker, encoding: $0.encoding)) }
    }

    private func name(_ hit: MarkerSearch.Hit, _ manner: String) -> Hit {
        Hit(text: SafeBytes.line(Array(canaries[hit.marker].text.utf8)), encoding: hit.encoding, manner: manner)
    }
}
