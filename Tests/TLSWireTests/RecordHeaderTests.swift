import TLSWire
import Testing

@Suite("Record headers and alerts, RFC 8446 §5.1, §6") struct RecordHeaderTests {
    private func header(_ bytes: [UInt8]) throws(TLSDecodeError) -> TLSRecordHeader {
        try bytes.withUnsafeBufferPointer { (bytes) throws(TLSDecodeError) in
            try TLSRecordHeader(decoding: UnsafeRawBufferPointer(bytes))
        }
    }

    @Test("every content type is read, and no other", arguments: 0...255 as ClosedRange<UInt8>)
    func types(type: UInt8) throws {
        if (20...24).contains(type) {
            #expect(try header([type, 3, 3, 0, 1, 9]).contentType.rawValue == type)
        } else {
            #expect(throws: TLSDecodeError.unknownContentType(type)) { try header([type, 3, 3, 0, 1]) }
        }
    }

    @Test("every version is read, and none that is none", arguments: 0...255 as ClosedRange<UInt8>)
    func versions(minor: UInt8) throws {
        if minor <= 4 {
            #expect(try header([22, 3, minor, 0, 1]).version.rawValue == 0x0300 | UInt16(minor))
        } else {
            #expect(throws: TLSDecodeError.implausibleVersion(0x0300 | UInt16(minor))) {
                try header([22, 3, minor, 0, 1])
            }
        }
        if minor != 3 { #expect(throws: TLSDecodeError.self) { try header([22, minor, 3, 0, 1]) } }
    }

    @Test("a record longer than 2^14 + 2,048 is refused", arguments: [0, 1, 16_384, 16_640, 18_432, 18_433, 65_535])
    func lengths(length: Int) throws {
        let bytes = [23, 3, 3, UInt8(length >> 8), UInt8(length & 0xFF)]
        if length <= 18_432 {
            #expect(try header(bytes).payloadLength == length)
        } else {
            #expect(throws: TLSDecodeError.recordTooLong(length)) { try header(bytes) }
        }
    }

    @Test("a header that is cut off is refused", arguments: 0..<5)
    func cut(count: Int) {
        #expect(throws: TLSDecodeError.truncated(needed: 5, available: count)) {
            try header(Array([23, 3, 3, 0, 1][..<count]))
        }
    }

    @Test("an alert is two bytes, the first 1 or 2") func alerts() {
        #expect(Alert([1, 0])?.description == "close_notify")
        #expect(Alert([1, 0])?.isClosure == true)
        #expect(Alert([2, 48])?.description == "unknown_ca")
        #expect(Alert([2, 48])?.isClosure == false)
        #expect(Alert([2, 200])?.description == "alert 200")
        for bytes: [UInt8] in [[], [1], [0, 0], [3, 0], [1, 0, 0]] { #expect(Alert(bytes) == nil) }
    }
}
