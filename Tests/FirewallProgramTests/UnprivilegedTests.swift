import Firewall
import Foundation
import NetworkLab
import Testing

/// Whether nobody may make a user namespace here.
private let mayUnshare: Bool = {
    guard let result = try? LabProgram.result(of: Unprivileged.words + ["true"]) else { return false }
    return result.status == 0
}()

private enum Unprivileged {
    /// Nobody, in a user, network and mount namespace of its own.
    static let words =
        (getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []) + ["unshare", "-Urnm"]
}

@Suite(
    "without root's rights",
    .enabled(
        if: mayUnshare || ProcessInfo.processInfo.environment["CI"] == "true",
        "nobody may make user namespaces here (kernel.unprivileged_userns_clone)"))
struct UnprivilegedTests {
    @Test("nobody runs the daemon in a network of its own: rules, bans and loopback")
    func nobody() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o777])
        // The folder is for all: the umask counts for createDirectory.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        try Policy.rules(.block(1, .tcp, 23...23)).json.write(
            toFile: folder + "/policy.json", atomically: true, encoding: .utf8)
        try Self.script.write(toFile: folder + "/script", atomically: true, encoding: .utf8)
        // The build's folder may be closed to nobody: the program goes along.
        try FileManager.default.copyItem(atPath: RunningFirewall.program, toPath: folder + "/conclave-firewall")
        let program = try LabProgram(Unprivileged.words + ["bash", folder + "/script", folder])
        let status = try await program.status(within: 60)
        #expect(status == 0, "\(program.output)\(program.errors)")
        #expect(program.output.contains("all is well"))
    }

    /// Says what failed, and ends with 1.
    private static let script = #"""
        set -u
        cd "$1"
        fail() { echo "$1"; cat daemon.err; nft list ruleset | head -60; exit 1; }
        mkdir state run || fail "no folders"
        # A second network inside: the machine, and somebody else.
        unshare -n sleep 55 & other=$!
        trap 'kill $other $daemon 2>/dev/null' EXIT
        daemon=
        ip link set lo up
        for _ in {1..100}; do
            [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/$$/ns/net)" ] && break
            sleep 0.02
        done
        ip link add eth0 type veth peer name eth0 netns $other || fail "no cable"
        ip addr add 10.77.0.2/24 dev eth0 && ip link set eth0 up
        nsenter -t $other -n sh -c 'ip link set lo up; ip addr add 10.77.0.1/24 dev eth0; ip addr add 10.77.0.11/24 dev eth0; ip link set eth0 up'
        ./conclave-firewall run --policy policy.json --state state --run-dir run 2>daemon.err & daemon=$!
        for _ in {1..200}; do
            ./conclave-firewall list --socket run/control.sock >list.out 2>&1 && break
            kill -0 $daemon || fail "the daemon ended"
            sleep 0.05
        done
        grep -q "Block 1" list.out || fail "the rule is not listed: $(cat list.out)"
        cat >probe.py <<'END'
        import socket, sys
        def probe(source, target, port):
            s = socket.socket()
            s.settimeout(0.5)
            s.bind((source, 0))
            try:
                s.connect((target, port))
                return "open"
            except TimeoutError:
                return "dropped"
            except OSError as error:
                return error.strerror
        print(probe(sys.argv[1], sys.argv[2], int(sys.argv[3])))
        END
        python3 -c 'import socket,time
        a=socket.create_server(("0.0.0.0",23)); b=socket.create_server(("0.0.0.0",22)); time.sleep(50)' & 
        sleep 0.5
        expect() { # SOURCE PORT WANTED
            got=$(nsenter -t $other -n python3 probe.py "$1" 10.77.0.2 "$2")
            [ "$got" = "$3" ] || fail "port $2 from $1: $got, not $3"
        }
        expect 10.77.0.1 22 open
        expect 10.77.0.1 23 dropped
        [ "$(python3 probe.py 127.0.0.1 127.0.0.1 23)" = open ] || fail "the loopback is blocked"
        ./conclave-firewall blacklist add 10.77.0.11 --socket run/control.sock || fail "no blacklist"
        expect 10.77.0.11 22 dropped
        expect 10.77.0.1 22 open
        ./conclave-firewall off --socket run/control.sock || fail "off failed"
        expect 10.77.0.1 23 open
        kill $!
        echo "all is well"
        """#
}
