import Chat
import ChatWire
import NIOCore
import TLSMonitor

/// One connection as it is inside of TLS: two sides that speak in frames.
final class Conversation {
    private let log: InspectionLog
    private var sides: [Side]
    private var blobs: BlobWatch

    private struct Side {
        var stream: FrameStream
        var histogram = ByteHistogram()
        var canaries: CanarySearch
        var handshake = HandshakeWalker()
        var frames = 0
        /// The frames cannot be told apart any more.
        var isLost = false
        var place: InnerPlace?
    }

    init(_ log: InspectionLog, canaries: [Marker]) {
        self.log = log
        blobs = BlobWatch(log)
        sides = [true, false].map { isClient in
            Side(stream: FrameStream(takesPieces: isClient), canaries: CanarySearch(canaries))
        }
    }

    /// Bytes in memory of what is not whole.
    var heldBytes: Int { sides.reduce(blobs.heldBytes) { $0 + $1.stream.heldBytes } }

    private static func index(_ direction: FlowDirection) -> Int { direction == .clientToServer ? 0 : 1 }

    // MARK: Records

    func receive(_ content: [UInt8], type: UInt8, at place: InnerPlace) {
        let index = Self.index(place.direction)
        log.fedBytes += content.count
        sides[index].place = place
        guard type == 23 else {
            receiveTLS(content, type, index, place)
            return
        }
        report(sides[index].canaries.feedStream(content), at: place)
        guard !sides[index].isLost else {
            log.ledger.add(content.count, to: .unaccounted)
            return
        }
        sides[index].stream.feed(content)
        readFrames(index, place)
    }

    /// TLS's own messages under keys, and what is none of them.
    private func receiveTLS(_ content: [UInt8], _ type: UInt8, _ index: Int, _ place: InnerPlace) {
        report(sides[index].canaries.feedBeside(content), at: place)
        let isGood: Bool =
            switch type {
            case 21: content.count == 2
            case 22: sides[index].handshake.walk(content)
            default: false
            }
        log.ledger.add(content.count, to: isGood ? .tls : .unaccounted)
        if !isGood {
            log.find(
                .violation, "a record with \(content.count) bytes of type \(type) that TLS does not send", at: place)
        }
    }

    func miss(_ reason: String, at place: InnerPlace) {
        let index = Self.index(place.direction)
        sides[index].canaries.cut()
        blobs.isWhole = false
        guard !sides[index].isLost else { return }
        lose(index)
        log.find(.doubt, "what \(place.direction.sender) says cannot be judged from here on: \(reason)", at: place)
    }

    private func lose(_ index: Int) {
        sides[index].isLost = true
        log.ledger.add(sides[index].stream.giveUp(), to: .unaccounted)
    }

    /// Everything that waits is too much together.
    func giveUp(at place: InnerPlace) {
        for index in sides.indices { lose(index) }
        blobs.giveUp()
        log.find(
            .doubt, "more waits to become whole than is kept: this connection is not judged any further", at: place)
    }

    // MARK: Frames

    private func readFrames(_ index: Int, _ place: InnerPlace) {
        do {
            while let item = try sides[index].stream.next() {
                sides[index].frames += 1
                log.frames[index] += 1
                take(item, index, place)
            }
        } catch {
            lose(index)
            let number = sides[index].frames + 1
            log.find(
                .violation,
                "what \(place.direction.sender) says is no Conclave frame, from its frame \(number) on", at: place)
        }
    }

    private func take(_ item: FrameStream.Item, _ index: Int, _ place: InnerPlace) {
        report(sides[index].canaries.feedBody(item.frame.body, isWhole: item.wasLong), at: place)
        let number = sides[index].frames
        func refuse(_ name: String, _ words: String) {
            log.find(
                .violation, "frame \(number) of \(place.direction.sender) (\(name), \(item.byteCount) bytes): \(words)",
                at: place)
        }
        do {
            if index == 0 {
                let frame = try ClientFrame(item.frame)
                guard item.frame.isCanonical(frame) else {
                    log.ledger.add(item.byteCount, to: .unaccounted)
                    return refuse("\(frame.type)", "it holds bytes that mean nothing")
                }
                account(for: FrameParts(frame), item.byteCount, index, place) { refuse("\(frame.type)", $0) }
                if case .fetch(let request, let room, let hash, let offset) = frame {
                    settle(blobs.ask(request, BlobWatch.Want(room: room, hash: hash, offset: Int(offset))), place)
                }
            } else {
                let frame = try ServerFrame(item.frame)
                guard item.frame.isCanonical(frame) else {
                    log.ledger.add(item.byteCount, to: .unaccounted)
                    return refuse("\(frame.type)", "it holds bytes that mean nothing")
                }
                var byteCount = item.byteCount
                if case .part(_, _, let bytes) = frame { byteCount -= bytes.readableBytes }
                account(for: FrameParts(frame), byteCount, index, place) { refuse("\(frame.type)", $0) }
                switch frame {
                case .part(let request, let total, let bytes):
                    let part = BlobWatch.Part(total: Int(total), bytes: Array(bytes.readableBytesView))
                    settle(blobs.answer(request, part), place)
                case .failed(let request, _): blobs.forget(request)
                default: break
                }
            }
        } catch {
            log.ledger.add(item.byteCount, to: .unaccounted)
            refuse("type \(item.frame.type)", "it is not what its type says, or there is no such type")
        }
    }

