import Crypto

extension CertificateFacts {
    /// Bytes that a certificate may have: more than any that is used, among them those with keys against quantum computers.
    public static let longest = 1 << 16
    /// Alternative names that are kept.
    public static let mostNames = 256

    /// - Parameter der: the whole certificate.
    /// - Throws: ``TLSDecodeError/malformedCertificate(_:)``; one of its extensions that is malformed only is not heard.
    public init(decoding der: [UInt8]) throws(TLSDecodeError) {
        guard der.count <= Self.longest else { throw .malformedCertificate("\(der.count) bytes are too many") }
        do throws(DERReader.Fault) {
            try self.init(reading: der)
        } catch {
            throw .malformedCertificate(error.words)
        }
    }

    private init(reading der: [UInt8]) throws(DERReader.Fault) {
        var file = DERReader(der)
        var whole = file.inside(try file.next(0x30, "certificate"))
        guard file.isAtEnd else { throw DERReader.Fault(words: "bytes after it") }
        var inner = whole.inside(try whole.next(0x30, "content"))
        let signature = try whole.next(0x30, "signature algorithm")
        _ = try inner.next(ifTag: 0xA0)
        let serial = try inner.next(0x02, "serial number")
        _ = try inner.next(0x30, "signature algorithm")
        let issuer = try inner.next(0x30, "issuer")
        var validity = inner.inside(try inner.next(0x30, "validity"))
        let subject = try inner.next(0x30, "subject")
        let key = CertificateKey(try inner.next(0x30, "key"), in: inner)
        let extensions = try CertificateExtensions(&inner)

        self.init(
            subject: try DistinguishedName.text(of: subject, in: inner),
            issuer: try DistinguishedName.text(of: issuer, in: inner),
            serialNumber: Self.serial(inner.content(serial)),
            notBefore: try CertificateTime.read(&validity), notAfter: try CertificateTime.read(&validity),
            alternativeNames: extensions.alternativeNames, key: key.name, keyBits: key.bits,
            signatureAlgorithm: CertificateAlgorithms.signature(signature, in: whole),
            isAuthority: extensions.isAuthority,
            fingerprint: DERReader.hexadecimal(Array(SHA256.hash(data: der))))
    }

    /// Without the zero that only says that it is positive; of one that is far too long (RFC 5280 §4.1.2.2), the start.
    private static func serial(_ content: ArraySlice<UInt8>) -> String {
        let digits = content.count > 1 && content.first == 0 ? content.dropFirst() : content
        return DERReader.hexadecimal(digits.prefix(32), uppercase: true) + (digits.count > 32 ? "…" : "")
    }
}

/// Times of certificates (RFC 5280 §4.1.2.5).
enum CertificateTime {
    static func read(_ reader: inout DERReader) throws(DERReader.Fault) -> Int64 {
        let element = try reader.next()
        guard let time = seconds(reader.content(element), isUTCTime: element.tag == 0x17),
            element.tag == 0x17 || element.tag == 0x18
        else { throw DERReader.Fault(words: "no time at byte \(element.whole.lowerBound)") }
        return time
    }

    /// `YYMMDDhhmm[ss]` or `YYYYMMDDhhmm[ss[.f…]]`, then `Z` or `+hhmm`: seconds since 1970.
    static func seconds(_ text: ArraySlice<UInt8>, isUTCTime: Bool) -> Int64? {
        var rest = text
        func number(_ digits: Int) -> Int64? {
            guard rest.count >= digits, rest.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            defer { rest = rest.dropFirst(digits) }
            return rest.prefix(digits).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        guard var year = number(isUTCTime ? 2 : 4), let month = number(2), let day = number(2), let hour = number(2),
            let minute = number(2)
        else { return nil }
        if isUTCTime { year += year < 50 ? 2000 : 1900 }
        let second = number(2) ?? 0
        if rest.first == 0x2E {
            rest = rest.dropFirst().drop { (0x30...0x39).contains($0) }
        }
        var offset: Int64 = 0
        let zone = rest.popFirst()
        if zone == 0x2B || zone == 0x2D {
            guard let hours = number(2), let minutes = number(2) else { return nil }
            offset = (hours * 60 + minutes) * (zone == 0x2B ? 60 : -60)
        } else if zone != 0x5A, zone != nil {
            return nil
        }
        guard rest.isEmpty, (1...12).contains(month), (1...31).contains(day), hour < 25, minute < 60, second < 61 else {
            return nil
        }
        return days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    }

    /// Days since 1970 of a date in the Gregorian calendar. Years begin in March here, so that the leap day is their last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// Of a certificate's extensions (RFC 5280 §4.2), what is told.
struct CertificateExtensions {
    private(set) var alternativeNames: [String] = []
    private(set) var isAuthority = false

    /// - Parameter inner: after the key.
    init(_ inner: inout DERReader) throws(DERReader.Fault) {
        _ = try inner.next(ifTag: 0x81)
        _ = try inner.next(ifTag: 0x82)
        guard let element = try inner.next(ifTag: 0xA3) else { return }
        var wrapper = inner.inside(element)
        var list = wrapper.inside(try wrapper.next(0x30, "list of extensions"))
        while !list.isAtEnd {
            var one = list.inside(try list.next(0x30, "extension"))
            let identifier = DERReader.objectIdentifier(one.content(try one.next(0x06, "extension type")))
            _ = try one.next(ifTag: 0x01)
            let value = one.inside(try one.next(0x04, "extension value"))
            switch identifier {
            case "2.5.29.17": readNames(value)
            case "2.5.29.19": readConstraints(value)
            default: break
            }
        }
    }

    private mutating func readConstraints(_ value: DERReader) {
        var value = value
        guard let sequence = try? value.next(0x30, "basic constraints") else { return }
        var inside = value.inside(sequence)
        guard let flag = try? inside.next(ifTag: 0x01) else { return }
        isAuthority = inside.content(flag).contains { $0 != 0 }
    }

    private mutating func readNames(_ value: DERReader) {
        var value = value
        guard let sequence = try? value.next(0x30, "alternative names") else { return }
        var names = value.inside(sequence)
        while alternativeNames.count < CertificateFacts.mostNames, let name = try? names.next() {
            let content = names.content(name)
            switch name.tag {
            case 0x81, 0x82, 0x86: alternativeNames.append(SafeText.ascii(content))
            case 0x87: alternativeNames.append(AddressText.text(content))
            case 0xA4:
                var inside = names.inside(name)
                if let element = try? inside.next(0x30, "name"),
                    let text = try? DistinguishedName.text(of: element, in: inside)
                {
                    alternativeNames.append(text)
                }
            case 0x88: if let identifier = DERReader.objectIdentifier(content) { alternativeNames.append(identifier) }
            default: break
            }
        }
    }
}

/// Addresses in certificates: 4 bytes or 16 (RFC 5280 §4.2.1.6).
enum AddressText {
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        switch bytes.count {
        case 4: bytes.map { String($0) }.joined(separator: ".")
        case 16: version6(Array(bytes))
        default: "address " + DERReader.hexadecimal(bytes.prefix(32))
        }
    }

    /// RFC 5952: the longest run of zeros is left out.
    private static func version6(_ bytes: [UInt8]) -> String {
        let words = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || words[index] != 0 {
            if index - start > max(best.count, 1) { best = start..<index }
            start = index + 1
        }
        func list(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return list(words[...]) }
        return list(words[..<best.lowerBound]) + "::" + list(words[best.upperBound...])
    }
}
