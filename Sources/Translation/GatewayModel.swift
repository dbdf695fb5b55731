import GatewayAPI
import HeddlePlugin

/// A Gateway of ours, judged: its role, and what becomes of each listener.
struct GatewayModel: Equatable {
    /// What its proxies are.
    enum Role: Equatable {
        /// Takes traffic at the edge.
        case gateway
        /// Takes the traffic to Services.
        case waypoint
    }

    /// One listener, judged.
    struct Listener: Equatable {
        var spec: Gateway.Listener
        /// Why it is not accepted, or nil.
        var refusal: Refusal?

        struct Refusal: Equatable {
            var type: ConditionType
            var reason: ConditionReason
            var message: String
        }

        /// Whether routes of a namespace may attach.
        func allows(
            routesOf namespace: String, gateway: ObjectReference, context: TranslationContext
        ) -> Bool {
            switch spec.allowedRoutes.namespaces.from {
            case .all: return true
            case .same: return namespace == gateway.namespace
            case .selector:
                guard let selector = spec.allowedRoutes.namespaces.selector else { return false }
                let object = context.object(ObjectReference(.namespace, name: namespace))
                return object.map { selector.matches($0.metadata.labels) } ?? false
            case .none, .unknown: return false
            }
        }

        func allows(kind: GroupKind) -> Bool {
            let kinds = spec.allowedRoutes.kinds
            return kinds.isEmpty || kinds.contains { $0.groupKind == kind }
        }
    }

    var reference: ObjectReference
    var role: Role
    var listeners: [Listener]
    /// `spec.addresses` that are IP addresses.
    var addresses: [String]
    /// Why the whole is not accepted, or nil.
    var addressProblem: String?

    /// The Gateway that a ListenerSet extends; nothing for other objects.
    static func targets(of resource: Resource) -> [ObjectReference] {
        []
    }

    /// Nil where the resource is no Gateway, or one of another controller's class.
    init?(_ resource: Resource, context: TranslationContext) {
        guard let gateway = resource.content as? Gateway,
            let role = Self.role(of: gateway.gatewayClassName, context: context)
        else { return nil }
        reference = resource.reference
        self.role = role
        addresses = gateway.addresses.compactMap { $0.type == .ipAddress ? $0.value : nil }
        if let other = gateway.addresses.first(where: { $0.type != .ipAddress }) {
            addressProblem = "addresses of type \(other.type) are not served; use IPAddress"
        }
        let conflicts = Self.conflicts(gateway.listeners)
        listeners = gateway.listeners.enumerated().map { index, spec in
            Listener(
                spec: spec, refusal: Self.refusal(of: spec, role: role) ?? conflicts[index])
        }
    }

    /// The classes that exist without being declared, and the declared ones that name us.
    private static func role(of className: String, context: TranslationContext) -> Role? {
        let declared = context.content(
            GatewayClass.self, ObjectReference(.gatewayClass, name: className))
        if let declared {
            switch declared.controllerName {
            case TranslationOptions.controllerName: return .gateway
            case TranslationOptions.waypointControllerName: return .waypoint
            // Existing manifests of Istio's class apply unchanged.
            case "istio.io/mesh-controller" where className == "istio-waypoint": return .waypoint
            default: return nil
            }
        }
        switch className {
        case "heddle": return .gateway
        case "heddle-waypoint", "istio-waypoint": return .waypoint
        default: return nil
        }
    }

    private static func refusal(of spec: Gateway.Listener, role: Role) -> Listener.Refusal? {
        switch role {
        case .waypoint:
            if spec.protocol == .hbone && spec.port == 15008 { return nil }
            return .init(
                type: .accepted, reason: .unsupportedProtocol,
                message: "a waypoint listens on port 15008 with protocol HBONE")
        case .gateway:
            if spec.protocol == .http { return nil }
            return .init(
                type: .accepted, reason: .unsupportedProtocol,
                message: "protocol \(spec.protocol) is not served; use HTTP")
        }
    }

    /// Listeners of one port are told apart by host name; of two alike, neither is served.
    private static func conflicts(_ listeners: [Gateway.Listener]) -> [Int: Listener.Refusal] {
        var byPlace: [String: [Int]] = [:]
        for (index, listener) in listeners.enumerated() where listener.protocol == .http {
            let host = listener.hostname?.lowercased() ?? "*"
            byPlace["\(listener.port)/\(host)", default: []].append(index)
        }
        var conflicts: [Int: Listener.Refusal] = [:]
        for indices in byPlace.values where indices.count > 1 {
            let names = indices.map { listeners[$0].name }.joined(separator: ", ")
            for index in indices {
                conflicts[index] = .init(
                    type: .conflicted, reason: .hostnameConflict,
                    message: "listeners \(names) have the same port and hostname; change one")
            }
        }
        return conflicts
    }
}
