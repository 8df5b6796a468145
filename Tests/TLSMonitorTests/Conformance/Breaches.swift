@testable import TLSMonitor

/// Connections that break a rule: for each at least one.
enum Breaches {
    typealias Hello = TestHello
    typealias Case = (rule: ConformanceRule, name: String, talk: Talk)

    static let all: [Case] =
        records + messages + changes + alerts + clients + clientKeys + servers + retries + oldOnes + weak

    private static func client(_ change: (TestHello) -> TestHello) -> Talk { TestTalks.new(change(.client)) }
    private static func server(_ change: (TestHello) -> TestHello) -> Talk { TestTalks.new(.client, change(.server)) }
    private static let text = Array("meet at the old mill at noon, and bring the others along".utf8)

    private static let records: [Case] = [
        (.recordType, "text", TestTalks.new(then: [.client(text)])),
        (.recordType, "version 9", TestTalks.new(then: [.client([23, 9, 9, 0, 40] + text)])),
        (.recordType, "a length of 65535", TestTalks.new(then: [.server([23, 3, 3, 255, 255] + text)])),
        (
            .clearRecordLength, "16385 bytes",
            TestTalks.old(middle: [UInt8](Wire.message(22, [UInt8](repeating: 1, count: 16_381))))
        ),
        (.protectedRecordLength, "16641 bytes", TestTalks.new(then: [.client(TestTalks.noise(16_641))])),
        (.protectedRecordTag, "16 bytes", TestTalks.new(then: [.client(TestTalks.noise(16))])),
        (.protectedRecordTag, "23 bytes in TLS 1.2", TestTalks.old(then: [.client(TestTalks.noise(23))])),
        (.protectedRecordTag, "a clear alert in TLS 1.2", TestTalks.old(then: [.client(Wire.record(21, [2, 40]))])),
        (
            .blockLength, "a block and a half",
            TestTalks.old(
                .oldClient.with { $0.suites = [0xC013] }, .oldServer.with { $0.suites = [0xC013] },
                records: [64, 64, 96, 72])
        ),
        (.firstRecordVersion, "SSL 3.0", TestTalks.new(record: 0x0300)),
        (.firstRecordVersion, "TLS 1.3", TestTalks.new(record: 0x0304)),
        (.clearRecordVersion, "a ChangeCipherSpec of TLS 1.0", changed(version: 0x0301)),
        (
            .protectedRecordVersion, "TLS 1.0",
            TestTalks.new(then: [.client(TestTalks.noise(40, version: 0x0301))])
        ),
        (
            .negotiatedRecordVersion, "TLS 1.0 in TLS 1.2",
            TestTalks.old(then: [.client(TestTalks.noise(40, version: 0x0301))])
        ),
        (.emptyFragment, "an empty handshake record", TestTalks.new().inserting(.client(Wire.record(22, [])), at: 1)),
        (.emptyFragment, "an empty alert", TestTalks.new().inserting(.client(Wire.record(21, [])), at: 1)),
    ]

    private static func changed(version: UInt16) -> Talk {
        TestTalks.new().replacing(2, with: .server(Wire.record(20, [1], version: version)))
    }

