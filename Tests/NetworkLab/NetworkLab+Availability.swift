import Glibc

extension NetworkLab {
    /// Whether tests can make networks here: CAP_SYS_ADMIN and CAP_NET_ADMIN (root, or `unshare -Urnm` with its own /run), `ip`, and nf_tables.
    package static let isAvailable: Bool = missing == nil

    /// Whether tests that need a network run: where one can be made, and with `CI=true` in any case.
    package static let isUsable: Bool = isAvailable || getenv("CI").map { String(cString: $0) } == "true"

    /// Why tests were skipped, for a test's `.enabled(if: NetworkLab.isUsable, …)`.
    package static let reason: String =
        "no network namespaces here: \(missing ?? "nothing is missing"); run as root, after scripts/packages test"

    private static let missing: String? = {
        guard (try? Command.run(["ip", "-V"]))?.status == 0 else { return "the program ip is missing" }
        // A thread of its own stays in the empty namespace and ends there.
        let thread = LabThread<String?>.start {
            guard Namespace.unshare(Namespace.newNetwork) == 0 else { return "no right to make them" }
            return hasTables() ? nil : "the kernel has no nf_tables"
        }
        return thread.map { $0.wait() } ?? "there is no thread left"
    }()

    /// Asks nf_tables for its generation in the present namespace.
    private static func hasTables() -> Bool {
        // NETLINK_NETFILTER (12), NFNL_SUBSYS_NFTABLES (10), NFT_MSG_NEWGEN and NFT_MSG_GETGEN (15, 16): linux/netlink.h and
        // linux/netfilter/nf_tables.h, whose other declarations would clash with those of netinet/in.h here.
        let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 12)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // nlmsghdr: length, type (message and subsystem), flags (a request), sequence, port; nfgenmsg: family, version, resource.
        let request: [UInt8] = [20, 0, 0, 0, 16, 10, 1, 0] + [UInt8](repeating: 0, count: 12)
        guard send(descriptor, request, request.count, 0) == request.count else { return false }
        var answer = [UInt8](repeating: 0, count: 256)
        guard recv(descriptor, &answer, answer.count, 0) >= 20 else { return false }
        // An error would be of type NLMSG_ERROR (2).
        return answer[4] == 15 && answer[5] == 10
    }
}
