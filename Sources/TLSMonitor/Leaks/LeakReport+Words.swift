extension LeakReport {
    /// What an observer learns, sentence by sentence, for people who know nothing of entropy.
    public var words: [String] {
        guard whole.records > 0 else { return ["No encrypted application data was seen: there is nothing to measure."] }
        var words = [
            "Score \(whole.value) of 100 for \(whole.records) records: 0 gives nothing away by length and time, 100 everything."
        ]
        words += [whole.client.words(of: "the client"), whole.server.words(of: "the server")].compactMap { $0 }
        words += whole.times.words
        words += forecastWords
        if isCapped {
            words.append("More lengths or connections came than are kept: the figures are of the first ones.")
        }
        return words
    }

    private var forecastWords: [String] {
        var words: [String] = []
        if let unpadded, let now = forecasts.first, unpadded.cost < 0 {
            words.append(
                "Padding is on: without it \(Self.lengths(unpadded.distinctSizes)) and a score of \(unpadded.value) instead of "
                    + "\(now.distinctSizes) and \(now.value); it is \(Self.percent(-unpadded.cost)) of the bytes.")
        }
        if let contentShare {
            words.append(
                "The records' lengths give away \(Self.percent(contentShare)) of what the lengths of the contents say.")
        }
        let now = forecasts.first?.distinctSizes ?? 0
        for forecast in forecasts.dropFirst() {
            words.append(
                "Padded to \(forecast.policy.words): \(Self.lengths(forecast.distinctSizes)) instead of \(now), score "
                    + "\(forecast.value), \(Self.percent(forecast.cost)) more bytes.")
        }
        return words
    }

    private static func lengths(_ count: Int) -> String { count == 1 ? "1 length" : "\(count) lengths" }

    static func percent(_ share: Double) -> String {
        let percent = share * 100
        guard percent.isFinite, percent < 1e12 else { return "?" }
        return percent > 0 && percent < 10 ? "\((percent * 10).rounded() / 10) %" : "\(Int(percent.rounded())) %"
    }
}

extension SizeLeak {
    fileprivate func words(of sender: String) -> String? {
        guard records > 0 else { return nil }
        guard distinct > 1 else {
            return "All \(records) records of \(sender) have the same length, \(shortest) bytes: it tells nothing."
        }
        let padded = grid.map { ", all \($0) bytes or multiples of it apart: somebody pads" } ?? ""
        return
            "An observer can tell \(distinct) lengths of \(sender)'s records apart, \(shortest) to \(longest) bytes\(padded); "
            + "two records differ in \(LeakReport.percent(distinguishability)) of all cases."
    }
}

extension TimeLeak {
    fileprivate var words: [String] {
        guard gaps > 0 else { return [] }
        let pace =
            burstiness < -0.5
            ? "like a clock" : burstiness > 0.3 ? "in bursts, as people and programs act" : "irregularly"
        var words = ["Records come \(pace); two gaps differ in \(LeakReport.percent(distinguishability)) of all cases."]
        if turns > 1 {
            words.append(
                "The client begins to speak \(turns) times and is answered within a second in "
                    + "\(LeakReport.percent(answered)) of them: it shows who asks and who answers.")
        }
        if keystrokes > 0 {
            words.append(
                "\(keystrokes) records come like keys being pressed: the pace of typing can be read from them.")
        }
        return words
    }
}
