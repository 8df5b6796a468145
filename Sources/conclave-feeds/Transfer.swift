import Firewall
import Foundation
import FoundationNetworking

/// One request and what comes back: read while it comes, so that what is too large or wrong ends it at once.
///
/// `@unchecked Sendable`: all that changes is touched under the lock alone.
final class Transfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private let lock = NSLock()
    private let done = DispatchSemaphore(value: 0)
    private let write: @Sendable ([UInt8]) throws -> Void
    private let limits: FeedLimits
    private var parser: FeedParser
    private var response: HTTPURLResponse?
    private var failure: (any Error)?
    private var ignored = 0

    init(_ format: FeedSource.Format, limits: FeedLimits, write: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.limits = limits
        self.write = write
        parser = FeedParser(format, limits: limits)
    }

    /// Whether it is over; waits at most so long for it.
    func isDone(milliseconds: Int) -> Bool { done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success }

    /// What the server answered, after the end.
    func result() throws -> HTTPURLResponse {
        lock.lock()
        defer { lock.unlock() }
        if let failure { throw failure }
        guard let response else { throw FetchFailure("the server did not answer in HTTP. \(Self.triedAgain)") }
        return response
    }

    /// The list, after the end.
    func finish() throws -> (FeedContent, Int) {
        lock.lock()
        defer { lock.unlock() }
        do {
            return (try parser.finish(), parser.bytes)
        } catch {
            throw FetchFailure(error)
        }
    }

    // Redirections are followed by whoever asked, after they were checked.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        lock.lock()
        self.response = response
        lock.unlock()
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        lock.lock()
        defer { lock.unlock() }
        self.response = response as? HTTPURLResponse
        if response.expectedContentLength > Int64(limits.bytes) { failure = failure ?? tooLarge() }
        completionHandler(failure == nil ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        lock.lock()
        defer { lock.unlock() }
        guard failure == nil else { return }
        do {
            if response?.statusCode == 200 {
                let bytes = [UInt8](data)
                try parser.consume(bytes)
                try write(bytes)
            } else {
                // Words of an error: of no interest, but not without bounds.
                ignored += data.count
                if ignored > limits.bytes { throw tooLarge() }
            }
        } catch let error as FeedError {
            failure = FetchFailure(error)
            dataTask.cancel()
        } catch {
            failure = error
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        lock.lock()
        if response == nil { response = task.response as? HTTPURLResponse }
        if let error, failure == nil { failure = Self.words(error) }
        lock.unlock()
        done.signal()
    }

    func tooLarge() -> FetchFailure {
        FetchFailure(
            "the list is larger than \(limits.bytes >> 20) MiB. If it is meant to be, allow more with --max-mib (at most "
                + "\(FeedLimits.largest >> 20))")
    }

    private static let triedAgain = "It is tried again by itself"

    private static let certificate = "the server's certificate is not trusted"
    private static let certificateRemedy =
        "Check the clock and the url; an authority of your own belongs among the system's"

    private static func words(_ error: any Error) -> FetchFailure {
        guard let error = error as? URLError else {
            return FetchFailure("the transfer failed: \(error). \(triedAgain)")
        }
        // The library has no code of its own for most of what may be wrong with a certificate.
        let words = error.localizedDescription
        if words.contains("certificate") {
            return FetchFailure("\(certificate): \(words). \(certificateRemedy)")
        }
        switch error.code {
        case .cannotFindHost, .dnsLookupFailed:
            return FetchFailure(
                "the server's name is not found. Check the url, and that this machine can ask a DNS server")
        case .cannotConnectToHost, .notConnectedToInternet:
            return FetchFailure("the server cannot be reached. \(triedAgain)")
        case .timedOut: return FetchFailure("the server was silent for too long. \(triedAgain)")
        case .networkConnectionLost: return FetchFailure("the connection ended before the list did. \(triedAgain)")
        case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected:
            return FetchFailure("\(certificate). \(certificateRemedy)")
        default:
            let code = error.code == .unknown ? "" : " (\(error.code.rawValue))"
            return FetchFailure("the transfer failed\(code): \(words). \(triedAgain)")
        }
    }
}
