import TLSMonitor
import TLSWire

/// tshark's names for the same things, with its way of writing them. A line is a record, not a packet.
extension Field {
    static let tshark: [Field] = packet + record + offered + chosen

    private static let packet: [Field] = [
        Field("frame.number", "frame") { $1.add($0.record.sighting.packet) },
        Field("frame.time_epoch", "ts") { $1.add(nanoseconds: $0.record.sighting.time) },
        Field("ip.src", "src, if it is IPv4") { if $0.source.address.isV4 { $1.add("\($0.source.address)") } },
        Field("ip.dst", "dst, if it is IPv4") { if $0.source.address.isV4 { $1.add("\($0.destination.address)") } },
        Field("ipv6.src", "src, if it is IPv6") { if !$0.source.address.isV4 { $1.add("\($0.source.address)") } },
        Field("ipv6.dst", "dst, if it is IPv6") { if !$0.source.address.isV4 { $1.add("\($0.destination.address)") } },
        Field("tcp.srcport", "sport") { $1.add(Int($0.source.port)) },
        Field("tcp.dstport", "dport") { $1.add(Int($0.destination.port)) },
        Field("tcp.stream", "the connection, from 0") { $1.add($0.record.flow - 1) },
    ]

    private static let record: [Field] = [
        Field("tls.record.content_type", "type; under TLS 1.3 keys the inner one, if it was opened") {
            $1.add($0.isOpaque ? $0.inner.map { Int($0.type) } : Int($0.record.contentType.rawValue))
        },
        Field("tls.record.opaque_type", "type, of an encrypted record of TLS 1.3") {
            if $0.isOpaque { $1.add(Int($0.record.contentType.rawValue)) }
        },
        Field("tls.record.version", "ver, with 0x") {
            $1.add(hexadecimal: $0.record.version.rawValue, prefix: true)
        },
        Field("tls.record.length", "len") { $1.add($0.record.length) },
        Field("tls.handshake.type", "hs") { for message in $0.messages { $1.add(Int(message.rawValue)) } },
        Field("tls.alert_message.desc", "alert") { $1.add($0.alert.map { Int($0.code) }) },
        Field("tls.alert_message.level", "alert_level") { $1.add($0.alert.map { Int($0.level) }) },
        Field("tls.handshake.version", "the hello's old version field, with 0x") {
            let version = $0.record.clientHello?.legacyVersion ?? $0.record.serverHello?.legacyVersion
            $1.add(hexadecimal: version?.rawValue, prefix: true)
        },
        Field("tls.handshake.random", "the hello's random bytes, hexadecimal") {
            $1.add(digits: $0.record.clientHello?.random ?? $0.record.serverHello?.random ?? [])
        },
        Field("tls.handshake.session_id", "the hello's session id, hexadecimal") {
            $1.add(digits: $0.record.clientHello?.sessionID ?? $0.record.serverHello?.sessionID ?? [])
        },
        Field("tls.handshake.extension.type", "extensions") {
            for type in $0.extensions?.types ?? [] { $1.add(Int(type)) }
        },
    ]

    private static let offered: [Field] = [
        Field("tls.handshake.extensions_server_name", "sni") { $1.add(wire: $0.offer?.serverName) },
        Field("tls.handshake.extensions_alpn_str", "alpn, or selected_alpn") {
            for name in $0.extensions?.applicationProtocols ?? [] { $1.add(wire: name) }
        },
        Field("tls.handshake.ja3", "ja3") { $1.add($0.record.clientHello?.ja3) },
        Field("tls.handshake.ja3_full", "ja3_text") { $1.add($0.record.clientHello?.ja3Text) },
        Field("tls.handshake.ja4", "ja4") { $1.add($0.record.clientHello?.ja4) },
        Field("tls.handshake.ja4_r", "ja4_r") { $1.add($0.record.clientHello?.ja4Text) },
        Field("tls.handshake.extensions_supported_group", "groups, as 0x001d") {
            for group in $0.offer?.supportedGroups ?? [] { $1.add(hexadecimal: group.rawValue, prefix: true) }
        },
        Field("tls.handshake.extensions_key_share_group", "key_shares, or group") {
            for group in $0.extensions?.keyShareGroups ?? [] { $1.add(Int(group.rawValue)) }
        },
        Field("tls.handshake.sig_hash_alg", "sig_algs, as 0x0403") {
            for scheme in $0.offer?.signatureAlgorithms ?? [] { $1.add(hexadecimal: scheme, prefix: true) }
        },
    ]

    private static let chosen: [Field] = [
        Field("tls.handshake.ciphersuite", "suites, or cipher, with 0x") {
            for suite in $0.record.clientHello?.cipherSuites ?? [] { $1.add(hexadecimal: suite.rawValue, prefix: true) }
            $1.add(hexadecimal: $0.record.serverHello?.cipherSuite.rawValue, prefix: true)
        },
        Field("tls.handshake.extensions.supported_version", "versions, or the one chosen, with 0x") {
            for version in $0.extensions?.versions ?? [] { $1.add(hexadecimal: version.rawValue, prefix: true) }
        },
        Field("tls.handshake.ja3s", "ja3s") { $1.add($0.record.serverHello?.ja3s) },
        Field("tls.handshake.ja3s_full", "ja3s_text") { $1.add($0.record.serverHello?.ja3sText) },
    ]
}
