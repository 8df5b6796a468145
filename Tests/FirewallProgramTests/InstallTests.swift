import Foundation
import NetworkLab
import Testing

/// `scripts/install`, as root of a machine whose /etc, /usr/local and /var/lib are copies in memory, in a network of its own. The tools that
/// would change what is not a copy (the package managers, systemctl) are scripts that write down how they were called.
@Suite(
    "scripts/install",
    .enabled(if: InstallMachine.isPossible || InstallMachine.isCI, "mount namespaces need root, or user namespaces"))
struct InstallTests {
    @Test(
        "the plan names the family's packages, and changes nothing",
        arguments: [
            ("debian", "apt-get install -y --no-install-recommends", "libsqlite3-0", "libcurl4"),
            ("ubuntu", "apt-get install -y --no-install-recommends", "libsqlite3-0", "libcurl4"),
            ("fedora", "dnf install -y", "sqlite-libs", "libcurl"),
            ("rhel", "dnf install -y", "sqlite-libs", "libcurl"),
            ("arch", "pacman -S --needed --noconfirm", "sqlite", "curl"),
            ("opensuse-tumbleweed", "zypper --non-interactive install --no-recommends", "libsqlite3-0", "libcurl4"),
        ])
    func plan(id: String, command: String, sqlite: String, curl: String) throws {
        let result = try InstallMachine.run(
            """
            printf 'ID=%s\\nPRETTY_NAME="The %s"\\n' \(id) \(id) >/etc/os-release
            find /etc /usr/local /var/lib -type f | sort >before
            scripts/install --dry-run --component all
            find /etc /usr/local /var/lib -type f | sort | cmp - before && [ ! -e calls ] && echo unchanged
            """)
        #expect(result.status == 0, "\(result)")
        let line = try #require(result.output.split(separator: "\n").first { $0.contains(command) }, "\(result)")
        let packages = line.split(separator: " ").map(String.init)
        for package in [sqlite, curl] { #expect(packages.contains(package), "\(line)") }
        for word in [
            "The \(id)", "--product conclave-firewall", "--product tlsmon", "/usr/local/bin/conclave-feeds",
            "/etc/conclave-firewall/policy.json", "systemctl enable conclave-firewall-control.socket", "unchanged",
        ] {
            #expect(result.output.contains(word), "\(word) is not in \(result.output)")
        }
    }

    @Test(
        "what it installs is all there, whose it should be; again it changes nothing; uninstall keeps the policy, and purge does not"
    )
    func life() throws {
        let result = try InstallMachine.run(
            """
            set -e
            scripts/install --binaries "$programs" >first
            test -x /usr/local/bin/conclave-firewall && test -x /usr/local/bin/conclave-feeds
            stat -c '%U:%G %a %n' /etc/conclave-firewall /etc/conclave-firewall/policy.json /var/lib/conclave-firewall{,/feeds}
            test -s /usr/local/share/bash-completion/completions/conclave-firewall
            test -s /usr/local/share/zsh/site-functions/_conclave-firewall
            test -s /usr/local/share/fish/vendor_completions.d/conclave-firewall.fish
            systemd-analyze verify /etc/systemd/system/conclave-f*.{service,socket} || echo "the units are wrong"
            echo edited >>/etc/conclave-firewall/policy.json
            scripts/install --binaries "$programs" >second
            grep -c '^  install ' second || echo "nothing anew"
            tail -n 1 /etc/conclave-firewall/policy.json
            scripts/install uninstall >third
            test ! -e /usr/local/bin/conclave-firewall
            ls /etc/systemd/system | grep conclave-f || echo "no units"
            find /usr/local -type f | grep conclave || echo "no programs"
            tail -n 1 /etc/conclave-firewall/policy.json
            scripts/install uninstall --purge >fourth
            test ! -e /etc/conclave-firewall && test ! -e /var/lib/conclave-firewall
            getent passwd conclave-fw conclave-feeds || echo "no users"
            cat calls
            """)
        #expect(result.status == 0, "\(result)")
        for line in [
            "conclave-fw:conclave-feeds 2750 /etc/conclave-firewall",
            "conclave-fw:conclave-feeds 640 /etc/conclave-firewall/policy.json",
            "conclave-fw:conclave-fw 711 /var/lib/conclave-firewall",
            "conclave-feeds:conclave-fw 2770 /var/lib/conclave-firewall/feeds", "nothing anew", "no units",
            "no programs",
            "no users", "systemctl daemon-reload", "systemctl disable --now conclave-firewall-control.socket",
            "systemctl restart conclave-firewall.service conclave-feeds.service",
        ] {
            #expect(result.output.contains(line), "\(line) is not in \(result.output)")
        }
        #expect(result.output.components(separatedBy: "edited\n").count == 3)
        #expect(!result.output.contains("the units are wrong"), "\(result)")
    }

    @Test("below DESTDIR it installs files alone, with the prefix in the units, and takes them away again")
    func destination() throws {
        let result = try InstallMachine.run(
            """
            set -e
            export DESTDIR=$PWD/package
            scripts/install --binaries "$programs" --prefix /opt/conclave
            (cd package && find . -type f | sort)
            grep ExecStart= package/etc/systemd/system/conclave-firewall.service
            test ! -e calls && echo "nothing was called"
            scripts/install uninstall --purge --prefix /opt/conclave >log
            find package -type f | sed 's/^/left behind: /'
            """)
        #expect(result.status == 0, "\(result)")
        for line in [
            "./opt/conclave/bin/conclave-firewall", "./etc/conclave-firewall/policy.json",
            "ExecStart=/opt/conclave/bin/conclave-firewall run", "nothing was called",
        ] {
            #expect(result.output.contains(line), "\(line) is not in \(result.output)")
        }
        #expect(!result.output.contains("left behind"))
    }

    @Test(
        "what cannot be done is said, with the way out",
        arguments: [
            ("--component moat", 64, "there are firewall server tlsmon client and all"),
            ("--prefix relative", 64, "absolute path"), ("--purge", 64, "belongs to uninstall"),
            ("--fast", 64, "--help"),
            ("--binaries /nowhere", 66, "there is no program conclave-firewall in /nowhere"),
        ])
    func errors(options: String, status: Int32, words: String) throws {
        let result = try InstallMachine.run("scripts/install \(options)")
        #expect(result.status == status)
        #expect(result.errors.contains("install: ") && result.errors.contains(words), "\(result.errors)")
    }

    @Test("who is not root is told so, and changes nothing")
    func rights() throws {
        guard getuid() == 0 else { return }
        let result = try LabProgram.result(of: [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash",
            InstallMachine.package + "/scripts/install",
        ])
        #expect(result.status == 77)
        #expect(result.errors.contains("run it as root") && result.errors.contains("--dry-run"), "\(result.errors)")
    }
}

/// The machine of these tests.
private enum InstallMachine {
    static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static let apart = getuid() == 0 ? ["unshare", "-mn"] : ["unshare", "-Urmn"]
    static let isPossible = (try? LabProgram.result(of: apart + ["true"]))?.status == 0

