/// A request to a ``LocalHandler``.
package struct LocalRequest: Sendable {
    /// The method.
    package let method: String
    /// The path, without the query.
    package let path: String
    /// The query without its `?`; empty when there is none.
    package let query: String
}

/// The answer of a ``LocalHandler``.
package struct LocalResponse: Sendable {
    /// The status, 200 to 599.
    package let status: Int
    /// The media type of the body.
    package let contentType: String
    /// The body.
    package let body: [UInt8]

    /// An answer.
    package init(
        status: Int = 200, contentType: String = "text/plain; charset=utf-8", _ body: String
    ) {
        self.status = status
        self.contentType = contentType
        self.body = Array(body.utf8)
    }
}

/// Answers requests in this process, such as those for an admin page. It is called on a worker,
/// while the worker's other connections wait: it must be quick and must not block.
package typealias LocalHandler = @Sendable (LocalRequest) -> LocalResponse
