/// What one instance answers to a request.
struct Answer {
    /// 200, or 404 for a path of another service.
    var status: Int
    /// A JSON object.
    var body: JSONText
}

extension Instance {
    /// The headers that an answer repeats, for whoever looks at what a proxy adds.
    static let echoedHeaders = ["x-request-id", "x-forwarded-for", "x-forwarded-proto", "end-user"]

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - target: The request's target, as in `/reviews/123?x=y`.
    ///   - host: The `Host` header.
    ///   - headers: Those of ``echoedHeaders`` that the request has.
    func answer(target: String, host: String, headers: [(key: String, value: JSONText)]) -> Answer {
        let path = target.prefix { $0 != "?" }
        let parts = path.split(separator: "/")
        var members: [(key: String, value: JSONText)] = [
            ("podname", .string(podname)), ("service", .string(service)),
            ("version", .string(version)), ("host", .string(host)), ("path", .string(target)),
            ("headers", .object(headers)),
        ]
        switch parts.first {
        case "health": members.append(("status", .string("\(service) is healthy")))
        case service[...]: members += content(id: parts.count > 1 ? String(parts[1]) : "0")
        default:
            members.append(("error", .string("\(service) has no \(path); try \(examplePath)")))
            return Answer(status: 404, body: .object(members))
        }
        return Answer(status: 200, body: .object(members))
    }

    private var examplePath: String {
        service == "productpage" ? "/productpage" : "/\(service)/1"
    }

    private func content(id: String) -> [(key: String, value: JSONText)] {
        switch service {
        case "reviews": [("id", .string(id)), ("reviews", .array(reviews))]
        case "ratings":
            [("id", .string(id)), ("ratings", .object([("Reviewer1", 5), ("Reviewer2", 4)]))]
        case "details":
            [
                ("id", .string(id)), ("author", "William Shakespeare"), ("year", 1595),
                ("type", "paperback"), ("pages", 200), ("language", "English"),
            ]
        default: [("title", "The Comedy of Errors")]
        }
    }

    private var reviews: [JSONText] {
        [
            review("Reviewer1", stars: 5, "An extremely entertaining play by Shakespeare."),
            review("Reviewer2", stars: 4, "Absolutely fun and entertaining."),
        ]
    }

    /// v1 shows no stars, v2 black ones, v3 red ones: the versions differ at a glance.
    private func review(_ reviewer: String, stars: Int, _ text: String) -> JSONText {
        let colors = ["v2": "black", "v3": "red"]
        var members: [(key: String, value: JSONText)] = [
            ("reviewer", .string(reviewer)), ("text", .string(text)),
        ]
        if let color = colors[version] {
            members.append(
                ("rating", .object([("stars", .number(stars)), ("color", .string(color))])))
        }
        return .object(members)
    }
}
