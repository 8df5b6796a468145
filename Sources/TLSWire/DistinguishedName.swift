/// Names of X.500 as text (RFC 4514).
enum DistinguishedName {
    /// Parts of a name that are shown; one that has more is no name of anybody.
    private static let mostAttributes = 64

    /// A name that is DER of its own; `malformed name` if it is none.
    static func text(ofDER der: [UInt8]) -> String {
        var reader = DERReader(der)
        do throws(DERReader.Fault) {
            return try text(of: reader.next(0x30, "name"), in: reader)
        } catch {
            return "malformed name"
        }
    }

    /// `CN=chat.example,O=Example`: the last part first (§2.1), the values of one part with `+` between them (§2.2).
    static func text(of name: DERReader.Element, in reader: DERReader) throws(DERReader.Fault) -> String {
        var parts: [String] = []
        var count = 0
        var sequence = reader.inside(name)
        while !sequence.isAtEnd {
            var set = sequence.inside(try sequence.next(0x31, "part of a name"))
            var values: [String] = []
            while !set.isAtEnd {
                count += 1
                guard count <= mostAttributes else {
                    throw DERReader.Fault(words: "a name of over \(mostAttributes) parts")
                }
                values.append(try attribute(set.inside(try set.next(0x30, "attribute of a name"))))
            }
            parts.append(values.joined(separator: "+"))
        }
        return parts.reversed().joined(separator: ",")
    }

    private static func attribute(_ attribute: DERReader) throws(DERReader.Fault) -> String {
        var attribute = attribute
        let type = try attribute.next(0x06, "attribute type")
        let value = try attribute.next()
        let identifier = DERReader.objectIdentifier(attribute.content(type)) ?? "malformed"
        guard let name = names[identifier], let text = string(attribute.content(value), tag: value.tag) else {
            return "\(names[identifier] ?? identifier)=#"
                + DERReader.hexadecimal(attribute.bytes[value.whole], uppercase: true)
        }
        return "\(name)=\(escaped(text))"
    }

    /// The kinds of text that certificates use (RFC 5280 §4.1.2.4); `nil` for another tag, or if the bytes are no such text.
    static func string(_ content: ArraySlice<UInt8>, tag: UInt8) -> String? {
        switch tag {
        case 0x0C: return String(validating: content, as: UTF8.self)
        // Printable, numeric, IA5 and visible strings are ASCII; T.61 is used as if it were Latin 1.
        case 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1B:
            var text = ""
            for byte in content { text.unicodeScalars.append(Unicode.Scalar(byte)) }
            return text
        case 0x1E:
            guard content.count % 2 == 0 else { return nil }
            let units = stride(from: content.startIndex, to: content.endIndex, by: 2).map {
                UInt16(content[$0]) << 8 | UInt16(content[$0 + 1])
            }
            return String(validating: units, as: UTF16.self)
        case 0x1C:
            guard content.count % 4 == 0 else { return nil }
            var text = ""
            for index in stride(from: content.startIndex, to: content.endIndex, by: 4) {
                let value = content[index..<index + 4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
                guard let scalar = Unicode.Scalar(value) else { return nil }
                text.unicodeScalars.append(scalar)
            }
            return text
        default: return nil
        }
    }

    /// RFC 4514 §2.4. What a terminal would not show, or would obey, stands as `\0A`, byte by byte.
    static func escaped(_ text: String) -> String {
        var result = ""
        let scalars = Array(text.unicodeScalars)
        for (place, scalar) in scalars.enumerated() {
            switch scalar {
            case ",", "+", "\"", "\\", "<", ">", ";": result += "\\\(scalar)"
            case "#" where place == 0: result += "\\#"
            case " " where place == 0 || place == scalars.count - 1: result += "\\ "
            default:
                if isShown(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    for byte in String(scalar).utf8 {
                        result += "\\" + DERReader.hexadecimal([byte], uppercase: true)
                    }
                }
            }
        }
        return result
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }

    /// RFC 4514 §3, and what certificates have besides.
    private static let names: [String: String] = [
        "2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
        "2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
        "2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress", "2.5.4.17": "postalCode",
        "2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials",
        "2.5.4.44": "generationQualifier", "2.5.4.45": "x500UniqueIdentifier", "2.5.4.46": "dnQualifier",
        "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier", "0.9.2342.19200300.100.1.1": "UID",
        "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
        "1.2.840.113549.1.9.2": "unstructuredName", "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
        "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST", "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
    ]
}
