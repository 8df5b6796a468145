import ArgumentParser
import ControlSocket
import Firewall
import Glibc
import PacketCapture

/// What ``FirewallPipe`` starts: reads reports from standard input, a line each, and hands them to the firewall until the input ends.
struct ForwardCommand: ParsableCommand {
    static let name = "forward-reports"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Hands reports from standard input to conclave-firewall.", shouldDisplay: false)

    @Option(help: ArgumentHelp("The firewall's socket.", valueName: "socket"))
    var socket: String

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        try Self.becomeOwner(of: socket)
        let sender: ReportSender
        do throws(ControlSocketError) {
            sender = try ReportSender(socket)
        } catch {
            throw CaptureError.failed("--firewall: \(error)")
        }
        while let line = readLine() {
            guard line.utf8.count <= 4_096, case .report(let report)? = try? ControlRequest(parsing: line.utf8) else {
                continue
            }
            sender.report(report)
        }
        let patience = SteadyClock.milliseconds() + 2_000
        while sender.waiting > 0, SteadyClock.milliseconds() < patience { usleep(10_000) }
        let waiting = sender.waiting
        sender.stop()
        let count = sender.count
        if count.dropped + waiting > 0 {
            complain(
                "\(count.dropped + waiting) alarms did not reach the firewall at \(socket); does conclave-firewall run?"
            )
        }
        if count.refused > 0 {
            complain("the firewall did not take \(count.refused) alarms: \(count.lastRefusal)")
        }
    }

    /// Root becomes the user whose socket it is, who may connect; all others stay who they are. No capability is left.
    private static func becomeOwner(of path: String) throws(CaptureError) {
        var facts = stat()
        if geteuid() == 0, lstat(path, &facts) == 0, facts.st_uid != 0 {
            guard setgroups(0, nil) == 0, setregid(facts.st_gid, facts.st_gid) == 0,
                setreuid(facts.st_uid, facts.st_uid) == 0
            else { throw .failed("root's rights cannot be given up: \(String(cString: strerror(errno)))") }
        }
        try Privileges.drop(changesUser: false)
    }
}
