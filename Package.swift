// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is built the same way; in CI a warning is an error.
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("ExistentialAny"),
    ] + (Context.environment["CI"] == "true" ? [.treatAllWarnings(as: .error)] : [])

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// What `scripts/fuzz` builds, and nothing else does.
let fuzzing: [Target] =
    Context.environment["CONCLAVE_FUZZ"] == "1"
    ? [
        .executableTarget(
            name: "conclave-fuzz",
            dependencies: [
                "Chat", "ChatClient", "ChatServer", "ChatWire", "Firewall", "JSONText", "MLS", "MLSWire", "NFTables",
                "PacketCapture", "TLSMonitor", "TLSSyntax", "TLSWire", nio, crypto,
            ],
            path: "Tests/Fuzz", swiftSettings: settings)
    ]
    : []

let package = Package(
    name: "conclave",
    products: [
        .library(name: "MLS", targets: ["MLS"]),
        .library(name: "MLSWire", targets: ["MLSWire"]),
        .executable(name: "conclave-server", targets: ["conclave-server"]),
        .executable(name: "conclave", targets: ["conclave"]),
        .executable(name: "tlsmon", targets: ["tlsmon"]),
        .executable(name: "conclave-firewall", targets: ["conclave-firewall"]),
        .executable(name: "conclave-feeds", targets: ["conclave-feeds"]),
        .executable(name: "conclave-load", targets: ["conclave-load"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // L0: C headers, each owned by one adapter.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CNetlink"),

        // L1: bytes ⇄ values.
        library("JSONText", []),
        library("TLSSyntax", []),
        library("TLSWire", ["TLSSyntax", crypto]),
        library("MLSWire", ["TLSSyntax"]),
        library("Chat", []),
        library("ChatWire", ["Chat", "TLSSyntax", nio, crypto]),

        // L2: cores, no I/O.
        library("MLS", ["MLSWire", "TLSSyntax", asn1, crypto]),
        library("ChatServer", ["Chat", "ChatWire", "MLSWire", "TLSSyntax", nio, crypto]),
        library("ChatClient", ["Chat", "ChatWire", "MLS", "MLSWire", "TLSSyntax", nio, crypto, cryptoExtras]),
        library("ChatMonitor", ["Chat", "ChatWire", "MLSWire", "TLSMonitor", "TLSSyntax", nio]),
        library("TLSMonitor", ["TLSWire", "TLSSyntax", crypto, cryptoExtras]),
        library("MonitorViews", ["TLSMonitor", "TLSWire", "Terminal"]),
        library("Audit", ["Chat", "TLSSyntax", crypto]),
        library("Firewall", ["JSONText"]),
        library("FirewallViews", ["Firewall", "JSONText", "Terminal"]),

        library("MLSVectors", ["MLS", "MLSWire", "TLSSyntax", crypto]),

        // L3: adapters, one foreign thing each.
        library("TLSTransport", ["Chat", "ChatWire", "COpenSSL", nio, nioPosix]),
        library("PacketCapture", ["TLSMonitor", "CPcap", "CZlib", crypto]),
        library("SQLiteStore", ["ChatClient", grdb, crypto]),
        library("ServerStore", ["Audit", "Chat", "ChatServer", "ChatWire", grdb, sqlite, nio]),
        library("NFTables", ["CNetlink", "Firewall"]),
        library("FirewallStore", ["Firewall", grdb]),
        library("ControlSocket", ["CLinux", "Firewall"]),
        library("Terminal", []),
        library("Settings", ["Chat", yaml]),

        // L4: programs.
        program(
            "conclave-server",
            [
                "Audit", "Chat", "ChatServer", "ChatWire", "ControlSocket", "Firewall", "MLSWire", "ServerStore",
                "Settings", "TLSTransport", "Terminal", nio, nioPosix, arguments, logging,
            ]),
        program(
            "conclave",
            [
                "Chat", "ChatClient", "ChatWire", "MLS", "MLSWire", "SQLiteStore", "Settings", "TLSTransport",
                "Terminal",
                nio, nioLocks, nioPosix, arguments, crypto,
            ]),
        program(
            "tlsmon",
            [
                "ChatMonitor", "ControlSocket", "Firewall", "MonitorViews", "PacketCapture", "Settings", "TLSMonitor",
                "TLSWire", "Terminal", arguments, crypto,
            ]),
        program(
            "conclave-firewall",
            [
                "CLinux", "ControlSocket", "Firewall", "FirewallStore", "FirewallViews", "JSONText", "NFTables",
                "Settings", "Terminal", arguments,
            ]),
        program("conclave-feeds", ["Firewall", "JSONText", "Settings", arguments]),
        program("mls-vectors", ["MLSVectors", arguments]),
        program("mls-bench", ["MLS", "MLSWire", crypto, arguments]),
        program(
            "chat-bench",
            [
                "Chat", "ChatClient", "ChatServer", "ChatWire", "MLS", "MLSWire", "SQLiteStore", "TLSTransport", nio,
                nioPosix,
                crypto, arguments,
            ]),
        program("conclave-load", ["CLinux", "COpenSSL", "Chat", "ChatWire", "MLSWire", nio, arguments]),

        // What tests of the firewall share: hosts in network namespaces.
        .target(name: "NetworkLab", dependencies: [], path: "Tests/NetworkLab", swiftSettings: settings),

        tests("TLSSyntaxTests", ["TLSSyntax"]),
        tests("TLSWireTests", ["TLSWire", "TLSSyntax"]),
        tests("MLSWireTests", ["MLSWire", "TLSSyntax"], exclude: ["Corpus"]),
        tests("MLSTests", ["MLS", "MLSWire", "TLSSyntax", crypto], exclude: ["Corpus"]),
        tests("MLSVectorsTests", ["MLSVectors", "MLS", "MLSWire", "TLSSyntax", crypto]),
        tests("ChatTests", ["Chat"]),
        tests("ChatWireTests", ["Chat", "ChatWire", "MLSWire", "TLSSyntax", nio, crypto], exclude: ["Corpus"]),
        tests(
            "ChatServerTests", ["Chat", "ChatServer", "ChatWire", "MLS", "MLSWire", "TLSSyntax", nio, crypto],
            exclude: ["Corpus"]),
        tests(
            "ChatClientTests",
            ["Chat", "ChatClient", "ChatServer", "ChatWire", "MLS", "MLSWire", "TLSSyntax", nio, crypto],
            exclude: ["Corpus"]),
        tests(
            "ChatMonitorTests",
            ["Chat", "ChatMonitor", "ChatWire", "MLS", "MLSWire", "TLSMonitor", "TLSWire", nio, crypto]),
        tests("AuditTests", ["Audit", "Chat"]),
        tests(
            "ServerStoreTests", ["Audit", "Chat", "ChatServer", "ChatWire", "ServerStore", "TLSSyntax", grdb, nio]),
        tests("SQLiteStoreTests", ["ChatClient", "SQLiteStore", grdb, crypto]),
        tests("TLSMonitorTests", ["TLSMonitor", "TLSWire", crypto, cryptoExtras]),
        tests(
            "TLSTransportTests",
            ["Chat", "ChatClient", "ChatWire", "TLSTransport", "MLS", "MLSWire", "COpenSSL", nio, nioPosix, crypto]),
        tests("PacketCaptureTests", ["MLSWire", "PacketCapture", "TLSMonitor", "TLSWire"], exclude: ["Corpus"]),
        tests("MonitorViewsTests", ["MonitorViews", "TLSMonitor", "TLSWire", "Terminal"]),
        tests("TerminalTests", ["Terminal"]),
        tests("SettingsTests", ["Settings"]),
        tests("JSONTextTests", ["JSONText"]),
        tests("FirewallTests", ["Firewall", "JSONText"], exclude: ["Fuzz/Corpus"]),
        tests("NFTablesTests", ["CNetlink", "Firewall", "NFTables", "NetworkLab"], exclude: ["Fuzz/Corpus"]),
        tests("FirewallStoreTests", ["Firewall", "FirewallStore", grdb]),
        tests("ControlSocketTests", ["ControlSocket", "Firewall"]),
        tests("FirewallViewsTests", ["Firewall", "FirewallViews", "JSONText"]),
        tests("FirewallProgramTests", ["ControlSocket", "Firewall", "JSONText", "NFTables", "NetworkLab"]),
        tests("CertsTests", []),
        tests("LoadTests", ["conclave-load"]),
        tests("EndToEndTests", ["ControlSocket", "Firewall"]),
        tests(
            "CrashTests", ["Chat", "ChatWire", "MLSWire", "TLSTransport", nio, nioPosix],
            exclude: ["Fixtures", "Preload"]),
    ] + fuzzing,
    swiftLanguageModes: [.v6]
)
