import Glibc
import TLSMonitor

/// Records over time as a picture (SVG 2): the client's above the axis, the server's below it.
///
/// Places across are shares of the width and everything else is in pixels, so that the picture fills a wide screen and a narrow one
/// with words of the same size.
struct TimelinePicture {
    var title: String
    /// For those who do not see it.
    var description: String
    var marks: [FlowTimeline.Mark]
    /// Nanoseconds since the connection's first record.
    var range: ClosedRange<Int64>
    /// Of what one side sends at once, in percent of the width.
    var spacing: Double

    private static let height = 232.0
    private static let axis = 108.0
    private static let reach = 84.0
    private static let left = 8.0
    private static let right = 98.0

    /// Identifiers are unique on the page if `name` is.
    func svg(name: String) -> String {
        let largest = max(marks.map(\.bytes).max() ?? 0, 1_000)
        return """
            <svg class="timeline" role="img" aria-labelledby="\(name)-t \(name)-d" width="100%" height="\(Int(Self.height))">
            <title id="\(name)-t">\(HTML.text(title))</title>
            <desc id="\(name)-d">\(HTML.text(description))</desc>
            \(grid(largest))\(ticks)<line class="axis" x1="0" x2="100%" y1="\(Int(Self.axis))" y2="\(Int(Self.axis))"/>
            <text class="side" x="100%" y="11">client sends ▲</text>
            <text class="side" x="100%" y="\(Int(2 * Self.axis - 2))">server sends ▼</text>
            \(drawing(largest))
            \(scale(largest))
            </svg>

            """
    }

    // MARK: Places

    /// In percent of the width.
    private func across(_ time: Int64) -> Double {
        let width = Double(range.upperBound) - Double(range.lowerBound)
        guard width > 0 else { return (Self.left + Self.right) / 2 }
        let share = (Double(time) - Double(range.lowerBound)) / width
        return Self.left + (Self.right - Self.left) * min(max(share, 0), 1)
    }

    /// In pixels: sizes grow tenfold from line to line.
    private func reach(_ bytes: Int, _ largest: Int) -> Double {
        let share = log2(Double(max(bytes, 8)) / 8) / log2(Double(largest) / 8)
        return 5 + (Self.reach - 5) * min(max(share, 0), 1)
    }

    private static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return rest == 0 ? "\(hundredths / 100)" : "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    // MARK: Parts

    private static let sizes = [
        100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    ]

    private func grid(_ largest: Int) -> String {
        var lines = ""
        for size in Self.sizes where size <= largest {
            let reach = reach(size, largest)
            for place in [Self.axis - reach, Self.axis + reach] {
                let y = Self.number(place)
                lines += "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>"
            }
        }
        return lines + "\n"
    }

    /// Over the bars, so that it can be read on a narrow screen.
    private func scale(_ largest: Int) -> String {
        let sizes = Self.sizes.filter { $0 <= largest && ($0 == 100 || $0 == 1_000 || $0 * 10 > largest) }
        return sizes.map { size in
            let y = Self.number(Self.axis - reach(size, largest) - 2)
            return "<text class=\"scale\" x=\"0\" y=\"\(y)\">\(Measures.bytes(size))</text>"
        }.joined()
    }

    private var ticks: String {
        let width = range.upperBound - range.lowerBound
        guard width > 0 else { return "" }
        let step = Self.step(width)
        var lines = ""
        var time = range.lowerBound / step * step
        while time <= range.upperBound {
            if time >= range.lowerBound {
                let x = Self.number(across(time))
                lines += """
                    <line class="tick" x1="\(x)%" x2="\(x)%" y1="\(Int(Self.axis - 3))" y2="\(Int(Self.axis + 3))"/>\
                    <text class="time" x="\(x)%" y="\(Int(Self.height - 2))">\(Measures.duration(time))</text>
                    """
            }
            let (next, overflows) = time.addingReportingOverflow(step)
            if overflows { break }
            time = next
        }
        return lines + "\n"
    }

    /// Round, and four or five of them across.
    private static func step(_ width: Int64) -> Int64 {
        let second: Int64 = 1_000_000_000
        let long: [Int64] = [60, 120, 300, 600, 1_200, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800]
        if width > 200 * second { return long.first { $0 * second * 5 >= width }.map { $0 * second } ?? width / 5 }
        var unit: Int64 = 1
        while unit * 50 < width { unit *= 10 }
        return [1, 2, 5, 10].map { $0 * unit }.first { $0 * 5 >= width } ?? 10 * unit
    }

    /// What comes at once stands side by side, as far as there is room.
    private func drawing(_ largest: Int) -> String {
        var parts: [String] = []
        for direction in FlowDirection.allCases {
            let side = marks.filter { $0.direction == direction }
            let apart = min(spacing, (Self.right - Self.left) / Double(max(side.count, 1)))
            var places: [Double] = []
            for mark in side { places.append(max(across(mark.start), (places.last ?? 0) + apart)) }
            // What was pushed over the edge is pushed back.
            var edge = Self.right
            for index in places.indices.reversed() {
                places[index] = min(places[index], edge)
                edge = places[index] - apart
            }
            for (mark, place) in zip(side, places) { parts.append(draw(mark, at: place, largest)) }
        }
        return parts.joined(separator: "\n")
    }

