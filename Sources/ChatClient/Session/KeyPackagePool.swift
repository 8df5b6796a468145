import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore

/// The key packages by which others can add this device, with their private keys.
struct KeyPackagePool {
    /// References of those in the store, with the end of their lifetime in seconds since 1970.
    private var ends: [[UInt8]: UInt64] = [:]
    private(set) var hasLastResort = false

    /// Seconds for which a package may be used.
    static let lifetime: UInt64 = 60 * 86_400

    init(store: any RecordStore) throws(StoreError) {
        let records = try store.records(in: .keyPackages)
        for record in records {
            guard let secrets = try? KeyPackageSecrets(restoring: record.value) else {
                throw .damaged("the keys of a key package")
            }
            let package = secrets.keyPackage
            if package.extensions[.lastResort] != nil { hasLastResort = true }
            if case .keyPackage(let lifetime) = package.leafNode.source { ends[record.key] = lifetime.notAfter }
        }
    }

    /// Makes a package.
    mutating func make(
        for suite: MLSCipherSuite, client: MLSClient, isLastResort: Bool, writes: inout [RecordWrite]
    ) throws(MLSError) -> KeyPackage {
        let secrets = try client.makeKeyPackage(for: suite, lifetime: Self.lifetime, isLastResort: isLastResort)
        let package = secrets.keyPackage
        let reference = try secrets.reference.bytes
        writes.append(RecordWrite(.keyPackages, reference, secrets.snapshot))
        ends[reference] = client.clock() + Self.lifetime
        if isLastResort { hasLastResort = true }
        return package
    }

    /// Forgets those that nobody can use any more: a week after their end, for clocks that are slow.
    mutating func purge(now: UInt64) -> [RecordWrite] {
        let dead = ends.filter { $0.value + 7 * 86_400 < now }.map(\.key)
        for reference in dead { ends[reference] = nil }
        return dead.map { RecordWrite(.keyPackages, $0, nil) }
    }
}
