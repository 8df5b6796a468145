import Crypto
import TLSWire

/// The three parts of a JA4 fingerprint of a hello over TCP, by FoxIO's description of JA4.
struct JA4Parts {
    private var counts: String
    private var suites: String
    private var extensions: String
    private var hasExtensions: Bool

    /// - Parameter isSorted: else the lists stand as in the hello, and server name and protocols are among the extensions.
    init(_ hello: ClientHello, isSorted: Bool) {
        let numbers = hello.cipherSuites.map(\.rawValue).filter { !GREASE.contains($0) }
        let types = hello.extensions.types.filter { !GREASE.contains($0) }
        let name = types.contains(0) ? "d" : "i"
        counts =
            "t\(Self.version(hello))\(name)\(Self.twoDigits(numbers.count))\(Self.twoDigits(types.count))"
            + Self.protocolLetters(hello)
        suites = Self.fourDigits(isSorted ? numbers.sorted() : numbers)
        // Server name and protocols change with the site and not with the program.
        let sorted = types.filter { $0 != 0 && $0 != 16 }.sorted()
        hasExtensions = !sorted.isEmpty
        extensions = Self.fourDigits(isSorted ? sorted : types)
        let algorithms = hello.extensions.signatureSchemes.map(\.rawValue).filter { !GREASE.contains($0) }
        if !algorithms.isEmpty { extensions += "_" + Self.fourDigits(algorithms) }
    }

    var text: String { "\(counts)_\(suites)_\(extensions)" }
    /// Without anything in the sorted list of extensions the last part is zeros, also where the list is not sorted.
    var hashed: String { "\(counts)_\(Self.shortHash(suites))_\(Self.shortHash(hasExtensions ? extensions : ""))" }

    /// Of the highest number that is offered. Drafts have none of these.
    private static func version(_ hello: ClientHello) -> String {
        let offered = hello.extensions.versions.filter { !$0.isGREASE }
        return switch (offered.max() ?? hello.legacyVersion).rawValue {
        case 0x0304: "13"
        case 0x0303: "12"
        case 0x0302: "11"
        case 0x0301: "10"
        case 0x0300: "s3"
        case 0x0002: "s2"
        case 0xFEFF: "d1"
        case 0xFEFD: "d2"
        case 0xFEFC: "d3"
        default: "00"
        }
    }

    /// The first and the last character of the first protocol; of its hexadecimal digits if one of them is neither a letter nor a digit.
    private static func protocolLetters(_ hello: ClientHello) -> String {
        guard let name = hello.extensions.applicationProtocols.first, let first = name.first, let last = name.last
        else { return "00" }
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        if isPlain(first), isPlain(last) { return String(decoding: [first, last], as: UTF8.self) }
        return String(first >> 4, radix: 16) + String(last & 0x0F, radix: 16)
    }

    /// The first twelve digits of the SHA-256; zeros for an empty list.
    private static func shortHash(_ list: String) -> String {
        list.isEmpty
            ? "000000000000" : SHA256.hash(data: Array(list.utf8)).prefix(6).map(twoHexDigits).joined()
    }

    private static func twoHexDigits(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    private static func fourDigits(_ values: [UInt16]) -> String {
        values.map { String(String(Int($0) + 0x1_0000, radix: 16).dropFirst()) }.joined(separator: ",")
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(min(number, 99))" }
}
