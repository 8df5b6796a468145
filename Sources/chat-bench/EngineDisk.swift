import Chat
import ChatServer
import ChatWire
import NIOCore

/// What a shard stores and reads again while it runs, in memory.
struct EngineDisk {
    private var entries: [UInt32: [UInt64: ByteBuffer]] = [:]
    private var blobs: [[UInt8]: ByteBuffer] = [:]

    mutating func carryOut(_ writes: [StoreWrite]) {
        for write in writes {
            switch write {
            case .append(let room, let sequence, let value): entries[room, default: [:]][sequence] = value
            case .put(.blobs, let key, let value): blobs[key] = value
            default: break
            }
        }
    }

    func find(_ load: StoreLoad) -> StoreLoaded {
        switch load {
        case .blob(let room, let hash): return .blob(blobs[room.bytes + hash.bytes])
        case .entries(let room, let range, let limit):
            var found: [ByteBuffer] = []
            var size = 0
            for sequence in range {
                guard let value = entries[room]?[sequence], found.isEmpty || size + value.readableBytes <= limit else {
                    break
                }
                size += value.readableBytes
                found.append(value)
            }
            return .entries(found)
        case .links: return .failed("what a device has sent is never forgotten here")
        }
    }
}
