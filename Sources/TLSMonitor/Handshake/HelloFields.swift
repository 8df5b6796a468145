import TLSSyntax

/// The fields of a hello as they stand there (RFC 8446 §4.1.2, §4.1.3), for rules that ask how a thing is written.
struct HelloFields {
    struct Extension {
        var type: UInt16
        /// Where its content lies in the body.
        var range: Range<Int>
    }

    private(set) var body: [UInt8]
    private(set) var legacyVersion: UInt16 = 0
    private(set) var random: [UInt8] = []
    private(set) var sessionID: [UInt8] = []
    /// Of a client what it offers, of a server what it chose.
    private(set) var suites: [UInt16] = []
    private(set) var compressions: [UInt8] = []
    private(set) var extensions: [Extension] = []

    /// - Throws: if the fields do not follow each other to the end of the body.
    init(client body: [UInt8]) throws(SyntaxError) {
        self.body = body
        self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
            var fields = self
            fields.legacyVersion = try reader.uint16()
            fields.random = try reader.opaque(32)
            fields.sessionID = try reader.opaque(lengthBytes: 1, 0...255)
            fields.suites = try reader.vector(lengthBytes: 2, 0...65_534) { (inner) throws(SyntaxError) in
                try inner.uint16()
            }
            fields.compressions = try reader.opaque(lengthBytes: 1, 0...255)
            fields.extensions = try Self.extensions(&reader)
            return fields
        }
    }

    /// Drafts before the 22nd of TLS 1.3 have neither a session id nor a compression.
    init(server body: [UInt8]) throws(SyntaxError) {
        self.body = body
        self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
            var fields = self
            fields.legacyVersion = try reader.uint16()
            fields.random = try reader.opaque(32)
            let isDraft = Self.isEarlyDraft(fields.legacyVersion)
            if !isDraft { fields.sessionID = try reader.opaque(lengthBytes: 1, 0...255) }
            fields.suites = [try reader.uint16()]
            fields.compressions = isDraft ? [0] : [try reader.uint8()]
            fields.extensions = try Self.extensions(&reader)
            return fields
        }
    }

    /// A version of TLS 1.3 from before it was one, in the place where the version stood before draft 22; the first drafts said 0x0304
    /// there.
    static func isEarlyDraft(_ version: UInt16) -> Bool { [0x7E, 0x7F].contains(version >> 8) || version == 0x0304 }

    private static func extensions(_ reader: inout SyntaxReader) throws(SyntaxError) -> [Extension] {
        guard !reader.isAtEnd else { return [] }
        return try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
            Extension(
                type: try inner.uint16(), range: try inner.opaqueRange(lengthBytes: 2, 0...65_535))
        }
    }

    // MARK: Extensions

    func has(_ type: UInt16) -> Bool { extensions.contains { $0.type == type } }

    /// Of the first extension of its type.
    func content(_ type: UInt16) -> [UInt8]? {
        extensions.first { $0.type == type }.map { Array(body[$0.range]) }
    }

    /// The first type that is there twice.
    var repeated: UInt16? {
        var seen: Set<UInt16> = []
        return extensions.first { !seen.insert($0.type).inserted }?.type
    }

    /// What `read` makes of an extension's content; `nil` if there is none, or it is not of that form.
    func read<Value>(
        _ type: UInt16, _ read: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) -> Value? {
        guard let content = content(type) else { return nil }
        do throws(SyntaxError) {
            return try SyntaxReader.read(content) { (reader) throws(SyntaxError) in try read(&reader) }
        } catch {
            return nil
        }
    }

    func numbers(_ type: UInt16, lengthBytes: Int) -> [UInt16]? {
        read(type) { (reader) throws(SyntaxError) in
            try reader.vector(lengthBytes: lengthBytes, 0...65_535) { (inner) throws(SyntaxError) in
                try inner.uint16()
            }
        }
    }

    /// A key for a group (RFC 8446 §4.2.8).
    struct Share: Hashable {
        var group: UInt16
        var length: Int
        var first: UInt8
    }

    private static func share(_ reader: inout SyntaxReader) throws(SyntaxError) -> Share {
        let group = try reader.uint16()
        let key = try reader.opaque(lengthBytes: 2, 0...65_535)
        return Share(group: group, length: key.count, first: key.first ?? 0)
    }

    /// What a client sent.
    var clientShares: [Share]? {
        read(51) { (reader) throws(SyntaxError) in
            try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in try Self.share(&inner) }
        }
    }

    var serverShare: Share? { read(51) { (reader) throws(SyntaxError) in try Self.share(&reader) } }

    /// The group that a HelloRetryRequest asks for (§4.2.8).
    var retryGroup: UInt16? { read(51) { (reader) throws(SyntaxError) in try reader.uint16() } }

    /// The version that a server chose (§4.2.1).
    var chosenVersion: UInt16 { read(43) { (reader) throws(SyntaxError) in try reader.uint16() } ?? legacyVersion }

    /// Identities and binders of pre-shared keys (§4.2.11).
    var preSharedKeys: (identities: Int, binders: [Int])? {
        read(41) { (reader) throws(SyntaxError) in
            let identities = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                let length = try inner.opaqueRange(lengthBytes: 2, 1...65_535).count
                _ = try inner.uint32()
                return length
            }
            let binders = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                try inner.opaqueRange(lengthBytes: 1, 0...255).count
            }
            return (identities.count, binders)
        }
    }

    var protocols: [[UInt8]]? {
        read(16) { (reader) throws(SyntaxError) in
            try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                try inner.opaque(lengthBytes: 1, 0...255)
            }
        }
    }

    /// How long the name of each protocol on offer is; `nil` if there is no list of the right form. There may be 30,000.
    var protocolLengths: [Int]? {
        read(16) { (reader) throws(SyntaxError) in
            try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                try inner.opaqueRange(lengthBytes: 1, 0...255).count
            }
        }
    }

    /// Whether a protocol of this name is on offer.
    func offers(protocol name: [UInt8]) -> Bool {
        guard let lengths = protocolLengths, let content = content(16) else { return false }
        var place = 2
        for length in lengths {
            if content[(place + 1)..<(place + 1 + length)].elementsEqual(name) { return true }
            place += 1 + length
        }
        return false
    }

    var names: [(type: UInt8, name: [UInt8])]? {
        read(0) { (reader) throws(SyntaxError) in
            try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
                (try inner.uint8(), try inner.opaque(lengthBytes: 2, 0...65_535))
            }
        }
    }
}