    private static let messages: [Case] = [
        (.interleaving, "between parts of the second hello", interleaved),
        (.helloLength, "131397 bytes", Talk(turns: [.client(Wire.record(22, [1, 2, 1, 69] + text))])),
        (.messageType, "type 99", TestTalks.old(middle: Wire.message(99, text))),
        (.messageType, "type 200 at the start", Talk(turns: [.client(Wire.record(22, Wire.message(200, text)))])),
        (
            .messageSender, "a ClientHello of the server",
            Talk(turns: [.server(TestTalks.handshake(Hello.client.message))])
        ),
        (
            .messageSender, "a ServerHelloDone of the client",
            TestTalks.old(first: [.client(TestTalks.handshake(TestTalks.done))])
        ),
        (.messageOrder, "a certificate after the key exchange", TestTalks.old(middle: TestTalks.certificate)),
        (.messageOrder, "the key exchange twice", TestTalks.old(middle: TestTalks.exchange())),
        (.helloFirst, "a certificate first", Talk(turns: [.client(TestTalks.handshake(TestTalks.certificate))])),
        (
            .helloFirst, "the server first",
            Talk(
                turns: [.server(TestTalks.handshake(Hello.oldServer.message))] + [
                    .client(TestTalks.handshake(Hello.oldClient.message))
                ])
        ),
        (
            .helloOnce, "a ClientHello twice",
            TestTalks.new().inserting(.client(TestTalks.handshake(Hello.client.message)), at: 1)
        ),
        (
            .helloOnce, "a ServerHello twice",
            TestTalks.old(middle: Hello.oldServer.message)
        ),
        (
            .finishedProtected, "before the ChangeCipherSpec",
            TestTalks.old(first: [.client(TestTalks.handshake(Wire.message(20, [UInt8](repeating: 3, count: 12))))])
        ),
        (
            .clearAfterKeys, "a certificate of TLS 1.3",
            TestTalks.new().inserting(
                .server(TestTalks.handshake(TestTalks.certificate)), at: 2)
        ),
        (.clearAfterKeys, "a KeyUpdate", TestTalks.new(then: [.client(TestTalks.handshake(Wire.message(24, [0])))])),
        (.dataBeforeKeys, "of the client", TestTalks.new().inserting(.client(TestTalks.noise(50)), at: 1)),
        (.dataBeforeKeys, "of the server in TLS 1.2", TestTalks.old(first: [.server(TestTalks.noise(50))])),
    ]

    /// The second ClientHello in two records, and a ChangeCipherSpec between them.
    private static var interleaved: Talk {
        let again = Hello.again.message
        var talk = TestTalks.retry()
        talk.turns[4] = .client(TestTalks.handshake(Array(again[80...])))
        talk.turns.insert(.client(TestTalks.handshake(Array(again[..<80]))), at: 3)
        return talk
    }

    private static let changes: [Case] = [
        (.changeValue, "a 2", TestTalks.new().inserting(.client(Wire.record(20, [2])), at: 1)),
        (.changeValue, "two bytes", TestTalks.new().inserting(.client(Wire.record(20, [1, 1])), at: 1)),
        (.changeOnce, "two of the server", TestTalks.new().inserting(.server(Wire.changeCipherSpec), at: 2)),
        (.changeOnce, "two of the client", TestTalks.new().inserting(.client(Wire.changeCipherSpec), at: 1)),
        (.changePlace, "before the hello", TestTalks.new().inserting(.client(Wire.changeCipherSpec), at: 0)),
        (.changePlace, "after encrypted records", late),
        (.changeEarly, "of the client before its key", TestTalks.old(first: [.client(Wire.changeCipherSpec)])),
        (.changeEarly, "of the server before the client's", TestTalks.old(first: [.server(Wire.changeCipherSpec)])),
    ]

    /// The server's ChangeCipherSpec behind its first encrypted record.
    private static var late: Talk {
        var talk = TestTalks.new()
        talk.turns.swapAt(2, 3)
        return talk
    }

    private static let alerts: [Case] = [
        (.alertLength, "one byte", TestTalks.refused([2])),
        (.alertLength, "two alerts in one record", TestTalks.refused([2, 40, 1, 0])),
        (.alertLevel, "3", TestTalks.refused([3, 40])),
        (.alertLevel, "0", TestTalks.refused([0, 40])),
        (.alertDescription, "199", TestTalks.refused([2, 199])),
        (.alertAfterKeys, "in TLS 1.3", TestTalks.new(then: [.server(Wire.record(21, [2, 40]))])),
        (.afterAlert, "another alert", TestTalks.refused([1, 112], [1, 112])),
        (
            .afterAlert, "a hello after a fatal alert",
            TestTalks.old().inserting(.server(Wire.record(21, [2, 40])), at: 1)
        ),
        (.afterAlert, "records after a closure", TestTalks.new().inserting(.client(Wire.record(21, [1, 0])), at: 3)),
        (.heartbeatClear, "in TLS 1.3", TestTalks.new(then: [.client(Wire.record(24, [1, 0, 1, 1]))])),
        (.heartbeatClear, "before keys", TestTalks.heartbeats),
        (
            .heartbeatLength, "Heartbleed",
            TestTalks.old(first: [.client(Wire.record(24, [1, 0x40, 0, 7, 7]))])
        ),
    ]

