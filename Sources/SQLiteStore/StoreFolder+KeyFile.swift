import ChatClient
import Crypto
import Glibc

extension StoreFolder {
    /// - Throws: ``StoreError/damaged(_:)``, ``StoreError/newerSchema(found:known:)``, ``StoreError/unavailable(_:)``.
    func readKey() throws(StoreError) -> LockedMasterKey {
        try Self.readKey(in: path)
    }

    static func readKey(in folder: String) throws(StoreError) -> LockedMasterKey {
        let path = folder + "/store.key"
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .system("\(path) cannot be read") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: LockedMasterKey.lengthLimit + 1)
        defer {
            bytes.withUnsafeMutableBytes { buffer in
                if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
            }
        }
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress?.advanced(by: count), $0.count - count) }
            guard got >= 0 else {
                if errno == EINTR { continue }
                throw .system("\(path) cannot be read")
            }
            guard got > 0 else { break }
            count += got
        }
        guard count <= LockedMasterKey.lengthLimit else { throw .damaged("the key file \(path) is damaged") }
        let content = bytes.withUnsafeBytes { SymmetricKey(data: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        return try LockedMasterKey(decoding: content, path: path)
    }

    /// Puts a key file in the place of the old one: a crash leaves the one or the other. The bytes of the old one are overwritten then,
    /// as far as the disk does that.
    func write(_ key: LockedMasterKey) throws(StoreError) {
        let new = keyFile + ".new"
        try removeLeftover(new)
        let file = try Self.make(new)
        defer { close(file) }
        try Self.write(key.encoded, to: file, path: new)
        guard fsync(file) == 0 else { throw .system("\(new) cannot be written") }
        let old = open(keyFile, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        defer { if old >= 0 { close(old) } }
        try rename(new, to: keyFile)
        if old >= 0 { Self.overwrite(old) }
    }

    /// Writes zeros over a file that has lost its name. Nothing depends on it, so a failure is no error.
    private static func overwrite(_ file: Int32) {
        let zeros = [UInt8](repeating: 0, count: LockedMasterKey.lengthLimit)
        let length = min(max(0, lseek(file, 0, SEEK_END)), zeros.count)
        if pwrite(file, zeros, length, 0) == length { fsync(file) }
    }

    private static func write(_ content: SymmetricKey, to file: Int32, path: String) throws(StoreError) {
        let isWhole = content.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let put = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard put > 0 || (put < 0 && errno == EINTR) else { return false }
                rest = rest.dropFirst(max(0, put))
            }
            return true
        }
        guard isWhole else { throw .system("\(path) cannot be written") }
    }
}
