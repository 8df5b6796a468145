import ArgumentParser
import Glibc
import MonitorViews
import PacketCapture

/// `tlsmon list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the interfaces on which packets can be captured.")

    @Flag(help: "One JSON object on a line.")
    var json = false

    @Flag(
        help:
            "Lock this process down as captures and files are read, try what must fail then, and show what came of it.")
    var lockdown = false

    func run() throws {
        if lockdown { return try LockdownTrial().run() }
        let interfaces = try CaptureInterface.all()
        if interfaces.isEmpty { complain("no interface can be captured on; use sudo") }
        for interface in interfaces {
            if json {
                var object = JSONLine()
                object.add("interface", interface.name)
                object.add("up", interface.isUp)
                object.add("loopback", interface.isLoopback)
                Output.write(object.line + "\n", to: STDOUT_FILENO)
            } else {
                let marks = [
                    interface.isUp ? "up" : "down", interface.isLoopback ? "loopback" : nil, interface.summary,
                ]
                let name = interface.name + String(repeating: " ", count: max(1, 16 - interface.name.count))
                Output.write(name + marks.compactMap { $0 }.joined(separator: " · ") + "\n", to: STDOUT_FILENO)
            }
        }
    }
}
