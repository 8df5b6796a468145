import ArgumentParser
import Chat
import Foundation
import Settings
import TLSTransport

/// The flags that say who connects where.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Who you are. (default: the only certificate in the folder)", valueName: "user[/device]"))
    var identity: String?

    @Option(help: ArgumentHelp("The server. (default: localhost:7443)", valueName: "host[:port]"))
    var server: String?

    @Option(
        help: ArgumentHelp(
            "The folder with your certificate. (default: certs, or ~/.config/conclave/certs)", valueName: "folder"))
    var certs: String?

    @Option(
        help: ArgumentHelp(
            "A file with these options, in YAML. (default: ~/.config/conclave/conclave.yaml)", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where your rooms and messages are kept, sealed. (default: ~/.local/share/conclave/USER-DEVICE@AUTHORITY)",
            valueName: "folder"))
    var store: String?

    @Flag(
        help: """
            Ask for the passphrase of the store; a new store is locked by it. Scripts put it into a file, and the file's \
            name into CONCLAVE_PASSPHRASE_FILE.
            """)
    var passphrase = false

    @Option(
        help: ArgumentHelp(
            "Write the keys of the session to this file. Whoever has it can read everything.", valueName: "file"))
    var insecureKeylog: String?
}

/// Who connects where, once flags, environment, file and defaults have been weighed.
struct ClientOptions: Sendable {
    var identity: PeerIdentity
    var host: String
    var port: Int
    var certificates: String
    /// The store's folder; `nil` for the usual one.
    var store: String?
    /// Whether a passphrase is to be asked for.
    var asksPassphrase: Bool
    /// A file that holds the passphrase.
    var passphraseFile: String?
    var rooms: [RoomName]
    var insecureKeyLog: String?
    /// What in the file means nothing.
    var warnings: [String]
}

extension ConnectionOptions {
    static let defaultPort = 7443
    static let defaultDevice = "default"

    /// - Parameter rooms: given on the command line.
    /// - Throws: ``ProgramError``.
    func resolve(rooms: [String] = []) throws -> ClientOptions {
        do {
            let environment = ProcessInfo.processInfo.environment
            let settings = Settings(
                keys: ["as", "server", "certs", "rooms", "store"], prefix: "CONCLAVE", environment: environment,
                file: try file(environment))
            let folder = try settings.text("certs", flag: certs) ?? Self.defaultFolder
            guard FileManager.default.fileExists(atPath: folder) else {
                throw ProgramError.missingFile(
                    "there is no folder \(folder) with certificates; make it with scripts/certs, unpack a bundle with "
                        + "scripts/certs unbundle, or name another with --certs")
            }
            let (host, port) = try Self.address(try settings.text("server", flag: server) ?? "localhost")
            return ClientOptions(
                identity: try Self.identity(try settings.text("as", flag: identity), in: folder),
                host: host, port: port, certificates: folder,
                store: try settings.text("store", flag: store),
                asksPassphrase: passphrase, passphraseFile: environment["CONCLAVE_PASSPHRASE_FILE"],
                rooms: try (settings.texts("rooms", flag: rooms) ?? []).map(Self.room),
                insecureKeyLog: insecureKeylog, warnings: settings.warnings)
        } catch let error as SettingsError {
            throw ProgramError(error)
        }
    }

    private func file(_ environment: [String: String]) throws(SettingsError) -> SettingsFile? {
        if let path = config ?? environment["CONCLAVE_CONFIG"] { return try SettingsFile(path: path) }
        let path = Self.home + "/.config/conclave/conclave.yaml"
        return FileManager.default.fileExists(atPath: path) ? try SettingsFile(path: path) : nil
    }

    static var home: String {
        ProcessInfo.processInfo.environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? FileManager.default.homeDirectoryForCurrentUser.path
    }

    private static var defaultFolder: String {
        let own = home + "/.config/conclave/certs"
        return !FileManager.default.fileExists(atPath: "certs") && FileManager.default.fileExists(atPath: own)
            ? own : "certs"
    }

    /// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT` or an IPv6 address.
    static func address(_ text: String) throws(ProgramError) -> (host: String, port: Int) {
        let error = ProgramError.usage("\"\(text)\" is no server; write HOST:PORT, for example localhost:7443")
        var host = text[...]
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw error }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw error }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, let number = port.map({ Int($0) }) ?? defaultPort, (1...65_535).contains(number) else {
            throw error
        }
        return (String(host), number)
    }

    static func room(_ text: String) throws(ProgramError) -> RoomName {
        guard let name = RoomName(text) else {
            throw .usage("\"\(text)\" cannot be a room's name: 1 to 64 bytes without spaces, slashes and commas")
        }
        return name
    }

    /// `alice`, `alice/laptop`, or whoever is the only one with a key in the folder.
    private static func identity(_ text: String?, in folder: String) throws(ProgramError) -> PeerIdentity {
        guard let text else { return try onlyIdentity(in: folder) }
        let full = text.contains("/") ? text : "\(text)/\(defaultDevice)"
        guard let identity = PeerIdentity(full) else {
            throw .usage(
                "\"\(text)\" is nobody's name; write USER or USER/DEVICE in lower case, for example alice/laptop")
        }
        return identity
    }

    private static func onlyIdentity(in folder: String) throws(ProgramError) -> PeerIdentity {
        let files = FileManager.default
        var found: [PeerIdentity] = []
        for user in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
            let names = Set((try? files.contentsOfDirectory(atPath: "\(folder)/\(user)")) ?? [])
            // Where only a key lies, it is the authority's.
            for name in names where name.hasSuffix(".key") && names.contains("\(name.dropLast(4)).pem") {
                if let identity = PeerIdentity("\(user)/\(name.dropLast(4))") { found.append(identity) }
            }
        }
        switch found.count {
        case 1: return found[0]
        case 0: throw .missingFile("\(folder) holds no certificate of a user; make one with scripts/certs client USER")
        default:
            let names = found.sorted().prefix(5).map(\.description).joined(separator: ", ")
            throw .usage("say who you are with --as; \(folder) holds certificates of \(names)")
        }
    }
}
