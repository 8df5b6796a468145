import ArgumentParser
import ControlSocket
import Firewall
import FirewallViews
import NFTables
import Settings

/// `conclave-firewall check`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Says whether a policy is right, and whom it would lock out; changes nothing.",
        discussion: """
            Without a file, the rules file on the disk is checked. Without the daemon, bans and threat lists are not looked at.
            """)

    @Argument(
        help: ArgumentHelp("A policy that is not yet in place.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var file: String?

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        try explaining(json: daemon.json) {
            let answer = try answer()
            Screen.show(.check(answer), json: daemon.json)
            if !answer.refusals.isEmpty { throw ExitCode(Int32(ControlFailure.Status.refused.rawValue)) }
        }
    }

    private func answer() throws -> CheckAnswer {
        let connection = LoginConnection.find()
        let text = try file.map { try PolicyFile.text($0) }
        if let text, let file { _ = try PolicyFile.parse(text, name: file) }
        do {
            let answer = try daemon.ask(.check(text: text, connection))
            guard case .check(let check) = answer else { throw Self.unexpected }
            return check
        } catch ControlSocketError.notRunning {
            let path = file ?? policy.policy
            return PolicyFile.check(try PolicyFile.parse(try text ?? PolicyFile.text(path), name: path), connection)
        }
    }

    static let unexpected = ControlFailure(
        .runtime, "The daemon answered something else than was asked. It and this program are of different versions?")
}

/// `conclave-firewall apply`
struct ApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Brings a policy into force, on trial.",
        discussion: """
            Without a file, the rules file on the disk is applied, as after editing it. The policy is checked first, and refused if it \
            would lock you out. On a terminal it then asks whether to keep the policy: if you can press y, you are not locked out. \
            Unless it is confirmed in time, the kernel itself goes back to what was before. A policy of another file is written to \
            the rules file when it is confirmed.
            """)

    @Argument(
        help: ArgumentHelp("A policy that is not yet in place.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var file: String?

    @OptionGroup var change: ChangeOptions
    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        try explaining(json: daemon.json) {
            let text = try file.map { try PolicyFile.text($0) }
            if let text, let file { _ = try PolicyFile.parse(text, name: file) }
            let answer = try daemon.ask(.apply(text: text, change.change))
            Screen.show(answer, json: daemon.json)
            guard !daemon.json, case .change(let made) = answer, let until = made.trialUntil else { return }
            try TrialQuestion(until: until, daemon: Daemon(path: daemon.socket)).ask()
        }
    }
}

/// `conclave-firewall confirm`
struct ConfirmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm", abstract: "Keeps what is on trial.")

    @OptionGroup var daemon: DaemonOptions

    func run() throws { try daemon.show(.confirm) }
}

/// `conclave-firewall revert`
struct RevertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert", abstract: "Ends a trial at once: what was before is in force again.")

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        try explaining(json: daemon.json) { Screen.showReverted(try daemon.ask(.revert), json: daemon.json) }
    }
}

/// `conclave-firewall off`
struct OffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off", abstract: "Removes everything of ours from the kernel; works without the daemon.",
        discussion: "Tables of other programs stay as they are. Turn it on again: conclave-firewall apply")

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        try explaining(json: daemon.json) {
            do {
                Screen.show(try daemon.ask(.off), json: daemon.json)
            } catch ControlSocketError.notRunning {
                Screen.show(.done(try Self.removeTable()), json: daemon.json)
            }
        }
    }

    /// - Returns: what was done, as a sentence.
    private static func removeTable() throws(NFTablesError) -> String {
        let tables = try NFTables()
        guard try tables.inventory() != nil else { return "The firewall is off: nothing of ours is in the kernel." }
        try tables.commit(RulesetPlan.removeAll())
        return "The firewall is off. Everything of ours was removed from the kernel."
    }
}

/// `conclave-firewall defcon`
struct DefconCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "defcon", abstract: "Shows the posture, or changes it: from 5 (open) to 1 (lockdown).",
        discussion: Posture.allCases.sorted(by: >).map { "\($0.rawValue) \($0.name): \($0.words)." }
            .joined(separator: "\n"))

    @Argument(help: ArgumentHelp("1 to 5. Left out: shows which it is.", valueName: "posture"))
    var posture: Int?

    @OptionGroup var change: ChangeOptions
    @OptionGroup var daemon: DaemonOptions

    func validate() throws {
        if let posture, Posture(rawValue: posture) == nil {
            throw ValidationError("\(posture) is no posture; choose 1 to 5.")
        }
    }

    func run() throws {
        guard let posture = posture.flatMap(Posture.init) else { return try daemon.show(.posture) }
        try daemon.show(.setPosture(posture, change.change))
    }
}
