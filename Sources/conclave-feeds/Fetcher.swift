import Firewall
import Foundation
import FoundationNetworking
import Glibc

/// Why nothing usable came.
struct FetchFailure: Error {
    var words: String
    /// Seconds after which the publisher will answer again.
    var retryAfter: Int?

    init(_ words: String, retryAfter: Int? = nil) {
        self.words = words
        self.retryAfter = retryAfter
    }

    /// Of a list that is wrong; other words end without a full stop, too.
    init(_ error: FeedError) {
        self.init(error.description.hasSuffix(".") ? String(error.description.dropLast()) : error.description)
    }
}

/// Fetches a list: bounded in bytes, time and redirections, each of which is checked by the rule of the first address.
struct Fetcher {
    static let mostRedirections = 3

    let limits: FeedLimits
    /// For all of it.
    let seconds: Int

    struct Answer {
        var content: FeedContent
        var bytes: Int
        var etag: String?
        var lastModified: String?
    }

    /// - Parameters:
    ///   - meta: to ask only for what has changed since; `nil`: for everything.
    ///   - write: takes the list as it comes.
    /// - Returns: `nil` if nothing has changed.
    /// - Throws: ``FetchFailure``, and what `write` throws.
    func fetch(_ source: FeedSource, meta: FeedMeta?, write: @escaping @Sendable ([UInt8]) throws -> Void) throws
        -> Answer?
    {
        let end = Clock.uptime + Int64(seconds)
        var address = source.url
        for _ in 0...Self.mostRedirections {
            guard FeedSource.mayFollow(address, from: source.url), let url = URL(string: address) else {
                throw FetchFailure(
                    "\(Self.plain(address)) is refused: only https is fetched, and http from this machine itself")
            }
            let transfer = Transfer(source.format, limits: limits, write: write)
            try run(transfer, request(url, meta), end: end)
            let response = try transfer.result()
            switch response.statusCode {
            case 200:
                let (content, bytes) = try transfer.finish()
                return Answer(
                    content: content, bytes: bytes, etag: Self.header(response, "ETag", most: 1_000),
                    lastModified: Self.header(response, "Last-Modified", most: 100))
            case 304 where meta != nil: return nil
            case 301, 302, 303, 307, 308:
                guard let location = Self.header(response, "Location", most: 2_000),
                    let next = URL(string: location, relativeTo: url)?.absoluteURL.absoluteString
                else {
                    throw FetchFailure("the server sends elsewhere (\(response.statusCode)) and does not say where")
                }
                address = next
            default: throw Self.refusal(response)
            }
        }
        throw FetchFailure(
            "the server sent elsewhere more than \(Self.mostRedirections) times. Give the list's own url")
    }

    private func request(_ url: URL, _ meta: FeedMeta?) -> URLRequest {
        var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: 30)
        request.setValue("conclave-feeds/\(FeedsCommand.version)", forHTTPHeaderField: "User-Agent")
        request.setValue("*/*", forHTTPHeaderField: "Accept")
        // What is not packed cannot swell.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        if let etag = meta?.etag { request.setValue(etag, forHTTPHeaderField: "If-None-Match") }
        if let time = meta?.lastModified { request.setValue(time, forHTTPHeaderField: "If-Modified-Since") }
        return request
    }

    /// Waits until the transfer is done, or its time is over, or the program shall stop.
    private func run(_ transfer: Transfer, _ request: URLRequest, end: Int64) throws {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        let session = URLSession(configuration: configuration, delegate: transfer, delegateQueue: queue)
        defer { session.invalidateAndCancel() }
        let task = session.dataTask(with: request)
        task.resume()
        while !transfer.isDone(milliseconds: 10) {
            if Clock.uptime >= end {
                task.cancel()
                throw FetchFailure(
                    "the list did not come within \(seconds) s. It is tried again by itself; if the server is slow, "
                        + "allow more with --timeout")
            }
            // The library reads on, by at most 16 KiB, while earlier pieces wait to be looked at: this bounds what waits.
            if queue.operationCount > limits.bytes / 4_096 + 4_096 {
                task.cancel()
                throw transfer.tooLarge()
            }
            if Signals.wait(milliseconds: 0) == .stop {
                task.cancel()
                throw Interruption()
            }
        }
    }

    /// What the server answered instead of a list.
    private static func refusal(_ response: HTTPURLResponse) -> FetchFailure {
        let after = header(response, "Retry-After", most: 40).flatMap(seconds)
        let code = response.statusCode
        switch code {
        case 401, 403:
            return FetchFailure(
                "the server refuses (\(code)). Look whether the list needs an account", retryAfter: after)
        case 404, 410:
            return FetchFailure("the list is not there (\(code)). \(lookAtAddress)", retryAfter: after)
        case 429:
            return FetchFailure("the server was asked too often (429). It is left alone for a while", retryAfter: after)
        case 500...599:
            return FetchFailure("the server is in trouble (\(code)). It is tried again by itself", retryAfter: after)
        default: return FetchFailure("the server answered \(code). \(lookAtAddress)", retryAfter: after)
        }
    }

    private static let lookAtAddress = "Look at the feed's url with a browser; the publisher may have moved the list"

    /// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
    private static func seconds(_ text: String) -> Int? {
        if let seconds = Int(text), seconds >= 0 { return min(seconds, FeedSchedule.longestRetryAfter) }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = formatter.date(from: text) else { return nil }
        let seconds = date.timeIntervalSince1970 - Double(Clock.now)
        return Int(max(0, min(seconds, Double(FeedSchedule.longestRetryAfter))))
    }

    private static func header(_ response: HTTPURLResponse, _ name: String, most: Int) -> String? {
        guard let value = response.value(forHTTPHeaderField: name), value.utf8.count <= most,
            value.utf8.allSatisfy({ (32...126).contains($0) })
        else { return nil }
        return value
    }

    private static func plain(_ address: String) -> String {
        String(decoding: address.utf8.prefix(200).map { (33...126).contains($0) ? $0 : 63 }, as: UTF8.self)
    }
}

/// The program shall stop.
struct Interruption: Error {}
