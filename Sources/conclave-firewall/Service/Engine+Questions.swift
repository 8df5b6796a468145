import Firewall
import FirewallStore
import Glibc
import NFTables

/// What is so.
extension Engine {
    func status(_ now: BanTime) -> StatusAnswer {
        StatusAnswer(
            state: !enforcement.isOn ? .off : pending == nil ? .on : .trial, posture: pending?.posture ?? state.posture,
            generation: (enforcement.trial?.generation ?? enforcement.current)?.number ?? 0,
            trialUntil: pending?.until.wall, since: since.wall,
            rules: (pending?.policy ?? policy).rules.count { $0.isEnabled }, bans: bans.active(now).count,
            feedEntries: feeds.entries, isProtected: enforcement.isProtected, policy: options.policyPath,
            problems: currentProblems(now))
    }

    private func currentProblems(_ now: BanTime) -> [String] {
        var all = problems.sorted { $0.key < $1.key }.map(\.value) + feeds.problems(policy.feeds, now)
        switch store.status.condition {
        case .working: break
        case .full:
            all.append(
                "The log is not written, as the disk is full; the rules go on. Make room on the disk of \(options.databasePath)"
            )
        case .failing(let reason): all.append("The log is not written: \(reason); the rules go on")
        }
        return all
    }

    func rules() throws(ControlFailure) -> RulesAnswer {
        let counters = try counters()
        let policy = pending?.policy ?? policy
        let rows = policy.rules.map { rule in
            let amount = counters[FirewallCounter.rule(rule.id)] ?? CounterAmount()
            return RuleRow(rule, packets: Int(clamping: amount.packets), bytes: Int(clamping: amount.bytes))
        }
        return RulesAnswer(rows, defaultAction: policy.defaultAction, trialUntil: pending?.until.wall)
    }

    func list(_ kind: ListName, _ now: BanTime) -> ListAnswer {
        let policy = pending?.policy ?? policy
        let entries = kind == .whitelist ? policy.whitelist : policy.blacklist
        return ListAnswer(kind, entries.filter { !$0.isExpired(at: now.wall / 1_000) })
    }

    func counters() throws(ControlFailure) -> [String: CounterAmount] {
        do throws(NFTablesError) { return try enforcement.counters() } catch { throw ControlFailure(error) }
    }

    func statisticsAnswer(_ now: BanTime) throws(ControlFailure) -> StatisticsAnswer {
        let counters = try counters()
        let status = store.status
        var answer = StatisticsAnswer(
            time: now.wall, since: statistics.since ?? since.wall,
            counters: counters.sorted { $0.key < $1.key }.map { name, amount in
                let short = name.hasPrefix("c_") ? String(name.dropFirst(2)) : name
                return .init(
                    short, packets: Int(clamping: amount.packets), bytes: Int(clamping: amount.bytes),
                    perSecond: statistics.rate(of: name, amount, now))
            },
            bans: bans.active(now).count, authenticated: authenticated.count, feedEntries: feeds.entries)
        answer.storeBytes = status.bytes
        answer.lost = Int(clamping: statistics.lost &+ status.dropped)
        answer.memory = ProcessFacts.residentBytes
        if let reader = try? store.reader() {
            answer.blockedRows = (try? reader.count(.blocked)) ?? 0
            answer.allowedRows = (try? reader.count(.allowed)) ?? 0
        }
        return answer
    }

    func logs(_ query: LogQuery) throws(ControlFailure) -> [PacketRow] {
        do throws(FirewallStoreError) {
            let rows = try store.reader().packets(query)
            return rows.map { row($0) }
        } catch {
            throw ControlFailure(.unavailable, "\(error)")
        }
    }

    private func row(_ stored: StoredPacket) -> PacketRow {
        let reason = stored.packet.reason
        var name: String?
        switch reason {
        case .rule(let id): name = policy.rules.first { $0.id == id }?.name
        case .feed: name = stored.packet.source.flatMap { feeds.names(listing: $0) }
        case .commandServer: name = stored.packet.destination.flatMap { feeds.names(listing: $0) }
        default: break
        }
        let index = stored.packet.inputInterface != 0 ? stored.packet.inputInterface : stored.packet.outputInterface
        return PacketRow(stored, name: name, interface: Self.interface(index))
    }

    private static func interface(_ index: UInt32) -> String? {
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard index != 0, if_indextoname(index, &name) != nil else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Why

    func why(_ question: WhyQuestion, _ now: BanTime) throws(ControlFailure) -> WhyAnswer {
        guard let ruleset = enforcement.ruleset else {
            return WhyAnswer(question, outcome: .allowed, by: "off", words: "The firewall is off, and blocks nobody.")
        }
        let here =
            facts().ownAddresses.first {
                $0.family == question.address.family && !IPPrefix.loopback($0.family).contains($0)
            }
            ?? (question.address.family == .ipv4 ? IPAddress(ipv4: 0) : IPAddress(ipv6: 0))
        let packet = PacketFacts(
            question.isOutbound ? .output : .input, from: question.isOutbound ? here : question.address,
            to: question.isOutbound ? question.address : here, transport: question.protocolNumber,
            sourcePort: question.hasPorts ? 40_000 : nil, destinationPort: question.hasPorts ? question.port ?? 0 : nil,
            icmpType: question.hasPorts ? nil : question.address.family == .ipv4 ? 8 : 128,
            isTrial: enforcement.trial != nil)
        do {
            let decision = try RulesetEvaluator(ruleset).decide(packet) { name, address in
                try enforcement.kernel.element(set: Self.sharedSet(name, address.family), key: address.bytes) != nil
            }
            let teller = DecisionTeller(
                policy: pending?.policy ?? policy, posture: pending?.posture ?? state.posture,
                ban: bans.ban(of: question.address, now), feeds: feeds.names(listing: question.address), now: now)
            return teller.answer(question, decision)
        } catch {
            throw ControlFailure(.runtime, "the kernel could not be asked: \(error)")
        }
    }
}

extension WhyQuestion {
    fileprivate var hasPorts: Bool { transport != .icmp }

    fileprivate var protocolNumber: UInt8 {
        switch transport {
        case .tcp, .any: 6
        case .udp: 17
        case .icmp: address.family == .ipv4 ? 1 : 58
        }
    }
}

extension IPPrefix {
    /// `127.0.0.0/8` or `::1`.
    static func loopback(_ family: AddressFamily) -> IPPrefix {
        family == .ipv4 ? IPPrefix(IPAddress(ipv4: 0x7F00_0000), length: 8) : IPPrefix(IPAddress(ipv6: 1))
    }
}
