import CPcap
import Glibc

/// Root's rights, which a program that reads strangers' packets must not keep.
public enum Privileges {
    /// Becomes another user for good, and gives up every capability.
    ///
    /// Root becomes `user`, or else the user who called sudo, or else nobody; everybody else stays who they are. `root` stays root
    /// without root's rights: it can do in root's own files what any owner can. To be called before there are threads.
    /// - Parameter changesUser: otherwise root stays root without its rights, unless `user` says who to become.
    /// - Returns: who the program is now.
    /// - Throws: ``CaptureError/failed(_:)`` if that cannot be done: then the program must end.
    @discardableResult
    public static func drop(to user: String? = nil, changesUser: Bool = true) throws(CaptureError) -> String {
        guard conclave_no_new_privileges() == 0 else { throw .failed("privileges cannot be given up") }
        conclave_hide_memory()
        conclave_empty_bounding_set()
        let target = try target(user)
        if geteuid() == 0, changesUser || user != nil, target.user != 0 {
            guard setgroups(0, nil) == 0, setregid(target.group, target.group) == 0,
                setreuid(target.user, target.user) == 0
            else { throw .failed("root's rights cannot be given up: \(String(cString: strerror(errno)))") }
        } else if user != nil, target.user != geteuid() {
            throw .badSetting("only root can become \(target.name): leave -Z out, or use sudo")
        }
        guard conclave_drop_capabilities() == 0 else { throw .failed("capabilities cannot be given up") }
        // The way back must be shut.
        guard geteuid() == 0 || setuid(0) != 0 else { throw .failed("root's rights cannot be given up") }
        return geteuid() == target.user ? target.name : "user \(geteuid())"
    }

    /// Gives a file that root made to the user whom the program will become.
    public static func handOver(_ descriptor: Int32, to user: String? = nil) {
        guard geteuid() == 0, user != nil || identifier("SUDO_UID") != nil, let target = try? target(user) else {
            return
        }
        _ = fchown(descriptor, target.user, target.group)
    }

    private static func target(_ user: String?) throws(CaptureError) -> (user: uid_t, group: gid_t, name: String) {
        if let user {
            guard let entry = getpwnam(user)?.pointee else { throw .badSetting("there is no user \(user), for -Z") }
            return (entry.pw_uid, entry.pw_gid, user)
        }
        if geteuid() != 0 { return (geteuid(), getegid(), "user \(geteuid())") }
        guard let caller = identifier("SUDO_UID") else { return (65_534, 65_534, "nobody") }
        return (caller, identifier("SUDO_GID") ?? 65_534, "user \(caller)")
    }

    private static func identifier(_ variable: String) -> UInt32? {
        guard let text = getenv(variable), let number = UInt32(String(cString: text)), number != 0 else { return nil }
        return number
    }
}
