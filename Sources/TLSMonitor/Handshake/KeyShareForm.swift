/// How long the keys of a group are on the wire (RFC 8446 §4.2.8.1 and §4.2.8.2, RFC 8422 §5.4.1, draft-ietf-tls-ecdhe-mlkem,
/// draft-ietf-tls-mlkem), in bytes.
struct KeyShareForm {
    var client: Int
    var server: Int
    /// A point that begins with 4, as an uncompressed one does.
    var isPoint = false

    init?(group: UInt16) {
        switch group {
        case 21: self.init(57, 57, isPoint: true)
        case 22, 23, 26, 31: self.init(65, 65, isPoint: true)
        case 24, 27, 32: self.init(97, 97, isPoint: true)
        case 25: self.init(133, 133, isPoint: true)
        case 28, 33: self.init(129, 129, isPoint: true)
        case 29: self.init(32, 32)
        case 30: self.init(56, 56)
        case 256: self.init(256, 256)
        case 257: self.init(384, 384)
        case 258: self.init(512, 512)
        case 259: self.init(768, 768)
        case 260: self.init(1_024, 1_024)
        case 0x0200: self.init(800, 768)
        case 0x0201: self.init(1_184, 1_088)
        case 0x0202: self.init(1_568, 1_568)
        case 0x11EB: self.init(1_249, 1_153, isPoint: true)
        case 0x11EC, 0x6399: self.init(1_216, 1_120)
        case 0x11ED: self.init(1_665, 1_665, isPoint: true)
        default: return nil
        }
    }

    private init(_ client: Int, _ server: Int, isPoint: Bool = false) {
        self.client = client
        self.server = server
        self.isPoint = isPoint
    }

    /// Whether a key is one of its group, as far as can be seen; any key is, of a group that is not known here.
    static func accepts(_ share: HelloFields.Share, isClient: Bool) -> Bool {
        guard let form = KeyShareForm(group: share.group) else { return share.length > 0 }
        return share.length == (isClient ? form.client : form.server) && (!form.isPoint || share.first == 4)
    }
}
