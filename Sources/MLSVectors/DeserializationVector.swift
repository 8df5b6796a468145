import TLSSyntax

/// The length in front of a vector.
struct DeserializationVector: VectorEntry {
    let vlbytesHeader: HexBytes
    let length: Int

    static var hasCipherSuite: Bool { false }

    func check() throws {
        let decoded = try SyntaxReader.read(vlbytesHeader.bytes) { (reader) throws(SyntaxError) in
            try reader.variableLength()
        }
        try expect("length", decoded, is: length)
        var written: [UInt8] = []
        written.write(variableLength: decoded)
        try expect("the length, written again,", written, is: vlbytesHeader)
    }
}