    private static let clients: [Case] = [
        (.helloSyntax, "text", Talk(turns: [.client(Wire.record(22, Wire.message(1, text)))])),
        (.helloSyntax, "an extension that cannot be read", client { $0.setting(10, [0, 9, 1]) }),
        (
            .helloSyntax, "a ServerHello cut off",
            Talk(turns: [
                .client(TestTalks.handshake(Hello.client.message)), .server(Wire.record(22, Wire.message(2, text))),
            ])
        ),
        (.clientExtensionUnique, "extended_master_secret twice", client { $0.adding(23, []) }),
        (.clientCompression, "DEFLATE beside TLS 1.3", client { hello in hello.with { $0.compressions = [1, 0] } }),
        (
            .clientCompression, "not to do without",
            TestTalks.old(.oldClient.with { $0.compressions = [1] }, .oldServer.with { $0.compressions = [1] })
        ),
        (.clientLegacyVersion, "0x0304", client { hello in hello.with { $0.legacy = 0x0304 } }),
        (
            .sessionLength, "33 bytes",
            client { hello in hello.with { $0.session = [UInt8](repeating: 7, count: 33) } }
        ),
        (.clientSuites, "of TLS 1.2 only", client { hello in hello.with { $0.suites = [0xC02F] } }),
        (.serverNameForm, "with a dot", client { $0.setting(0, TestHello.name("chat.test.")) }),
        (.serverNameForm, "an address", client { $0.setting(0, TestHello.name("192.0.2.7")) }),
        (.serverNameForm, "an address of IPv6", client { $0.setting(0, TestHello.name("2001:db8::7")) }),
        (.serverNameForm, "empty", client { $0.setting(0, TestHello.name("")) }),
        (.serverNameForm, "spaces", client { $0.setting(0, TestHello.name("meet at noon")) }),
        (.protocolNames, "empty", client { $0.setting(16, Wire.vector([0])) }),
        (.paddingZero, "text", client { $0.setting(21, text) }),
        (.flagEmpty, "in extended_master_secret", client { $0.setting(23, text) }),
        (.flagEmpty, "in the server's", TestTalks.old(.oldClient, .oldServer.setting(23, [1]))),
        (
            .fallbackSignal, "beside TLS 1.3",
            client { hello in hello.with { $0.suites.append(0x5600) } }
        ),
        (.renegotiationEmpty, "of the client", client { $0.setting(0xFF01, [12] + Wire.session.prefix(12)) }),
        (
            .renegotiationEmpty, "of the server",
            TestTalks.old(.oldClient, .oldServer.setting(0xFF01, [12] + Wire.session.prefix(12)))
        ),
        (.pointFormats, "compressed only", client { $0.setting(11, [1, 1]) }),
        (.cookieUnasked, "at first", client { $0.adding(44, Wire.vector([1])) }),
    ]

