import Firewall
import JSONText
import Settings

/// What the service remembers of itself beside the policy: `{"version": 1, "posture": 4, "off": false}`.
struct ServiceState: Hashable {
    var posture = Posture.normal
    /// Somebody said `off`: nothing comes into the kernel before somebody says `apply`.
    var isOff = false

    /// What is kept at `path`, or what a new installation has.
    /// - Throws: 77 or 78 if it is there and cannot be read, or says something that cannot be.
    init(path: String) throws(ProgramError) {
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(path, limit: 65_536)
        } catch {
            guard error.status == 66 else { throw error }
            return
        }
        guard let node = try? JSONNode(parsing: bytes), node["version"]?.int == 1,
            let posture = node["posture"]?.int.flatMap(Posture.init(rawValue:)), let isOff = node["off"]?.bool
        else {
            throw .configuration("\(path) is not as this program writes it; remove it, and set the posture again")
        }
        self.posture = posture
        self.isOff = isOff
    }

    func write(to path: String) throws(ProgramError) {
        let json: JSON = ["version": 1, "posture": .int(posture.rawValue), "off": .bool(isOff)]
        try WholeFile.write(json.compact + "\n", to: path, mode: 0o600)
    }
}
