import Firewall
import Foundation
import Testing

@Suite("the policy of a new installation")
struct StandardPolicyTests {
    @Test("Config/conclave-firewall.json is the standard policy, as the program writes it")
    func file() throws {
        let path =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/Config/conclave-firewall.json"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == Policy.standard.json)
    }
}
