internal import Glibc

/// Why the kernel's tables could not be read or changed. A change that fails has changed nothing.
package enum NFTablesError: Error, Hashable {
    // MARK: The machine

    /// CAP_NET_ADMIN is missing.
    case noRight
    /// The kernel has no nf_tables.
    case noKernelSupport
    case system(call: String, code: Int32)
    /// The kernel had more to tell than there was room for: what is known is out of date.
    case overrun
    /// A transaction beyond what a socket may send at once.
    case tooLarge(bytes: Int)
    /// The kernel's answer is not what its headers say.
    case malformedReply(String)

    // MARK: What was asked

    /// The kernel refuses an operation, and so the transaction. `index` counts from 0; `operation` says it in words; `words` are the kernel's own, often empty.
    case refused(index: Int, operation: String, code: Int32, words: String)
    /// The table is protected (`NFT_TABLE_F_OWNER`), and another socket that is still open made it. Once that is closed anybody may change the table, and
    /// ``KernelOperation/addTable(isProtected:)`` with `true` takes it over.
    case foreignOwner
    /// Someone else changed something since the generation that was expected.
    case changedMeanwhile
    /// An operation that cannot be told to the kernel.
    case notExpressible(operation: String, why: String)

    /// The kernel's error number of an operation it refused; `nil` for the rest.
    package var code: Int32? {
        switch self {
        case .refused(_, _, let code, _), .system(_, let code): code
        case .noRight, .foreignOwner: EPERM
        default: nil
        }
    }
}

extension NFTablesError: CustomStringConvertible {
    /// What happened, and what to do.
    package var description: String {
        switch self {
        case .noRight:
            "The kernel's packet filter may not be changed or watched by this process: it needs CAP_NET_ADMIN. Run it as root, or by its systemd unit."
        case .noKernelSupport:
            "This kernel has no nf_tables. Load the module (modprobe nf_tables), or use a kernel of 5.10 or later that has it."
        case .system(let call, let code): "\(call) failed: \(Self.text(code))."
        case .overrun: "The kernel told more of its tables than was read in time. Read them again."
        case .tooLarge(let bytes):
            "A change of \(bytes) bytes is more than a socket may send (net.core.wmem_max). Run with CAP_NET_ADMIN in the first user namespace, or raise it."
        case .malformedReply(let what): "The kernel answered what is not understood: \(what)."
        case .refused(let index, let operation, let code, let words):
            "The kernel refused change \(index + 1), \(operation): \(Self.reason(code))\(words.isEmpty ? "" : " (kernel: \(words))"). Nothing was changed."
        case .foreignOwner:
            "The table is protected and belongs to another process that still runs; only that may change it. Stop the other conclave-firewall, or ask it."
        case .changedMeanwhile:
            "Another program changed the packet filter at the same time. Read it again, and try again."
        case .notExpressible(let operation, let why): "Cannot \(operation): \(why)."
        }
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "what it names is not there"
        case EEXIST: "it is there already, and is different"
        case EBUSY: "it is still in use"
        case EOPNOTSUPP: "this kernel cannot do it; a newer one may"
        case ENFILE: "the set is full"
        case ENOMEM: "the kernel has no memory left"
        case EINVAL: "the kernel does not take it so"
        case ENAMETOOLONG: "a name is too long"
        case EMLINK: "too many jumps from chain to chain"
        case ELOOP: "chains jump in a circle"
        default: text(code)
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
