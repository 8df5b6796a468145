import Crypto
import Glibc

/// SHA-256 of a stream. Once it is longer than a moment's work, a thread of its own computes it beside what reads the stream.
///
/// The fields that both sides use are handed over by two semaphores, one slot after the other; so nothing is used at once.
final class StreamDigest {
    private static let slotCount = 4
    private static let slotSize = 1 << 18

    private var hash = SHA256()
    private var seen = 0
    private let lengths = UnsafeMutablePointer<Int>.allocate(capacity: slotCount)
    private let free = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let filled = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private var slots: UnsafeMutableRawBufferPointer?
    private var thread: pthread_t?
    /// Of the next slot to fill.
    private var place = 0
    private var cannotStart = false

    init() {
        sem_init(free, 0, UInt32(Self.slotCount))
        sem_init(filled, 0, 0)
    }

    deinit {
        stop()
        sem_destroy(free)
        sem_destroy(filled)
        free.deallocate()
        filled.deallocate()
        lengths.deallocate()
        slots?.deallocate()
    }

    func add(_ bytes: UnsafeRawBufferPointer) {
        if thread == nil {
            if seen < 1 << 20 || !start() {
                seen += bytes.count
                hash.update(bufferPointer: bytes)
                return
            }
        }
        guard let slots else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, Self.slotSize)
            Self.wait(free)
            UnsafeMutableRawBufferPointer(rebasing: slots[place * Self.slotSize..<place * Self.slotSize + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
            lengths[place] = count
            place = (place + 1) % Self.slotCount
            sem_post(filled)
            rest = rest.dropFirst(count)
        }
    }

    /// In hexadecimal digits, of all that was added.
    func finish() -> String {
        stop()
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private func start() -> Bool {
        guard !cannotStart else { return false }
        slots = .allocate(byteCount: Self.slotCount * Self.slotSize, alignment: 64)
        var started = pthread_t()
        // It ends before this object does: see `stop`.
        let status = pthread_create(
            &started, nil,
            { context in
                if let context { Unmanaged<StreamDigest>.fromOpaque(context).takeUnretainedValue().work() }
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
        guard status == 0 else {
            cannotStart = true
            return false
        }
        thread = started
        return true
    }

    private func work() {
        var place = 0
        while let slots {
            Self.wait(filled)
            let count = lengths[place]
            if count == 0 { return }
            hash.update(
                bufferPointer: UnsafeRawBufferPointer(
                    rebasing: slots[place * Self.slotSize..<place * Self.slotSize + count]))
            sem_post(free)
            place = (place + 1) % Self.slotCount
        }
    }

    private func stop() {
        guard let thread else { return }
        Self.wait(free)
        lengths[place] = 0
        sem_post(filled)
        pthread_join(thread, nil)
        self.thread = nil
        cannotStart = true
    }

    private static func wait(_ semaphore: UnsafeMutablePointer<sem_t>) {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }
}
