import Foundation
import Yams

/// A request, and what must come of it.
struct RequestExpectation: Sendable {
    /// What kind of traffic.
    enum Traffic: String, Sendable {
        case http, websocket, grpc, tcp, udp
    }

    /// As the case spells it, for messages.
    var text: String
    var traffic: Traffic
    var method = "GET"
    /// A URL; of TCP and UDP `ADDRESS:PORT`.
    var url: String
    /// Where to connect, `ADDRESS[:PORT]`, where not to the Gateway.
    var at: String?
    /// The waypoint that takes the request with its whole URL, `ADDRESS:PORT`.
    var through: String?
    /// The Host header, where it is not the URL's.
    var host: String?
    var sni: String?
    /// The client's certificate.
    var client: String?
    /// `h1`, `h2` or `h2c`.
    var version: String?
    /// The client's address.
    var source: String?
    var headers: [(name: String, value: String?)]
    var send: String?
    var count: Int
    /// Whether the client sends the cookies it has been given.
    var keepsCookies = false
    /// How long a datagram's answer is waited for, in milliseconds.
    var patience: Int?
    var expectation: AnswerExpectation
    /// Expectations of one data plane in place of the others, and why.
    var differences: [DataPlane: AnswerExpectation] = [:]

    init(_ node: Node, _ place: String) throws {
        var fields = try Fields(node, place)
        text = "\(fields.place): \(Self.spelled(node))"
        (traffic, method, url) = try Self.target(&fields)
        at = try fields.text("at")
        through = try fields.text("through")
        host = try fields.text("host")
        sni = try fields.text("sni")
        client = try fields.text("client")
        version = try fields.text("version")
        source = try fields.text("from")
        headers = try fields.texts("headers")
        send = try fields.text("send")
        count = try fields.number("count") ?? 1
        keepsCookies = try fields.text("keepCookies") == "true"
        patience = try fields.number("patience")
        for plane in DataPlane.allCases {
            guard let other = fields.take(plane.rawValue) else { continue }
            var others = try Fields(other, place)
            guard try others.text("because") != nil else {
                throw Problem("\(fields.place): a difference needs a because")
            }
            differences[plane] = try AnswerExpectation(&others, traffic)
            try others.finish()
        }
        expectation = try AnswerExpectation(&fields, traffic)
        try fields.finish()
    }

    private static func spelled(_ node: Node) -> String {
        let text = (try? Yams.serialize(node: node)) ?? ""
        return text.split(separator: "\n").joined(separator: ", ")
    }

    private static func target(_ fields: inout Fields) throws -> (Traffic, String, String) {
        for method in ["get", "head", "post", "put", "delete", "options", "patch"] {
            if let url = try fields.text(method) { return (.http, method.uppercased(), url) }
        }
        for traffic in [Traffic.websocket, .grpc, .tcp, .udp] {
            if let url = try fields.text(traffic.rawValue) {
                return (traffic, traffic == .grpc ? "POST" : "GET", url)
            }
        }
        throw Problem("\(fields.place): no request")
    }
}

/// What must come of a request, or of each of several.
struct AnswerExpectation: Sendable {
    /// A status, `5xx`, or several, `200|204`; of gRPC the status's name.
    var status: String?
    /// Who answered.
    var backend: String?
    /// What the backend received.
    var path: String?
    var method: String?
    var receivedHost: String?
    var received: [(name: String, value: String?)] = []
    var receivedVersion: String?
    var receivedPort: Int?
    var receivedSNI: String?
    /// The common name of the client's certificate as the backend saw it; `none` for none.
    var receivedCertificate: String?
    /// Headers of the answer.
    var answered: [(name: String, value: String?)] = []
    /// The certificate that the client was shown.
    var certificate: String?
    /// Per cent of the requests by backend, or by status where no backend answered, within five.
    var shares: [String: Int] = [:]
    /// How many requests each backend has seen of one.
    var seen: [String: Int] = [:]
    /// How many per cent of the requests each backend has seen, within five.
    var seenShares: [String: Int] = [:]
    /// The headers that the backends of a split received, by backend.
    var each: [String: [(name: String, value: String?)]] = [:]
    /// The paths that they received.
    var eachPath: [(name: String, value: String?)] = []
    /// How many different backends answered.
    var backends: Int?
    var isClosed = false
    var isDropped = false
    /// No answer: the connection, or its TLS, comes to nothing.
    var isRefused = false
    /// The longest and the shortest time that it may take, in milliseconds.
    var within: Int?
    var after: Int?

    init(_ fields: inout Fields, _ traffic: RequestExpectation.Traffic) throws {
        status = try fields.text("status")
        backend = try fields.text("backend")
        path = try fields.text("path")
        method = try fields.text("method")
        receivedHost = try fields.text("receivedHost")
        received = try fields.texts("received")
        receivedVersion = try fields.text("receivedVersion")
        receivedPort = try fields.number("receivedPort")
        receivedSNI = try fields.text("receivedSNI")
        receivedCertificate = try fields.text("receivedCertificate")
        answered = try fields.texts("answered")
        if let location = try fields.text("location") { answered.append(("location", location)) }
        certificate = try fields.text("certificate")
        shares = try fields.numbers("shares")
        seen = try fields.numbers("seen")
        seenShares = try fields.numbers("seenShares")
        if let node = fields.take("each") {
            var backends = try Fields(node, fields.place)
            for name in backends.keys { each[name] = try backends.texts(name) }
        }
        backends = try fields.number("backends")
        eachPath = try fields.texts("eachPath")
        within = try fields.number("within")
        after = try fields.number("after")
        isClosed = try fields.text("closed") == "true"
        isDropped = try fields.text("dropped") == "true"
        isRefused = try fields.text("refused") == "true"
        if status == nil && shares.isEmpty && !isClosed && !isDropped && !isRefused {
            switch traffic {
            case .http: status = "200"
            case .websocket: status = "101"
            case .grpc: status = "OK"
            case .tcp, .udp: break
            }
        }
    }
}
