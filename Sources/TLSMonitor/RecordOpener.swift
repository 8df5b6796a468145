import Crypto
import TLSWire

/// Opens the records of one direction with one secret after the other, and counts them as the sender did.
struct RecordOpener {
    /// What a record holds.
    struct Opened: Hashable {
        var type: UInt8
        var content: [UInt8]
        /// Zeros behind the content (RFC 8446 §5.4).
        var padding: Int
        /// By how much the record's place in the sender's count is not what it should be.
        var displacement = 0
    }

    private let suite: SuiteParameters
    private let isTLS13: Bool
    private var secret: SymmetricKey?
    private var key: SymmetricKey
    private var iv: [UInt8]
    private(set) var sequence: UInt64 = 0
    /// Records that this key has opened.
    private(set) var openedCount = 0

    /// How far a record is looked for that is not in its place.
    private static let reach = 32

    /// For TLS 1.3 (RFC 8446 §7.3).
    init(_ suite: SuiteParameters, secret: SymmetricKey) {
        self.suite = suite
        isTLS13 = true
        self.secret = secret
        key = suite.expand(secret, "key", length: suite.keyLength)
        iv = suite.expand(secret, "iv", length: 12).withUnsafeBytes { Array($0) }
    }

    /// For TLS 1.2 (RFC 5246 §6.3, RFC 5288, RFC 7905).
    init(_ suite: SuiteParameters, key: SymmetricKey, iv: [UInt8]) {
        self.suite = suite
        isTLS13 = false
        self.key = key
        self.iv = iv
    }

    /// The keys of both directions of TLS 1.2, the client's first.
    static func pair(
        _ suite: SuiteParameters, master: SymmetricKey, clientRandom: [UInt8], serverRandom: [UInt8]
    ) -> [RecordOpener] {
        let ivLength = suite.cipher == .aesGCM ? 4 : 12
        let block = suite.expand12(
            master, "key expansion", seed: serverRandom + clientRandom, length: 2 * (suite.keyLength + ivLength))
        let ivs = block[(2 * suite.keyLength)...]
        return (0...1).map { side in
            RecordOpener(
                suite,
                key: SymmetricKey(data: block[(side * suite.keyLength)..<((side + 1) * suite.keyLength)]),
                iv: Array(ivs.dropFirst(side * ivLength).prefix(ivLength)))
        }
    }

    /// The sender has changed its key (RFC 8446 §7.2).
    mutating func update() {
        guard let secret else { return }
        self = RecordOpener(suite, secret: suite.expand(secret, "traffic upd", length: suite.hashLength))
    }

    /// Opens the next record, or finds that it is another one of the same sender.
    /// - Returns: nil if the key does not open it. It is counted all the same.
    mutating func open(_ header: TLSRecordHeader, _ payload: [UInt8]) -> Opened? {
        if let opened = open(header, payload, at: sequence) {
            sequence &+= 1
            openedCount += 1
            return opened
        }
        for distance in 1...Self.reach {
            for (step, sign) in [(UInt64(distance), 1), (UInt64(bitPattern: Int64(-distance)), -1)] {
                guard var opened = open(header, payload, at: sequence &+ step) else { continue }
                sequence = sequence &+ step &+ 1
                openedCount += 1
                opened.displacement = sign * distance
                return opened
            }
        }
        sequence &+= 1
        return nil
    }

    private func open(_ header: TLSRecordHeader, _ payload: [UInt8], at sequence: UInt64) -> Opened? {
        let number = withUnsafeBytes(of: sequence.bigEndian) { Array($0) }
        return isTLS13 ? open13(header, payload, number) : open12(header, payload, number)
    }

    private func open13(_ header: TLSRecordHeader, _ payload: [UInt8], _ number: [UInt8]) -> Opened? {
        let plaintext = suite.open(
            payload[...], key, nonce: mixed(number),
            authenticating: [header.contentType.rawValue] + Self.big(header.version.rawValue) + Self.big(payload.count))
        guard let plaintext, let end = plaintext.lastIndex(where: { $0 != 0 }) else { return nil }
        return Opened(
            type: plaintext[end], content: Array(plaintext[..<end]), padding: plaintext.count - end - 1)
    }

    private func open12(_ header: TLSRecordHeader, _ payload: [UInt8], _ number: [UInt8]) -> Opened? {
        let explicit = suite.cipher == .aesGCM ? 8 : 0
        guard payload.count >= explicit + 16 else { return nil }
        let nonce = explicit > 0 ? iv + payload.prefix(explicit) : mixed(number)
        let sealed = payload.dropFirst(explicit)
        let content = suite.open(
            sealed, key, nonce: nonce,
            authenticating: number + [header.contentType.rawValue] + Self.big(header.version.rawValue)
                + Self.big(sealed.count - 16))
        return content.map { Opened(type: header.contentType.rawValue, content: $0, padding: 0) }
    }

    /// The initialisation vector, mixed with the record's number.
    private func mixed(_ number: [UInt8]) -> [UInt8] {
        zip(iv, [0, 0, 0, 0] + number).map { $0 ^ $1 }
    }

    private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
    private static func big(_ value: Int) -> [UInt8] { big(UInt16(truncatingIfNeeded: value)) }
}
