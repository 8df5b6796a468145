/// What a piece of text means, as a colour; never by the colour alone.
enum Tone: String {
    case plain = ""
    case dim = "2"
    case bold = "1"
    case good = "1;32"
    case bad = "1;31"
    case open = "1;33"
    case clear = "36"
}

struct Paint {
    var isOn: Bool

    func callAsFunction(_ text: String, _ tone: Tone) -> String {
        isOn && tone != .plain && !text.isEmpty ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }
}
