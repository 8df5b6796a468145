import TLSMonitor
import TLSWire

/// A column that can be asked for, of a record.
struct Field: Sendable {
    /// A record and what is known of its connection.
    struct Context {
        var record: RecordEvent
        var uid: String
        var isTLS13: Bool

        var source: Endpoint { record.direction == .clientToServer ? record.client : record.server }
        var destination: Endpoint { record.direction == .clientToServer ? record.server : record.client }
        var offer: TLSExtensions? { record.clientHello?.extensions }
        var extensions: TLSExtensions? { offer ?? record.serverHello?.extensions }
        /// tshark calls the outer type of TLS 1.3's encrypted records opaque.
        var isOpaque: Bool {
            isTLS13 && record.kind == .protected && record.contentType == .applicationData
        }
        var inner: InnerRecord.Content? {
            if case .authentic(let content)? = record.inner { content } else { nil }
        }
        var alert: Alert? { record.alert ?? inner?.alert }
        var messages: [HandshakeType] { record.messages.isEmpty ? inner?.messages ?? [] : record.messages }
    }

    var name: String
    var meaning: String
    var write: @Sendable (Context, inout FieldText) -> Void

    init(_ name: String, _ meaning: String, _ write: @escaping @Sendable (Context, inout FieldText) -> Void) {
        self.name = name
        self.meaning = meaning
        self.write = write
    }

    static let all: [Field] = place + outside + offer + answer + inside + tshark
    static let byName: [String: Field] = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    private static let place: [Field] = [
        Field("ts", "seconds since 1970 of the packet that completed the record") {
            $1.add(nanoseconds: $0.record.sighting.time)
        },
        Field("uid", "the connection, the same in every run") { $1.add($0.uid) },
        Field("flow", "the connection, from 1") { $1.add($0.record.flow) },
        Field("frame", "the packet that completed the record, from 1") { $1.add($0.record.sighting.packet) },
        Field("src", "the sender's address") { $1.add($0.source.address.description) },
        Field("sport", "the sender's port") { $1.add(Int($0.source.port)) },
        Field("dst", "the receiver's address") { $1.add($0.destination.address.description) },
        Field("dport", "the receiver's port") { $1.add(Int($0.destination.port)) },
        Field("dir", "c2s from the client, s2c from the server") { $1.add($0.record.direction.rawValue) },
        Field("n", "the record's number in its direction, from 1") { $1.add($0.record.number) },
        Field("off", "of its first byte in its direction's stream") { $1.add($0.record.offset) },
    ]

    private static let outside: [Field] = [
        Field("type", "content type as on the wire: 20 ccs, 21 alert, 22 handshake, 23 data") {
            if $0.record.version != .ssl2 { $1.add(Int($0.record.contentType.rawValue)) }
        },
        Field("ver", "version as on the wire, hexadecimal") { $1.add(hexadecimal: $0.record.version.rawValue) },
        Field("len", "bytes of payload") { $1.add($0.record.length) },
        Field(
            "seen",
            "bytes of payload that are in the capture; with it, records of which a part is missing are shown, too"
        ) { $1.add($0.record.seen) },
        Field("class", "handshake, ccs, alert, protected or unaccounted") { $1.add($0.record.kind.rawValue) },
        Field("hs", "numbers of the handshake messages that it completes, with keys also the inner ones") {
            for message in $0.messages { $1.add(Int(message.rawValue)) }
        },
        Field("msgs", "their names") {
            let words = $0.record.words.isEmpty ? $0.messages.map(\.description) : $0.record.words
            for word in words { $1.add(word) }
        },
        Field("alert", "the alert's number, in the clear or opened") { $1.add($0.alert.map { Int($0.code) }) },
        Field("alert_level", "the alert's level") { $1.add($0.alert.map { Int($0.level) }) },
        Field("alert_name", "the alert's name") { $1.add($0.alert?.description) },
        Field("certs", "subjects of certificates in the clear") {
            for certificate in $0.record.certificates { $1.add(certificate.subject) }
        },
        Field("sample", "the first bytes of the payload, hexadecimal") { $1.add(digits: $0.record.sample) },
    ]

