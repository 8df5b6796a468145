import Chat
import ChatClient
import Foundation
import SQLiteStore
import Settings
import Synchronization
import TLSTransport

/// What a client is made of before it connects: who it is, what it trusts, and its store.
final class ClientSetup: Sendable {
    let options: ClientOptions
    let device: DeviceIdentity
    let store: SQLiteRecordStore
    private let trust: Trust

    /// - Throws: ``ProgramError``: what no connection can mend is said at once.
    init(_ options: ClientOptions) throws(ProgramError) {
        self.options = options
        let context: TLSContext
        do throws(TLSConfigurationError) {
            context = try Self.context(for: options)
        } catch {
            throw ProgramError(status: error.exitStatus, error.description)
        }
        trust = Trust(context.judge)
        device = try Self.device(options, chain: context.certificateChain, trust: trust)
        store = try StoreAccess(options, authority: context.authorityFingerprint).open()
    }

    private static func device(
        _ options: ClientOptions, chain: [[UInt8]], trust: Trust
    ) throws(ProgramError) -> DeviceIdentity {
        let files = TLSFiles.client(options.identity, in: options.certificates)
        do {
            var bytes = try files.readKey(limit: DeviceKey.maximumFileSize)
            let key = try DeviceKey(wiping: &bytes, file: files.key)
            let validator = DeviceValidator(
                judge: { (chain, subject) throws(CertificateRefusal) in try trust.judge.judge(chain, as: subject) },
                clock: { unixTime() })
            trust.validator.withLock { $0 = validator }
            return try DeviceIdentity(chain: chain, key: key, validator: validator)
        } catch let error as TLSConfigurationError {
            throw ProgramError(status: error.exitStatus, error.description)
        } catch {
            throw .configuration("\(error)")
        }
    }

    /// What a connection is made with. The files may have been renewed since the last time.
    func renewedContext() throws(TLSConfigurationError) -> TLSContext {
        let context = try Self.context(for: options)
        trust.replace(context.judge)
        return context
    }

    private static func context(for options: ClientOptions) throws(TLSConfigurationError) -> TLSContext {
        try TLSContext(
            .client, files: .client(options.identity, in: options.certificates),
            insecureKeyLogFile: options.insecureKeyLog, now: unixTime())
    }

    /// A session over the store, without a connection.
    /// - Parameter rooms: to come into as soon as there is one.
    func session(rooms: [RoomName] = []) throws(ProgramError) -> ClientSession {
        let host = RoomHost(
            me: device.identity, mls: device.client(clock: { UInt64(clamping: unixTime()) }), suite: device.suite,
            store: store)
        host.now = steadyMilliseconds()
        do throws(StoreError) {
            let session = try ClientSession(host: host, wanted: rooms)
            // This device is one of those that it knows.
            if let write = host.devices.note(device.certificate, now: unixTime()).write { try store.write([write]) }
            return session
        } catch {
            throw ProgramError(error, folder: nil)
        }
    }

    /// By which certificates are judged: it changes when the authority's files do.
    private final class Trust: Sendable {
        private let current: Mutex<CertificateJudge>
        let validator = Mutex<DeviceValidator?>(nil)

        init(_ judge: CertificateJudge) { current = Mutex(judge) }

        var judge: CertificateJudge { current.withLock { $0 } }

        func replace(_ judge: CertificateJudge) {
            current.withLock { $0 = judge }
            validator.withLock { $0 }?.forget()
        }
    }
}

/// Seconds since 1970.
func unixTime() -> Int64 { Int64(Date.now.timeIntervalSince1970) }

/// Milliseconds of a clock that does not jump.
func steadyMilliseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds / 1_000_000 }
