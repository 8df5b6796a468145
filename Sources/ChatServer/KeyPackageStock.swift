import ChatWire
import NIOCore
import TLSSyntax

/// The key packages of one device, each to be given away once, and one of last resort, which is given away when no other is left.
struct KeyPackageStock: Sendable {
    struct Package: Sendable {
        var bytes: ByteBuffer
        var digest: Digest
        /// Seconds since 1970 after which nobody may use it.
        var notAfter: UInt64
        /// By which it is stored; the stock gives it.
        var number: UInt64 = 0
    }

    private var packages: [Package] = []
    private var lastResort: Package?
    /// Those that were given away: what is published again must not be given away again.
    private var spent: [(number: UInt64, digest: Digest)] = []
    private var nextNumber: UInt64 = 0

    /// Which numbers have changed and are to be stored.
    private(set) var changed: [UInt64] = []
    private(set) var isLastResortChanged = false

    private static let spentCount = 1_024

    var count: Int { packages.count }
    var hasLastResort: Bool { lastResort != nil }

    /// Adds packages, except those that it has or had. With a new one of last resort the stock begins anew: the device that shows one
    /// has not the keys of those before, or does not want them used any more.
    /// - Parameter limit: how many it may hold.
    /// - Returns: `false` if they are too many; it stays as it was.
    mutating func add(_ new: [Package], lastResort: Package?, limit: Int) -> Bool {
        let kept = lastResort == nil ? packages : []
        var known = Set(kept.map(\.digest)).union(spent.lazy.map(\.digest))
        let fresh = new.filter { known.insert($0.digest).inserted }
        guard kept.count + fresh.count <= limit else { return false }
        changed += packages.dropFirst(kept.count).map(\.number)
        packages = kept
        for var package in fresh {
            package.number = nextNumber
            changed.append(nextNumber)
            nextNumber += 1
            packages.append(package)
        }
        if let lastResort {
            self.lastResort = lastResort
            isLastResortChanged = true
        }
        return true
    }

    /// Drops what nobody may use any more.
    mutating func dropExpired(now: UInt64) {
        changed += packages.lazy.filter { $0.notAfter < now }.map(\.number)
        packages.removeAll { $0.notAfter < now }
        if let end = lastResort?.notAfter, end < now {
            lastResort = nil
            isLastResortChanged = true
        }
    }

    /// The one that would be given away.
    var next: ByteBuffer? { packages.first?.bytes ?? lastResort?.bytes }

    /// Gives away the next one.
    mutating func take() -> ByteBuffer? {
        guard !packages.isEmpty else { return lastResort?.bytes }
        let package = packages.removeFirst()
        spent.append((package.number, package.digest))
        changed.append(package.number)
        if spent.count > Self.spentCount {
            let excess = spent.count - Self.spentCount
            changed += spent.prefix(excess).map(\.number)
            spent.removeFirst(excess)
        }
        return package.bytes
    }

    /// All of it, those that were given away too.
    mutating func removeAll() {
        changed += packages.map(\.number) + spent.map(\.number)
        isLastResortChanged = true
        packages = []
        spent = []
        lastResort = nil
    }

    // MARK: Storing

    /// Which numbers have changed since the last time, and whether the one of last resort has.
    mutating func takeChanges() -> (numbers: [UInt64], lastResort: Bool) {
        defer { (changed, isLastResortChanged) = ([], false) }
        return (changed, isLastResortChanged)
    }

    /// What is to be stored by a number; `nil` if nothing is.
    func value(of number: UInt64) -> ByteBuffer? {
        if let package = packages.first(where: { $0.number == number }) { return Self.value(of: package) }
        return spent.first { $0.number == number }.map { spent in
            StoreRecord.value {
                $0.write(2 as UInt8)
                spent.digest.write(to: &$0)
            }
        }
    }

    var lastResortValue: ByteBuffer? { lastResort.map(Self.value) }

    private static func value(of package: Package) -> ByteBuffer {
        StoreRecord.value {
            $0.write(1 as UInt8)
            $0.write(package.notAfter)
            $0.writeImmutableBuffer(package.bytes)
        }
    }

    /// By ascending numbers.
    mutating func restore(_ number: UInt64, from value: ByteBuffer) throws(RecoveryError) {
        guard number < .max else { throw RecoveryError("a key package has a number that none can have") }
        nextNumber = number + 1
        var value = value
        if value.getInteger(at: value.readerIndex, as: UInt8.self) == 2 {
            let digest = try StoreRecord.read(value, "a spent key package") { (reader) throws(SyntaxError) in
                _ = try reader.uint8()
                return try Digest(from: &reader)
            }
            spent.append((number, digest))
        } else {
            packages.append(try Self.package(number, from: &value))
        }
    }

    mutating func restoreLastResort(from value: ByteBuffer) throws(RecoveryError) {
        var value = value
        lastResort = try Self.package(0, from: &value)
    }

    private static func package(_ number: UInt64, from value: inout ByteBuffer) throws(RecoveryError) -> Package {
        guard value.readInteger(as: UInt8.self) == 1, let notAfter = value.readInteger(as: UInt64.self),
            value.readableBytes > 0
        else { throw RecoveryError("a key package is damaged") }
        let bytes = ByteBuffer(bytes: value.readableBytesView)
        return Package(bytes: bytes, digest: Digest(of: bytes), notAfter: notAfter, number: number)
    }
}
