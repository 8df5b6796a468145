import Chat
import ChatWire

/// Whether the log that the server has is the one that was followed here: after a restore it is an earlier one, on which others may have
/// gone on.
extension Room {
    /// The server says where its log stands.
    /// - Parameter forgotten: a place that it had confirmed, and has forgotten: it was set back, and if the logs cannot be compared, that
    ///   alone shows it. If they can, they show what is lost, which may be nothing.
    func compare(_ status: RoomStatus, forgotten: UInt64?) {
        if status.head < cursor.sequence {
            if chain(at: status.head) == status.chain {
                goBack(to: status.head, chain: status.chain, epoch: status.epoch)
                return proceed()
            }
            if status.head <= cursor.start, cursor.start == cursor.sequence { return beginElsewhere(status) }
            return search(status, isSuspected: true, forgotten)
        }
        if status.head == cursor.sequence {
            if let known = chain(at: status.head), known != status.chain {
                return search(status, isSuspected: true, forgotten)
            }
            return proceed()
        }
        guard status.first <= cursor.sequence else {
            if let forgotten { report(.rollback(from: forgotten, to: status.cursor)) }
            if status.first > cursor.sequence + 1 { skipDropped(status) }
            return proceed()
        }
        search(status, isSuspected: false, forgotten)
    }

    /// Goes on with the log as it is.
    func proceed() {
        if head > cursor.sequence { startReading() } else { caughtUp() }
    }

    private func search(_ status: RoomStatus, isSuspected: Bool, _ forgotten: UInt64?) {
        guard !isCatchingUp else {
            // It was entered twice; what is being read belongs to the first time.
            if isSuspected { tell(status) }
            return
        }
        let near = max(min(status.head, cursor.sequence), 1) - 1
        var new = ForkSearch(
            status, from: max(near, lowest(status)), isSuspected: isSuspected, forgotten: forgotten)
        // With nothing to compare, the server's entries must lead from the own place to what it says of its log.
        if cursor.sequence == cursor.start, new.start == cursor.start { new.followed = (cursor.start, cursor.chain) }
        begin(new)
    }

    /// Where a comparison can begin at the earliest.
    private func lowest(_ status: RoomStatus) -> UInt64 { max(cursor.start, max(status.first, 1) - 1) }

    private func begin(_ new: ForkSearch) {
        guard new.start < cursor.sequence || new.followed != nil, chain(at: new.start) != nil,
            new.reads < ForkSearch.mostReads
        else {
            return searchFailed(new)
        }
        search = new
        search?.reads += 1
        isCatchingUp = true
        ask(.read(after: new.place))
    }

    /// An entry came while the logs are compared.
    func compare(_ entry: LogEntry) {
        if let followed = search?.followed, let head = search?.status.head {
            guard entry.sequence == followed.place + 1, entry.sequence <= head else { return }
            search?.followed = (entry.sequence, LogChain.next(followed.chain, entry))
            return
        }
        guard let search, search.result == nil, entry.sequence == search.place + 1,
            entry.sequence <= cursor.sequence, let before = chain(at: search.place),
            let after = chain(at: entry.sequence)
        else { return }
        if LogChain.next(before, entry) == after {
            self.search?.place += 1
        } else if search.place == search.start, search.start == cursor.start, search.start == lowest(search.status) {
            self.search?.followed = (entry.sequence, LogChain.next(before, entry))
        } else {
            self.search?.result = search.place > search.start ? .fork(search.place) : .earlier
        }
    }

    /// A page has come whole.
    func pageCompared() {
        guard let search else { return }
        let status = search.status
        if let followed = search.followed { return pageFollowed(followed, search) }
        switch search.result {
        case .fork(let place):
            self.search = nil
            isCatchingUp = false
            guard let chain = chain(at: place) else { return searchFailed(search) }
            goBack(to: place, chain: chain, epoch: nil)
            proceed()
        case .earlier:
            guard search.start > lowest(status) else { return searchFailed(search) }
            var next = search
            next.result = nil
            next.start = max(lowest(status), search.start - min(search.start, search.step))
            next.place = next.start
            next.step = min(search.step, 1 << 40) * 4
            begin(next)
        case .none where status.head <= cursor.start && search.place == search.start: beginElsewhere(status)
        case .none:
            let isWhole = search.place >= min(cursor.sequence, status.head)
            // A page that brings nothing is not asked for again.
            guard !isWhole, search.place > search.start, search.reads < ForkSearch.mostReads else {
                return isWhole && !search.isSuspected ? found(nothing: search) : searchFailed(search)
            }
            self.search?.reads += 1
            self.search?.start = search.place
            ask(.read(after: search.place))
        }
    }

    /// They part where this device came in, if the server's entries from there on lead to what it says of its log; otherwise before that.
    private func pageFollowed(_ followed: (place: UInt64, chain: Digest), _ search: ForkSearch) {
        let status = search.status
        guard followed.place >= status.head || search.reads >= ForkSearch.mostReads || followed.place == search.place
        else {
            self.search?.reads += 1
            self.search?.place = followed.place
            return ask(.read(after: followed.place))
        }
        let hasNothingToLose = cursor.sequence == search.start
        guard followed.place == status.head || !hasNothingToLose else { return found(nothing: search) }
        guard followed.place == status.head, followed.chain == status.chain, let chain = chain(at: search.start) else {
            return search.start > 0 ? beginElsewhere(status) : searchFailed(search)
        }
        guard !hasNothingToLose else { return found(nothing: search) }
        self.search = nil
        isCatchingUp = false
        goBack(to: search.start, chain: chain, epoch: nil)
        proceed()
    }

    /// The logs part before the place where this device came in. It begins where the server says that it came in now.
    private func beginElsewhere(_ status: RoomStatus) {
        search = nil
        isCatchingUp = false
        let base = rollback.base.flatMap { $0.place <= status.head ? $0 : nil }
        rollback.base = nil
        begin(anew: base ?? Rollback.Base(place: status.head, chain: status.chain, epoch: status.epoch))
        proceed()
    }

    private func found(nothing search: ForkSearch) {
        self.search = nil
        isCatchingUp = false
        proceed()
    }

    /// What the server says of its log cannot be, and its entries do not explain it; or nothing could be compared.
    func searchFailed(_ failed: ForkSearch) {
        search = nil
        isCatchingUp = false
        if failed.isSuspected {
            tell(failed.status)
        } else if failed.result != nil {
            // The server's log is another one at the last place that was processed, and before.
            report(.rewritten(at: cursor.sequence))
        } else if let forgotten = failed.forgotten {
            report(.rollback(from: forgotten, to: failed.status.cursor))
        }
        proceed()
    }

    private func tell(_ status: RoomStatus) {
        let isShorter = status.head < cursor.sequence
        report(isShorter ? .rollback(from: cursor.sequence, to: status.head) : .rewritten(at: status.head))
    }
}
