/// A certificate's key (RFC 5280 §4.1.2.7): of what kind and how long.
struct CertificateKey {
    var name: String
    var bits: Int?

    /// A key that cannot be understood is named for its algorithm, or `unknown`.
    init(_ element: DERReader.Element, in reader: DERReader) {
        name = "unknown"
        var info = reader.inside(element)
        guard let algorithm = try? info.next(0x30, "algorithm") else { return }
        var inside = info.inside(algorithm)
        guard let type = try? inside.next(0x06, "algorithm"),
            let identifier = DERReader.objectIdentifier(inside.content(type))
        else { return }
        name = identifier
        let parameters = try? inside.next()
        let key = try? info.next(0x03, "key")
        switch identifier {
        case "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.7":
            let family = identifier == "1.2.840.113549.1.1.10" ? "RSA-PSS" : "RSA"
            bits = key.flatMap { Self.modulusBits($0, in: info) }
            name = bits.map { "\(family) \($0)" } ?? family
        case "1.2.840.10045.2.1": readCurve(parameters, in: inside)
        case "1.2.840.10040.4.1", "1.2.840.10046.2.1", "1.2.840.113549.1.3.1":
            let family = identifier == "1.2.840.10040.4.1" ? "DSA" : "DH"
            bits = parameters.flatMap { Self.primeBits($0, in: inside) }
            name = bits.map { "\(family) \($0)" } ?? family
        default:
            guard let known = CertificateAlgorithms.keys[identifier] else { return }
            name = known.name
            bits = known.bits
        }
    }

    private mutating func readCurve(_ parameters: DERReader.Element?, in reader: DERReader) {
        guard let parameters, parameters.tag == 0x06,
            let identifier = DERReader.objectIdentifier(reader.content(parameters))
        else {
            name = parameters?.tag == 0x30 ? "EC with explicit parameters" : "EC"
            return
        }
        let curve = CertificateAlgorithms.curves[identifier]
        name = curve?.name ?? "EC \(identifier)"
        bits = curve?.bits
    }

    /// RFC 8017 §A.1.1: the modulus is the first number inside of the bit string.
    private static func modulusBits(_ key: DERReader.Element, in reader: DERReader) -> Int? {
        var string = DERReader(Array(reader.content(key).dropFirst()))
        guard let sequence = try? string.next(0x30, "key") else { return nil }
        var inside = string.inside(sequence)
        guard let modulus = try? inside.next(0x02, "modulus") else { return nil }
        return DERReader.bits(inside.content(modulus))
    }

    private static func primeBits(_ parameters: DERReader.Element, in reader: DERReader) -> Int? {
        guard parameters.tag == 0x30 else { return nil }
        var inside = reader.inside(parameters)
        guard let prime = try? inside.next(0x02, "prime") else { return nil }
        return DERReader.bits(inside.content(prime))
    }
}
