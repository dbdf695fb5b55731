import GatewayAPI
import HeddlePlugin

/// A listener, by the object that declares it.
struct ListenerID: Hashable {
    /// The Gateway whose proxies serve it.
    var gateway: ObjectReference
    /// The Gateway itself, or a ListenerSet of it.
    var owner: ObjectReference
    /// Its name in the owner.
    var name: String

    /// Hashes what tells listeners apart nearly always: a model has thousands of them in tables.
    func hash(into hasher: inout Hasher) {
        hasher.combine(owner.namespace)
        hasher.combine(owner.name)
        hasher.combine(name)
    }
}

/// A listener, judged.
struct ListenerModel: Equatable {
    /// A condition's reason and message.
    struct Problem: Equatable, Error {
        var reason: ConditionReason
        var message: String

        init(_ reason: ConditionReason, _ message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// What is asked of clients' certificates.
    struct ClientValidation: Equatable {
        /// The name of the secret with the authorities.
        var secret: String
        /// Clients without a valid certificate are let in.
        var isOptional: Bool
    }

    let id: ListenerID
    let spec: Gateway.Listener
    /// Lower case; `*` where the listener takes every name.
    let hostname: String
    /// The kinds of route that it takes.
    var kinds: [GroupKind] = []
    /// Why it is not accepted, or nil.
    var notAccepted: Problem?
    /// What it cannot stand beside, or nil.
    var conflict: Problem?
    /// Why not all of its references are resolved, or nil.
    var unresolved: Problem?
    /// What it overlaps with although it can stand beside it, or nil.
    var overlap: Problem?
    /// The names of the secrets with its certificates, in order.
    var certificates: [String] = []
    /// What is asked of clients, or nil for nothing.
    var validation: ClientValidation?

    init(_ id: ListenerID, _ spec: Gateway.Listener) {
        self.id = id
        self.spec = spec
        let name = spec.hostname?.lowercased() ?? ""
        hostname = name.isEmpty ? Hostname.any : name
    }

    /// What of a port a listener takes, by which it can stand beside others.
    enum Family: Hashable, Comparable {
        case http
        case tls
        case tcp
        case udp

        /// Whether listeners of one port are told apart by their names.
        var hasNames: Bool { self == .http || self == .tls }
    }

    /// Nil for a protocol that is not of the API.
    var family: Family? {
        switch spec.protocol {
        case .http: .http
        case .https, .tls: .tls
        case .tcp: .tcp
        case .udp: .udp
        default: nil
        }
    }

    /// Whether TLS ends at the listener.
    var terminatesTLS: Bool {
        family == .tls && (spec.protocol == .https || spec.tls?.mode != .passthrough)
    }

    /// Whether proxies serve it.
    var isServed: Bool {
        notAccepted == nil && conflict == nil && !(terminatesTLS && certificates.isEmpty)
    }

    /// The route configuration that holds its hosts; nil where it carries no HTTP.
    var routeConfiguration: String? {
        switch spec.protocol {
        case .http: HostModel.gatewayRoutes(port: spec.port)
        case .https: HostModel.gatewayRoutes(port: spec.port, serverName: hostname)
        default: nil
        }
    }
}
