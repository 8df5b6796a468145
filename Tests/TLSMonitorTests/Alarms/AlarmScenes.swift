@testable import TLSMonitor

/// Of every kind of alarm, a capture that raises it and one that only just does not.
struct AlarmScene {
    var settings: [String: String] = [:]
    var raising: (inout Scene) -> Void
    var quiet: (inout Scene) -> Void

    static func of(_ kind: Alarm.Kind) -> AlarmScene? {
        stream(kind) ?? hellos(kind) ?? packets(kind) ?? certificates(kind)
    }

    private static func whole(_ turns: [Talk.Turn], port: UInt16 = 7_443) -> (inout Scene) -> Void {
        { Dialogue.whole(turns, Scene.client(), Scene.server(port), &$0) }
    }

    private static let clean = Talk.clean().turns

    // MARK: What is in the streams

    private static func stream(_ kind: Alarm.Kind) -> AlarmScene? {
        switch kind {
        case .plaintext:
            let request: [Talk.Turn] = [.client(Array("GET /secrets HTTP/1.1\r\nHost: chat.test\r\n\r\n".utf8))]
            return AlarmScene(raising: whole(request), quiet: whole(request, port: 80))
        case .strippedUpgrade:
            let greeting: [Talk.Turn] = [
                .server(Array("220 mail.test ESMTP\r\n".utf8)), .client(Array("EHLO chat.test\r\n".utf8)),
                .server(Array("250 STARTTLS\r\n".utf8)),
            ]
            let agreed: [Talk.Turn] = [
                .client(Array("STARTTLS\r\n".utf8)), .server(Array("220 go ahead\r\n".utf8)),
            ]
            return AlarmScene(raising: whole(greeting, port: 587), quiet: whole(greeting + agreed + clean, port: 587))
        case .badRecordHeader:
            return AlarmScene(raising: whole(clean + [.client([0x99, 3, 3, 0, 9, 1, 2])]), quiet: whole(clean))
        case .badRecordMAC:
            let start = Array(clean.prefix(2))
            return AlarmScene(
                raising: whole(start + [Speech.alert(20, from: .clientToServer)]),
                quiet: whole(start + [Speech.alert(40, from: .clientToServer)]))
        case .alertBurst:
            func refusals(_ count: Int) -> (inout Scene) -> Void {
                { scene in
                    for number in 0..<count {
                        Dialogue.whole(
                            [Speech.hello(), Speech.alert(40)],
                            Scene.client(port: UInt16(50_000 + number)), Scene.server(), &scene)
                    }
                }
            }
            return AlarmScene(raising: refusals(10), quiet: refusals(9))
        case .heartbleed:
            let hello = Speech.old(0x0303)
            let honest: [UInt8] = [1, 0, 3, 65, 66, 67] + [UInt8](repeating: 9, count: 16)
            return AlarmScene(
                raising: whole(hello + [.client(Wire.record(24, [1, 0x40, 0]))]),
                quiet: whole(hello + [.client(Wire.record(24, honest))]))
        case .recordSizeBurst:
            func upload(_ count: Int) -> [Talk.Turn] {
                (0..<80).map { Speech.data(200 + $0, seed: UInt64($0)) }
                    + (0..<count).map { Speech.data(5_000, seed: UInt64($0)) }
            }
            let end = Array(clean.suffix(2))
            return AlarmScene(
                raising: whole(clean.dropLast(2) + upload(64) + end),
                quiet: whole(clean.dropLast(2) + upload(63) + end))
        default: return nil
        }
    }

    // MARK: What the hellos say

    private static func hellos(_ kind: Alarm.Kind) -> AlarmScene? {
        switch kind {
        case .oldVersion: return AlarmScene(raising: whole(Speech.old(0x0303)), quiet: whole(clean))
        case .weakSuite:
            return AlarmScene(
                raising: whole(Speech.old(0x0303, suite: 0x000A)), quiet: whole(Speech.old(0x0303, suite: 0xC02F)))
        case .downgrade:
            return AlarmScene(
                raising: whole(
                    Speech.old(0x0303, offering: [0x0304, 0x0303], random: Speech.downgraded)),
                quiet: whole(Speech.old(0x0303, random: Speech.downgraded)))
        case .classicalGroup:
            return AlarmScene(
                raising: whole([Speech.hello(groups: [0x11EC, 29]), Speech.answer(group: 29)]),
                quiet: whole([Speech.hello(groups: [0x11EC, 29]), Speech.answer(group: 0x11EC)]))
        default: return nil
        }
    }

    // MARK: What packets do

