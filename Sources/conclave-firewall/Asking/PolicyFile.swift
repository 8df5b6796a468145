import Firewall
import NFTables
import Settings

/// Policies that a command reads itself.
enum PolicyFile {
    static func text(_ path: String) throws(ProgramError) -> String {
        let bytes = try WholeFile.read(path, limit: PolicyLimits.fileBytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .configuration("\(path) is no UTF-8; save it as UTF-8")
        }
        return text
    }

    static func parse(_ text: String, name: String) throws(PolicyError) -> Policy {
        try Policy(parsing: text.utf8, name: name)
    }

    static func ruleset(_ policy: Policy, _ posture: Posture) -> Ruleset {
        let compiler = RulesetCompiler(policy: policy, posture: posture, generation: 1, now: Screen.now)
        return Ruleset(current: compiler.compile())
    }

    /// What can be said without the daemon.
    static func check(_ policy: Policy, _ connection: SSHConnection?) -> CheckAnswer {
        let facts = HostFactsReader().read(connection)
        let check = LockoutCheck(RulesetEvaluator(ruleset(policy, .normal)), facts: facts, policy: policy)
        let findings = check.findings()
        func words(_ severity: LockoutCheck.Finding.Severity) -> [String] {
            findings.filter { $0.severity == severity }.map { $0.problem + " " + $0.remedy }
        }
        let daemon = "The daemon does not run, so bans and threat lists were not looked at."
        return CheckAnswer(
            refusals: words(.refusal), warnings: words(.notice) + policy.lint.map(\.description) + [daemon])
    }
}
