import Firewall
import Testing

/// That the model refuses what a kernel refuses: else the suites that commit to it would prove nothing.
@Suite("the model of the kernel")
struct KernelModelTests {
    private func refuses(_ operations: KernelOperation..., after good: [KernelOperation] = []) -> Bool {
        var kernel = KernelModel()
        do {
            try kernel.commit(KernelTransaction([.addTable(isProtected: false)] + good))
        } catch {
            Issue.record("\(error)")
            return false
        }
        let before = kernel.ruleset
        do {
            try kernel.commit(KernelTransaction(operations))
            return false
        } catch {
            return kernel.ruleset == before
        }
    }

    @Test("refuses what names something that is not there")
    func names() {
        let chain = KernelOperation.addChain(FirewallChain("a"))
        #expect(refuses(.addRule(chain: "a", .init(.verdict(.drop)))))
        #expect(refuses(.addRule(chain: "a", .init(.count("c"))), after: [chain]))
        #expect(refuses(.addRule(chain: "a", .init(.verdict(.goto("b")))), after: [chain]))
        #expect(refuses(.addRule(chain: "a", .init(.addressSet(.init(.source, .ipv4), "s"))), after: [chain]))
        #expect(refuses(.deleteElements(set: SharedSet.ban4, [.init([1, 2, 3, 4])]), after: [.addSet(SharedSet.ban4)]))
    }

    @Test("refuses to delete what is in use")
    func uses() {
        let chains: [KernelOperation] = [.addChain(FirewallChain("a")), .addChain(FirewallChain("b"))]
        let map = NamedSet(
            "m", key: .port, isInterval: true, isMap: true, elements: [.init([0, 1], verdict: .goto("b"))])
        #expect(refuses(.deleteChain("b"), after: chains + [.addRule(chain: "a", .init(.verdict(.goto("b"))))]))
        #expect(refuses(.deleteChain("b"), after: chains + [.addSet(map)]))
        #expect(refuses(.deleteSet("m"), after: chains + [.addSet(map)]))
        #expect(
            refuses(
                .deleteCounter("c"),
                after: chains + [.addCounter("c"), .addRule(chain: "a", .init(.count("c")))]))
    }

    @Test("refuses overlaps, circles, and what a hook does not allow")
    func forms() {
        let set = NamedSet("s", key: .port, isInterval: true)
        #expect(
            refuses(.addElements(set: set, [.init([0, 1], through: [0, 9]), .init([0, 9])]), after: [.addSet(set)]))
        let chains: [KernelOperation] = [
            .addChain(Ruleset.baseChain(.prerouting)), .addChain(FirewallChain("a")), .addChain(FirewallChain("b")),
            .addRule(chain: "prerouting", .init(.verdict(.goto("a")))),
        ]
        #expect(
            refuses(
                .addRule(chain: "a", .init(.verdict(.jump("b")))), .addRule(chain: "b", .init(.verdict(.jump("a")))),
                after: chains))
        #expect(refuses(.addRule(chain: "a", .init(.reject)), after: chains))
        #expect(refuses(.addRule(chain: "a", .init(.port(.destination, 1...2))), after: chains))
    }
}
