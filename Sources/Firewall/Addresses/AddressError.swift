/// Why a text is no address, or no network, and what to write instead.
package struct AddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        /// Neither of the two forms.
        case notAnAddress
        /// An interface behind a `%`: the kernel's sets know none.
        case zone
        /// Zeros in front of a number of IPv4, which some read as octal.
        case leadingZero
        /// Fewer than four numbers, which some programs fill up.
        case tooFewNumbers
        /// A port behind the address.
        case port
        /// What stands behind the `/` is no number, or one that no such address has.
        case badLength(AddressFamily?)
        /// Bits are set behind the length; the network in which the address lies.
        case hostBits(IPPrefix)
        /// IPv4 within IPv6, as a network; the same in IPv4.
        case mapped(IPPrefix?)
    }

    /// What was written, shortened.
    package let text: String
    package let problem: Problem

    init(_ text: some StringProtocol, _ problem: Problem) {
        self.text = Quoted.text(text)
        self.problem = problem
    }

    /// What is wrong.
    package var fault: String {
        switch problem {
        case .notAnAddress: "\(text) is no address"
        case .zone: "\(text) names an interface behind the %"
        case .leadingZero: "\(text) has a number with a zero in front, which some programs read as octal"
        case .tooFewNumbers: "\(text) has fewer than four numbers"
        case .port: "\(text) has a port"
        case .badLength(let family?): "\(text) has a length that no \(family.name) network has"
        case .badLength(nil): "\(text) has no length behind the /"
        case .hostBits(let network): "\(text) has bits behind /\(network.length)"
        case .mapped: "\(text) is a network of IPv4 within IPv6"
        }
    }

    /// What to do.
    package var remedy: String {
        switch problem {
        case .notAnAddress: "write one such as 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/32"
        case .zone: "write the address alone, and name the card in a rule's interface"
        case .leadingZero: "write it without, such as 192.0.2.7"
        case .tooFewNumbers: "write all four, such as 10.1.0.0/16"
        case .port: "write the address alone, and the port in a rule's ports"
        case .badLength(let family?): "write a number from 0 to \(family.bits), such as \(family.example)"
        case .badLength(nil): "write a number such as \(AddressFamily.ipv4.example), or leave the / away"
        case .hostBits(let network): "write \(network), or the address without /\(network.length)"
        case .mapped(let network?): "write \(network)"
        case .mapped(nil): "write it as IPv4, such as 192.0.2.0/24"
        }
    }

    package var description: String { "\(fault); \(remedy)" }
}

extension AddressFamily {
    /// For people.
    package var name: String { self == .ipv4 ? "IPv4" : "IPv6" }

    fileprivate var example: String { self == .ipv4 ? "192.0.2.0/24" : "2001:db8::/32" }
}
