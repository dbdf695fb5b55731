/// `envoy.extensions.filters.http.stateful_session.v3.StatefulSession`: a session stays with one
/// endpoint.
public struct StatefulSession: Hashable, Sendable {
    /// Where a request says its session's endpoint.
    public enum State: Hashable, Sendable {
        /// `CookieBasedSessionState`: a cookie, which is set with the first answer.
        case cookie(Cookie)
        /// `HeaderBasedSessionState`: a header, which is sent with the first answer.
        case header(String)
    }
    /// `envoy.type.http.v3.Cookie`.
    public struct Cookie: Hashable, Sendable {
        /// The cookie's name.
        public var name: String
        /// How long the browser keeps it; nil is as long as it runs.
        public var ttl: Duration?
        /// The path it is sent for; empty is the path it was set for.
        public var path: String

        /// A cookie.
        public init(name: String, ttl: Duration? = nil, path: String = "") {
            self.name = name
            self.ttl = ttl
            self.path = path
        }
    }
    /// Where a request says its session's endpoint; nil does nothing.
    public var sessionState: State?
    /// A request whose endpoint is not there is answered 503, and not sent to another.
    public var isStrict: Bool

    /// Sessions.
    public init(sessionState: State? = nil, isStrict: Bool = false) {
        self.sessionState = sessionState
        self.isStrict = isStrict
    }
}

/// `envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute`.
public enum StatefulSessionPerRoute: Hashable, Sendable {
    /// No sessions.
    case disabled
    /// These sessions.
    case statefulSession(StatefulSession)
}
