import CPcap
import Glibc

/// What the program is kept from doing once everything it needs is open: parsers read what strangers wrote.
///
/// After ``Privileges/drop(to:changesUser:)``; the kernel's seccomp and Landlock do it where they are there.
public struct Lockdown: Sendable {
    /// System calls that are not needed fail.
    public let hasSeccomp: Bool
    /// Landlock's version; `nil` where it is not there.
    public let landlock: Int?
    /// In one line.
    public let summary: String

    /// What must go on.
    public struct Needs: Sendable {
        /// Folders in which files will still be made.
        public var writableFolders: [String] = []
        /// Interfaces whose counts of lost packets are read.
        public var interfaces: [String] = []
        /// Descriptors that packets could be sent through.
        public var captureDescriptors: [Int32] = []

        public init(writableFolders: [String] = [], interfaces: [String] = [], captureDescriptors: [Int32] = []) {
            self.writableFolders = writableFolders
            self.interfaces = interfaces
            self.captureDescriptors = captureDescriptors
        }
    }

    /// Shuts everything else off, for good. To be called before there are threads.
    /// - Parameter user: who the program is now, for the summary.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)`` for a folder that is not there.
    public static func enter(_ needs: Needs = Needs(), as user: String) throws(CaptureError) -> Lockdown {
        // Later the time zone could not be read.
        tzset()
        var readable: [Int32] = [], writable: [Int32] = []
        defer { for descriptor in readable + writable { close(descriptor) } }
        for interface in needs.interfaces {
            // libpcap reads there what the interface lost.
            let folder = conclave_open_place("/sys/class/net/\(interface)/statistics")
            if folder >= 0 { readable.append(folder) }
        }
        for path in needs.writableFolders {
            let folder = conclave_open_place(path)
            guard folder >= 0 else { throw .cannotWrite(file: path, reason: String(cString: strerror(errno))) }
            writable.append(folder)
        }
        let landlock = conclave_forbid_files(readable, Int32(readable.count), writable, Int32(writable.count))
        let seccomp = conclave_forbid_calls(
            needs.captureDescriptors, Int32(needs.captureDescriptors.count), writable.isEmpty ? 0 : 1)
        return Lockdown(
            user: user, seccomp: seccomp, landlock: landlock, writableFolders: needs.writableFolders)
    }

    private init(user: String, seccomp: Int32, landlock: Int32, writableFolders: [String]) {
        hasSeccomp = seccomp == 0
        self.landlock = landlock > 0 ? Int(landlock) : nil
        let calls = seccomp == 0 ? "system calls limited (seccomp)" : "no seccomp (\(Self.reason(seccomp)))"
        let allowed = writableFolders.isEmpty ? "no files" : "files only in \(writableFolders.joined(separator: ", "))"
        let files = landlock > 0 ? "\(allowed) (Landlock \(landlock))" : "no Landlock (\(Self.reason(-landlock)))"
        summary = "locked down: \(user), no capabilities, \(calls), \(files)"
    }

    private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
