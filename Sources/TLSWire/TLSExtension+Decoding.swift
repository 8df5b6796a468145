import TLSSyntax

extension TLSExtension {
    /// Reads the content, which must be used up. What was read before a fault stays.
    mutating func read(from reader: inout SyntaxReader, in place: Place) throws(SyntaxError) {
        switch type.rawValue {
        case 0: try readServerName(&reader, place)
        case 1: content = .maximumFragmentLength(try reader.uint8())
        case 5: try readStatusRequest(&reader, place)
        case 10: try readGroups(&reader)
        case 11:
            var formats: [UInt8] = []
            defer { content = .pointFormats(formats) }
            try reader.elements(lengthBytes: 1) { (inner) throws(SyntaxError) in formats.append(try inner.uint8()) }
        case 13, 34, 50: try readSignatureSchemes(&reader, place)
        case 15: content = .heartbeat(try reader.uint8())
        case 16, 17513, 17613: try readProtocols(&reader)
        case 13172: try readBareProtocols(&reader)
        case 18: try readTimestamps(&reader)
        case 9, 19, 20: try readCertificateTypes(&reader, place)
        case 21: try readPadding(&reader)
        case 22, 23, 49: break
        case 27:
            var compressions: [UInt16] = []
            defer { content = .compressions(compressions) }
            try reader.elements(lengthBytes: 1, least: 2) { (inner) throws(SyntaxError) in
                compressions.append(try inner.uint16())
            }
        case 28: content = .recordSizeLimit(try reader.uint16())
        case 41: try readPreSharedKeys(&reader, place)
        case 42: if place == .newSessionTicket { content = .earlyDataLimit(try reader.uint32()) }
        case 43: try readVersions(&reader, place)
        case 44: _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535)
        case 45: content = .pskModes(try reader.opaque(lengthBytes: 1, 1...255))
        case 47: try readAuthorities(&reader)
        case 40, 51: try readKeyShares(&reader, place)
        case 57, 65445: try readTransportParameters(&reader)
        case 0xFE0D: try readEncryptedClientHello(&reader, place)
        case 65281: _ = try reader.opaqueRange(lengthBytes: 1, 0...255)
        default: _ = try reader.range(reader.remaining)
        }
    }

    private mutating func readServerName(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        // A server answers with an empty one.
        guard place == .clientHello || !reader.isAtEnd else { return }
        var name: [UInt8]?
        defer { if let name { content = .serverName(name) } }
        try reader.elements(lengthBytes: 2, least: 3) { (inner) throws(SyntaxError) in
            let type = try inner.uint8()
            let value = try inner.opaque(lengthBytes: 2, 0...65_535)
            if type == 0, name == nil { name = value }
        }
        if name?.isEmpty != false { throw .invalidValue(offset: reader.offset, "no host name") }
    }

    private mutating func readStatusRequest(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        switch place {
        case .clientHello, .certificateRequest:
            // TLS 1.3 lets a server ask with an empty one (RFC 8446 §4.4.2.1).
            if place == .certificateRequest, reader.isAtEnd { return }
            content = .statusRequest(try reader.uint8())
            _ = try reader.opaqueRange(lengthBytes: 2, 0...65_535)
            _ = try reader.opaqueRange(lengthBytes: 2, 0...65_535)
        case .certificate:
            content = .statusRequest(try reader.uint8())
            _ = try reader.opaqueRange(lengthBytes: 3, 1...0xFF_FFFF)
        default: break
        }
    }

    private mutating func readGroups(_ reader: inout SyntaxReader) throws(SyntaxError) {
        var groups: [NamedGroup] = []
        defer { content = .groups(groups) }
        try reader.elements(lengthBytes: 2, least: 2) { (inner) throws(SyntaxError) in
            groups.append(NamedGroup(rawValue: try inner.uint16()))
        }
    }

    private mutating func readSignatureSchemes(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        // With a certificate goes the delegated credential itself (RFC 9345 §4.1.2).
        if type.rawValue == 34, place == .certificate {
            _ = try reader.range(reader.remaining)
            return
        }
        var schemes: [SignatureScheme] = []
        defer { content = .signatureSchemes(schemes) }
        try reader.elements(lengthBytes: 2, least: 2) { (inner) throws(SyntaxError) in
            schemes.append(SignatureScheme(rawValue: try inner.uint16()))
        }
    }

    private mutating func readProtocols(_ reader: inout SyntaxReader) throws(SyntaxError) {
        var names: [[UInt8]] = []
        defer { content = .protocols(names) }
        try reader.elements(lengthBytes: 2) { (inner) throws(SyntaxError) in
            names.append(try inner.opaque(lengthBytes: 1, 0...255))
        }
        if names.isEmpty || names.contains([]) { throw .invalidValue(offset: reader.offset, "an empty protocol") }
    }

    /// A server lists its protocols without the length of the list.
    private mutating func readBareProtocols(_ reader: inout SyntaxReader) throws(SyntaxError) {
        var names: [[UInt8]] = []
        defer { if !names.isEmpty { content = .protocols(names) } }
        while !reader.isAtEnd { names.append(try reader.opaque(lengthBytes: 1, 0...255)) }
    }

    private mutating func readTimestamps(_ reader: inout SyntaxReader) throws(SyntaxError) {
        // A client asks with an empty one.
        if reader.isAtEnd { return }
        var lengths: [Int] = []
        defer { content = .timestamps(lengths) }
        try reader.elements(lengthBytes: 2) { (inner) throws(SyntaxError) in
            lengths.append(try inner.opaqueRange(lengthBytes: 2, 1...65_535).count)
        }
    }

    private mutating func readCertificateTypes(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        content = .certificateTypes(
            place == .clientHello ? try reader.opaque(lengthBytes: 1, 1...255) : [try reader.uint8()])
    }

    private mutating func readPadding(_ reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        if try reader.opaque(reader.remaining).contains(where: { $0 != 0 }) {
            throw .invalidValue(offset: start, "padding that is not zeros")
        }
    }

    private mutating func readPreSharedKeys(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        guard place == .clientHello else {
            content = .selectedIdentity(try reader.uint16())
            return
        }
        var offer = PreSharedKeyOffer()
        defer { content = .preSharedKeys(offer) }
        try reader.elements(lengthBytes: 2, least: 7) { (inner) throws(SyntaxError) in
            offer.identityLengths.append(try inner.opaqueRange(lengthBytes: 2, 1...65_535).count)
            offer.obfuscatedAges.append(try inner.uint32())
        }
        try reader.elements(lengthBytes: 2) { (inner) throws(SyntaxError) in
            offer.binderLengths.append(try inner.opaqueRange(lengthBytes: 1, 32...255).count)
        }
        if offer.binderLengths.count != offer.identityLengths.count || offer.binderLengths.isEmpty {
            throw .invalidValue(
                offset: reader.offset,
                "\(offer.binderLengths.count) binders for \(offer.identityLengths.count) identities")
        }
    }

    private mutating func readVersions(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        guard place == .clientHello else {
            content = .versions([TLSVersion(rawValue: try reader.uint16())])
            return
        }
        var versions: [TLSVersion] = []
        defer { content = .versions(versions) }
        try reader.elements(lengthBytes: 1, least: 2) { (inner) throws(SyntaxError) in
            versions.append(TLSVersion(rawValue: try inner.uint16()))
        }
        if versions.isEmpty { throw .invalidValue(offset: reader.offset, "no version") }
    }

    private mutating func readAuthorities(_ reader: inout SyntaxReader) throws(SyntaxError) {
        var names: [String] = []
        defer { content = .authorities(names) }
        try reader.elements(lengthBytes: 2, least: 3) { (inner) throws(SyntaxError) in
            names.append(DistinguishedName.text(ofDER: try inner.opaque(lengthBytes: 2, 1...65_535)))
        }
    }

    private mutating func readKeyShares(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        var shares: [KeyShare] = []
        defer { content = .keyShares(shares) }
        guard place == .clientHello else {
            // A HelloRetryRequest names the group alone.
            let group = NamedGroup(rawValue: try reader.uint16())
            shares.append(KeyShare(group: group, length: 0))
            if !reader.isAtEnd {
                shares[0].length = try reader.opaqueRange(lengthBytes: 2, 1...65_535).count
            }
            return
        }
        try reader.elements(lengthBytes: 2, least: 4) { (inner) throws(SyntaxError) in
            let group = NamedGroup(rawValue: try inner.uint16())
            shares.append(KeyShare(group: group, length: 0))
            shares[shares.count - 1].length = try inner.opaqueRange(lengthBytes: 2, 1...65_535).count
        }
    }

    private mutating func readTransportParameters(_ reader: inout SyntaxReader) throws(SyntaxError) {
        var parameters: [UInt64] = []
        defer { content = .transportParameters(parameters) }
        // Drafts had another form.
        if type.rawValue != 57 {
            _ = try reader.range(reader.remaining)
            return
        }
        while !reader.isAtEnd {
            parameters.append(try reader.quicNumber())
            _ = try reader.range(Int(clamping: try reader.quicNumber()))
        }
    }

    private mutating func readEncryptedClientHello(_ reader: inout SyntaxReader, _ place: Place) throws(SyntaxError) {
        guard place == .clientHello else {
            var hello = EncryptedClientHello(form: .answer)
            hello.payloadLength = try reader.range(reader.remaining).count
            content = .encryptedClientHello(hello)
            return
        }
        let start = reader.offset
        let form = try reader.uint8()
        guard form <= 1 else { throw .invalidValue(offset: start, "ECH of the unknown type \(form)") }
        var hello = EncryptedClientHello(form: form == 0 ? .outer : .inner)
        defer { content = .encryptedClientHello(hello) }
        guard form == 0 else { return }
        hello.keyDerivation = try reader.uint16()
        hello.cipher = try reader.uint16()
        hello.configuration = try reader.uint8()
        hello.encapsulatedKeyLength = try reader.opaqueRange(lengthBytes: 2, 0...65_535).count
        hello.payloadLength = try reader.opaqueRange(lengthBytes: 2, 1...65_535).count
    }
}

extension SyntaxReader {
    /// The elements of a vector, each of at least `least` bytes: `element` reads one. What a vector brings less than it announces is an
    /// error after the elements that are there.
    mutating func elements(
        lengthBytes: Int, least: Int = 1, _ element: (inout SyntaxReader) throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let announced = lengthBytes == 1 ? Int(try uint8()) : Int(try uint16())
        let there = min(announced, remaining)
        let end = offset + there
        while end - offset >= least { try element(&self) }
        if announced > there { throw .truncated(offset: offset, needed: announced, available: there) }
        if offset != end { throw .trailingBytes(offset: offset, count: abs(end - offset)) }
    }

    /// A number of 1, 2, 4 or 8 bytes, as its first two bits say (RFC 9000 §16).
    fileprivate mutating func quicNumber() throws(SyntaxError) -> UInt64 {
        let first = try uint8()
        var value = UInt64(first & 0x3F)
        // 1 << 0 bytes are only the first: an empty range.
        for _ in 1..<(1 << Int(first >> 6)) {
            value = value << 8 | UInt64(try uint8())
        }
        return value
    }
}
