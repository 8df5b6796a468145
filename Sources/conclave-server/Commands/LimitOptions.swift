import ArgumentParser
import Chat
import ChatServer
import Settings

/// The limits, weighed from flags, environment, file and defaults, each by itself.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A limit, by name; may be given several times. See: conclave-server limits", valueName: "name=value"))
    var limit: [String] = []

    /// - Throws: ``SettingsError`` for a limit that there is not, or a value that it cannot have.
    func weighed(_ settings: Settings) throws(SettingsError) -> ServerLimits {
        var limits = ServerLimits()
        let known = ServerLimits.all
        for setting in try settings.named("limits", flagName: "--limit", flags: limit) {
            guard let limit = known.first(where: { $0.name == setting.name }) else {
                let nearest = Nearest.word(to: setting.name, among: known.map(\.name))
                let guess = nearest.map { "did you mean \($0)? " } ?? ""
                throw setting.error("there is no limit \(setting.name); \(guess)conclave-server limits lists them all")
            }
            guard let value = limit.value(setting.value), limit.set(value, in: &limits) else {
                throw setting.error("\(limit.name) cannot be \"\(setting.value)\"; \(limit.expectation)")
            }
        }
        return limits
    }
}
