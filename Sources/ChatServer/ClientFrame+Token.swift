import ChatWire

extension ClientFrame {
    /// Whether it carries the device's own number, by which it is known if it comes again.
    var hasToken: Bool {
        switch self {
        case .send, .submit, .leave, .readd: true
        default: false
        }
    }
}
