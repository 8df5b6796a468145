/// Rules about values, for the reader and for the edits.
enum PolicyCheck {
    /// Whether all characters show themselves: no control characters, no line breaks, no marks that turn the direction of writing.
    static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            switch $0.properties.generalCategory {
            case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
            default: true
            }
        }
    }

    /// What is wrong with a rule's name, and what to do.
    static func name(_ name: String) -> (problem: String, remedy: String)? {
        if name.isEmpty || name.allSatisfy(\.isWhitespace) { return ("the name is empty", "say what the rule is for") }
        guard name.unicodeScalars.count <= PolicyLimits.nameCharacters else {
            return (
                "the name has \(name.unicodeScalars.count) characters", "write at most \(PolicyLimits.nameCharacters)"
            )
        }
        guard isPrintable(name) else { return ("the name has characters that cannot be seen", "remove them") }
        return nil
    }

    static func note(_ note: String) -> (problem: String, remedy: String)? {
        guard note.unicodeScalars.count <= PolicyLimits.noteCharacters else {
            return (
                "the note has \(note.unicodeScalars.count) characters", "write at most \(PolicyLimits.noteCharacters)"
            )
        }
        guard isPrintable(note) else { return ("the note has characters that cannot be seen", "remove them") }
        return nil
    }

    /// A card's name as the kernel allows it (`dev_valid_name`), with `*` at most at the end.
    static func interface(_ name: String) -> (problem: String, remedy: String)? {
        if name == "*" { return ("\"*\" means every card", "leave the interface away") }
        let isRight =
            (1...15).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
            && !name.dropLast().contains("*")
        return isRight
            ? nil
            : (
                "\(Quoted.text(name)) is no name of a card",
                "write at most 15 letters as `ip link` shows them, such as \"eth0\", or a beginning such as \"wlan*\""
            )
    }
}

extension FirewallRule {
    /// - Throws: ``PolicyError`` with the field's name for what a rule may not be.
    package func check() throws(PolicyError) {
        func refuse(_ field: String, _ fault: (problem: String, remedy: String)?) throws(PolicyError) {
            guard let fault else { return }
            throw PolicyError(field: field, problem: fault.problem, remedy: fault.remedy)
        }
        if !PolicyLimits.ids.contains(id) {
            try refuse("id", ("\(id) is no id", "write a number from 1 to \(PolicyLimits.ids.upperBound)"))
        }
        try refuse("name", PolicyCheck.name(name))
        try refuse("note", PolicyCheck.note(note))
        if let interface { try refuse("interface", PolicyCheck.interface(interface)) }
        if transport == .icmp, !ports.isEmpty {
            try refuse("ports", ("ICMP has no ports", "leave the ports away, or choose the protocol tcp, udp or any"))
        }
        if ports.contains(where: { $0.lowerBound == 0 }) {
            try refuse("ports", ("0 is no port", "write a number from 1 to 65535, or a range such as \"135-139\""))
        }
        if ports.count > PolicyLimits.ports {
            let most = "write at most \(PolicyLimits.ports), or two rules"
            try refuse("ports", ("there are \(ports.count) ports and ranges", most))
        }
        for (field, prefixes) in [("source", sources), ("destination", destinations)]
        where prefixes.count > PolicyLimits.prefixes {
            let most = "write at most \(PolicyLimits.prefixes), or use the blacklist, the whitelist or a feed"
            try refuse(field, ("there are \(prefixes.count) networks", most))
        }
    }
}

extension ListEntry {
    /// - Throws: ``PolicyError`` with the field's name for what an entry may not be.
    package func check() throws(PolicyError) {
        if let fault = PolicyCheck.note(note) {
            throw PolicyError(field: "note", problem: fault.problem, remedy: fault.remedy)
        }
        if let until, !(0...UTCTime.last).contains(until) {
            throw PolicyError(
                field: "until", problem: "\(until) is no time of the years 1970 to 9999",
                remedy: "choose an earlier end, or none")
        }
    }
}
