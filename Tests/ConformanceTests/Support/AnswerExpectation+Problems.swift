import Foundation

extension AnswerExpectation {
    /// What is not as it must be.
    func problems(in answers: [Peer.Answer], _ names: Placeholders) -> [String] {
        let total = answers.reduce(0) { $0 + $1.times }
        var problems: [String] = []
        for (who, percent) in shares.sorted(by: { $0.key < $1.key }) {
            let count = answers.filter { $0.who == who }.reduce(0) { $0 + $1.times }
            if abs(100 * count - percent * total) > 5 * total {
                problems.append("\(who) answered \(count) of \(total), not \(percent) %")
            }
        }
        if !shares.isEmpty {
            let others = answers.filter { shares[$0.who] == nil }
            problems += others.map { "\($0.times) of \(total) were \($0.summary)" }
        }
        let distinct = Set(answers.map(\.who))
        if let backends, distinct.count != backends {
            problems.append("\(distinct.sorted()) answered, not \(backends)")
        }
        for answer in answers {
            problems += self.problems(in: answer, names).map { "\($0); it was \(answer.summary)" }
        }
        return problems
    }

    /// What is wrong with the number of requests that the backends have seen.
    func problems(seen counts: [String: Int], of total: Int) -> [String] {
        let wrong = seen.filter { counts[$0.key, default: 0] != $0.value }
        let shares = seenShares.filter {
            abs(100 * counts[$0.key, default: 0] - $0.value * total) > 5 * total
        }
        return wrong.isEmpty && shares.isEmpty ? [] : ["the backends have seen \(counts)"]
    }

    private func problems(in answer: Peer.Answer, _ names: Placeholders) -> [String] {
        if isRefused { return answer.failed == nil && answer.closed != true ? ["not refused"] : [] }
        if isClosed { return answer.closed == true ? [] : ["not closed"] }
        if isDropped { return answer.dropped == true ? [] : ["not dropped"] }
        if let failed = answer.failed { return [failed] }
        var problems: [String] = []
        func compare(_ what: String, _ expected: String?, _ actual: String?) {
            guard let expected, expected != actual ?? "none" else { return }
            problems.append("\(what) is \(actual ?? "none"), not \(expected)")
        }
        if let status, !answer.hasStatus(status) { problems.append("the status is not \(status)") }
        let echo = answer.echo
        compare("the backend", backend, echo?.backend)
        compare("the path", path, echo?.path)
        compare("the method", method, echo?.method)
        compare("the received host", try? receivedHost.map(names.fill), echo?.host)
        compare("the version received", receivedVersion, echo?.protocol)
        compare("the port", receivedPort.map(String.init), echo?.port.map(String.init))
        compare("the received server name", receivedSNI, echo?.tls?.sni)
        compare("the received certificate", receivedCertificate, echo?.tls?.client)
        compare("the certificate", certificate, answer.certificate)
        problems += Self.problems(received, in: echo?.headers, "received", names)
        problems += Self.problems(answered, in: answer.answered, "answered", names)
        if let backend = echo?.backend, let own = each[backend] {
            problems += Self.problems(own, in: echo?.headers, "received", names)
        }
        for (backend, path) in eachPath where backend == echo?.backend {
            compare("the path", path, echo?.path)
        }
        let milliseconds = Int(answer.seconds * 1000)
        if let within, milliseconds > within { problems.append("it took \(milliseconds) ms") }
        if let after, milliseconds < after { problems.append("it took only \(milliseconds) ms") }
        return problems
    }

    private static func problems(
        _ expected: [(name: String, value: String?)], in headers: [String: [String]]?,
        _ what: String, _ names: Placeholders
    ) -> [String] {
        expected.compactMap { name, value in
            // A list is the same with and without blanks (RFC 9110 section 5.6.1).
            let actual = headers?[name.lowercased()]?.joined(separator: ",")
                .replacing(", ", with: ",")
            let wanted = value.flatMap { try? names.fill($0) }
            if wanted == "*" && actual != nil { return nil }
            let isRight = wanted?.components(separatedBy: " | ").contains(actual ?? "none")
            return isRight ?? (actual == nil)
                ? nil : "\(what) \(name) is \(actual ?? "absent"), not \(wanted ?? "absent")"
        }
    }
}

extension Peer.Answer {
    /// The backend that answered, or the status where none did.
    var who: String {
        if let backend = echo?.backend { return backend }
        if closed == true { return "closed" }
        if dropped == true { return "dropped" }
        return grpc ?? status.map(String.init) ?? "nothing"
    }

    func hasStatus(_ pattern: String) -> Bool {
        let own = grpc ?? status.map(String.init) ?? ""
        return pattern.split(separator: "|").contains { choice in
            choice == own || (choice.hasSuffix("xx") && own.hasPrefix(choice.prefix(1)))
        }
    }

    /// For messages.
    var summary: String {
        let headers = (answered ?? [:]).map { "\($0.key): \($0.value.joined(separator: ","))" }
        let received = (echo?.headers ?? [:]).map {
            "\($0.key): \($0.value.joined(separator: ","))"
        }
        return "\(who) \(status ?? 0) \(failed ?? "") path \(echo?.path ?? "") host "
            + "\(echo?.host ?? "") [\(headers.sorted().joined(separator: "; "))] received "
            + "[\(received.sorted().joined(separator: "; "))] \(body ?? "")"
    }
}
