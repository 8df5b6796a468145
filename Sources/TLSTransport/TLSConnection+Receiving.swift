import ChatWire
import NIOCore

/// What comes from the peer: decrypted, and handed on frame by frame, as far as the owner wants it.
extension TLSConnection {
    /// Takes what waited, and then `ciphertext`, as far as the owner wants it.
    func read(_ ciphertext: ByteBuffer) {
        if waitingInput.readableBytes > 0 {
            session.input.writeBuffer(&waitingInput)
            waitingInput = ByteBuffer()
        }
        if session.input.readableBytes == 0 {
            session.input = ciphertext
        } else {
            session.input.writeImmutableBuffer(ciphertext)
        }
        readFrames()
        if isPaused, phase == .open { waitingInput = session.input }
        session.input = ByteBuffer()
    }

    /// Decrypts all that arrived and hands on every whole frame.
    private func readFrames() {
        var plaintext = ByteBuffer()
        // A frame that began earlier goes on in its own buffer; otherwise the loop's is borrowed.
        let isBorrowed = partial == nil
        if let begun = partial {
            partial = nil
            plaintext = begun
        } else {
            swap(&plaintext, &loop.plaintext)
        }
        let result = decrypt(into: &plaintext)
        if plaintext.readableBytes > 0, phase == .open {
            if isBorrowed {
                partial = ByteBuffer(bytes: plaintext.readableBytesView)
            } else {
                plaintext.discardReadBytes()
                partial = plaintext
            }
        }
        if isBorrowed {
            plaintext.clear()
            swap(&plaintext, &loop.plaintext)
        }
        switch result {
        case .closed where phase == .open: end(.peer)
        case .failed where phase == .open: end(.tls(failure()))
        case .closed, .failed, .needsInput, .bytes: break
        }
        if phase == .open, session.output.readableBytes > 0 { flushLater() }
    }

    /// Decrypts record after record and delivers frames as they become whole, until input is lacking.
    private func decrypt(into plaintext: inout ByteBuffer) -> TLSSession.ReadResult {
        while true {
            let result = session.read(into: &plaintext)
            if case .bytes = result, plaintext.readableBytes < 65_536 - TLSSession.largestPlaintext { continue }
            deliver(&plaintext)
            guard phase == .open, !isDeaf else { return .needsInput }
            if isPaused {
                // The end of the stream comes after what was not handed on.
                let isOver = result == .failed || result == .closed && plaintext.readableBytes == 0
                return isOver ? result : .needsInput
            }
            guard case .bytes = result else { return result }
            plaintext.discardReadBytes()
        }
    }

    private func deliver(_ plaintext: inout ByteBuffer) {
        do {
            while phase == .open, !isPaused, let frame = try Frame.next(from: &plaintext) {
                receiver.received(frame, on: self)
            }
        } catch {
            isDeaf = true
            plaintext.clear()
            receiver.violated(error, on: self)
        }
    }
}
