import ArgumentParser
import Firewall
import Glibc
import JSONText
import Settings

/// `conclave-firewall show`
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows what a policy becomes in the kernel, as nft writes it; works without the daemon.",
        discussion: "What is in the kernel at present, with bans and threat lists, shows: nft list table inet conclave")

    @Option(help: ArgumentHelp("The posture, 1 to 5.", valueName: "posture"))
    var posture = 4

    @Flag(help: "Print one JSON object, with the text in \"nft\".")
    var json = false

    @OptionGroup var policy: PolicyOptions

    func validate() throws {
        guard Posture(rawValue: posture) != nil else {
            throw ValidationError("\(posture) is no posture; choose 1 to 5.")
        }
    }

    func run() throws {
        try explaining(json: json) {
            let path = policy.policy
            let parsed = try PolicyFile.parse(try PolicyFile.text(path), name: path)
            let text = PolicyFile.ruleset(parsed, Posture(rawValue: posture) ?? .normal).nftText
            if json {
                Screen.show(["ok": true, "answer": "show", "posture": .int(posture), "nft": .string(text)])
            } else {
                Screen.write(text)
            }
        }
    }
}

/// `conclave-firewall init`
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Writes a policy to begin with, if there is none.",
        discussion: """
            Everything is allowed but the ports 23, 135, 139, 445 and 3389; 100 new connections per 10 s and source; known attackers \
            (Feodo Tracker, Spamhaus DROP) are blocked.
            """)

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var policy: PolicyOptions

    func run() throws {
        try explaining(json: json) {
            let path = policy.policy
            guard access(path, F_OK) != 0 else {
                throw ControlFailure(
                    .runtime, "\(path) is there already and stays as it is. See it checked: conclave-firewall check")
            }
            if let slash = path.lastIndex(of: "/"), slash != path.startIndex { mkdir(String(path[..<slash]), 0o755) }
            try WholeFile.write(Policy.standard.json, to: path, mode: 0o644)
            Screen.show(
                .done("\(path) is written. Look at it, then: sudo systemctl restart conclave-firewall"), json: json)
        }
    }
}

/// `conclave-firewall completions`
struct CompletionsCommand: ParsableCommand {
    enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Prints what makes a shell complete commands and options.",
        discussion: """
            bash: conclave-firewall completions bash | sudo tee /usr/share/bash-completion/completions/conclave-firewall
            zsh: conclave-firewall completions zsh | sudo tee /usr/share/zsh/site-functions/_conclave-firewall
            fish: conclave-firewall completions fish > ~/.config/fish/completions/conclave-firewall.fish
            """)

    @Argument(help: "The shell.")
    var shell: Shell

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Screen.write(ConclaveFirewall.completionScript(for: kind) + "\n")
    }
}
