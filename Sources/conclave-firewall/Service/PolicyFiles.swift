import Firewall
import Glibc
import Settings

/// The rules file, which people edit, and our copy of what was last confirmed. At a start the copy counts: a file that nobody has tried cannot lock anybody out.
enum PolicyFiles {
    struct Loaded {
        var policy: Policy
        /// Whether the copy says the same.
        var isKept: Bool
        var warning: String?
    }

    static func load(_ options: ServiceOptions) throws(ProgramError) -> Loaded {
        let kept = try? parse(options.lastPolicyPath)
        // The end of a confirmation that was cut off.
        if let kept, (try? parse(WholeFile.unfinished(options.policyPath))) == kept {
            do throws(ProgramError) {
                try WholeFile.finish(options.policyPath, keepsOld: true)
            } catch {
                ServiceLog.error("\(error)")
            }
        }
        let file: Policy
        do {
            file = try parse(options.policyPath)
        } catch {
            guard let kept else { throw error }
            let warning = "The policy last confirmed is in force, as the rules file cannot be used: \(error)"
            ServiceLog.error(warning)
            return Loaded(policy: kept, isKept: true, warning: warning)
        }
        guard let kept, kept != file else { return Loaded(policy: file, isKept: kept != nil) }
        let warning = "\(options.policyPath) was changed and is not in force; conclave-firewall apply tries it"
        ServiceLog.warning(warning)
        return Loaded(policy: kept, isKept: true, warning: warning)
    }

    static func parse(_ path: String) throws(ProgramError) -> Policy {
        let bytes = try WholeFile.read(path, limit: PolicyLimits.fileBytes)
        do throws(PolicyError) {
            return try Policy(parsing: bytes, name: path)
        } catch {
            throw .configuration("\(error)")
        }
    }

    /// Writes what is confirmed.
    /// - Parameter text: of the rules file; `nil`: it is right already.
    static func write(_ policy: Policy, text: String?, _ options: ServiceOptions) throws(ProgramError) {
        guard let text else { return try keep(policy, options) }
        try WholeFile.prepare(text, for: options.policyPath, mode: 0o644)
        do throws(ProgramError) {
            try keep(policy, options)
        } catch {
            // Nobody takes it for the end of a confirmation later.
            unlink(WholeFile.unfinished(options.policyPath))
            throw error
        }
        try WholeFile.finish(options.policyPath, keepsOld: true)
    }

    static func keep(_ policy: Policy, _ options: ServiceOptions) throws(ProgramError) {
        try WholeFile.write(policy.json, to: options.lastPolicyPath, mode: 0o600)
    }
}
