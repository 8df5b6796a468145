import Firewall
import Testing

@Suite("networks as text")
struct PrefixReadingTests {
    @Test(
        "a network or a host is read, and written in its one form",
        arguments: [
            ("192.0.2.0/24", "192.0.2.0/24"), ("0.0.0.0/0", "0.0.0.0/0"), ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/32", "192.0.2.7"), ("10.0.0.0/7", "10.0.0.0/7"), ("255.255.255.254/31", "255.255.255.254/31"),
            ("2001:db8::/32", "2001:db8::/32"), ("2001:DB8:0:0::7", "2001:db8::7"), ("::/0", "::/0"),
            ("::1/128", "::1"),
            ("2001:db8::8000:0:0:0/65", "2001:db8:0:0:8000::/65"), ("::ffff:192.0.2.7", "192.0.2.7"),
            ("64:ff9b::/96", "64:ff9b::/96"),
            ("::/80", "::/80"), ("::fffe:0:0/95", "::fffe:0:0/95"),
        ])
    func reads(text: String, written: String) throws {
        let prefix = try IPPrefix(parsing: text)
        #expect(prefix.description == written)
        #expect(try IPPrefix(parsing: written) == prefix)
        #expect(prefix.range.lowerBound == prefix.first && prefix.range.upperBound == prefix.last)
    }

