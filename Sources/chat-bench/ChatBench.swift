import ArgumentParser

/// Measures the whole chat: clients, server, encryption, connections and stores.
@main
struct ChatBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat-bench", abstract: "Measure the whole chat, from one client to another.",
        subcommands: [RoomsCommand.self, EngineCommand.self])
}
