import ChatWire
import NIOCore
import TLSSyntax

/// Which entries of a log carry the payloads that are too large for one.
struct BlobPlaces: Sendable {
    private struct Blob {
        var size: Int
        /// In order.
        var entries: [UInt64]
    }

    private var blobs: [Digest: Blob] = [:]

    /// What it takes in memory, about.
    var memory: Int { blobs.count * 96 }

    /// - Returns: whether it is new.
    mutating func note(_ hash: Digest, size: Int, in entry: UInt64) -> Bool {
        let isNew = blobs[hash] == nil
        blobs[hash, default: Blob(size: size, entries: [])].entries.append(entry)
        return isNew
    }

    func isCarried(_ hash: Digest, in readable: ClosedRange<UInt64>) -> Bool {
        blobs[hash]?.entries.contains(where: readable.contains) ?? false
    }

    /// Entries before `first` are gone.
    /// - Returns: the payloads that they carried, each with the bytes that nobody needs any more.
    mutating func drop(before first: UInt64) -> [(hash: Digest, freed: Int)] {
        var changed: [(Digest, Int)] = []
        for (hash, blob) in blobs where blob.entries.first.map({ $0 < first }) ?? true {
            let rest = blob.entries.filter { $0 >= first }
            blobs[hash] = rest.isEmpty ? nil : Blob(size: blob.size, entries: rest)
            changed.append((hash, rest.isEmpty ? blob.size : 0))
        }
        return changed
    }

    // MARK: Storing

    func value(of hash: Digest) -> ByteBuffer? {
        blobs[hash].map { blob in
            StoreRecord.value {
                $0.write(UInt64(blob.size))
                for entry in blob.entries { $0.write(entry) }
            }
        }
    }

    /// - Returns: the payload's bytes.
    mutating func restore(_ hash: Digest, from value: ByteBuffer, _ what: String) throws(RecoveryError) -> Int {
        let (size, entries) = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
            let size = try reader.uint64()
            var entries: [UInt64] = []
            while !reader.isAtEnd { entries.append(try reader.uint64()) }
            return (size, entries)
        }
        guard size <= BlobRef.maximumSize, !entries.isEmpty, zip(entries, entries.dropFirst()).allSatisfy(<) else {
            throw RecoveryError("\(what) has no places")
        }
        blobs[hash] = Blob(size: Int(size), entries: entries)
        return Int(size)
    }

    func isWithin(_ kept: ClosedRange<UInt64>) -> Bool {
        blobs.values.allSatisfy { $0.entries.allSatisfy(kept.contains) }
    }
}