    private func draw(_ mark: FlowTimeline.Mark, at place: Double, _ largest: Int) -> String {
        let x = Self.number(place)
        let up = mark.direction == .clientToServer
        let tall = reach(mark.bytes, largest)
        let tip = Self.number(up ? Self.axis - tall : Self.axis + tall)
        let shape = Shape(mark.look)
        let top = Self.number(up ? Self.axis - tall : Self.axis)
        let bar =
            "<rect class=\"\(shape.kind) bar\" x=\"\(x)%\" y=\"\(top)\" width=\"4\" height=\"\(Self.number(tall))\"/>"
        let head = shape.head.map { "<use class=\"\(shape.kind)\" href=\"#\($0)\" x=\"\(x)%\" y=\"\(tip)\"/>" } ?? ""
        return "<g><title>\(HTML.text(Self.words(mark)))</title>\(bar)\(head)</g>"
    }

    /// What a mark says when it is pointed at.
    static func words(_ mark: FlowTimeline.Mark) -> String {
        let shape = Shape(mark.look)
        let sender = mark.direction == .clientToServer ? "client" : "server"
        let when =
            mark.end > mark.start
            ? "\(Measures.duration(mark.start)) to \(Measures.duration(mark.end))" : Measures.duration(mark.start)
        let what = mark.records == 1 ? shape.name : "\(mark.records.of("record")), \(shape.name)"
        let words = mark.words.isEmpty ? "" : mark.records == 1 ? ": \(mark.words)" : ", the first: \(mark.words)"
        let reason = mark.reason.isEmpty || mark.records > 1 ? "" : " (inferred: \(mark.reason))"
        let size = mark.bytes > 0 ? ", \(mark.bytes.grouped) B" : ""
        return "\(sender), at \(when): \(what)\(words)\(reason)\(size)"
    }
}

/// How a mark looks: a shape and a colour of its own, so that neither is needed to tell it from others.
struct Shape {
    /// Of the style sheet.
    var kind: String
    /// The head of the bar, among the shapes of the page; `nil` for a bar alone.
    var head: String?
    var name: String
    /// What it means, in one sentence.
    var meaning: String

    init(_ look: FlowTimeline.Look) {
        switch look {
        case .handshake:
            (kind, head, name) = ("k-handshake", "s-diamond", "handshake in the clear")
            meaning = "Everybody can read it: what is offered and chosen, and before TLS 1.3 the certificates."
        case .changeCipherSpec:
            (kind, head, name) = ("k-ccs", "s-square", "change of cipher")
            meaning = "One byte without meaning in TLS 1.3; before, it says that keys are used from here on."
        case .alert:
            (kind, head, name) = ("k-alert", "s-triangle", "alert in the clear")
            meaning = "Why a side gives up, or that it is done, where everybody can read it."
        case .protected:
            (kind, head, name) = ("k-protected", nil, "encrypted")
            meaning = "A record under keys: its size and its time are seen, and nothing else."
        case .inferred:
            (kind, head, name) = ("k-inferred", "s-ring", "encrypted, its kind inferred")
            meaning =
                "A record under keys of which size and place tell what it probably is. A guess, with how sure it is."
        case .opened:
            (kind, head, name) = ("k-opened", "s-dot", "encrypted, opened with the keys")
            meaning = "The keys that were given open it, and show that nobody changed it."
        case .failed:
            (kind, head, name) = ("k-failed", "s-barred", "encrypted, not opened by the keys")
            meaning = "The keys that were given do not open it: it was changed, or is not in its place."
        case .unaccounted:
            (kind, head, name) = ("k-unaccounted", "s-cross", "unaccounted")
            meaning = "Bytes that are no part of TLS, or cannot be assigned to it."
        }
    }

    /// As a picture of its own beside words.
    var glyph: String {
        let head = head.map { "<use class=\"\(kind)\" href=\"#\($0)\" x=\"8\" y=\"7\"/>" } ?? ""
        return """
            <svg class="glyph" width="16" height="18" aria-hidden="true">\
            <rect class="\(kind) bar" x="6" y="\(self.head == nil ? 2 : 7)" width="4" height="\(self.head == nil ? 15 : 10)"/>\(head)</svg>
            """
    }

    /// The shapes, once for the page.
    static let definitions = """
        <svg class="hidden" width="0" height="0" aria-hidden="true"><defs>
        <path id="s-diamond" d="M0-6 6 0 0 6-6 0z"/>
        <rect id="s-square" x="-4" y="-4" width="8" height="8"/>
        <path id="s-triangle" d="M0-6.5 6 5-6 5z"/>
        <circle id="s-ring" r="4.5"/>
        <circle id="s-dot" r="4"/>
        <path id="s-barred" d="M-4.5 0A4.5 4.5 0 1 0 4.5 0 4.5 4.5 0 1 0-4.5 0M-3.2-3.2 3.2 3.2"/>
        <path id="s-cross" d="M-5-5 5 5M5-5-5 5"/>
        <pattern id="p-stripes" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
        <rect class="stripe" width="2" height="4"/></pattern>
        </defs></svg>

        """
}