    private static let clientKeys: [Case] = [
        (.pskLast, "padding behind it", TestTalks.new(.resuming.adding(21, [0]), .resumed, early: true)),
        (.pskModes, "none", TestTalks.new(.resuming.without(45), .resumed, early: true)),
        (
            .pskBinders, "one for two",
            TestTalks.new(.resuming.setting(41, Hello.keys(identities: 2)), .resumed, early: true)
        ),
        (
            .pskBinders, "of 31 bytes",
            TestTalks.new(.resuming.setting(41, Hello.keys(binders: [31])), .resumed, early: true)
        ),
        (.groupsWithShares, "no key_share", TestTalks.new(Hello.client.without(51))),
        (.groupsWithShares, "no supported_groups", TestTalks.new(Hello.client.without(10))),
        (.signaturesOffered, "none", TestTalks.new(Hello.client.without(13))),
        (.shareListed, "of no listed group", client { $0.setting(10, Hello.numbers(23, 24)) }),
        (
            .shareListed, "in another order",
            client {
                $0.setting(51, Wire.vector(Hello.share(23, Hello.point256) + Hello.share(29, Hello.key32)))
            }
        ),
        (
            .shareUnique, "two for X25519",
            client { $0.setting(51, Wire.vector(Hello.share(29, Hello.key32) + Hello.share(29, Hello.key32))) }
        ),
        (
            .clientShareForm, "31 bytes for X25519",
            client { $0.setting(51, Wire.vector(Hello.share(29, Array(Hello.key32.dropLast())))) }
        ),
        (
            .clientShareForm, "a compressed point",
            client { $0.setting(51, Wire.vector(Hello.share(23, [2] + Hello.point256.dropFirst()))) }
        ),
        (
            .clientShareForm, "1215 bytes for X25519MLKEM768",
            client {
                $0.setting(10, Hello.numbers(0x11EC, 29)).setting(
                    51, Wire.vector(Hello.share(0x11EC, [UInt8](repeating: 3, count: 1_215))))
            }
        ),
        (.earlyDataKey, "no pre-shared key", client { $0.adding(42, []) }),
    ]

    private static let servers: [Case] = [
        (.versionOffered, "TLS 1.1", TestTalks.old(.client, .oldServer.with { $0.legacy = 0x0302 }, version: 0x0302)),
        (.versionOffered, "TLS 1.3", TestTalks.new(Hello.client.setting(43, Hello.versions(0x0303)))),
        (.suiteOffered, "of TLS 1.3", server { hello in hello.with { $0.suites = [0x1303] } }),
        (.suiteOffered, "in a HelloRetryRequest", TestTalks.retry(.client, .retry.with { $0.suites = [0x1303] })),
        (.suiteVersion, "of TLS 1.2 in TLS 1.3", server { hello in hello.with { $0.suites = [0xC02F] } }),
        (
            .suiteVersion, "of TLS 1.3 in TLS 1.2",
            TestTalks.old(.client, .oldServer.with { $0.suites = [0x1301] })
        ),
        (.sessionEcho, "another one", server { hello in hello.with { $0.session = Array(Wire.session.reversed()) } }),
        (.sessionEcho, "none", server { hello in hello.with { $0.session = [] } }),
        (.sessionEcho, "in a HelloRetryRequest", TestTalks.retry(.client, .retry.with { $0.session = [] })),
        (.serverLegacyVersion, "TLS 1.1", server { hello in hello.with { $0.legacy = 0x0302 } }),
        (.serverCompression, "in TLS 1.3", server { hello in hello.with { $0.compressions = [1] } }),
        (.serverCompression, "in TLS 1.2", TestTalks.old(.oldClient, .oldServer.with { $0.compressions = [1] })),
        (.serverExtensionAllowed, "ALPN in TLS 1.3", server { $0.adding(16, Hello.protocols("h2")) }),
        (.serverExtensionOffered, "a ticket", TestTalks.old(.oldClient, .oldServer.adding(35, []))),
        (.serverExtensionUnique, "a version twice", server { $0.adding(43, Wire.big(0x0304)) }),
        (
            .serverVersionExtension, "TLS 1.2",
            TestTalks.old(.client, .oldServer.adding(43, Wire.big(0x0303)))
        ),
        (.groupShared, "P-256", server { $0.setting(51, Hello.share(23, Hello.point256)) }),
        (.serverShareForm, "33 bytes for X25519", server { $0.setting(51, Hello.share(29, [1] + Hello.key32)) }),
        (.keyAgreement, "nothing", server { $0.without(51) }),
        (.pskOffered, "the second of one", TestTalks.new(.resuming, .server.adding(41, Wire.big(1)), early: true)),
        (.pskModeOffered, "without a key", TestTalks.new(.resuming, .resumed.without(51), early: true)),
        (.greaseSelected, "a cipher suite", server { hello in hello.with { $0.suites = [0x1A1A] } }),
        (.greaseSelected, "a signal", TestTalks.old(.oldClient, .oldServer.with { $0.suites = [0x00FF] })),
        (
            .protocolSelected, "another one",
            TestTalks.old(.oldClient, .oldServer.setting(16, Hello.protocols("spdy/3")))
        ),
        (
            .protocolSelected, "both",
            TestTalks.old(.oldClient, .oldServer.setting(16, Hello.protocols("h2", "http/1.1")))
        ),
        (.downgradeTLS13, "to TLS 1.2", TestTalks.old(.client, .oldServer.with { $0.random = marked(1) })),
        (
            .downgradeTLS12, "to TLS 1.1",
            TestTalks.old(
                .oldClient,
                .oldServer.with { hello in
                    hello.legacy = 0x0302
                    hello.random = marked(0)
                }, version: 0x0302)
        ),
    ]