    private static let offer: [Field] = [
        Field("sni", "the server name that the client asks for") { $1.add(wire: $0.offer?.serverName) },
        Field("alpn", "protocols that the client offers") {
            for name in $0.offer?.applicationProtocols ?? [] { $1.add(wire: name) }
        },
        Field("ja3", "fingerprint of the ClientHello") { $1.add($0.record.clientHello?.ja3) },
        Field("ja3_text", "JA3 before it is hashed") { $1.add($0.record.clientHello?.ja3Text) },
        Field("ja4", "fingerprint of the ClientHello") { $1.add($0.record.clientHello?.ja4) },
        Field("ja4_r", "JA4 before it is hashed") { $1.add($0.record.clientHello?.ja4Text) },
        Field("ja4_o", "JA4 in the order of the hello") { $1.add($0.record.clientHello?.ja4Original) },
        Field("ja4_ro", "JA4_o before it is hashed") { $1.add($0.record.clientHello?.ja4OriginalText) },
        Field("versions", "versions that the client offers, hexadecimal") {
            for version in $0.offer?.versions ?? [] { $1.add(hexadecimal: version.rawValue) }
        },
        Field("suites", "cipher suites that the client offers, hexadecimal") {
            for suite in $0.record.clientHello?.cipherSuites ?? [] { $1.add(hexadecimal: suite.rawValue) }
        },
        Field("groups", "groups that the client could use") {
            for group in $0.offer?.supportedGroups ?? [] { $1.add(Int(group.rawValue)) }
        },
        Field("key_shares", "groups for which the client sends a key") {
            for group in $0.offer?.keyShareGroups ?? [] { $1.add(Int(group.rawValue)) }
        },
        Field("sig_algs", "signature schemes that the client takes, hexadecimal") {
            for scheme in $0.offer?.signatureAlgorithms ?? [] { $1.add(hexadecimal: scheme) }
        },
        Field("extensions", "types of a hello's extensions") {
            for type in $0.extensions?.types ?? [] { $1.add(Int(type)) }
        },
        Field("ech", "grease-or-real if the client may hide another name") {
            if $0.offer?.hasEncryptedClientHello == true { $1.add("grease-or-real") }
        },
        Field("pq", "whether a post-quantum group is offered, or chosen") {
            if let hello = $0.record.clientHello { $1.add(hello.offersPostQuantum || hello.sharesPostQuantumKey) }
            if let group = $0.record.serverHello?.extensions.keyShareGroups.first { $1.add(group.isPostQuantum) }
        },
        Field("psk", "true if the hello has a pre-shared key") {
            if $0.extensions?.hasPreSharedKey == true { $1.add(true) }
        },
        Field("early_data", "true if the client announces data before the answer") {
            if $0.offer?.hasEarlyData == true { $1.add(true) }
        },
    ]

    private static let answer: [Field] = [
        Field("sver", "version that the server chose, hexadecimal") {
            $1.add(hexadecimal: $0.record.serverHello?.version.rawValue)
        },
        Field("cipher", "cipher suite that the server chose, hexadecimal") {
            $1.add(hexadecimal: $0.record.serverHello?.cipherSuite.rawValue)
        },
        Field("cipher_name", "its name") { $1.add($0.record.serverHello.map { ZeekNames.cipher($0.cipherSuite) }) },
        Field("group", "group that the server chose") {
            $1.add(($0.record.serverHello?.extensions.keyShareGroups.first).map { Int($0.rawValue) })
        },
        Field("group_name", "its name") { $1.add($0.record.serverHello?.extensions.keyShareGroups.first?.description) },
        Field("ja3s", "fingerprint of the ServerHello") { $1.add($0.record.serverHello?.ja3s) },
        Field("ja3s_text", "JA3S before it is hashed") { $1.add($0.record.serverHello?.ja3sText) },
        Field("selected_alpn", "protocol that the server chose in the clear") {
            $1.add(wire: $0.record.serverHello?.extensions.applicationProtocols.first)
        },
    ]

    private static let inside: [Field] = [
        Field("inferred", "what an encrypted record probably is, by its size and place") {
            for name in $0.record.inference?.names ?? [] { $1.add(name) }
        },
        Field("conf", "how often such a guess is right, in percent") {
            $1.add($0.record.inference.map { Int((min(max($0.confidence, 0), 1) * 100).rounded()) })
        },
        Field("auth", "true if the keys open it, false if they do not") {
            switch $0.record.inner {
            case nil: break
            case .authentic: $1.add(true)
            case .failed: $1.add(false)
            }
        },
        Field("inner", "content type inside") { $1.add($0.inner.map { Int($0.type) }) },
        Field("inner_len", "bytes inside") { $1.add($0.inner?.length) },
        Field("pad", "zeros behind them") { $1.add($0.inner?.padding) },
        Field("nested", "true if there is TLS inside again") { if $0.inner?.isNested == true { $1.add(true) } },
        Field("fail", "why the keys do not open it") {
            if case .failed(let failure, _)? = $0.record.inner { $1.add(failure.rawValue) }
        },
    ]
}
