import ArgumentParser
import Chat
import ChatClient
import Glibc
import Settings
import Terminal

/// Looks into the store without a connection.
struct OfflineStore {
    let setup: ClientSetup
    let session: ClientSession

    /// - Throws: ``ProgramError``.
    init(_ connection: ConnectionOptions) throws {
        let options = try connection.resolve()
        warn(options)
        setup = try ClientSetup(options)
        session = try setup.session()
    }

    var transcript: Transcript {
        Transcript(
            hasColours: TerminalDevice.hasColours, me: setup.options.identity,
            lookUp: { [session] in session.rooms[$0]?.stored(at: $1) })
    }

    /// The room of that name, or the talk with that user, also if it was left; the one in use first.
    func room(_ argument: String) throws(ProgramError) -> Room {
        let destination = try Destination(argument: argument)
        let found = session.rooms.values.filter { $0.title == destination.description }
        guard let room = found.first(where: { $0.phase == .active }) ?? found.first else {
            throw .unavailable("this device has nothing of \(destination); conclave rooms lists what it has")
        }
        return room
    }

    /// Goes through a room's history in the log's order.
    /// - Parameter body: for each page; it returns whether to go on.
    func pages(of room: Room, _ body: ([StoredMessage]) -> Bool) throws(ProgramError) {
        do throws(StoreError) {
            // From the newest back, as the store gives them; the places where pages begin are few.
            var starts: [UInt64?] = [nil]
            while let page = try? room.history(before: starts.last ?? nil, limit: Self.page), let first = page.first {
                starts.append(first.sequence)
            }
            for start in starts.reversed() {
                let page = try room.history(before: start, limit: Self.page)
                if !page.isEmpty, !body(page) { return }
            }
        } catch {
            throw ProgramError(error, folder: nil)
        }
    }

    private static let page = 512
}

/// A line on standard output.
/// - Returns: `false` if nobody reads any more.
@discardableResult
func put(_ line: String) -> Bool { TerminalDevice.write(line + "\n", to: STDOUT_FILENO) }

/// `conclave history '#lab'`
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show what this device has of a room; no connection is needed.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "One JSON object on a line, as of tail.")
    var json = false

    @Option(help: ArgumentHelp("So many of the newest entries.", valueName: "number"))
    var limit = 50

    @Argument(help: ArgumentHelp("A room (#lab) or a user (@bob).", valueName: "room"))
    var room: String

    func run() async throws {
        try await report {
            let store = try OfflineStore(connection)
            let room = try store.room(room)
            guard limit > 0 else { throw ProgramError.usage("--limit takes a number above 0") }
            do throws(StoreError) {
                let messages = try room.history(limit: limit)
                let export = HistoryExport(.json, room: room.title)
                let lines =
                    json ? messages.flatMap(export.lines) : store.transcript.lines(for: .history(room.label, messages))
                for line in lines where !put(line) { break }
            } catch {
                throw ProgramError(error, folder: nil)
            }
            return .quit
        }
    }
}

/// `conclave export '#lab'`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all that this device has of a room to standard output, in the clear; no connection is needed.")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "json (an object on each line, as of tail) or text.")
    var format = "json"

    @Argument(help: ArgumentHelp("A room (#lab) or a user (@bob).", valueName: "room"))
    var room: String

    func run() async throws {
        try await report {
            guard let format = HistoryExport.Format(rawValue: format) else {
                throw ProgramError.usage("--format is json or text, not \"\(SafeText.line(format))\"")
            }
            let store = try OfflineStore(connection)
            let room = try store.room(room)
            let export = HistoryExport(format, room: room.title)
            try store.pages(of: room) { page in
                page.flatMap(export.lines).allSatisfy { put($0) }
            }
            return .quit
        }
    }
}

/// `conclave search WORDS [#room]`
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find messages in what this device has; no connection is needed.",
        discussion:
            "Case and accents do not matter. All words must be in the message; from:USER asks for one author, #ROOM for a room."
    )

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "One JSON object on a line: room, seq, time, from, kind, text.")
    var json = false

    @Argument(help: ArgumentHelp("What to look for.", valueName: "words"))
    var words: [String]

    func run() async throws {
        try await report {
            let store = try OfflineStore(connection)
            let named = words.filter { $0.hasPrefix("#") }
            let text = words.filter { !$0.hasPrefix("#") }.joined(separator: " ")
            guard let query = HistoryQuery(text) else {
                throw ProgramError.usage("there is nothing to look for: conclave search WORDS [from:USER] [#ROOM]")
            }
            let rooms =
                named.isEmpty
                ? store.session.rooms.values.sorted { $0.title < $1.title } : try named.map { try store.room($0) }
            for room in rooms {
                let hits = try Self.find(query, in: room)
                if json {
                    for hit in hits.reversed() { put(Self.line(for: hit, room.title)) }
                } else if !hits.isEmpty {
                    for line in store.transcript.lines(for: .found(room.label, hits, isComplete: true)) { put(line) }
                }
            }
            return .quit
        }
    }

    /// The newest first.
    private static func find(_ query: HistoryQuery, in room: Room) throws(ProgramError) -> [HistorySearch.Hit] {
        do throws(StoreError) {
            var search = HistorySearch(query)
            var hits: [HistorySearch.Hit] = []
            var before: UInt64?
            while true {
                let page = try room.history(before: before, limit: 512)
                guard let first = page.first else { break }
                hits += search.look(in: page)
                before = first.sequence
            }
            return hits + search.finish()
        } catch {
            throw ProgramError(error, folder: nil)
        }
    }

    private static func line(for hit: HistorySearch.Hit, _ room: String) -> String {
        let message = StoredMessage(
            sequence: hit.sequence, time: hit.time, sender: hit.sender, token: 0, .body(.text(hit.text)))
        return HistoryExport(.json, room: room).lines(of: message).joined()
    }
}

/// `conclave devices`
struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "Show what this device knows of a user's devices; no connection is needed.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(
        help: """
            One JSON object on a line: device, serial, fingerprint, expires, firstSeen, compared, thisOne, rooms.
            """)
    var json = false

    @Argument(help: ArgumentHelp("Whose; without it, yours.", valueName: "user"))
    var user: String?

    func run() async throws {
        try await report {
            let store = try OfflineStore(connection)
            var name: UserName?
            if let user {
                guard case .user(let found) = try Destination(argument: user) else {
                    throw ProgramError.usage("\"\(SafeText.line(user))\" is no user")
                }
                name = found
            }
            store.session.perform(.listDevices(name))
            for case .show(.devices(let devices)) in store.session.takeOutput().actions {
                for line in json ? devices.map(EventJSON.line) : DeviceTable.lines(devices) { put(line) }
            }
            return .quit
        }
    }
}

/// `conclave rooms`
struct RoomsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rooms", abstract: "Show the rooms that this device is in; no connection is needed.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(
        help: """
            One JSON object on a line: room, phase, admission, auditor, devices, epoch, shield, reason, topic.
            """)
    var json = false

    func run() async throws {
        try await report {
            let store = try OfflineStore(connection)
            let rooms = store.session.summaries
            let lines = json ? rooms.map(EventJSON.line) : store.transcript.lines(for: .rooms(rooms))
            for line in lines { put(line) }
            return .quit
        }
    }
}
