import JSONText

extension BanRow {
    var json: JSON {
        [
            "targets": .array(ban.targets.map { .string("\($0)") }), "since": .integer(ban.since),
            "until": .integer(ban.until), "kind": .string(ban.kind.rawValue), "detail": .string(ban.detail),
            "offence": .int(ban.offence), "packets": .integer(packets),
        ]
    }

    init(_ node: JSONNode?) throws(ControlFailure) {
        let fields = try ControlFields(node, "a ban")
        let ban = Ban(
            targets: try fields.prefixes("targets", most: 64), since: try fields.time("since"),
            until: try fields.time("until"), kind: try fields.choice("kind"),
            detail: try fields.optionalText("detail") ?? "", offence: try fields.int("offence"))
        self.init(ban, packets: try fields.optionalInt("packets", 0...Int.max))
    }
}

extension PacketRow {
    var json: JSON {
        [
            "id": .integer(id), "weight": .int(weight), "time": .integer(packet.time), "reason": .string(reason),
            "name": .string(name),
            "source": .string(packet.source?.description), "destination": .string(packet.destination?.description),
            "transport": .integer(packet.transport), "sourcePort": .integer(packet.sourcePort),
            "destinationPort": .integer(packet.destinationPort), "flags": .integer(packet.flags),
            "length": .int(packet.length), "interface": .string(interface),
        ]
    }

    init(_ node: JSONNode?) throws(ControlFailure) {
        let fields = try ControlFields(node, "a packet")
        let reason = try fields.text("reason", most: 128)
        let packet = LoggedPacket(
            prefix: "cfw:" + reason, time: try fields.time("time"), source: try fields.optionalAddress("source"),
            destination: try fields.optionalAddress("destination"),
            transport: UInt8(clamping: try fields.int("transport", 0...255)),
            sourcePort: try fields.optionalPort("sourcePort"),
            destinationPort: try fields.optionalPort("destinationPort"),
            flags: UInt8(clamping: try fields.int("flags", 0...255)), length: try fields.int("length"))
        self.init(
            id: Int64(try fields.int("id")), weight: try fields.optionalInt("weight", 1...Int.max) ?? 1, reason: reason,
            name: try fields.optionalText("name"), packet: packet,
            interface: try fields.optionalText("interface", most: 64))
    }
}

extension StatisticsAnswer {
    var fields: [(String, JSON)] {
        [
            ("time", .integer(time)), ("since", .integer(since)),
            (
                "counters",
                .array(
                    counters.map { counter in
                        [
                            "name": .string(counter.name), "packets": .int(counter.packets),
                            "bytes": .int(counter.bytes), "perSecond": .number(counter.perSecond),
                        ]
                    })
            ),
            ("bans", .int(bans)), ("authenticated", .int(authenticated)), ("feedEntries", .int(feedEntries)),
            ("blockedRows", .int(blockedRows)), ("allowedRows", .int(allowedRows)), ("storeBytes", .int(storeBytes)),
            ("lost", .int(lost)), ("memory", .int(memory)),
        ]
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        let counters = try fields.array("counters", most: ControlAnswer.mostRows) { node throws(ControlFailure) in
            let fields = try ControlFields(node, "a counter")
            return Counter(
                try fields.text("name", most: 64), packets: try fields.int("packets"), bytes: try fields.int("bytes"),
                perSecond: try fields.double("perSecond"))
        }
        self.init(
            time: try fields.time("time"), since: try fields.time("since"), counters: counters,
            bans: try fields.int("bans"), authenticated: try fields.int("authenticated"),
            feedEntries: try fields.int("feedEntries"), blockedRows: try fields.int("blockedRows"),
            allowedRows: try fields.int("allowedRows"), storeBytes: try fields.int("storeBytes"),
            lost: try fields.int("lost"), memory: try fields.int("memory"))
    }
}

extension FeedRow {
    var json: JSON {
        [
            "name": .string(name), "direction": .string(direction.rawValue), "entries": .int(entries),
            "state": .string(state.rawValue), "fetched": .integer(fetched), "changed": .integer(changed),
            "held": .integer(held), "refused": .int(refused), "detail": .string(detail),
        ]
    }

    init(_ node: JSONNode?) throws(ControlFailure) {
        let fields = try ControlFields(node, "a feed")
        self.init(
            name: try fields.text("name", most: 128), direction: try fields.choice("direction"),
            entries: try fields.int("entries"), state: try fields.choice("state"),
            fetched: try fields.optionalTime("fetched"), changed: try fields.optionalTime("changed"),
            held: try fields.optionalInt("held", 0...Int.max), refused: try fields.int("refused"),
            detail: try fields.optionalText("detail") ?? "")
    }
}

extension WhyAnswer {
    var fields: [(String, JSON)] {
        var question = JSONFields()
        self.question.write(to: &question)
        return [
            ("question", .object(question)), ("outcome", .string(outcome.rawValue)), ("by", .string(by)),
            ("words", .string(words)), ("path", .texts(path)),
        ]
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        self.init(
            try WhyQuestion(try fields.fields("question")), outcome: try fields.choice("outcome"),
            by: try fields.text("by"), words: try fields.text("words", most: 4_000), path: try fields.texts("path"))
    }
}
