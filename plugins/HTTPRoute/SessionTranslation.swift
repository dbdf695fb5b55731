import GatewayAPI
import HeddlePlugin
import XDS

/// Translates session persistence: the proxy tells the client, by a cookie or a header, which
/// endpoint has answered, and the client's next request goes there.
///
/// Source: Gateway API, SessionPersistence (experimental); GEP-1619.
enum SessionTranslation {
    /// The filter's configuration for a rule; nil where nobody asks for persistence.
    ///
    /// - Parameter traits: What policies say of the rule's backends, for a rule that says nothing.
    static func filter(
        _ rule: Rule, route: ObjectReference, traits: [BackendTraits]
    ) throws(NotServed) -> (filter: StatefulSessionPerRoute, traits: Bool)? {
        let policy = traits.lazy.compactMap(\.sessionPersistence).first
        guard let persistence = rule.sessionPersistence ?? policy else { return nil }
        let path = "\(rule.path).sessionPersistence"
        // One name for a rule, so that its sessions are told apart from other rules'.
        let name = "heddle-session-\(route.namespace)-\(route.name)-\(rule.index)"
        let state: StatefulSession.State
        switch persistence.type {
        case .header: state = .header(persistence.header?.name ?? name)
        case .cookie:
            let cookie = persistence.cookie ?? .init()
            let ttl =
                cookie.lifetimeType == .permanent ? persistence.absoluteTimeout : nil
            state = .cookie(.init(name: cookie.name ?? name, ttl: ttl, path: cookie.path))
        case .unknown(let spelling):
            throw NotServed("\(path).type", "\(spelling) is not known; use Cookie or Header")
        }
        return (
            .statefulSession(StatefulSession(sessionState: state)),
            rule.sessionPersistence == nil
        )
    }
}