    private static func marked(_ last: UInt8) -> [UInt8] {
        Array(Hello.serverRandom.prefix(24)) + Array("DOWNGRD".utf8) + [last]
    }

    private static let retries: [Case] = [
        (.retryOnce, "twice", TestTalks.retry(before: [.server(TestTalks.handshake(Hello.retry.message))])),
        (
            .retryGroupOffered, "P-521",
            TestTalks.retry(.client, .retry.setting(51, Wire.big(25)))
        ),
        (
            .retryGroupNew, "X25519",
            TestTalks.retry(.client, .retry.setting(51, Wire.big(29)))
        ),
        (.retryChanges, "nothing", TestTalks.retry(.client, .retry.without(51, 44))),
        (.retryExtensionAllowed, "ALPN", TestTalks.retry(.client, .retry.adding(16, Hello.protocols("h2")))),
        (.retrySuite, "another one", TestTalks.retry(.client, .retry.with { $0.suites = [0x1302] })),
        (
            .retrySame, "another random",
            TestTalks.retry(.client, .retry, .again.with { $0.random = Hello.serverRandom })
        ),
        (
            .retryExtensions, "another name",
            TestTalks.retry(.client, .retry, .again.setting(0, Hello.name("other.test")))
        ),
        (.retryExtensions, "one less", TestTalks.retry(.client, .retry, .again.without(23))),
        (
            .retryShare, "the same as before",
            TestTalks.retry(
                .client, .retry, .again.setting(51, Wire.vector(Hello.share(29, Hello.key32))))
        ),
        (.retryCookie, "none", TestTalks.retry(.client, .retry, .again.without(44))),
        (.retryCookie, "another", TestTalks.retry(.client, .retry, .again.setting(44, Wire.vector([4, 3, 2, 1])))),
        (.retryEarlyData, "announced", TestTalks.retry(.client, .retry, .again.adding(42, []))),
        (.retryAnswer, "X25519", TestTalks.retry(.client, .retry, .again, .server)),
    ]

    private static let oldOnes: [Case] = [
        (.exchangeForm, "a short point", TestTalks.old(exchange: TestTalks.exchange(point: [4, 1, 2]))),
        (.exchangeForm, "a curve of its own", TestTalks.old(exchange: TestTalks.exchange(kind: 1))),
        (.exchangeForm, "text", TestTalks.old(exchange: Wire.message(12, text))),
        (
            .curveOffered, "P-521",
            TestTalks.old(exchange: TestTalks.exchange(curve: 25, point: [4] + [UInt8](repeating: 1, count: 132)))
        ),
        (.signatureOffered, "Ed25519", TestTalks.old(exchange: TestTalks.exchange(scheme: 0x0807))),
        (.signatureHash, "SHA-1", TestTalks.old(exchange: TestTalks.exchange(scheme: 0x0201))),
        (.signatureHash, "MD5", TestTalks.old(exchange: TestTalks.exchange(scheme: 0x0101))),
    ]

