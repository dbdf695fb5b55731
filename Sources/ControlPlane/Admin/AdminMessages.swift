import Foundation
import NIOHTTP1

/// A request to the admin port, its body read.
struct AdminRequest: Sendable {
    var method: HTTPMethod
    /// The segments of the path, percent-decoded.
    var path: [String]
    var body: [UInt8] = []

    /// Whether nothing is changed by it.
    var isRead: Bool { method == .GET || method == .HEAD }

    /// The segments of a request's target, without its query.
    ///
    /// - Returns: Nil where the target is no path, or badly encoded.
    static func path(of target: String) -> [String]? {
        guard target.hasPrefix("/") else { return nil }
        let raw = target.prefix { $0 != "?" && $0 != "#" }.dropFirst()
        if raw.isEmpty { return [] }
        var segments: [String] = []
        for segment in raw.split(separator: "/", omittingEmptySubsequences: false) {
            guard let decoded = String(segment).removingPercentEncoding else { return nil }
            segments.append(decoded)
        }
        return segments
    }
}

/// An answer of the admin port.
struct AdminPage: Sendable, Equatable {
    var status = HTTPResponseStatus.ok
    var contentType = "text/plain; charset=utf-8"
    /// The methods that would do, of a 405.
    var allow: [HTTPMethod] = []
    var body: String

    /// Text for a person.
    init(_ body: String) {
        self.body = body
    }

    /// Text for a person, with a status.
    init(_ status: HTTPResponseStatus, _ body: String) {
        self.status = status
        self.body = body
    }

    /// JSON that is written already.
    init(json body: String) {
        contentType = "application/json"
        self.body = body
    }

    /// A value as JSON.
    init(_ status: HTTPResponseStatus = .ok, encoding value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            self.init(json: String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
            self.status = status
        } catch {
            self.init(.internalServerError, "the answer: \(error)\n")
        }
    }

    /// The page has other methods.
    static func notAllowed(_ allow: [HTTPMethod]) -> AdminPage {
        let methods = allow.map(\.rawValue).joined(separator: ", ")
        var page = AdminPage(.methodNotAllowed, "use \(methods)\n")
        page.allow = allow
        return page
    }
}