    /// Runs `script` in the package's folder, with `programs` set, and with `calls` the list of what was called.
    static func run(_ script: String) throws -> LabResult {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try (preparation + script).write(toFile: folder + "/script", atomically: true, encoding: .utf8)
        return try LabProgram.result(
            of: apart + ["bash", folder + "/script", folder, package, RunningFirewall.programs])
    }

    private static let preparation = #"""
        mount -t tmpfs tmpfs "$1" && cd "$1" || exit 99
        mkdir etc lib tools
        cp -a /etc/. etc/ 2>/dev/null
        mount --bind etc /etc && mount --bind lib /var/lib && mount -t tmpfs tmpfs /usr/local || exit 99
        mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system || exit 99
        rm -f /etc/os-release && echo ID=debian >/etc/os-release
        for tool in apt-get dnf zypper systemctl; do
            printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n' $tool "$1" >tools/$tool
        done
        printf '#!/bin/sh\ncase $1 in -Q*) exit 1 ;; esac\necho "pacman $*" >>"%s/calls"\n' "$1" >tools/pacman
        for tool in dpkg-query rpm; do printf '#!/bin/sh\nexit 1\n' >tools/$tool; done
        chmod +x tools/*
        export PATH=$1/tools:$PATH programs=$3
        ln -s "$2/scripts" scripts
        ln -s "$2/Config" Config

        """#
}
