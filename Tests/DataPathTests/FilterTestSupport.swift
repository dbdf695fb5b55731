import Foundation
import Routing
import Synchronization
import XDS

@testable import DataPath

extension RoutingInputs {
    /// One route for everything to the cluster `one`, on a listener with all filters.
    static func filtered(
        clusters: [String: [Int]], filters: [HTTPFilter] = [.cors, .statefulSession(), .router],
        route configure: (inout Route, inout RouteAction) -> Void
    ) -> RoutingInputs {
        var action = RouteAction(cluster: .cluster("one"))
        var route = Route(name: "r", match: RouteMatch(), action: .route(action))
        configure(&route, &action)
        route.action = .route(action)
        return routes([route], clusters: clusters) { $0.httpFilters = filters }
    }
}

/// What came to a server, in order.
final class Journal<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])

    var all: [Entry] { entries.withLock { $0 } }

    /// Notes an entry and returns how many there are.
    @discardableResult
    func add(_ entry: Entry) -> Int {
        entries.withLock { entries in
            entries.append(entry)
            return entries.count
        }
    }

    /// Waits until there are so many; false when they do not come.
    func wait(for count: Int) async throws -> Bool {
        for _ in 0..<3000 {
            if all.count >= count { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

extension TestServer {
    /// Answers each request with what the closure says: a whole response, or nil to close.
    static func answeringWhole(
        _ answer: @escaping @Sendable (TestStream.Message) -> String?
    ) throws -> TestServer {
        try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                guard let response = answer(request) else { return }
                try stream.send(response)
            }
        }
    }

    /// A response with a status and a body.
    static func response(_ status: Int, _ body: String = "", headers: String = "") -> String {
        "HTTP/1.1 \(status) X\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
