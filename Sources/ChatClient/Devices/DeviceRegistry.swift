package import Chat
package import ChatWire
import TLSSyntax

import struct Crypto.SymmetricKey

/// The devices that this one has seen, so that it can say what is new: a device, a certificate, or a key.
package struct DeviceRegistry: Sendable {
    /// What a certificate is, compared with what was seen of its device before.
    package enum Sighting: Hashable, Sendable {
        /// The device was never seen.
        case unknown
        /// Nothing new: the last certificate, or one from before it with a key that is known.
        case same
        /// A later certificate for a key that is known.
        case renewed
        /// A key that was never seen of this device. If the former one was verified, a person should compare again.
        case newKey(formerWasVerified: Bool)
    }

    package private(set) var devices: [PeerIdentity: KnownDevice] = [:]

    package init() {}

    /// What the records of table `devices` hold.
    /// - Throws: ``StoreError/damaged(_:)``.
    package init(_ records: [Record]) throws(StoreError) {
        for record in records {
            do throws(SyntaxError) {
                let value = record.value.withUnsafeBytes { Array($0) }
                let device = try SyntaxReader.read(value) { (reader) throws(SyntaxError) in
                    try KnownDevice(from: &reader)
                }
                guard Self.key(device.identity) == record.key else {
                    throw SyntaxError.invalidValue(offset: 0, "a device under the name of another")
                }
                devices[device.identity] = device
            } catch {
                throw .damaged("what is known of the device \(String(decoding: record.key, as: UTF8.self)): \(error)")
            }
        }
    }

    /// - Parameter certificate: genuine, and a device's; a server's is always ``Sighting/same``.
    package func sighting(of certificate: JudgedCertificate) -> Sighting {
        guard let identity = certificate.identity else { return .same }
        guard let device = devices[identity] else { return .unknown }
        let seen = KnownDevice.Certificate(certificate)
        guard device.keys.contains(where: { $0.hash == seen.key }) else {
            return .newKey(formerWasVerified: device.isVerified)
        }
        return Self.isLater(seen, than: device.last) ? .renewed : .same
    }

    /// Remembers a certificate.
    /// - Parameter now: seconds since 1970.
    /// - Returns: what it was until now, and what to store, if anything.
    package mutating func note(
        _ certificate: JudgedCertificate, now: Int64
    ) -> (sighting: Sighting, write: RecordWrite?) {
        let sighting = sighting(of: certificate)
        guard let identity = certificate.identity, sighting != .same else { return (sighting, nil) }
        let seen = KnownDevice.Certificate(certificate)
        var device = devices[identity] ?? KnownDevice(identity, seen, now: now)
        if Self.isLater(seen, than: device.last) { device.last = seen }
        if case .newKey = sighting {
            if device.keys.count >= KnownDevice.maximumKeys { device.keys.removeFirst() }
            device.keys.append(KnownDevice.Key(hash: seen.key, firstSeen: now, isVerified: false))
        }
        devices[identity] = device
        return (sighting, Self.write(device))
    }

    /// Marks the key of a certificate as compared by a person, or takes the mark back.
    /// - Returns: what to store; `nil` if no such key was seen.
    package mutating func setVerified(_ isVerified: Bool, _ identity: PeerIdentity, key: Digest) -> RecordWrite? {
        guard var device = devices[identity], let index = device.keys.firstIndex(where: { $0.hash == key }) else {
            return nil
        }
        device.keys[index].isVerified = isVerified
        devices[identity] = device
        return Self.write(device)
    }

    /// Whether a person has compared this very key of this device.
    package func isVerified(_ identity: PeerIdentity, key: Digest) -> Bool {
        devices[identity]?.keys.contains { $0.hash == key && $0.isVerified } ?? false
    }

    /// Of two certificates the one that was issued later is in use; rooms may show the other for a while.
    private static func isLater(_ seen: KnownDevice.Certificate, than last: KnownDevice.Certificate) -> Bool {
        let (start, end) = (seen.validity.lowerBound, seen.validity.upperBound)
        return (start, end, seen.fingerprint) > (last.validity.lowerBound, last.validity.upperBound, last.fingerprint)
    }

    private static func key(_ identity: PeerIdentity) -> [UInt8] { Array(identity.description.utf8) }

    private static func write(_ device: KnownDevice) -> RecordWrite? {
        var bytes: [UInt8] = []
        // All lengths are bounded where the value is made.
        guard (try? device.write(to: &bytes)) != nil else { return nil }
        return RecordWrite(.devices, key(device.identity), SymmetricKey(data: bytes))
    }
}