    private static func packets(_ kind: Alarm.Kind) -> AlarmScene? {
        switch kind {
        case .truncation:
            // Both without their last record; the quiet one with it.
            return AlarmScene(raising: whole(clean.dropLast(2)), quiet: whole(clean))
        case .resetInjection:
            return AlarmScene(
                raising: { scene in
                    var dialogue = Dialogue()
                    dialogue.open(&scene)
                    dialogue.say(clean, &scene)
                    scene.packet(
                        dialogue.server, dialogue.client, dialogue.next[1] &+ 1_460, flags: Scene.rst)
                },
                quiet: { scene in
                    var dialogue = Dialogue()
                    dialogue.open(&scene)
                    dialogue.say(clean, &scene)
                    scene.packet(dialogue.server, dialogue.client, dialogue.next[1], flags: Scene.rst)
                    dialogue.send(.clientToServer, &scene, Wire.record(23, [UInt8](repeating: 3, count: 40)))
                })
        case .overlapConflict:
            func again(_ change: UInt8) -> (inout Scene) -> Void {
                { scene in
                    var dialogue = Dialogue()
                    dialogue.open(&scene)
                    dialogue.say(clean, &scene)
                    var last = clean[clean.count - 2].bytes
                    last[10] ^= change
                    dialogue.next[0] &-= UInt32(last.count)
                    dialogue.send(.clientToServer, &scene, last)
                    dialogue.close(&scene)
                }
            }
            return AlarmScene(raising: again(1), quiet: again(0))
        case .portScan:
            func scan(_ count: Int) -> (inout Scene) -> Void {
                { scene in
                    for port in 0..<count {
                        let target = Scene.server(UInt16(1_000 + port))
                        scene.packet(Scene.client(), target, 5, flags: Scene.syn)
                        scene.packet(target, Scene.client(), 0, 6, flags: Scene.rst | Scene.ack)
                    }
                }
            }
            return AlarmScene(raising: scan(15), quiet: scan(14))
        case .synFlood:
            func flood(_ count: Int) -> (inout Scene) -> Void {
                { scene in
                    for number in 0..<count {
                        scene.packet(
                            Scene.client(number, port: UInt16(2_000 + number)), Scene.server(), UInt32(number),
                            flags: Scene.syn)
                    }
                }
            }
            return AlarmScene(raising: flood(200), quiet: flood(199))
        case .rateBurst: return rates()
        case .newTalker:
            func guest(after milliseconds: Int) -> (inout Scene) -> Void {
                { scene in
                    Dialogue.whole(clean, Scene.client(), Scene.server(), &scene)
                    scene.wait(milliseconds: milliseconds)
                    Dialogue.whole(clean, Scene.client(9), Scene.server(), &scene)
                }
            }
            return AlarmScene(raising: guest(after: 301_000), quiet: guest(after: 290_000))
        default: return nil
        }
    }

    private static func rates() -> AlarmScene {
        func talk(_ kilobytes: [Int]) -> (inout Scene) -> Void {
            { scene in
                var dialogue = Dialogue()
                dialogue.open(&scene)
                dialogue.say(clean, &scene)
                for count in kilobytes {
                    for number in 0..<count { dialogue.say([Speech.data(1_000, seed: UInt64(number))], &scene) }
                    scene.wait(milliseconds: 10_000)
                }
            }
        }
        let usual = [4, 6, 5, 4, 5, 6, 5, 4]
        return AlarmScene(
            settings: ["rate-bytes": "64 KiB"], raising: talk(usual + [90]), quiet: talk(usual + [40, 60]))
    }

    // MARK: Certificates

    private static func certificates(_ kind: Alarm.Kind) -> AlarmScene? {
        let good = TestCertificate()
        switch kind {
        case .certificateExpiry:
            return AlarmScene(
                raising: whole(TestCertificate(notAfter: "231213000000Z").handshake),
                quiet: whole(TestCertificate(notAfter: "231215000000Z").handshake))
        case .selfSigned:
            return AlarmScene(
                raising: whole(TestCertificate(issuer: good.subject).handshake), quiet: whole(good.handshake))
        case .certificateChange:
            func two(_ serial: UInt8) -> (inout Scene) -> Void {
                { scene in
                    Dialogue.whole(good.handshake, Scene.client(), Scene.server(), &scene)
                    Dialogue.whole(
                        TestCertificate(serial: serial).handshake, Scene.client(2), Scene.server(), &scene)
                }
            }
            return AlarmScene(raising: two(2), quiet: two(1))
        default: return nil
        }
    }
}
