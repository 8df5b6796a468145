import TLSWire

/// What is said of a connection as a whole.
extension FlowObserver {
    /// Nothing more will come.
    func finish() {
        for side in sides {
            side.stream.finish(last) { take($0, side) }
            side.scanner.finish(last) { take($0, side) }
            if let unexplained = decryptor?.finish(side.direction) { tell(unexplained, side) }
            judgeSpread(side)
        }
        for side in sides where view.isInMessage(from: side.direction) {
            find(
                .doubt, .gap, "a handshake message of \(side.direction.sender) that does not end", side, nil, last)
        }
        judgeWhole()
        inspector?.close(flow: number)
        if reports != .nothing { events.append(.closed(summary)) }
    }

    private func judgeSpread(_ side: FlowSide) {
        // Before TLS 1.3 records show a counter beside the ciphertext.
        guard view.isTLS13 else { return }
        if side.histogram.hasShortTexts {
            find(
                .violation, .spread,
                "too many short records of \(side.direction.sender) that are marked as encrypted may be text", side,
                nil, last)
        }
        if let deviation = side.histogram.deviation, deviation > ByteHistogram.suspicious {
            find(
                .violation, .spread,
                "what \(side.direction.sender) sends as encrypted is not evenly spread: it may be text", side, nil,
                last)
        }
    }

    /// Bytes that wait for segments that are missing.
    var pendingBytes: Int { sides[0].stream.pendingBytes + sides[1].stream.pendingBytes }

    /// Waits no longer for what is missing.
    func release() {
        for side in sides { side.stream.release { take($0, side) } }
    }

    private func judgeWhole() {
        let total = sides.reduce(0) { $0 + $1.bytes }
        guard total > 0 else { return }
        if ledger.total != total {
            find(
                .doubt, .capture,
                "the ledger does not balance: \(ledger.total) of \(total) bytes (an error in this program)", nil, nil,
                last)
        }
        if let silent = sides.first(where: { $0.segments == 0 }) {
            find(
                .doubt, .capture,
                "nothing of \(silent.direction.sender) is in the capture: it shows one direction only", silent, nil,
                last)
        }
        if let version = view.version, version < .tls13 {
            find(
                .doubt, .oldVersion,
                "\(version) was spoken: its handshake shows certificates, and its ciphers are not judged here", nil,
                nil, last)
        }
        if findingCount > findings.count {
            findings.append(
                Finding(
                    weight: .note, words: "\(findingCount - findings.count) more findings in this connection",
                    flow: number))
        }
    }

    var ledger: ByteLedger {
        var sum = sides[0].ledger
        sum += sides[1].ledger
        return sum
    }

    var summary: FlowSummary {
        let hello = view.clientHello, answer = view.serverHello
        var conformance = conformance
        conformance.checked.formUnion(view.checked)
        return FlowSummary(
            number: number, client: client, server: server, start: start, last: last, version: view.version,
            cipherSuite: answer?.cipherSuite, group: view.group, clientHello: hello,
            serverHello: answer,
            serverName: hello?.extensions.serverName.map { SafeBytes.line($0) },
            applicationProtocol: (hello?.extensions.applicationProtocols.first).map { SafeBytes.line($0) },
            ja3: hello?.ja3, ja3s: answer?.ja3s, ja4: hello?.ja4,
            serverCertificates: serverCertificates, clientCertificates: clientCertificates, prefix: prefix,
            clientCertificate: inference.clientCertificate,
            isResumed: answer?.extensions.hasPreSharedKey ?? false, hasRetry: view.hasRetry,
            isEstablished: view.isEstablished,
            ending: isReset ? .reset : sides.contains(where: \.stream.hasEnded) ? .closed : .open,
            history: history.letters, lastAlert: lastAlert, opened: opened, unopened: unopened,
            nestedRecords: nestedRecords, ledger: ledger,
            bytes: sides.map(\.bytes),
            records: sides.reduce(0) { $0 + $1.records }, conformance: conformance)
    }
}