    @Test(
        "anything else is refused with what is wrong and what to write",
        arguments: [
            ("192.0.2.7/24", #""192.0.2.7/24" has bits behind /24; write 192.0.2.0/24, or the address without /24"#),
            (
                "2001:db8::7/32",
                #""2001:db8::7/32" has bits behind /32; write 2001:db8::/32, or the address without /32"#
            ),
            ("128.0.0.0/0", #""128.0.0.0/0" has bits behind /0; write 0.0.0.0/0, or the address without /0"#),
            (
                "192.0.2.0/33",
                #""192.0.2.0/33" has a length that no IPv4 network has; write a number from 0 to 32, such as 192.0.2.0/24"#
            ),
            (
                "2001:db8::/129",
                #""2001:db8::/129" has a length that no IPv6 network has; write a number from 0 to 128, such as 2001:db8::/32"#
            ),
            (
                "192.0.2.0/024",
                #""192.0.2.0/024" has a length that no IPv4 network has; write a number from 0 to 32, such as 192.0.2.0/24"#
            ),
            (
                "192.0.2.0/-1",
                #""192.0.2.0/-1" has a length that no IPv4 network has; write a number from 0 to 32, such as 192.0.2.0/24"#
            ),
            (
                "192.0.2.0/+24",
                #""192.0.2.0/+24" has a length that no IPv4 network has; write a number from 0 to 32, such as 192.0.2.0/24"#
            ),
            (
                "192.0.2.0/24/8",
                #""192.0.2.0/24/8" has a length that no IPv4 network has; write a number from 0 to 32, such as 192.0.2.0/24"#
            ),
            (
                "192.0.2.0/255.255.255.0",
                #""192.0.2.0/255.255.255.0" has a length that no IPv4 network has; write a number from 0 to 32, such as 192.0.2.0/24"#
            ),
            (
                "192.0.2.0/99999999999999999999",
                #""192.0.2.0/99999999999999999999" has a length that no IPv4 network has; write a number from 0 to 32, such as 192.0.2.0/24"#
            ),
            (
                "192.0.2.0/",
                #""192.0.2.0/" has no length behind the /; write a number such as 192.0.2.0/24, or leave the / away"#
            ),
            ("::ffff:192.0.2.0/120", #""::ffff:192.0.2.0/120" is a network of IPv4 within IPv6; write 192.0.2.0/24"#),
            (
                "::ffff:0:0/90",
                #""::ffff:0:0/90" is a network of IPv4 within IPv6; write it as IPv4, such as 192.0.2.0/24"#
            ),
            (
                "fe80::1%eth0",
                #""fe80::1%eth0" names an interface behind the %; write the address alone, and name the card in a rule's interface"#
            ),
            (
                "fe80::%eth0/64",
                #""fe80::%eth0/64" names an interface behind the %; write the address alone, and name the card in a rule's interface"#
            ),
            (
                "192.0.02.1",
                #""192.0.02.1" has a number with a zero in front, which some programs read as octal; write it without, such as 192.0.2.7"#
            ),
            (
                "010.0.0.0/8",
                #""010.0.0.0/8" has a number with a zero in front, which some programs read as octal; write it without, such as 192.0.2.7"#
            ),
            ("10.1/16", #""10.1/16" has fewer than four numbers; write all four, such as 10.1.0.0/16"#),
            ("10.1", #""10.1" has fewer than four numbers; write all four, such as 10.1.0.0/16"#),
            ("192.0.2.7:22", #""192.0.2.7:22" has a port; write the address alone, and the port in a rule's ports"#),
            (
                "[2001:db8::7]:22",
                #""[2001:db8::7]:22" has a port; write the address alone, and the port in a rule's ports"#
            ),
        ])
    func refuses(text: String, words: String) {
        let error = #expect(throws: AddressError.self) { try IPPrefix(parsing: text) }
        #expect(error?.description == words)
        #expect(IPPrefix(text) == nil)
    }

    @Test(
        "what is no address at all is refused",
        arguments: [
            "", " ", "192.0.2.256", "192.0.2", "1.2.3.4.5", "example.com", "192.0.2.7 ", " 192.0.2.7", "2001:db8:::1",
            "2001:db8::g", "/24", "1", "0x7f.0.0.1", "١.٢.٣.٤", "192.0.2.7\0", "192.0.2.7\n", "::1/64\0", ":", "%",
            "[]", "[::1",
        ])
    func refusesOthers(text: String) {
        #expect(throws: AddressError.self) { try IPPrefix(parsing: text) }
        #expect(throws: AddressError.self) { try IPAddress(parsing: text) }
    }

    @Test("a message shows no more than 60 characters, and nothing that acts on a terminal")
    func quotes() {
        let error = #expect(throws: AddressError.self) {
            try IPPrefix(parsing: "\u{1B}[2J\"" + String(repeating: "x", count: 500_000))
        }
        #expect(error?.description.hasPrefix(#""\u001b[2J\"xxx"#) == true)
        #expect(error.map { $0.text.count < 80 && $0.text.hasSuffix("…\"") } == true)
    }

    @Test("an address alone is read by the same rules, and never with a length")
    func addresses() throws {
        #expect(try IPAddress(parsing: "192.0.2.7") == IPAddress(ipv4: 0xC000_0207))
        let error = #expect(throws: AddressError.self) { try IPAddress(parsing: "192.0.2.7/32") }
        #expect(error?.problem == .notAnAddress)
        #expect(#expect(throws: AddressError.self) { try IPAddress(parsing: "10.1") }?.problem == .tooFewNumbers)
    }

    @Test("any network is read back as it was written, and knows its ends")
    func roundTrip() throws {
        var random = PolicyRandom(1)
        for _ in 0..<5_000 {
            let prefix = random.prefix()
            #expect(try IPPrefix(parsing: prefix.description) == prefix)
            #expect(prefix.contains(prefix.first) && prefix.contains(prefix.last))
            let all = UInt128.max >> UInt128(128 - prefix.family.bits)
            #expect(prefix.last.value - prefix.first.value == all >> UInt128(prefix.length))
            if let below = prefix.first.previous { #expect(!prefix.contains(below)) }
            if let above = prefix.last.next { #expect(!prefix.contains(above)) }
        }
    }

    @Test("a damaged text is read or refused, and what is read is written the same")
    func mutations() {
        var random = PolicyRandom(2)
        let signs = Array("0123456789abcdef:./%[]- ")
        for _ in 0..<5_000 {
            var text = Array(random.prefix().description)
            for _ in 0...random.below(3) {
                let place = random.below(text.count)
                if random.below(3) == 0, text.count > 1 {
                    text.remove(at: place)
                } else {
                    text[place] = random.one(of: signs)
                }
            }
            do throws(AddressError) {
                let prefix = try IPPrefix(parsing: String(text))
                #expect(IPPrefix(prefix.description) == prefix)
            } catch {
                #expect(!error.fault.isEmpty && !error.remedy.isEmpty)
            }
        }
    }

    @Test("a network of IPv6 around the mapped addresses keeps its family at both ends")
    func mappedEnds() throws {
        for text in ["::/80", "::fffe:0:0/95", "::/0", "::8000:0:0/81"] {
            let prefix = try IPPrefix(parsing: text)
            #expect(prefix.last.family == .ipv6 && prefix.first < prefix.last)
            #expect(AddressSet([prefix]).prefixes == [prefix])
        }
    }
}
