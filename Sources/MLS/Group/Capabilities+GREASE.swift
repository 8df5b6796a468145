import MLSWire

extension Capabilities {
    /// The capabilities with a random value in each list that nobody knows and everybody must ignore (RFC 9420 §13.5):
    /// a client that does not ignore it shows before it matters.
    var greased: Capabilities {
        var result = self
        func value() -> UInt16 { UInt16.random(in: 0...14) * 0x1010 + 0x0A0A }
        result.cipherSuites.append(MLSCipherSuite(rawValue: value()))
        result.extensions.append(ExtensionType(rawValue: value()))
        result.proposals.append(ProposalType(rawValue: value()))
        result.credentials.append(CredentialType(rawValue: value()))
        return result
    }
}
