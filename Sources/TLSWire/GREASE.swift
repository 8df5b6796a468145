/// Values that are sent to see whether others ignore them (RFC 8701), and which mean nothing.
public enum GREASE {
    public static func contains(_ value: UInt16) -> Bool {
        value & 0x0F0F == 0x0A0A && value >> 8 == value & 0xFF
    }

    /// Of the modes in which a pre-shared key may be used, which are single bytes (RFC 8701 §2).
    public static func contains(mode: UInt8) -> Bool {
        mode >= 0x0B && (mode - 0x0B) % 0x1F == 0
    }
}
