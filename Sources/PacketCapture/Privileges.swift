import CPcap
import Glibc

/// Root's rights, which a program that reads strangers' packets must not keep.
public enum Privileges {
    /// Becomes the user who called sudo, or else nobody, for good. Without root's rights it only gives up gaining any.
    /// - Throws: ``CaptureError/failed(_:)`` if that cannot be done: then the program must end.
    public static func drop() throws(CaptureError) {
        guard conclave_no_new_privileges() == 0 else { throw .failed("privileges cannot be given up") }
        guard geteuid() == 0 else { return }
        let user = identifier("SUDO_UID") ?? 65_534
        let group = identifier("SUDO_GID") ?? 65_534
        guard setgroups(0, nil) == 0, setregid(group, group) == 0, setreuid(user, user) == 0,
            // The way back must be shut.
            setuid(0) != 0
        else { throw .failed("root's rights cannot be given up") }
    }

    /// Gives a file that root made to the user who called sudo.
    static func handOver(_ descriptor: Int32) {
        guard geteuid() == 0, let user = identifier("SUDO_UID"), let group = identifier("SUDO_GID") else { return }
        _ = fchown(descriptor, user, group)
    }

    private static func identifier(_ variable: String) -> UInt32? {
        guard let text = getenv(variable), let number = UInt32(String(cString: text)), number != 0 else { return nil }
        return number
    }
}
