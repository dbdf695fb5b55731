/// A route, encoded once, as a virtual host quotes it.
///
/// A virtual host with thousands of routes is put together from such pieces, so that a change of
/// one of them encodes one.
public struct EncodedRoute: Hashable, Sendable {
    /// The field `routes` of a `VirtualHost`, tag included.
    let field: [UInt8]

    /// Encodes a route.
    ///
    /// - Complexity: O(size).
    public init(_ route: Route) {
        let message = PackableMessage(route).bytes()
        field = WireField.bytes(3, message)
    }
}

extension EncodedResource {
    /// A virtual host of routes that are encoded already; the same bytes, and so the same version,
    /// as of the whole host encoded.
    ///
    /// - Complexity: O(size), in copies of memory only.
    public convenience init(
        virtualHost name: String, domains: [String], routes: some Sequence<EncodedRoute>
    ) {
        var message = WireField.text(1, name)
        // A repeated field has its empty texts, too.
        for domain in domains { message += WireField.bytes(2, Array(domain.utf8)) }
        var size = message.count
        for route in routes { size += route.field.count }
        message.reserveCapacity(size)
        for route in routes { message += route.field }
        self.init(type: .virtualHost, name: name, message: message)
    }

    /// A route configuration that holds one virtual host with the same domains and routes.
    ///
    /// - Complexity: O(size), in copies of memory only.
    public convenience init(
        routeConfiguration name: String, domains: [String], routes: some Sequence<EncodedRoute>
    ) {
        let host = EncodedResource(virtualHost: name, domains: domains, routes: routes)
        let field = host.withMessage { WireField.head(2, length: $0.count) + Array($0) }
        self.init(
            type: .routeConfiguration, name: name, message: WireField.text(1, name) + field)
    }
}
