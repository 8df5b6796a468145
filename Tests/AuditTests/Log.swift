import Audit
import Chat

/// An audit log in memory, with a checkpoint after each `interval` records.
struct Log {
    var records: [AuditRecord] = []
    var checkpoints: [AuditStatement] = []
    var cut: AuditStatement?
    let key: AuditKey

    init(_ count: Int, interval: Int = 10, key: AuditKey = AuditKey(), words: String = "event") throws {
        self.key = key
        var chain = AuditChain()
        for number in 1...count {
            records.append(chain.append(Self.event(number, words)))
            if number.isMultiple(of: interval) { checkpoints.append(try checkpoint(after: number)) }
        }
    }

    static func event(_ number: Int, _ words: String) -> AuditEvent {
        AuditEvent(.connected, at: Timestamp(milliseconds: UInt64(number) * 1_000), "\(words) \(number)")
    }

    func checkpoint(
        _ subject: AuditStatement.Subject = .checkpoint, after number: Int, by other: AuditKey? = nil
    ) throws -> AuditStatement {
        try AuditStatement(
            subject, size: UInt64(number), head: records[number - 1].hash,
            time: Timestamp(milliseconds: UInt64(number) * 1_000), running: UInt64(number) * 60, by: other ?? key)
    }

    /// Hashes everything anew from the first record on, as somebody does who changed one.
    mutating func rehash() {
        var head = AuditHash.start
        for index in records.indices {
            let number = UInt64(index + 1)
            head = AuditRecord.hash(of: records[index].event, number: number, after: head)
            records[index] = AuditRecord(number: number, event: records[index].event, hash: head)
        }
    }

    mutating func edit(_ number: Int, _ words: String = "nothing to see") {
        let record = records[number - 1]
        records[number - 1] = AuditRecord(
            number: record.number, event: Self.event(number, words).encoded, hash: record.hash)
    }

    func verify(given: AuditStatement? = nil, keys: [AuditPublicKey]? = nil) -> AuditReport {
        var verifier = AuditVerifier(keys: keys ?? [key.publicKey], cut: cut, given: given.map { [$0] } ?? [])
        var rest = checkpoints[...]
        for record in records {
            while let next = rest.first, next.size < record.number {
                verifier.take(next)
                rest.removeFirst()
            }
            verifier.take(record)
        }
        for next in rest { verifier.take(next) }
        return verifier.finish()
    }
}