    /// Puts every byte of a frame into the ledger.
    private func account(
        for parts: FrameParts, _ byteCount: Int, _ index: Int, _ place: InnerPlace, refuse: (String) -> Void
    ) {
        var rest = byteCount
        func put(_ count: Int, _ kind: InnerClass) {
            log.ledger.add(count, to: kind)
            rest -= count
        }
        put(parts.names, .names)
        put(parts.rooms, .rooms)
        put(parts.words, .words)
        for payload in parts.payloads {
            let bytes = Array(payload.bytes.readableBytesView)
            let kind = judge(bytes, payload.role, payload.place, index, refuse: refuse)
            if payload.role == .policy, kind == .framing {
                // A version, an admission and a length; then the auditor's name.
                put(bytes.count - min(3, bytes.count), .names)
            } else {
                put(bytes.count, kind)
            }
        }
        if !parts.references.allSatisfy(SuiteSizes.hashes.contains) {
            refuse("a reference to a key package that is no hash")
        }
        for announcement in parts.announcements { log.announce(announcement) }
        if rest < 0 { refuse("its parts are longer than itself (an error in this program)") }
        log.ledger.add(rest, to: .framing)
    }

    /// - Returns: the class of a payload's bytes.
    private func judge(
        _ bytes: [UInt8], _ role: PayloadRole, _ place: PayloadPlace, _ index: Int, refuse: (String) -> Void
    ) -> InnerClass {
        do throws(PayloadRefusal) {
            let judged = try PayloadAudit(role: role, place: place).judge(bytes)
            for ciphertext in judged.ciphertexts {
                sides[index].histogram.add(ciphertext)
                guard sides[index].histogram.isText(ciphertext) else { continue }
                refuse("what should be ciphertext in \(role.words) is text")
                return .unaccounted
            }
            log.count(judged.kind)
            if !judged.isPadded { log.unpadded += 1 }
            return judged.kind
        } catch {
            refuse("where \(role.words) belongs is something else: \(error.words)")
            return .unaccounted
        }
    }

    // MARK: Blobs

    private func settle(_ outcome: BlobWatch.Outcome, _ place: InnerPlace) {
        switch outcome {
        case .nothing: break
        case .violation(let words, let streamBytes):
            log.ledger.add(streamBytes, to: .unaccounted)
            log.find(.violation, words, at: place)
        case .doubt(let words, let streamBytes):
            log.ledger.add(streamBytes, to: .unaccounted)
            log.find(.doubt, words, at: place)
        case .whole(let bytes, let hash, let room, let streamBytes):
            report(sides[1].canaries.feedWhole(bytes), at: place)
            let announcement = log.announcement(of: hash)
            var isRefused = false
            let kind = judge(
                bytes, announcement?.role ?? .large, PayloadPlace(room: announcement?.room ?? room), 1
            ) { words in
                isRefused = true
                log.find(.violation, "something large of \(bytes.count) bytes that was fetched: \(words)", at: place)
            }
            if !isRefused { log.blobs += 1 }
            log.ledger.add(streamBytes, to: kind)
        }
    }

    // MARK: Canaries

    private func report(_ hits: [CanarySearch.Hit], at place: InnerPlace) {
        for hit in hits {
            log.canaryHits += 1
            log.find(
                .violation, "the canary \"\(hit.text)\" can be read inside of TLS (\(hit.encoding), \(hit.manner))",
                at: place)
        }
    }

    // MARK: The end

    func close() {
        if sides.contains(where: { $0.frames > 0 }) { log.spoken += 1 }
        for index in sides.indices {
            guard let place = sides[index].place else { continue }
            let sender = place.direction.sender
            if !sides[index].isLost, sides[index].stream.openBytes > 0 {
                log.find(
                    .doubt,
                    "what \(sender) says ends within a frame: its last \(sides[index].stream.openBytes) bytes are not judged",
                    at: place)
            }
            log.ledger.add(sides[index].stream.giveUp(), to: .unaccounted)
            if sides[index].histogram.hasShortTexts {
                log.find(.violation, "too many short ciphertexts of \(sender) may be text", at: place)
            }
            if let deviation = sides[index].histogram.deviation, deviation > ByteHistogram.suspicious {
                log.find(
                    .violation, "what \(sender) sends as ciphertext of MLS is not evenly spread: it may be text",
                    at: place)
            }
        }
        for outcome in blobs.close() {
            guard let place = sides[1].place else { continue }
            settle(outcome, place)
        }
    }
}
