package import Terminal

extension LiveTable {
    /// - Returns: what the shell must do, if it must.
    package mutating func press(_ key: Key) -> Request? {
        switch key {
        case .control("c"): return .quit
        case .control("z"): return .suspend
        case .control("l"): return .redraw
        default: break
        }
        if typing != nil {
            type(key)
            return nil
        }
        switch key {
        case .character("q"): return .quit
        case .character("?"), .character("h"): page = page == .help ? .flows : .help
        case .character("p"), .character(" "): pause()
        default: pressOnPage(key)
        }
        return nil
    }

    private mutating func pressOnPage(_ key: Key) {
        switch page {
        case .help: if key == .escape || key == .enter || key == .left || key == .backspace { page = .flows }
        case .flow(let number, let back): pressInFlow(key, number, back)
        case .flows: pressInList(key)
        }
    }

    private mutating func pressInFlow(_ key: Key, _ number: Int, _ back: Int) {
        let most = LiveFlow.mostRecords * 2
        switch key {
        case .escape, .left, .backspace, .enter: page = .flows
        case .up, .character("k"): page = .flow(number, back: min(back + 1, most))
        case .down, .character("j"): page = .flow(number, back: max(back - 1, 0))
        case .pageUp: page = .flow(number, back: min(back + pageSize, most))
        case .pageDown: page = .flow(number, back: max(back - pageSize, 0))
        case .home, .character("g"): page = .flow(number, back: most)
        case .end, .character("G"): page = .flow(number, back: 0)
        default: break
        }
    }

    private mutating func pressInList(_ key: Key) {
        switch key {
        case .up, .character("k"): move(-1)
        case .down, .character("j"): move(1)
        case .pageUp: move(-pageSize)
        case .pageDown: move(pageSize)
        case .home, .character("g"): move(-LiveFlows.mostFlows)
        case .end, .character("G"): move(LiveFlows.mostFlows)
        case .enter, .right: open()
        case .character("s"): nextOrder()
        case .character("r"): isReversed.toggle()
        case .character("c"): clearEnded()
        case .character("/"): typing = filter
        case .escape: filter = ""
        default: break
        }
    }

    /// The selection stays with its connection, wherever that moves.
    private mutating func move(_ rows: Int) {
        let numbers = listed.map(\.number)
        guard !numbers.isEmpty else { return selected = nil }
        guard let place = selected.flatMap({ numbers.firstIndex(of: $0) }) else {
            return selected = rows < 0 ? numbers.last : numbers.first
        }
        selected = numbers[min(max(place + rows, 0), numbers.count - 1)]
    }

    private mutating func open() {
        let numbers = listed.map(\.number)
        guard let number = selected.flatMap({ numbers.contains($0) ? $0 : nil }) ?? numbers.first else { return }
        selected = number
        page = .flow(number, back: 0)
    }

    private mutating func nextOrder() {
        let all = Order.allCases
        let place = all.firstIndex(of: order).map { ($0 + 1) % all.count } ?? 0
        order = all[place]
    }

    // MARK: The filter

    /// Characters of a filter.
    private static let longestFilter = 100

    private mutating func type(_ key: Key) {
        let text = typing ?? ""
        switch key {
        case .enter: typing = nil
        case .escape:
            typing = nil
            filter = ""
        case .backspace: change(String(text.dropLast()))
        case .control("u"): change("")
        case .character(let character): change(text + String(character))
        case .paste(let pasted): change(text + pasted)
        default: break
        }
    }

    /// The list follows what is typed.
    private mutating func change(_ text: String) {
        let kept = String(Harmless.text(text).prefix(Self.longestFilter))
        typing = kept
        filter = kept.lowercased()
        top = 0
    }
}
