import ArgumentParser
import Firewall
import Glibc
import Settings

/// Where the policy and the lists are.
struct PlaceOptions: ParsableArguments {
    @Option(help: "The firewall's policy, which names the feeds.")
    var policy = "/etc/conclave-firewall/policy.json"

    @Option(help: "The folder in which the lists lie.")
    var cache = "/var/lib/conclave-firewall/feeds"

    /// - Throws: ``ProgramError`` that names file, line and field.
    func readPolicy() throws -> Policy {
        let bytes = try Files.read(policy, most: 8 << 20)
        do {
            return try Policy(parsing: bytes, name: policy)
        } catch {
            throw ProgramError.configuration("\(error)")
        }
    }
}

/// How lists are fetched.
struct FetchOptions: ParsableArguments {
    @Option(name: .customLong("max-mib"), help: "The most mebibytes that a list may have, 1 to 64.")
    var maxMiB = 4

    @Option(help: "The most seconds that one fetch may take, 1 to 3600.")
    var timeout = 120

    func validate() throws {
        guard (1...FeedLimits.largest >> 20).contains(maxMiB) else {
            throw ValidationError("--max-mib is a number from 1 to \(FeedLimits.largest >> 20).")
        }
        guard (1...3_600).contains(timeout) else { throw ValidationError("--timeout is a number from 1 to 3600.") }
    }

    /// Also makes the environment safe: to be called before anything is fetched.
    func prepare() -> Fetcher {
        FetchEnvironment.prepare()
        return Fetcher(limits: FeedLimits(bytes: maxMiB << 20), seconds: timeout)
    }
}

/// What of the environment a library would obey.
enum FetchEnvironment {
    static func prepare() {
        // Some builds of FoundationNetworking take certificates from here, and one value switches checking off.
        unsetenv("URLSessionCertificateAuthorityInfoFile")
        // A proxy may carry what is encrypted from end to end; what is not is for this machine alone.
        let all = value("all_proxy") ?? value("ALL_PROXY")
        if let all, value("https_proxy") == nil, value("HTTPS_PROXY") == nil { setenv("https_proxy", all, 1) }
        for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] { unsetenv(name) }
    }

    private static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
