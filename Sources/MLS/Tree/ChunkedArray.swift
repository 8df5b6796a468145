/// An array in pieces, each shared between copies until it is changed: to copy a large tree and change a path of it
/// costs the path, not the tree.
package struct ChunkedArray<Element: Sendable>: Sendable {
    private static var chunkLength: Int { 128 }

    private var chunks: [[Element]] = []
    package private(set) var count = 0

    package init() {}

    package init(repeating element: Element, count: Int) {
        append(element, count: count)
    }

    package subscript(index: Int) -> Element {
        get { chunks[index / Self.chunkLength][index % Self.chunkLength] }
        _modify { yield &chunks[index / Self.chunkLength][index % Self.chunkLength] }
    }

    package mutating func append(_ element: Element, count added: Int = 1) {
        var missing = added
        if let last = chunks.indices.last {
            let room = min(Self.chunkLength - chunks[last].count, missing)
            chunks[last].append(contentsOf: repeatElement(element, count: room))
            missing -= room
        }
        while missing > 0 {
            let length = min(Self.chunkLength, missing)
            chunks.append([Element](repeating: element, count: length))
            missing -= length
        }
        count += added
    }

    /// Drops what lies behind the first `kept` elements.
    package mutating func truncate(to kept: Int) {
        let whole = (kept + Self.chunkLength - 1) / Self.chunkLength
        chunks.removeLast(chunks.count - whole)
        if let last = chunks.indices.last {
            let length = kept - last * Self.chunkLength
            chunks[last].removeLast(chunks[last].count - length)
        }
        count = kept
    }
}
