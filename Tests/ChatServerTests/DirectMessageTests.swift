import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("direct messages")
struct DirectMessageTests {
    @Test("go to all devices of the user and to the sender's other ones, and to nobody else", arguments: 1...3)
    func reachAllDevices(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let sender = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: loops - 1)
        let bobs = [
            try cluster.connect(bob), try cluster.connect(bob, on: loops - 1),
            try cluster.connect(device("bob/phone"), on: loops / 2),
        ]
        let outsider = try cluster.connect(carol)
        let near = try cluster.connect(device("bobby/laptop"))
        #expect(
            try sender.tell("bob", "hello")
                == .accepted(RequestID(1), sequence: 0, time: Timestamp(milliseconds: cluster.time)))
        let delivery = DirectDelivery(
            recipient: user("bob"), time: Timestamp(milliseconds: cluster.time), sender: alice,
            payload: ByteBuffer(string: "hello"))
        for client in bobs + [phone] { #expect(client.received == [.directDelivery(delivery)]) }
        #expect(sender.received.count == 1)
        #expect(outsider.received.isEmpty && near.received.isEmpty)
    }

    @Test("fail if the user has no device online, and then nobody gets them")
    func failWithoutReceiver() throws {
        let cluster = Cluster(loops: 2)
        let sender = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: 1)
        let answer = try sender.tell("bob", "hello")
        guard case .failed(RequestID(1), let failure) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(failure.code == .userIsOffline && failure.canRetry)
        #expect(phone.received.isEmpty)
    }

    @Test("fail once the user's last device has gone")
    func failAfterGoodbye() throws {
        let cluster = Cluster(loops: 2)
        let sender = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: 1)
        try sender.tell("bob", "one")
        cluster.close(other)
        #expect(try sender.tell("bob", "two").failure == .userIsOffline)
        #expect(other.directTexts == ["one"])
    }

    @Test("to oneself reach one's other devices")
    func reachOneself() throws {
        let cluster = Cluster(loops: 2)
        let sender = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: 1)
        try sender.tell("alice", "note")
        #expect(phone.directTexts == ["note"])
        #expect(sender.directTexts.isEmpty)
    }

    @Test("of one connection arrive in the order in which they were sent", arguments: 1...3)
    func keepTheirOrder(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let sender = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: loops - 1)
        for number in 0..<20 {
            try sender.send { .sendDirect($0, user("bob"), payload: ByteBuffer(string: "\(number)")) }
            if number.isMultiple(of: 3) { cluster.endTick(of: 0) }
        }
        cluster.settle()
        #expect(other.directTexts == (0..<20).map { "\($0)" })
    }
}