    private static func under(_ suite: UInt16, _ change: (TestHello) -> TestHello = { $0 }) -> Talk {
        TestTalks.old(
            .oldClient.with { $0.suites = [suite] }, change(.oldServer.with { $0.suites = [suite] }), exchange: nil,
            records: [64, 64, 96, 256])
    }

    private static let weak: [Case] = [
        (.oldVersion, "TLS 1.1", TestTalks.tls11),
        (.nullEncryption, "RSA_NULL_SHA256", under(0x003B)),
        (
            .nullEncryption, "SHA256_SHA256 of TLS 1.3",
            TestTalks.new(
                .client.with { $0.suites = [0xC0B4] }, .server.with { $0.suites = [0xC0B4] })
        ),
        (.exportSuite, "RSA_EXPORT_DES40_CBC_SHA", under(0x0008)),
        (.rc4Suite, "ECDHE_RSA_RC4_128_SHA", under(0xC011)),
        (.shortBlockSuite, "RSA_3DES_EDE_CBC_SHA", under(0x000A)),
        (.anonymousSuite, "ECDH_anon_AES_128_CBC_SHA", under(0xC018)),
        (.staticExchange, "RSA_AES_128_GCM_SHA256", under(0x009C)),
        (.macFirst, "ECDHE_RSA_AES_128_CBC_SHA", under(0xC013)),
        (
            .compression, "DEFLATE",
            TestTalks.old(.oldClient.with { $0.compressions = [1, 0] }, .oldServer.with { $0.compressions = [1] })
        ),
        (.masterSecret, "not bound", TestTalks.old(.oldClient, .oldServer.without(23))),
        (.secureRenegotiation, "unknown", TestTalks.old(.oldClient, .oldServer.without(0xFF01))),
        (
            .shortPrime, "1024 bits",
            TestTalks.old(
                .oldClient, .oldServer.with { $0.suites = [0x009E] }, exchange: TestTalks.exchange(primeBytes: 128))
        ),
    ]

    /// What only keys show: the rule, and what is inside.
    static let inside: [(rule: ConformanceRule, name: String, insides: [InsideTalk.Inside])] = [
        (.innerType, "a ChangeCipherSpec", InsideTalk.good(inserting: .client(20, [1]), at: 6)),
        (.innerType, "a heartbeat", InsideTalk.good(inserting: .server(24, [1, 0, 1, 1]), at: 7)),
        (
            .innerLength, "16385 bytes",
            InsideTalk.good(inserting: .client(23, [UInt8](repeating: 65, count: 16_385)), at: 6)
        ),
        (.innerEmpty, "a handshake record", InsideTalk.good(inserting: .server(22, []), at: 5)),
        (.innerEmpty, "an alert", InsideTalk.good(inserting: .server(21, []), at: 5)),
        (.innerAlert, "three bytes", InsideTalk.good(inserting: .client(21, [1, 0, 0]), at: 6)),
        (.innerOrder, "a certificate late", InsideTalk.good(inserting: .server(22, InsideTalk.message(11)), at: 3)),
        (.innerOrder, "a ticket of the client", InsideTalk.good(inserting: .client(22, InsideTalk.message(4)), at: 6)),
        (.innerOrder, "a ClientHello", InsideTalk.good(inserting: .client(22, Hello.client.message), at: 6)),
        (.innerData, "before the Finished", InsideTalk.good(inserting: .server(23, text), at: 2)),
        (.innerAfterClose, "data", InsideTalk.good + [.client(23, text)]),
    ]
}
