package import Chat
import Crypto

/// An event in its place: its number, and a hash over it and all that was before.
package struct AuditRecord: Hashable, Sendable {
    /// From 1, without gaps.
    package let number: UInt64
    /// The event, as it was encoded. What a later version of this program wrote is kept as it is.
    package let event: [UInt8]
    /// What is stored as this record's hash.
    package let hash: AuditHash

    package init(number: UInt64, event: [UInt8], hash: AuditHash) {
        self.number = number
        self.event = event
        self.hash = hash
    }

    /// `nil` if this program does not know such events.
    package var decoded: AuditEvent? { try? AuditEvent(decoding: event) }

    /// When the event happened, without reading all of it; `nil` if this program does not know such events.
    package var time: Timestamp? {
        guard event.count >= 11, event[0] == 1 else { return nil }
        return Timestamp(milliseconds: event[3..<11].reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// SHA-256 over `"conclave audit 1"`, the hash before (32 bytes), the number (8 bytes, big-endian), and the event's encoding.
    package static func hash(of event: [UInt8], number: UInt64, after previous: AuditHash) -> AuditHash {
        var hash = SHA256()
        hash.update(data: label)
        hash.update(data: previous.bytes)
        withUnsafeBytes(of: number.bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: event)
        return AuditHash(hash.finalize())
    }

    private static let label = Array("conclave audit 1".utf8)
}

/// Where the audit log ends: the next record goes behind it.
package struct AuditChain: Hashable, Sendable {
    /// Records that there ever were; the number of the last.
    package private(set) var size: UInt64
    package private(set) var head: AuditHash

    package init(size: UInt64 = 0, head: AuditHash = .start) {
        self.size = size
        self.head = head
    }

    package mutating func append(_ event: AuditEvent) -> AuditRecord {
        let encoded = event.encoded
        size += 1
        head = AuditRecord.hash(of: encoded, number: size, after: head)
        return AuditRecord(number: size, event: encoded, hash: head)
    }
}
