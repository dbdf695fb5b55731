import XDS

/// How a session stays with one endpoint.
///
/// Source: Envoy's `StatefulSession`, and what its session states write.
package struct CompiledSession: Sendable {
    /// Where a request says its session's endpoint.
    package enum State: Sendable {
        /// In a cookie.
        case cookie(Cookie)
        /// In a header of this name, in lower case.
        case header([UInt8])
    }

    /// A cookie.
    package struct Cookie: Sendable {
        /// The cookie's name.
        package let name: [UInt8]
        /// How long it lives in seconds; 0 is as long as the browser runs.
        package let lifetime: UInt64
        /// The path it is sent for; empty is not said.
        package let path: [UInt8]

        /// Whether requests for a path belong to the session.
        package func covers(_ requested: UnsafeRawBufferPointer) -> Bool {
            if path.isEmpty || path == [UInt8(ascii: "/")] { return true }
            guard requested.starts(with: path) else { return false }
            return path.last == UInt8(ascii: "/") || requested.count == path.count
                || requested[path.count] == UInt8(ascii: "/")
        }
    }

    /// Where a request says its session's endpoint.
    package let state: State
    /// A request whose endpoint is not there is not sent to another.
    package let isStrict: Bool

    /// Sessions; nil for those that do nothing.
    init?(_ session: StatefulSession, at place: String, errors: inout ErrorCollector) {
        isStrict = session.isStrict
        switch session.sessionState {
        case nil: return nil
        case .header(let name):
            state = .header(lowercasedBytes(name))
            Self.check(name, "\(place).session_state.name", &errors)
        case .cookie(let cookie):
            let field = "\(place).session_state.cookie"
            state = .cookie(
                Cookie(
                    name: Array(cookie.name.utf8),
                    lifetime: (cookie.ttl?.wholeNanoseconds ?? 0) / 1_000_000_000,
                    path: Array(cookie.path.utf8)))
            Self.check(cookie.name, "\(field).name", &errors)
            if cookie.path.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x3B }) {
                errors.invalid("\(field).path", "`\(cookie.path)` is no path of a cookie")
            }
        }
    }

    private static func check(_ name: String, _ place: String, _ errors: inout ErrorCollector) {
        if !HeaderRules.isToken(name) || HeaderRules.reserved.contains(name.lowercased()) {
            errors.invalid(place, "`\(name)` is no name for it")
        }
    }
}
