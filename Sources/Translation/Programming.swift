import GatewayAPI

/// Whether a Gateway's listeners are programmed: what its proxies say, put into conditions.
///
/// A listener is programmed when at least one proxy is connected, and every connected one has
/// acknowledged the Listeners that hold its port, with all that these need. A proxy refuses a
/// Listener that it cannot bind, so that an acknowledgement means a bound socket.
///
///     nobody connected ──► False/Pending
///     one has refused  ──► False/Invalid, or PortUnavailable
///     one is awaited   ──► False/Pending
///     all have taken   ──► True/Programmed
///
/// Pure: the same model and the same answers give the same conditions.
struct Programming {
    /// What a listener comes to.
    enum Verdict: Equatable {
        case programmed
        case pending(String)
        case refused(ConditionReason, String)
    }

    private let gateway: GatewayModel
    /// The connected proxies; nil where nobody asks them.
    private let proxies: [ProxyDelivery]?

    init(of gateway: GatewayModel, proxies: [ProxyDelivery]?) {
        self.gateway = gateway
        self.proxies = proxies
    }

    /// What becomes of a listener that is served.
    func verdict(of listener: ListenerModel) -> Verdict {
        guard let proxies else { return .programmed }
        if proxies.isEmpty { return .pending(Self.nobody(gateway)) }
        let names = gateway.resources(of: listener)
        var awaited: String?
        for proxy in proxies {
            for name in names {
                let state = proxy.state(
                    of: name, routeConfiguration: gateway.routes(of: listener),
                    secrets: listener.secretNames)
                switch state {
                case .bound: continue
                case .awaited: awaited = awaited ?? proxy.node
                case .heldUp(let words):
                    return .refused(
                        .invalid,
                        "proxy \(proxy.node) takes nothing new, because it refuses another part: "
                            + words)
                case .refused(let words):
                    return .refused(
                        Self.cannotBind(words) ? .portUnavailable : .invalid,
                        "proxy \(proxy.node) refuses it: \(words)")
                }
            }
        }
        return awaited.map { .pending("proxy \($0) has not acknowledged it yet") } ?? .programmed
    }

    /// `Programmed` of a listener that is served.
    func condition(of listener: ListenerModel, _ generation: Int?) -> Condition {
        Self.condition(
            verdict(of: listener), message: proxies == nil ? "" : "every connected proxy serves it",
            generation)
    }

    /// `Programmed` of a group of listeners: a Gateway's, or a ListenerSet's.
    ///
    /// - Parameter owner: What the listeners are of, for the message.
    func condition(of listeners: [ListenerModel], _ generation: Int?) -> Condition {
        let served = listeners.filter(\.isServed)
        let name = "\(gateway.reference.namespace)/\(gateway.reference.name)"
        guard !served.isEmpty else {
            return Self.condition(
                .refused(.invalid, "no listener can be served"), message: "", generation)
        }
        let message =
            proxies == nil
            ? "translated for the proxies of \(name)" : "every connected proxy of \(name) serves it"
        return Self.condition(verdict(of: served), message: message, generation)
    }

    private func verdict(of served: [ListenerModel]) -> Verdict {
        var pending: String?
        var refused: [(name: String, reason: ConditionReason, words: String)] = []
        for listener in served {
            switch verdict(of: listener) {
            case .programmed: continue
            case .pending(let message): pending = pending ?? message
            case .refused(let reason, let words):
                refused.append((listener.spec.name, reason, words))
            }
        }
        if let first = refused.first {
            // Where the address is no machine's, another port would not help.
            if let unusable = refused.first(where: { Self.lacksAddress($0.words) }) {
                return .refused(.addressNotUsable, unusable.words)
            }
            let names = refused.map(\.name).joined(separator: ", ")
            let reasons = Set(refused.map(\.reason))
            return .refused(
                reasons.count == 1 ? first.reason : .invalid,
                "listeners not programmed: \(names); \(first.words)")
        }
        if let pending { return .pending(pending) }
        return .programmed
    }

    /// The addresses that are bound, as clients reach them.
    var addresses: [String] {
        guard let proxies else { return gateway.addresses }
        var bound: Set<String> = []
        for (index, address) in gateway.addresses.enumerated() {
            let names = Set(
                gateway.served.map { gateway.resource(of: $0, at: index, address) })
            for proxy in proxies where !proxy.bound.isDisjoint(with: names) {
                // Who listens at every address is reached at the one by which it came.
                let isAny = address == "0.0.0.0" || address == "::"
                if let address = isAny ? proxy.address : address { bound.insert(address) }
            }
        }
        return Array(bound.sorted().prefix(Self.mostAddresses))
    }

    /// What the API takes at most.
    private static let mostAddresses = 16

    private static func nobody(_ gateway: GatewayModel) -> String {
        let name = "\(gateway.reference.namespace)/\(gateway.reference.name)"
        return "no proxy of \(name) is connected; start one: heddle-agent --gateway \(name) "
            + "--xds-address HOST:PORT"
    }

    private static func condition(
        _ verdict: Verdict, message: String, _ generation: Int?
    ) -> Condition {
        switch verdict {
        case .programmed:
            Condition(
                .programmed, .true, .programmed, message: message, observedGeneration: generation)
        case .pending(let message):
            Condition(
                .programmed, .false, .pending, message: message, observedGeneration: generation)
        case .refused(let reason, let message):
            Condition(.programmed, .false, reason, message: message, observedGeneration: generation)
        }
    }

    /// Whether words of a proxy say that it cannot have a socket: Heddle's agent's, or the system's,
    /// which Envoy repeats.
    private static func cannotBind(_ words: String) -> Bool {
        ["cannot bind", "cannot listen", "ddress already in use", "ermission denied"]
            .contains { words.contains($0) } || lacksAddress(words)
    }

    private static func lacksAddress(_ words: String) -> Bool {
        words.contains("annot assign requested address")
            || words.contains("is not one of this machine's")
    }
}

extension GatewayModel {
    /// The names of the Listeners that hold a listener's port, one for each address.
    func resources(of listener: ListenerModel) -> [String] {
        addresses.enumerated().map { resource(of: listener, at: $0.offset, $0.element) }
    }

    func resource(of listener: ListenerModel, at index: Int, _ address: String) -> String {
        let name = ListenerTranslation.name(of: listener, role: role)
        return index == 0 ? name : "\(name)@\(address)"
    }

    /// The route configuration that a listener's proxies ask for; nil where it carries no HTTP.
    func routes(of listener: ListenerModel) -> String? {
        role == .waypoint ? HostModel.waypointRoutes : listener.routeConfiguration
    }
}

extension ListenerTranslation {
    /// The name of the Listener that holds a listener's port, at the first address.
    static func name(of listener: ListenerModel, role: GatewayModel.Role) -> String {
        if role == .waypoint { return HostModel.waypointRoutes }
        let port = listener.spec.port
        return switch listener.family {
        case .http, nil: HostModel.gatewayRoutes(port: port)
        case .tls: "tls-\(port)"
        case .tcp: "tcp-\(port)"
        case .udp: "udp-\(port)"
        }
    }
}
