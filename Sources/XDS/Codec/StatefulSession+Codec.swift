internal import CEnvoyAPI

extension StatefulSession: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Filters__Http__StatefulSession__V3__StatefulSession

    static let messageName = "envoy.extensions.filters.http.stateful_session.v3.StatefulSession"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__stateful_session__v3__stateful_session__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            sessionState: try arena.read(message.session_state, "session_state"),
            isStrict: message.strict != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.session_state = sessionState?.make(in: arena)
        message.strict = isStrict ? 1 : 0
    }
}

extension StatefulSession.State: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__TypedExtensionConfig

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__typed_extension_config__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let any = message.typed_config?.pointee else {
            throw .invalid("the field is required; set it", at: "typed_config")
        }
        do throws(XDSError) {
            switch any.messageName {
            case CookieState.messageName:
                self = .cookie(try arena.read(any, as: CookieState.self).cookie)
            case HeaderState.messageName:
                self = .header(try arena.read(any, as: HeaderState.self).name)
            default: throw .unknownType(String(any.type_url))
            }
        } catch {
            throw error.inside("typed_config")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        let (name, config) =
            switch self {
            case .cookie(let cookie): ("cookie", AnyMessage(config: CookieState(cookie: cookie)))
            case .header(let name): ("header", AnyMessage(config: HeaderState(name: name)))
            }
        message.name = arena.text("envoy.http.stateful_session." + name)
        message.typed_config = config.make(in: arena)
    }
}

/// `envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState`.
private struct CookieState: ConfigMessage {
    typealias CMessage =
        Envoy__Extensions__Http__StatefulSession__Cookie__V3__CookieBasedSessionState

    static let messageName =
        "envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState"

    var cookie: StatefulSession.Cookie

    init(cookie: StatefulSession.Cookie) { self.cookie = cookie }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__http__stateful_session__cookie__v3__cookie_based_session_state__init(
            message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        cookie = try arena.readRequired(message.cookie, "cookie")
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.cookie = cookie.make(in: arena)
    }
}

extension StatefulSession.Cookie: CRepresentable {
    typealias CMessage = Envoy__Type__Http__V3__Cookie

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__type__http__v3__cookie__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [4: "attributes"])
        self.init(
            name: String(message.name), ttl: try arena.read(message.ttl, "ttl"),
            path: String(message.path))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.ttl = ttl?.make(in: arena)
        message.path = arena.text(path)
    }
}

/// `envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState`.
private struct HeaderState: ConfigMessage {
    typealias CMessage =
        Envoy__Extensions__Http__StatefulSession__Header__V3__HeaderBasedSessionState

    static let messageName =
        "envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState"

    var name: String

    init(name: String) { self.name = name }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__http__stateful_session__header__v3__header_based_session_state__init(
            message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) { name = String(message.name) }

    func fill(_ message: inout CMessage, in arena: Arena) { message.name = arena.text(name) }
}

extension StatefulSessionPerRoute: ConfigMessage {
    typealias CMessage =
        Envoy__Extensions__Filters__Http__StatefulSession__V3__StatefulSessionPerRoute

    static let messageName =
        "envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__stateful_session__v3__stateful_session_per_route__init(
            message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        switch message.override_case {
        case ENVOY__EXTENSIONS__FILTERS__HTTP__STATEFUL_SESSION__V3__STATEFUL_SESSION_PER_ROUTE__OVERRIDE_DISABLED
        where message.disabled != 0:
            self = .disabled
        case ENVOY__EXTENSIONS__FILTERS__HTTP__STATEFUL_SESSION__V3__STATEFUL_SESSION_PER_ROUTE__OVERRIDE_STATEFUL_SESSION:
            self = .statefulSession(
                try arena.readRequired(message.stateful_session, "stateful_session"))
        default: throw .unknownCase(of: "override")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        switch self {
        case .disabled:
            message.override_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__STATEFUL_SESSION__V3__STATEFUL_SESSION_PER_ROUTE__OVERRIDE_DISABLED
            message.disabled = 1
        case .statefulSession(let session):
            message.override_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__STATEFUL_SESSION__V3__STATEFUL_SESSION_PER_ROUTE__OVERRIDE_STATEFUL_SESSION
            message.stateful_session = session.make(in: arena)
        }
    }
}
