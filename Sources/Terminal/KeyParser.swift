/// Turns what a terminal sends into keys: UTF-8, the escape sequences of xterm and its kin, bracketed paste.
///
/// What it does not know it skips whole, so that no sequence is taken for text.
package struct KeyParser {
    private var bytes: [UInt8] = []
    private var paste: [UInt8]?

    /// Bytes of one paste that are kept.
    private static let longestPaste = 60_000
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    package init() {}

    /// - Returns: the keys that are whole now; the rest waits.
    package mutating func parse(_ input: some Sequence<UInt8>) -> [Key] {
        bytes.append(contentsOf: input)
        var keys: [Key] = []
        while !bytes.isEmpty {
            if paste != nil {
                guard let key = takePaste() else { break }
                keys.append(key)
                continue
            }
            guard let length = lengthOfNext() else { break }
            let part = Array(bytes.prefix(length))
            bytes.removeFirst(length)
            if let key = key(for: part) { keys.append(key) }
        }
        return keys
    }

    /// Nothing has come for a while: an escape that waits begins no sequence, somebody pressed that key.
    package mutating func rest() -> [Key] {
        guard paste == nil, bytes == [0x1B] else { return [] }
        bytes = []
        return [.escape]
    }

    private mutating func takePaste() -> Key? {
        let end = Self.pasteEnd
        guard bytes.count >= end.count else { return nil }
        let place = (0...bytes.count - end.count).first { bytes[$0..<$0 + end.count].elementsEqual(end) }
        let taken = place ?? bytes.count - end.count + 1
        let room = Self.longestPaste - (paste?.count ?? 0)
        paste?.append(contentsOf: bytes.prefix(taken).prefix(max(0, room)))
        bytes.removeFirst(taken)
        guard place != nil else { return nil }
        bytes.removeFirst(end.count)
        defer { paste = nil }
        return .paste(String(decoding: paste ?? [], as: UTF8.self))
    }

    /// Bytes of the next key; `nil` if it is not all there.
    private func lengthOfNext() -> Int? {
        let first = bytes[0]
        if first == 0x1B { return lengthOfSequence() }
        let length =
            switch first {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        // What breaks off in the middle of a character takes no key with it.
        let end = bytes.prefix(length).dropFirst().firstIndex { $0 & 0xC0 != 0x80 }
        return end ?? (bytes.count >= length ? length : nil)
    }

    /// Bytes of an escape sequence, or of one that another byte broke off; `nil` if it is not all there.
    private func lengthOfSequence() -> Int? {
        guard bytes.count > 1 else { return nil }
        switch bytes[1] {
        case 0x1B: return 1
        case UInt8(ascii: "["), UInt8(ascii: "O"): break
        default: return 2
        }
        // The function keys of Linux's own console.
        let start = bytes.count > 2 && bytes[2] == UInt8(ascii: "[") ? 3 : 2
        // Parameters, then a final byte (ECMA-48 §5.4).
        guard let end = bytes.indices.dropFirst(start).first(where: { !(0x20...0x3F).contains(bytes[$0]) }) else {
            return bytes.count > 32 ? bytes.count : nil
        }
        return (0x40...0x7E).contains(bytes[end]) ? end + 1 : end
    }

    private mutating func key(for part: [UInt8]) -> Key? {
        switch part[0] {
        case 0x0D, 0x0A: return .enter
        case 0x09: return .tab
        case 0x7F, 0x08: return .backspace
        case 0x01...0x1A: return .control(Character(Unicode.Scalar(part[0] + 0x60)))
        case 0x1B: return sequence(part)
        case 0x00...0x1F: return nil
        default: return String(validating: part, as: UTF8.self).flatMap(\.first).map { .character($0) }
        }
    }

    private mutating func sequence(_ part: [UInt8]) -> Key? {
        switch String(decoding: part.dropFirst(), as: UTF8.self) {
        case "[A", "OA": return .up
        case "[B", "OB": return .down
        case "[C", "OC": return .right
        case "[D", "OD": return .left
        case "[H", "OH", "[1~", "[7~": return .home
        case "[F", "OF", "[4~", "[8~": return .end
        case "[3~": return .delete
        case "[5~": return .pageUp
        case "[6~": return .pageDown
        case "[1;5C", "[1;3C", "f": return .wordRight
        case "[1;5D", "[1;3D", "b": return .wordLeft
        case "[200~":
            paste = []
            return nil
        default: return nil
        }
    }
}
